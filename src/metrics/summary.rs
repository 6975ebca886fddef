//! Repeated runs with other seeds: how much a metric varies with the randomness of the algorithm. The
//! interval of an AUC is something else: how much it varies with the sampled rows.

use super::interval::{Interval, t_quantile};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Mean and standard deviation of a metric over runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// The number of runs, at least 1.
    pub runs: usize,
    /// The mean over the runs.
    pub mean: f64,
    /// The sample standard deviation (n − 1); `None` for one run.
    pub sd: Option<f64>,
}

impl Summary {
    /// The summary of one value per run. `None` without runs.
    pub fn of(values: &[f64]) -> Option<Self> {
        let runs = values.len();
        let mean = values.iter().sum::<f64>() / runs as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let sd = (runs > 1).then(|| (squares / (runs as f64 - 1.0)).sqrt());
        (runs > 0).then_some(Summary { runs, mean, sd })
    }

    /// The 95 % interval of the mean of shares, such as AUCs: Student's t, clipped to [0, 1]. `None` for one run.
    pub fn interval(&self) -> Option<Interval> {
        self.interval_within(0.0, 1.0)
    }

    /// The 95 % interval of the mean of values between two limits, such as counts: Student's t, clipped to the limits.
    /// `None` for one run.
    pub fn interval_within(&self, least: f64, most: f64) -> Option<Interval> {
        let half = t_quantile(self.runs as f64 - 1.0) * self.sd? / (self.runs as f64).sqrt();
        Some(Interval { low: (self.mean - half).max(least), high: (self.mean + half).min(most) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_deviation_is_that_of_a_sample() {
        let summary = Summary::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        assert_eq!(summary.mean, 5.0);
        assert!((summary.sd.unwrap() - (32.0f64 / 7.0).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn one_run_has_a_mean_and_no_standard_deviation() {
        let summary = Summary::of(&[0.5]).unwrap();
        assert_eq!((summary.runs, summary.mean, summary.sd), (1, 0.5, None));
    }

    #[test]
    fn the_interval_of_a_mean_is_that_of_student() {
        // scipy 1.17.1: t.interval(0.95, 4, loc=mean(x), scale=sem(x)).
        let interval = Summary::of(&[0.7, 0.8, 0.75, 0.9, 0.85]).unwrap().interval().unwrap();
        assert!((interval.low - 0.7018378419261222).abs() < 1e-9, "{interval:?}");
        assert!((interval.high - 0.8981621580738779).abs() < 1e-9, "{interval:?}");
        assert_eq!(Summary::of(&[0.99, 0.6]).unwrap().interval(), Some(Interval { low: 0.0, high: 1.0 }));
        assert_eq!(Summary::of(&[0.5]).unwrap().interval(), None);
        let counts = Summary::of(&[7.0, 8.0, 7.5, 9.0, 8.5]).unwrap();
        assert!((counts.interval_within(0.0, 100.0).unwrap().high - 8.981621580738779).abs() < 1e-9);
        assert_eq!(counts.interval_within(0.0, 8.5).unwrap().high, 8.5);
    }

    #[test]
    fn no_runs_have_no_summary() {
        assert_eq!(Summary::of(&[]), None);
    }
}
