//! The columns to read from the files of a table, and the type of each over all files.

use super::column_type::ColumnType;
use super::evidence::Evidence;
use super::files::{self, FileFormat};
use super::format::csv::CsvFile;
use super::format::json::JsonTable;
use super::format::parquet::ParquetFile;
use super::polars::from_polars;
use super::request::{Features, Request};
use crate::error::{Error, Hint, LONGEST_NAME, Result, printable};
use crate::table::column::{Categories, Column, Values};
use crate::table::label::LabelRule;
use crate::table::note::Note;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A file of a table, with known columns.
#[derive(Debug)]
pub(super) struct Part {
    path: PathBuf,
    data: PartData,
}

#[derive(Debug)]
enum PartData {
    Parquet(ParquetFile),
    Csv(CsvFile),
    Json(JsonTable),
}

/// The columns to read, and the notes about them.
#[derive(Debug)]
pub(super) struct Choice {
    columns: Vec<String>,
    /// The label column and its rule, if a file has it.
    pub label: Option<(String, LabelRule)>,
    /// The requested time column, if a file has it.
    pub time: Option<String>,
    /// Whether columns that cannot be read are left out; otherwise they are errors.
    lenient: bool,
    /// Whether the request gives the kinds of the features: their types are then inferred from all values.
    typed: bool,
    /// The evidence of each column's values for its type.
    pub evidence: HashMap<String, Evidence>,
    /// What a reader should know.
    pub notes: Vec<Note>,
}

/// The largest number of values in a table: at eight bytes each, they fill 8 GiB.
const MOST_VALUES: usize = 1 << 30;

impl Part {
    /// A file of any format.
    ///
    /// # Errors
    /// If it cannot be read, or is not a table.
    pub fn open(path: &Path) -> Result<Self> {
        let data = match files::format_of(path)? {
            FileFormat::Parquet => PartData::Parquet(ParquetFile::open(path)?),
            FileFormat::Csv => PartData::Csv(CsvFile::open(path)?),
            FileFormat::Json => PartData::Json(JsonTable::read(path)?),
        };
        Ok(Part { path: path.to_owned(), data })
    }

    fn names(&self) -> Vec<&String> {
        match &self.data {
            PartData::Parquet(file) => file.columns.iter().map(|(name, _)| name).collect(),
            PartData::Csv(file) => file.header.names.iter().collect(),
            PartData::Json(table) => table.columns.iter().map(|column| &column.name).collect(),
        }
    }

    fn notes(&self) -> &[String] {
        match &self.data {
            PartData::Parquet(file) => &file.notes,
            PartData::Csv(file) => &file.header.notes,
            PartData::Json(table) => &table.notes,
        }
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.names().iter().position(|own| *own == name)
    }

    fn check_size(&self, columns: usize) -> Result<()> {
        let PartData::Parquet(file) = &self.data else { return Ok(()) };
        if file.rows.saturating_mul(columns) <= MOST_VALUES {
            return Ok(());
        }
        let rows = file.rows;
        let reason =
            format!("has {rows} rows of {columns} columns, which do not fit in 8 GiB; read a part of it");
        Err(Error::input(&self.path, reason).with_hint(Hint::NameFeatures))
    }
}

/// The loaded columns of a part: typed values, or a CSV file with the evidence for its types.
enum Loaded<'a> {
    Values(HashMap<String, Values>, usize),
    Csv(&'a CsvFile, Vec<Evidence>),
}

impl Choice {
    pub fn new(path: &Path, request: &Request, parts: &[Part]) -> Result<Self> {
        let names = all_names(parts);
        let columns = match &request.features {
            Features::Typed(features) => features.iter().map(|feature| feature.name.clone()).collect(),
            Features::Named(features) => features.clone(),
            Features::All => names.clone(),
        };
        let mut choice = Choice {
            columns,
            label: None,
            time: None,
            lenient: matches!(request.features, Features::All),
            typed: matches!(request.features, Features::Typed(_)),
            evidence: HashMap::new(),
            notes: notes(parts),
        };
        if let Some(wanted) = &request.label {
            let (name, rule) = LabelRule::parse(&wanted.column, &names)?;
            choice.label = choice.add(&name, wanted.required, &names).then_some((name, rule));
        }
        if let Some(wanted) = &request.time {
            let is_read = choice.add(&wanted.column, wanted.required, &names);
            choice.time = is_read.then(|| wanted.column.clone());
        } else if matches!(request.features, Features::Named(_))
            && let Some(time) = first_time(parts, &names)?
        {
            choice.add(&time, false, &names);
        }
        match choice.columns.iter().find(|name| !names.contains(name)) {
            Some(missing) => Err(Error::missing_column(&path.display().to_string(), missing, names)),
            None => Ok(choice),
        }
    }

