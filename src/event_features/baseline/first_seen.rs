//! First-seen flags: pairs without an earlier event.

use super::events::{Past, Row};
use super::sorted;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// When each pair was last seen. If there are too many, the least recently seen are forgotten.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct FirstSeen {
    span: i64,
    /// The time in which an entity is new.
    settling: i64,
    most: u64,
    #[serde(with = "sorted")]
    last: HashMap<u64, i64>,
    #[serde(with = "sorted")]
    entities: HashMap<u64, i64>,
    forgotten: u64,
}

impl FirstSeen {
    pub(super) fn new(span: i64, settling: i64, most: u64) -> Self {
        FirstSeen { span, settling, most: most.max(8), ..FirstSeen::default() }
    }

    /// The number of pairs that were forgotten because there were too many.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Remove the pairs that no later window holds.
    pub(super) fn expire(&mut self, time: i64) {
        let since = time - self.span;
        self.last.retain(|_, last| *last >= since);
    }

    /// Forget the eighth of the pairs that was not seen for longest. Only the events decide when this happens, so a
    /// state does not depend on how they came in parts.
    fn forget(&mut self, now: i64) {
        self.expire(now);
        if self.last.len() as u64 <= self.most {
            return;
        }
        let mut times: Vec<i64> = self.last.values().copied().collect();
        let (_, &mut limit, _) = times.select_nth_unstable((self.most / 8) as usize);
        let before = self.last.len();
        self.last.retain(|_, last| *last > limit);
        self.forgotten += (before - self.last.len()) as u64;
    }
}

impl Past for FirstSeen {
    fn value(&mut self, row: &Row) -> f64 {
        let since = self.entities.get(&row.entity).copied().unwrap_or(row.time);
        if row.time - since < self.settling {
            return f64::NAN;
        }
        let is_known = self.last.get(&row.pair).is_some_and(|&last| last >= row.time - self.span);
        f64::from(u8::from(!is_known))
    }

    fn see(&mut self, row: &Row) {
        self.entities.entry(row.entity).or_insert(row.time);
        self.last.insert(row.pair, row.time);
        if self.last.len() as u64 > self.most {
            self.forget(row.time);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: i64, pair: u64) -> Row {
        Row { time, entity: 1, value: pair, pair, link: 0, count: 1 }
    }

    #[test]
    fn a_pair_is_new_again_after_the_span() {
        let mut first = FirstSeen::new(10, 0, 100);
        first.see(&at(0, 5));
        assert_eq!([10, 11].map(|time| first.value(&at(time, 5))), [0.0, 1.0]);
    }

    #[test]
    fn nothing_is_known_during_the_first_day_of_an_entity() {
        let mut first = FirstSeen::new(1000, 10, 100);
        assert!(first.value(&at(0, 5)).is_nan());
        first.see(&at(0, 5));
        assert!(first.value(&at(9, 6)).is_nan());
        assert_eq!(first.value(&at(10, 6)), 1.0);
    }

    #[test]
    fn the_least_recently_seen_pairs_are_forgotten_first() {
        let mut first = FirstSeen::new(i64::MAX / 4, 0, 16);
        (0..17).for_each(|time| first.see(&at(time, 100 + time as u64)));
        assert_eq!(first.forgotten(), 3);
        assert_eq!(first.value(&at(20, 102)), 1.0);
        assert_eq!(first.value(&at(20, 103)), 0.0);
    }
}
