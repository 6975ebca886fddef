//! Golden rows: a few training rows with their scores at training. A model with other scores for them is not
//! the model that was measured.

use super::feature::{Cell, FeatureModel};
use serde::{Deserialize, Serialize};

/// A row and its score.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(super) struct Golden {
    pub row: Vec<Cell>,
    pub score: f64,
}

/// The number of training rows among the golden rows.
const ROWS: usize = 16;

impl Golden {
    /// Whether the values fit these features.
    pub fn fits(&self, features: &[FeatureModel]) -> bool {
        self.row.len() == features.len()
            && self.row.iter().zip(features).all(|(cell, feature)| feature.holds(cell))
    }
}

/// Choose training rows evenly by rank, from the lowest to the highest score. `firsts` has, for each distinct
/// row, the index of its first occurrence in the table.
pub(super) fn chosen(scores: &[f64], firsts: &[usize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let mut ranks: Vec<usize> = (0..ROWS).map(|nth| nth * (scores.len() - 1) / (ROWS - 1)).collect();
    ranks.dedup();
    ranks.into_iter().map(|rank| firsts[order[rank]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_rows_range_from_the_lowest_to_the_highest_score() {
        let scores: Vec<f64> = (0..100).map(|row| f64::from((row * 37) % 100)).collect();
        let rows = chosen(&scores, &(0..100).collect::<Vec<_>>());
        assert_eq!(rows.len(), ROWS);
        assert_eq!((scores[rows[0]], scores[rows[ROWS - 1]]), (0.0, 99.0));
        assert_eq!(chosen(&[1.0], &[7]), [7]);
    }
}
