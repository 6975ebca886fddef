//! The columns to read from the files of a table, and the type of each over all files.

use super::column_type::ColumnType;
use super::evidence::Evidence;
use super::part::{Loaded, Part, PartData, evidence_in, part_columns};
use super::parts::Parts;
use super::polars::from_polars;
use super::repairs::Repairs;
use super::request::{Features, Request};
use super::shared_columns::{NamedColumns, lacking};
use crate::error::{Error, LONGEST_NAME, Result, printable};
use crate::table::column::Column;
use crate::table::label::LabelRule;
use crate::table::note::Note;
use ::polars::prelude::DataType;
use std::collections::HashMap;
use std::path::Path;

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
    /// Columns to read as categories.
    categorical: Vec<String>,
    /// Columns that are read for the groups of rows alone.
    groups: Vec<String>,
    /// What a reader should know.
    pub notes: Vec<Note>,
}

impl Choice {
    /// Choose the columns. `table` names the whole table in errors.
    ///
    /// # Errors
    /// If a requested column is missing, or if the parts are different tables.
    pub fn new(table: &Path, request: &Request, parts: &[Part], found: &Parts) -> Result<Self> {
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
            categorical: request.categorical.clone(),
            groups: Vec::new(),
            notes: notes(parts, found),
        };
        if let Some(wanted) = &request.label {
            let unreadable = parts.iter().flat_map(Part::unreadable).map(|(name, _)| name);
            let names_in_files: Vec<String> = names.iter().chain(unreadable).cloned().collect();
            let (name, rule) = LabelRule::parse(&wanted.column, &names_in_files)?;
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
        choice.add_groups(&table.display().to_string(), request, &names)?;
        choice.check_categorical(&table.display().to_string(), request)?;
        let mut needed = choice.columns.iter().chain(&choice.categorical);
        if let Some(missing) = needed.find(|name| !names.contains(name)) {
            let unreadable = parts.iter().find_map(|part| part.refusal(missing));
            let absent = || Error::missing_column(&table.display().to_string(), missing, names.clone());
            return Err(unreadable.unwrap_or_else(absent));
        }
        choice.note_lacking_columns(table, parts)?;
        Ok(choice)
    }

