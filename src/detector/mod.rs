//! The detectors, behind two object-safe traits: what can be fitted, and what can score.
//!
//! Higher is more anomalous, for every detector, always; sign flips stay inside the detector's own file.
//! A new detector is one file and one line in [`ALL`].

mod boundary;
mod cost;
mod distribution;
mod ecdf;
mod ensemble;
mod isolation;
mod kd_tree;
mod linear;
mod neighbors;
mod network;
mod simd;
mod spec;

#[cfg(test)]
mod conformance;

use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::rows::WeightedRows;
use crate::seed::Seed;
use ndarray::{Array1, ArrayView1, ArrayView2, Zip};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::ops::Range;
use std::sync::Arc;

pub use spec::{Contender, Given, Grid, contenders, taking_part};
pub use ensemble::Ensemble;
pub use cost::{Forecast, Limit, SMALLEST_SAMPLE, Task};

/// An algorithm with its parameters, ready to be fitted.
pub trait Detector: Send + Sync + std::fmt::Debug {
    /// Learn from distinct rows and their multiplicities, exactly as from the unfolded rows.
    ///
    /// # Errors
    /// Where the rows are too few for the parameters.
    fn fit(&self, train: &WeightedRows, seed: Seed) -> Result<Fitted>;
}

/// A fitted detector: scores rows it has never seen.
pub trait FittedDetector: Send + Sync + std::fmt::Debug {
    /// How many columns the rows must have.
    fn columns(&self) -> usize;

    /// One finite score per row of shape (rows, features); higher is more anomalous. A row's score does not
    /// depend on the rows beside it, nor on the number of threads, down to the last bit.
    fn score(&self, rows: ArrayView2<f64>) -> Array1<f64>;

    /// What each feature adds to the score of a row, beside that of a reference row, where the detector's structure
    /// says so exactly at any width; `None` where it does not. A feature is a range of columns, and together they are
    /// all columns, in order.
    fn attribution(
        &self,
        _row: ArrayView1<f64>,
        _reference: ArrayView1<f64>,
        _features: &[Range<usize>],
    ) -> Option<Attribution> {
        None
    }

    /// The fitted state as JSON text, from which [`Entry::load`] makes an equal detector.
    fn to_json(&self) -> String;
}

/// What features add to a score, from the path lengths of a detector's trees.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribution {
    /// Feature by feature, signed; the exact Shapley values of the mean path length, all times the one factor that
    /// makes them sum to the difference of the two scores.
    pub contributions: Vec<f64>,
    /// How many trees there are.
    pub trees: usize,
}

/// What fitting yields.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The fitted detector.
    pub model: Arc<dyn FittedDetector>,
    /// One score per distinct training row. Not always `model.score(points)`: the local outlier factor of a
    /// training row leaves the row itself out of its neighbours.
    pub train_scores: Array1<f64>,
    /// How training went, of a detector that learns in epochs.
    pub training: Option<Training>,
}

impl Fitted {
    /// A detector that was fitted in one go.
    pub fn new(model: impl FittedDetector + 'static, train_scores: Array1<f64>) -> Self {
        Fitted { model: Arc::new(model), train_scores, training: None }
    }
}

/// How the training of a network went; where several are trained together, losses are means over them.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Training {
    /// Distinct rows that were learned from, those of validation not among them.
    pub rows: usize,
    /// Mean loss per epoch, on the rows that were learned from.
    pub training_loss: Vec<f64>,
    /// Mean loss per epoch, on the rows kept for validation.
    pub validation_loss: Vec<f64>,
    /// The epoch whose weights were kept, from 0: that with the lowest validation loss.
    pub best_epoch: usize,
    /// Why training ended, and what was left out, in words.
    pub ended: String,
}

/// What a run decides for all its detectors.
#[derive(Clone, Debug)]
pub struct Settings {
    /// An upper bound for the caches of one detector, in bytes.
    pub memory: usize,
    /// Where a detector that takes long says how far it is.
    pub progress: Progress,
}

impl Settings {
    /// So many bytes, and nobody looking on.
    pub const fn new(memory: usize) -> Self {
        Settings { memory, progress: Progress::UNWATCHED }
    }
}

/// One line of the registry.
#[derive(Debug)]
pub struct Entry {
    /// Kebab-case, stable: used in flags, reports and baselines.
    pub id: &'static str,
    /// For people: "Isolation Forest".
    pub title: &'static str,
    /// One sentence with its source.
    pub summary: &'static str,
    /// What it looks at.
    pub kind: Kind,
    /// Time to fit and to score a row, in n distinct rows and d columns.
    pub cost: &'static str,
    /// Which anomalies and tables it suits.
    pub good_at: &'static str,
    /// Where it fails, or is slow.
    pub bad_at: &'static str,
    /// Whether two seeds give two answers.
    pub seeded: bool,
    /// The name of each parameter, and what it means with its range.
    pub parameters: &'static [(&'static str, &'static str)],
    /// The parameters where none are given.
    pub defaults: fn() -> Value,
    /// Validate parameters (an object, or null for the defaults) and make the detector.
    pub build: fn(&Settings, &Value) -> Result<Box<dyn Detector>>,
    /// What a task will cost with these parameters, all of them given.
    pub forecast: fn(&Value, Task) -> Forecast,
    /// Make a fitted detector from what [`FittedDetector::to_json`] gave.
    pub load: fn(&str) -> Result<Arc<dyn FittedDetector>>,
}

