//! From polars' columns to plain values.

use super::column::{self, Values};
use polars::prelude::*;

/// A column as plain values; the name of its type where it is no number, flag, category or time.
pub(super) fn column(column: &Column) -> Result<column::Column, String> {
    let series = column.as_materialized_series();
    match values(series) {
        Ok(Some(values)) => Ok(column::Column { name: column.name().to_string(), values }),
        Ok(None) | Err(_) => Err(series.dtype().to_string()),
    }
}

fn values(series: &Series) -> PolarsResult<Option<Values>> {
    let complete = series.null_count() == 0;
    Ok(Some(match series.dtype() {
        DataType::Boolean if complete => Values::Flag(series.bool()?.into_no_null_iter().collect()),
        DataType::Boolean => {
            let number = |flag: bool| f64::from(u8::from(flag));
            Values::Real(series.bool()?.iter().map(|flag| flag.map_or(f64::NAN, number)).collect())
        }
        DataType::String => Values::Text(series.str()?.iter().collect()),
        DataType::Categorical(_, _) | DataType::Enum(_, _) => {
            Values::Text(series.cast(&DataType::String)?.str()?.iter().collect())
        }
        DataType::Datetime(unit, _) => times(series, in_microseconds(*unit))?,
        DataType::Date => times(series, (86_400_000_000, 1))?,
        DataType::UInt64 => reals(series)?,
        kind if kind.is_integer() && complete => {
            Values::Integer(series.cast(&DataType::Int64)?.i64()?.into_no_null_iter().collect())
        }
        kind if kind.is_primitive_numeric() => reals(series)?,
        DataType::Null => Values::Real(vec![f64::NAN; series.len()]),
        _ => return Ok(None),
    }))
}

fn reals(series: &Series) -> PolarsResult<Values> {
    let numbers = series.cast(&DataType::Float64)?;
    Ok(Values::Real(numbers.f64()?.iter().map(|number| number.unwrap_or(f64::NAN)).collect()))
}

/// Points in time: each tick is `times` / `by` microseconds.
fn times(series: &Series, (times, by): (i64, i64)) -> PolarsResult<Values> {
    let ticks = series.to_physical_repr().cast(&DataType::Int64)?;
    let microseconds = |tick: i64| tick.saturating_mul(times).div_euclid(by);
    Ok(Values::Time(ticks.i64()?.iter().map(|tick| tick.map_or(Values::NO_TIME, microseconds)).collect()))
}

fn in_microseconds(unit: TimeUnit) -> (i64, i64) {
    match unit {
        TimeUnit::Nanoseconds => (1, 1_000),
        TimeUnit::Microseconds => (1, 1),
        TimeUnit::Milliseconds => (1_000, 1),
    }
}