    /// Add notes on the parts that lack some of the columns to read.
    fn note_lacking_columns(&mut self, table: &Path, parts: &[Part]) -> Result<()> {
        let columns = |part: &'_ Part| -> Vec<&str> {
            let own = self.columns.iter().map(String::as_str);
            own.filter(|name| part.position(name).is_some() || part.key(name).is_some()).collect()
        };
        let files: Vec<NamedColumns> =
            parts.iter().map(|part| (part.file.path.as_path(), columns(part))).collect();
        let notes = lacking(table, &files)?;
        self.notes.extend(notes.into_iter().map(Note::from));
        Ok(())
    }

    /// Check that the categories can be features.
    fn check_categorical(&self, file: &str, request: &Request) -> Result<()> {
        let is_label = |name: &String| self.label.as_ref().is_some_and(|(label, _)| label == name);
        let is_feature = |name: &String| match &request.features {
            Features::Named(features) => features.contains(name),
            _ => !is_label(name) && self.time.as_ref() != Some(name),
        };
        match self.categorical.iter().find(|name| !is_feature(name)) {
            Some(name) => {
                Err(Error::column(file, name, "cannot be a category: it is not one of the features"))
            }
            None => Ok(()),
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

    /// Also read the columns that the groups of rows need.
    fn add_groups(&mut self, table: &str, request: &Request, names: &[String]) -> Result<()> {
        for name in request.group_by.needed(table, &request.roles, names)? {
            if !self.columns.contains(&name) {
                self.columns.push(name.clone());
                self.groups.push(name);
            }
        }
        Ok(())
    }

    /// The columns of all parts. The type of a column holds the values of all parts.
    ///
    /// # Errors
    /// If a part cannot be read, or a requested column has a type that cannot be used.
    pub fn read(&mut self, parts: &[Part]) -> Result<Vec<Column>> {
        let (mut loaded, repairs) = (Vec::new(), Repairs::default());
        for part in parts {
            part.check_size(self.columns.len())?;
            loaded.push(self.load(part, &repairs)?);
        }
        self.notes.extend(repairs.notes().into_iter().map(Note::from));
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

    fn load<'a>(&mut self, part: &'a Part, repairs: &Repairs) -> Result<Loaded<'a>> {
        match &part.data {
            PartData::Csv(file) => Ok(Loaded::Csv(file, file.evidence(repairs)?)),
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
                    let unit = unit_note(column.name(), column.dtype());
                    self.notes.extend(unit.filter(|unit| !self.notes.contains(unit)));
                    match from_polars(column) {
                        Ok(column) => {
                            values.insert(column.name, column.values);
                        }
                        Err(kind) => self.leave_out(&part.file.path, column.name(), &kind)?,
                    }
                }
                Ok(Loaded::Values(values, file.rows))
            }
        }
    }

    /// The type of a column over all parts, inferred from all values.
    fn type_of(&mut self, name: &str, parts: &[Part], loaded: &[Loaded]) -> ColumnType {
        let mut evidence = Evidence::default();
        let mut words: Vec<(&'static str, &Part)> = Vec::new();
        for (part, loaded) in parts.iter().zip(loaded) {
            let own = evidence_in(name, part, loaded);
            let word = part.zone(name).or_else(|| own.word());
            words.extend(
                word.filter(|word| words.iter().all(|(other, _)| other != word)).map(|word| (word, part)),
            );
            evidence.merge(&own);
        }
        let is_label = self.label.as_ref().is_some_and(|(label, _)| label == name);
        let column_type = match &self.label {
            Some((label, rule)) if label == name && rule.names_a_word() => ColumnType::Text,
            _ if self.categorical.iter().any(|column| column == name) => ColumnType::Text,
            _ if is_label || self.typed || self.groups.contains(&name.to_owned()) => evidence.column_type(),
            _ => evidence.feature_type(),
        };
        self.notes.extend(mixed_types(name, &words, column_type));
        if column_type == ColumnType::Real
            && let Some(count) = evidence.counted_as_missing()
        {
            let (_, row, text) = evidence.spoiler(0.5).unwrap_or_default();
            let note = format!(
                "`{}` is read as numbers: text counts as missing, in {count} of {} rows, such as `{}` in row {}",
                printable(name, LONGEST_NAME),
                evidence.rows,
                printable(text, LONGEST_NAME),
                row + 1
            );
            self.notes.push(note.into());
        }
        let shown = printable(name, LONGEST_NAME);
        match column_type {
            ColumnType::Duration => self.notes.push(
                format!("`{shown}` holds durations or times of day: it is read as numbers of seconds").into(),
            ),
            ColumnType::Time { .. } if evidence.is_month_first_by_guess() => self.notes.push(
                format!(
                    "the dates of `{shown}` are read with the month first, because their times have AM and PM"
                )
                .into(),
            ),
            _ => (),
        }
        self.evidence.insert(name.to_owned(), evidence);
        column_type
    }

    fn is_requested(&self, name: &str) -> bool {
        let label = self.label.as_ref().map(|(label, _)| label);
        let is_demanded = !self.lenient && !self.groups.iter().any(|column| column == name);
        is_demanded || label.is_some_and(|label| label == name) || self.time.as_deref() == Some(name)
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

/// The notes of the files, each once.
fn notes(parts: &[Part], found: &Parts) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    let of_files = found.notes.iter().map(|text| Note::from(text.as_str()));
    for note in of_files.chain(parts.iter().flat_map(Part::notes)) {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}

/// A note on a column whose files hold different kinds of values, given with the first file of each.
fn mixed_types(name: &str, words: &[(&str, &Part)], column_type: ColumnType) -> Option<Note> {
    if words.len() < 2 {
        return None;
    }
    let result = match column_type {
        ColumnType::Time { .. } => "times in UTC",
        ColumnType::Empty | ColumnType::Text => "text",
        ColumnType::Duration => "numbers of seconds",
        ColumnType::Flag | ColumnType::Integer | ColumnType::Real => "numbers",
    };
    let held: Vec<String> =
        words.iter().map(|(word, part)| format!("{word} in {}", part.file.path.display())).collect();
    let name = printable(name, LONGEST_NAME);
    Some(format!("`{name}` holds {}: all of it is read as {result}", held.join(" and ")).into())
}

/// A note on the unit of a column whose values have none in the table.
fn unit_note(name: &str, kind: &DataType) -> Option<Note> {
    let unit = match kind {
        DataType::Duration(_) => "holds durations: they are numbers of seconds",
        DataType::Time => "holds times of day: they are seconds since midnight",
        _ => return None,
    };
    Some(format!("`{}` {unit}", printable(name, LONGEST_NAME)).into())
}

/// The first column of points in time.
fn first_time(parts: &[Part], names: &[String]) -> Result<Option<String>> {
    let mut evidence: HashMap<&str, Evidence> = HashMap::new();
    for part in parts {
        for key in &part.file.keys {
            if let Some(value) = &key.value {
                evidence.entry(&key.name).or_default().see(value, 0, 1);
            }
        }
        match &part.data {
            PartData::Parquet(file) => {
                let is_time = |kind: &DataType| kind.is_datetime() || kind.is_date();
                if let Some((name, _)) = file.columns.types.iter().find(|(_, kind)| is_time(kind)) {
                    return Ok(Some(name.clone()));
                }
            }
            PartData::Csv(file) => {
                for (name, column) in file.header.names.iter().zip(file.evidence(&Repairs::default())?) {
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
