//! Rows as CSV: one record per row, with quotes if needed.

use super::json_text::{date_text, decimal, hexadecimal, time_text, write_value};
use super::record::field;
use polars::prelude::*;
use std::io::{self, Write};

/// Write the rows of a frame and flush them.
pub(in crate::table) fn write(out: &mut impl Write, frame: &DataFrame) -> io::Result<()> {
    let columns: Vec<&Series> = frame.columns().iter().map(Column::as_materialized_series).collect();
    let mut text = Vec::new();
    for row in 0..frame.height() {
        text.clear();
        for (at, column) in columns.iter().enumerate() {
            if at > 0 {
                text.push(b',');
            }
            write_field(&mut text, &column.get(row).map_err(io::Error::other)?)?;
        }
        text.push(b'\n');
        out.write_all(&text)?;
    }
    out.flush()
}

/// A value as a field; null is empty.
fn write_field(text: &mut Vec<u8>, value: &AnyValue) -> io::Result<()> {
    match value {
        AnyValue::Null => Ok(()),
        AnyValue::Boolean(flag) => write!(text, "{flag}"),
        AnyValue::Float32(number) => write!(text, "{number:?}"),
        AnyValue::Float64(number) => write!(text, "{number:?}"),
        AnyValue::Decimal(number, _, scale) => text.write_all(decimal(*number, *scale).as_bytes()),
        AnyValue::Datetime(ticks, unit, zone) => {
            let time = time_text(*ticks, *unit).unwrap_or_default();
            let time = if zone.is_none() { time.trim_end_matches('Z') } else { &time };
            text.write_all(time.as_bytes())
        }
        AnyValue::Date(days) => text.write_all(date_text(*days).unwrap_or_default().as_bytes()),
        AnyValue::String(word) => text.write_all(field(word).as_bytes()),
        AnyValue::StringOwned(word) => text.write_all(field(word).as_bytes()),
        AnyValue::Binary(bytes) => text.write_all(field(&hexadecimal(bytes)).as_bytes()),
        AnyValue::List(_) | AnyValue::Array(..) | AnyValue::Struct(..) => {
            let mut json = Vec::new();
            write_value(&mut json, value)?;
            text.write_all(field(&String::from_utf8_lossy(&json)).as_bytes())
        }
        other => text.write_all(field(&other.to_string()).as_bytes()),
    }
}
