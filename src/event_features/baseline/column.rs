//! What a baseline column is: a statistic of earlier events, as data.

use super::super::calendar::{DAY, HOUR, MINUTE};
use crate::error::{Error, Result, json};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A column that a baseline adds to a table.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct BaselineColumn {
    /// The table that gets the column.
    pub table: String,
    /// The name of the column.
    pub name: String,
    /// Columns of one family say the same thing in several ways. A risk counts a family once.
    pub family: String,
    /// What is computed.
    pub statistic: Statistic,
    /// The columns of the table that it is about: the entity, then its value.
    pub of: Vec<String>,
    /// How far back it looks.
    #[serde(default)]
    pub span: Option<Span>,
    /// The time after which an event counts half.
    #[serde(default)]
    pub half_life: Option<Span>,
    /// Only these events count; the value is computed for all rows.
    #[serde(default)]
    pub only: Option<Only>,
    /// The events of another table count instead of those of this one.
    #[serde(default)]
    pub events: Option<Other>,
    /// The columns of first pairs that [`Statistic::NewPairs`] counts.
    #[serde(default)]
    pub counts: Vec<String>,
    /// The column by which [`Statistic::PeerShare`] finds the nearest users.
    #[serde(default)]
    pub neighbors_by: Option<String>,
    /// Whether a low value is the suspicious one.
    #[serde(default)]
    pub is_low: bool,
    /// Whether detectors use it by default. `results/baselines.md` has the measurement.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub is_feature: bool,
    /// The value in an analyst's words: `{value}`, `{percent}`, `{span}`, or the name of a column.
    pub reason: String,
}

fn yes() -> bool {
    true
}

fn is_true(flag: &bool) -> bool {
    *flag
}

/// What is computed from the earlier events of an entity.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// Whether the pair has no earlier event in the span; missing during the entity's first day.
    First,
    /// The number of first pairs of the entity in the span.
    NewPairs,
    /// -log2((n + 1/2) / (N + (K + 1)/2)) bits: n events of the pair and N of the entity, both decaying, with K values
    /// seen (the estimate of Krichevsky & Trofimov 1981, with one more value for the unseen).
    Surprise,
    /// The same for the hour of the week, smoothed by the hours beside it.
    SurpriseHour,
    /// The exact number of distinct values of the entity in the span.
    Distinct,
    /// How many spreads the count of the span lies above the same hours of the week before.
    Volume,
    /// The share of the nearest users that had this value in the span before the day.
    PeerShare,
    /// The days since the entity's last event.
    DaysSince,
    /// Whether the entity was seen before, but not in the span.
    Dormant,
    /// The days since the entity's first event.
    Age,
    /// The number of events of the entity in the span.
    Count,
}

/// Which events count.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Only {
    /// The column to look at.
    pub column: String,
    /// An event counts if the column has one of these values, as text.
    pub is: Vec<String>,
    /// Whether all events count in a table without this column.
    #[serde(default)]
    pub optional: bool,
}

/// The events of another table.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Other {
    /// The table.
    pub table: String,
    /// The column with the entity.
    pub of: String,
}

/// A length of time in microseconds, written as `180d`, `24h` or `15m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub i64);

/// The longest span of [`Statistic::PeerShare`] in days.
pub(super) const MOST_DAYS: i64 = 127;

/// The longest span: a hundred years.
const LONGEST: i64 = 36_525 * DAY;

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no length of time; 30d, 24h and 15m are");
        let unit = match text.chars().last() {
            Some('d') => DAY,
            Some('h') => HOUR,
            Some('m') => MINUTE,
            _ => return Err(wrong()),
        };
        let number: i64 = text[..text.len() - 1].trim().parse().map_err(|_| wrong())?;
        let length = number.checked_mul(unit).filter(|length| (0..=LONGEST).contains(length));
        length.map(Span).ok_or_else(wrong)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            length if length % DAY == 0 && length > DAY => write!(f, "{}d", length / DAY),
            length if length % HOUR == 0 => write!(f, "{}h", length / HOUR),
            length => write!(f, "{}m", length / MINUTE),
        }
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

const EMBEDDED: &str = include_str!("columns.json");

/// The columns that a baseline adds by default.
///
/// # Errors
/// None that a user can cause: a test reads the embedded file.
pub fn built_in() -> Result<Vec<BaselineColumn>> {
    from_json(EMBEDDED)
}

