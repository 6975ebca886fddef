//! The rows that are fitted and the rows that are scored, ready for a detector.

use super::split::Split;
use crate::preprocess::{Prepared, Preprocessor};
use crate::seed::Seed;
use std::ops::Range;

/// A table, split, encoded, scaled and deduplicated.
pub(super) struct PreparedSplit {
    /// The table's name.
    pub table: String,
    pub seed: Seed,
    /// The range of matrix columns of each feature.
    pub spans: Vec<(String, Range<usize>)>,
    pub split: Split,
    pub preprocessor: Preprocessor,
    pub train: Prepared,
    /// `None` if the training rows are scored.
    pub scored: Option<Prepared>,
    /// The rows that set a false discovery rate, neither fitted nor scored.
    pub calibration: Option<Prepared>,
    /// The point in time of each training row.
    pub train_times: Option<Vec<i64>>,
    /// The point in time of each scored row, if they are not the training rows.
    pub scored_times: Option<Vec<i64>>,
}

impl PreparedSplit {
    pub fn scored(&self) -> &Prepared {
        self.scored.as_ref().unwrap_or(&self.train)
    }
}
