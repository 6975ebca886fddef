//! What an analyst with a daily budget of alerts sees: the alerts of each detector and the attacks among them.

use crate::metrics::{Interval, Summary};
use crate::table::GroupKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The rows of a table, for a budget of alerts a day.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct TableBudget {
    /// The number of alerts a day, at least 1: the rows with the highest scores of each calendar day (UTC).
    pub alerts_per_day: u64,
    /// What counts as one attack.
    pub unit: AttackUnit,
    /// The number of attacks: groups with a suspicious row among the scored rows that have a time.
    pub attacks: u64,
    /// The number of scored rows that have a time.
    pub rows: u64,
    /// The number of scored rows without a time, which are left out.
    pub rows_without_time: u64,
    /// The number of days with a row.
    pub days: u64,
    /// The largest number of rows of a day.
    pub most_rows_of_day: u64,
    /// The share of attacks that a random order of each day finds in expectation, in [0, 1]; `None` without attacks.
    pub found_at_random: Option<f64>,
    /// The same for other budgets: alerts a day and share, in order.
    pub random_curve: Vec<[f64; 2]>,
}

/// What counts as one attack.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum AttackUnit {
    /// The suspicious rows of one attack.
    Attack,
    /// The suspicious rows of one actor, each at most an hour after the one before.
    Episode,
    /// The suspicious rows of one account.
    User,
    /// The suspicious rows of one host.
    Host,
    /// The suspicious rows of one day.
    Day,
    /// The suspicious rows with one value of a column.
    Group,
    /// One suspicious row: the table has no groups.
    Row,
}

/// The alerts of one detector with the first seed.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct RunBudget {
    /// The number of alerts on all days.
    pub alerts: u64,
    /// The number of suspicious rows among them.
    pub suspicious_alerts: u64,
    /// The number of alerts with the same score as a row of their day that is no alert. A hash of values and time chose
    /// among them.
    pub tied_alerts: u64,
    /// The number of attacks with at least one alert.
    pub attacks_found: u64,
    /// Their share of all attacks, in [0, 1]; `None` without attacks.
    pub found: Option<f64>,
    /// Its 95 % interval by attack (Wilson).
    pub found_interval: Option<Interval>,
    /// The share over seeds, if there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_over_seeds: Option<Summary>,
    /// The number of alerts to read for each attack found; `None` if none is found.
    pub alerts_per_attack_found: Option<f64>,
    /// The median rank of the first alert of an attack in the list of its day, from 1; `None` if none is found.
    pub median_rank: Option<f64>,
    /// The median hours from the first row of an attack to its first alert (Kaplan & Meier); `None` if fewer than half are
    /// found by then.
    pub median_hours: Option<f64>,
    /// The days with a suspicious row.
    pub by_day: Vec<FoundOnDay>,
    /// The attacks by time; empty if there are more than 1,000.
    pub attacks: Vec<FoundAttack>,
    /// The share of attacks found for each number of alerts a day at which it rises, in order.
    pub by_budget: Vec<[f64; 2]>,
    /// The time from the first row of an attack to its first alert. Missed attacks are censored at their last row.
    pub detection: Vec<DetectionStep>,
    /// The longest time in hours that an attack was observed: until its first alert, or its last row.
    pub longest_hours: f64,
}

/// The attacks of a day.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct FoundOnDay {
    /// The date, in UTC.
    pub day: String,
    /// The number of scored rows.
    pub rows: u64,
    /// The number of attacks with a suspicious row.
    pub attacks: u64,
    /// The number of attacks with an alert.
    pub found: u64,
}

/// An attack and its first alert.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct FoundAttack {
    /// The time of its first suspicious row, RFC 3339, UTC.
    pub first_row: String,
    /// The number of its suspicious rows.
    pub rows: u64,
    /// The number of its suspicious rows that are alerts.
    pub alerts: u64,
    /// The time of the first alert, RFC 3339, UTC; `None` if the attack is missed.
    pub first_alert: Option<String>,
    /// The rank of the first alert in the list of its day, from 1.
    pub rank: Option<u64>,
    /// The hours from the first row to the first alert.
    pub hours: Option<f64>,
    /// The best rank of its rows: a budget of so many alerts a day finds it.
    pub best_rank: u64,
}

/// A time at which attacks were found, by Kaplan & Meier.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct DetectionStep {
    /// Hours since the first row of the attack.
    pub hours: f64,
    /// The number of attacks that go on and were not found before.
    pub at_risk: u64,
    /// The number of attacks found at this time.
    pub found: u64,
    /// The estimated share of attacks found by now, in [0, 1].
    pub share: f64,
    /// Its 95 % interval (log-log, with the variance of Greenwood); `None` if the share is 1.
    pub interval: Option<Interval>,
}

impl AttackUnit {
    /// One and several, in words.
    pub fn nouns(self) -> [&'static str; 2] {
        match self {
            AttackUnit::Attack => ["attack", "attacks"],
            AttackUnit::Episode => ["episode", "episodes"],
            AttackUnit::User => ["user", "users"],
            AttackUnit::Host => ["host", "hosts"],
            AttackUnit::Day => ["day", "days"],
            AttackUnit::Group => ["group", "groups"],
            AttackUnit::Row => ["suspicious row", "suspicious rows"],
        }
    }

    /// What counts as one.
    pub fn meaning(self) -> &'static str {
        match self {
            AttackUnit::Attack => "an attack is the suspicious rows of one attack id",
            AttackUnit::Episode => "an episode is the suspicious rows of one actor, at most 1 h apart",
            AttackUnit::User => "the suspicious rows of a user count once",
            AttackUnit::Host => "the suspicious rows of a host count once",
            AttackUnit::Day => "the suspicious rows of a day count once",
            AttackUnit::Group => "the suspicious rows of a group count once",
            AttackUnit::Row => "there are no groups of rows, so each suspicious row counts as an attack",
        }
    }
}

impl From<GroupKind> for AttackUnit {
    fn from(kind: GroupKind) -> Self {
        match kind {
            GroupKind::Attack => AttackUnit::Attack,
            GroupKind::Episode => AttackUnit::Episode,
            GroupKind::User => AttackUnit::User,
            GroupKind::Host => AttackUnit::Host,
            GroupKind::Day => AttackUnit::Day,
            GroupKind::Value => AttackUnit::Group,
        }
    }
}
