//! How lines hold rows: as objects of JSON, or as records of CSV under a header.

use super::row::Line;
use crate::error::{Error, Result};
use crate::model::{Assessment, TableModel};
use crate::model::score::explanation::Style;
use crate::model::score::{Options, Policy, Tally};
use crate::table::{Cell, Fields, Header, field};

/// How each line of a stream holds a row.
pub(super) enum Form {
    /// A JSON object.
    Object {
        fields: Fields,
        /// The new fields' names, quoted, as they stand in front of their values.
        keys: Vec<String>,
    },
    /// A record of CSV.
    Record {
        header: Header,
        /// Where each feature stands.
        places: Vec<Option<usize>>,
        /// The names of the new columns.
        names: Vec<String>,
    },
}

impl Form {
    /// Objects that leave the new fields' names free.
    pub fn objects(model: &TableModel, options: &Options) -> Self {
        let names = options.names();
        let key = |name: &String| format!("{}:", serde_json::Value::from(name.as_str()));
        Form::Object { fields: Fields::new(&names_of(model), &names), keys: names.iter().map(key).collect() }
    }

    /// Records under a header, by whose columns features are absent.
    ///
    /// # Errors
    /// Where it is no header, lacks a feature that may not be absent, or has a column of a new one's name.
    pub fn records(header: &[u8], model: &TableModel, options: &Options, tally: &mut Tally) -> Result<Self> {
        let header = Header::parse(header)?;
        let names = options.names();
        if let Some(name) = names.iter().find(|name| header.names().contains(name)) {
            let problem = "is in the table already; --prefix names the new columns otherwise";
            return Err(Error::column(model.name(), name, problem));
        }
        let places = header.places(&names_of(model));
        for (feature, place) in tally.features.iter_mut().zip(&places) {
            feature.absent = place.is_none();
            if feature.absent && options.policies.absent == Policy::Refuse {
                return Err(Error::missing_column(model.name(), &feature.feature, header.names().to_vec()));
            }
        }
        Ok(Form::Record { header, places, names })
    }

    /// How explanations are written.
    pub fn style(&self) -> Style {
        match self {
            Form::Object { .. } => Style::Json,
            Form::Record { .. } => Style::Words,
        }
    }

    /// What a line holds: an object without the space around it, and without the mark that some programs put in front
    /// of a file; a record without its line end.
    pub fn held<'a>(&self, text: &'a [u8], number: u64) -> &'a [u8] {
        match self {
            Form::Object { .. } => unmarked(text, number).trim_ascii(),
            Form::Record { .. } => text.strip_suffix(b"\r").unwrap_or(text),
        }
    }

    /// What stands above the lines: a header with the new names behind its own.
    pub fn head(&self) -> Vec<u8> {
        match self {
            Form::Object { .. } => Vec::new(),
            Form::Record { header, names, .. } => {
                let all = header.names().iter().chain(names).map(|name| field(name));
                (all.collect::<Vec<_>>().join(",") + "\n").into_bytes()
            }
        }
    }

    /// The features' values, in order, and whether an object has no field at all.
    ///
    /// # Errors
    /// In words, where the text holds no row.
    pub fn parse(&self, held: &[u8]) -> Result<(Vec<Cell>, bool), String> {
        match self {
            Form::Object { fields, .. } => fields.parse(held),
            Form::Record { header, places, .. } => Ok((header.cells(held, places)?, false)),
        }
    }

    /// Write a line with what was found behind its own.
    pub fn write(&self, line: &Line, found: &Assessment, explanation: Option<&str>, out: &mut Vec<u8>) {
        let held = line.held(self);
        let number = |number: f64| serde_json::Value::from(number).to_string();
        let values = [number(found.score), number(found.severity), found.flagged.to_string()];
        let values = values.iter().map(String::as_str);
        match self {
            Form::Object { keys, .. } => {
                out.extend_from_slice(held.strip_suffix(b"}").unwrap_or(held).trim_ascii_end());
                let mut comma = if line.row.as_ref().is_ok_and(|row| row.empty) { "" } else { "," };
                for (key, value) in keys.iter().zip(values.chain(explanation)) {
                    out.extend_from_slice(format!("{comma}{key}{value}").as_bytes());
                    comma = ",";
                }
                out.extend_from_slice(b"}\n");
            }
            Form::Record { names, .. } => {
                out.extend_from_slice(held);
                let explanation = field(explanation.unwrap_or_default());
                for value in values.chain([explanation.as_str()]).take(names.len()) {
                    out.extend_from_slice(format!(",{value}").as_bytes());
                }
                out.push(b'\n');
            }
        }
    }
}

fn names_of(model: &TableModel) -> Vec<&str> {
    model.features().iter().map(|feature| feature.name.as_str()).collect()
}

/// Text without the mark that some programs put in front of a file.
pub(super) fn unmarked(text: &[u8], number: u64) -> &[u8] {
    match number {
        1 => text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text),
        _ => text,
    }
}
