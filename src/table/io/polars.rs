//! Conversion from and to columns of polars.

use super::column_type::ColumnType;
use super::time::TimeText;
use crate::table::column::{Column, Values};
use crate::table::value;
use chrono::{DateTime, Offset};
use polars::prelude::{self as pl, *};

/// As [`from_polars`], but points in time of a column with a time zone are those of its local clock.
pub(super) fn local_from_polars(column: &pl::Column) -> Result<Values, String> {
    let values = from_polars(column)?.values;
    let zone = match column.dtype() {
        DataType::Datetime(_, Some(zone)) => zone.to_chrono().ok(),
        _ => None,
    };
    Ok(match (values, zone) {
        (Values::Time(times), Some(zone)) => {
            Values::Time(times.into_iter().map(|time| local(&zone, time).unwrap_or(time)).collect())
        }
        (values, _) => values,
    })
}

/// What a clock in a time zone shows, in microseconds; `None` beyond the calendar.
fn local(zone: &impl chrono::TimeZone, time: i64) -> Option<i64> {
    let utc = DateTime::from_timestamp_micros(time)?.naive_utc();
    Some(time + 1_000_000 * i64::from(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc()))
}

/// A column as plain values. The error is the name of a type that is not a number, flag, category or time.
pub(super) fn from_polars(column: &pl::Column) -> Result<Column, String> {
    let series = column.as_materialized_series();
    match values(series) {
        Ok(Some(values)) => Ok(Column { name: column.name().to_string(), values }),
        Ok(None) | Err(_) => Err(series.dtype().to_string()),
    }
}

fn values(series: &Series) -> PolarsResult<Option<Values>> {
    const DAY: i64 = 86_400_000_000;
    let is_complete = series.null_count() == 0;
    Ok(Some(match series.dtype() {
        DataType::Boolean if is_complete => Values::Flag(series.bool()?.iter().flatten().collect()),
        DataType::Boolean => {
            let number = |flag: bool| f64::from(u8::from(flag));
            Values::Real(series.bool()?.iter().map(|flag| flag.map_or(f64::NAN, number)).collect())
        }
        DataType::String => levels(series)?,
        DataType::Categorical(..) | DataType::Enum(..) => levels(&series.cast(&DataType::String)?)?,
        DataType::Binary => match series.cast(&DataType::String) {
            Ok(text) if text.null_count() == series.null_count() => levels(&text)?,
            _ => return Ok(None),
        },
        DataType::Datetime(unit, _) => times(series, microseconds_in(*unit))?,
        DataType::Date => times(series, (DAY, 1))?,
        DataType::Duration(unit) => seconds(series, microseconds_in(*unit))?,
        DataType::Time => seconds(series, (1, 1_000))?,
        // Integers of more digits than a number can hold are identifiers, of which no digit may be lost.
        DataType::UInt64 | DataType::UInt128 | DataType::Int128
            if series.cast(&DataType::Int64)?.null_count() > series.null_count() =>
        {
            levels(&series.cast(&DataType::String)?)?
        }
        kind if kind.is_integer() && is_complete => {
            Values::Integer(series.cast(&DataType::Int64)?.i64()?.no_null_iter().collect())
        }
        kind if kind.is_numeric() => reals(series)?,
        DataType::Null => Values::Real(vec![f64::NAN; series.len()]),
        _ => return Ok(None),
    }))
}

/// Floats of 16 bits, given as two bytes each, the low one first.
pub(super) fn halves(column: &pl::Column) -> PolarsResult<pl::Column> {
    let number = |bytes: &[u8]| Some(half(u16::from_le_bytes(bytes.try_into().ok()?)));
    let numbers = column.as_materialized_series().binary()?.iter().map(|bytes| number(bytes?));
    let numbers = numbers.collect::<Float32Chunked>().with_name(column.name().clone());
    Ok(numbers.into_series().into_column())
}

/// The number of a 16-bit float: one bit for the sign, five for the exponent, ten for the fraction (IEEE 754).
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from((bits >> 10) & 31), f32::from(bits & 1023));
    let size = match exponent {
        0 => fraction * 2_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2_f32.powi(exponent - 15),
    };
    sign * size
}