    /// Also read this column if it exists or is required. Returns whether it is read.
    fn add(&mut self, name: &String, required: bool, names: &[String]) -> bool {
        let is_read = required || names.contains(name);
        if is_read && !self.columns.contains(name) {
            self.columns.push(name.clone());
        }
        is_read
    }

    /// The columns of all parts. The type of a column holds the values of all parts.
    ///
    /// # Errors
    /// If a part cannot be read, or a requested column has a type that cannot be used.
    pub fn read(&mut self, parts: &[Part]) -> Result<Vec<Column>> {
        let mut loaded = Vec::new();
        for part in parts {
            part.check_size(self.columns.len())?;
            loaded.push(self.load(part)?);
        }
        let names = self.columns.clone();
        let types: Vec<ColumnType> = names.iter().map(|name| self.type_of(name, parts, &loaded)).collect();
        let mut columns: Vec<Column> = Vec::new();
        for (at, part) in loaded.into_iter().enumerate() {
            for (column, values) in part_columns(&names, &types, &parts[at], part)?.into_iter().enumerate() {
                match columns.get_mut(column) {
                    Some(column) => column.values.append(values),
                    None => columns.push(Column { name: names[column].clone(), values }),
                }
            }
        }
        Ok(columns)
    }

    fn load<'a>(&mut self, part: &'a Part) -> Result<Loaded<'a>> {
        match &part.data {
            PartData::Csv(file) => Ok(Loaded::Csv(file, file.evidence()?)),
            PartData::Json(table) => {
                let rows = table.columns.first().map_or(0, |column| column.values.len());
                let columns = table.columns.iter().filter(|column| self.columns.contains(&column.name));
                Ok(Loaded::Values(columns.map(|c| (c.name.clone(), c.values.clone())).collect(), rows))
            }
            PartData::Parquet(file) => {
                let has = |name: &&String| part.position(name).is_some();
                let names: Vec<String> = self.columns.iter().filter(has).cloned().collect();
                let mut values = HashMap::new();
                for column in file.read(&names)?.columns() {
                    match from_polars(column) {
                        Ok(column) => {
                            values.insert(column.name, column.values);
                        }
                        Err(kind) => self.leave_out(&part.path, column.name(), &kind)?,
                    }
                }
                Ok(Loaded::Values(values, file.rows))
            }
        }
    }

    /// The type of a column over all parts, inferred from all values.
    fn type_of(&mut self, name: &str, parts: &[Part], loaded: &[Loaded]) -> ColumnType {
        let mut evidence = Evidence::default();
        for (part, loaded) in parts.iter().zip(loaded) {
            match loaded {
                Loaded::Values(values, rows) => match values.get(name) {
                    Some(values) => evidence.merge(&Evidence::of(values)),
                    None => evidence.see_missing(*rows as u64),
                },
                Loaded::Csv(_, columns) => match part.position(name) {
                    Some(at) => evidence.merge(&columns[at]),
                    None => evidence.see_missing(columns.first().map_or(0, |column| column.rows)),
                },
            }
        }
        let is_label = self.label.as_ref().is_some_and(|(label, _)| label == name);
        let column_type = match &self.label {
            Some((label, rule)) if label == name && rule.names_a_word() => ColumnType::Text,
            _ if is_label || self.typed => evidence.column_type(),
            _ => evidence.feature_type(),
        };
        if column_type == ColumnType::Real
            && let Some(count) = evidence.counted_as_missing()
        {
            let (_, row, text) = evidence.spoiler().unwrap_or_default();
            let note = format!(
                "`{}` is read as numbers: text counts as missing, in {count} of {} rows, such as `{}` in row {}",
                printable(name, LONGEST_NAME),
                evidence.rows,
                printable(text, LONGEST_NAME),
                row + 1
            );
            self.notes.push(note.into());
        }
        self.evidence.insert(name.to_owned(), evidence);
        column_type
    }

    fn is_requested(&self, name: &str) -> bool {
        let label = self.label.as_ref().map(|(label, _)| label);
        !self.lenient || label.is_some_and(|label| label == name) || self.time.as_deref() == Some(name)
    }

    fn leave_out(&mut self, file: &Path, name: &str, kind: &str) -> Result<()> {
        let kind = printable(kind, LONGEST_NAME);
        if self.is_requested(name) {
            let problem =
                format!("has the type {kind}, which cannot be used; name other columns, or cast it");
            return Err(Error::column(&file.display().to_string(), name, problem));
        }
        self.columns.retain(|column| column != name);
        let name = printable(name, LONGEST_NAME);
        let note = format!("`{name}` is left out: its type, {kind}, is not a number, flag or category");
        self.notes.push(note.into());
        Ok(())
    }
}

