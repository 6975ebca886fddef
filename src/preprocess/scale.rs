//! Standard scaling: zero mean and unit variance per column, fitted on all training rows.

use crate::error::{Error, Result};
use crate::preprocess::sum::Sum;
use crate::rows::WeightedRows;
use ndarray::{Array2, ArrayView2, Axis, Zip};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A fitted standard scaler. A constant column is centered but not scaled.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Scaler {
    /// The mean of each column.
    offsets: Vec<f64>,
    /// 1 / standard deviation of each column.
    scales: Vec<f64>,
}

impl Scaler {
    /// Fit means and population standard deviations of distinct rows, each counted as often as it occurs.
    ///
    /// # Errors
    /// If there is no row, or a mean or variance is not finite.
    pub fn fit(train: &WeightedRows) -> Result<Self> {
        if train.is_empty() {
            return Err(Error::Request("the matrix cannot be scaled: it has no row".to_owned()));
        }
        let chunks: Vec<ArrayView2<f64>> = train.points.axis_chunks_iter(Axis(1), COLUMNS_AT_ONCE).collect();
        let moments = chunks.into_par_iter().flat_map_iter(|columns| moments(columns, &train.weights));
        let (offsets, scales) = moments.map(|column| (column.mean, column.scale())).unzip();
        let scaler = Scaler { offsets, scales };
        match (0..train.points.ncols()).find(|&column| !scaler.is_finite(column)) {
            Some(column) => {
                let problem =
                    format!("column {} of the matrix holds values too large to be scaled", column + 1);
                Err(Error::Request(problem))
            }
            None => Ok(scaler),
        }
    }

    /// Scale a matrix of the same columns.
    pub fn apply(&self, mut matrix: Array2<f64>) -> Array2<f64> {
        Zip::from(matrix.rows_mut()).par_for_each(|row| {
            for ((value, offset), scale) in row.into_iter().zip(&self.offsets).zip(&self.scales) {
                *value = (*value - offset) * scale;
            }
        });
        matrix
    }

    /// Scale a matrix of some neighboring columns.
    pub fn apply_columns(&self, mut matrix: Array2<f64>, columns: std::ops::Range<usize>) -> Array2<f64> {
        for mut row in matrix.rows_mut() {
            for (value, column) in row.iter_mut().zip(columns.clone()) {
                *value = (*value - self.offsets[column]) * self.scales[column];
            }
        }
        matrix
    }

    /// Whether [`Scaler::fit`] can return this scaler for a matrix with this number of columns.
    pub fn is_valid(&self, columns: usize) -> bool {
        [self.offsets.len(), self.scales.len()] == [columns; 2]
            && (0..columns).all(|column| self.is_finite(column))
    }

    fn is_finite(&self, column: usize) -> bool {
        let scale = self.scales[column];
        self.offsets[column].is_finite() && scale.is_finite() && scale > 0.0
    }
}

/// The columns that one thread reads together: 64 bytes of a row.
const COLUMNS_AT_ONCE: usize = 8;

/// What is known of a column.
#[derive(Clone, Copy, Debug)]
struct Moments {
    mean: f64,
    /// The population standard deviation.
    deviation: f64,
    /// The largest absolute value.
    largest: f64,
}

impl Moments {
    /// 1 / standard deviation. 1 for a constant column, and where rounding explains the deviation: it is then small
    /// beside the values.
    fn scale(self) -> f64 {
        let Moments { deviation, largest, .. } = self;
        let is_rounding = deviation < f64::EPSILON && deviation <= 4.0 * f64::EPSILON * largest;
        let scale = 1.0 / deviation;
        if is_rounding || (deviation < f64::EPSILON && !scale.is_finite()) { 1.0 } else { scale }
    }
}

