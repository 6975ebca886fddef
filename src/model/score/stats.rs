//! The statistics of a scoring run.

use super::data_issue::{DataIssue, data_issues};
use crate::model::{Assessment, FeatureModel};
use crate::table::{Column, Note, Repairs};
use std::time::Duration;

/// The numbers of rows, and per feature the numbers of data issues.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScoreStats {
    /// Rows or lines read, without blank lines.
    pub read: u64,
    /// Rows with a score.
    pub scored: u64,
    /// Rows with a score above the threshold.
    pub flagged: u64,
    /// Lines that cannot be scored.
    pub rejected: u64,
    /// The time in the model, without reading, checking and writing.
    pub in_model: Duration,
    /// The statistics of each feature, in the order of the model.
    pub features: Vec<FeatureStats>,
    /// What was guessed, skipped or decoded in the input.
    pub notes: Vec<Note>,
}

/// The data issues of one feature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeatureStats {
    /// The feature's name.
    pub feature: String,
    /// Whether the table has no such column.
    pub absent: bool,
    /// The number of scored rows with no value, NaN or an infinite number.
    pub missing: u64,
    /// The number of scored rows with a level that training did not contain.
    pub unknown: u64,
    /// The number of scored rows with a value outside the range of training.
    pub out_of_range: u64,
}

impl ScoreStats {
    /// Empty statistics for these features.
    pub fn new(features: &[FeatureModel]) -> Self {
        let feature = |feature: &FeatureModel| FeatureStats {
            feature: feature.name.clone(),
            ..FeatureStats::default()
        };
        ScoreStats { features: features.iter().map(feature).collect(), ..ScoreStats::default() }
    }

    /// These statistics with notes on what was skipped or decoded.
    #[must_use]
    pub(super) fn with_repairs(mut self, repairs: &Repairs) -> Self {
        self.notes.extend(repairs.notes().into_iter().map(Note::from));
        self
    }

    pub(super) fn count(&mut self, features: &[FeatureModel], columns: &[Column], rows: &[Assessment]) {
        self.scored += rows.len() as u64;
        self.flagged += rows.iter().filter(|row| row.flagged).count() as u64;
        for ((stats, feature), column) in self.features.iter_mut().zip(features).zip(columns) {
            for data_issue in data_issues(feature, column).flatten() {
                *stats.of(data_issue) += 1;
            }
        }
    }
}

impl FeatureStats {
    fn of(&mut self, data_issue: DataIssue) -> &mut u64 {
        match data_issue {
            DataIssue::Missing => &mut self.missing,
            DataIssue::Unknown => &mut self.unknown,
            DataIssue::OutOfRange => &mut self.out_of_range,
        }
    }
}