/// What a detector looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// How soon random splits isolate a row.
    Isolation,
    /// Distances to, or density among, the nearest rows.
    Neighbours,
    /// Where a row lies in the distribution of each column.
    Distribution,
    /// Directions and covariance of the whole cloud.
    Linear,
    /// A border around the densest region.
    Boundary,
    /// What a network fails to reproduce.
    Network,
    /// Several detectors together.
    Ensemble,
}

impl Kind {
    /// In a word.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Isolation => "isolation",
            Kind::Neighbours => "neighbours",
            Kind::Distribution => "distribution",
            Kind::Linear => "linear",
            Kind::Boundary => "boundary",
            Kind::Network => "network",
            Kind::Ensemble => "ensemble",
        }
    }
}

/// Every detector there is, in the order in which they are listed.
pub const ALL: &[&Entry] = &[
    &isolation::isolation_forest::ENTRY,
    &boundary::one_class_svm::ENTRY,
    &neighbors::lof::ENTRY,
    &network::AUTOENCODER,
    &neighbors::knn::ENTRY,
    &linear::pca::ENTRY,
    &distribution::hbos::ENTRY,
    &distribution::ecod::ENTRY,
    &distribution::copod::ENTRY,
    &linear::mcd::ENTRY,
    &isolation::extended_isolation_forest::ENTRY,
    &ensemble::ENTRY,
];

/// What a comparison runs where nothing else is asked for: the notebook's detectors.
pub const LINE_UP: [&str; 4] = ["isolation-forest", "one-class-svm", "lof", "autoencoder"];

/// The contenders of the default line-up.
pub fn line_up() -> Vec<Contender> {
    ALL.iter().filter(|entry| LINE_UP.contains(&entry.id)).map(|entry| Contender::of(entry)).collect()
}

/// Every detector there is, with its defaults.
pub fn everyone() -> Vec<Contender> {
    ALL.iter().map(|entry| Contender::of(entry)).collect()
}

/// The entry with an id.
///
/// # Errors
/// Where there is none; the error names the nearest.
pub fn find(id: &str) -> Result<&'static Entry> {
    ALL.iter().copied().find(|entry| entry.id == id).ok_or_else(|| {
        let known = ALL.iter().map(|entry| entry.id.to_owned()).collect();
        Error::unknown_name("detector", id, known)
    })
}

/// Parameters from JSON, null meaning the defaults; unknown fields are errors of the struct's own making.
fn parameters<P: DeserializeOwned + Default>(detector: &str, given: &Value) -> Result<P> {
    if given.is_null() {
        return Ok(P::default());
    }
    P::deserialize(given).map_err(|e| {
        let alone =
            |(key, value): &(&String, &Value)| P::deserialize(&json!({ key.as_str(): value })).is_err();
        match given.as_object().and_then(|fields| fields.iter().find(alone)) {
            Some((key, value)) => {
                Error::Request(format!("{detector}: `{key}` cannot be {value}: {}", expected(&e.to_string())))
            }
            None => Error::Request(format!("{detector}: {e}")),
        }
    })
}

/// What was expected of a value, without the words of a programmer.
fn expected(complaint: &str) -> String {
    match complaint.rsplit_once("expected ") {
        Some((_, "u8" | "u16" | "u32" | "u64" | "usize")) => {
            "a whole number from 0 on is expected".to_owned()
        }
        Some((_, "f32" | "f64")) => "a number is expected".to_owned(),
        _ => complaint.to_owned(),
    }
}

/// One score per row, the rows shared out among the threads.
fn each_row(rows: ArrayView2<f64>, score: impl Fn(ArrayView1<f64>) -> f64 + Sync) -> Array1<f64> {
    let mut scores = Array1::zeros(rows.nrows());
    Zip::from(&mut scores).and(rows.rows()).par_for_each(|found, row| *found = score(row));
    scores
}

/// Fitted state from JSON.
fn loaded<M: DeserializeOwned>(detector: &str, state: &str) -> Result<M> {
    serde_json::from_str(state).map_err(|e| Error::Request(format!("{detector}: not a fitted model: {e}")))
}

/// Fitted state as JSON.
fn state(model: &impl Serialize) -> String {
    serde_json::to_string(model).expect("states are structs and sequences, which JSON can hold")
}
