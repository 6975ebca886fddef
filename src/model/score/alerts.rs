//! The threshold for a severity, or for a number of flagged rows a day. Memory does not grow with the table.

use super::Options;
use crate::error::{Error, Hint, Result};
use crate::metrics::{Severity, ThresholdRule};
use crate::model::{Card, FittedTail, TableModel, Training};
use crate::report::count;
use crate::schema::Kind;
use crate::table::{Batch, Values};
use std::cmp::Ordering;
use std::collections::HashSet;

/// The threshold that flags a number of rows a day, from the scores and times of all rows.
#[derive(Debug)]
pub struct AlertRate {
    per_day: f64,
    time: String,
    score: String,
    days: HashSet<i64>,
    rows: u64,
    /// The highest scores, in no order.
    highest: Vec<f64>,
}

/// A threshold, and what it flags.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateThreshold {
    /// Rows with a score above this are flagged; negative infinity flags all rows.
    pub threshold: f64,
    /// The number of flagged rows.
    pub flagged: u64,
    /// The number of days with at least one row.
    pub days: u64,
}

/// The largest number of rows that a run keeps, of all groups together.
pub const MOST_KEPT: usize = 1_000_000;

pub(super) const MICROSECONDS_IN_HOUR: i64 = 3_600_000_000;
pub(super) const MICROSECONDS_IN_DAY: i64 = 24 * MICROSECONDS_IN_HOUR;

impl AlertRate {
    /// On average at most `per_day` flagged rows for each day with rows, by the time column.
    pub fn new(per_day: f64, time: String, options: &Options) -> Self {
        let score = format!("{}score", options.prefix);
        AlertRate { per_day, time, score, days: HashSet::new(), rows: 0, highest: Vec::new() }
    }

    /// Add a batch of scored rows.
    ///
    /// # Errors
    /// If the time column cannot be read.
    pub fn add(&mut self, batch: &Batch) -> Result<()> {
        let times = batch.times(&self.time)?;
        let days = times.iter().filter(|&&time| time != Values::NO_TIME);
        self.days.extend(days.map(|time| time.div_euclid(MICROSECONDS_IN_DAY)));
        self.rows += batch.rows() as u64;
        self.highest.extend(numbers(batch, &self.score)?);
        if self.highest.len() > 2 * MOST_KEPT {
            self.highest.select_nth_unstable_by(MOST_KEPT, descending);
            self.highest.truncate(MOST_KEPT + 1);
        }
        Ok(())
    }

    /// The threshold; `None` for a table without rows. Rows with equal scores are flagged together or not at all, so
    /// fewer rows may be flagged.
    ///
    /// # Errors
    /// If no row has a time, or the number of rows to flag is too large.
    pub fn threshold(mut self) -> Result<Option<RateThreshold>> {
        if self.rows == 0 {
            return Ok(None);
        }
        if self.days.is_empty() {
            let problem = "holds no time in any row, so there is no number of days";
            return Err(Error::column("the table", &self.time, problem));
        }
        let days = self.days.len() as u64;
        // The product of a decimal fraction can lie just below a whole number.
        let allowed = (self.per_day * days as f64 + 1e-9).floor();
        if allowed >= self.rows as f64 {
            return Ok(Some(RateThreshold { threshold: f64::NEG_INFINITY, flagged: self.rows, days }));
        }
        if allowed > MOST_KEPT as f64 {
            let most = count(MOST_KEPT as u64);
            return Err(Error::Request(format!(
                "more than {most} rows would be flagged; flag fewer rows a day"
            )));
        }
        let (_, threshold, _) = self.highest.select_nth_unstable_by(allowed as usize, descending);
        let threshold = *threshold;
        let flagged = self.highest.iter().filter(|&&score| score > threshold).count() as u64;
        Ok(Some(RateThreshold { threshold, flagged, days }))
    }
}

impl TableModel {
    /// The same model with another threshold: rows with a score above it are flagged.
    #[must_use]
    pub fn with_threshold(&self, threshold: f64) -> Self {
        let training = Training { flagged_rows: None, ..self.card.training.clone() };
        let card =
            Card { threshold, training, rule: None, tail: None, calibration: None, ..self.card.clone() };
        TableModel { card, ..self.clone() }
    }

    /// The same model with the threshold of a batch of rows, by its rule.
    #[must_use]
    pub fn with_batch_threshold(&self, threshold: f64) -> Self {
        TableModel { card: Card { threshold, ..self.card.clone() }, ..self.clone() }
    }

    /// The threshold for a batch of rows with these scores: that of the model, or for a false discovery rate that of the
    /// batch.
    pub fn threshold_of_batch(&self, scores: &[f64]) -> f64 {
        let (Some(ThresholdRule::Fdr(rate)), Some(calibration)) = (self.card.rule, &self.card.calibration)
        else {
            return self.card.threshold;
        };
        let mut batch = calibration.batch();
        scores.iter().for_each(|&score| batch.add(score, 1));
        batch.threshold(rate).unwrap_or(f64::MAX)
    }

