//! Rows as JSON lines: one object a row, the columns in order.

use crate::table::summary::rfc3339;
use polars::prelude::*;
use std::io::{self, Write};

/// Write the rows of a frame and flush them; one text column may hold JSON already.
pub(super) fn write(out: &mut impl Write, frame: &DataFrame, json: Option<&str>) -> io::Result<()> {
    let keys: Vec<String> =
        frame.get_column_names().iter().map(|name| quoted(name.as_str())).collect::<io::Result<_>>()?;
    let columns: Vec<&Series> = frame.materialized_column_iter().collect();
    let mut text = Vec::new();
    for row in 0..frame.height() {
        text.clear();
        for (at, (key, column)) in keys.iter().zip(&columns).enumerate() {
            write!(text, "{}{key}:", if at == 0 { '{' } else { ',' })?;
            let value = column.get(row).map_err(io::Error::other)?;
            match value {
                AnyValue::String(value) if json == Some(column.name().as_str()) => {
                    text.extend_from_slice(value.as_bytes());
                }
                value => write_value(&mut text, &value)?,
            }
        }
        text.extend_from_slice(b"}\n");
        out.write_all(&text)?;
    }
    out.flush()
}

fn write_value(text: &mut Vec<u8>, value: &AnyValue) -> io::Result<()> {
    match value {
        AnyValue::Boolean(flag) => write!(text, "{flag}"),
        AnyValue::String(word) => serde_json::to_writer(text, word).map_err(io::Error::from),
        AnyValue::Float32(number) => write_number(text, *number, number.is_finite()),
        AnyValue::Float64(number) => write_number(text, *number, number.is_finite()),
        AnyValue::Datetime(ticks, unit, _) => write_time(text, *ticks, *unit),
        AnyValue::Date(days) => write_date(text, *days),
        AnyValue::UInt64(number) => write!(text, "{number}"),
        number if number.is_integer() => write!(text, "{}", number.extract::<i64>().unwrap_or_default()),
        _ => text.write_all(b"null"),
    }
}

/// What JSON has no number for is null.
fn write_number(text: &mut Vec<u8>, number: impl serde::Serialize, finite: bool) -> io::Result<()> {
    match finite {
        true => serde_json::to_writer(text, &number).map_err(io::Error::from),
        false => text.write_all(b"null"),
    }
}

fn write_time(text: &mut Vec<u8>, ticks: i64, unit: TimeUnit) -> io::Result<()> {
    let microseconds = match unit {
        TimeUnit::Nanoseconds => ticks.div_euclid(1_000),
        TimeUnit::Microseconds => ticks,
        TimeUnit::Milliseconds => ticks.saturating_mul(1_000),
    };
    match rfc3339(microseconds) {
        Some(time) => write!(text, "\"{time}\""),
        None => text.write_all(b"null"),
    }
}

fn write_date(text: &mut Vec<u8>, days: i32) -> io::Result<()> {
    const MICROSECONDS: i64 = 86_400_000_000;
    match rfc3339(i64::from(days) * MICROSECONDS) {
        Some(time) => write!(text, "\"{}\"", time.split('T').next().unwrap_or_default()),
        None => text.write_all(b"null"),
    }
}

fn quoted(name: &str) -> io::Result<String> {
    serde_json::to_string(name).map_err(io::Error::from)
}
