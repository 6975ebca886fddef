//! Anomaly detection on tables, and the evidence for it.
//!
//! A detector, fitted and scored in two lines:
//!
//! ```
//! use whis_lab::ndarray::array;
//! use whis_lab::{Estimator, IsolationForest};
//!
//! let x = array![[1.0, 2.0], [1.1, 1.9], [0.9, 2.1], [1.0, 2.0], [9.0, -7.0]];
//! let forest = IsolationForest { trees: 200, ..Default::default() }.fit(&x, 42)?;
//! let scores = forest.score(&x)?; // one per row, higher is more anomalous
//! assert!(scores[4] > scores[0]);
//! # Ok::<(), whis_lab::error::Error>(())
//! ```
//!
//! | task | start with |
//! |---|---|
//! | fit a detector to a matrix, score another | [`Estimator`] and the detectors beside it |
//! | all detectors by id, with parameters as JSON | [`detector::ALL`], [`detector::DetectorSpec`] |
//! | AUC with an interval, average precision, paired tests | [`metrics`] |
//! | learn from the verdicts of an analyst | [`detector::Learner`] |
//! | encode, scale and deduplicate a table | [`preprocess`] |
#![cfg_attr(
    feature = "cli",
    doc = "| read Parquet, CSV and JSON lines | [`table::read`](fn@table::read) |
| compare detectors as the program does | [`experiment::compare`] |
| train a model, write it, read it, score rows | [`model::train`](fn@model::train), [`model::Model`], [`model::score`] |
| charts and the HTML page | [`plot`], [`html`] |"
)]
//!
//! A score is always higher for rows that are more anomalous. The same input and seed give the same bits, on any number
//! of threads. The program's own documentation is in the repository's `README.md` and `docs`.
//!
//! The feature `cli` (default) adds everything about files, reports and the command line. Without default features the
//! crate is detectors, metrics, projections and preprocessing; the feature `network` adds the autoencoder.

// The library alone uses less of the shared vocabulary than the program does.
#![cfg_attr(not(feature = "cli"), allow(dead_code))]

#[cfg(feature = "cli")]
pub mod baseline;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod demo;
pub mod detector;
#[cfg(feature = "cli")]
pub mod digest;
pub mod error;
mod estimator;
#[cfg(feature = "cli")]
pub mod event_features;
#[cfg(feature = "cli")]
pub mod events;
#[cfg(feature = "cli")]
pub mod experiment;
#[cfg(feature = "cli")]
pub mod explore;
#[cfg(feature = "cli")]
pub mod files;
#[cfg(feature = "cli")]
pub mod gate;
#[cfg(feature = "cli")]
pub mod html;
#[cfg(feature = "cli")]
pub mod ingest;
pub mod metrics;
#[cfg(feature = "cli")]
pub mod model;
#[cfg(feature = "cli")]
pub mod monitor;
#[cfg(feature = "cli")]
pub mod plot;
pub mod preprocess;
pub mod progress;
pub mod projection;
#[cfg(feature = "cli")]
pub mod report;
#[cfg(feature = "cli")]
pub mod review;
pub mod rows;
pub mod schema;
pub mod seed;
pub mod table;

pub use estimator::*;
pub use ndarray;
