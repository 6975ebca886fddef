//! The rules by their names: `contamination=0.15`, `budget=20/day`, `fdr=0.1`, `tail=0.0001`, `mad=3.5`.

use crate::error::{Error, Hint, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How a threshold is set without labels. It changes no score.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq)]
#[serde(into = "String", try_from = "String")]
pub enum ThresholdRule {
    /// Flag at most this share of the training rows, in (0, 0.5].
    Contamination(f64),
    /// Flag at most this number of training rows for each day with rows, above 0. Days are in UTC.
    Budget(f64),
    /// Flag rows of a batch so that this share of them is normal, at most and on average, in (0, 0.5].
    Fdr(f64),
    /// Flag this share of new rows, in (0, 0.05], by the generalized Pareto distribution of the highest scores.
    Tail(f64),
    /// Flag rows that score this number of scaled median absolute deviations above the median, above 0.
    Mad(f64),
}

/// What a rule looks like, for messages.
const FORMS: &str = "contamination=0.15, budget=20/day, fdr=0.1, tail=1e-4 or mad=3.5";

impl ThresholdRule {
    /// The name without its number.
    pub fn id(self) -> &'static str {
        match self {
            ThresholdRule::Contamination(_) => "contamination",
            ThresholdRule::Budget(_) => "budget",
            ThresholdRule::Fdr(_) => "fdr",
            ThresholdRule::Tail(_) => "tail",
            ThresholdRule::Mad(_) => "mad",
        }
    }

    /// Check the range of the number.
    ///
    /// # Errors
    /// If the number is outside the range of its rule.
    pub fn check(self) -> Result<()> {
        let within = |value: f64, most: f64| match value > 0.0 && value <= most {
            true => Ok(()),
            false => {
                let problem = format!("{} must be above 0 and at most {most}, but is {value}", self.id());
                Err(Error::Request(problem))
            }
        };
        match self {
            // A number from 1 to 50 is probably a percentage.
            ThresholdRule::Contamination(share) => within(share, 0.5).map_err(|error| match share {
                1.0..=50.0 => error.with_hint(Hint::Contamination(share / 100.0)),
                _ => error,
            }),
            ThresholdRule::Fdr(share) => within(share, 0.5),
            ThresholdRule::Tail(share) => within(share, 0.05),
            ThresholdRule::Budget(number) | ThresholdRule::Mad(number) => {
                match number.is_finite() && number > 0.0 {
                    true => Ok(()),
                    false => Err(Error::Request(format!(
                        "{} must be a number above 0, but is {number}",
                        self.id()
                    ))),
                }
            }
        }
    }
}

impl fmt::Display for ThresholdRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id();
        match self {
            ThresholdRule::Budget(rows) => write!(f, "{id}={rows}/day"),
            ThresholdRule::Contamination(number)
            | ThresholdRule::Fdr(number)
            | ThresholdRule::Tail(number)
            | ThresholdRule::Mad(number) => write!(f, "{id}={number}"),
        }
    }
}

impl FromStr for ThresholdRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let problem = || format!("expected {FORMS}");
        let (id, number) = text.split_once('=').ok_or_else(problem)?;
        let (rule, number): (fn(f64) -> Self, &str) = match (id.trim(), number.trim()) {
            ("contamination", number) => (ThresholdRule::Contamination, number),
            ("budget", number) => (ThresholdRule::Budget, number.strip_suffix("/day").unwrap_or(number)),
            ("fdr", number) => (ThresholdRule::Fdr, number),
            ("tail", number) => (ThresholdRule::Tail, number),
            ("mad", number) => (ThresholdRule::Mad, number),
            _ => return Err(problem()),
        };
        let rule = rule(number.trim().parse().map_err(|_| problem())?);
        rule.check().map(|()| rule).map_err(|error| error.to_string())
    }
}

impl From<ThresholdRule> for String {
    fn from(rule: ThresholdRule) -> Self {
        rule.to_string()
    }
}

impl TryFrom<String> for ThresholdRule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_as_it_is_written() {
        for text in ["contamination=0.15", "budget=20/day", "fdr=0.1", "tail=0.0001", "mad=3.5"] {
            assert_eq!(text.parse::<ThresholdRule>().unwrap().to_string(), text);
        }
        assert_eq!("budget = 5".parse(), Ok(ThresholdRule::Budget(5.0)));
        assert_eq!("tail=1e-4".parse(), Ok(ThresholdRule::Tail(1e-4)));
    }

    #[test]
    fn a_number_outside_its_range_is_refused() {
        for text in
            ["contamination=0.6", "fdr=0", "tail=0.1", "mad=-1", "budget=inf", "mad=NaN", "tail", "x=1"]
        {
            assert!(text.parse::<ThresholdRule>().is_err(), "{text}");
        }
        let error = ThresholdRule::Contamination(2.0).check().unwrap_err();
        assert_eq!(error.hint(), Some(&Hint::Contamination(0.02)));
    }
}
