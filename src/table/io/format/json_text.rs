//! Rows as JSON lines: one object per row, with the columns in order.

use crate::table::summary::rfc3339;
use polars::prelude::*;
use std::io::{self, Write};

/// Write the rows of a frame and flush them. One text column may contain JSON.
pub(in crate::table) fn write(out: &mut impl Write, frame: &DataFrame, json: &[String]) -> io::Result<()> {
    let keys: Vec<String> =
        frame.get_column_names().iter().map(|name| quoted(name.as_str())).collect::<io::Result<_>>()?;
    let columns: Vec<&Series> = frame.columns().iter().map(Column::as_materialized_series).collect();
    let mut text = Vec::new();
    for row in 0..frame.height() {
        text.clear();
        for (at, (key, column)) in keys.iter().zip(&columns).enumerate() {
            write!(text, "{}{key}:", if at == 0 { '{' } else { ',' })?;
            let value = column.get(row).map_err(io::Error::other)?;
            match value {
                AnyValue::String(value) if json.iter().any(|name| name == column.name().as_str()) => {
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

pub(super) fn write_value(text: &mut Vec<u8>, value: &AnyValue) -> io::Result<()> {
    match value {
        AnyValue::Boolean(flag) => write!(text, "{flag}"),
        AnyValue::String(word) => write_text(text, word),
        AnyValue::Float32(number) => write_number(text, *number, number.is_finite()),
        AnyValue::Float64(number) => write_number(text, *number, number.is_finite()),
        AnyValue::Datetime(ticks, unit, _) => write_or_null(text, time_text(*ticks, *unit)),
        AnyValue::Date(days) => write_or_null(text, date_text(*days)),
        AnyValue::UInt64(number) => write!(text, "{number}"),
        AnyValue::Int128(number) => write!(text, "{number}"),
        AnyValue::Decimal(number, _, scale) => text.write_all(decimal(*number, *scale).as_bytes()),
        AnyValue::Binary(bytes) => write_text(text, &hexadecimal(bytes)),
        AnyValue::BinaryOwned(bytes) => write_text(text, &hexadecimal(bytes)),
        AnyValue::List(series) | AnyValue::Array(series, _) => write_list(text, series),
        AnyValue::Struct(..) => write_struct(text, value),
        AnyValue::StringOwned(word) => write_text(text, word),
        AnyValue::Time(_) | AnyValue::Duration(..) => write_text(text, &value.to_string()),
        number if number.is_integer() => write!(text, "{}", number.extract::<i64>().unwrap_or_default()),
        _ => text.write_all(b"null"),
    }
}

fn write_text(text: &mut Vec<u8>, word: &str) -> io::Result<()> {
    serde_json::to_writer(text, word).map_err(io::Error::from)
}

fn write_list(text: &mut Vec<u8>, series: &Series) -> io::Result<()> {
    text.push(b'[');
    for (at, value) in series.iter().enumerate() {
        if at > 0 {
            text.push(b',');
        }
        write_value(text, &value)?;
    }
    text.push(b']');
    Ok(())
}

fn write_struct(text: &mut Vec<u8>, value: &AnyValue) -> io::Result<()> {
    let AnyValue::Struct(_, _, fields) = value else { return text.write_all(b"null") };
    text.push(b'{');
    for (at, (field, value)) in fields.iter().zip(value._iter_struct_av()).enumerate() {
        write!(text, "{}{}:", if at == 0 { "" } else { "," }, quoted(field.name().as_str())?)?;
        write_value(text, &value)?;
    }
    text.push(b'}');
    Ok(())
}

/// A decimal number with all its digits.
pub(super) fn decimal(number: i128, scale: usize) -> String {
    let digits = format!("{:0width$}", number.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    let sign = if number < 0 { "-" } else { "" };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// Bytes as text if they are UTF-8, else in hexadecimal.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// A number that JSON cannot represent is null.
fn write_number(text: &mut Vec<u8>, number: impl serde::Serialize, finite: bool) -> io::Result<()> {
    match finite {
        true => serde_json::to_writer(text, &number).map_err(io::Error::from),
        false => text.write_all(b"null"),
    }
}

/// A point in time as RFC 3339; `None` beyond the calendar, as some programs write "never".
pub(super) fn time_text(ticks: i64, unit: TimeUnit) -> Option<String> {
    rfc3339(match unit {
        TimeUnit::Nanoseconds => ticks.div_euclid(1_000),
        TimeUnit::Microseconds => ticks,
        TimeUnit::Milliseconds => ticks.saturating_mul(1_000),
    })
}

/// A day as ISO 8601; `None` beyond the calendar.
pub(super) fn date_text(days: i32) -> Option<String> {
    const MICROSECONDS: i64 = 86_400_000_000;
    let time = rfc3339(i64::from(days).checked_mul(MICROSECONDS)?)?;
    time.split('T').next().map(str::to_owned)
}

fn write_or_null(text: &mut Vec<u8>, word: Option<String>) -> io::Result<()> {
    match word {
        Some(word) => write_text(text, &word),
        None => text.write_all(b"null"),
    }
}

fn quoted(name: &str) -> io::Result<String> {
    serde_json::to_string(name).map_err(io::Error::from)
}
