//! The change of a metric between two runs: is it worse, and is a fall excluded?
//!
//! Both questions are one-sided t tests. A metric is worse if it fell by more than chance explains. It is not worse if
//! a fall of the margin is excluded: the test of non-inferiority (Liu, Ma, Wu & Tai, Statistics in Medicine 2006).
//! The variances of rows and of seeds add up; the number of degrees of freedom is Satterthwaite's.

use super::interval::{Interval, t_quantile_at};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// A part of the variance of an estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VariancePart {
    /// The variance, at least 0.
    pub variance: f64,
    /// The number of degrees of freedom, at least 1.
    pub degrees_of_freedom: f64,
}

/// The change of a metric: new minus old, with its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// New minus old, in [−1, 1].
    pub difference: f64,
    /// 0 if nothing varies.
    pub standard_error: f64,
    degrees_of_freedom: f64,
}

impl Change {
    /// A difference whose variance is the sum of some parts.
    pub fn new(difference: f64, parts: &[VariancePart]) -> Self {
        let variance: f64 = parts.iter().map(|part| part.variance).sum();
        let per_degree: f64 =
            parts.iter().map(|part| part.variance.powi(2) / part.degrees_of_freedom.max(1.0)).sum();
        let degrees_of_freedom = if per_degree > 0.0 { variance.powi(2) / per_degree } else { 1.0 };
        Change {
            difference,
            standard_error: variance.sqrt(),
            degrees_of_freedom: degrees_of_freedom.max(1.0),
        }
    }

    /// The one-sided p-value of a fall: how likely so large a fall is by chance, in [0, 1].
    pub fn p_fall(&self) -> f64 {
        self.below(self.difference)
    }

    /// The one-sided p-value of a rise, in [0, 1].
    pub fn p_rise(&self) -> f64 {
        self.below(-self.difference)
    }

    /// The one-sided p-value of the test that the metric fell by less than `margin`, in [0, 1].
    pub fn p_not_inferior(&self, margin: f64) -> f64 {
        self.below(-margin - self.difference)
    }

    /// The 90 % interval of the difference: the bounds of both one-sided tests at 5 %.
    pub fn interval(&self) -> Interval {
        let half = t_quantile_at(0.95, self.degrees_of_freedom) * self.standard_error;
        Interval { low: self.difference - half, high: self.difference + half }
    }

    /// The probability of a value below `distance` around 0. Without variance it is the limit, and 1 at 0.
    fn below(&self, distance: f64) -> f64 {
        if self.standard_error == 0.0 {
            return if distance < 0.0 { 0.0 } else { 1.0 };
        }
        let z = distance / self.standard_error;
        StudentsT::new(0.0, 1.0, self.degrees_of_freedom).map_or(1.0, |t| t.cdf(z))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_has_the_one_sided_t_tests() {
        // scipy 1.17.1: ttest_ind(new, old, equal_var=False, alternative="less").pvalue, "greater", and with 0.005 added
        // to new, "greater"; confidence_interval(0.9).
        let (old, new) = ([0.81, 0.83, 0.82, 0.80, 0.84], [0.80, 0.79, 0.83, 0.78, 0.80]);
        let part = |values: &[f64; 5]| {
            let mean = values.iter().sum::<f64>() / 5.0;
            let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            VariancePart { variance: squares / 4.0 / 5.0, degrees_of_freedom: 4.0 }
        };
        let change = Change::new(-0.02, &[part(&old), part(&new)]);
        for (ours, theirs) in [
            (change.p_fall(), 0.053_178_186_560_841_21),
            (change.p_rise(), 1.0 - 0.053_178_186_560_841_21),
            (change.p_not_inferior(0.005), 0.895_447_466_470_945_5),
            (change.interval().low, -0.040_443_926_311_026_224),
            (change.interval().high, 0.000_443_926_311_026_406_76),
        ] {
            assert!((ours - theirs).abs() < 1e-9, "{ours} {theirs}");
        }
    }

    #[test]
    fn without_variance_every_fall_is_a_fall() {
        let change = |difference| Change::new(difference, &[]);
        assert_eq!((change(-0.1).p_fall(), change(-0.1).p_rise()), (0.0, 1.0));
        assert_eq!((change(0.0).p_fall(), change(0.0).p_not_inferior(0.005)), (1.0, 0.0));
        assert_eq!(change(-0.01).p_not_inferior(0.005), 1.0);
    }
}
