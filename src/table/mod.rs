//! Tables: named columns in memory, and reading and writing their files. No other module uses polars.

mod calendar;
mod column;
mod duration;
mod groups;
#[cfg(feature = "cli")]
mod io;
mod label;
mod note;
mod order;
#[cfg(feature = "cli")]
mod summary;
mod value;

pub use calendar::{TimeFeature, TimeSource};
pub(crate) use column::is_number;
pub use column::{Categories, Column, Values};
pub use groups::{GroupBy, GroupKind, Groups};
#[cfg(feature = "cli")]
pub use io::*;
pub use label::LabelRule;
pub use note::Note;
#[cfg(feature = "cli")]
pub use summary::Metadata;
#[cfg(feature = "cli")]
pub(crate) use summary::{range, rfc3339};
pub use value::Scalar;
#[cfg(feature = "cli")]
pub(crate) use value::canonical;

use crate::error::{Error, LONGEST_NAME, Result, printable};
use crate::schema::{Feature, Kind, Schema};

/// Set the number of threads that read and write tables; the default is one per core.
///
/// # Safety
/// The process must have no other thread yet. Polars reads the number from the environment at its first use,
/// and a thread that reads the environment during the change is undefined behavior.
pub unsafe fn limit_threads(threads: usize) {
    // SAFETY: the caller guarantees that there is no other thread.
    unsafe { std::env::set_var("POLARS_MAX_THREADS", threads.to_string()) }
}

/// A table: its features and, if known, its labels and times.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The table's name in reports.
    pub name: String,
    /// One column per feature, all of the same length; only `Flag`, `Real` and `Text` values.
    pub features: Vec<Column>,
    /// Which rows are suspicious.
    pub labels: Option<Vec<bool>>,
    /// The time of each row, in microseconds since 1970-01-01T00:00:00Z.
    pub times: Option<Vec<i64>>,
    /// The groups of rows that are not independent; `None` if rows are independent for all that is known.
    pub groups: Option<Groups>,
    /// Where the last features come from, if they are features of the time.
    pub time_source: Option<TimeSource>,
    /// What a reader should know about how this table was read.
    pub notes: Vec<Note>,
}

impl Table {
    /// The table of a schema from columns that are already in memory, with these groups.
    ///
    /// # Errors
    /// If a feature or a requested column of groups is missing from the columns, or a feature has another kind.
    pub fn from_columns(schema: &Schema, columns: Vec<Column>, group_by: &GroupBy) -> Result<Self> {
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let find = |name: &str| columns.iter().find(|column| column.name == name);
        let feature = |feature: &Feature| {
            find(&feature.name)
                .ok_or_else(|| Error::missing_column(&schema.table, &feature.name, names.clone()))
                .and_then(|column| column.clone().into_kind(&schema.table, feature.kind))
        };
        let label = schema.label.as_deref().and_then(find);
        let time = schema.time.as_deref().and_then(find);
        let times = time.map(|column| column.times(&schema.table)).transpose()?;
        let labels = label.map(|column| LabelRule::Itself.apply(&schema.table, column)).transpose()?;
        let named_times = schema.time.as_deref().zip(times.as_deref());
        let (name, roles) = (&schema.table, schema.roles());
        let groups = groups::choose(name, group_by, &roles, &columns, named_times, labels.as_deref())?;
        let table = Table {
            name: schema.table.clone(),
            features: schema.features.iter().map(feature).collect::<Result<_>>()?,
            labels: None,
            times,
            groups,
            time_source: None,
            notes: Vec::new(),
        };
        match label.zip(labels) {
            Some((column, labels)) => Ok(table.with_labels(&column.name, &labels)),
            None => Ok(table),
        }
    }

    /// The table with the labels of its rows. Rows without a label are left out, unless no row has one. A note tells
    /// their number.
    fn with_labels(mut self, column: &str, labels: &[Option<bool>]) -> Table {
        let known: Vec<bool> = labels.iter().copied().flatten().collect();
        if known.len() == labels.len() {
            return Table { labels: Some(known), ..self };
        }
        let name = printable(column, LONGEST_NAME);
        if known.is_empty() {
            self.notes
                .push(format!("the label `{name}` has no value in any row: there are no labels").into());
            return self;
        }
        let missing = labels.len() - known.len();
        let note =
            format!("{missing} of {} rows are left out: their label `{name}` has no value", labels.len());
        self.notes.push(note.into());
        let rows: Vec<usize> = (0..labels.len()).filter(|&row| labels[row].is_some()).collect();
        Table { labels: Some(known), ..self.take(&rows) }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.features.first().map_or(0, |column| column.values.len())
    }

    /// The names of the features, in order.
    pub fn feature_names(&self) -> Vec<String> {
        self.features.iter().map(|column| column.name.clone()).collect()
    }

    /// The number of suspicious rows; `None` without labels.
    pub fn suspicious(&self) -> Option<usize> {
        self.labels.as_ref().map(|labels| labels.iter().filter(|&&label| label).count())
    }

    /// Whether the labels have both classes.
    pub fn has_both_classes(&self) -> bool {
        self.suspicious().is_some_and(|rows| (1..self.rows()).contains(&rows))
    }

    /// A table of the rows at these indices, in their order.
    pub fn take(&self, rows: &[usize]) -> Table {
        Table {
            name: self.name.clone(),
            features: self.features.iter().map(|column| column.take(rows)).collect(),
            labels: self.labels.as_ref().map(|labels| rows.iter().map(|&row| labels[row]).collect()),
            times: self.times.as_ref().map(|times| rows.iter().map(|&row| times[row]).collect()),
            groups: self.groups.as_ref().map(|groups| groups.take(rows)),
            time_source: self.time_source.clone(),
            notes: self.notes.clone(),
        }
    }
}

/// The kind of a column without a schema.
fn natural_kind(values: &Values) -> Option<Kind> {
    match values {
        Values::Flag(_) => Some(Kind::Boolean),
        Values::Integer(_) | Values::Real(_) => Some(Kind::Numeric),
        Values::Text(_) => Some(Kind::Categorical),
        Values::Time(_) => None,
    }
}
