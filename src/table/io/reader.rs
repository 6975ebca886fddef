//! An open file of a table, of any format: its rows in batches.

use super::files::{self, FileFormat};
use super::folder_key::FolderKey;
use super::format::chunk::Chunks;
use super::format::csv::CsvFile;
use super::format::json::JsonTable;
use super::format::parquet;
use super::layout::Layout;
use super::options::CsvOptions;
use super::parts::PartFile;
use super::polars::{brief, to_polars};
use super::repairs::Repairs;
use crate::error::{Error, Result};
use polars::prelude::{DataFrame, IntoColumn, IntoSeries, PolarsResult, StringChunked, StringChunkedBuilder};
use std::path::Path;
use std::sync::Arc;

/// An open file.
#[derive(Debug)]
pub(super) struct Reader {
    part: PartReader,
    keys: Vec<FolderKey>,
    pub file: Arc<Path>,
    offset: usize,
}

#[derive(Debug)]
enum PartReader {
    Parquet(Box<parquet::Reader>),
    Csv(Box<CsvReader>),
    Json(JsonReader),
}

/// An open CSV file, with its columns as text.
#[derive(Debug)]
struct CsvReader {
    file: CsvFile,
    chunks: Chunks,
    /// Rows that are read but not yet returned.
    rest: DataFrame,
}

/// The rows of a JSON file, all in memory.
#[derive(Debug)]
struct JsonReader {
    rows: DataFrame,
    next: usize,
}

impl Reader {
    pub fn open(file: &PartFile, csv: CsvOptions, repairs: &Repairs) -> Result<Self> {
        let path = &*file.path;
        let part = match files::format_of(path)? {
            FileFormat::Parquet => PartReader::Parquet(Box::new(parquet::Reader::open(path)?)),
            FileFormat::Csv => PartReader::Csv(Box::new(CsvReader::open(path, csv, repairs)?)),
            FileFormat::Json => PartReader::Json(JsonReader::open(path)?),
        };
        Ok(Reader { part, keys: file.keys.clone(), file: path.into(), offset: 0 })
    }

    /// The next rows, and the number of rows of the file before them.
    pub fn next(&mut self, rows: usize, layout: &Layout) -> Result<Option<(DataFrame, usize)>> {
        let frame = match &mut self.part {
            PartReader::Parquet(part) => part.next(rows, layout)?,
            PartReader::Csv(part) => part.next(rows)?,
            PartReader::Json(part) => part.next(rows),
        };
        let Some(mut frame) = frame else { return Ok(None) };
        for key in &self.keys {
            let column = constant(&key.name, key.value.as_deref(), frame.height());
            frame.with_column(column).map_err(|e| Error::input(&self.file, brief(&e)))?;
        }
        let frame = layout.applied(frame, &self.file)?;
        let offset = self.offset;
        self.offset += frame.height();
        Ok(Some((frame, offset)))
    }
}

impl CsvReader {
    fn open(path: &Path, csv: CsvOptions, repairs: &Repairs) -> Result<Self> {
        let file = CsvFile::open(path, csv)?;
        let chunks = file.chunks(repairs)?;
        Ok(CsvReader { file, chunks, rest: DataFrame::empty() })
    }

    fn next(&mut self, rows: usize) -> Result<Option<DataFrame>> {
        while self.rest.height() == 0 {
            let Some(chunk) = self.chunks.next()? else { return Ok(None) };
            let mut texts: Vec<StringChunkedBuilder> =
                self.file.header.names.iter().map(|name| StringChunkedBuilder::new(name.into(), 0)).collect();
            let (dialect, mut number) = (self.file.header.dialect, String::new());
            self.file.each_record(&chunk, |_, record| {
                for (at, column) in texts.iter_mut().enumerate() {
                    let text = record.get(at)?.filter(|text| !text.is_empty());
                    column.append_option(text.map(|text| dialect.plain(text, &mut number)));
                }
                Ok(())
            })?;
            let columns = texts.into_iter().map(|text| text.finish().into_series().into_column()).collect();
            self.rest = DataFrame::new_infer_height(columns).map_err(|e| Error::input("CSV", brief(&e)))?;
        }
        let (batch, rest) = self.rest.split_at(rows.min(self.rest.height()) as i64);
        self.rest = rest;
        Ok(Some(batch))
    }
}

impl JsonReader {
    fn open(path: &Path) -> Result<Self> {
        let columns = JsonTable::read(path)?.columns;
        let columns = columns.iter().map(to_polars).collect::<PolarsResult<_>>();
        let rows =
            columns.and_then(DataFrame::new_infer_height).map_err(|e| Error::input(path, brief(&e)))?;
        Ok(JsonReader { rows, next: 0 })
    }

    fn next(&mut self, rows: usize) -> Option<DataFrame> {
        let batch = self.rows.slice(self.next as i64, rows);
        self.next += batch.height();
        (batch.height() > 0).then_some(batch)
    }
}

/// A column of text with the same value in every row.
fn constant(name: &str, value: Option<&str>, rows: usize) -> polars::prelude::Column {
    let values = (0..rows).map(|_| value);
    values.collect::<StringChunked>().with_name(name.into()).into_series().into_column()
}