    /// The share of new rows that the threshold promises to flag, in [0, 1]; `None` if its rule promises no share.
    pub fn promised_share(&self) -> Option<f64> {
        match self.card.rule {
            Some(ThresholdRule::Fdr(_)) => None,
            _ => self.card.promised().or(Some(self.share_above_threshold())),
        }
    }

    /// The threshold of a rule that needs no batch of rows; `None` if it needs one.
    ///
    /// # Errors
    /// If the model does not hold what the rule needs.
    pub fn threshold_by(&self, rule: ThresholdRule) -> Result<Option<f64>> {
        match rule {
            ThresholdRule::Contamination(share) => {
                Ok(Some(self.threshold_at_severity(100.0 * (1.0 - share))))
            }
            ThresholdRule::Tail(share) => match self.card.tail {
                Some(FittedTail { tail, .. }) if share <= tail.most() => Ok(Some(tail.threshold(share))),
                Some(_) => {
                    Err(Error::Request(format!("tail={share} is above the share of rows in the tail")))
                }
                None => Err(Error::table(self.name(), "the model has no tail of the training scores")
                    .with_hint(Hint::TrainByRule(rule.to_string()))),
            },
            ThresholdRule::Mad(_) if self.card.rule == Some(rule) => Ok(Some(self.card.threshold)),
            ThresholdRule::Mad(_) => {
                let problem = "the model has no median absolute deviation of the training scores";
                Err(Error::table(self.name(), problem).with_hint(Hint::TrainByRule(rule.to_string())))
            }
            ThresholdRule::Budget(_) | ThresholdRule::Fdr(_) => Ok(None),
        }
    }

    /// The threshold: rows with a score above it are flagged.
    pub fn threshold(&self) -> f64 {
        self.card.threshold
    }

    /// The share of the training rows with a score above the threshold, in [0, 1].
    pub fn share_above_threshold(&self) -> f64 {
        self.severity.tail(self.card.threshold).min(1.0)
    }

    /// The threshold that flags the rows above this severity, in [0, 100].
    pub fn threshold_at_severity(&self, severity: f64) -> f64 {
        highest_score_at(&self.severity, severity)
    }
}

/// The highest score with at most this severity; negative infinity if there is none. It is found by bisection, because
/// the severity never decreases as the score increases.
fn highest_score_at(severities: &Severity, severity: f64) -> f64 {
    let (mut low, mut high) = (f64::MIN, f64::MAX);
    if severities.at(low) > severity {
        return f64::NEG_INFINITY;
    }
    if severities.at(high) <= severity {
        return high;
    }
    loop {
        // Halve first: the sum of two finite numbers can be infinite.
        let middle = low / 2.0 + high / 2.0;
        if middle <= low || middle >= high {
            return low;
        }
        if severities.at(middle) <= severity { low = middle } else { high = middle }
    }
}

/// The numbers of a column; empty if there is no such column.
pub(super) fn numbers(batch: &Batch, name: &str) -> Result<Vec<f64>> {
    Ok(batch.feature(name, Kind::Numeric)?.map(|column| column.values.reals()).unwrap_or_default())
}

fn descending(a: &f64, b: &f64) -> Ordering {
    b.total_cmp(a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_of_a_severity_is_the_highest_score_that_has_it() {
        let severity = Severity::of(&[0.0, 1.0, 2.0, 3.0], &[1; 4]);
        for wanted in [5.0, 37.5, 50.0, 90.0] {
            let threshold = highest_score_at(&severity, wanted);
            assert!(
                severity.at(threshold) <= wanted && severity.at(threshold.next_up()) > wanted,
                "{wanted}"
            );
        }
        assert_eq!(highest_score_at(&severity, 100.0), f64::MAX);
    }

    fn rate(per_day: f64, days: i64, scores: &[f64]) -> Option<RateThreshold> {
        let mut rate = AlertRate::new(per_day, "at".into(), &Options::default());
        rate.days.extend(0..days);
        rate.rows = scores.len() as u64;
        rate.highest.extend(scores);
        rate.threshold().unwrap()
    }

    #[test]
    fn a_rate_flags_that_number_of_rows_a_day() {
        let scores = [0.5, 0.1, 0.9, 0.3, 0.7, 0.2];
        let chosen = |threshold, flagged, days| Some(RateThreshold { threshold, flagged, days });
        assert_eq!(rate(1.0, 3, &scores), chosen(0.3, 3, 3));
        assert_eq!(rate(0.5, 3, &scores), chosen(0.7, 1, 3));
        assert_eq!(rate(0.1, 3, &scores), chosen(0.9, 0, 3));
        assert_eq!(rate(2.0, 3, &scores), chosen(f64::NEG_INFINITY, 6, 3));
        assert_eq!(rate(1.0, 2, &[1.0, 1.0, 1.0, 2.0]), chosen(1.0, 1, 2));
        assert_eq!(rate(1.0, 0, &[]), None);
    }
}
