//! Adjusted p-values of several tests: the step-down procedure of Holm, Scandinavian Journal of Statistics
//! 1979.

/// The adjusted p-values, in [0, 1] and in the order of `p_values`. Rejecting those at or below a level, such
/// as 0.05, keeps the family-wise error rate at or below that level, even for dependent tests.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut ascending: Vec<usize> = (0..p_values.len()).collect();
    ascending.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (rank, &test) in ascending.iter().enumerate() {
        let remaining = (p_values.len() - rank) as f64;
        largest = largest.max(remaining * p_values[test]).min(1.0);
        adjusted[test] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::reference::{assert_close, reference};

    #[test]
    fn adjusted_p_values_equal_those_of_statsmodels() {
        for case in &reference().holm {
            let ours = holm(&case.p);
            assert_eq!(ours.len(), case.adjusted.len());
            for (ours, theirs) in ours.into_iter().zip(&case.adjusted) {
                assert_close(Some(ours), Some(*theirs), "holm");
            }
        }
    }

    #[test]
    fn one_test_needs_no_correction() {
        assert_eq!(holm(&[0.03]), [0.03]);
        assert!(holm(&[]).is_empty());
    }
}
