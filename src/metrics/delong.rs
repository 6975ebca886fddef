//! The confidence interval of an AUC and the paired test of two AUCs: DeLong, DeLong & Clarke-Pearson,
//! Biometrics 1988. The structural components come from ranks, as in Sun & Xu, IEEE Signal Processing Letters
//! 2014.
//!
//! The component of a positive is the share of negatives with a lower score. The component of a negative is
//! the share of positives with a higher score. Equal scores count one half. Doubled and before division,
//! components are integers, so their sums are exact. The variance is therefore the same for deduplicated and
//! expanded rows, and in any order, and it is 0 only if the true value is 0.

use super::interval::Interval;
use super::ranking::Ranking;
use super::roc::auc;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::ops::Sub;

/// The paired test of two detectors on the same rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedTest {
    /// AUC of the first minus AUC of the second, in [−1, 1].
    pub difference: f64,
    /// The 95 % interval of the difference, not clipped: an end beyond ±1 means that there are too few rows.
    pub interval: Interval,
    /// The difference in standard errors. `None` if the standard error is 0.
    pub z: Option<f64>,
    /// The two-sided p-value, in [0, 1]. If the standard error is 0, p is 1 for equal AUCs and 0 (its limit)
    /// otherwise. The latter needs the same difference at every row, as between a perfect ranking and its
    /// reverse.
    pub p: f64,
}

/// The sampling variance of the AUC. `None` with fewer than two positives or negatives.
pub fn auc_variance(ranking: &Ranking) -> Option<f64> {
    let mut sums = ByClass::default();
    for (tie, component) in ranking.ties().iter().zip(components(ranking)) {
        sums.add(component, tie.positives, tie.negatives);
    }
    sums.variance()
}

/// The 95 % interval of the AUC: Wilson's score interval with the variance of DeLong and Student's t, see
/// `interval.rs`. `None` with fewer than two positives or negatives. It assumes that rows are independent.
pub fn auc_interval(ranking: &Ranking) -> Option<Interval> {
    let smaller_class = ranking.positives().min(ranking.negatives());
    Interval::of_auc(auc(ranking)?, auc_variance(ranking)?, smaller_class)
}

/// Test whether the AUCs of two rankings of the same distinct rows differ. `None` with fewer than two
/// positives or negatives.
///
/// # Errors
/// If the label counts of the two rankings differ.
pub fn paired_test(first: &Ranking, second: &Ranking) -> Result<Option<PairedTest>> {
    let (a, b) = (first.scored(), second.scored());
    if a.positives() != b.positives() || a.negatives() != b.negatives() {
        return Err(Error::Request(
            "two detectors can only be compared on the same rows, but their labels differ".to_owned(),
        ));
    }
    let sums = differences(first, second);
    let test = |variance| PairedTest::new(sums.mean(), variance);
    Ok(sums.variance().map(test))
}

impl PairedTest {
    /// The normal test. Without variance it is the limit as the variance goes to 0.
    pub(super) fn new(difference: f64, variance: f64) -> Self {
        let z = (variance > 0.0).then(|| difference / variance.sqrt());
        let limit = if difference == 0.0 { 1.0 } else { 0.0 };
        let two_sided = |z: f64| libm::erfc(z.abs() / std::f64::consts::SQRT_2);
        PairedTest {
            difference,
            interval: Interval::around(difference, variance),
            z,
            p: z.map_or(limit, two_sided),
        }
    }
}

/// The doubled structural components of a row: of its positives over all negatives, and of its negatives over
/// all positives. At most 2³³.
#[derive(Clone, Copy, Debug)]
pub(super) struct Component {
    pub of_positive: i64,
    pub of_negative: i64,
}

impl Sub for Component {
    type Output = Component;

    fn sub(self, other: Component) -> Component {
        Component {
            of_positive: self.of_positive - other.of_positive,
            of_negative: self.of_negative - other.of_negative,
        }
    }
}

/// The component of each tie. Counts are below 2³², so the casts are exact.
pub(super) fn components(ranking: &Ranking) -> impl Iterator<Item = Component> {
    let negatives = ranking.negatives();
    let ties = ranking.ties().iter().zip(ranking.cumulative());
    ties.map(move |(tie, sum)| Component {
        of_positive: (2 * (negatives - sum.negatives) + tie.negatives) as i64,
        of_negative: (2 * sum.positives - tie.positives) as i64,
    })
}

/// The moments of the differences between each row's components in the first and the second ranking.
fn differences(first: &Ranking, second: &Ranking) -> ByClass {
    let mut sums = ByClass::default();
    let (of_first, of_second): (Vec<_>, Vec<_>) = (components(first).collect(), components(second).collect());
    let ties = first.tie_of().iter().zip(second.tie_of());
    let rows = first.scored().rows().zip(ties);
    for ((_, positives, negatives), (&a, &b)) in rows.filter(|((_, p, n), _)| p + n > 0) {
        let difference = of_first[a as usize] - of_second[b as usize];
        sums.add(difference, u64::from(positives), u64::from(negatives));
    }
    sums
}