/// Columns from a JSON list.
///
/// # Errors
/// If the text is not such a list, or a column lacks what its statistic needs.
pub fn from_json(text: &str) -> Result<Vec<BaselineColumn>> {
    let wrong = |problem: String| Error::Request(format!("not a list of baseline columns: {problem}"));
    let columns: Vec<BaselineColumn> = json::parse(text).map_err(|e| wrong(e.to_string()))?;
    let mut names = BTreeSet::new();
    for column in &columns {
        column.check().map_err(|problem| wrong(format!("`{}` {problem}", column.name)))?;
        if !names.insert((&column.table, &column.name)) {
            return Err(wrong(format!("`{}` is listed twice for {}", column.name, column.table)));
        }
    }
    for column in &columns {
        let is_first = |name: &&String| {
            let same = |other: &&BaselineColumn| other.table == column.table && other.name == **name;
            columns.iter().find(same).is_some_and(|other| other.statistic == Statistic::First)
        };
        if let Some(name) = column.counts.iter().find(|name| !is_first(name)) {
            return Err(wrong(format!("`{}` counts `{name}`, which is no column `first`", column.name)));
        }
    }
    Ok(columns)
}

impl BaselineColumn {
    /// The columns of its own table that it reads.
    pub fn needs(&self) -> Vec<&str> {
        let own_filter = self.events.is_none().then_some(self.only.as_ref()).flatten();
        let filter = own_filter.filter(|only| !only.optional).map(|only| &only.column);
        self.of.iter().chain(filter).chain(&self.neighbors_by).map(String::as_str).collect()
    }

    /// The columns of the other table that it reads.
    pub fn needs_of_other(&self) -> Vec<&str> {
        let Some(other) = &self.events else { return Vec::new() };
        let filter = self.only.as_ref().filter(|only| !only.optional).map(|only| only.column.as_str());
        [other.of.as_str()].into_iter().chain(filter).collect()
    }

    fn check(&self) -> Result<(), String> {
        let (least, most, needs_span, needs_half_life) = match self.statistic {
            Statistic::First => (1, 2, true, false),
            Statistic::NewPairs | Statistic::Volume | Statistic::Dormant | Statistic::Count => {
                (1, 1, true, false)
            }
            Statistic::Surprise => (2, 2, false, true),
            Statistic::SurpriseHour => (1, 1, false, true),
            Statistic::Distinct | Statistic::PeerShare => (2, 2, true, false),
            Statistic::DaysSince | Statistic::Age => (1, 1, false, false),
        };
        let is_long = |span: Option<Span>| span.is_some_and(|span| span.0 > 0);
        if !(least..=most).contains(&self.of.len()) {
            return Err(format!("needs {most} columns in `of`, but has {}", self.of.len()));
        }
        if needs_span && !is_long(self.span) {
            return Err("needs a `span` above 0".to_owned());
        }
        if needs_half_life && !is_long(self.half_life) {
            return Err("needs a `half_life` above 0".to_owned());
        }
        if self.statistic == Statistic::NewPairs && self.counts.is_empty() {
            return Err("needs the columns of `counts`".to_owned());
        }
        if self.statistic == Statistic::PeerShare && self.neighbors_by.is_none() {
            return Err("needs `neighbors_by`".to_owned());
        }
        if self.statistic == Statistic::PeerShare && self.span.is_some_and(|span| span.0 % DAY != 0) {
            return Err("needs a `span` of whole days".to_owned());
        }
        if self.statistic == Statistic::PeerShare && self.span.is_some_and(|span| span.0 > MOST_DAYS * DAY) {
            return Err(format!("needs a `span` of at most {MOST_DAYS}d"));
        }
        if self.statistic == Statistic::Volume && self.span.is_some_and(|span| span.0 % HOUR != 0) {
            return Err("needs a `span` of whole hours".to_owned());
        }
        if self.of.len() > 1 && self.events.is_some() {
            return Err("takes events of another table, so it has one column in `of`".to_owned());
        }
        if self.name.trim().is_empty() || self.family.trim().is_empty() {
            return Err("needs a name and a family".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(change: &str, to: &str) -> String {
        let text = r#"[{"table":"auth_events","name":"a","family":"new","statistic":"first","of":["u","h"],
            "span":"30d","reason":"r"}]"#;
        assert!(from_json(text).is_ok());
        from_json(&text.replace(change, to)).unwrap_err().to_string()
    }

    #[test]
    fn the_embedded_columns_are_valid() {
        let columns = built_in().unwrap();
        assert!(columns.len() > 30);
        let text = serde_json::to_string(&columns).unwrap();
        assert_eq!(from_json(&text).unwrap(), columns);
    }

    #[test]
    fn a_span_is_days_hours_or_minutes() {
        assert_eq!("180d".parse(), Ok(Span(180 * DAY)));
        assert_eq!("1d".parse::<Span>().unwrap().to_string(), "24h");
        for text in ["", "d", "1", "1s", "-1d", "1.5h", "99999999999999d", "1é"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_column_without_what_it_needs_is_refused() {
        assert!(error("\"30d\"", "\"0d\"").contains("needs a `span` above 0"));
        assert!(error("[\"u\",\"h\"]", "[]").contains("needs 2 columns in `of`, but has 0"));
        assert!(error("\"first\"", "\"surprise\"").contains("needs a `half_life`"));
        assert!(error("\"first\"", "\"firts\"").contains("firts"));
        assert!(error("\"reason\"", "\"counts\":[\"b\"],\"reason\"").contains("counts `b`"));
    }
}
