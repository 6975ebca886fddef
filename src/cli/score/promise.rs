//! Whether the share of flagged rows is the one that the threshold promises.

use crate::model::score::{DiscoveryThreshold, ScoreStats};
use crate::report::{AlertRate, DayRate, count, counted, significant};

/// With fewer rows than this, a share says little.
const SOME: u64 = 20;

/// The promised and the realised share of a run; `None` without a promise, or with few rows.
pub fn rate(promised: Option<f64>, stats: &ScoreStats) -> Option<AlertRate> {
    let days = stats.days().unwrap_or_default();
    let days = days.into_iter().map(|own| DayRate { day: own.day, scored: own.scored, flagged: own.flagged });
    let promised = promised.filter(|_| stats.scored >= SOME)?;
    Some(AlertRate::new(promised, stats.flagged, stats.scored, days.collect()))
}

/// What a false discovery rate flags, as a sentence, and whether the calibration part is too small to flag anything.
pub fn discoveries(found: &DiscoveryThreshold) -> (String, bool) {
    let rows = counted(found.rows, "row", "rows");
    match found.threshold {
        Some(threshold) => (format!("threshold {} for this batch of {rows}", significant(threshold)), false),
        None if found.above_all < found.least => (
            format!(
                "no row of {rows} is flagged, and none can be: with {}, {} must score above all of them, and {} do; \
                 the calibration part is too small, so train on more rows or use a larger rate",
                counted(found.calibration_rows, "calibration row", "calibration rows"),
                counted(found.least, "row", "rows"),
                count(found.above_all)
            ),
            true,
        ),
        None => (format!("no row of {rows} is flagged at this rate"), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calibration_part_that_is_too_small_is_told() {
        let found = DiscoveryThreshold {
            threshold: None,
            rows: 2_000,
            calibration_rows: 200,
            least: 100,
            above_all: 20,
        };
        let (text, is_small) = discoveries(&found);
        assert!(is_small && text.contains("with 200 calibration rows, 100 rows must score above"), "{text}");
        assert!(!discoveries(&DiscoveryThreshold { threshold: Some(0.5), ..found }).1);
    }
}
