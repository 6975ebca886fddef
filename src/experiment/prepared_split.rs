//! The rows that are fitted and the rows that are scored, ready for a detector.

use super::split::Split;
use crate::preprocess::{Prepared, Preprocessor};
use crate::seed::Seed;
use std::ops::Range;

/// A table, split, encoded, scaled and deduplicated.
pub(super) struct PreparedSplit {
    pub seed: Seed,
    /// The range of matrix columns of each feature.
    pub spans: Vec<(String, Range<usize>)>,
    pub split: Split,
    pub preprocessor: Preprocessor,
    pub train: Prepared,
    /// `None` if the training rows are scored.
    pub scored: Option<Prepared>,
}

impl PreparedSplit {
    pub fn scored(&self) -> &Prepared {
        self.scored.as_ref().unwrap_or(&self.train)
    }
}
