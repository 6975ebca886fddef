//! CSV: records with a header, read in chunks of complete lines. Memory does not grow with the file.
//!
//! ```text
//! file ──open──▶ chunks of complete lines ──RecordReader──▶ texts ──Evidence──▶ types (first pass)
//!                                                             └──ColumnBuilder──▶ values (second pass)
//! ```

use super::header::Header;
use super::record::{Dialect, Quotes, RecordReader};
use crate::error::{Error, Result};
use crate::table::column::Values;
use crate::table::io::builder::ColumnBuilder;
use crate::table::io::column_type::ColumnType;
use crate::table::io::evidence::Evidence;
use crate::table::io::files;
use rayon::prelude::*;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A CSV file and its header.
#[derive(Clone, Debug)]
pub struct CsvFile {
    path: PathBuf,
    pub header: Header,
}

/// A chunk of complete lines.
#[derive(Debug)]
pub struct Chunk {
    bytes: Vec<u8>,
    /// The number of the first line, starting at 1.
    line: u64,
}

/// The chunks of a file, in order.
pub struct Chunks {
    path: PathBuf,
    reader: Box<dyn Read + Send>,
    header: Header,
    /// The bytes after the last complete line.
    rest: Vec<u8>,
    line: u64,
    ended: bool,
    /// The number of bytes per read.
    size: usize,
}

/// The size of a chunk in bytes.
const CHUNK: usize = 4 << 20;

/// The longest line, in bytes.
const LONGEST_LINE: usize = 64 << 20;

/// The number of bytes that decide the dialect.
const SAMPLE: usize = 1 << 20;

impl CsvFile {
    /// Read the header of a file.
    ///
    /// # Errors
    /// If the file cannot be read, or has no header.
    pub fn open(path: &Path) -> Result<Self> {
        let mut sample = Vec::new();
        let read = files::open(path)?.take(SAMPLE as u64).read_to_end(&mut sample);
        read.map_err(|e| Error::input(path, e))?;
        let header = Header::of(&sample).map_err(|problem| Error::input(path, problem))?;
        Ok(CsvFile { path: path.to_owned(), header })
    }

    pub fn chunks(&self) -> Result<Chunks> {
        self.chunks_of(CHUNK)
    }

    fn chunks_of(&self, size: usize) -> Result<Chunks> {
        let mut chunks = Chunks {
            path: self.path.clone(),
            reader: files::open(&self.path)?,
            header: self.header.clone(),
            rest: Vec::new(),
            line: 1,
            ended: false,
            size,
        };
        chunks.skip_header()?;
        Ok(chunks)
    }

    /// The evidence of each column's values for its type.
    ///
    /// # Errors
    /// If a record has more fields than the header, or is not text.
    pub fn evidence(&self) -> Result<Vec<Evidence>> {
        self.evidence_in(self.chunks()?)
    }

    fn evidence_in(&self, chunks: Chunks) -> Result<Vec<Evidence>> {
        let mut whole = vec![Evidence::default(); self.header.names.len()];
        in_parallel(
            chunks,
            |chunk| self.chunk_evidence(chunk),
            |part| {
                whole.iter_mut().zip(&part).for_each(|(whole, part)| whole.merge(part));
            },
        )?;
        Ok(whole)
    }

    fn chunk_evidence(&self, chunk: &Chunk) -> Result<Vec<Evidence>> {
        let mut evidence = vec![Evidence::default(); self.header.names.len()];
        let mut number = String::new();
        self.each_record(chunk, |row, record| {
            for (at, evidence) in evidence.iter_mut().enumerate() {
                match record.get(at)? {
                    Some(text) => evidence.see(self.header.dialect.plain(text, &mut number), row, 1),
                    None => evidence.see_missing(1),
                }
            }
            Ok(())
        })?;
        Ok(evidence)
    }

    /// The values of columns, given by position and type.
    ///
    /// # Errors
    /// As [`CsvFile::evidence`].
    pub fn values(&self, columns: &[(usize, ColumnType)]) -> Result<Vec<Values>> {
        let empty = |(_, column_type): &(usize, ColumnType)| ColumnBuilder::new(*column_type).finish();
        let mut whole: Vec<Values> = columns.iter().map(empty).collect();
        in_parallel(
            self.chunks()?,
            |chunk| self.chunk_values(chunk, columns),
            |part| {
                whole.iter_mut().zip(part).for_each(|(whole, part)| match whole.is_empty() {
                    true => *whole = part,
                    false => whole.append(part),
                });
            },
        )?;
        Ok(whole)
    }