/// The columns of one part, with their types. All values of a column that the part lacks are missing.
fn part_columns(names: &[String], types: &[ColumnType], part: &Part, loaded: Loaded) -> Result<Vec<Values>> {
    match loaded {
        Loaded::Values(mut values, rows) => {
            let values = names.iter().zip(types).map(|(name, column_type)| match values.remove(name) {
                Some(values) => values.into_type(*column_type),
                None => missing(*column_type, rows),
            });
            Ok(values.collect())
        }
        Loaded::Csv(file, evidence) => {
            let rows = evidence.first().map_or(0, |column| column.rows as usize);
            let positions: Vec<Option<usize>> = names.iter().map(|name| part.position(name)).collect();
            let own: Vec<(usize, ColumnType)> =
                positions.iter().zip(types).filter_map(|(at, kind)| Some(((*at)?, *kind))).collect();
            let mut values = file.values(&own)?.into_iter();
            let column = |(at, kind): (&Option<usize>, &ColumnType)| {
                at.and_then(|_| values.next()).unwrap_or_else(|| missing(*kind, rows))
            };
            Ok(positions.iter().zip(types).map(column).collect())
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

/// The column names of all parts, in order of first appearance.
fn all_names(parts: &[Part]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in parts.iter().flat_map(Part::names) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// The notes of the files, and a note on each file that lacks columns.
fn notes(parts: &[Part]) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    let names = all_names(parts);
    for part in parts {
        let lacks: Vec<String> =
            names.iter().filter(|name| part.position(name).is_none()).map(|name| quoted(name)).collect();
        if !lacks.is_empty() {
            let (file, columns) = (part.path.display(), lacks.join(", "));
            notes.push(format!("{file} has no column {columns}: its rows have no value there").into());
        }
        for note in part.notes().iter().map(|text| Note::from(text.as_str())) {
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
    notes
}

fn quoted(name: &str) -> String {
    format!("`{}`", printable(name, LONGEST_NAME))
}

/// The first column of points in time.
fn first_time(parts: &[Part], names: &[String]) -> Result<Option<String>> {
    let mut evidence: HashMap<&str, Evidence> = HashMap::new();
    for part in parts {
        match &part.data {
            PartData::Parquet(file) => {
                let is_time = |kind: &::polars::prelude::DataType| kind.is_datetime() || kind.is_date();
                if let Some((name, _)) = file.columns.iter().find(|(_, kind)| is_time(kind)) {
                    return Ok(Some(name.clone()));
                }
            }
            PartData::Csv(file) => {
                for (name, column) in file.header.names.iter().zip(file.evidence()?) {
                    evidence.entry(name).or_default().merge(&column);
                }
            }
            PartData::Json(table) => {
                for column in &table.columns {
                    evidence.entry(&column.name).or_default().merge(&Evidence::of(&column.values));
                }
            }
        }
    }
    let is_time = |name: &&String| {
        evidence.get(name.as_str()).is_some_and(|e| matches!(e.column_type(), ColumnType::Time { .. }))
    };
    Ok(names.iter().find(is_time).cloned())
}
