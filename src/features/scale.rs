//! Standard scaling: zero mean and unit variance per column, learned from the unfolded training rows.

use crate::error::{Error, Result};
use linfa::DatasetBase;
use linfa::traits::{Fit, Transformer};
use linfa_preprocessing::linear_scaling::LinearScaler;
use ndarray::{Array2, ArrayView2};

/// A fitted standard scaler. A constant column is centred and left unscaled.
#[derive(Clone, Debug)]
pub struct Scaler(LinearScaler<f64>);

impl Scaler {
    /// Learn means and population standard deviations from a matrix of shape (rows, columns).
    ///
    /// # Errors
    /// Where there is no row, or values so large that their variance is not a number.
    pub fn fit(train: ArrayView2<f64>, names: &[String], table: &str) -> Result<Self> {
        let scaler = LinearScaler::standard()
            .fit(&DatasetBase::from(train))
            .map_err(|e| Error::table(table, format!("cannot be scaled: {e}")))?;
        let finite = |column: &usize| {
            let scale = scaler.scales()[*column];
            scaler.offsets()[*column].is_finite() && scale.is_finite() && scale > 0.0
        };
        match (0..names.len()).find(|column| !finite(column)) {
            Some(column) => Err(Error::column(table, &names[column], "holds values too large to be scaled")),
            None => Ok(Scaler(scaler)),
        }
    }

    /// Scale a matrix of the same columns.
    pub fn apply(&self, matrix: Array2<f64>) -> Array2<f64> {
        self.0.transform(matrix)
    }
}
