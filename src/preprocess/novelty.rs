//! Values that training never had: a level that is not among the training levels, or a gap in a feature without gaps.
//! `lift.rs` says what they do to a score.

use std::collections::{BTreeMap, BTreeSet};

/// A value that training never had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NovelValue {
    /// The feature, by its position, has a level that training never had.
    Level(usize),
    /// The feature, by its position, has no value, and training had no gap.
    Gap(usize),
}

/// For each row its novel values. Most rows have none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NovelValues {
    /// For each row the position of its set, plus 1; 0 for none. Empty if no row has any.
    ids: Vec<u32>,
    /// The distinct sets in their own order, so that the order of rows does not matter.
    sets: Vec<Vec<NovelValue>>,
}

impl NovelValues {
    /// Novel values by row, for a number of rows.
    pub fn new(rows: usize, by_row: BTreeMap<usize, Vec<NovelValue>>) -> Self {
        if by_row.is_empty() {
            return NovelValues::default();
        }
        let distinct: BTreeSet<&Vec<NovelValue>> = by_row.values().collect();
        let sets: Vec<Vec<NovelValue>> = distinct.into_iter().cloned().collect();
        let mut ids = vec![0; rows];
        for (row, values) in by_row {
            // The position of the set, plus 1.
            ids[row] = sets.partition_point(|set| *set <= values) as u32;
        }
        NovelValues { ids, sets }
    }

    /// Whether no row has any.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The novel values of a row.
    pub fn of(&self, row: usize) -> &[NovelValue] {
        let id = self.ids.get(row).copied().unwrap_or(0);
        if id == 0 { &[] } else { &self.sets[id as usize - 1] }
    }

    /// The set of each row as a number: rows of the same set have the same.
    pub(super) fn ids(&self) -> impl Iterator<Item = f64> + '_ {
        self.ids.iter().map(|&id| f64::from(id))
    }

    /// The same sets for other rows, by their numbers.
    pub(super) fn with_ids(&self, ids: impl Iterator<Item = f64>) -> Self {
        NovelValues { ids: ids.map(|id| id as u32).collect(), sets: self.sets.clone() }
    }
}

impl NovelValue {
    /// The position of the feature.
    pub fn feature(self) -> usize {
        match self {
            NovelValue::Level(feature) | NovelValue::Gap(feature) => feature,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_same_novel_values_share_a_set() {
        let values = vec![NovelValue::Level(1), NovelValue::Gap(2)];
        let novel = NovelValues::new(4, BTreeMap::from([(1, values.clone()), (3, values.clone())]));
        assert_eq!(novel.of(0), []);
        assert_eq!((novel.of(1), novel.of(3)), (&values[..], &values[..]));
        assert_eq!(novel.ids().collect::<Vec<_>>(), [0.0, 1.0, 0.0, 1.0]);
        assert!(NovelValues::new(4, BTreeMap::new()).is_empty());
    }
}
