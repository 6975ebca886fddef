//! CSV, some rows at a time. A column's type is that of all its values, so a file is read twice: for the types, and
//! for the rows.

use super::layout::Layout;
use crate::error::{Error, Result};
use crate::table::csv::{self, Quotes};
use crate::table::frame::{brief, once_each, without_panic};
use polars::prelude::*;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that is being read.
#[derive(Debug)]
pub(in crate::table) struct Reader {
    pieces: Pieces,
    schema: Schema,
    /// Rows that are read and were too many for the last batch.
    rest: Option<DataFrame>,
}

/// A file in pieces of whole lines, the header in front of each.
#[derive(Debug)]
struct Pieces {
    path: PathBuf,
    file: File,
    header: Vec<u8>,
    /// What was read behind the last whole line.
    rest: Vec<u8>,
    ended: bool,
    /// How many bytes are read at once.
    size: usize,
}

/// How much of a file is parsed at once.
const PIECE: usize = 8 << 20;

/// A line is not longer than this.
const LONGEST_LINE: usize = 64 << 20;

/// The columns of a file and their types.
///
/// # Errors
/// Where it is no CSV file with a header.
pub(in crate::table) fn layout(path: &Path) -> Result<Layout> {
    without_panic(path, || {
        let schema = inferred(Pieces::open(path, PIECE)?)?;
        Layout::new(path, schema.iter().map(|(name, kind)| (name.to_string(), Some(kind.clone()))).collect())
    })
}

impl Reader {
    pub fn open(path: &Path, layout: &Layout) -> Result<Self> {
        without_panic(path, || {
            let pieces = Pieces::open(path, PIECE)?;
            let schema = inferred_names(&pieces)?;
            let known = layout.schema();
            let kind = |name: &PlSmallStr| known.get(name).cloned().unwrap_or(DataType::String);
            let schema = schema.iter_names().map(|name| Field::new(name.clone(), kind(name))).collect();
            Ok(Reader { pieces, schema, rest: None })
        })
    }

    /// The next rows; `None` behind the last.
    ///
    /// # Errors
    /// Where a line has more fields than the header, or a value is not of its column's type.
    pub fn next(&mut self, rows: usize) -> Result<Option<DataFrame>> {
        while self.rest.as_ref().is_none_or(|rest| rest.height() == 0) {
            let Some(piece) = self.pieces.next()? else { return Ok(None) };
            let path = self.pieces.path.clone();
            self.rest = Some(without_panic(&path, || parsed(&path, piece, &self.schema))?);
        }
        let rest = self.rest.take().unwrap_or_default();
        let (batch, rest) = rest.split_at(rows.min(rest.height()) as i64);
        self.rest = Some(rest);
        Ok(Some(batch))
    }
}

impl Pieces {
    fn open(path: &Path, size: usize) -> Result<Self> {
        csv::no_other_format(path)?;
        let file = File::open(path).map_err(|e| Error::input(path, e))?;
        let mut pieces =
            Pieces { path: path.to_owned(), file, header: Vec::new(), rest: Vec::new(), ended: false, size };
        let mut first = pieces.more()?;
        if first.starts_with(b"\xef\xbb\xbf") {
            first.drain(..3);
        }
        let end = first_line_end(&first).unwrap_or(first.len());
        let behind = first.split_off(end);
        if first.is_empty() {
            return Err(Error::input(path, "the file is empty"));
        }
        if !first.ends_with(b"\n") {
            first.push(b'\n');
        }
        pieces.header = first;
        // The rows behind the header are whole lines, and come before what is left of the last.
        pieces.rest.splice(..0, behind);
        Ok(pieces)
    }

    /// The next whole lines, the header in front; `None` at the end.
    fn next(&mut self) -> Result<Option<Vec<u8>>> {
        let mut lines = Vec::new();
        while lines.is_empty() {
            lines = self.more()?;
            if lines.is_empty() {
                return Ok(None);
            }
            // Of a table of one column a blank line is a row whose value is missing.
            if self.header.contains(&b',') {
                lines = without_blank_lines(lines);
            }
        }
        let mut piece = Vec::with_capacity(self.header.len() + lines.len());
        piece.extend_from_slice(&self.header);
        piece.extend_from_slice(&lines);
        Ok(Some(piece))
    }

    /// The next whole lines; empty at the end.
    fn more(&mut self) -> Result<Vec<u8>> {
        let mut lines = std::mem::take(&mut self.rest);
        loop {
            if !self.ended && lines.len() < self.size {
                self.read(&mut lines, self.size)?;
            }
            if self.ended {
                return Ok(lines);
            }
            if let Some(end) = last_line_end(&lines) {
                self.rest = lines.split_off(end);
                return Ok(lines);
            }
            if lines.len() > LONGEST_LINE {
                return Err(Error::input(&self.path, "a line of more than 64 MiB; is a quote left open?"));
            }
            let longer = lines.len() + self.size;
            self.read(&mut lines, longer)?;
        }
    }

