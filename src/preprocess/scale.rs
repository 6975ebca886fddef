//! Standard scaling: zero mean and unit variance per column, fitted on all training rows.

use crate::error::{Error, Result};
use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_preprocessing::linear_scaling::LinearScaler;
use ndarray::{Array2, ArrayView2, Zip};
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
    pub fn fit(train: ArrayView2<f64>, names: &[String], table: &str) -> Result<Self> {
        let scaler = LinearScaler::standard()
            .fit(&DatasetBase::from(train))
            .map_err(|e| Error::table(table, format!("cannot be scaled: {e}")))?;
        let scaler = Scaler { offsets: scaler.offsets().to_vec(), scales: scaler.scales().to_vec() };
        match (0..names.len()).find(|&column| !scaler.is_finite(column)) {
            Some(column) => Err(Error::column(table, &names[column], "holds values too large to be scaled")),
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
