//! The threshold of a contamination: the quantile of the training scores that this share of rows exceeds.

use crate::metrics::ranking::descending;

/// The (1 − contamination) quantile of training scores, each repeated `weights` times, with the linear
/// interpolation of `numpy.percentile`. It equals −`offset_` in scikit-learn: scores strictly above it are
/// the rows with `predict(…) == -1`. Contamination is in [0, 1]. `None` without rows.
pub fn threshold(scores: &[f64], weights: &[u32], contamination: f64) -> Option<f64> {
    let total: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
    let last = total.checked_sub(1)?;
    // In percent and from the highest score, as in scikit-learn. If the position is an integer, another
    // rounding would flag one row more or less.
    let position = last as f64 * (100.0 * contamination / 100.0);
    let upper = position.floor();
    let next = (upper as u64 + 1).min(last);
    let order = descending(scores);
    let high = at_rank(&order, weights, upper as u64)?;
    let low = at_rank(&order, weights, next)?;
    Some(interpolate(high, low, position - upper))
}

/// The score at a rank among the expanded rows; rank 0 is the highest score.
fn at_rank(order: &[(f64, u32)], weights: &[u32], rank: u64) -> Option<f64> {
    let mut cumulative_weight = 0;
    let entry = order.iter().find(|(_, row)| {
        cumulative_weight += u64::from(weights[*row as usize]);
        cumulative_weight > rank
    });
    entry.map(|(score, _)| *score)
}

/// Linear interpolation: `from` at 0 and `to` at 1. Like numpy, it starts at the nearer end, so both ends are
/// exact.
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
    fn interpolation_is_exact_at_both_ends() {
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
