//! The input of every detector, projection and metric: distinct rows and their weights.

use crate::seed::Seed;
use ndarray::{Array2, Axis};
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// Distinct rows, each weighted by how often it occurs. Detectors are fitted on these.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightedRows {
    /// Shape (distinct rows, features). No two rows are equal, and all values are finite.
    pub points: Array2<f64>,
    /// How often each row occurs, at least 1.
    pub weights: Vec<u32>,
}

impl WeightedRows {
    /// Distinct rows with a weight of 1 each. The caller ensures that they are distinct.
    pub fn unweighted(points: Array2<f64>) -> Self {
        let weights = vec![1; points.nrows()];
        WeightedRows { points, weights }
    }

    /// The number of distinct rows.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// The number of rows before deduplication: the sum of the weights.
    pub fn total(&self) -> u64 {
        self.weights.iter().map(|&weight| u64::from(weight)).sum()
    }

    /// A sample of `amount` expanded rows without replacement, deduplicated; all rows if there are fewer.
    pub fn sample(&self, amount: usize, seed: Seed) -> WeightedRows {
        let sampler = WeightedSampler::new(self);
        let amount = amount.min(sampler.total() as usize);
        let mut weights: BTreeMap<usize, u32> = BTreeMap::new();
        for row in sampler.draw(amount, &mut seed.rng()) {
            *weights.entry(row as usize).or_default() += 1;
        }
        let rows: Vec<usize> = weights.keys().copied().collect();
        WeightedRows { points: self.points.select(Axis(0), &rows), weights: weights.into_values().collect() }
    }

    /// The weight of the most frequent row; 0 without rows.
    pub fn largest_weight(&self) -> u32 {
        self.weights.iter().copied().max().unwrap_or(0)
    }
}

/// Samples expanded rows: each distinct row as often as it occurs.
#[derive(Clone, Debug)]
pub struct WeightedSampler {
    /// The cumulative weights: for each distinct row, the number of expanded rows up to and including it.
    ends: Vec<u64>,
}

impl WeightedSampler {
    /// A sampler of every copy of every row.
    pub fn new(rows: &WeightedRows) -> Self {
        let cumulative = |end: &mut u64, &weight: &u32| {
            *end += u64::from(weight);
            Some(*end)
        };
        WeightedSampler { ends: rows.weights.iter().scan(0, cumulative).collect() }
    }

    /// The number of expanded rows.
    pub fn total(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    /// A sample of `amount` expanded rows without replacement, as indices of distinct rows.
    pub fn draw(&self, amount: usize, rng: &mut ChaCha8Rng) -> Vec<u32> {
        let positions = index::sample(rng, self.total() as usize, amount);
        let distinct = |position: usize| self.ends.partition_point(|&end| end <= position as u64);
        positions.into_iter().map(|position| distinct(position) as u32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_full_sample_holds_each_row_as_often_as_its_weight() {
        let rows = WeightedRows { points: array![[0.0], [1.0]], weights: vec![1, 3] };
        let mut sample = WeightedSampler::new(&rows).draw(4, &mut Seed::new(1).rng());
        sample.sort_unstable();
        assert_eq!(sample, [0, 1, 1, 1]);
    }

    #[test]
    fn a_sample_has_the_requested_number_of_expanded_rows() {
        let rows = WeightedRows { points: array![[0.0], [1.0], [2.0]], weights: vec![10, 30, 60] };
        let sample = rows.sample(20, Seed::new(1));
        assert_eq!(sample.total(), 20);
        assert_eq!(rows.sample(1000, Seed::new(1)), rows);
    }
}