fn levels(series: &Series) -> PolarsResult<Values> {
    Ok(Values::Text(series.str()?.iter().map(|text| text.and_then(value::level)).collect()))
}

fn reals(series: &Series) -> PolarsResult<Values> {
    let numbers = series.cast(&DataType::Float64)?;
    Ok(Values::Real(numbers.f64()?.iter().map(|number| number.unwrap_or(f64::NAN)).collect()))
}

/// Durations in seconds; each tick is `times` / `by` microseconds.
fn seconds(series: &Series, (times, by): (i64, i64)) -> PolarsResult<Values> {
    let ticks = series.to_physical_repr().cast(&DataType::Float64)?;
    let seconds = |tick: f64| tick * times as f64 / by as f64 / 1e6;
    Ok(Values::Real(ticks.f64()?.iter().map(|tick| tick.map_or(f64::NAN, seconds)).collect()))
}

/// Points in time; each tick is `times` / `by` microseconds.
fn times(series: &Series, (times, by): (i64, i64)) -> PolarsResult<Values> {
    let ticks = series.to_physical_repr().cast(&DataType::Int64)?;
    let microseconds = |tick: i64| tick.saturating_mul(times).div_euclid(by);
    Ok(Values::Time(ticks.i64()?.iter().map(|tick| tick.map_or(Values::NO_TIME, microseconds)).collect()))
}

fn microseconds_in(unit: TimeUnit) -> (i64, i64) {
    match unit {
        TimeUnit::Nanoseconds => (1, 1_000),
        TimeUnit::Microseconds => (1, 1),
        TimeUnit::Milliseconds => (1_000, 1),
    }
}

/// Plain values as a column of polars; missing values are null.
pub(super) fn to_polars(column: &Column) -> PolarsResult<pl::Column> {
    let name = PlSmallStr::from(&column.name);
    let series = match &column.values {
        Values::Time(v) => {
            let utc = pl::TimeZone::opt_try_new(Some("UTC"))?;
            let ticks = v.iter().map(|&time| (time != Values::NO_TIME).then_some(time));
            let ticks = ticks.collect::<Int64Chunked>().with_name(name).into_series();
            ticks.cast(&DataType::Datetime(TimeUnit::Microseconds, utc))?
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

/// The first line of a polars error; the other lines are advice for Python users.
pub(super) fn brief(error: &PolarsError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// Text as a column of a type; text that does not fit is null.
pub(super) fn typed_text(text: &StringChunked, column_type: ColumnType) -> PolarsResult<pl::Column> {
    let name = text.name().clone();
    let texts = text.iter().map(|text| text.map(str::trim));
    let series = match column_type {
        ColumnType::Empty | ColumnType::Duration | ColumnType::Text => text.clone().into_series(),
        ColumnType::Flag => texts.map(|text| value::flag(text?)).collect::<BooleanChunked>().into_series(),
        ColumnType::Integer => texts.map(|text| text?.parse().ok()).collect::<Int64Chunked>().into_series(),
        ColumnType::Real => {
            let number = |text: Option<&str>| value::plain_number(text?).filter(|number| !number.is_nan());
            texts.map(number).collect::<Float64Chunked>().into_series()
        }
        ColumnType::Time { order, zoned } => {
            let zone = if zoned { pl::TimeZone::opt_try_new(Some("UTC"))? } else { None };
            let ticks = texts.map(|text| TimeText::parse(text?)?.microseconds(order));
            let ticks = ticks.collect::<Int64Chunked>().into_series();
            ticks.cast(&DataType::Datetime(TimeUnit::Microseconds, zone))?
        }
    };
    Ok(series.with_name(name).into_column())
}

#[cfg(test)]
mod tests {
    use super::half;

    #[test]
    fn floats_of_16_bits_are_the_numbers_of_ieee_754() {
        let bits = [0x0000, 0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x3555, 0x7c00, 0xfc00];
        let numbers = [0.0, 1.0, -2.0, 65504.0, 6.103_515_6e-5, 5.960_464_5e-8, 0.333_251_95, f32::INFINITY];
        assert_eq!(bits.map(half)[..8], numbers);
        assert_eq!(half(0xfc00), f32::NEG_INFINITY);
        assert!(half(0x7e00).is_nan());
    }
}
