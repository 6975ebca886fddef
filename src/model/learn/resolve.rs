//! From the records of files to verdicts on rows of known values.

use super::data::LearnData;
use crate::error::{Error, LONGEST_NAME, Result, printable};
use crate::model::feature::Cell;
use crate::model::table_model::TableModel;
use crate::model::verdict::{Judged, RowDigest, RowKeys, VerdictRecord};
use std::collections::{BTreeMap, HashSet};

/// The verdicts on rows of known values, and the number of the others.
#[derive(Clone, Debug, Default)]
pub(super) struct Resolved {
    pub judged: Vec<Judged>,
    /// The number of verdicts about another table.
    pub other_table: usize,
    /// The keys of the rows that are neither in the data nor in the model.
    pub unknown: Vec<String>,
}

/// Find the row of each record: in the data, among the verdicts that the model has, or in the record itself.
///
/// # Errors
/// If a key stands for rows of different values.
pub(super) fn resolve(
    model: &TableModel,
    known: &[Judged],
    records: &[VerdictRecord],
    data: &LearnData,
) -> Result<Resolved> {
    let card = model.card();
    let is_own = |record: &&VerdictRecord| {
        record.table.as_deref().is_none_or(|name| name == card.table || name == card.short_name())
    };
    let own: Vec<&VerdictRecord> = records.iter().filter(is_own).collect();
    let digests: HashSet<RowDigest> = own.iter().filter_map(|own| RowDigest::parse(&own.row)).collect();
    let rows = data.rows_with(&digests);
    let learned: BTreeMap<&str, &Judged> = known
        .iter()
        .flat_map(|own| [Some(own.row.as_str()), own.key.as_deref()].into_iter().flatten().zip([own, own]))
        .collect();
    let mut resolved = Resolved { other_table: records.len() - own.len(), ..Resolved::default() };
    for record in own {
        let in_data = match RowDigest::parse(&record.row) {
            Some(digest) => rows.get(&digest).map(|&row| (digest, row)),
            None => data.row_with_key(&record.row)?,
        };
        let found = match (in_data, learned.get(record.row.as_str())) {
            (Some((digest, row)), _) => Some((digest.text(), cells(model, data, row))),
            (None, Some(learned)) => Some((learned.row.clone(), learned.values.clone())),
            (None, None) => from_record(model, record),
        };
        match found {
            Some((row, values)) => resolved.judged.push(judged(record, row, values)),
            None => resolved.unknown.push(record.row.clone()),
        }
    }
    Ok(resolved)
}

fn judged(record: &VerdictRecord, row: String, values: Vec<Cell>) -> Judged {
    let VerdictRecord { verdict, time, analyst, note, .. } = record.clone();
    let key = (record.row.trim() != row).then(|| record.row.clone());
    Judged { row, key, verdict, time, analyst, note, values }
}

fn cells(model: &TableModel, data: &LearnData, row: usize) -> Vec<Cell> {
    let features = model.features().iter().zip(&data.table.features);
    features.map(|(feature, column)| feature.cell_of(&column.values, row)).collect()
}

/// The row from the values of a record: all features of the model by name, and with the digest of the record if it has
/// one.
fn from_record(model: &TableModel, record: &VerdictRecord) -> Option<(String, Vec<Cell>)> {
    let cell = |name: &String| record.values.get(name).cloned();
    let values =
        model.features().iter().map(|feature| cell(&feature.name).filter(|cell| feature.holds(cell)));
    let values: Vec<Cell> = values.collect::<Option<_>>()?;
    let columns = model.columns(std::slice::from_ref(&values));
    let digest = RowKeys::new(&columns).of(0);
    let is_same = RowDigest::parse(&record.row).is_none_or(|own| own == digest);
    is_same.then(|| (digest.text(), values))
}

/// The verdicts without those on rows with these ids: a digest, its first characters, or a key.
///
/// # Errors
/// If an id stands for no row or for several.
pub(super) fn without(judged: Vec<Judged>, ids: &[String]) -> Result<Vec<Judged>> {
    let mut kept = judged.clone();
    for id in ids {
        let exact = |own: &Judged| own.row == *id || own.key.as_deref() == Some(id);
        let starts = |own: &Judged| id.len() >= SHORTEST && own.row.starts_with(id.as_str());
        let mut rows: Vec<&str> =
            judged.iter().filter(|own| exact(own)).map(|own| own.row.as_str()).collect();
        if rows.is_empty() {
            rows = judged.iter().filter(|own| starts(own)).map(|own| own.row.as_str()).collect();
        }
        rows.sort_unstable();
        rows.dedup();
        let shown = printable(id, LONGEST_NAME);
        match rows.as_slice() {
            [] => return Err(Error::Request(format!("there is no verdict on a row `{shown}`"))),
            [row] => kept.retain(|own| own.row != *row),
            several => {
                let rows = several.len();
                return Err(Error::Request(format!("`{shown}` stands for {rows} rows; use more characters")));
            }
        }
    }
    Ok(kept)
}

/// The fewest characters of a digest that stand for it: `row-` and four digits.
const SHORTEST: usize = 8;
