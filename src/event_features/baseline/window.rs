//! Counts in a moving window, exact to the microsecond: events leave in the order in which they came.

use super::events::{Past, Row};
use super::sorted;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The number of events per key in the window `[t - span, t)`.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Window {
    span: i64,
    recent: VecDeque<(i64, u64, u32)>,
    #[serde(with = "sorted")]
    counts: HashMap<u64, u32>,
}

impl Window {
    pub(super) fn new(span: i64) -> Self {
        Window { span, ..Window::default() }
    }

    /// The number of events of a key before `time`.
    pub(super) fn count(&mut self, key: u64, time: i64) -> u32 {
        self.expire(time);
        self.counts.get(&key).copied().unwrap_or_default()
    }

    pub(super) fn push(&mut self, key: u64, time: i64, count: u32) {
        self.recent.push_back((time, key, count));
        *self.counts.entry(key).or_default() += count;
    }

    /// Remove the events that no later window holds.
    pub(super) fn expire(&mut self, time: i64) {
        while let Some(&(_, key, count)) = self.recent.front().filter(|event| event.0 < time - self.span) {
            self.recent.pop_front();
            remove(&mut self.counts, key, count);
        }
    }
}

impl Past for Window {
    fn value(&mut self, row: &Row) -> f64 {
        f64::from(self.count(row.entity, row.time))
    }

    fn see(&mut self, row: &Row) {
        self.push(row.entity, row.time, row.count);
    }
}

/// The number of distinct values per entity in the window `[t - span, t)`.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Distinct {
    span: i64,
    recent: VecDeque<(i64, u64, u64)>,
    #[serde(with = "sorted")]
    pairs: HashMap<u64, u32>,
    #[serde(with = "sorted")]
    distinct: HashMap<u64, u32>,
}

impl Distinct {
    pub(super) fn new(span: i64) -> Self {
        Distinct { span, ..Distinct::default() }
    }

    /// Remove the events that no later window holds.
    pub(super) fn expire(&mut self, time: i64) {
        while let Some(&(_, entity, pair)) = self.recent.front().filter(|event| event.0 < time - self.span) {
            self.recent.pop_front();
            if remove(&mut self.pairs, pair, 1) {
                remove(&mut self.distinct, entity, 1);
            }
        }
    }
}

impl Past for Distinct {
    fn value(&mut self, row: &Row) -> f64 {
        self.expire(row.time);
        f64::from(self.distinct.get(&row.entity).copied().unwrap_or_default())
    }

    fn see(&mut self, row: &Row) {
        // So that the window does not grow without rows that ask.
        self.expire(row.time);
        self.recent.push_back((row.time, row.entity, row.pair));
        let count = self.pairs.entry(row.pair).or_default();
        *count += 1;
        if *count == 1 {
            *self.distinct.entry(row.entity).or_default() += 1;
        }
    }
}

/// Subtract from a count. Whether the key is gone.
fn remove(counts: &mut HashMap<u64, u32>, key: u64, count: u32) -> bool {
    let Entry::Occupied(mut entry) = counts.entry(key) else { return false };
    *entry.get_mut() = entry.get().saturating_sub(count);
    let is_gone = *entry.get() == 0;
    if is_gone {
        entry.remove();
    }
    is_gone
}
