//! The top of a ranking, where alerts are read: precision at k, and the partial AUC at low false-positive
//! rates.

use super::ranking::{Ranking, Tie};

/// The share of positives among the `k` rows with the highest scores, in [0, 1]. If the k-th and the next row
/// have equal scores, it is the expectation over every order of the tied rows, so the order of the rows does
/// not matter (McSherry & Najork, ECIR 2008). `None` if `k` is 0 or there are fewer than `k` rows.
pub fn precision_at_k(ranking: &Ranking, k: u64) -> Option<f64> {
    let (mut left, mut found) = (k, 0.0);
    for tie in ranking.ties() {
        let rows = tie.positives + tie.negatives;
        if rows >= left {
            found += left as f64 * tie.positives as f64 / rows as f64;
            return (k > 0).then(|| found / k as f64);
        }
        left -= rows;
        found += tie.positives as f64;
    }
    None
}

/// The area under the ROC curve up to a false-positive rate in (0, 1], standardized to 0.5 for chance and 1
/// for a perfect ranking (McClish, Medical Decision Making 1989). The curve is linear within a tie. Equals
/// `roc_auc_score(max_fpr=…)` of scikit-learn. `None` if a class is missing or the rate is out of range.
pub fn partial_auc(ranking: &Ranking, max_fpr: f64) -> Option<f64> {
    mean_true_positive_rate(ranking, max_fpr).map(|rate| standardized(rate, max_fpr))
}

/// The mean of the true-positive rate over the false-positive rates up to the limit, in [0, 1]. `None` if a class is
/// missing or the limit is not in (0, 1].
pub(super) fn mean_true_positive_rate(ranking: &Ranking, max_fpr: f64) -> Option<f64> {
    let (positives, negatives) = (ranking.positives() as f64, ranking.negatives() as f64);
    if positives == 0.0 || negatives == 0.0 || !(max_fpr > 0.0 && max_fpr <= 1.0) {
        return None;
    }
    Some(area_up_to(ranking.ties(), max_fpr * negatives) / (positives * negatives) / max_fpr)
}

/// The partial AUC of a mean true-positive rate. Chance has the mean `max_fpr / 2`.
pub(super) fn standardized(mean_true_positive_rate: f64, max_fpr: f64) -> f64 {
    let chance = 0.5 * max_fpr;
    0.5 * (1.0 + (mean_true_positive_rate - chance) / (1.0 - chance))
}

/// The area under the curve of positive against negative counts, up to a number of negatives.
fn area_up_to(ties: &[Tie], limit: f64) -> f64 {
    let (mut width, mut height, mut area) = (0.0, 0.0, 0.0);
    for tie in ties {
        let (wide, high) = (tie.negatives as f64, tie.positives as f64);
        if width + wide > limit {
            let share = (limit - width) / wide;
            return area + (limit - width) * (height + share * high / 2.0);
        }
        area += wide * (height + high / 2.0);
        (width, height) = (width + wide, height + high);
    }
    area
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::auc;
    use crate::metrics::reference::{assert_close, ranked};
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Fixture {
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        name: String,
        labels: Vec<u8>,
        scores: Vec<f64>,
        partial_auc: Vec<(f64, Option<f64>)>,
        precision_at_k: Vec<(u64, Option<f64>)>,
    }

    fn check(check: impl Fn(&Case, &Ranking)) {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/reference/top.json");
        let text = std::fs::read_to_string(path).expect("tests/reference/top.py writes this file");
        let fixture: Fixture = serde_json::from_str(&text).expect("the fixture has these fields");
        assert!(fixture.cases.len() > 5);
        for case in &fixture.cases {
            let labels: Vec<bool> = case.labels.iter().map(|&label| label == 1).collect();
            ranked(&case.scores, &labels, |ranking| check(case, ranking));
        }
    }

    #[test]
    fn the_partial_auc_equals_scikit_learns() {
        check(|case, ranking| {
            for &(max_fpr, expected) in &case.partial_auc {
                let what = format!("{} up to {max_fpr}", case.name);
                assert_close(partial_auc(ranking, max_fpr), expected, &what);
            }
        });
    }

    #[test]
    fn precision_at_k_is_the_mean_over_every_order_of_tied_rows() {
        check(|case, ranking| {
            for &(k, expected) in &case.precision_at_k {
                assert_close(precision_at_k(ranking, k), expected, &format!("{} at {k}", case.name));
            }
        });
    }

    #[test]
    fn the_whole_curve_is_the_auc() {
        check(|case, ranking| assert_close(partial_auc(ranking, 1.0), auc(ranking), &case.name));
    }

    #[test]
    fn a_rate_or_a_number_out_of_range_has_no_value() {
        ranked(&[1.0, 2.0], &[true, false], |ranking| {
            assert_eq!([0.0, -0.1, 1.1, f64::NAN].map(|rate| partial_auc(ranking, rate)), [None; 4]);
            assert_eq!([0, 3].map(|k| precision_at_k(ranking, k)), [None; 2]);
        });
    }
}
