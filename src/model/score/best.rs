//! The best rows of one group: a heap of bounded size that counts repeats.

use crate::table::{Column, Values};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What equal rows have in common, as bytes: their features, or their entity and their explanation.
type Key = Arc<[u8]>;

/// A point in time in microseconds since 1970, and its text as it came in.
pub(super) type Moment = (i64, Arc<str>);

/// The highest-ranked distinct rows of a group, as a heap with the lowest row in front.
#[derive(Debug, Default)]
pub(super) struct Best {
    pub ranked: BTreeMap<Rank, Kept>,
    ranks: HashMap<Key, Rank>,
}

/// A row of a group.
#[derive(Debug)]
pub(super) struct Kept {
    key: Key,
    /// The rows with this key, by their scores.
    seen: BTreeMap<Score, Seen>,
    /// The index in the pool.
    pub place: usize,
}

/// Rows that one row stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub count: u64,
    /// The earliest and the latest time, if one is known.
    pub times: Option<[Moment; 2]>,
}

/// A score in ascending order.
#[derive(Clone, Copy, Debug)]
struct Score(f64);

/// The rank of a row: by score, and the first of equal scores is the highest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rank {
    score: f64,
    row: u64,
}

impl Best {
    pub fn len(&self) -> usize {
        self.ranked.len()
    }

    /// Whether a row with this score can be among the best, or repeat one of them.
    pub fn admits(&self, score: f64, most: usize) -> bool {
        self.ranked.len() < most
            || self.ranked.first_key_value().is_none_or(|(lowest, _)| lowest.score <= score)
    }

    /// Add a row, and return whether it now stands for its key. A row that repeats one of the best is counted there.
    pub fn add(&mut self, rank: Rank, key: Vec<u8>, place: usize, most: usize, time: Option<Moment>) -> bool {
        if let Some(&highest) = self.ranks.get(key.as_slice()) {
            let is_higher = rank > highest;
            if let Some(mut kept) = self.ranked.remove(&highest) {
                kept.seen.entry(Score(rank.score)).or_default().add(time);
                let highest = highest.max(rank);
                if is_higher {
                    kept.place = place;
                    self.ranks.insert(kept.key.clone(), highest);
                }
                self.ranked.insert(highest, kept);
            }
            return is_higher;
        }
        if self.ranked.len() >= most {
            if self.ranked.first_key_value().is_some_and(|(lowest, _)| *lowest > rank) {
                return false;
            }
            if let Some((_, replaced)) = self.ranked.pop_first() {
                self.ranks.remove(&replaced.key);
            }
        }
        let key: Key = key.into();
        self.ranks.insert(key.clone(), rank);
        let mut first = Seen::default();
        first.add(time);
        self.ranked.insert(rank, Kept { key, seen: BTreeMap::from([(Score(rank.score), first)]), place });
        true
    }

    /// The rows from the highest rank down, each with those that it stands for. If there are `most`, only rows that score
    /// at least as high as the lowest are counted: others may have been left out before their key was among the best.
    pub fn descending(&self, most: usize) -> impl Iterator<Item = (&Kept, Seen)> {
        let lowest = self.ranked.first_key_value().filter(|_| self.ranked.len() >= most);
        let lowest = lowest.map_or(f64::NEG_INFINITY, |(rank, _)| rank.score);
        self.ranked.values().rev().map(move |kept| {
            let mut all = Seen::default();
            kept.seen.range(Score(lowest)..).for_each(|(_, seen)| all.merge(seen));
            (kept, all)
        })
    }
}

impl Seen {
    fn add(&mut self, time: Option<Moment>) {
        self.merge(&Seen { count: 1, times: time.map(|time| [time.clone(), time]) });
    }

