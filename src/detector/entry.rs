//! A registry entry: what the program knows about a detector without fitting it.

use super::cost::{CostEstimate, Task};
use super::traits::{Detector, FittedDetector};
use crate::error::Result;
use crate::progress::Progress;
use serde_json::Value;
use std::sync::Arc;

/// Settings of a run that apply to all its detectors.
#[derive(Clone, Debug)]
pub struct Settings {
    /// An upper bound for the caches of one detector, in bytes.
    pub memory: usize,
    /// Where a slow detector reports its progress.
    pub progress: Progress,
}

impl Settings {
    /// Settings with a memory bound in bytes and hidden progress.
    pub const fn new(memory: usize) -> Self {
        Settings { memory, progress: Progress::HIDDEN }
    }
}

impl Default for Settings {
    /// One gibibyte of caches.
    fn default() -> Self {
        Settings::new(1 << 30)
    }
}

/// One detector of the registry.
#[derive(Debug)]
pub struct Entry {
    /// Kebab-case and stable: flags, reports and baselines use it.
    pub id: &'static str,
    /// The name for people: "Isolation Forest".
    pub title: &'static str,
    /// One sentence with its source.
    pub summary: &'static str,
    /// What the detector looks at.
    pub kind: Family,
    /// Time to fit and to score a row, in n distinct rows and d columns.
    pub cost: &'static str,
    /// Which anomalies and tables it suits.
    pub good_at: &'static str,
    /// Where it fails or is slow.
    pub bad_at: &'static str,
    /// Whether the scores depend on the seed.
    pub seeded: bool,
    /// The name of each parameter, and its meaning with its range.
    pub parameters: &'static [(&'static str, &'static str)],
    /// All parameters with their default values.
    pub defaults: fn() -> Value,
    /// Validate parameters (an object, or null for the defaults) and make the detector.
    pub build: fn(&Settings, &Value) -> Result<Box<dyn Detector>>,
    /// The expected cost of a task. The parameters must be complete.
    pub estimate: fn(&Value, Task) -> CostEstimate,
    /// Restore a fitted detector from the text of [`FittedDetector::to_json`].
    pub load: fn(&str) -> Result<Arc<dyn FittedDetector>>,
}

/// What a detector looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// How soon random splits isolate a row.
    Isolation,
    /// Distances to, or density among, the nearest rows.
    Neighbors,
    /// The position of a row in the distribution of each column.
    Distribution,
    /// Directions and covariance of all rows.
    Linear,
    /// A boundary around the densest region.
    Boundary,
    /// The reconstruction error of a network.
    Network,
    /// The combined scores of several detectors.
    Ensemble,
}

impl Family {
    /// The family in one word.
    pub fn title(self) -> &'static str {
        match self {
            Family::Isolation => "isolation",
            Family::Neighbors => "neighbors",
            Family::Distribution => "distribution",
            Family::Linear => "linear",
            Family::Boundary => "boundary",
            Family::Network => "network",
            Family::Ensemble => "ensemble",
        }
    }
}
