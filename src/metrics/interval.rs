//! 95 % confidence intervals of proportions and of approximately normal estimates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
const Z: f64 = 1.959_963_984_540_054;

impl Interval {
    /// The Wilson interval of the proportion `part / whole` (JASA 1927, eq. 4). `None` if `whole` is 0.
    pub fn of_share(part: u64, whole: u64) -> Option<Self> {
        let (n, share) = (whole as f64, part as f64 / whole as f64);
        let middle = share + Z * Z / (2.0 * n);
        let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        // Rounding must not move the ends of 0 % and 100 %.
        let low = if part == 0 { 0.0 } else { (middle - half) / scale };
        let high = if part == whole { 1.0 } else { (middle + half) / scale };
        (whole > 0).then_some(Interval { low, high })
    }

    /// The estimate ± 1.96 standard errors.
    pub(super) fn around(estimate: f64, variance: f64) -> Self {
        let half = Z * variance.sqrt();
        Interval { low: estimate - half, high: estimate + half }
    }

    /// The interval clipped to the range of the estimate.
    pub(super) fn clipped(self, min: f64, max: f64) -> Self {
        Interval { low: self.low.max(min), high: self.high.min(max) }
    }
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
    fn clipping_cuts_both_ends() {
        let interval = Interval { low: -0.2, high: 1.2 };
        assert_eq!(interval.clipped(0.0, 1.0), Interval { low: 0.0, high: 1.0 });
    }
}
