//! Writing tables as Parquet or CSV.

use super::format::{csv_text, record};
use super::polars::to_polars;
use super::sink::OutputFormat;
use crate::error::{Error, Result};
use crate::files;
use crate::table::column::Column;
use polars::prelude::*;
use std::io::{self, Write};
use std::path::Path;

/// Write columns as a Parquet file (zstd), atomically.
///
/// # Errors
/// If the columns differ in length, or the file cannot be written.
pub fn write_parquet(path: &Path, columns: &[Column]) -> Result<()> {
    let mut frame = frame(columns).map_err(|e| Error::output(path, e))?;
    files::write_whole(path, |out| {
        ParquetWriter::new(out).finish(&mut frame).map(drop).map_err(io::Error::other)
    })
}

/// Writes a table as Parquet (zstd), part by part.
pub struct PartWriter<W: Write> {
    writer: polars::io::parquet::write::BatchedWriter<W>,
}

impl<W: Write> std::fmt::Debug for PartWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartWriter").finish_non_exhaustive()
    }
}

impl<W: Write> PartWriter<W> {
    /// Start a table with the names and types of these columns.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn new(out: W, columns: &[Column]) -> io::Result<Self> {
        let schema = frame(columns).map_err(io::Error::other)?.schema().as_ref().clone();
        let writer = ParquetWriter::new(out).batched(&schema).map_err(io::Error::other)?;
        Ok(PartWriter { writer })
    }

    /// Append rows.
    ///
    /// # Errors
    /// If the columns are others than at the start, or the output cannot be written.
    pub fn write(&mut self, columns: &[Column]) -> io::Result<()> {
        let frame = frame(columns).map_err(io::Error::other)?;
        self.writer.write_batch(&frame).map_err(io::Error::other)
    }

    /// Write the end of the file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(self) -> io::Result<()> {
        self.writer.finish().map(drop).map_err(io::Error::other)
    }
}

/// Write columns atomically as the extension says: `.parquet` or `.csv`.
///
/// # Errors
/// As [`write_parquet`], or if the extension is another one.
pub fn write_columns(path: &Path, columns: &[Column]) -> Result<()> {
    match OutputFormat::of_name(path) {
        Some(OutputFormat::Parquet) => write_parquet(path, columns),
        Some(OutputFormat::Csv) => {
            let frame = frame(columns).map_err(|e| Error::output(path, e))?;
            let names: Vec<String> = columns.iter().map(|column| record::field(&column.name)).collect();
            files::write_whole(path, |out| {
                writeln!(out, "{}", names.join(","))?;
                csv_text::write(out, &frame)
            })
        }
        _ => Err(Error::output(path, "the extension must be .parquet or .csv")),
    }
}

fn frame(columns: &[Column]) -> PolarsResult<DataFrame> {
    DataFrame::new_infer_height(columns.iter().map(to_polars).collect::<PolarsResult<Vec<_>>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::column::Values;
    use crate::table::{Request, read};

    #[test]
    fn a_written_file_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        let words = ["a", "", "b"].iter().map(|word| (!word.is_empty()).then_some(*word)).collect();
        let columns = [
            Column { name: "ts".into(), values: Values::Time(vec![0, 1_500_000, 3]) },
            Column { name: "flag".into(), values: Values::Flag(vec![true, false, true]) },
            Column { name: "real".into(), values: Values::Real(vec![0.1, 2.0, -3.5]) },
            Column { name: "word".into(), values: Values::Text(words) },
        ];
        write_parquet(&path, &columns).unwrap();
        let request = Request { table: "t".into(), ..Request::default() };
        let table = read(&path, &request).unwrap();
        assert_eq!(table.times, Some(vec![0, 1_500_000, 3]));
        assert_eq!(table.features, columns[1..]);
    }
}
