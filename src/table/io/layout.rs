//! The columns of all files of a table, with types that fit the values of every file.

use super::polars::brief;
use crate::error::{Error, LONGEST_NAME, Result, printable};
use crate::table::note::Note;
use polars::prelude::{Column, DataFrame, DataType, Field, PlSmallStr, Schema, TimeUnit};
use std::path::Path;

/// Names and types of columns, in order.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub columns: Vec<(String, DataType)>,
    /// What a reader should know.
    pub notes: Vec<Note>,
}

impl Layout {
    /// The columns of one file. Categories become text, because their codes differ from file to file.
    ///
    /// # Errors
    /// If the file has no column.
    pub fn new(file: &Path, mut columns: Vec<(String, DataType)>, notes: Vec<Note>) -> Result<Self> {
        for (_, kind) in &mut columns {
            if matches!(kind, DataType::Categorical(..) | DataType::Enum(..)) {
                *kind = DataType::String;
            }
        }
        match columns.is_empty() {
            true => Err(Error::input(file, "the table has no column")),
            false => Ok(Layout { columns, notes }),
        }
    }

    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|(name, _)| name.clone()).collect()
    }

    pub fn name_list(&self) -> Vec<&str> {
        self.columns.iter().map(|(name, _)| name.as_str()).collect()
    }

    pub fn schema(&self) -> Schema {
        let field = |(name, kind): &(String, DataType)| Field::new(PlSmallStr::from(name), kind.clone());
        Schema::from_iter(self.columns.iter().map(field))
    }

    pub fn empty(&self) -> DataFrame {
        DataFrame::empty_with_schema(&self.schema())
    }

    /// Add the columns of another file of the same table. Types widen, and a column that a file lacks is
    /// missing there.
    ///
    /// # Errors
    /// If a column has an incompatible type.
    pub fn merge(&mut self, other: Layout, file: &Path) -> Result<()> {
        let name = file.display().to_string();
        for (column, kind) in &mut self.columns {
            let Some((_, theirs)) = other.columns.iter().find(|(other, _)| other == column) else { continue };
            let both = widened(kind, theirs).ok_or_else(|| {
                let problem = format!("has the type {theirs} here and {kind} in the files before");
                Error::column(&name, column, problem)
            })?;
            if is_surprising(kind, theirs) {
                let column = printable(column, LONGEST_NAME);
                self.notes.push(Note::from(format!(
                    "`{column}` has the type {theirs} in {name} and {kind} in the files before: it becomes {both}"
                )));
            }
            *kind = both;
        }
        for (column, kind) in other.columns {
            if !self.columns.iter().any(|(own, _)| *own == column) {
                self.columns.push((column, kind));
            }
        }
        for note in other.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        Ok(())
    }

    /// A frame with these columns, in this order, with these types and in one chunk each.
    ///
    /// # Errors
    /// If a value does not fit its column.
    pub fn applied(&self, mut frame: DataFrame, file: &Path) -> Result<DataFrame> {
        // One chunk, because polars panics in the error message for a failed cast of several chunks.
        frame.rechunk_mut();
        let height = frame.height();
        let column = |(name, kind): &(String, DataType)| -> Result<Column> {
            let refused = |e| Error::column(&file.display().to_string(), name, brief(&e));
            match frame.column(name) {
                Ok(column) if column.dtype() == kind => Ok(column.clone()),
                Ok(column) => column.strict_cast(kind).map_err(refused),
                Err(_) => Ok(Column::full_null(PlSmallStr::from(name), height, kind)),
            }
        };
        let columns = self.columns.iter().map(column).collect::<Result<Vec<_>>>()?;
        DataFrame::new(height, columns).map_err(|e| Error::input(file, brief(&e)))
    }
}

/// The largest number of digits of a decimal.
const MOST_DIGITS: usize = 38;

/// Whether values change when two types become one. Numbers stay numbers, and text stays as it is.
fn is_surprising(a: &DataType, b: &DataType) -> bool {
    let is_either = |kind: DataType| *a == kind || *b == kind;
    let are_numbers = a.is_primitive_numeric() && b.is_primitive_numeric();
    a != b && !are_numbers && !is_either(DataType::Null) && !is_either(DataType::String)
}