/// The moments of each column by two passes with compensated sums (Chan, Golub & LeVeque, The American Statistician
/// 1983, eq. 1.7).
fn moments(columns: ArrayView2<f64>, weights: &[u32]) -> Vec<Moments> {
    let total: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
    let mut sums = vec![Sum::default(); columns.ncols()];
    let mut ranges = vec![(f64::INFINITY, f64::NEG_INFINITY); columns.ncols()];
    for (row, &weight) in columns.rows().into_iter().zip(weights) {
        for ((&value, sum), (low, high)) in row.iter().zip(&mut sums).zip(&mut ranges) {
            sum.add(value * f64::from(weight));
            (*low, *high) = (low.min(value), high.max(value));
        }
    }
    let mean = |(sum, &(low, high)): (&Sum, &(f64, f64))| if low == high { low } else { sum.total() / total };
    let means: Vec<f64> = sums.iter().zip(&ranges).map(mean).collect();
    let mut deviations = vec![(Sum::default(), Sum::default()); columns.ncols()];
    for (row, &weight) in columns.rows().into_iter().zip(weights) {
        for ((value, mean), (first, second)) in row.iter().zip(&means).zip(&mut deviations) {
            let deviation = value - mean;
            first.add(deviation * f64::from(weight));
            second.add(deviation * deviation * f64::from(weight));
        }
    }
    let column = |at: usize| {
        let ((first, second), (low, high)) = (&deviations[at], ranges[at]);
        let variance = (second.total() - first.total() * first.total() / total) / total;
        // Below 0 by rounding; what is not a number stays so and is refused.
        let variance = if variance < 0.0 { 0.0 } else { variance };
        Moments { mean: means[at], deviation: variance.sqrt(), largest: low.abs().max(high.abs()) }
    };
    (0..columns.ncols()).map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use linfa::DatasetBase;
    use linfa::traits::Fit;
    use linfa_preprocessing::linear_scaling::LinearScaler;
    use ndarray::array;

    #[test]
    fn distinct_rows_are_scaled_as_linfa_scales_all_rows() {
        let points = array![[1.0, -3.0, 7.0], [2.5, 0.5, 7.0], [4.0, 1e4, 7.0]];
        let all = points.select(Axis(0), &[0, 1, 1, 1, 2, 2]);
        let ours = Scaler::fit(&WeightedRows { points, weights: vec![1, 3, 2] }).unwrap();
        let theirs = LinearScaler::standard().fit(&DatasetBase::from(all)).unwrap();
        let is_near = |a: &f64, b: &f64| (a - b).abs() <= 1e-12 * b.abs();
        assert!(ours.offsets.iter().zip(theirs.offsets()).all(|(a, b)| is_near(a, b)));
        assert!(ours.scales.iter().zip(theirs.scales()).all(|(a, b)| is_near(a, b)));
    }

    #[test]
    fn a_column_of_tiny_numbers_is_scaled_like_any_other() {
        let column = array![[1.0], [2.0], [4.0], [9.0]];
        let scaled = |unit: f64| {
            let column = &column * unit;
            Scaler::fit(&WeightedRows::unweighted(column.clone())).unwrap().apply(column)
        };
        for unit in [1e-10, 1e-17, 1e-100] {
            assert!((scaled(unit) - scaled(1.0)).iter().all(|difference| difference.abs() < 1e-12), "{unit}");
        }
    }

    #[test]
    fn numbers_with_an_infinite_variance_are_refused() {
        let rows = WeightedRows::unweighted(array![[0.0, 1e308], [1.0, -1e308]]);
        let error = Scaler::fit(&rows).unwrap_err().to_string();
        assert_eq!(error, "column 2 of the matrix holds values too large to be scaled");
    }

    #[test]
    fn a_deviation_by_rounding_is_none() {
        let column = array![[1.0], [1.0 + f64::EPSILON], [1.0]];
        let scaler = Scaler::fit(&WeightedRows::unweighted(column)).unwrap();
        assert_eq!(scaler.scales, [1.0]);
    }
}
