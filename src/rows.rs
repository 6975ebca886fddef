//! What every detector, projection and metric is fed: distinct rows and how often each occurs.

use crate::seed::Seed;
use ndarray::{Array2, Axis};
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// Distinct rows and how often each occurs. What a detector is fitted on.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightedRows {
    /// Shape (distinct rows, features); no two rows are equal; all values finite.
    pub points: Array2<f64>,
    /// Multiplicity of each row, at least 1.
    pub weights: Vec<u32>,
}

impl WeightedRows {
    /// Rows that are known to be distinct, each occurring once.
    pub fn unweighted(points: Array2<f64>) -> Self {
        let weights = vec![1; points.nrows()];
        WeightedRows { points, weights }
    }

    /// How many distinct rows there are.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Whether there is no row at all.
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// How many rows there were before folding.
    pub fn total(&self) -> u64 {
        self.weights.iter().map(|&weight| u64::from(weight)).sum()
    }

    /// So many of the unfolded rows, drawn without replacement and folded again; all of them where there are fewer.
    pub fn sample(&self, amount: usize, seed: Seed) -> WeightedRows {
        let urn = Urn::new(self);
        let amount = amount.min(urn.total() as usize);
        let mut drawn: BTreeMap<usize, u32> = BTreeMap::new();
        for row in urn.draw(amount, &mut seed.rng()) {
            *drawn.entry(row as usize).or_default() += 1;
        }
        let rows: Vec<usize> = drawn.keys().copied().collect();
        WeightedRows { points: self.points.select(Axis(0), &rows), weights: drawn.into_values().collect() }
    }

    /// The multiplicity of the commonest row; 0 where there is none.
    pub fn largest_weight(&self) -> u32 {
        self.weights.iter().copied().max().unwrap_or(0)
    }
}

/// The unfolded rows, to draw from.
#[derive(Clone, Debug)]
pub struct Urn {
    /// For each distinct row, how many unfolded rows come before the next one.
    ends: Vec<u64>,
}

impl Urn {
    /// Every copy of every row.
    pub fn new(rows: &WeightedRows) -> Self {
        let running = |end: &mut u64, &weight: &u32| {
            *end += u64::from(weight);
            Some(*end)
        };
        Urn { ends: rows.weights.iter().scan(0, running).collect() }
    }

    /// How many rows there are.
    pub fn total(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    /// The distinct rows of `amount` unfolded rows drawn without replacement.
    pub fn draw(&self, amount: usize, rng: &mut ChaCha8Rng) -> Vec<u32> {
        let drawn = index::sample(rng, self.total() as usize, amount);
        let distinct = |position: usize| self.ends.partition_point(|&end| end <= position as u64);
        drawn.into_iter().map(|position| distinct(position) as u32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn draws_follow_the_multiplicities() {
        let rows = WeightedRows { points: array![[0.0], [1.0]], weights: vec![1, 3] };
        let mut drawn = Urn::new(&rows).draw(4, &mut Seed::new(1).rng());
        drawn.sort_unstable();
        assert_eq!(drawn, [0, 1, 1, 1]);
    }

    #[test]
    fn a_sample_holds_as_many_unfolded_rows_as_were_asked_for() {
        let rows = WeightedRows { points: array![[0.0], [1.0], [2.0]], weights: vec![10, 30, 60] };
        let sample = rows.sample(20, Seed::new(1));
        assert_eq!(sample.total(), 20);
        assert_eq!(rows.sample(1000, Seed::new(1)), rows);
    }
}