    /// Read until there are so many bytes, or the file ends.
    fn read(&mut self, lines: &mut Vec<u8>, bytes: usize) -> Result<()> {
        let wanted = bytes.saturating_sub(lines.len()) as u64;
        let read =
            (&mut self.file).take(wanted).read_to_end(lines).map_err(|e| Error::input(&self.path, e))?;
        self.ended = (read as u64) < wanted;
        Ok(())
    }
}

fn unreadable(path: &Path, error: &PolarsError) -> Error {
    Error::input(path, format!("not a readable CSV file: {}", brief(error)))
}

/// The rows of a piece, its columns of the types that are known.
fn parsed(path: &Path, piece: Vec<u8>, kinds: &Schema) -> Result<DataFrame> {
    let written = |kind: &DataType| if kind.is_temporal() { DataType::String } else { kind.clone() };
    let schema = kinds.iter().map(|(name, kind)| Field::new(name.clone(), written(kind))).collect();
    let options = csv::options().with_schema(Some(Arc::new(schema)));
    let reader = options.into_reader_with_file_handle(Cursor::new(piece));
    let mut frame = reader.finish().map_err(|e| unreadable(path, &e))?;
    for (name, kind) in kinds.iter().filter(|(_, kind)| kind.is_temporal()) {
        let text = frame.column(name).and_then(|column| column.str()).map_err(|e| unreadable(path, &e))?;
        let points = csv::points_in_time(text, kind).ok_or_else(|| {
            Error::column(&path.display().to_string(), name, "holds dates of several forms")
        })?;
        frame.replace(name, points).map_err(|e| unreadable(path, &e))?;
    }
    Ok(frame)
}

/// The types that hold every value of each column.
fn inferred(mut pieces: Pieces) -> Result<Schema> {
    let mut kinds: Vec<Option<DataType>> = Vec::new();
    let mut names = inferred_names(&pieces)?;
    while let Some(piece) = pieces.next()? {
        let reader = csv::options().into_reader_with_file_handle(Cursor::new(piece.as_slice()));
        // Digits of more than 64 bits are an integer to what finds the types, and none to what reads the values.
        let frame = reader.finish().or_else(|_| typed_by_value(&piece, &names));
        let frame = frame.and_then(csv::with_dates).map_err(|e| unreadable(&pieces.path, &e))?;
        kinds.resize(frame.width(), None);
        for (kind, column) in kinds.iter_mut().zip(frame.get_columns()) {
            // A column without values says nothing; it comes as text.
            if column.null_count() < column.len() {
                *kind = Some(widened(kind.take(), column.dtype().clone()));
            }
        }
    }
    for (at, kind) in kinds.into_iter().enumerate() {
        if let Some((_, known)) = names.get_at_index_mut(at) {
            *known = kind.unwrap_or(DataType::String);
        }
    }
    Ok(names)
}

/// A piece whose columns are numbers where all values can be read as such, and text otherwise. Integers that
/// are too large for 64 bits are identifiers, of which no digit may be lost.
fn typed_by_value(piece: &[u8], names: &Schema) -> PolarsResult<DataFrame> {
    let options = csv::options().with_schema(Some(Arc::new(names.clone())));
    let frame = options.into_reader_with_file_handle(Cursor::new(piece)).finish()?;
    let typed = |column: &Column| -> PolarsResult<Column> {
        let is_long = |value: &str| value.len() > 15 && value.bytes().all(|byte| byte.is_ascii_digit());
        let long = column.str()?.iter().flatten().any(is_long);
        let kinds = if long { vec![DataType::Int64] } else { vec![DataType::Int64, DataType::Float64] };
        let complete = |cast: &Column| cast.null_count() == column.null_count();
        let cast = kinds.iter().find_map(|kind| column.cast(kind).ok().filter(complete));
        Ok(cast.unwrap_or_else(|| column.clone()))
    };
    frame.get_columns().iter().map(typed).collect()
}

/// The header's names, each as text.
fn inferred_names(pieces: &Pieces) -> Result<Schema> {
    let path = &pieces.path;
    let reader = csv::options().into_reader_with_file_handle(Cursor::new(pieces.header.clone()));
    let frame = reader.finish().map_err(|e| unreadable(path, &e))?;
    let names: Vec<String> = frame.get_column_names().iter().map(|name| name.to_string()).collect();
    csv::comma_separated(path, &names)?;
    once_each(path, &names.iter().map(|name| csv::as_written(name)).collect::<Vec<_>>())?;
    Ok(names.iter().map(|name| Field::new(name.into(), DataType::String)).collect())
}

/// Integers and reals are reals, dates and times are times; whatever else differs is text, as within one piece.
fn widened(before: Option<DataType>, kind: DataType) -> DataType {
    match before {
        None => kind,
        Some(before) if before == kind => kind,
        Some(DataType::Int64) if kind == DataType::Float64 => kind,
        Some(DataType::Float64) if kind == DataType::Int64 => DataType::Float64,
        Some(DataType::Date) if matches!(kind, DataType::Datetime(_, None)) => kind,
        Some(DataType::Datetime(unit, None)) if kind == DataType::Date => DataType::Datetime(unit, None),
        Some(_) => DataType::String,
    }
}

