//! What a table looks like before any detector sees it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// The longest stretches without a row, longest first.
    pub gaps: Vec<Gap>,
    pub features: Vec<FeatureSummary>,
    /// By hour of the day, 0 to 23, in UTC; empty without times.
    pub by_hour: Vec<Group>,
    /// By day, in order; empty without times.
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
    /// Rows with a value.
    pub count: u64,
    /// Rows without one.
    pub missing: u64,
    pub distinct: u64,
    /// The share of the commonest value among the rows with one: 1 is constant, above 0.99 nearly so.
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
    /// Correlation with the label: point-biserial for numbers and booleans, Cramér's V for categories.
    pub association: Option<f64>,
}

/// What a feature holds.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureKind {
    Number,
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

/// The groups of one feature, commonest first.
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
