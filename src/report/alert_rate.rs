//! The share of rows that a threshold flags: promised, and realised on later rows.

use super::number::{counted, percent};
use crate::metrics;
use crate::table::rfc3339;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The promised and the realised share of flagged rows.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct AlertRate {
    /// The share that the rule of the threshold promises, in [0, 1].
    pub promised: f64,
    /// The share of the scored rows that are flagged, in [0, 1].
    pub realised: f64,
    /// Whether the realised share is within half and twice the promised one, or differs by no more than chance.
    pub is_kept: bool,
    /// The rows of each day (UTC) that has one; empty without times.
    pub days: Vec<DayRate>,
}

/// The rows of one day.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct DayRate {
    /// The day in UTC, as in `2026-03-29`.
    pub day: String,
    /// The number of scored rows.
    pub scored: u64,
    /// The number of flagged rows.
    pub flagged: u64,
}

impl AlertRate {
    /// The rate of `flagged` of `rows` rows.
    pub fn new(promised: f64, flagged: u64, rows: u64, days: Vec<DayRate>) -> Self {
        let is_kept = metrics::is_kept(promised, flagged, rows);
        AlertRate { promised, realised: flagged as f64 / rows.max(1) as f64, is_kept, days }
    }

    /// The number of days that keep the promise.
    pub fn days_kept(&self) -> usize {
        self.days.iter().filter(|day| metrics::is_kept(self.promised, day.flagged, day.scored)).count()
    }

    /// The rates in words: in all, and by day.
    pub fn words(&self) -> String {
        let all = format!(
            "{} of the rows are flagged, {} promised",
            percent(self.realised),
            percent(self.promised)
        );
        let share = |day: &&DayRate| day.flagged as f64 / day.scored.max(1) as f64;
        let by_share = |a: &&DayRate, b: &&DayRate| share(a).total_cmp(&share(b));
        match (self.days.iter().min_by(by_share), self.days.iter().max_by(by_share)) {
            (Some(least), Some(most)) if self.days.len() > 1 => format!(
                "{all}; by day {} ({}) to {} ({}), {} of {} keep the promise",
                percent(share(&least)),
                least.day,
                percent(share(&most)),
                most.day,
                self.days_kept(),
                counted(self.days.len() as u64, "day", "days")
            ),
            _ => all,
        }
    }
}

impl DayRate {
    /// The rows of a day, counted since 1970 in UTC.
    pub fn new(day: i64, scored: u64, flagged: u64) -> Self {
        let time = rfc3339(day.saturating_mul(86_400_000_000)).unwrap_or_default();
        DayRate { day: time.split('T').next().unwrap_or_default().to_owned(), scored, flagged }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_name_the_days_with_the_lowest_and_the_highest_share() {
        let days = vec![DayRate::new(0, 1_000, 10), DayRate::new(1, 1_000, 90), DayRate::new(2, 1_000, 20)];
        let rate = AlertRate::new(0.02, 120, 3_000, days);
        assert!(rate.is_kept);
        assert_eq!(
            rate.words(),
            "4.0 % of the rows are flagged, 2.0 % promised; by day 1.0 % (1970-01-01) to 9.0 % (1970-01-02), 2 of 3 \
             days keep the promise"
        );
        let one = AlertRate::new(0.02, 0, 3_000, vec![]);
        assert_eq!(
            (one.is_kept, one.words().as_str()),
            (false, "0 % of the rows are flagged, 2.0 % promised")
        );
    }
}
