//! The base detectors: those that are not made of other detectors. Ensembles take their members from here.

use super::entry::Entry;
#[cfg(feature = "network")]
use super::network;
use super::{boundary, distribution, isolation, linear, neighbors};
use crate::error::{Error, Result};

/// Every base detector, in the order of help and documentation. A new detector is one line here.
pub(super) const BASE: &[&Entry] = &[
    &isolation::isolation_forest::ENTRY,
    &boundary::one_class_svm::ENTRY,
    &neighbors::lof::ENTRY,
    #[cfg(feature = "network")]
    &network::AUTOENCODER,
    &neighbors::knn::ENTRY,
    &linear::pca::ENTRY,
    &distribution::hbos::ENTRY,
    &distribution::ecod::ENTRY,
    &distribution::copod::ENTRY,
    &linear::mcd::ENTRY,
    &isolation::extended_isolation_forest::ENTRY,
];

/// The base detector with an id.
///
/// # Errors
/// If there is none. The error names the nearest id.
pub(super) fn find(id: &str) -> Result<&'static Entry> {
    named(id, BASE)
}

/// The entry with an id among some entries.
///
/// # Errors
/// If there is none. The error names the nearest id.
pub(super) fn named(id: &str, entries: &[&'static Entry]) -> Result<&'static Entry> {
    entries.iter().copied().find(|entry| entry.id == id).ok_or_else(|| {
        let known = entries.iter().map(|entry| entry.id.to_owned()).collect();
        Error::unknown_name("detector", id, known)
    })
}
