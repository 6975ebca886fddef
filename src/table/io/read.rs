//! Reading tables: the requested columns, and the table that they form.

use super::choice::{Choice, Part};
use super::evidence::Evidence;
use super::parts::Paths;
use super::request::{Features, Request, Wanted};
use crate::error::{Error, Hint, LONGEST_NAME, Result, printable};
use crate::table::column::{Column, Values};
use crate::table::note::Note;
use crate::table::{Table, natural_kind};
use std::collections::HashMap;

/// Text with more levels than this is an identifier rather than a category, unless the request names it.
const CATEGORY_LEVELS: usize = 64;

/// Read one table from files, patterns, and folders of part files.
///
/// # Errors
/// If a file is missing, truncated or not a table; if the files are different tables; if a column is missing or
/// of the wrong type; if there is no row; if the label has gaps.
pub fn read(paths: impl Into<Paths>, request: &Request) -> Result<Table> {
    let paths = paths.into();
    let found = paths.parts()?;
    let parts: Vec<Part> =
        found.files.iter().map(|file| Part::open(file, request.csv)).collect::<Result<_>>()?;
    let mut choice = Choice::new(&paths.label(), request, &parts, &found)?;
    let columns = choice.read(&parts)?;
    if columns.is_empty() {
        return Err(Error::input(paths.label(), no_usable_column(&choice)));
    }
    if columns[0].values.is_empty() {
        return Err(Error::input(paths.label(), "the table has no rows"));
    }
    assemble(columns, choice, request)
}

fn no_usable_column(choice: &Choice) -> String {
    match choice.notes.is_empty() {
        true => "the table has no column".to_owned(),
        false => {
            let notes: Vec<&str> = choice.notes.iter().map(|note| note.text.as_str()).collect();
            format!("no column can be used: {}", notes.join("; "))
        }
    }
}

/// The table of the columns that were read: features, label and time.
fn assemble(columns: Vec<Column>, choice: Choice, request: &Request) -> Result<Table> {
    let Choice { label, time, mut notes, evidence, .. } = choice;
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
            notes.push(format!("the time column is ignored: {error}").into());
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
        Features::All => all(columns, &[label.map(|(at, _)| at), time], &evidence, &mut notes),
    };
    notes.extend(features.iter().filter_map(|column| kept_as_category(column, &evidence)));
    with_features(Table { name: table.clone(), features, labels, times, notes })
}

/// The table itself.
///
/// # Errors
/// If the table has no feature, or a feature has no value.
fn with_features(table: Table) -> Result<Table> {
    if table.features.is_empty() {
        return Err(Error::table(&table.name, "no column can be a feature"));
    }
    match table.features.iter().find(|column| column.values.all_missing()) {
        Some(column) => {
            let error = Error::column(&table.name, &column.name, "has no value in any row");
            Err(error.with_hint(Hint::NameFeatures))
        }
        None => Ok(table),
    }
}

/// A note on a column of the schema that the file lacks.
fn absent(what: &str, wanted: &Option<Wanted>, is_present: bool) -> Option<Note> {
    let wanted = wanted.as_ref().filter(|_| !is_present)?;
    Some(format!("the file has no {what} column `{}`", wanted.column).into())
}

/// A note on the time column that is used, if there are several and the request names none.
fn other_times(columns: &[Column], time: &Option<String>, request: &Request) -> Option<Note> {
    let is_time = |column: &&Column| matches!(column.values, Values::Time(_));
    let mut times = columns.iter().filter(is_time).map(|column| printable(&column.name, LONGEST_NAME));
    let first = times.next().filter(|_| time.is_none() && request.time.is_none())?;
    let others: Vec<String> = times.map(|name| format!("`{name}`")).collect();
    (!others.is_empty()).then(|| Note {
        text: format!("the time column is `{first}`, not {}", others.join(", ")),
        hint: Some(Hint::NameTime),
    })
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

/// Every column that can be a feature, except those at `excluded`. Each unusable column gets a note.
fn all(
    columns: Vec<Column>,
    excluded: &[Option<usize>],
    evidence: &HashMap<String, Evidence>,
    notes: &mut Vec<Note>,
) -> Vec<Column> {
    let mut features = Vec::new();
    for (at, column) in columns.into_iter().enumerate() {
        if excluded.contains(&Some(at)) {
            continue;
        }
        let name = printable(&column.name, LONGEST_NAME);
        match natural_kind(&column.values) {
            Some(_) if column.values.all_missing() => {
                notes.push(format!("`{name}` is left out: it has no value in any row").into());
            }
            None => notes.push(format!("`{name}` is left out: a point in time is not a feature").into()),
            Some(_) if is_index(&column) => notes.push(Note {
                text: format!("`{name}` is left out: it numbers the rows"),
                hint: Some(Hint::NameFeatures),
            }),
            Some(kind) => match &column.values {
                Values::Text(text) if text.levels.len() > CATEGORY_LEVELS => {
                    let reason = no_category(text.levels.len(), evidence.get(&column.name));
                    notes.push(Note { text: format!("`{name}` is left out: {}", reason.text), ..reason });
                }
                _ => features.extend(column.into_kind("", kind)),
            },
        }
    }
    features
}

/// Whether a column is the index of a data frame. Pandas writes it as `__index_level_0__` in Parquet, and without a name in
/// CSV.
fn is_index(column: &Column) -> bool {
    let unnamed = column.name.strip_prefix("Unnamed: ");
    let is_unnamed = unnamed.is_some_and(|at| at.parse::<usize>().is_ok()) || column.name == "index";
    let counts_up = || match &column.values {
        Values::Integer(numbers) => numbers.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1])),
        _ => false,
    };
    column.name.starts_with("__index_level_") || is_unnamed && counts_up()
}

/// A note on a category whose values are nearly numbers or times.
fn kept_as_category(column: &Column, evidence: &HashMap<String, Evidence>) -> Option<Note> {
    const NEARLY_ALL: f64 = 0.9;
    let evidence = evidence.get(&column.name).filter(|_| matches!(column.values, Values::Text(_)))?;
    let reason = why_text(evidence, NEARLY_ALL)?;
    let name = printable(&column.name, LONGEST_NAME);
    Some(format!("`{name}` is a category, not a number or time: {reason}").into())
}

/// Why text of many levels is not a category.
fn no_category(levels: usize, evidence: Option<&Evidence>) -> Note {
    const MOST: f64 = 0.5;
    match evidence.and_then(|evidence| why_text(evidence, MOST)) {
        Some(reason) => reason.into(),
        None => Note {
            text: format!("text with {levels} different values is an identifier rather than a category"),
            hint: Some(Hint::NameFeatures),
        },
    }
}

/// Why a column is text, if more than this share of its values are numbers or times, or all are nearly so.
fn why_text(evidence: &Evidence, share: f64) -> Option<String> {
    if let Some((typed, row, text)) = evidence.spoiler(share) {
        let (rows, text) = (evidence.rows, printable(text, LONGEST_NAME));
        return Some(format!(
            "it is a number or a time in {typed} of {rows} rows, but `{text}` in row {}",
            row + 1
        ));
    }
    if let Some(text) = evidence.number_with_sign() {
        let text = printable(text, LONGEST_NAME);
        return Some(format!("its numbers have a sign, as in `{text}`; remove it to use them"));
    }
    if evidence.has_long_integers() {
        return Some("its integers have too many digits for numbers: they are identifiers".to_owned());
    }
    evidence.time_problem().map(str::to_owned)
}