    fn chunk_values(&self, chunk: &Chunk, columns: &[(usize, ColumnType)]) -> Result<Vec<Values>> {
        let mut builders: Vec<ColumnBuilder> =
            columns.iter().map(|(_, column_type)| ColumnBuilder::new(*column_type)).collect();
        let mut number = String::new();
        self.each_record(chunk, |_, record| {
            for ((at, column_type), builder) in columns.iter().zip(&mut builders) {
                let text = record.get(*at)?.unwrap_or_default();
                builder.push(match column_type {
                    ColumnType::Text => text,
                    _ => self.header.dialect.plain(text, &mut number),
                });
            }
            Ok(())
        })?;
        Ok(builders.into_iter().map(ColumnBuilder::finish).collect())
    }

    /// Read the records of a chunk with their row indices in the chunk.
    pub fn each_record(
        &self,
        chunk: &Chunk,
        mut read: impl FnMut(u64, &Record) -> Result<(), String>,
    ) -> Result<()> {
        let mut reader = RecordReader::new(self.header.dialect);
        let (mut rest, mut line, mut row) = (chunk.bytes.as_slice(), chunk.line, 0);
        loop {
            let bytes = reader.read(rest);
            if bytes == 0 {
                return Ok(());
            }
            let record = Record { reader: &reader, columns: self.header.names.len() };
            let quotes = reader.check_quotes(&rest[..bytes]);
            let outcome = quotes.and_then(|()| record.check()).and_then(|()| read(row, &record));
            outcome.map_err(|problem| {
                let line = line + blank_lines(rest);
                Error::input(&self.path, format!("line {line}: the record {problem}"))
            })?;
            row += 1;
            line += rest[..bytes].iter().filter(|&&byte| byte == b'\n').count() as u64;
            rest = &rest[bytes..];
        }
    }
}

/// The number of blank lines before a record.
fn blank_lines(bytes: &[u8]) -> u64 {
    let blank = bytes.iter().take_while(|byte| matches!(byte, b'\n' | b'\r'));
    blank.filter(|&&byte| byte == b'\n').count() as u64
}

/// Process chunks in parallel, and collect their results in order.
fn in_parallel<T: Send>(
    mut chunks: Chunks,
    make: impl Fn(&Chunk) -> Result<T> + Sync,
    mut take: impl FnMut(T),
) -> Result<()> {
    let at_once = rayon::current_num_threads();
    loop {
        let mut batch = Vec::new();
        while batch.len() < at_once
            && let Some(chunk) = chunks.next()?
        {
            batch.push(chunk);
        }
        if batch.is_empty() {
            return Ok(());
        }
        let results: Vec<Result<T>> = batch.par_iter().map(&make).collect();
        for part in results {
            take(part?);
        }
    }
}

/// A record.
pub struct Record<'a> {
    reader: &'a RecordReader,
    columns: usize,
}

impl Record<'_> {
    /// Check that no field stands behind the last column.
    fn check(&self) -> Result<(), String> {
        let fields = self.reader.fields();
        if fields > self.columns && (self.columns..fields).any(|at| !self.reader.field(at).is_empty()) {
            return Err(format!("holds {fields} fields where the header has {}", self.columns));
        }
        Ok(())
    }

    /// The text of a column; `None` if the record is too short.
    ///
    /// # Errors
    /// If it is not UTF-8; the error is a sentence.
    pub fn get(&self, at: usize) -> Result<Option<&str>, String> {
        (at < self.reader.fields()).then(|| self.reader.text(at)).transpose()
    }
}

