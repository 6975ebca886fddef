//! What a baseline added to a store.

use super::novelty::Novelty;
use std::path::PathBuf;

/// What was added.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// The tables of the new store.
    pub tables: Vec<TableSummary>,
    /// The files that were written.
    pub files: Vec<PathBuf>,
    /// The share of first pairs of each day.
    pub novelty: Novelty,
    /// Columns that were left out, with the columns that the store lacks.
    pub left_out: Vec<(String, String)>,
    /// The number of pairs that were forgotten because there were too many.
    pub forgotten: u64,
}

/// A table of the new store.
#[derive(Clone, Debug)]
pub struct TableSummary {
    /// Its name.
    pub table: String,
    /// The number of rows.
    pub rows: u64,
    /// The columns that were added.
    pub columns: Vec<ColumnSummary>,
}

/// A column that was added.
#[derive(Clone, Debug)]
pub struct ColumnSummary {
    /// Its name.
    pub name: String,
    /// Its family.
    pub family: String,
    /// The share of rows without a value.
    pub missing: f64,
}
