//! Standard scaling: zero mean and unit variance per column, fitted on all training rows.

use crate::error::{Error, Result};
use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_preprocessing::linear_scaling::LinearScaler;
use ndarray::{Array2, ArrayView1, ArrayView2, Zip};
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
    /// Fit means and population standard deviations of a matrix of shape (rows, columns).
    ///
    /// # Errors
    /// If the matrix has no row, or a mean or variance is not finite.
    pub fn fit(train: ArrayView2<f64>) -> Result<Self> {
        let scaler = LinearScaler::standard()
            .fit(&DatasetBase::from(train))
            .map_err(|e| Error::Request(format!("the matrix cannot be scaled: {e}")))?;
        let mut scaler = Scaler { offsets: scaler.offsets().to_vec(), scales: scaler.scales().to_vec() };
        for (column, scale) in scaler.scales.iter_mut().enumerate().filter(|(_, scale)| **scale == 1.0) {
            *scale = small_scale(train.column(column)).unwrap_or(1.0);
        }
        match (0..train.ncols()).find(|&column| !scaler.is_finite(column)) {
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

/// 1 / standard deviation of a column that linfa takes for constant because it is below 2.2e-16. `None` if rounding
/// explains the deviation: it is then small beside the values.
fn small_scale(column: ArrayView1<f64>) -> Option<f64> {
    let deviation = column.std(0.0);
    let largest = column.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let scale = 1.0 / deviation;
    (deviation < f64::EPSILON && deviation > 4.0 * f64::EPSILON * largest && scale.is_finite())
        .then_some(scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_column_of_tiny_numbers_is_scaled_like_any_other() {
        let column = array![[1.0], [2.0], [4.0], [9.0]];
        let scaled = |unit: f64| {
            let column = &column * unit;
            Scaler::fit(column.view()).unwrap().apply(column)
        };
        for unit in [1e-10, 1e-17, 1e-100] {
            assert!((scaled(unit) - scaled(1.0)).iter().all(|difference| difference.abs() < 1e-12), "{unit}");
        }
    }

    #[test]
    fn numbers_with_an_infinite_variance_are_refused() {
        let error = Scaler::fit(array![[0.0, 1e308], [1.0, -1e308]].view()).unwrap_err().to_string();
        assert_eq!(error, "column 2 of the matrix holds values too large to be scaled");
    }

    #[test]
    fn a_deviation_by_rounding_is_none() {
        let column = array![[1.0], [1.0 + f64::EPSILON], [1.0]];
        let scaler = Scaler::fit(column.view()).unwrap();
        assert_eq!(scaler.scales, [1.0]);
    }
}
