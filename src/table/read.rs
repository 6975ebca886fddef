//! Reading tables: which columns are wanted, and what a table is made of once they are read.

use super::column::{Categories, Column, Values};
use super::frame::{self, Part};
use super::{Table, natural_kind, source};
use crate::error::{Error, LONGEST_NAME, Result, printable};
use crate::schema::{Feature, Schema};
use std::path::Path;

/// What is wanted of a table.
#[derive(Clone, Debug)]
pub struct Request {
    /// What reports call it.
    pub table: String,
    pub features: Features,
    /// A column, or a rule such as `COLUMN>NUMBER` ([`LabelRule::parse`](super::LabelRule::parse)).
    pub label: Option<Wanted>,
    /// The time column; without one, the first datetime of the table.
    pub time: Option<Wanted>,
}

/// Which columns are features.
#[derive(Clone, Debug)]
pub enum Features {
    /// Those of a schema, with their kinds.
    Typed(Vec<Feature>),
    /// Columns by name, with the kind they have by themselves.
    Named(Vec<String>),
    /// Every column that can be one: all but the label, times, text with too many levels, and types that cannot
    /// be read.
    All,
}

/// A column beside the features.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub column: String,
    /// Whether a table without it is an error.
    pub required: bool,
}

/// Text with more levels than this is an identifier rather than a category, unless it is asked for by name.
const CATEGORY_LEVELS: usize = 64;

impl Request {
    /// What a schema says of its table. Label and time may be absent.
    pub fn of_schema(schema: &Schema) -> Self {
        let wanted =
            |column: &Option<String>| column.clone().map(|column| Wanted { column, required: false });
        Request {
            table: schema.table.clone(),
            features: Features::Typed(schema.features.clone()),
            label: wanted(&schema.label),
            time: wanted(&schema.time),
        }
    }
}

/// Read a table from a file, a pattern, or a folder of part files.
///
/// # Errors
/// Where a file is missing, truncated or not a table; where a column is missing or of the wrong type; where
/// there is no row; where the label has gaps.
pub fn read(path: &Path, request: &Request) -> Result<Table> {
    let files = source::parts(path)?;
    let mut part = frame::read(&files[0], request)?;
    let mut beside_first = None;
    for file in &files[1..] {
        let next = frame::read(file, request)?;
        beside_first = beside_first.or_else(|| beside(&part, &next, file));
        append(&mut part.columns, next, file)?;
    }
    part.notes.extend(beside_first);
    if part.columns.first().is_none_or(|column| column.values.is_empty()) {
        return Err(Error::input(path, "the table has no rows"));
    }
    assemble(part, request)
}

/// A note on the columns of a part file that the first one does not have.
fn beside(first: &Part, part: &Part, file: &Path) -> Option<String> {
    let names = first.names();
    let others: Vec<String> = part.names().into_iter().filter(|name| !names.contains(name)).collect();
    let others: Vec<String> =
        others.iter().map(|name| format!("`{}`", printable(name, LONGEST_NAME))).collect();
    (!others.is_empty())
        .then(|| format!("{} of {} is left out: it is not in every file", others.join(", "), file.display()))
}

/// Put the rows of a part file behind those that are read already.
fn append(columns: &mut [Column], mut part: Part, file: &Path) -> Result<()> {
    let name = file.display().to_string();
    for column in columns {
        match part.columns.iter().position(|other| other.name == column.name) {
            Some(at) => column.append(&name, part.columns.swap_remove(at))?,
            None => return Err(Error::missing_column(&name, &column.name, part.names())),
        }
    }
    Ok(())
}

