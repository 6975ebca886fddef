//! Reading tables: the requested columns, and the table that they form.

use super::choice::Choice;
use super::codes;
use super::column_type::ColumnType;
use super::evidence::Evidence;
use super::identifier;
use super::part::Part;
use super::parts::Paths;
use super::request::{Features, Request, Wanted};
use super::time::DateOrder;
use crate::error::{Error, Hint, LONGEST_NAME, Result, printable};
use crate::table::column::{Column, Values};
use crate::table::groups;
use crate::table::note::Note;
use crate::table::{Table, TimeFeature, TimeSource, canonical, natural_kind};
use std::collections::HashMap;

/// Text with more levels than this is an identifier rather than a category, unless the request names it.
const CATEGORY_LEVELS: usize = 64;

/// Read one table from files, patterns, and folders of part files.
///
/// # Errors
/// If a file is missing, truncated or not a table; if the files are different tables; if a column is missing or
/// of the wrong type; if there is no row; if no row has a label that can be read.
pub fn read(paths: impl Into<Paths>, request: &Request) -> Result<Table> {
    let paths = paths.into();
    let found = paths.parts()?;
    let parts: Vec<Part> =
        found.files.iter().map(|file| Part::open(file, request.csv)).collect::<Result<_>>()?;
    let mut choice = Choice::new(&paths.label(), request, &parts, &found)?;
    let mut columns = choice.read(&parts)?;
    for column in columns.iter_mut().filter(|column| request.categorical.contains(&column.name)) {
        spell_as_numbers(column, choice.evidence.get(&column.name));
    }
    if columns.is_empty() {
        return Err(Error::input(paths.label(), no_usable_column(&choice)));
    }
    if columns[0].values.is_empty() {
        return Err(Error::input(paths.label(), "the table has no rows"));
    }
    assemble(columns, choice, request, &parts)
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
fn assemble(columns: Vec<Column>, choice: Choice, request: &Request, parts: &[Part]) -> Result<Table> {
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
    if let Some((at, rule)) = label {
        notes.extend(rule.absent(table, &columns[at])?);
    }
    let label_name = label.map_or("", |(at, _)| &columns[at].name).to_owned();
    let required = request.time.as_ref().is_some_and(|time| time.required);
    let times = match time.map(|at| columns[at].times(table)) {
        Some(Err(error)) if !required => {
            notes.push(format!("the time column is ignored: {error}").into());
            None
        }
        times => times.transpose()?,
    };
    let named_times = time.map(|at| columns[at].name.as_str()).zip(times.as_deref());
    let Request { group_by, roles, .. } = request;
    let groups = groups::choose(table, group_by, roles, &columns, named_times, labels.as_deref())?;
    let source = match time.filter(|_| request.time_features) {
        Some(at) => of_time(parts, &columns, &columns[at], &evidence, &mut notes)?,
        None if request.time_features => {
            let error = Error::table(table, "there is no time column for features of the time");
            return Err(error.with_hint(Hint::NameTime));
        }
        None => None,
    };
    let mut features: Vec<Column> = match &request.features {
        Features::Typed(features) => {
            let typed = features
                .iter()
                .map(|feature| find(&columns, &feature.name, table)?.clone().into_kind(table, feature.kind))
                .collect::<Result<Vec<_>>>()?;
            without_empty(typed, &mut notes)
        }
        Features::Named(names) => {
            names.iter().map(|name| named(&columns, name, table)).collect::<Result<_>>()?
        }
        Features::All => {
            let of_groups = group_columns(&columns, request, &mut notes)?;
            let excluded: Vec<Option<usize>> =
                [label.map(|(at, _)| at), time].into_iter().chain(of_groups).collect();
            all(columns, &excluded, &evidence, &request.categorical, &mut notes)
        }
    };
    notes.extend(features.iter().filter_map(|column| kept_as_category(column, &evidence)));
    if !matches!(request.features, Features::Typed(_)) {
        notes.extend(codes::note(&features));
    }
    let (time_source, of_time) = source.unzip();
    features.extend(of_time.into_iter().flatten());
    let table = Table { name: table.clone(), features, labels: None, times, groups, time_source, notes };
    with_features(match labels {
        Some(labels) => table.with_labels(&label_name, &labels),
        None => table,
    })
}

/// The features of the time column, and their source; `None` if the file has no time or has columns of these names.
fn of_time(
    parts: &[Part],
    columns: &[Column],
    time: &Column,
    evidence: &HashMap<String, Evidence>,
    notes: &mut Vec<Note>,
) -> Result<Option<(TimeSource, Vec<Column>)>> {
    let own = evidence.get(&time.name).map(Evidence::column_type);
    let order = match own {
        Some(ColumnType::Time { order, .. }) => order,
        _ => DateOrder::DayFirst,
    };
    let mut local = Vec::new();
    for part in parts {
        local.extend(part.local_times(&time.name, order)?);
    }
    let name = printable(&time.name, LONGEST_NAME);
    let is_taken = |feature: &TimeFeature| columns.iter().any(|column| column.name == feature.name());
    let (taken, features): (Vec<_>, Vec<_>) = TimeFeature::ALL.into_iter().partition(is_taken);
    notes.extend(taken.iter().map(|feature| {
        let name = feature.name();
        Note::from(format!("`{name}` is not made from the time: the file has a column of this name"))
    }));
    if features.is_empty() || local.iter().all(|&time| time == Values::NO_TIME) {
        return Ok(None);
    }
    let names: Vec<&str> = features.iter().map(|feature| feature.name()).collect();
    notes.push(format!("features from the time column `{name}`: {}", names.join(", ")).into());
    let month_first = order == DateOrder::MonthFirst;
    let source = TimeSource { column: time.name.clone(), month_first, features };
    let columns = source.columns(&local);
    Ok(Some((source, columns)))
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

/// The features of a schema that have values: logs cannot show each feature. All of them, if none has.
fn without_empty(features: Vec<Column>, notes: &mut Vec<Note>) -> Vec<Column> {
    if features.iter().all(|column| column.values.all_missing()) {
        return features;
    }
    let (empty, known): (Vec<Column>, Vec<Column>) =
        features.into_iter().partition(|column| column.values.all_missing());
    notes.extend(empty.iter().map(|column| {
        let name = printable(&column.name, LONGEST_NAME);
        Note::from(format!("`{name}` is left out: it has no value in any row"))
    }));
    known
}

/// A note on a column of the schema that the file lacks.
fn absent(what: &str, wanted: &Option<Wanted>, is_present: bool) -> Option<Note> {
    let wanted = wanted.as_ref().filter(|_| !is_present)?;
    Some(format!("the file has no {what} column `{}`", wanted.column).into())
}

/// The columns of attacks and of the requested groups, which are no features unless they are named.
fn group_columns(
    columns: &[Column],
    request: &Request,
    notes: &mut Vec<Note>,
) -> Result<impl Iterator<Item = Option<usize>>> {
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let attack = request.roles.attack_in(&names);
    let own = request.group_by.column(&request.table, &request.roles, &names)?;
    let mut found: Vec<&String> = attack.into_iter().chain(own.as_ref()).collect();
    found.dedup();
    notes.extend(found.iter().map(|name| {
        let name = printable(name, LONGEST_NAME);
        Note::from(format!("`{name}` is left out: it says which rows belong together"))
    }));
    let at: Vec<_> = found.iter().map(|name| names.iter().position(|other| other == *name)).collect();
    Ok(at.into_iter())
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
    categorical: &[String],
    notes: &mut Vec<Note>,
) -> Vec<Column> {
    let mut features = Vec::new();
    let copies = copies(&columns);
    for (at, column) in columns.into_iter().enumerate() {
        if excluded.contains(&Some(at)) {
            continue;
        }
        let reason = match copies.contains(&column.name) {
            true => Some("it repeats another column, name and values".into()),
            false if categorical.contains(&column.name) && !column.values.all_missing() => None,
            false => unusable(&column, evidence.get(&column.name)),
        };
        match (reason, natural_kind(&column.values)) {
            (None, Some(kind)) => features.extend(column.into_kind("", kind)),
            (reason, _) => notes.extend(reason.map(|Note { text, hint }| {
                let name = printable(&column.name, LONGEST_NAME);
                Note { text: format!("`{name}` is left out: {text}"), hint }
            })),
        }
    }
    features
}

/// Why a column cannot be a feature; `None` if it can.
fn unusable(column: &Column, evidence: Option<&Evidence>) -> Option<Note> {
    match &column.values {
        values if values.all_missing() => Some("it has no value in any row".into()),
        Values::Time(_) => Some("a point in time is not a feature".into()),
        Values::Text(text) if text.levels.len() > CATEGORY_LEVELS => {
            Some(no_category(text.levels.len(), evidence))
        }
        _ => identifier::reason(column),
    }
}

/// Spell the codes of a category as numbers are spelled: `443` for `443.0`, so that they are the same in every format.
fn spell_as_numbers(column: &mut Column, evidence: Option<&Evidence>) {
    let is_number = evidence
        .is_some_and(|evidence| matches!(evidence.column_type(), ColumnType::Integer | ColumnType::Real));
    if let Values::Text(text) = &mut column.values
        && is_number
    {
        *text = text.relabeled(|level| canonical(level).unwrap_or_else(|| level.clone()));
    }
}

/// The names of columns that repeat another one: `bytes.1` with the values of `bytes`.
fn copies(columns: &[Column]) -> Vec<String> {
    let is_copy = |column: &&Column| {
        let number = column.name.rsplit_once('.').filter(|(_, nth)| nth.parse::<u32>().is_ok());
        let first = number.and_then(|(name, _)| columns.iter().find(|other| other.name == name));
        first.is_some_and(|first| first.values.are_same(&column.values))
    };
    columns.iter().filter(is_copy).map(|column| column.name.clone()).collect()
}

/// A note on a category whose values are nearly numbers or times.
fn kept_as_category(column: &Column, evidence: &HashMap<String, Evidence>) -> Option<Note> {
    const NEARLY_ALL: f64 = 0.9;
    let evidence = evidence.get(&column.name).filter(|_| matches!(column.values, Values::Text(_)))?;
    // Identifiers of few values are categories.
    let reason = why_text(evidence, NEARLY_ALL).filter(|_| !evidence.has_long_integers())?;
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
    if let Some(text) = evidence.time_without_year() {
        let text = printable(text, LONGEST_NAME);
        return Some(format!("its times have no year, as in `{text}`; add one to use them"));
    }
    if evidence.has_long_integers() {
        return Some("its integers have too many digits for numbers: they are identifiers".to_owned());
    }
    evidence.time_problem().map(str::to_owned)
}
