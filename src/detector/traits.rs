//! The two traits of a detector, unfitted and fitted, and the result of a fit.

use crate::error::Result;
use crate::rows::WeightedRows;
use crate::seed::Seed;
use ndarray::{Array1, ArrayView1, ArrayView2, Zip};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::ops::Range;
use std::sync::Arc;

/// An algorithm with its parameters, not yet fitted.
pub trait Detector: Send + Sync + std::fmt::Debug {
    /// Fit on distinct rows and their weights. The result is that of the expanded rows.
    ///
    /// # Errors
    /// If there are too few rows for the parameters.
    fn fit(&self, train: &WeightedRows, seed: Seed) -> Result<Fitted>;
}

/// A fitted detector, which scores any row.
pub trait FittedDetector: Send + Sync + std::fmt::Debug {
    /// The number of columns that rows must have.
    fn columns(&self) -> usize;

    /// One finite score per row of shape (rows, columns); higher is more anomalous.
    ///
    /// The score of a row depends neither on the other rows nor on the number of threads, to the last bit.
    fn score(&self, rows: ArrayView2<f64>) -> Array1<f64>;

    /// How much each feature adds to the score of `row`, compared with the score of `reference`.
    ///
    /// `None` if the detector has no exact method that works at any width. A feature is a range of columns;
    /// `features` covers all columns in order.
    fn attribution(
        &self,
        _row: ArrayView1<f64>,
        _reference: ArrayView1<f64>,
        _features: &[Range<usize>],
    ) -> Option<Attribution> {
        None
    }

    /// This detector as its own type, for those that are asked for more than scores; else `None`.
    fn as_any(&self) -> Option<&dyn Any> {
        None
    }

    /// The fitted state as JSON text. The `load` function of the registry entry restores an equal detector.
    fn to_json(&self) -> String;
}

/// How much each feature adds to a score, from the path lengths of a detector's trees.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribution {
    /// One signed value per feature: its exact Shapley value of the mean path length, times one common
    /// factor. The factor makes the values sum to the difference of the two scores.
    pub contributions: Vec<f64>,
    /// The number of trees.
    pub trees: usize,
}

/// The result of a fit.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The fitted detector.
    pub model: Arc<dyn FittedDetector>,
    /// One score per distinct training row. It can differ from `model.score(points)`: the local outlier
    /// factor of a training row excludes the row itself from its neighbors.
    pub train_scores: Array1<f64>,
    /// The losses per epoch, if the detector learns in epochs.
    pub training: Option<TrainingHistory>,
}

impl Fitted {
    /// A fit without epochs.
    pub fn new(model: impl FittedDetector + 'static, train_scores: Array1<f64>) -> Self {
        Fitted { model: Arc::new(model), train_scores, training: None }
    }
}

/// The training history of a network. With several networks, losses are means over them.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct TrainingHistory {
    /// The number of distinct training rows, without the validation rows.
    pub rows: usize,
    /// Mean loss per epoch on the training rows.
    pub training_loss: Vec<f64>,
    /// Mean loss per epoch on the validation rows.
    pub validation_loss: Vec<f64>,
    /// The epoch with the lowest validation loss, from 0. The fitted weights are those of this epoch.
    pub best_epoch: usize,
    /// Why training ended and how many rows it used, as text.
    pub ended: String,
}

/// One score per row. Threads share the rows; each row is scored on its own.
pub(super) fn each_row(rows: ArrayView2<f64>, score: impl Fn(ArrayView1<f64>) -> f64 + Sync) -> Array1<f64> {
    let mut scores = Array1::zeros(rows.nrows());
    Zip::from(&mut scores).and(rows.rows()).par_for_each(|slot, row| *slot = score(row));
    scores
}
