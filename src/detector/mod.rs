//! The detectors, behind two object-safe traits: what can be fitted, and what can score.
//!
//! Higher is more anomalous, for every detector, always; sign flips stay inside the detector's own file.
//! A new detector is one file and one line in [`ALL`].

mod isolation_forest;
mod lof;
mod neighbours;
mod one_class_svm;

#[cfg(test)]
mod conformance;

use crate::error::{Error, Result};
use crate::rows::WeightedRows;
use crate::seed::Seed;
use ndarray::{Array1, ArrayView2};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

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
    /// One finite score per row of shape (rows, features); higher is more anomalous. A row's score does not
    /// depend on the rows beside it, nor on the number of threads, down to the last bit.
    fn score(&self, rows: ArrayView2<f64>) -> Array1<f64>;

    /// The fitted state as plain data, from which [`Entry::load`] makes an equal detector.
    fn to_json(&self) -> Value;
}

/// What fitting yields.
#[derive(Debug)]
pub struct Fitted {
    /// The fitted detector.
    pub model: Box<dyn FittedDetector>,
    /// One score per distinct training row. Not always `model.score(points)`: the local outlier factor of a
    /// training row leaves the row itself out of its neighbours.
    pub train_scores: Array1<f64>,
}

/// What a run decides for all its detectors.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// An upper bound for the caches of one detector, in bytes.
    pub memory: usize,
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
    /// Whether two seeds give two answers.
    pub seeded: bool,
    /// The parameters where none are given.
    pub defaults: fn() -> Value,
    /// Validate parameters (an object, or null for the defaults) and make the detector.
    pub build: fn(&Settings, &Value) -> Result<Box<dyn Detector>>,
    /// Make a fitted detector from what [`FittedDetector::to_json`] gave.
    pub load: fn(&Value) -> Result<Box<dyn FittedDetector>>,
}

/// Every detector there is, in the order in which they are listed.
pub const ALL: &[&Entry] = &[&isolation_forest::ENTRY, &one_class_svm::ENTRY, &lof::ENTRY];

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
            Some((key, value)) => Error::Request(format!("{detector}: `{key}` cannot be {value}: {e}")),
            None => Error::Request(format!("{detector}: {e}")),
        }
    })
}

/// Fitted state from JSON.
fn loaded<M: DeserializeOwned>(detector: &str, state: &Value) -> Result<M> {
    M::deserialize(state).map_err(|e| Error::Request(format!("{detector}: not a fitted model: {e}")))
}
