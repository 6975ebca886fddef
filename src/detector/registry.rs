//! The registry: every detector under its id, and the default detectors.

use super::base::{self, BASE};
use super::ensemble;
use super::entry::Entry;
use super::spec::DetectorSpec;
use crate::error::Result;

/// Every detector, in the order of help and documentation: the base detectors, then the ensemble.
pub const ALL: &[&Entry] = &base_and_ensemble();

/// The ensemble of the registry.
pub const ENSEMBLE: &Entry = &ensemble::ENTRY;

const fn base_and_ensemble() -> [&'static Entry; BASE.len() + 1] {
    let mut all = [ENSEMBLE; BASE.len() + 1];
    let mut at = 0;
    while at < BASE.len() {
        all[at] = BASE[at];
        at += 1;
    }
    all
}

/// The ids of the detectors that a comparison runs by default.
pub const DEFAULT_DETECTORS: [&str; 4] = ["isolation-forest", "one-class-svm", "lof", "autoencoder"];

/// The detectors that a comparison runs by default.
pub fn default_detectors() -> Vec<DetectorSpec> {
    ALL.iter()
        .filter(|entry| DEFAULT_DETECTORS.contains(&entry.id))
        .map(|entry| DetectorSpec::of(entry))
        .collect()
}

/// Every detector of the registry with its default parameters.
pub fn all_detectors() -> Vec<DetectorSpec> {
    ALL.iter().map(|entry| DetectorSpec::of(entry)).collect()
}

/// The detector with an id.
///
/// # Errors
/// If there is none. The error names the nearest id.
pub fn find(id: &str) -> Result<&'static Entry> {
    base::named(id, ALL)
}
