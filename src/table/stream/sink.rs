//! Where rows go: Parquet, CSV or JSON lines, some rows at a time.

use super::{Batch, json_text};
use polars::io::{csv, parquet};
use polars::prelude::*;
use std::io::{self, Write};

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Parquet,
    Csv,
    JsonLines,
}

/// A table that is being written. Its columns are those of the first batch.
pub struct Sink<W: Write> {
    state: State<W>,
    /// A text column that holds JSON already.
    json: Option<String>,
}

enum State<W: Write> {
    /// Nothing is written yet.
    New(Format, W),
    Parquet(Box<parquet::write::BatchedWriter<W>>),
    Csv(Box<csv::write::BatchedWriter<W>>),
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
    /// Nothing is written before the first batch, which says what the columns are.
    pub fn new(format: Format, out: W) -> Self {
        Sink { state: State::New(format, out), json: None }
    }

    /// The text column of this name holds JSON, which JSON lines take over as it is.
    #[must_use]
    pub fn with_json(self, column: &str) -> Self {
        Sink { json: Some(column.to_owned()), ..self }
    }

    /// Write some rows behind those that are there; without rows, what comes before the first: a CSV's header.
    ///
    /// # Errors
    /// Where they cannot be written, or their columns are others than those of the first batch.
    pub fn write(&mut self, batch: &Batch) -> io::Result<()> {
        let frame = &batch.frame;
        let state = match std::mem::replace(&mut self.state, State::Broken) {
            State::New(format, out) => State::started(format, out, frame.schema()).map_err(io_error)?,
            started => started,
        };
        self.state = state.write(frame, self.json.as_deref())?;
        Ok(())
    }

    /// Write what stands behind the last row.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn finish(self) -> io::Result<()> {
        match self.state {
            State::Parquet(writer) => writer.finish().map(drop).map_err(io_error),
            State::Csv(mut writer) => writer.finish().map_err(io_error),
            State::JsonLines(mut out) => out.flush(),
            State::New(..) | State::Broken => Ok(()),
        }
    }
}

impl<W: Write> State<W> {
    fn started(format: Format, out: W, schema: &Schema) -> PolarsResult<Self> {
        Ok(match format {
            Format::Parquet => {
                State::Parquet(Box::new(ParquetWriter::new(out).with_compression(fast()?).batched(schema)?))
            }
            Format::Csv => State::Csv(Box::new(CsvWriter::new(out).batched(schema)?)),
            Format::JsonLines => State::JsonLines(out),
        })
    }

    fn write(self, frame: &DataFrame, json: Option<&str>) -> io::Result<Self> {
        match self {
            State::Parquet(mut writer) => {
                writer.write_batch(frame).map_err(io_error)?;
                Ok(State::Parquet(writer))
            }
            State::Csv(mut writer) => {
                writer.write_batch(&in_calendar(frame).map_err(io_error)?).map_err(io_error)?;
                Ok(State::Csv(writer))
            }
            State::JsonLines(mut out) => {
                json_text::write(&mut out, frame, json)?;
                Ok(State::JsonLines(out))
            }
            State::New(..) | State::Broken => Err(io::Error::other("an earlier write failed")),
        }
    }
}

/// The same rows, points in time that no calendar reaches left out, as in JSON lines: some programs write the largest
/// number for "never".
fn in_calendar(frame: &DataFrame) -> PolarsResult<DataFrame> {
    frame.get_columns().iter().map(reached).collect()
}

fn reached(column: &Column) -> PolarsResult<Column> {
    const YEARS: i64 = 200_000;
    let ticks_of_a_day = match column.dtype() {
        DataType::Date => 1,
        DataType::Datetime(TimeUnit::Milliseconds, _) => 86_400_000,
        DataType::Datetime(TimeUnit::Microseconds, _) => 86_400_000_000,
        // Nanoseconds do not go far enough to leave it.
        _ => return Ok(column.clone()),
    };
    let furthest = 365 * YEARS * ticks_of_a_day;
    let kind = column.dtype();
    let ticks = column.to_physical_repr().cast(&DataType::Int64)?;
    let ticks = ticks.as_materialized_series().i64()?;
    let is_beyond = |tick: i64| !(-furthest..=furthest).contains(&tick);
    if !ticks.iter().flatten().any(is_beyond) {
        return Ok(column.clone());
    }
    let reached: Int64Chunked = ticks.iter().map(|tick| tick.filter(|&tick| !is_beyond(tick))).collect();
    let physical = if kind == &DataType::Date { DataType::Int32 } else { DataType::Int64 };
    reached.with_name(column.name().clone()).into_column().cast(&physical)?.cast(kind)
}

/// zstd at its fastest: at the usual level half of the time of scoring a table of repeated rows is spent packing it.
fn fast() -> PolarsResult<ParquetCompression> {
    ZstdLevel::try_new(1).map(|level| ParquetCompression::Zstd(Some(level)))
}

/// The error of the file itself, where that was it.
fn io_error(error: PolarsError) -> io::Error {
    match error {
        PolarsError::IO { error, .. } => io::Error::new(error.kind(), error.to_string()),
        other => io::Error::other(other.to_string()),
    }
}
