//! The columns that all files of a table have, with types that hold the values of each of them.

use crate::error::{Error, LONGEST_NAME, Result, printable};
use polars::prelude::{Column, DataFrame, DataType, Field, PlSmallStr, Schema};
use std::path::Path;

/// Names and types of columns, in order.
#[derive(Clone, Debug)]
pub(in crate::table) struct Layout {
    pub columns: Vec<(String, DataType)>,
    /// What is left out, in words.
    pub notes: Vec<String>,
}

impl Layout {
    /// Columns of the types that can be passed on; categories become text, for their codes differ from file to
    /// file.
    pub fn new(file: &Path, columns: Vec<(String, Option<DataType>)>) -> Result<Self> {
        let mut layout = Layout { columns: Vec::new(), notes: Vec::new() };
        for (name, kind) in columns {
            match kind {
                Some(DataType::Categorical(..) | DataType::Enum(..)) => {
                    layout.columns.push((name, DataType::String));
                }
                Some(kind) => layout.columns.push((name, kind)),
                None => layout.notes.push(format!(
                    "`{}` is not passed on: its type is no number, flag, text or time",
                    printable(&name, LONGEST_NAME)
                )),
            }
        }
        match layout.columns.is_empty() {
            true => Err(Error::input(file, "the table has no column that can be read")),
            false => Ok(layout),
        }
    }

    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|(name, _)| name.clone()).collect()
    }

    pub fn schema(&self) -> Schema {
        let field = |(name, kind): &(String, DataType)| Field::new(PlSmallStr::from(name), kind.clone());
        Schema::from_iter(self.columns.iter().map(field))
    }

    pub fn empty(&self) -> DataFrame {
        DataFrame::empty_with_schema(&self.schema())
    }

    /// Widen the types so that they hold the values of another file of the same table, too.
    ///
    /// # Errors
    /// Where a column is missing there, or has a type that does not go with this one.
    pub fn merge(&mut self, other: Layout, file: &Path) -> Result<()> {
        let name = file.display().to_string();
        for (column, kind) in &mut self.columns {
            let Some((_, theirs)) = other.columns.iter().find(|(other, _)| other == column) else {
                return Err(Error::missing_column(&name, column, other.names()));
            };
            *kind = common(kind, theirs).ok_or_else(|| {
                let problem = format!("has the type {theirs} here and {kind} in the files before");
                Error::column(&name, column, problem)
            })?;
        }
        let extra =
            other.columns.iter().filter(|(theirs, _)| !self.columns.iter().any(|(own, _)| own == theirs));
        let note = |(column, _): &(String, DataType)| {
            format!(
                "`{}` of {name} is not passed on: it is not in every file",
                printable(column, LONGEST_NAME)
            )
        };
        self.notes.extend(extra.map(note));
        self.notes.extend(other.notes);
        self.notes.dedup();
        Ok(())
    }

    /// A frame with these columns, in this order and of these types, each in one piece.
    ///
    /// # Errors
    /// Where a value does not fit its column.
    pub fn applied(&self, mut frame: DataFrame, file: &Path) -> Result<DataFrame> {
        // In one piece, because polars panics as it words why one of several pieces cannot be cast.
        frame.as_single_chunk();
        let column = |(name, kind): &(String, DataType)| -> Result<Column> {
            let refused = |e: polars::prelude::PolarsError| {
                let text = e.to_string();
                Error::column(&file.display().to_string(), name, text.lines().next().unwrap_or_default())
            };
            let column = frame.column(name).map_err(refused)?;
            if column.dtype() == kind {
                Ok(column.clone())
            } else {
                column.strict_cast(kind).map_err(refused)
            }
        };
        let columns = self.columns.iter().map(column).collect::<Result<Vec<_>>>()?;
        DataFrame::new(columns).map_err(|e| Error::input(file, e))
    }
}

/// The type that holds the values of both; `None` where there is none without loss of meaning.
fn common(a: &DataType, b: &DataType) -> Option<DataType> {
    match (a, b) {
        _ if a == b => Some(a.clone()),
        (DataType::Null, kind) | (kind, DataType::Null) => Some(kind.clone()),
        _ if a.is_float() && b.is_primitive_numeric() || a.is_primitive_numeric() && b.is_float() => {
            Some(DataType::Float64)
        }
        _ if a.is_integer() && b.is_integer() => Some(DataType::Int64),
        (DataType::Date, DataType::Datetime(..)) => Some(b.clone()),
        (DataType::Datetime(..), DataType::Date) => Some(a.clone()),
        (DataType::Datetime(_, zone), DataType::Datetime(_, other)) if zone == other => {
            Some(DataType::Datetime(polars::prelude::TimeUnit::Microseconds, zone.clone()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(columns: &[(&str, DataType)]) -> Layout {
        let columns = columns.iter().map(|(name, kind)| ((*name).to_owned(), Some(kind.clone()))).collect();
        Layout::new(Path::new("a"), columns).unwrap()
    }

    #[test]
    fn integers_and_reals_go_together_and_text_does_not() {
        let mut whole = layout(&[("n", DataType::Int32)]);
        whole.merge(layout(&[("n", DataType::Float32)]), Path::new("b")).unwrap();
        assert_eq!(whole.columns[0].1, DataType::Float64);
        let error = whole.merge(layout(&[("n", DataType::String)]), Path::new("c")).unwrap_err();
        assert_eq!(error.to_string(), "c: column `n` has the type str here and f64 in the files before");
    }

    #[test]
    fn a_column_that_a_later_file_lacks_is_an_error_and_one_it_adds_a_note() {
        let mut whole = layout(&[("n", DataType::Int32)]);
        whole.merge(layout(&[("n", DataType::Int32), ("m", DataType::Int32)]), Path::new("b")).unwrap();
        assert!(whole.notes[0].contains("`m` of b"), "{:?}", whole.notes);
        assert!(whole.merge(layout(&[("m", DataType::Int32)]), Path::new("c")).is_err());
    }
}
