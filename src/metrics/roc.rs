//! The receiver operating characteristic (ROC) and the area under it (Hanley & McNeil, Radiology 1982). Ties
//! count one half.

use super::ranking::Ranking;
use serde::{Deserialize, Serialize};

/// One point of a ROC curve: the rates if every score at or above the threshold is flagged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RocPoint {
    /// Flagged negatives among the negatives, in [0, 1].
    pub false_positive_rate: f64,
    /// Flagged positives among the positives, in [0, 1].
    pub true_positive_rate: f64,
    /// `None` at the first point, where nothing is flagged.
    pub threshold: Option<f64>,
}

/// The area under the ROC curve, in [0, 1]: the share of (positive, negative) pairs in which the positive has
/// the higher score. Equal scores count one half. Exact up to the final division. `None` if a class is
/// missing.
pub fn auc(ranking: &Ranking) -> Option<f64> {
    let (positives, negatives) = (ranking.positives(), ranking.negatives());
    if positives == 0 || negatives == 0 {
        return None;
    }
    let pairs = u128::from(positives) * u128::from(negatives);
    Some(doubled_wins(ranking, negatives) as f64 / (2 * pairs) as f64)
}

/// The curve from (0, 0) to (1, 1), with one point per distinct score. `None` if a class is missing.
pub fn roc_curve(ranking: &Ranking) -> Option<Vec<RocPoint>> {
    let (positives, negatives) = (ranking.positives() as f64, ranking.negatives() as f64);
    if positives == 0.0 || negatives == 0.0 {
        return None;
    }
    let start = RocPoint { false_positive_rate: 0.0, true_positive_rate: 0.0, threshold: None };
    let points = ranking.cumulative().map(|sum| RocPoint {
        false_positive_rate: sum.negatives as f64 / negatives,
        true_positive_rate: sum.positives as f64 / positives,
        threshold: Some(sum.score),
    });
    Some(std::iter::once(start).chain(points).collect())
}

/// The quantile of the standard normal distribution at a share in (0, 1): the axis of a DET curve (Martin et al.,
/// Eurospeech 1997). Minus infinity at 0 and infinity at 1.
pub fn probit(share: f64) -> f64 {
    -std::f64::consts::SQRT_2 * statrs::function::erf::erfc_inv(2.0 * share)
}

/// Twice the number of pairs in which the positive scores higher, plus the number of pairs with equal scores.
fn doubled_wins(ranking: &Ranking, negatives: u64) -> u128 {
    let mut below = negatives;
    let mut wins = 0;
    for tie in ranking.ties() {
        below -= tie.negatives;
        wins += u128::from(tie.positives) * u128::from(2 * below + tie.negatives);
    }
    wins
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::reference::{assert_close, cases, ranked};

    #[test]
    fn auc_equals_scikit_learns() {
        for case in cases() {
            case.check(|ranking| assert_close(auc(ranking), case.auc, &case.name));
        }
    }

    #[test]
    fn the_curve_equals_scikit_learns() {
        for case in cases() {
            case.check(|ranking| {
                let points = roc_curve(ranking).unwrap_or_default();
                assert_eq!(points.len(), case.roc.len(), "{}", case.name);
                for (point, expected) in points.iter().zip(&case.roc) {
                    assert_close(Some(point.false_positive_rate), Some(expected.0), &case.name);
                    assert_close(Some(point.true_positive_rate), Some(expected.1), &case.name);
                    assert_eq!(point.threshold, expected.2, "{}", case.name);
                }
            });
        }
    }

    #[test]
    fn a_probit_is_a_normal_quantile() {
        // scipy 1.17.1: norm.ppf.
        for (share, quantile) in [(0.5, 0.0), (1e-4, -3.719_016_485_455_68), (0.975, 1.959_963_984_540_05)] {
            assert!((probit(share) - quantile).abs() < 1e-9, "{share}: {}", probit(share));
        }
        assert_eq!((probit(0.0), probit(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
    }

    #[test]
    fn a_constant_score_has_an_auc_of_one_half() {
        ranked(&[0.0; 4], &[true, false, false, true], |ranking| assert_eq!(auc(ranking), Some(0.5)));
    }

    #[test]
    fn one_class_alone_has_no_curve() {
        for label in [true, false] {
            ranked(&[1.0, 2.0], &[label; 2], |ranking| {
                assert_eq!(auc(ranking), None);
                assert_eq!(roc_curve(ranking), None);
            });
        }
    }
}
