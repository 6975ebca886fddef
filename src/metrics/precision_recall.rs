//! Precision against recall, and average precision as in scikit-learn: the sum Σ (Rₙ − Rₙ₋₁) Pₙ over the
//! distinct scores, without interpolation. Davis & Goadrich (ICML 2006) show that linear interpolation is too
//! optimistic.

use super::ranking::Ranking;
use serde::{Deserialize, Serialize};

/// One point of a precision-recall curve: the rates if every score at or above the threshold is flagged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrecisionRecallPoint {
    /// Flagged positives among the flagged, in [0, 1].
    pub precision: f64,
    /// Flagged positives among the positives, in [0, 1].
    pub recall: f64,
    /// `None` at the first point, where nothing is flagged and precision is 1 by convention.
    pub threshold: Option<f64>,
}

/// Average precision, in [0, 1]. A random order has about the share of positives. Equal scores are one step,
/// so the order of the rows does not matter. `None` without positives.
pub fn average_precision(ranking: &Ranking) -> Option<f64> {
    let positives = ranking.positives();
    if positives == 0 {
        return None;
    }
    let steps = ranking.ties().iter().zip(ranking.cumulative());
    let sum: f64 = steps
        .filter(|(tie, _)| tie.positives > 0)
        .map(|(tie, sum)| tie.positives as f64 * share(sum.positives, sum.positives + sum.negatives))
        .sum();
    Some(sum / positives as f64)
}

/// The curve by ascending recall: a first point, then one per distinct score. `None` without positives.
pub fn precision_recall_curve(ranking: &Ranking) -> Option<Vec<PrecisionRecallPoint>> {
    let positives = ranking.positives();
    if positives == 0 {
        return None;
    }
    let start = PrecisionRecallPoint { precision: 1.0, recall: 0.0, threshold: None };
    let points = ranking.cumulative().map(|sum| PrecisionRecallPoint {
        precision: share(sum.positives, sum.positives + sum.negatives),
        recall: share(sum.positives, positives),
        threshold: Some(sum.score),
    });
    Some(std::iter::once(start).chain(points).collect())
}

fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::reference::{assert_close, cases, ranked};

    #[test]
    fn average_precision_equals_scikit_learns() {
        for case in cases() {
            case.check(|ranking| {
                assert_close(average_precision(ranking), case.average_precision, &case.name)
            });
        }
    }

    #[test]
    fn the_curve_equals_scikit_learns() {
        for case in cases() {
            case.check(|ranking| {
                let points = precision_recall_curve(ranking).unwrap_or_default();
                assert_eq!(points.len(), case.precision_recall.len(), "{}", case.name);
                for (point, expected) in points.iter().zip(&case.precision_recall) {
                    assert_close(Some(point.precision), Some(expected.0), &case.name);
                    assert_close(Some(point.recall), Some(expected.1), &case.name);
                    assert_eq!(point.threshold, expected.2, "{}", case.name);
                }
            });
        }
    }

    #[test]
    fn a_constant_score_has_the_share_of_positives_as_average_precision() {
        ranked(&[7.0; 4], &[true, false, false, false], |ranking| {
            assert_eq!(average_precision(ranking), Some(0.25));
        });
    }

    #[test]
    fn without_positives_there_is_no_curve() {
        ranked(&[1.0, 2.0], &[false, false], |ranking| {
            assert_eq!(average_precision(ranking), None);
            assert_eq!(precision_recall_curve(ranking), None);
        });
    }
}
