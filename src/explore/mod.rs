//! What a table looks like before any detector sees it.

mod association;
mod feature;
mod group;
mod histogram;
mod repetition;
mod spread;
mod time;

use crate::table::{Table, range};
use repetition::Repetition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Look at a table, in O(n log n) of its rows.
pub fn explore(table: &Table) -> Exploration {
    let (columns, labels, rows) = (&table.features, table.labels.as_deref(), table.rows() as u64);
    let repetition = Repetition::of(columns);
    let suspicious = table.suspicious().map(|count| count as u64);
    Exploration {
        table: table.name.clone(),
        rows,
        distinct_rows: repetition.distinct,
        commonest_row_share: share(repetition.commonest, rows).unwrap_or_default(),
        suspicious_rows: suspicious,
        suspicious_rate: suspicious.and_then(|count| share(count, rows)),
        time_range: table.times.as_deref().and_then(range),
        gaps: table.times.as_deref().map(time::gaps).unwrap_or_default(),
        features: columns.iter().map(|column| feature::summary(column, labels)).collect(),
        by_hour: time::by_hour(table),
        by_day: table.times.as_deref().map(|times| time::by_day(times, labels)).unwrap_or_default(),
        by_category: columns.iter().filter_map(|column| group::grouping(column, labels)).collect(),
        by_class: columns.iter().filter_map(|column| histogram::by_class(column, labels)).collect(),
    }
}

/// A part of a whole, in [0, 1]; `None` where there is no whole.
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// A table in numbers. Nothing in it depends on a seed.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Exploration {
    pub table: String,
    pub rows: u64,
    /// Different rows among them, over all features.
    pub distinct_rows: u64,
    /// The share of rows that are equal to the commonest one, in [0, 1].
    pub commonest_row_share: f64,
    pub suspicious_rows: Option<u64>,
    pub suspicious_rate: Option<f64>,
    /// First and last time, RFC 3339, UTC.
    pub time_range: Option<[String; 2]>,
    /// The three longest stretches without a row, longest first, where they are longer than a steady stream of
    /// rows would show by chance.
    pub gaps: Vec<Gap>,
    pub features: Vec<FeatureSummary>,
    /// By hour of the day, 0 to 23, in UTC; without times by the feature `hour_of_day`, and empty without both.
    pub by_hour: Vec<Group>,
    /// By day in UTC, in order, those with rows; empty without times.
    pub by_day: Vec<Group>,
    /// By the values of each categorical and boolean feature.
    pub by_category: Vec<Grouping>,
    /// For each numeric feature, how the classes are spread.
    pub by_class: Vec<ClassHistogram>,
}

/// A stretch of time without a row.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Gap {
    /// RFC 3339, UTC.
    pub from: String,
    pub to: String,
    pub seconds: f64,
}

/// One feature in numbers; what does not apply to its kind is `None`.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct FeatureSummary {
    pub name: String,
    pub kind: FeatureKind,
    /// Rows with a finite value.
    pub count: u64,
    /// Rows without one.
    pub missing: u64,
    /// Those among the missing that hold an infinite number, which no detector can learn from.
    pub infinite: u64,
    pub distinct: u64,
    /// The share of the commonest value among the rows with one: 1 is constant, above 0.99 nearly so, and 0 where
    /// no row has a value.
    pub commonest_share: f64,
    pub mean: Option<f64>,
    /// Of a sample (n − 1), as pandas.
    pub std: Option<f64>,
    pub min: Option<f64>,
    /// Quartiles, interpolated linearly, as pandas.
    pub q25: Option<f64>,
    pub median: Option<f64>,
    pub q75: Option<f64>,
    pub max: Option<f64>,
    /// Correlation with the label: point-biserial for numbers and booleans, Cramér's V (not corrected for
    /// bias) for categories. Over the rows with a value; `None` where one class or one value is all there is.
    pub association: Option<f64>,
}

/// What a feature holds.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureKind {
    Number,
    /// Also a number that is both 0 and 1 and nothing else.
    Boolean,
    Category,
}

/// Rows that have something in common.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Group {
    pub name: String,
    pub rows: u64,
    /// `None` without labels.
    pub suspicious: Option<u64>,
}

/// The groups of one feature, commonest first: at most 50, then the sum of the rest as `(other)`. Rows without a
/// value are the group `(missing)`.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Grouping {
    pub feature: String,
    pub groups: Vec<Group>,
}

/// The spread of a number, by class.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct ClassHistogram {
    pub feature: String,
    pub histogram: Histogram,
}

/// Counts in equal bins; without labels every row counts as normal.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Histogram {
    /// One more than there are bins, ascending.
    pub edges: Vec<f64>,
    pub normal: Vec<u64>,
    pub suspicious: Vec<u64>,
}

#[cfg(test)]
mod tests;
