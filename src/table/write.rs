//! Writing tables as Parquet.

use super::column::{Column, Values};
use crate::error::{Error, Result};
use crate::files;
use polars::prelude::*;
use std::io;
use std::path::Path;

/// Write columns as a Parquet file (zstd), whole or not at all.
///
/// # Errors
/// Where the columns differ in length, or the file cannot be written.
pub fn write_parquet(path: &Path, columns: &[Column]) -> Result<()> {
    let series = columns.iter().map(column_of).collect::<PolarsResult<Vec<_>>>();
    let mut frame = series.and_then(DataFrame::new).map_err(|e| Error::output(path, e))?;
    files::write_whole(path, |out| {
        ParquetWriter::new(out).finish(&mut frame).map(drop).map_err(io::Error::other)
    })
}

pub(super) fn column_of(column: &Column) -> PolarsResult<polars::prelude::Column> {
    let name = PlSmallStr::from(&column.name);
    let series = match &column.values {
        Values::Time(v) => {
            let utc = Some(PlSmallStr::from("UTC"));
            Series::new(name, v).cast(&DataType::Datetime(TimeUnit::Microseconds, utc))?
        }
        Values::Flag(v) => Series::new(name, v),
        Values::Integer(v) => Series::new(name, v),
        Values::Real(v) => v
            .iter()
            .map(|x| (!x.is_nan()).then_some(*x))
            .collect::<Float64Chunked>()
            .with_name(name)
            .into_series(),
        Values::Text(text) => {
            let words = (0..text.codes.len()).map(|row| text.level(row));
            words.collect::<StringChunked>().with_name(name).into_series()
        }
    };
    Ok(series.into_column())
}

#[cfg(test)]
mod tests {
    use super::super::{Features, Request, read};
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
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
        let request = Request { table: "t".into(), features: Features::All, label: None, time: None };
        let table = read(&path, &request).unwrap();
        assert_eq!(table.times, Some(vec![0, 1_500_000, 3]));
        assert_eq!(table.features, columns[1..]);
    }
}
