//! 95 % confidence intervals of proportions and of approximately normal estimates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// A 95 % confidence interval; `[low, high]` in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "[f64; 2]", from = "[f64; 2]")]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

// The 97.5 % quantile of the standard normal distribution.
pub(super) const Z: f64 = 1.959_963_984_540_054;

/// The largest effective number of rows per row of the smaller class. `coverage.rs` decides it: 4 and more cover an AUC
/// of 0.99 in 81 % of the tables in which 1 of 50 positives is missed, and with 3 the interval is more than 1.4 times as
/// wide as DeLong's on the logit scale.
const MOST_EFFECTIVE: f64 = 3.6;

/// The same for a mean of rates over the positives, such as an average precision. `coverage.rs` decides it: 3 and more
/// cover 84 to 90 % where a share of the positives is found before every negative.
const MOST_EFFECTIVE_OF_RATES: f64 = 2.0;

impl Interval {
    /// The Wilson interval of the proportion `part / whole` (JASA 1927, eq. 4). `None` if `whole` is 0.
    pub fn of_share(part: u64, whole: u64) -> Option<Self> {
        (whole > 0).then(|| score_interval(part as f64 / whole as f64, whole as f64, Z))
    }

    /// The interval of an AUC from its sampling variance and the number of rows of the smaller class, or of clusters:
    /// Wilson's score interval with an effective number of rows and Student's t with `observations − 1` degrees of
    /// freedom, as Korn & Graubard (Survey Methodology 1998) have it for proportions of surveys. `None` with fewer
    /// than two observations.
    ///
    /// The effective number is AUC · (1 − AUC) / variance, the number of independent rows with this variance, but at
    /// most [`MOST_EFFECTIVE`] for each observation. So a perfect ranking of a few rows has a wide interval, too.
    pub(super) fn of_auc(auc: f64, variance: f64, observations: u64) -> Option<Self> {
        effective(auc, variance, observations, observations, MOST_EFFECTIVE)
    }

    /// As [`Interval::of_auc`], for an estimate in [0, 1] that is a mean of rates over the positives. Student's t has
    /// `decisive − 1` degrees of freedom: the number of rows that decide the rates, at most that of the observations.
    pub(super) fn of_mean_rate(
        estimate: f64,
        variance: f64,
        observations: u64,
        decisive: u64,
    ) -> Option<Self> {
        effective(estimate, variance, observations, decisive, MOST_EFFECTIVE_OF_RATES)
    }

    /// As [`Interval::of_auc`], for a mean over repeated splits, with `splits − 1` degrees of freedom.
    pub(super) fn of_splits(auc: f64, variance: f64, observations: u64, splits: u64) -> Option<Self> {
        effective(auc, variance, observations, splits, MOST_EFFECTIVE).filter(|_| observations > 0)
    }

    /// Wilson's interval of a share with an effective number of rows, and Student's t, with at least one degree of freedom.
    pub(super) fn of_effective(share: f64, rows: f64, degrees_of_freedom: f64) -> Self {
        score_interval(share, rows, t_quantile(degrees_of_freedom.max(1.0)))
    }

    /// A mean ± t standard errors. The variances of independent causes add up, each with its degrees of freedom
    /// (Satterthwaite, Biometrics Bulletin 1946).
    pub fn of_mean(mean: f64, variances: &[(f64, f64)]) -> Self {
        let variance: f64 = variances.iter().map(|(variance, _)| variance).sum();
        let squares: f64 =
            variances.iter().map(|(variance, degrees)| variance * variance / degrees.max(1.0)).sum();
        let degrees = variance * variance / squares.max(f64::MIN_POSITIVE);
        let half = t_quantile(degrees) * variance.sqrt();
        Interval { low: mean - half, high: mean + half }
    }

    /// The estimate ± 1.96 standard errors.
    pub(super) fn around(estimate: f64, variance: f64) -> Self {
        let half = Z * variance.sqrt();
        Interval { low: estimate - half, high: estimate + half }
    }
}