/// The type that fits the values of both types; `None` if there is no such type.
fn widened(a: &DataType, b: &DataType) -> Option<DataType> {
    let is_plain = |kind: &DataType| {
        kind.is_primitive_numeric()
            || kind.is_temporal()
            || matches!(kind, DataType::Boolean | DataType::String)
    };
    match (a, b) {
        _ if a == b => Some(a.clone()),
        (DataType::Null, kind) | (kind, DataType::Null) => Some(kind.clone()),
        _ if a.is_float() && b.is_primitive_numeric() || a.is_primitive_numeric() && b.is_float() => {
            Some(DataType::Float64)
        }
        _ if a.is_integer() && b.is_integer() => Some(DataType::Int64),
        (DataType::Decimal(_, scale), other) | (other, DataType::Decimal(_, scale)) => match other {
            DataType::Decimal(_, theirs) => Some(DataType::Decimal(MOST_DIGITS, *scale.max(theirs))),
            other if other.is_integer() => Some(DataType::Decimal(MOST_DIGITS, *scale)),
            other if other.is_float() => Some(DataType::Float64),
            DataType::Boolean | DataType::String => Some(DataType::String),
            _ => None,
        },
        (DataType::Binary, DataType::String) | (DataType::String, DataType::Binary) => Some(DataType::String),
        (DataType::Boolean, number) | (number, DataType::Boolean) if number.is_primitive_numeric() => {
            Some(number.clone())
        }
        (DataType::Date, DataType::Datetime(..)) => Some(b.clone()),
        (DataType::Datetime(..), DataType::Date) => Some(a.clone()),
        (DataType::Datetime(_, zone), DataType::Datetime(_, other)) => {
            let zone = zone.clone().or_else(|| other.clone());
            Some(DataType::Datetime(TimeUnit::Microseconds, zone))
        }
        _ if is_plain(a) && is_plain(b) => Some(DataType::String),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(columns: &[(&str, DataType)]) -> Layout {
        let columns = columns.iter().map(|(name, kind)| ((*name).to_owned(), kind.clone())).collect();
        Layout::new(Path::new("a"), columns, vec![]).unwrap()
    }

    #[test]
    fn types_widen_to_fit_the_values_of_every_file() {
        let list = DataType::List(Box::new(DataType::Int64));
        for (a, b, expected) in [
            (DataType::Int32, DataType::Float32, Some(DataType::Float64)),
            (DataType::Int32, DataType::UInt8, Some(DataType::Int64)),
            (DataType::Null, DataType::String, Some(DataType::String)),
            (DataType::Boolean, DataType::Int64, Some(DataType::Int64)),
            (DataType::Int64, DataType::String, Some(DataType::String)),
            (DataType::Decimal(9, 2), DataType::Int64, Some(DataType::Decimal(38, 2))),
            (DataType::Decimal(9, 2), DataType::Decimal(20, 4), Some(DataType::Decimal(38, 4))),
            (DataType::Decimal(9, 2), DataType::Float32, Some(DataType::Float64)),
            (DataType::Binary, DataType::String, Some(DataType::String)),
            (list, DataType::String, None),
        ] {
            assert_eq!(widened(&a, &b), expected, "{a} and {b}");
            assert_eq!(widened(&b, &a), expected, "{b} and {a}");
        }
    }

    #[test]
    fn a_column_that_a_file_lacks_is_missing_there() {
        let mut whole = layout(&[("n", DataType::Int32), ("gone", DataType::Int32)]);
        whole.merge(layout(&[("n", DataType::Int32), ("m", DataType::Int32)]), Path::new("b")).unwrap();
        assert_eq!(whole.names(), ["n", "gone", "m"]);
        let frame = whole.applied(layout(&[("n", DataType::Int32)]).empty(), Path::new("c")).unwrap();
        assert_eq!(frame.width(), 3);
    }
}
