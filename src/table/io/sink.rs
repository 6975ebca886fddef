//! Writes rows as Parquet, CSV or JSON lines, in batches.

use super::batches::Batch;
use super::format::{csv_text, json_text, record};
use super::polars::brief;
use polars::io::parquet;
use polars::prelude::*;
use std::io::{self, Write};
use std::path::Path;

/// The output format of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// Apache Parquet.
    Parquet,
    /// CSV with a header.
    Csv,
    /// One JSON object per line.
    JsonLines,
}

impl OutputFormat {
    /// The format by the extension of a file; `None` if it is unknown.
    pub fn of_name(file: &Path) -> Option<Self> {
        match file.extension()?.to_ascii_lowercase().to_str() {
            Some("parquet") => Some(OutputFormat::Parquet),
            Some("csv") => Some(OutputFormat::Csv),
            Some("jsonl" | "ndjson") => Some(OutputFormat::JsonLines),
            _ => None,
        }
    }
}

/// An open output table. Its columns are those of the first batch.
pub struct Sink<W: Write> {
    format: OutputFormat,
    state: State<W>,
    /// The text columns that hold JSON already.
    json: Vec<String>,
}

enum State<W: Write> {
    /// Nothing is written yet.
    New(OutputFormat, W),
    Parquet(Box<parquet::write::BatchedWriter<W>>),
    Csv(W),
    JsonLines(W),
    /// An earlier write failed.
    Broken,
}

impl<W: Write> std::fmt::Debug for Sink<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sink").finish_non_exhaustive()
    }
}

impl<W: Write> Sink<W> {
    /// Start a table. Nothing is written before the first batch, which defines the columns.
    pub fn new(format: OutputFormat, out: W) -> Self {
        Sink { format, state: State::New(format, out), json: Vec::new() }
    }

    /// The text columns of these names hold JSON, which JSON lines take over as it is.
    #[must_use]
    pub fn with_json(self, json: Vec<String>) -> Self {
        Sink { json, ..self }
    }

    /// Append rows. A batch without rows writes the CSV header only.
    ///
    /// # Errors
    /// If the rows cannot be written, or have other columns than the first batch.
    pub fn write(&mut self, batch: &Batch) -> io::Result<()> {
        let typed;
        let frame = match self.format {
            OutputFormat::Csv => batch.frame(),
            OutputFormat::Parquet | OutputFormat::JsonLines => {
                let mut own = batch.typed(self.format == OutputFormat::Parquet).map_err(io_error)?;
                // Appended rows and appended columns may be in chunks of different lengths.
                if own.should_rechunk() {
                    own.rechunk_mut();
                }
                typed = own;
                &typed
            }
        };
        let state = match std::mem::replace(&mut self.state, State::Broken) {
            State::New(format, out) => State::started(format, out, frame.schema()).map_err(io_error)?,
            started => started,
        };
        self.state = state.write(frame, &self.json)?;
        Ok(())
    }

    /// The writer of JSON lines or CSV; `None` for Parquet, which has a footer.
    pub fn into_inner(self) -> Option<W> {
        match self.state {
            State::New(_, out) | State::Csv(out) | State::JsonLines(out) => Some(out),
            State::Parquet(_) | State::Broken => None,
        }
    }

    /// Write the end of the file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(self) -> io::Result<()> {
        match self.state {
            State::Parquet(writer) => writer.finish().map(drop).map_err(io_error),
            State::Csv(mut out) | State::JsonLines(mut out) => out.flush(),
            State::New(..) | State::Broken => Ok(()),
        }
    }
}

impl<W: Write> State<W> {
    fn started(format: OutputFormat, out: W, schema: &Schema) -> PolarsResult<Self> {
        Ok(match format {
            OutputFormat::Parquet => {
                State::Parquet(Box::new(ParquetWriter::new(out).with_compression(fast()?).batched(schema)?))
            }
            OutputFormat::Csv => {
                let mut out = out;
                let names: Vec<String> = schema.iter_names().map(|name| record::field(name)).collect();
                out.write_all((names.join(",") + "\n").as_bytes())?;
                State::Csv(out)
            }
            OutputFormat::JsonLines => State::JsonLines(out),
        })
    }

    fn write(self, frame: &DataFrame, json: &[String]) -> io::Result<Self> {
        match self {
            State::Parquet(mut writer) => {
                writer.write_batch(frame).map_err(io_error)?;
                Ok(State::Parquet(writer))
            }
            State::Csv(mut out) => {
                csv_text::write(&mut out, frame)?;
                Ok(State::Csv(out))
            }
            State::JsonLines(mut out) => {
                json_text::write(&mut out, frame, json)?;
                Ok(State::JsonLines(out))
            }
            State::New(..) | State::Broken => Err(io::Error::other("an earlier write failed")),
        }
    }
}

/// zstd at its fastest level. At the default level, compression takes half of the time of scoring a table
/// with many duplicates.
fn fast() -> PolarsResult<ParquetCompression> {
    polars::polars_utils::compression::ZstdLevel::try_new(1)
        .map(|level| ParquetCompression::Zstd(Some(level)))
}

/// The I/O error inside a polars error, if there is one.
fn io_error(error: PolarsError) -> io::Error {
    match error {
        PolarsError::IO { error, .. } => io::Error::new(error.kind(), error.to_string()),
        other => io::Error::other(brief(&other)),
    }
}
