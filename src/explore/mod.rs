//! The description of a table before any detector sees it.

mod association;
mod feature;
mod group;
mod histogram;
mod kind;
mod repetition;
mod spread;
mod time;

use crate::table::{Table, range};
use repetition::Repetition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Describe a table with n rows, in O(n log n).
pub fn explore(table: &Table) -> Exploration {
    // Sums of another order have other last bits.
    let table = &table.take(&table.canonical_order());
    let (columns, labels, rows) = (&table.features, table.labels.as_deref(), table.rows() as u64);
    let repetition = Repetition::of(columns);
    let suspicious = table.suspicious().map(|count| count as u64);
    Exploration {
        table: table.name.clone(),
        rows,
        distinct_rows: repetition.distinct,
        commonest_row_share: share(repetition.most_frequent, rows).unwrap_or_default(),
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

/// `part / whole`, in [0, 1]; `None` if `whole` is 0.
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The description of a table. It is deterministic and uses no seed.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Exploration {
    /// The table's name.
    pub table: String,
    /// The number of rows, duplicates included.
    pub rows: u64,
    /// The number of distinct rows, over all features.
    pub distinct_rows: u64,
    /// The share of the most frequent row, in [0, 1].
    pub commonest_row_share: f64,
    /// The number of suspicious rows; `None` without labels.
    pub suspicious_rows: Option<u64>,
    /// The share of suspicious rows, in [0, 1]; `None` without labels or rows.
    pub suspicious_rate: Option<f64>,
    /// The first and the last time, RFC 3339, UTC.
    pub time_range: Option<[String; 2]>,
    /// At most three gaps, longest first. Only gaps that are too long to occur by chance in a steady stream.
    pub gaps: Vec<Gap>,
    /// The summary of each feature, in the order of the columns.
    pub features: Vec<FeatureSummary>,
    /// Rows by hour of the day, 0 to 23, UTC. Without times, by the feature `hour_of_day`; empty without
    /// both.
    pub by_hour: Vec<Group>,
    /// Rows by day in UTC, in order, without empty days; empty without times.
    pub by_day: Vec<Group>,
    /// Rows by the values of each categorical and boolean feature.
    pub by_category: Vec<Grouping>,
    /// The histogram of each numeric feature, by class.
    pub by_class: Vec<ClassHistogram>,
}

/// A period without rows.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Gap {
    /// RFC 3339, UTC.
    pub from: String,
    /// The time of the first row after the gap, RFC 3339, UTC.
    pub to: String,
    /// The length of the gap, in seconds.
    pub seconds: f64,
}

/// The summary of one feature. A statistic that does not apply to its kind is `None`.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct FeatureSummary {
    /// The feature's name.
    pub name: String,
    /// The kind of its values.
    pub kind: FeatureKind,
    /// The number of rows with a finite value.
    pub count: u64,
    /// The number of rows without a finite value.
    pub missing: u64,
    /// The number of missing values that are infinite.
    pub infinite: u64,
    /// The number of distinct finite values or levels.
    pub distinct: u64,
    /// The share of the most frequent value among the rows with a value, in [0, 1]. 1 is constant, and above
    /// 0.99 is nearly constant. 0 without values.
    pub commonest_share: f64,
    /// The arithmetic mean of the finite values.
    pub mean: Option<f64>,
    /// The sample standard deviation (n − 1), as in pandas.
    pub std: Option<f64>,
    /// The smallest finite value.
    pub min: Option<f64>,
    /// The first quartile. Quartiles use linear interpolation, as in pandas.
    pub q25: Option<f64>,
    /// The second quartile.
    pub median: Option<f64>,
    /// The third quartile.
    pub q75: Option<f64>,
    /// The largest finite value.
    pub max: Option<f64>,
    /// The correlation with the label, over rows with a value. Point-biserial for numbers and booleans,
    /// Cramér's V without bias correction for categories. `None` with fewer than two classes or values.
    pub association: Option<f64>,
}

/// The kind of a feature's values.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureKind {
    /// Numbers, unless their values are exactly 0 and 1.
    Number,
    /// Flags, and numbers with exactly the values 0 and 1.
    Boolean,
    /// Text; each distinct string is a level.
    Category,
}

/// A group of rows with a common value.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Group {
    /// The common value: an hour, a date in UTC, or the value of a feature.
    pub name: String,
    /// The number of rows in the group.
    pub rows: u64,
    /// `None` without labels.
    pub suspicious: Option<u64>,
}

/// The groups of one feature, largest first: at most 50, then the sum of the rest as `(other)`. Rows without
/// a value are the group `(missing)`.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Grouping {
    /// The feature's name.
    pub feature: String,
    /// The groups, largest first; `(other)` and `(missing)` are groups, too.
    pub groups: Vec<Group>,
}

/// The histogram of a number, by class.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct ClassHistogram {
    /// The feature's name.
    pub feature: String,
    /// The histogram of the finite values.
    pub histogram: Histogram,
}

/// Row counts in bins. Bins are equally wide, or those of scores on a logarithmic axis. Without labels,
/// every row counts as normal.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Histogram {
    /// The edges of the bins, ascending: one more than there are bins.
    pub edges: Vec<f64>,
    /// The number of normal rows in each bin.
    pub normal: Vec<u64>,
    /// The number of suspicious rows in each bin.
    pub suspicious: Vec<u64>,
}

#[cfg(test)]
mod tests;
