//! Time to an event when some observations end before it: the estimator of Kaplan & Meier (JASA 1958).

use super::interval::{Interval, Z};

/// How long one subject was observed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// The time until the event, or until the end of the observation; finite, in any unit.
    pub duration: f64,
    /// Whether the event happened. Otherwise the observation is censored: it ended before the event.
    pub is_event: bool,
}

/// One time at which an event happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SurvivalStep {
    /// The time, in the unit of the durations.
    pub time: f64,
    /// The number of subjects under observation just before this time.
    pub at_risk: u64,
    /// The number of events at this time.
    pub events: u64,
    /// The estimated share of subjects without the event after this time, in [0, 1].
    pub survival: f64,
    /// Its 95 % interval: log-log with the variance of Greenwood (Kalbfleisch & Prentice 1980). `None` if the estimate is
    /// 0, at which it is undefined.
    pub interval: Option<Interval>,
}

/// The estimate of Kaplan & Meier at each time with an event, in order. At equal times, events are before censored
/// observations. Without an event the result is empty: the share without the event is 1.
pub fn kaplan_meier(observations: &[Observation]) -> Vec<SurvivalStep> {
    let mut sorted = observations.to_vec();
    sorted.sort_unstable_by(|a, b| a.duration.total_cmp(&b.duration));
    let (mut steps, mut survival, mut greenwood) = (Vec::new(), 1.0, 0.0);
    let mut before = 0;
    for same in sorted.chunk_by(|a, b| a.duration == b.duration) {
        let at_risk = (sorted.len() - before) as f64;
        let events = same.iter().filter(|observation| observation.is_event).count();
        if events > 0 {
            let left = at_risk - events as f64;
            survival *= left / at_risk;
            greenwood += events as f64 / (at_risk * left);
            let (at_risk, events) = (at_risk as u64, events as u64);
            let interval = log_log(survival, greenwood);
            steps.push(SurvivalStep { time: same[0].duration, at_risk, events, survival, interval });
        }
        before += same.len();
    }
    steps
}

/// The first time at which at most half of the subjects are without the event; `None` if there is no such time.
pub fn median_time(steps: &[SurvivalStep]) -> Option<f64> {
    steps.iter().find(|step| step.survival <= 0.5).map(|step| step.time)
}

/// The interval that is symmetric for ln(−ln S). `greenwood` is the variance of S divided by S².
fn log_log(survival: f64, greenwood: f64) -> Option<Interval> {
    if survival <= 0.0 {
        return None;
    }
    let half = (Z * greenwood.sqrt() / survival.ln()).abs();
    Some(Interval { low: survival.powf(half.exp()), high: survival.powf((-half).exp()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Case {
        name: String,
        durations: Vec<f64>,
        is_event: Vec<bool>,
        times: Vec<f64>,
        survival: Vec<f64>,
        low: Vec<Option<f64>>,
        high: Vec<Option<f64>>,
    }

    #[derive(Deserialize)]
    struct Cases {
        cases: Vec<Case>,
    }

    fn observations(durations: &[f64], is_event: &[bool]) -> Vec<Observation> {
        let pairs = durations.iter().zip(is_event);
        pairs.map(|(&duration, &is_event)| Observation { duration, is_event }).collect()
    }

    #[test]
    fn the_curve_and_its_interval_equal_those_of_scipy() {
        // From tests/reference/survival.py.
        let text = include_str!("../../fixtures/reference/survival.json");
        let Cases { cases } = serde_json::from_str(text).unwrap();
        assert!(cases.len() >= 6);
        for Case { name, durations, is_event, times, survival, low, high } in cases {
            let steps = kaplan_meier(&observations(&durations, &is_event));
            assert_eq!(steps.iter().map(|step| step.time).collect::<Vec<_>>(), times, "{name}");
            for (at, step) in steps.iter().enumerate() {
                assert!((step.survival - survival[at]).abs() < 1e-12, "{name}: {step:?}");
                let ends = step.interval.map(|interval| (interval.low, interval.high));
                match (ends, low[at].zip(high[at])) {
                    (Some(own), Some(expected)) => {
                        let error = (own.0 - expected.0).abs().max((own.1 - expected.1).abs());
                        assert!(error < 1e-12, "{name}: {step:?} {expected:?}");
                    }
                    (own, expected) => assert_eq!(own, expected, "{name}: {step:?}"),
                }
            }
        }
    }

    #[test]
    fn the_median_is_undefined_if_fewer_than_half_have_the_event() {
        let steps = kaplan_meier(&observations(&[1.0, 2.0, 3.0], &[true, false, false]));
        assert_eq!((steps.len(), median_time(&steps)), (1, None));
        let steps = kaplan_meier(&observations(&[1.0, 2.0, 3.0], &[true, true, false]));
        assert_eq!(median_time(&steps), Some(2.0));
        assert_eq!(kaplan_meier(&observations(&[1.0], &[false])), []);
    }
}
