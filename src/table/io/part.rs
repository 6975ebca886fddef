//! A file of a table: its columns, read at once, and the evidence for their types.

use super::column_type::ColumnType;
use super::evidence::Evidence;
use super::files::{self, FileFormat};
use super::folder_key::FolderKey;
use super::format::csv::CsvFile;
use super::format::json::JsonTable;
use super::format::parquet::ParquetFile;
use super::local_time;
use super::options::CsvOptions;
use super::parts::PartFile;
use super::polars::local_from_polars;
use super::repairs::Repairs;
use super::time::DateOrder;
use crate::error::{Error, Hint, Result};
use crate::table::column::{Categories, Values};
use crate::table::note::Note;
use ::polars::prelude::DataType;
use std::collections::HashMap;

/// The largest number of values in a table: at eight bytes each, they fill 8 GiB.
const MOST_VALUES: usize = 1 << 30;

/// A file of a table, with known columns.
#[derive(Debug)]
pub(super) struct Part {
    pub file: PartFile,
    pub data: PartData,
}

#[derive(Debug)]
pub(super) enum PartData {
    Parquet(ParquetFile),
    Csv(CsvFile),
    Json(JsonTable),
}

impl Part {
    /// A file of any format.
    ///
    /// # Errors
    /// If it cannot be read, is not a table, or has a column that its folders name, too.
    pub fn open(file: &PartFile, csv: CsvOptions) -> Result<Self> {
        let path = file.path.as_path();
        let data = match files::format_of(path)? {
            FileFormat::Parquet => PartData::Parquet(ParquetFile::open(path)?),
            FileFormat::Csv => PartData::Csv(CsvFile::open(path, csv)?),
            FileFormat::Json => PartData::Json(JsonTable::read(path)?),
        };
        let part = Part { file: file.clone(), data };
        part.file.check_names(&part.own_names())?;
        Ok(part)
    }

    /// The names of all columns: those of the file, and those that its folders name.
    pub fn names(&self) -> Vec<&String> {
        self.own_names().into_iter().chain(self.file.keys.iter().map(|key| &key.name)).collect()
    }

    pub fn own_names(&self) -> Vec<&String> {
        match &self.data {
            PartData::Parquet(file) => file.columns.types.iter().map(|(name, _)| name).collect(),
            PartData::Csv(file) => file.header.names.iter().collect(),
            PartData::Json(table) => table.columns.iter().map(|column| &column.name).collect(),
        }
    }

    /// What local clocks show at the times of a column, in microseconds; [`Values::NO_TIME`] where there is none.
    ///
    /// # Errors
    /// If the column cannot be read.
    pub fn local_times(&self, name: &str, order: DateOrder) -> Result<Vec<i64>> {
        let Some(at) = self.position(name) else { return Ok(vec![Values::NO_TIME; self.rows()?]) };
        let values = match &self.data {
            PartData::Csv(file) => file.values(&[(at, ColumnType::Text)])?.pop(),
            PartData::Json(table) => table.columns.get(at).map(|column| column.values.clone()),
            PartData::Parquet(file) => {
                file.read(&[name.to_owned()])?.columns().first().and_then(|own| local_from_polars(own).ok())
            }
        };
        Ok(values.map_or(Vec::new(), |values| local_time::of_values(&values, order)))
    }

    pub fn rows(&self) -> Result<usize> {
        Ok(match &self.data {
            PartData::Parquet(file) => file.rows,
            PartData::Csv(file) => {
                file.evidence(&Repairs::default())?.first().map_or(0, |column| column.rows as usize)
            }
            PartData::Json(table) => table.columns.first().map_or(0, |column| column.values.len()),
        })
    }

    pub fn notes(&self) -> Vec<Note> {
        let notes = |texts: &[String]| texts.iter().map(|text| Note::from(text.as_str())).collect();
        match &self.data {
            PartData::Parquet(file) => notes(&file.notes),
            PartData::Csv(file) => file.header.notes.clone(),
            PartData::Json(table) => notes(&table.notes),
        }
    }

    /// The names of columns that cannot be read, with reasons.
    pub fn unreadable(&self) -> &[(String, String)] {
        match &self.data {
            PartData::Parquet(file) => &file.columns.unreadable,
            _ => &[],
        }
    }

    /// The error about a requested column that cannot be read; `None` if it is no such column.
    pub fn refusal(&self, name: &str) -> Option<Error> {
        let (_, reason) = self.unreadable().iter().find(|(own, _)| own == name)?;
        let problem = format!("cannot be used: {reason}; name other columns, or write it in another form");
        Some(Error::column(&self.file.path.display().to_string(), name, problem))
    }

