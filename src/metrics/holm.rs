//! p-values of several tests at once: the step-down procedure of Holm, Scandinavian Journal of Statistics 1979.

/// Adjusted p-values in the order of the given ones, which lie in [0, 1]. Compared with a level of, say, 5 %
/// they keep the chance of any false finding at or below that level, whatever the tests have in common.
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
