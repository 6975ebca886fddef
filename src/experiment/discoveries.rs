//! The rows that the rule `fdr` flags among the scored rows.

use super::cache::FitResult;
use super::prepared_split::PreparedSplit;
use crate::metrics::{Calibration, Severity, ThresholdRule};

/// The threshold of a false discovery rate for the scored rows, and the calibration rows behind it.
#[derive(Clone, Copy, Debug)]
pub struct Discoveries {
    /// Rows with a score above this are flagged; the largest finite number if none is.
    pub threshold: f64,
    /// The number of calibration rows.
    pub calibration_rows: u64,
    /// The number of suspicious rows among them, by the labels.
    pub suspicious: u64,
    /// The number of rows that must score above all calibration rows before one is flagged.
    pub least: u64,
    /// The number of rows that do.
    pub above_all: u64,
}

impl Discoveries {
    /// `None` for another rule.
    pub fn of(
        rule: ThresholdRule,
        fit: &FitResult,
        training: &Severity,
        prepared: &PreparedSplit,
    ) -> Option<Self> {
        let (ThresholdRule::Fdr(rate), Some(rows)) = (rule, &prepared.calibration) else { return None };
        let points = rows.deduplicated.rows.points.view();
        let scores = prepared.preprocessor.score(&*fit.fitted.model, training, points, &rows.novel);
        let calibration = Calibration::of(&scores.to_vec(), &rows.deduplicated.rows.weights)?;
        let mut batch = calibration.batch();
        for (score, &weight) in fit.scores.iter().zip(&prepared.scored().deduplicated.rows.weights) {
            batch.add(*score, u64::from(weight));
        }
        Some(Discoveries {
            threshold: batch.threshold(rate).unwrap_or(f64::MAX),
            calibration_rows: calibration.rows(),
            suspicious: rows.suspicious().unwrap_or(0) as u64,
            least: batch.least(rate),
            above_all: batch.above_all(),
        })
    }
}
