//! The input of every detector, projection and metric: distinct rows and their weights.

use crate::seed::Seed;
use ndarray::{Array2, Axis};
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// A hash of the values of a row, the same on every platform and thread. It gives rows an order that depends on their
/// values only, so that it does not matter in which order a file has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowHash(u64);

impl RowHash {
    /// The hash with another value. The two halves of a product, combined (Yi, wyhash; as in Rust's `foldhash`).
    pub fn with(self, value: u64) -> Self {
        const FACTOR: u64 = 0xa076_1d64_78bd_642f;
        let product = u128::from(self.0 ^ value) * u128::from(FACTOR);
        RowHash(product as u64 ^ (product >> 64) as u64)
    }

    /// The hash with a number: −0 equals 0, and all NaN are equal.
    pub fn number(self, number: f64) -> Self {
        let number = if number.is_nan() { f64::NAN } else { number + 0.0 };
        self.with(number.to_bits())
    }

    /// The hash with a text.
    pub fn text(self, text: &str) -> Self {
        text.bytes().fold(self.with(text.len() as u64), |hash, byte| hash.with(u64::from(byte)))
    }

    /// The hash as a number.
    pub fn value(self) -> u64 {
        self.0
    }
}

impl Default for RowHash {
    /// The hash of no value.
    fn default() -> Self {
        RowHash(0x9e37_79b9_7f4a_7c15)
    }
}

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
    fn a_hash_depends_on_values_their_order_and_nothing_else() {
        let hash =
            |numbers: &[f64]| numbers.iter().fold(RowHash::default(), |hash, &x| hash.number(x)).value();
        assert_eq!(hash(&[0.0, f64::NAN]), hash(&[-0.0, -f64::NAN]));
        assert_ne!(hash(&[1.0, 2.0]), hash(&[2.0, 1.0]));
        assert_ne!(RowHash::default().text("ab").text("c"), RowHash::default().text("a").text("bc"));
        // A golden value: if it changes, the order of rows and every recorded result change too.
        assert_eq!(hash(&[1.0, 2.0]), 14_972_830_001_999_374_246);
    }

    #[test]
    fn a_million_distinct_rows_have_distinct_hashes() {
        let pairs = (0..1000).flat_map(|a| (0..1000).map(move |b| (f64::from(a), f64::from(b))));
        let mut hashes: Vec<u64> =
            pairs.map(|(a, b)| RowHash::default().number(a).number(b).value()).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 1_000_000);
    }

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
