//! Tables: named columns in memory, and the files they come from and go to. Outside this room nobody
//! knows polars.

mod column;
mod convert;
mod csv;
mod csv_lines;
mod frame;
mod json_lines;
mod label;
mod read;
mod source;
mod stream;
mod summary;
mod write;

pub(crate) use column::truth;
pub use column::{Categories, Column, Values};
pub use csv_lines::{Header, field};
pub use json_lines::{Cell, Fields, LineReader, Text};
pub use label::LabelRule;
pub use read::{Features, Request, Wanted, read};
pub use source::{in_store, parts, parts_of};
pub use stream::{Batch, Batches, Format, Sink};
pub use summary::Metadata;
pub(crate) use summary::{range, rfc3339};
pub use write::write_parquet;

use crate::error::{Error, Result};
use crate::schema::{Feature, Kind, Schema};

/// Read and write tables with at most so many threads; without this, with as many as there are cores.
///
/// # Safety
/// The process must have no other thread yet: polars takes the number from the environment, when it is first used, and
/// a thread that reads the environment meanwhile is undefined behaviour.
pub unsafe fn limit_threads(threads: usize) {
    // SAFETY: the caller sees to it that there is no other thread.
    unsafe { std::env::set_var("POLARS_MAX_THREADS", threads.to_string()) }
}

/// A table as the laboratory sees it: features, and where they are known, labels and times.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    pub name: String,
    /// One column per feature, all of the same length; only `Flag`, `Real` and `Text` values.
    pub features: Vec<Column>,
    /// Which rows are suspicious.
    pub labels: Option<Vec<bool>>,
    /// When each row happened, in microseconds since 1970-01-01T00:00:00Z.
    pub times: Option<Vec<i64>>,
    /// What a reader should know of how this table came to be, in words.
    pub notes: Vec<String>,
}

impl Table {
    /// The table a schema sees in columns that are already in memory.
    ///
    /// # Errors
    /// Where a feature is not among the columns or is not of its kind.
    pub fn from_columns(schema: &Schema, columns: Vec<Column>) -> Result<Self> {
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let find = |name: &str| columns.iter().find(|column| column.name == name);
        let feature = |feature: &Feature| {
            find(&feature.name)
                .ok_or_else(|| Error::missing_column(&schema.table, &feature.name, names.clone()))
                .and_then(|column| column.clone().into_kind(&schema.table, feature.kind))
        };
        let label = schema.label.as_deref().and_then(find);
        let time = schema.time.as_deref().and_then(find);
        Ok(Table {
            name: schema.table.clone(),
            features: schema.features.iter().map(feature).collect::<Result<_>>()?,
            labels: label.map(|column| LabelRule::Itself.apply(&schema.table, column)).transpose()?,
            times: time.map(|column| column.times(&schema.table)).transpose()?,
            notes: Vec::new(),
        })
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.features.first().map_or(0, |column| column.values.len())
    }

    /// The names of the features, in order.
    pub fn feature_names(&self) -> Vec<String> {
        self.features.iter().map(|column| column.name.clone()).collect()
    }

    /// How many rows are suspicious; `None` without labels.
    pub fn suspicious(&self) -> Option<usize> {
        self.labels.as_ref().map(|labels| labels.iter().filter(|&&label| label).count())
    }

    /// The table of some rows, in the order given.
    pub fn take(&self, rows: &[usize]) -> Table {
        Table {
            name: self.name.clone(),
            features: self.features.iter().map(|column| column.take(rows)).collect(),
            labels: self.labels.as_ref().map(|labels| rows.iter().map(|&row| labels[row]).collect()),
            times: self.times.as_ref().map(|times| rows.iter().map(|&row| times[row]).collect()),
            notes: self.notes.clone(),
        }
    }
}

/// The kind a column has by itself, where no schema says it.
fn natural_kind(values: &Values) -> Option<Kind> {
    match values {
        Values::Flag(_) => Some(Kind::Boolean),
        Values::Integer(_) | Values::Real(_) => Some(Kind::Numeric),
        Values::Text(_) => Some(Kind::Categorical),
        Values::Time(_) => None,
    }
}
