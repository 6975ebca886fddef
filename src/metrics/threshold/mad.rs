//! The median plus a multiple of the median absolute deviation (Iglewicz & Hoaglin, "How to Detect and Handle
//! Outliers", 1993).

use super::contamination::threshold;

/// Makes the median absolute deviation of a normal distribution its standard deviation: 1 / Φ⁻¹(3/4).
const SCALE: f64 = 1.482_602_218_505_602;

/// The median of training scores plus `k` times their scaled median absolute deviation. Each score is repeated `weights`
/// times. `None` without rows, or if the deviation is 0 because more than half of the rows have the same score.
///
/// The share of rows above it is that of the normal distribution for normal scores only, so it is measured.
pub fn mad_threshold(scores: &[f64], weights: &[u32], k: f64) -> Option<f64> {
    let median = threshold(scores, weights, 0.5)?;
    let deviations: Vec<f64> = scores.iter().map(|score| (score - median).abs()).collect();
    let deviation = SCALE * threshold(&deviations, weights, 0.5)?;
    (deviation > 0.0).then_some(median + k * deviation)
}

#[cfg(test)]
mod tests {
    use super::super::reference::reference;
    use super::*;

    #[test]
    fn the_threshold_equals_that_of_scipy() {
        for case in &reference().mads {
            let ours = mad_threshold(&case.scores, &case.weights, case.k).unwrap();
            assert!((ours - case.threshold).abs() < 1e-12 * case.threshold.abs().max(1.0), "{ours}");
        }
    }

    #[test]
    fn scores_without_a_deviation_have_no_threshold() {
        assert_eq!(mad_threshold(&[1.0, 2.0], &[5, 1], 3.5), None);
        assert_eq!(mad_threshold(&[], &[], 3.5), None);
    }
}