/// Behind the first line end that is not between quotes.
fn first_line_end(bytes: &[u8]) -> Option<usize> {
    let mut quotes = Quotes::default();
    bytes.iter().position(|&byte| quotes.end_with(byte)).map(|at| at + 1)
}

/// Behind the last line end that is not between quotes.
fn last_line_end(bytes: &[u8]) -> Option<usize> {
    let mut quotes = Quotes::default();
    let ends = bytes.iter().enumerate().filter(|(_, byte)| quotes.end_with(**byte));
    ends.last().map(|(at, _)| at + 1)
}

/// The lines that hold something.
fn without_blank_lines(lines: Vec<u8>) -> Vec<u8> {
    let is_end = |byte: u8| byte == b'\n' || byte == b'\r';
    let follows = |pair: &[u8]| pair[0] == b'\n' && is_end(pair[1]);
    if !lines.first().is_some_and(|&byte| is_end(byte)) && !lines.windows(2).any(follows) {
        return lines;
    }
    let mut quotes = Quotes::default();
    let split = lines.split_inclusive(|&byte| quotes.end_with(byte));
    split.filter(|line| !matches!(line, [b'\n'] | [b'\r', b'\n'])).flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn pieces(text: &str, size: usize) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        fs::write(&path, text).unwrap();
        let mut pieces = Pieces::open(&path, size).unwrap();
        std::iter::from_fn(|| pieces.next().unwrap()).map(|piece| String::from_utf8(piece).unwrap()).collect()
    }

    #[test]
    fn pieces_are_whole_lines_behind_the_header() {
        let text = "a,b\n1,\"x\ny\"\n22,z\n333,\"\"\"q\n\"\n4,end";
        for size in 1..60 {
            let pieces = pieces(text, size);
            let behind: String = pieces.iter().map(|piece| piece.strip_prefix("a,b\n").unwrap()).collect();
            assert_eq!(format!("a,b\n{behind}"), text, "{size}");
            assert!(pieces.iter().all(|piece| piece.matches('"').count() % 2 == 0), "{size}: {pieces:?}");
        }
    }

    #[test]
    fn integers_that_are_too_large_keep_all_their_digits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        let many = "7,2,1,b\n".repeat(3_000);
        fs::write(&path, format!("id,n,x,word\n{many}18446744073709551611,1,0.5,a\n")).unwrap();
        let schema = inferred(Pieces::open(&path, PIECE).unwrap()).unwrap();
        let kinds: Vec<DataType> = schema.iter_values().cloned().collect();
        assert_eq!(kinds, [DataType::String, DataType::Int64, DataType::Float64, DataType::String]);
    }

    #[test]
    fn blank_lines_are_no_rows_but_in_a_table_of_one_column() {
        let read = |text: &str| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("t.csv");
            fs::write(&path, text).unwrap();
            let mut reader = Reader::open(&path, &layout(&path).unwrap()).unwrap();
            let mut rows = 0;
            while let Some(frame) = reader.next(100).unwrap() {
                rows += frame.height();
            }
            rows
        };
        assert_eq!(read("a,b\n\n1,2\n\r\n\n3,\"x\n\ny\"\n\n"), 2);
        assert_eq!(read("a,b\n\n\n"), 0);
        assert_eq!(read("a\n1\n\n2\n"), 3);
    }

    #[test]
    fn a_type_is_that_of_all_values() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        fs::write(&path, "int,real,word,late\n1,1,1,\n2,2.5,x,\n3,3,3,7\n").unwrap();
        for size in [1, 12, 1000] {
            let schema = inferred(Pieces::open(&path, size).unwrap()).unwrap();
            let kinds: Vec<DataType> = schema.iter_values().cloned().collect();
            assert_eq!(
                kinds,
                [DataType::Int64, DataType::Float64, DataType::String, DataType::Int64],
                "{size}"
            );
        }
    }

    #[test]
    fn days_and_times_of_one_column_are_times_in_every_piece() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        fs::write(&path, "at,word\n2025-01-06,2025-01-06\n2025-01-06 10:00,x\n,2025-01-07\n").unwrap();
        for size in [1, 24, 1000] {
            let schema = inferred(Pieces::open(&path, size).unwrap()).unwrap();
            let mut rows = Reader { pieces: Pieces::open(&path, size).unwrap(), schema, rest: None };
            let mut times = Vec::new();
            while let Some(rows) = rows.next(10).unwrap() {
                let at = rows.column("at").unwrap().datetime().unwrap().clone();
                times.extend(at.iter());
                assert_eq!(rows.column("word").unwrap().dtype(), &DataType::String, "{size}");
            }
            let midnight = 1_736_121_600_000_000;
            assert_eq!(times, [Some(midnight), Some(midnight + 36_000_000_000), None], "{size}");
        }
    }

    #[test]
    fn a_file_without_header_or_with_another_separator_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        for (text, words) in
            [("", "the file is empty"), ("a;b\n1;2\n", "separated by ';'"), ("a,a\n1,2\n", "twice")]
        {
            fs::write(&path, text).unwrap();
            let error = layout(&path).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
