//! Anomaly detectors behind two object-safe traits: a [`Detector`] is fitted, a [`FittedDetector`] scores
//! rows.
//!
//! A higher score is more anomalous, for every detector. Sign flips stay inside a detector's own file.
//! A new detector is one file and one line in `base.rs`.
//!
//! ```text
//! traits, cost ──▶ entry ──▶ spec, base detectors ──▶ ensemble ──▶ registry ──▶ lineup
//! ```

mod base;
mod boundary;
mod cost;
mod distribution;
mod ecdf;
mod ensemble;
mod entry;
mod feedback;
mod isolation;
mod json;
mod kd_tree;
mod linalg;
mod linear;
mod lineup;
mod neighbors;
#[cfg(feature = "network")]
mod network;
mod registry;
mod simd;
mod spec;
mod traits;

#[cfg(test)]
mod conformance;

pub use boundary::one_class_svm::{Gamma, GammaRule, Parameters as OneClassSvm};
pub use cost::{CostEstimate, Limit, SMALLEST_SAMPLE, Task};
pub use distribution::copod::Parameters as Copod;
pub use distribution::ecod::Parameters as Ecod;
pub use distribution::hbos::{Formula as HbosFormula, Parameters as Hbos};
pub use ecdf::Formula as TailFormula;
pub use ensemble::{Ensemble, FittedEnsemble};
pub use entry::{Entry, Family, Settings};
pub use feedback::{
    Influence, LARGEST_INFLUENCE, Learner, Questions, TAUGHT, Taught, Untaught, Verdict, load,
};
pub use isolation::extended_isolation_forest::Parameters as ExtendedIsolationForest;
pub use isolation::isolation_forest::Parameters as IsolationForest;
pub use linear::mcd::Parameters as Mcd;
pub use linear::pca::{Parameters as Pca, Selection as PcaSelection};
pub use lineup::{detector_ids, specs};
pub use neighbors::knn::{Duplicates as KnnDuplicates, Method as KnnMethod, Parameters as Knn};
pub use neighbors::lof::parameters::{Duplicates as LofDuplicates, Parameters as Lof};
#[cfg(feature = "network")]
pub use network::Autoencoder;
pub use registry::{ALL, DEFAULT_DETECTORS, ENSEMBLE, all_detectors, default_detectors, find};
pub use spec::{DetectorSpec, Grid, ParameterOverrides};
pub use traits::{Attribution, Detector, Fitted, FittedDetector, TrainingHistory};