    fn merge(&mut self, other: &Seen) {
        self.count += other.count;
        self.times = match (self.times.take(), other.times.clone()) {
            (Some([a, b]), Some([c, d])) => {
                Some([if c.0 < a.0 { c } else { a }, if d.0 > b.0 { d } else { b }])
            }
            (own, other) => own.or(other),
        };
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Score {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Score {}

impl Rank {
    pub fn new(score: f64, row: u64) -> Self {
        // -0 equals 0.
        Rank { score: score + 0.0, row }
    }
}

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(other.row.cmp(&self.row))
    }
}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Rank {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Rank {}

/// The key of a row.
pub(super) fn key(features: &[Column], row: usize) -> Vec<u8> {
    let mut key = Vec::new();
    for feature in features {
        match &feature.values {
            Values::Text(text) => match text.level(row) {
                None => key.push(0),
                Some(level) => {
                    key.push(1);
                    key.extend((level.len() as u64).to_le_bytes());
                    key.extend(level.as_bytes());
                }
            },
            numbers => {
                let number = numbers.real(row);
                // -0 equals 0, and one NaN another.
                let number = if number.is_nan() { f64::NAN } else { number + 0.0 };
                key.extend(number.to_bits().to_le_bytes());
            }
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The best rows of a group of scores and keys: the row, the score and the count of each.
    fn best(rows: &[(f64, u8)], most: usize) -> Vec<(usize, f64, u64)> {
        let mut best = Best::default();
        for (row, &(score, key)) in rows.iter().enumerate() {
            let admitted = best.admits(score, most);
            let before = best.ranks.contains_key([key].as_slice());
            let entered = best.add(Rank::new(score, row as u64), vec![key], row, most, None);
            assert!(admitted || !entered && !before, "a row that is not admitted changes nothing");
            assert!(best.len() <= most && best.len() == best.ranks.len());
        }
        best.descending(most).map(|(kept, seen)| (kept.place, rows[kept.place].0, seen.count)).collect()
    }

    #[test]
    fn the_highest_scores_are_kept_highest_first() {
        let rows = [(1.0, 1), (5.0, 2), (3.0, 3), (4.0, 4), (0.5, 5)];
        assert_eq!(best(&rows, 2), [(1, 5.0, 1), (3, 4.0, 1)]);
        assert_eq!(best(&rows, 9).len(), 5);
    }

    #[test]
    fn ties_are_in_row_order_and_the_first_rows_stay() {
        let rows = [(2.0, 1), (2.0, 2), (0.0, 3), (-0.0, 4), (2.0, 5)];
        assert_eq!(best(&rows, 2), [(0, 2.0, 1), (1, 2.0, 1)]);
        assert_eq!(best(&rows, 4), [(0, 2.0, 1), (1, 2.0, 1), (4, 2.0, 1), (2, 0.0, 1)]);
    }

    #[test]
    fn repeats_count_once_and_a_replaced_row_does_not_return() {
        let rows = [(1.0, 1), (3.0, 2), (1.0, 1), (3.0, 2), (2.0, 3), (1.0, 1), (3.0, 2)];
        assert_eq!(best(&rows, 2), [(1, 3.0, 3), (4, 2.0, 1)]);
    }

    #[test]
    fn a_behaviour_is_its_highest_row_and_counts_all_above_the_lowest() {
        let time = |at: i64| Some((at, Arc::from(at.to_string())));
        // Keys 1 and 2 come again with higher and lower scores; key 3 is replaced, and returns with a higher score.
        let rows = [(5.0, 1), (1.0, 3), (4.0, 2), (3.0, 1), (9.0, 1), (6.0, 3), (8.0, 2), (2.0, 2), (6.5, 1)];
        let most = 2;
        let mut best = Best::default();
        for (row, &(score, key)) in rows.iter().enumerate() {
            if best.admits(score, most) {
                best.add(Rank::new(score, row as u64), vec![key], row, most, time(100 - row as i64));
            }
        }
        let found: Vec<_> = best.descending(most).map(|(kept, seen)| (kept.place, seen)).collect();
        let seen = |count, first, last| Seen {
            count,
            times: time(first).zip(time(last)).map(|(first, last)| [first, last]),
        };
        // Of key 1 the rows 9.0 only: 8.0 is the lowest.
        assert_eq!(found, [(4, seen(1, 96, 96)), (6, seen(1, 94, 94))]);
    }

    #[test]
    fn a_key_tells_levels_and_missing_values_apart() {
        let column = |values| Column { name: "f".into(), values };
        let text = |words: [Option<&str>; 3]| column(Values::Text(words.into_iter().collect()));
        let features = [text([Some("ab"), Some("a"), None]), text([Some("c"), Some("bc"), Some("abc")])];
        let keys = [0, 1, 2].map(|row| key(&features, row));
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
        let numbers = [column(Values::Real(vec![0.0, -0.0, 1.0]))];
        assert!(key(&numbers, 0) == key(&numbers, 1) && key(&numbers, 0) != key(&numbers, 2));
    }

    proptest! {
        #[test]
        fn the_best_rows_are_those_of_a_sort(
            keys in prop::collection::vec(0..12_u8, 0..60),
            most in 1..8_usize,
        ) {
            // Equal keys have equal scores, as equal rows do; some scores are tied.
            let rows: Vec<(f64, u8)> = keys.iter().map(|&key| (f64::from(key / 2), key)).collect();
            let mut expected: Vec<(usize, f64, u64)> = Vec::new();
            for (row, &(score, key)) in rows.iter().enumerate() {
                match expected.iter_mut().find(|(first, ..)| rows[*first].1 == key) {
                    Some((_, _, count)) => *count += 1,
                    None => expected.push((row, score, 1)),
                }
            }
            expected.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            expected.truncate(most);
            prop_assert_eq!(best(&rows, most), expected);
        }
    }
}
