//! The threshold of a fitted detector by a rule without labels, and what the rule promises.

use crate::error::{Error, Hint, Result};
use crate::metrics::{self, Excesses, Tail, ThresholdRule};
use crate::table::Values;
use std::collections::HashSet;

/// The training rows of a detector, with what a rule needs to know of them.
#[derive(Clone, Copy, Debug)]
pub struct TrainingRows<'a> {
    /// The table's name, for errors.
    pub table: &'a str,
    /// The detector's name, for errors.
    pub detector: &'a str,
    /// The training score of each distinct row.
    pub scores: &'a [f64],
    /// The number of copies of each distinct row.
    pub weights: &'a [u32],
    /// For each row, its distinct row.
    pub index: &'a [u32],
    /// For each row, its point in time.
    pub times: Option<&'a [i64]>,
}

/// A threshold and its promise.
#[derive(Clone, Debug)]
pub struct RuleThreshold {
    /// Rows with a score above this are flagged.
    pub threshold: f64,
    /// The share of new rows above it, if they are like the training rows, in [0, 1]; `None` if the rule promises no
    /// share.
    pub promised: Option<f64>,
    /// The fitted tail of the scores, if the rule needs one.
    pub tail: Option<(Tail, Excesses)>,
}

const MICROSECONDS_IN_DAY: i64 = 86_400_000_000;

/// The threshold of a rule from training rows. The rule `fdr` has no threshold without a batch: it gets the highest
/// training score.
///
/// # Errors
/// If the scores or times of the rows do not allow the rule.
pub fn by_rule(rule: ThresholdRule, rows: &TrainingRows) -> Result<RuleThreshold> {
    let problem = |text: String| Error::Request(format!("{}: {text}", rows.detector));
    let quantile = |share: f64| {
        let threshold = metrics::threshold(rows.scores, rows.weights, share);
        threshold.ok_or_else(|| problem("there is no score to set a threshold by".to_owned()))
    };
    let mut tail = None;
    let threshold = match rule {
        ThresholdRule::Contamination(share) => quantile(share)?,
        ThresholdRule::Budget(per_day) => {
            quantile(share_of_budget(per_day, rows.table, rows.times, rows.index.len())?)?
        }
        ThresholdRule::Fdr(_) => quantile(0.0)?,
        ThresholdRule::Mad(k) => metrics::mad_threshold(rows.scores, rows.weights, k).ok_or_else(|| {
            let text = "more than half of the training rows have the same score, so the deviation is 0";
            problem(text.to_owned()).with_hint(Hint::AnotherThreshold)
        })?,
        ThresholdRule::Tail(share) => {
            let fit = Tail::fit(rows.scores, rows.weights, rows.in_time().as_deref())
                .map_err(|reason| problem(reason.to_string()).with_hint(Hint::AnotherThreshold))?;
            if share > fit.0.most() {
                let text =
                    format!("tail={share} is above the share of rows in the tail, {:.4}", fit.0.most());
                return Err(problem(text).with_hint(Hint::AnotherThreshold));
            }
            tail.insert(fit).0.threshold(share)
        }
    };
    let promised = match rule {
        ThresholdRule::Tail(share) => Some(share),
        ThresholdRule::Fdr(_) => None,
        ThresholdRule::Contamination(_) | ThresholdRule::Budget(_) | ThresholdRule::Mad(_) => {
            Some(rows.share_above(threshold))
        }
    };
    Ok(RuleThreshold { threshold, promised, tail })
}

/// The share of the rows that a number of rows a day is.
///
/// # Errors
/// If there are no times, or fewer than twice as many rows a day.
pub fn share_of_budget(per_day: f64, table: &str, times: Option<&[i64]>, rows: usize) -> Result<f64> {
    let days = times.map_or(0, days);
    if days == 0 {
        let problem = "no column holds points in time, so there is no number of days";
        return Err(Error::table(table, problem).with_hint(Hint::NameTime));
    }
    let share = per_day * days as f64 / rows as f64;
    match share <= 0.5 {
        true => Ok(share),
        false => {
            let own = rows as f64 / days as f64;
            let problem =
                format!("{per_day} alerts a day are more than half of its rows: it has {own:.1} a day");
            Err(Error::table(table, problem))
        }
    }
}

/// The number of days (UTC) with rows.
pub fn days(times: &[i64]) -> u64 {
    let known = times.iter().filter(|&&time| time != Values::NO_TIME);
    known.map(|time| time.div_euclid(MICROSECONDS_IN_DAY)).collect::<HashSet<_>>().len() as u64
}

impl TrainingRows<'_> {
    /// The share of the rows with a score above a threshold, in [0, 1].
    fn share_above(&self, threshold: f64) -> f64 {
        let rows = self.scores.iter().zip(self.weights).filter(|(score, _)| **score > threshold);
        let above: u64 = rows.map(|(_, &weight)| u64::from(weight)).sum();
        above as f64 / self.index.len().max(1) as f64
    }

    /// The score of each row that has a time, in order of time. Rows of one time are in order of their scores, so that
    /// the order of the table does not matter.
    fn in_time(&self) -> Option<Vec<f64>> {
        let rows = self.times?.iter().zip(self.index).filter(|(time, _)| **time != Values::NO_TIME);
        let mut rows: Vec<(i64, f64)> =
            rows.map(|(&time, &distinct)| (time, self.scores[distinct as usize])).collect();
        rows.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        (rows.len() == self.index.len()).then(|| rows.into_iter().map(|(_, score)| score).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows<'a>(scores: &'a [f64], weights: &'a [u32], index: &'a [u32]) -> TrainingRows<'a> {
        TrainingRows { table: "t", detector: "lof", scores, weights, index, times: None }
    }

    #[test]
    fn the_promise_is_what_the_threshold_flags_of_the_training_rows() {
        let (scores, index) = ([1.0, 2.0, 3.0], [0, 0, 0, 0, 1, 1, 1, 1, 1, 2]);
        let found = by_rule(ThresholdRule::Contamination(0.5), &rows(&scores, &[4, 5, 1], &index)).unwrap();
        assert_eq!((found.threshold, found.promised), (2.0, Some(0.1)));
    }

    #[test]
    fn a_rule_that_the_scores_do_not_allow_names_the_detector_and_another_rule() {
        let index = [0; 10];
        for rule in [ThresholdRule::Mad(3.0), ThresholdRule::Tail(1e-3)] {
            let error = by_rule(rule, &rows(&[1.0], &[10], &index)).unwrap_err();
            assert!(error.to_string().starts_with("lof: "), "{error}");
            assert_eq!(error.hint(), Some(&Hint::AnotherThreshold));
        }
    }

    #[test]
    fn a_budget_is_a_share_of_the_rows() {
        let times: Vec<i64> = (0..400).map(|row| row % 4 * MICROSECONDS_IN_DAY).collect();
        assert_eq!(share_of_budget(5.0, "t", Some(&times), 400).unwrap(), 0.05);
        assert!(share_of_budget(60.0, "t", Some(&times), 400).is_err());
        assert!(share_of_budget(5.0, "t", None, 400).is_err());
    }
}
