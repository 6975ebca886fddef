//! CSV: records with a header, read in chunks of complete lines. Memory does not grow with the file.
//!
//! ```text
//! file ──open──▶ chunks of complete lines ──RecordReader──▶ texts ──Evidence──▶ types (first pass)
//!                                                             └──ColumnBuilder──▶ values (second pass)
//! ```

use super::chunk::{Chunk, Chunks};
use super::header::Header;
use super::record::RecordReader;
use crate::error::{Error, Result};
use crate::table::column::Values;
use crate::table::io::builder::ColumnBuilder;
use crate::table::io::column_type::ColumnType;
use crate::table::io::evidence::Evidence;
use crate::table::io::files;
use crate::table::io::options::CsvOptions;
use crate::table::io::repairs::Repairs;
use rayon::prelude::*;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A CSV file and its header.
#[derive(Clone, Debug)]
pub struct CsvFile {
    path: PathBuf,
    pub header: Header,
}

/// The size of a chunk in bytes.
const CHUNK: usize = 4 << 20;

/// The number of bytes that decide the dialect.
const SAMPLE: usize = 1 << 20;

impl CsvFile {
    /// Read the header of a file.
    ///
    /// # Errors
    /// If the file cannot be read, or has no header.
    pub fn open(path: &Path, options: CsvOptions) -> Result<Self> {
        let mut sample = Vec::new();
        let read = files::open_text(path)?.take(SAMPLE as u64).read_to_end(&mut sample);
        read.map_err(|e| Error::input(path, e))?;
        let header = Header::of(&sample, options).map_err(|problem| Error::input(path, problem))?;
        Ok(CsvFile { path: path.to_owned(), header })
    }

    /// The chunks of the file. What is skipped between its rows is added to `repairs`.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn chunks(&self, repairs: &Repairs) -> Result<Chunks> {
        self.chunks_of(CHUNK, repairs)
    }

    fn chunks_of(&self, size: usize, repairs: &Repairs) -> Result<Chunks> {
        Chunks::open(&self.path, &self.header, size, repairs)
    }

    /// The evidence of each column's values for its type. What is skipped between the rows is added to `repairs`.
    ///
    /// # Errors
    /// If a record has more fields than the header, or a quote is left open.
    pub fn evidence(&self, repairs: &Repairs) -> Result<Vec<Evidence>> {
        self.evidence_in(self.chunks(repairs)?)
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
            self.chunks(&Repairs::default())?,
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
            let ends = rest[..bytes].iter().filter(|&&byte| byte == b'\n').count() as u64;
            if self.header.is_repeated_in(&reader) {
                chunk.repairs.add_header_lines(1);
                (line, rest) = (line + ends, &rest[bytes..]);
                continue;
            }
            let record = Record { reader: &reader, columns: self.header.names.len() };
            let quotes = reader.check_quotes(&rest[..bytes]);
            let outcome = quotes.and_then(|()| record.check()).and_then(|()| read(row, &record));
            outcome.map_err(|problem| {
                let line = line + blank_lines(rest);
                Error::input(&self.path, format!("line {line}: the record {problem}"))
            })?;
            row += 1;
            (line, rest) = (line + ends, &rest[bytes..]);
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn file(text: &str) -> (tempfile::TempDir, CsvFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        fs::write(&path, text).unwrap();
        let file = CsvFile::open(&path, CsvOptions::default()).unwrap();
        (folder, file)
    }

    fn types(text: &str, size: usize) -> Vec<ColumnType> {
        let (_folder, file) = file(text);
        let evidence = file.evidence_in(file.chunks_of(size, &Repairs::default()).unwrap()).unwrap();
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
            let mut chunks = file.chunks_of(size, &Repairs::default()).unwrap();
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
        assert_eq!(rows("a,b\n1,2\n,\n,\n3,4\n"), 4);
    }

    #[test]
    fn header_lines_and_empty_rows_at_the_end_are_skipped_and_counted() {
        let text = "a,b\n1,2\n,\n\u{feff}a, b\n3,4\na,b\n, ,\n\r\n,\r\n\n";
        for size in [1, 5, 1_000] {
            let (_folder, file) = file(text);
            let repairs = Repairs::default();
            let evidence = file.evidence_in(file.chunks_of(size, &repairs).unwrap()).unwrap();
            assert_eq!(evidence[0].rows, 3, "{size}");
            let notes = ["2 header lines among the rows are skipped", "2 empty rows at the end are skipped"];
            assert_eq!(repairs.notes(), notes, "{size}");
        }
        let (_folder, file) = file("a\nb\na\n");
        assert_eq!(file.evidence(&Repairs::default()).unwrap()[0].rows, 2, "a word in a table of one column");
    }

    #[test]
    fn a_line_behind_empty_rows_keeps_its_number() {
        let (_folder, file) = file("a,b\n1,2\n,\n\n3,4,5\n");
        for size in [1, 1_000] {
            let error = file.evidence_in(file.chunks_of(size, &Repairs::default()).unwrap()).unwrap_err();
            assert!(error.to_string().contains(": line 5: "), "{error}");
        }
    }

    #[test]
    fn errors_name_their_line() {
        for (text, words) in [
            ("a,b\n1,2\n\n3,4,5\n", "line 4: the record holds 3 fields where the header has 2"),
            ("a,b\n1,\"x\ny\"\n3,4,5\n", "line 4: the record holds 3 fields where the header has 2"),
        ] {
            let (_folder, file) = file(text);
            let error = file.evidence(&Repairs::default()).unwrap_err().to_string();
            assert!(error.ends_with(&format!(": {words}")), "{error}");
        }
        assert_eq!(Header::of(b"\n \n", CsvOptions::default()).unwrap_err(), "the file is empty");
    }

    #[test]
    fn short_records_lack_their_last_values() {
        let (_folder, file) = file("a,b\n1\n2,x\n");
        let Values::Text(levels) = file.values(&[(1, ColumnType::Text)]).unwrap().remove(0) else { panic!() };
        assert_eq!([levels.level(0), levels.level(1)], [None, Some("x")]);
    }
}
