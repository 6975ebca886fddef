//! Events as keys, and the rule of the past.

use super::column::Only;
use crate::digest;
use std::collections::{BTreeMap, HashSet};

/// The key of a missing value.
pub(super) const MISSING: u64 = 0;

/// The key of a name: a 64-bit hash, never that of a missing value. A state holds keys, not names.
pub fn key(name: &str) -> u64 {
    let words = name.as_bytes().chunks(8).map(|bytes| {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(word)
    });
    digest::hash(words.chain([name.len() as u64])).max(1)
}

/// The key of a pair; missing if one of both is.
pub(super) fn pair(first: u64, second: u64) -> u64 {
    match (first, second) {
        (MISSING, _) | (_, MISSING) => MISSING,
        (first, second) => digest::hash([first, second].into_iter()).max(1),
    }
}

/// Consecutive rows of a table, in the order of time.
#[derive(Clone, Debug, Default)]
pub struct Events {
    /// Microseconds since 1970-01-01T00:00:00Z, ascending.
    pub times: Vec<i64>,
    /// For each column, the [`key`] of each row's value; 0 is a missing value.
    pub keys: BTreeMap<String, Vec<u64>>,
}

/// An event as a statistic sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub time: i64,
    pub entity: u64,
    /// The key of the value; the entity's if there is no value.
    pub value: u64,
    /// The key of entity and value together; the entity's if there is no value.
    pub pair: u64,
    /// What neighbours are found by; missing for most statistics.
    pub link: u64,
    /// How often the event counts.
    pub count: u32,
}

impl Row {
    pub(super) fn is_known(&self) -> bool {
        self.entity != MISSING && self.pair != MISSING
    }
}

/// A statistic of the past.
pub(super) trait Past {
    /// The value for a row, from the events seen so far; NaN if it cannot be known.
    fn value(&mut self, row: &Row) -> f64;
    /// Remember an event.
    fn see(&mut self, row: &Row);
}

/// The values of rows from events at strictly earlier times. Both are in the order of time. Rows with a missing key get
/// no value, and such events are not seen. At the end, all events are seen.
pub(super) fn replay(
    past: &mut impl Past,
    rows: impl Iterator<Item = Row>,
    events: impl Iterator<Item = Row>,
) -> Vec<f64> {
    let mut events = events.filter(|event| event.is_known() && event.count > 0).peekable();
    let mut values = Vec::with_capacity(rows.size_hint().0);
    for row in rows {
        while let Some(event) = events.next_if(|event| event.time < row.time) {
            past.see(&event);
        }
        values.push(if row.is_known() { past.value(&row) } else { f64::NAN });
    }
    events.for_each(|event| past.see(&event));
    values
}

impl Events {
    /// The keys of a column; `None` if the table lacks it.
    pub(super) fn keys(&self, column: &str) -> Option<&[u64]> {
        self.keys.get(column).map(Vec::as_slice)
    }

    /// For each row, whether it counts.
    pub(super) fn counted(&self, only: Option<&Only>) -> Option<Vec<bool>> {
        let only = only?;
        let keys = self.keys(&only.column)?;
        let wanted: HashSet<u64> = only.is.iter().map(|text| key(text)).collect();
        Some(keys.iter().map(|key| wanted.contains(key)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of events seen.
    struct Seen(u32);

    impl Past for Seen {
        fn value(&mut self, _: &Row) -> f64 {
            f64::from(self.0)
        }
        fn see(&mut self, row: &Row) {
            self.0 += row.count;
        }
    }

    fn at(time: i64) -> Row {
        Row { time, entity: 1, value: 1, pair: 1, link: MISSING, count: 1 }
    }

    #[test]
    fn events_of_the_same_time_are_not_the_past() {
        let rows = [1, 2, 2, 3].map(at);
        let mut seen = Seen(0);
        assert_eq!(replay(&mut seen, rows.into_iter(), rows.into_iter()), [0.0, 1.0, 1.0, 3.0]);
        assert_eq!(seen.0, 4);
    }

    #[test]
    fn a_missing_key_is_neither_seen_nor_valued() {
        let rows = [at(1), Row { pair: MISSING, ..at(2) }, at(3)];
        let values = replay(&mut Seen(0), rows.into_iter(), rows.into_iter());
        assert!(values[1].is_nan() && values[2] == 1.0);
    }

    #[test]
    fn keys_of_names_are_stable() {
        // A state of another version of the program must find its names again.
        assert_eq!(key("anna"), key("anna"));
        assert_ne!(key("anna"), key("anna\0"));
        assert_ne!(pair(1, 2), pair(2, 1));
        assert_eq!(pair(0, 2), MISSING);
    }
}
