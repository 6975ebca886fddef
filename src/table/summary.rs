//! The metadata of a table, which is written next to its file.

use super::Table;
use super::column::{Column, Values};
use chrono::{DateTime, SecondsFormat};
use serde::Serialize;

/// The summary of a table.
#[derive(Clone, Debug, Serialize)]
pub struct Metadata {
    /// The table's name.
    pub table: String,
    /// The number of rows, duplicates included.
    pub rows: usize,
    /// The first and the last time (RFC 3339, UTC).
    pub time_range: Option<[String; 2]>,
    /// The number of suspicious rows; `None` without labels.
    pub suspicious_rows: Option<usize>,
    /// In [0, 1].
    pub suspicious_rate: Option<f64>,
    /// The names of the features, in the order of the columns.
    pub features: Vec<String>,
    /// All columns of the file, in order.
    pub columns: Vec<ColumnMetadata>,
}

/// One column of the file.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnMetadata {
    pub name: String,
    pub holds: &'static str,
    pub missing: usize,
    pub distinct: Option<usize>,
}

impl Metadata {
    /// The summary of a table and of all the columns of its file.
    pub fn of(table: &Table, columns: &[Column]) -> Self {
        let rows = table.rows();
        let suspicious = table.suspicious();
        Metadata {
            table: table.name.clone(),
            rows,
            time_range: table.times.as_deref().and_then(range),
            suspicious_rows: suspicious,
            suspicious_rate: suspicious.filter(|_| rows > 0).map(|count| count as f64 / rows as f64),
            features: table.feature_names(),
            columns: columns.iter().map(ColumnMetadata::of).collect(),
        }
    }
}

impl ColumnMetadata {
    fn of(column: &Column) -> Self {
        let (holds, missing, distinct) = match &column.values {
            Values::Time(_) => ("time", 0, None),
            Values::Flag(_) => ("boolean", 0, None),
            Values::Integer(_) => ("integer", 0, None),
            Values::Real(v) => ("real", v.iter().filter(|x| x.is_nan()).count(), None),
            Values::Text(text) => ("text", text.missing(), Some(text.levels.len())),
        };
        ColumnMetadata { name: column.name.clone(), holds, missing, distinct }
    }
}

/// The first and the last time, as RFC 3339; `None` without times, or beyond the calendar.
pub(crate) fn range(times: &[i64]) -> Option<[String; 2]> {
    Some([rfc3339(*times.iter().min()?)?, rfc3339(*times.iter().max()?)?])
}

/// Microseconds since 1970 as RFC 3339 in UTC; `None` beyond the calendar.
pub(crate) fn rfc3339(microseconds: i64) -> Option<String> {
    let time = DateTime::from_timestamp_micros(microseconds)?;
    Some(time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_range_is_written_in_utc() {
        let expected = ["1970-01-01T00:00:01Z".to_owned(), "2025-01-06T00:00:00Z".to_owned()];
        assert_eq!(range(&[1_736_121_600_000_000, 1_000_000]), Some(expected));
        assert_eq!(range(&[]), None);
    }
}