/// Wilson's interval with an effective number of rows of at most `most` for each observation, and Student's t with
/// `decisive − 1` degrees of freedom. `None` without any.
fn effective(estimate: f64, variance: f64, observations: u64, decisive: u64, most: f64) -> Option<Interval> {
    let degrees_of_freedom = decisive.checked_sub(1).filter(|&degrees| degrees > 0)?;
    let t = t_quantile(degrees_of_freedom as f64);
    let most = most * observations as f64;
    let n = if variance > 0.0 { (estimate * (1.0 - estimate) / variance).min(most) } else { most };
    Some(score_interval(estimate, n, t))
}

/// The 97.5 % quantile of Student's t distribution, for at least one degree of freedom.
pub(super) fn t_quantile(degrees_of_freedom: f64) -> f64 {
    // With more degrees of freedom, the quantile differs from that of the normal distribution by less than 0.0003.
    const MOST: f64 = 1e4;
    if degrees_of_freedom < MOST { t_quantile_at(0.975, degrees_of_freedom) } else { Z }
}

/// A quantile of Student's t distribution, for a probability from 0.5 to 0.975 and at least one degree of freedom.
pub(super) fn t_quantile_at(probability: f64, degrees_of_freedom: f64) -> f64 {
    let Ok(t) = StudentsT::new(0.0, 1.0, degrees_of_freedom.max(1.0)) else { return Z };
    // By bisection, because the inverse of statrs does not end for some degrees of freedom. The quantile is 12.7 for one.
    let (mut low, mut high) = (if probability < 0.975 { 0.0 } else { Z }, 12.8);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if t.cdf(middle) < probability { low = middle } else { high = middle }
    }
    high
}

/// Wilson's score interval of a share of `n` rows, `quantile` standard errors to each side.
fn score_interval(share: f64, n: f64, quantile: f64) -> Interval {
    let square = quantile * quantile;
    let middle = share + square / (2.0 * n);
    let half = quantile * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
    let scale = 1.0 + square / n;
    // Rounding must not move the ends of 0 and 1.
    let low = if share == 0.0 { 0.0 } else { (middle - half) / scale };
    let high = if share == 1.0 { 1.0 } else { (middle + half) / scale };
    Interval { low, high }
}

impl From<Interval> for [f64; 2] {
    fn from(interval: Interval) -> Self {
        [interval.low, interval.high]
    }
}

impl From<[f64; 2]> for Interval {
    fn from([low, high]: [f64; 2]) -> Self {
        Interval { low, high }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_holds_the_two_ends() {
        let interval = Interval::around(0.5, 0.0);
        let text = serde_json::to_string(&interval).unwrap();
        assert_eq!(text, "[0.5,0.5]");
        assert_eq!(serde_json::from_str::<Interval>(&text).unwrap(), interval);
    }

    #[test]
    fn a_proportion_has_the_wilson_interval() {
        // scipy 1.17.1: binomtest(8, 10).proportion_ci(method="wilson").
        let interval = Interval::of_share(8, 10).unwrap();
        assert!(
            (interval.low - 0.490_162_5).abs() < 1e-6 && (interval.high - 0.943_317_8).abs() < 1e-6,
            "{interval:?}"
        );
        assert_eq!(Interval::of_share(0, 10).unwrap().low, 0.0);
        assert_eq!(Interval::of_share(10, 10).unwrap().high, 1.0);
        assert_eq!(Interval::of_share(0, 0), None);
    }

    #[test]
    fn an_auc_has_a_wilson_interval_with_an_effective_number_of_rows() {
        // The same formula with the quantiles of scipy 1.17.1, scipy.stats.t.ppf(0.975, observations − 1).
        for (auc, variance, observations, low, high) in [
            (0.9, 0.002, 10, 0.733_257_700_999_048, 0.967_176_458_239_742_6),
            (0.99, 0.00001, 20, 0.925_050_686_291_206_2, 0.998_742_288_826_499_6),
            (1.0, 0.0, 5, 0.700_153_520_502_710_1, 1.0),
            (0.5, 0.01, 2, 0.010_789_555_337_138_51, 0.989_210_444_662_861_5),
            (0.75, 0.0004, 200, 0.708_612_761_639_194_3, 0.787_273_511_182_525),
        ] {
            let interval = Interval::of_auc(auc, variance, observations).unwrap();
            let error = (interval.low - low).abs().max((interval.high - high).abs());
            assert!(error < 1e-9, "{auc} {observations}: {interval:?}");
        }
        assert_eq!(Interval::of_auc(0.9, 0.01, 1), None);
    }
}
