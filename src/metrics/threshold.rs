//! From contamination to a threshold: the quantile above which a share of the training rows lies.

use super::ranking::descending;

/// The (1 − contamination) quantile of training scores, each repeated `weights` times, interpolated linearly
/// as by `numpy.percentile`: minus scikit-learn's `offset_`, so that flagging what lies strictly above it is
/// `predict(…) == -1`. Contamination lies in [0, 1]; `None` where there are no rows.
pub fn threshold(scores: &[f64], weights: &[u32], contamination: f64) -> Option<f64> {
    let total: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
    let last = total.checked_sub(1)?;
    // By way of percent and counted from the highest score, as scikit-learn does: where the position comes
    // out whole, another rounding would flag one row more or less.
    let position = last as f64 * (100.0 * contamination / 100.0);
    let upper = position.floor();
    let next = (upper as u64 + 1).min(last);
    let order = descending(scores);
    let high = at_rank(&order, weights, upper as u64)?;
    let low = at_rank(&order, weights, next)?;
    Some(interpolate(high, low, position - upper))
}

/// The score of a row by its rank among the unfolded rows, the highest being 0.
fn at_rank(order: &[(f64, u32)], weights: &[u32], rank: u64) -> Option<f64> {
    let mut seen = 0;
    let found = order.iter().find(|(_, row)| {
        seen += u64::from(weights[*row as usize]);
        seen > rank
    });
    found.map(|(score, _)| *score)
}

/// `from` at 0, `to` at 1, computed from the nearer end as numpy does, so that both ends are met exactly.
fn interpolate(from: f64, to: f64, fraction: f64) -> f64 {
    let step = to - from;
    if fraction < 0.5 { from + step * fraction } else { to - step * (1.0 - fraction) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::reference::reference;

    #[test]
    fn thresholds_equal_numpys_percentile_to_the_last_bit() {
        for case in &reference().thresholds {
            let ours = threshold(&case.scores, &case.weights, case.contamination);
            assert_eq!(ours, Some(case.threshold), "contamination {}", case.contamination);
        }
    }

    #[test]
    fn as_many_rows_are_flagged_as_scikit_learn_flags() {
        for case in &reference().thresholds {
            let threshold = threshold(&case.scores, &case.weights, case.contamination).unwrap();
            let rows = case.scores.iter().zip(&case.weights);
            let flagged: u32 = rows.filter(|(score, _)| **score > threshold).map(|(_, weight)| weight).sum();
            assert_eq!(flagged, case.flagged, "contamination {}", case.contamination);
        }
    }

    #[test]
    fn interpolation_meets_both_ends_however_far_apart() {
        assert_eq!(interpolate(1e16, 0.1, 0.0), 1e16);
        assert_eq!(interpolate(1e16, 0.1, 1.0), 0.1);
    }

    #[test]
    fn equal_scores_flag_nothing() {
        assert_eq!(threshold(&[3.0, 3.0], &[5, 1], 0.1), Some(3.0));
    }

    #[test]
    fn no_rows_have_no_threshold() {
        assert_eq!(threshold(&[], &[], 0.1), None);
        assert_eq!(threshold(&[1.0], &[0], 0.1), None);
    }
}
