//! The rows that a model learns on: its features, and the keys of the rows.

use crate::error::{Error, Result};
use crate::model::TableModel;
use crate::model::verdict::{RowDigest, RowKeys, key_of};
use crate::table::{self, Batches, Categories, Column, CsvOptions, Paths, Request, Table, Wanted};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashSet};

/// The rows of a table as a model sees them.
#[derive(Clone, Debug)]
pub struct LearnData {
    /// The features in the spelling of training, and the times.
    pub(super) table: Table,
    /// The rows with each key; `None` if rows have no key but their digest.
    keys: Option<BTreeMap<String, Vec<usize>>>,
}

impl LearnData {
    /// The rows of a table with the features of the model.
    pub fn of(model: &TableModel, table: Table) -> Self {
        let features = model.features().iter().zip(&table.features);
        let features: Vec<Column> =
            features.map(|(feature, column)| feature.spelled_as_in_training(column.clone())).collect();
        LearnData { table: Table { features, labels: None, ..table }, keys: None }
    }

    /// Read the rows from files. The columns of `key` identify a row; `time` is the time column, by default the first
    /// datetime.
    ///
    /// # Errors
    /// If a file cannot be read, or lacks a feature or a column of the key.
    pub fn read(
        model: &TableModel,
        paths: &Paths,
        time: Option<&str>,
        key: &[String],
        csv: CsvOptions,
    ) -> Result<Self> {
        let mut request = Request { label: None, csv, ..model.request() };
        if let Some(column) = time {
            request.time = Some(Wanted { column: column.to_owned(), required: true });
        } else if request.time.is_none() {
            let first = Batches::open_as(paths, 1, true, csv)?.first_time();
            request.time = first.map(|column| Wanted { column, required: false });
        }
        let data = LearnData::of(model, table::read(paths, &request)?);
        match key.is_empty() {
            true => Ok(data),
            false => data.with_keys(paths, key, csv),
        }
    }

    fn with_keys(self, paths: &Paths, key: &[String], csv: CsvOptions) -> Result<Self> {
        const ROWS: usize = 1 << 16;
        let (mut keys, mut before): (BTreeMap<String, Vec<usize>>, usize) = (BTreeMap::new(), 0);
        for batch in Batches::open_as(paths, ROWS, false, csv)? {
            let batch = batch?;
            let columns: Vec<Categories> = key.iter().map(|name| batch.texts(name)).collect::<Result<_>>()?;
            for row in 0..batch.rows() {
                if let Some(key) = key_of(&columns, row) {
                    keys.entry(key).or_default().push(before + row);
                }
            }
            before += batch.rows();
        }
        if before != self.table.rows() {
            let problem = format!("has {before} rows, but {} were read", self.table.rows());
            return Err(Error::input(paths.label(), problem));
        }
        Ok(LearnData { keys: Some(keys), ..self })
    }

    /// What a reader should know about how the rows were read.
    pub fn notes(&self) -> &[table::Note] {
        &self.table.notes
    }

    /// For each of these digests, the first row that has it.
    pub(super) fn rows_with(&self, digests: &HashSet<RowDigest>) -> BTreeMap<RowDigest, usize> {
        if digests.is_empty() {
            return BTreeMap::new();
        }
        let keys = RowKeys::new(&self.table.features);
        let found: Vec<(RowDigest, usize)> = (0..self.table.rows())
            .into_par_iter()
            .map(|row| (keys.of(row), row))
            .filter(|(digest, _)| digests.contains(digest))
            .collect();
        found.into_iter().rev().collect()
    }

    /// For each of these distinct rows, one of its rows: that with the lowest digest, whatever the order of the rows.
    pub(super) fn rows_of(&self, distinct: &[usize], index: &[u32]) -> Vec<usize> {
        let keys = RowKeys::new(&self.table.features);
        let mut lowest: BTreeMap<usize, (RowDigest, usize)> = BTreeMap::new();
        for (row, &slot) in index.iter().enumerate().filter(|(_, slot)| distinct.contains(&(**slot as usize)))
        {
            let own = (keys.of(row), row);
            lowest.entry(slot as usize).and_modify(|lowest| *lowest = own.min(*lowest)).or_insert(own);
        }
        distinct.iter().filter_map(|slot| lowest.get(slot).map(|(_, row)| *row)).collect()
    }

    /// The row with a key and its digest; `None` if there is none.
    ///
    /// # Errors
    /// If rows of different values have the key.
    pub(super) fn row_with_key(&self, key: &str) -> Result<Option<(RowDigest, usize)>> {
        let Some(rows) = self.keys.as_ref().and_then(|keys| keys.get(key)) else { return Ok(None) };
        let keys = RowKeys::new(&self.table.features);
        let digest = keys.of(rows[0]);
        match rows.iter().all(|&row| keys.of(row) == digest) {
            true => Ok(Some((digest, rows[0]))),
            false => {
                let key = crate::error::printable(key, crate::error::LONGEST_NAME);
                let problem = format!(
                    "{} rows with different features have the key `{key}`; choose columns that identify a row",
                    rows.len()
                );
                Err(Error::table(&self.table.name, problem))
            }
        }
    }
}