    /// The position of a column in the file.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.own_names().iter().position(|own| *own == name)
    }

    /// Whether a column of times of a Parquet file has a zone, in words; `None` for other columns.
    pub fn zone(&self, name: &str) -> Option<&'static str> {
        let PartData::Parquet(file) = &self.data else { return None };
        match file.columns.types.iter().find(|(own, _)| own == name) {
            Some((_, DataType::Datetime(_, Some(_)))) => Some("times with a zone"),
            Some((_, DataType::Datetime(_, None))) => Some("times without a zone"),
            _ => None,
        }
    }

    pub fn key(&self, name: &str) -> Option<&FolderKey> {
        self.file.keys.iter().find(|key| key.name == name)
    }

    pub fn check_size(&self, columns: usize) -> Result<()> {
        let PartData::Parquet(file) = &self.data else { return Ok(()) };
        if file.rows.saturating_mul(columns) <= MOST_VALUES {
            return Ok(());
        }
        let rows = file.rows;
        let reason =
            format!("has {rows} rows of {columns} columns, which do not fit in 8 GiB; read a part of it");
        Err(Error::input(&self.file.path, reason).with_hint(Hint::NameFeatures))
    }
}

/// The loaded columns of a part: typed values, or a CSV file with the evidence for its types.
pub(super) enum Loaded<'a> {
    Values(HashMap<String, Values>, usize),
    Csv(&'a CsvFile, Vec<Evidence>),
}

impl Loaded<'_> {
    pub fn rows(&self) -> usize {
        match self {
            Loaded::Values(_, rows) => *rows,
            Loaded::Csv(_, evidence) => evidence.first().map_or(0, |column| column.rows as usize),
        }
    }
}

/// The columns of one part, with their types. All values of a column that the part lacks are missing.
pub(super) fn part_columns(
    names: &[String],
    types: &[ColumnType],
    part: &Part,
    loaded: Loaded,
) -> Result<Vec<Values>> {
    let rows = loaded.rows();
    let others = |name: &String, kind: ColumnType| match part.key(name).and_then(|key| key.value.as_ref()) {
        Some(value) => {
            Values::Text(Categories { codes: vec![0; rows], levels: vec![value.clone()] }).into_type(kind)
        }
        None => missing(kind, rows),
    };
    match loaded {
        Loaded::Values(mut values, _) => {
            let values = names.iter().zip(types).map(|(name, column_type)| match values.remove(name) {
                Some(values) => values.into_type(*column_type),
                None => others(name, *column_type),
            });
            Ok(values.collect())
        }
        Loaded::Csv(file, _) => {
            let positions: Vec<Option<usize>> = names.iter().map(|name| part.position(name)).collect();
            let own: Vec<(usize, ColumnType)> =
                positions.iter().zip(types).filter_map(|(at, kind)| Some(((*at)?, *kind))).collect();
            let mut values = file.values(&own)?.into_iter();
            let column = |((name, at), kind): ((&String, &Option<usize>), &ColumnType)| {
                at.and_then(|_| values.next()).unwrap_or_else(|| others(name, *kind))
            };
            Ok(names.iter().zip(&positions).zip(types).map(column).collect())
        }
    }
}

/// A column of missing values.
fn missing(column_type: ColumnType, rows: usize) -> Values {
    match column_type {
        ColumnType::Text => {
            Values::Text(Categories { codes: vec![Categories::MISSING; rows], levels: vec![] })
        }
        ColumnType::Time { .. } => Values::Time(vec![Values::NO_TIME; rows]),
        _ => Values::Real(vec![f64::NAN; rows]),
    }
}

/// The evidence of a column's values in one part.
pub(super) fn evidence_in(name: &str, part: &Part, loaded: &Loaded) -> Evidence {
    let mut evidence = Evidence::default();
    let rows = loaded.rows() as u64;
    match (loaded, part.key(name), part.position(name)) {
        (_, Some(FolderKey { value: Some(value), .. }), _) => evidence.see(value, 0, rows),
        (Loaded::Values(values, _), _, _) if values.contains_key(name) => {
            return Evidence::of(&values[name]);
        }
        (Loaded::Csv(_, columns), _, Some(at)) => return columns[at].clone(),
        _ => evidence.see_missing(rows),
    }
    evidence
}
