//! The two formats of a stream: lines of JSON objects, or CSV records with a header.

use crate::error::{Error, Hint, Result};
use crate::model::score::explanation::Style;
use crate::model::score::{Options, Policy, ScoreStats};
use crate::model::{Assessment, TableModel};
use crate::table::{self, Cell, Fields, Header, Note, RecordReader, field_between};

/// The format of the lines of a stream.
pub(super) enum RowFormat {
    /// A JSON object.
    Object {
        fields: Fields,
        /// The JSON keys of the new fields, quoted and with a colon.
        keys: Vec<String>,
    },
    /// A CSV record.
    Record {
        header: Header,
        reader: RecordReader,
        /// The column index of each input of the model; `None` if the header lacks it.
        positions: Vec<Option<usize>>,
        /// The names of the new columns.
        names: Vec<String>,
    },
}

impl RowFormat {
    /// JSON objects. The names of the new fields are reserved.
    pub fn objects(model: &TableModel, options: &Options) -> Self {
        let names = options.names();
        let key = |name: &String| format!("{}:", serde_json::Value::from(name.as_str()));
        RowFormat::Object {
            fields: Fields::new(&model.card().inputs(), &names),
            keys: names.iter().map(key).collect(),
        }
    }

    /// CSV records with this header. Features that the header lacks are marked absent in `stats`.
    ///
    /// # Errors
    /// If the header lacks a feature that must be present, or has the name of a new column.
    pub fn records(
        header: Header,
        model: &TableModel,
        options: &Options,
        stats: &mut ScoreStats,
    ) -> Result<Self> {
        let names = options.names();
        if let Some(name) = names.iter().find(|name| header.names.contains(name)) {
            let error = Error::column(model.name(), name, "is in the table already");
            return Err(error.with_hint(Hint::Prefix));
        }
        let positions = header.positions(&model.card().inputs());
        for (at, feature) in stats.features.iter_mut().enumerate() {
            let input = model.card().input_of(at);
            feature.absent = !header.names.iter().any(|name| name == input);
            if feature.absent && options.policies.absent == Policy::Refuse {
                return Err(Error::missing_column(model.name(), input, header.names.clone()));
            }
        }
        let reader = RecordReader::new(header.dialect);
        Ok(RowFormat::Record { header, reader, positions, names })
    }

    /// The style of explanations in this format.
    pub fn style(&self) -> Style {
        match self {
            RowFormat::Object { .. } => Style::Json,
            RowFormat::Record { .. } => Style::Words,
        }
    }

    /// The content of a line: an object without white space and byte order mark, or a record without its line
    /// end.
    pub fn record<'a>(&self, text: &'a [u8], number: u64) -> &'a [u8] {
        match self {
            RowFormat::Object { .. } => unmarked(text, number).trim_ascii(),
            RowFormat::Record { .. } => text.strip_suffix(b"\r").unwrap_or(text),
        }
    }

    /// The output before the first line: a CSV header with the new columns last, or nothing.
    pub fn head(&self) -> Vec<u8> {
        match self {
            RowFormat::Object { .. } => Vec::new(),
            RowFormat::Record { header, names, .. } => {
                let delimiter = header.dialect.delimiter;
                let all = header.names.iter().chain(names).map(|name| field_between(name, delimiter));
                let all: Vec<String> = all.collect();
                (all.join(&char::from(delimiter).to_string()) + "\n").into_bytes()
            }
        }
    }

    /// Whether the record that was parsed last is the header again.
    pub fn is_header_again(&self) -> bool {
        match self {
            RowFormat::Object { .. } => false,
            RowFormat::Record { header, reader, .. } => header.is_repeated_in(reader),
        }
    }

    /// The values of the features, in order, and whether an object has no field.
    ///
    /// # Errors
    /// If the text is not a row.
    pub fn parse(&mut self, record: &[u8]) -> Result<(Vec<Cell>, bool), Note> {
        match self {
            RowFormat::Object { fields, .. } => fields.parse(record),
            RowFormat::Record { header, reader, positions, .. } => {
                Ok((cells(header, reader, positions, record)?, false))
            }
        }
    }

    /// Write a record with its assessment after its own fields, then its lists of unseen and missing features and its
    /// explanation. `is_empty`: whether an object has no field.
    pub fn write(
        &self,
        (record, is_empty): (&[u8], bool),
        assessment: &Assessment,
        lists: &[Option<String>],
        out: &mut Vec<u8>,
    ) {
        let number = |number: f64| serde_json::Value::from(number).to_string();
        let values = [number(assessment.score), number(assessment.severity), assessment.flagged.to_string()];
        let lists = lists.iter().map(|list| list.as_deref().unwrap_or_default());
        let values = values.iter().map(String::as_str).chain(lists);
        match self {
            RowFormat::Object { keys, .. } => {
                out.extend_from_slice(record.strip_suffix(b"}").unwrap_or(record).trim_ascii_end());
                let mut comma = if is_empty { "" } else { "," };
                for (key, value) in keys.iter().zip(values).filter(|(_, value)| !value.is_empty()) {
                    out.extend_from_slice(format!("{comma}{key}{value}").as_bytes());
                    comma = ",";
                }
                out.extend_from_slice(b"}\n");
            }
            RowFormat::Record { header, names, .. } => {
                let delimiter = header.dialect.delimiter;
                out.extend_from_slice(record);
                for value in values.chain(std::iter::repeat("")).take(names.len()) {
                    out.push(delimiter);
                    out.extend_from_slice(field_between(value, delimiter).as_bytes());
                }
                out.push(b'\n');
            }
        }
    }
}

/// The values of a record at these positions, as text; missing if there is no position.
fn cells(
    header: &Header,
    reader: &mut RecordReader,
    positions: &[Option<usize>],
    record: &[u8],
) -> Result<Vec<Cell>, String> {
    reader.read_one(record);
    reader.check_quotes(record)?;
    if reader.fields() != header.names.len() {
        return Err(format!("holds {} fields where the header has {}", reader.fields(), header.names.len()));
    }
    let mut number = String::new();
    let mut cell = |position: &Option<usize>| match position {
        Some(at) => {
            let text = header.dialect.plain(reader.text(*at)?, &mut number);
            Ok(Cell::Text(text.to_owned()))
        }
        None => Ok(Cell::Missing),
    };
    positions.iter().map(&mut cell).collect()
}

/// Text without a byte order mark in the first line.
pub(super) fn unmarked(text: &[u8], number: u64) -> &[u8] {
    match number {
        1 => table::unmarked(text),
        _ => text,
    }
}
