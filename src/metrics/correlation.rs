//! Weighted correlations of two values per distinct row; they equal those of the expanded rows.
//!
//! Pearson's coefficient (Proceedings of the Royal Society 1895) and Spearman's (American Journal of
//! Psychology 1904). Spearman's is Pearson's of the ranks; equal values share their mean rank.

/// Pearson's correlation of finite, weighted values, in [−1, 1]. Exactly 1 if x equals y. `None` if either is
/// constant.
pub fn pearson(x: &[f64], y: &[f64], weights: &[u32]) -> Option<f64> {
    let (x, y) = (deviations(x, weights)?, deviations(y, weights)?);
    let product = |a: &[f64], b: &[f64]| -> f64 {
        a.iter().zip(b).zip(weights).map(|((a, b), &weight)| f64::from(weight) * a * b).sum()
    };
    let correlation = product(&x, &y) / (product(&x, &x) * product(&y, &y)).sqrt();
    Some(correlation.clamp(-1.0, 1.0))
}

/// Spearman's rank correlation, in [−1, 1]. `None` if either is constant.
pub fn spearman(x: &[f64], y: &[f64], weights: &[u32]) -> Option<f64> {
    pearson(&ranks(x, weights), &ranks(y, weights), weights)
}

/// The rank of each value among the expanded values, from 1. Equal values share their mean rank.
pub fn ranks(values: &[f64], weights: &[u32]) -> Vec<f64> {
    let mut order: Vec<(f64, u32)> = values.iter().zip(0..).map(|(&value, row)| (value, row)).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut ranks = vec![0.0; values.len()];
    let mut below: u64 = 0;
    // −0 and 0 are adjacent in the total order and count as equal.
    for tie in order.chunk_by(|a, b| a.0 == b.0) {
        let rows = || tie.iter().map(|&(_, row)| row as usize);
        let copies: u64 = rows().map(|row| u64::from(weights[row])).sum();
        // Twice a rank is an integer, and therefore exact.
        let rank = (2 * below + copies + 1) as f64 / 2.0;
        rows().for_each(|row| ranks[row] = rank);
        below += copies;
    }
    ranks
}

/// Deviations from the mean, scaled to a maximum of 1 so that no square overflows. `None` for constants.
fn deviations(values: &[f64], weights: &[u32]) -> Option<Vec<f64>> {
    let rows = || values.iter().zip(weights).filter(|(_, weight)| **weight > 0);
    let (first, _) = rows().next()?;
    if rows().all(|(value, _)| value == first) {
        return None;
    }
    let largest = rows().fold(0.0, |largest: f64, (value, _)| largest.max(value.abs()));
    let shares: Vec<f64> = values.iter().map(|value| value / largest).collect();
    let total: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
    let sum: f64 = shares.iter().zip(weights).map(|(share, &weight)| share * f64::from(weight)).sum();
    let centered: Vec<f64> = shares.iter().map(|share| share - sum / total).collect();
    let largest = centered.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    (largest > 0.0).then(|| centered.iter().map(|value| value / largest).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::reference::assert_close;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Reference {
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        name: String,
        x: Vec<f64>,
        y: Vec<f64>,
        weights: Vec<u32>,
        pearson: Option<f64>,
        spearman: Option<f64>,
    }

    fn cases() -> Vec<Case> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/reference/correlation.json");
        let text = std::fs::read_to_string(path).expect("tests/reference/projection.py writes this file");
        let reference: Reference = serde_json::from_str(&text).unwrap();
        reference.cases
    }

    #[test]
    fn correlations_equal_scipys_on_the_expanded_rows() {
        for case in cases() {
            assert_close(pearson(&case.x, &case.y, &case.weights), case.pearson, &case.name);
            assert_close(spearman(&case.x, &case.y, &case.weights), case.spearman, &case.name);
        }
    }

    #[test]
    fn equal_values_correlate_by_exactly_one() {
        let (values, weights) = ([0.1, 0.7, -3.0, 0.7], [3, 1, 4, 2]);
        assert_eq!(pearson(&values, &values, &weights), Some(1.0));
        assert_eq!(spearman(&values, &values, &weights), Some(1.0));
    }

    #[test]
    fn ties_and_copies_share_the_mean_of_their_ranks() {
        assert_eq!(ranks(&[5.0, -0.0, 0.0, 9.0], &[1, 2, 1, 3]), [4.0, 2.0, 2.0, 6.0]);
    }

    #[test]
    fn a_constant_has_no_correlation() {
        assert_eq!(pearson(&[0.1; 3], &[1.0, 2.0, 3.0], &[1; 3]), None);
        assert_eq!(spearman(&[1.0, 2.0], &[0.0, -0.0], &[1; 2]), None);
        assert_eq!(pearson(&[], &[], &[]), None);
    }

    #[test]
    fn a_row_of_weight_0_is_ignored() {
        assert_eq!(pearson(&[1.0, 1.0, 7.0], &[1.0, 2.0, 3.0], &[1, 1, 0]), None);
        assert_eq!(spearman(&[1.0, 5.0, 2.0], &[1.0, 0.0, 2.0], &[1, 0, 1]), Some(1.0));
    }
}
