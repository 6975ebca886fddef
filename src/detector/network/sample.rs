//! The rows to train a network on, and the rows to validate it on.

use crate::rows::{WeightedRows, WeightedSampler};
use crate::seed::Seed;

/// Indices of distinct rows. An index occurs as often as its row was drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// Rows to train on; at least one.
    pub training: Vec<u32>,
    /// Rows that decide when to stop; may be empty.
    pub validation: Vec<u32>,
}

impl Parts {
    /// Draw at most `max_rows` of the *expanded* rows without replacement, and keep a share of them for
    /// validation. Deduplication does not change the distribution of the sample.
    pub fn draw(rows: &WeightedRows, max_rows: usize, validation_share: f64, seed: Seed) -> Self {
        let sampler = WeightedSampler::new(rows);
        let amount = sampler.total().min(max_rows as u64) as usize;
        let mut training = sampler.draw(amount, &mut seed.rng());
        let validation = (amount as f64 * validation_share) as usize;
        let validation = training.split_off(amount - validation.min(amount.saturating_sub(1)));
        Parts { training, validation }
    }

    /// The number of rows, copies included.
    pub fn total(&self) -> usize {
        self.training.len() + self.validation.len()
    }

    /// The number of distinct training rows.
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
    fn every_expanded_row_is_drawn_once_if_all_fit() {
        let parts = Parts::draw(&rows(&[1, 3, 6]), 100, 0.2, Seed::new(1));
        assert_eq!((parts.training.len(), parts.validation.len()), (8, 2));
        let mut all = [parts.training, parts.validation].concat();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
    }

    #[test]
    fn a_single_row_is_for_training_and_not_for_validation() {
        let parts = Parts::draw(&rows(&[1]), 100, 0.5, Seed::new(1));
        assert_eq!((parts.training, parts.validation), (vec![0], vec![]));
    }
}
