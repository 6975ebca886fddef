//! Which rows a network learns from, and which it is checked with.

use crate::rows::{Urn, WeightedRows};
use crate::seed::Seed;

/// Distinct rows by their index, one as often as it was drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// To learn from; at least one row.
    pub training: Vec<u32>,
    /// To say when to stop; may be empty.
    pub validation: Vec<u32>,
}

impl Parts {
    /// At most so many of the *unfolded* rows, drawn without replacement, and a share of them set aside for
    /// validation: what folding has done to the rows makes no difference.
    pub fn drawn(rows: &WeightedRows, at_most: usize, validation_share: f64, seed: Seed) -> Self {
        let urn = Urn::new(rows);
        let amount = urn.total().min(at_most as u64) as usize;
        let mut drawn = urn.draw(amount, &mut seed.rng());
        let validation = (amount as f64 * validation_share) as usize;
        let validation = drawn.split_off(amount - validation.min(amount.saturating_sub(1)));
        Parts { training: drawn, validation }
    }

    /// How many rows were drawn.
    pub fn drawn_rows(&self) -> usize {
        self.training.len() + self.validation.len()
    }

    /// How many different rows are learned from.
    pub fn distinct(&self) -> usize {
        let mut rows = self.training.clone();
        rows.sort_unstable();
        rows.dedup();
        rows.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn rows(weights: &[u32]) -> WeightedRows {
        WeightedRows { points: Array2::zeros((weights.len(), 1)), weights: weights.to_vec() }
    }

    #[test]
    fn every_unfolded_row_is_drawn_once_where_there_is_room() {
        let parts = Parts::drawn(&rows(&[1, 3, 6]), 100, 0.2, Seed::new(1));
        assert_eq!((parts.training.len(), parts.validation.len()), (8, 2));
        let mut all = [parts.training, parts.validation].concat();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
    }

    #[test]
    fn one_row_is_learned_from_and_not_set_aside() {
        let parts = Parts::drawn(&rows(&[1]), 100, 0.5, Seed::new(1));
        assert_eq!((parts.training, parts.validation), (vec![0], vec![]));
    }
}
