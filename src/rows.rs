//! What every detector, projection and metric is fed: distinct rows and how often each occurs.

use ndarray::Array2;

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

    /// The multiplicity of the commonest row; 0 where there is none.
    pub fn largest_weight(&self) -> u32 {
        self.weights.iter().copied().max().unwrap_or(0)
    }
}