impl std::fmt::Debug for Chunks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chunks").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Chunks {
    /// Skip the lines before the records.
    fn skip_header(&mut self) -> Result<()> {
        let mut first = self.more()?;
        first.drain(..first.len() - files::unmarked(&first).len());
        let ends = first.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        let end = match self.header.lines() {
            0 => 0,
            lines => ends.take(lines).last().unwrap_or(first.len()),
        };
        self.rest.splice(..0, first.split_off(end));
        self.line += self.header.lines() as u64;
        Ok(())
    }

    /// The next chunk; `None` at the end.
    ///
    /// # Errors
    /// If the file cannot be read, or a line is too long.
    pub fn next(&mut self) -> Result<Option<Chunk>> {
        let bytes = self.more()?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let line = self.line;
        self.line += bytes.iter().filter(|&&byte| byte == b'\n').count() as u64;
        // In a table of one column, a blank line is a row with a missing value.
        let bytes = if self.header.names.len() == 1 { with_quoted_blank_lines(&bytes) } else { bytes };
        Ok(Some(Chunk { bytes, line }))
    }

    /// The next complete lines; empty at the end.
    fn more(&mut self) -> Result<Vec<u8>> {
        let mut lines = std::mem::take(&mut self.rest);
        loop {
            if !self.ended && lines.len() < self.size {
                self.read(&mut lines, self.size)?;
            }
            if self.ended {
                return Ok(lines);
            }
            if let Some(end) = self.last_line_end(&lines) {
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

    /// Read until the buffer has this number of bytes, or the file ends.
    fn read(&mut self, lines: &mut Vec<u8>, bytes: usize) -> Result<()> {
        let missing = bytes.saturating_sub(lines.len()) as u64;
        let read =
            (&mut self.reader).take(missing).read_to_end(lines).map_err(|e| Error::input(&self.path, e))?;
        self.ended = (read as u64) < missing;
        Ok(())
    }

    /// The position after the last line end outside quotes.
    fn last_line_end(&self, bytes: &[u8]) -> Option<usize> {
        let mut quotes = Quotes::new(self.header.dialect);
        let ends = bytes.iter().enumerate().filter(|(_, byte)| quotes.end_with(**byte));
        ends.last().map(|(at, _)| at + 1)
    }
}

fn with_quoted_blank_lines(lines: &[u8]) -> Vec<u8> {
    let mut quotes = Quotes::new(Dialect::default());
    let split = lines.split_inclusive(|&byte| quotes.end_with(byte));
    split.flat_map(|line| if matches!(line, b"\n" | b"\r\n") { b"\"\"\n" } else { line }).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn file(text: &str) -> (tempfile::TempDir, CsvFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        fs::write(&path, text).unwrap();
        let file = CsvFile::open(&path).unwrap();
        (folder, file)
    }

    fn types(text: &str, size: usize) -> Vec<ColumnType> {
        let (_folder, file) = file(text);
        let evidence = file.evidence_in(file.chunks_of(size).unwrap()).unwrap();
        evidence.iter().map(Evidence::column_type).collect()
    }

    fn rows(text: &str) -> usize {
        let (_folder, file) = file(text);
        file.values(&[(0, ColumnType::Text)]).unwrap()[0].len()
    }

    #[test]
    fn chunks_are_complete_records() {
        let text = "a,b\n1,\"x\ny\"\n22,z\n333,\"\"\"q\n\"\n4,end";
        let (_folder, file) = file(text);
        for size in 1..60 {
            let mut chunks = file.chunks_of(size).unwrap();
            let chunks: Vec<Chunk> = std::iter::from_fn(|| chunks.next().unwrap()).collect();
            let whole: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.bytes.clone()).collect();
            assert_eq!(format!("a,b\n{}", String::from_utf8(whole).unwrap()), text, "{size}");
            let quotes = |chunk: &Chunk| chunk.bytes.iter().filter(|&&byte| byte == b'"').count();
            assert!(chunks.iter().all(|chunk| quotes(chunk) % 2 == 0), "{size}");
        }
    }

    #[test]
    fn types_are_those_of_all_values_for_any_chunk_size() {
        use ColumnType::{Integer, Real, Text};
        for size in [1, 12, 1000] {
            let inferred = types("int,real,word,late\n1,1,1,\n2,2.5,x,\n3,3,3,7\n", size);
            assert_eq!(inferred, [Integer, Real, Text, Integer], "{size}");
            let times = types("at,word\n2025-01-06,2025-01-06\n2025-01-06 10:00,x\n,2025-01-07\n", size);
            assert!(matches!(times[..], [ColumnType::Time { .. }, Text]), "{size}: {times:?}");
        }
    }

    #[test]
    fn blank_lines_are_rows_only_in_a_table_of_one_column() {
        assert_eq!(rows("a,b\n\n1,2\n\r\n\n3,\"x\n\ny\"\n\n"), 2);
        assert_eq!(rows("a,b\n\n\n"), 0);
        assert_eq!(rows("a\n1\n\n2\n"), 3);
        assert_eq!(rows("a,b\n1,2\n,\n,\n"), 3);
    }

    #[test]
    fn errors_name_their_line() {
        for (text, words) in [
            ("a,b\n1,2\n\n3,4,5\n", "line 4: the record holds 3 fields where the header has 2"),
            ("a,b\n1,\"x\ny\"\n3,4,5\n", "line 4: the record holds 3 fields where the header has 2"),
        ] {
            let (_folder, file) = file(text);
            let error = file.evidence().unwrap_err().to_string();
            assert!(error.ends_with(&format!(": {words}")), "{error}");
        }
        assert_eq!(Header::of(b"\n \n").unwrap_err(), "the file is empty");
    }

    #[test]
    fn short_records_lack_their_last_values() {
        let (_folder, file) = file("a,b\n1\n2,x\n");
        let Values::Text(levels) = file.values(&[(1, ColumnType::Text)]).unwrap().remove(0) else { panic!() };
        assert_eq!([levels.level(0), levels.level(1)], [None, Some("x")]);
    }
}
