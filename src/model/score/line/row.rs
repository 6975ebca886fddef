//! Lines of a stream, and the columns of a block of lines.

use super::row_format::RowFormat;
use crate::model::score::columns::{of_rows, scalars};
use crate::model::{FeatureModel, TableModel};
use crate::table::{Column, Note, Scalar, Text};

/// A line to score.
pub(super) struct Line {
    pub number: u64,
    /// The unchanged text; `None` if the line is too long.
    pub text: Option<Vec<u8>>,
    pub row: Result<Row, Note>,
}

/// The row of a line.
pub(super) struct Row {
    /// In the order of the features.
    values: Vec<Scalar>,
    /// Whether the object has no field.
    pub is_empty: bool,
}

impl Line {
    /// A line and its row; `None` if it is blank.
    pub fn new(number: u64, text: Text, format: &mut RowFormat, model: &TableModel) -> Option<Self> {
        let Text::Whole(text) = text else {
            return Some(Line { number, text: None, row: Err("the line is longer than 16 MiB".into()) });
        };
        let record = format.record(&text, number);
        let is_blank = record.trim_ascii().is_empty();
        let row = Row::new(record, format, model);
        (!is_blank).then_some(Line { number, text: Some(text), row })
    }

    /// The text of the object or the record.
    pub fn record(&self, format: &RowFormat) -> &[u8] {
        format.record(self.text.as_deref().unwrap_or_default(), self.number)
    }
}

impl Row {
    /// Whether every feature is missing.
    pub fn is_missing(&self) -> bool {
        self.values.iter().all(Scalar::is_missing)
    }

    fn new(record: &[u8], format: &mut RowFormat, model: &TableModel) -> Result<Self, Note> {
        let (cells, is_empty) = format.parse(record)?;
        Ok(Row { values: scalars(model, cells)?, is_empty })
    }
}

/// The feature columns of all lines with a valid row.
pub(super) fn columns(features: &[FeatureModel], lines: &[Line]) -> Vec<Column> {
    let rows = lines.iter().filter_map(|line| line.row.as_ref().ok());
    of_rows(features, rows.map(|row| row.values.as_slice()))
}
