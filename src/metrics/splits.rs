//! The variance of a mean over repeated random splits of the same rows. The training parts overlap, so the splits are
//! not independent, and their variance alone is far too small. Nadeau & Bengio (Machine Learning 2003, section 3.2)
//! correct it: (1/K + scored rows / training rows) · s².

use super::delong::PairedTest;
use super::interval::Interval;
use super::seeds::student_test;
use super::summary::Summary;

/// The 95 % interval of the mean AUC over splits, with K − 1 degrees of freedom. `ratio` is the number of scored rows
/// over that of training rows, `positives` the number of scored rows of the smaller class. `None` with fewer than two
/// splits.
pub fn auc_interval_over_splits(aucs: &[f64], ratio: f64, positives: u64) -> Option<Interval> {
    let (mean, variance) = mean_and_variance(aucs, ratio)?;
    Interval::of_splits(mean, variance, positives, aucs.len() as u64)
}

/// Student's t test whether the mean AUCs of two detectors over the same splits differ, from their differences. `None`
/// with fewer than two splits.
pub fn paired_test_over_splits(differences: &[f64], ratio: f64) -> Option<PairedTest> {
    let (mean, variance) = mean_and_variance(differences, ratio)?;
    Some(student_test(mean, variance, (differences.len() - 1) as f64))
}

fn mean_and_variance(values: &[f64], ratio: f64) -> Option<(f64, f64)> {
    let summary = Summary::of(values)?;
    let variance = summary.sd?.powi(2);
    Some((summary.mean, (1.0 / values.len() as f64 + ratio) * variance))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::reference_tables::{assert_near, reference};

    #[test]
    fn the_test_equals_that_of_scipy_with_the_corrected_variance() {
        for case in &reference().splits {
            let test = paired_test_over_splits(&case.differences, case.ratio).unwrap();
            assert_near(test.difference, case.difference, "difference");
            assert_near(test.interval.low, case.low, "low");
            assert_near(test.interval.high, case.high, "high");
            assert_near(test.p, case.p, "p");
        }
    }

    #[test]
    fn one_split_has_no_interval_over_splits() {
        assert_eq!(auc_interval_over_splits(&[0.9], 0.4, 30), None);
        assert_eq!(paired_test_over_splits(&[0.1], 0.4), None);
    }

    #[test]
    fn the_interval_stays_between_0_and_1_and_has_a_width() {
        for aucs in [[0.99, 1.0, 1.0], [1.0, 1.0, 1.0]] {
            let interval = auc_interval_over_splits(&aucs, 0.43, 5).unwrap();
            assert!(interval.low > 0.0 && interval.high <= 1.0 && interval.low < 0.99, "{interval:?}");
        }
    }
}