/// The moments of the components, by class.
#[derive(Clone, Copy, Debug, Default)]
struct ByClass {
    positives: Moments,
    negatives: Moments,
}

/// Count, sum and sum of squares of integers. With fewer than 2³² rows, count · squares is at most
/// 4 · positives² · negatives² < 2¹²⁶, so it fits.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    count: i128,
    sum: i128,
    squares: i128,
}

impl Moments {
    fn add(&mut self, value: i64, times: u64) {
        let (value, times) = (i128::from(value), i128::from(times));
        self.count += times;
        self.sum += times * value;
        self.squares += times * value * value;
    }

    /// The sample variance (n − 1) divided by n. `None` with fewer than two values.
    fn variance_of_mean(&self) -> Option<f64> {
        let spread = self.count * self.squares - self.sum * self.sum;
        let count = self.count as f64;
        (self.count > 1).then(|| spread as f64 / (count * count * (count - 1.0)))
    }
}

impl ByClass {
    fn add(&mut self, component: Component, positives: u64, negatives: u64) {
        self.positives.add(component.of_positive, positives);
        self.negatives.add(component.of_negative, negatives);
    }

    /// The mean component of the positives as a share of the negatives: an AUC, or a difference of two AUCs.
    fn mean(&self) -> f64 {
        self.positives.sum as f64 / (2 * self.positives.count * self.negatives.count) as f64
    }

    /// S₁₀ / m + S₀₁ / n. Components are doubled and not divided, so each variance is divided by (2 n)².
    fn variance(&self) -> Option<f64> {
        let of_positives = self.positives.variance_of_mean()? / doubled_square(self.negatives.count);
        let of_negatives = self.negatives.variance_of_mean()? / doubled_square(self.positives.count);
        Some(of_positives + of_negatives)
    }
}

fn doubled_square(count: i128) -> f64 {
    (4 * count * count) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::reference::{assert_close, cases, ranked};

    /// Difference, z and p. The interval is compared separately.
    fn numbers(test: Option<PairedTest>) -> [Option<f64>; 3] {
        [test.map(|t| t.difference), test.and_then(|t| t.z), test.map(|t| t.p)]
    }

    fn assert_same_interval(ours: Option<Interval>, theirs: Option<Interval>, what: &str) {
        assert_close(ours.map(|i| i.low), theirs.map(|i| i.low), what);
        assert_close(ours.map(|i| i.high), theirs.map(|i| i.high), what);
    }

    #[test]
    fn variance_and_interval_equal_the_definition_of_1988() {
        for case in cases() {
            case.check(|ranking| {
                assert_close(auc_variance(ranking), case.auc_variance, &case.name);
                // Before version 0.2, the interval was the AUC ± 1.96 standard errors, clipped.
                let wald = auc(ranking).zip(auc_variance(ranking)).map(|(auc, v)| Interval::around(auc, v));
                let clipped = wald.map(|i| Interval { low: i.low.max(0.0), high: i.high.min(1.0) });
                assert_same_interval(clipped, case.auc_interval, &case.name);
            });
        }
    }

    #[test]
    fn the_paired_test_equals_the_definition_of_1988() {
        for case in cases() {
            case.check_pair(|first, second| {
                let (ours, theirs) = (paired_test(first, second).unwrap(), case.paired_test);
                for (ours, theirs) in numbers(ours).into_iter().zip(numbers(theirs)) {
                    assert_close(ours, theirs, &case.name);
                }
                assert_same_interval(ours.map(|t| t.interval), theirs.map(|t| t.interval), &case.name);
            });
        }
    }

    #[test]
    fn one_positive_has_no_variance() {
        ranked(&[1.0, 2.0, 3.0], &[true, false, false], |ranking| {
            assert_eq!(auc_interval(ranking), None);
            assert_eq!(paired_test(ranking, ranking).unwrap(), None);
        });
    }

    #[test]
    fn a_detector_does_not_differ_from_itself() {
        ranked(&[1.0, 2.0, 3.0, 4.0], &[true, false, true, false], |ranking| {
            let test = paired_test(ranking, ranking).unwrap().unwrap();
            assert_eq!((test.difference, test.z, test.p), (0.0, None, 1.0));
        });
    }

    #[test]
    fn a_difference_without_variance_takes_the_limit() {
        let labels = [true, true, false, false];
        ranked(&[2.0, 2.0, 1.0, 1.0], &labels, |perfect| {
            ranked(&[1.0, 1.0, 2.0, 2.0], &labels, |reversed| {
                let test = paired_test(perfect, reversed).unwrap().unwrap();
                assert_eq!((test.difference, test.z, test.p), (1.0, None, 0.0));
            });
        });
    }

    #[test]
    fn rankings_of_other_rows_are_an_error() {
        ranked(&[1.0, 2.0], &[true, false], |first| {
            ranked(&[1.0, 2.0], &[false, true], |second| {
                assert!(paired_test(first, second).is_err());
            });
        });
    }

    #[test]
    fn an_auc_without_rows_has_no_variance() {
        ranked(&[], &[], |ranking| assert_eq!(auc_variance(ranking), None));
    }
}