/// Features, label and time out of the columns that were read.
fn assemble(part: Part, request: &Request) -> Result<Table> {
    let Part { columns, label, time, mut notes } = part;
    let table = &request.table;
    notes.extend(other_times(&columns, &time, request));
    notes.extend(absent("label", &request.label, label.is_some()));
    notes.extend(absent("time", &request.time, time.is_some()));
    let at = |name: &String| columns.iter().position(|column| column.name == *name);
    let label = label.as_ref().and_then(|(name, rule)| Some((at(name)?, rule)));
    let time = match &time {
        Some(name) => at(name),
        None => columns.iter().position(|column| matches!(column.values, Values::Time(_))),
    };
    let labels = label.map(|(at, rule)| rule.apply(table, &columns[at])).transpose()?;
    let required = request.time.as_ref().is_some_and(|time| time.required);
    let times = match time.map(|at| columns[at].times(table)) {
        Some(Err(error)) if !required => {
            notes.push(format!("no use is made of the times: {error}"));
            None
        }
        times => times.transpose()?,
    };
    let features = match &request.features {
        Features::Typed(features) => features
            .iter()
            .map(|feature| find(&columns, &feature.name, table)?.clone().into_kind(table, feature.kind))
            .collect::<Result<_>>()?,
        Features::Named(names) => {
            names.iter().map(|name| named(&columns, name, table)).collect::<Result<_>>()?
        }
        Features::All => all(columns, &[label.map(|(at, _)| at), time], &mut notes),
    };
    with_features(Table { name: table.clone(), features, labels, times, notes })
}

/// The table, where it has features and each of them has a value.
fn with_features(table: Table) -> Result<Table> {
    if table.features.is_empty() {
        return Err(Error::table(&table.name, "there is no column that could be a feature"));
    }
    match table.features.iter().find(|column| column.values.all_missing()) {
        Some(column) => {
            let problem = "has no value in any row; name the columns to use with --features";
            Err(Error::column(&table.name, &column.name, problem))
        }
        None => Ok(table),
    }
}

/// A note on a column that a schema names and the file does not have.
fn absent(what: &str, wanted: &Option<Wanted>, found: bool) -> Option<String> {
    let wanted = wanted.as_ref().filter(|_| !found)?;
    Some(format!("the file has no {what} column `{}`", wanted.column))
}

/// A note on which of several times is taken, where nobody said.
fn other_times(columns: &[Column], time: &Option<String>, request: &Request) -> Option<String> {
    let is_time = |column: &&Column| matches!(column.values, Values::Time(_));
    let mut times = columns.iter().filter(is_time).map(|column| printable(&column.name, LONGEST_NAME));
    let taken = times.next().filter(|_| time.is_none() && request.time.is_none())?;
    let others: Vec<String> = times.map(|name| format!("`{name}`")).collect();
    (!others.is_empty())
        .then(|| format!("the time is `{taken}`, and not {}; --time names it", others.join(", ")))
}

fn named(columns: &[Column], name: &str, table: &str) -> Result<Column> {
    let column = find(columns, name, table)?;
    let kind = natural_kind(&column.values)
        .ok_or_else(|| Error::column(table, name, "is a point in time, which cannot be a feature"))?;
    column.clone().into_kind(table, kind)
}

fn find<'a>(columns: &'a [Column], name: &str, table: &str) -> Result<&'a Column> {
    let names = || columns.iter().map(|column| column.name.clone()).collect();
    columns
        .iter()
        .find(|column| column.name == name)
        .ok_or_else(|| Error::missing_column(table, name, names()))
}

/// Every column that can be a feature; a note for each that cannot.
fn all(columns: Vec<Column>, taken: &[Option<usize>], notes: &mut Vec<String>) -> Vec<Column> {
    let mut features = Vec::new();
    for (at, column) in columns.into_iter().enumerate() {
        if taken.contains(&Some(at)) {
            continue;
        }
        match natural_kind(&column.values) {
            Some(_) if column.values.all_missing() => {
                notes.push(format!("`{}` is left out: it has no value in any row", column.name));
            }
            None => notes.push(format!("`{}` is left out: a point in time is no feature", column.name)),
            Some(kind) => match &column.values {
                Values::Text(text) if text.levels.len() > CATEGORY_LEVELS => {
                    notes.push(format!("`{}` is left out: {}", column.name, no_category(text)));
                }
                _ => features.extend(column.into_kind("", kind)),
            },
        }
    }
    features
}

/// What is wrong with text of many levels.
fn no_category(text: &Categories) -> String {
    match text.almost_numbers() {
        Some((numbers, row)) => {
            let word = printable(text.level(row).unwrap_or_default(), LONGEST_NAME);
            format!(
                "it is a number in {numbers} of {} rows, but `{word}` in row {}",
                text.codes.len(),
                row + 1
            )
        }
        None => format!(
            "text with {} different values is an identifier rather than a category; name it in --features to use it",
            text.levels.len()
        ),
    }
}
