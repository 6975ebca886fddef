//! Local times: what a clock shows where a time is written. A time with an offset from UTC is that clock's, others are in
//! UTC.

use super::batches::Batch;
use super::format::json_object::Cell;
use super::polars::local_from_polars;
use super::time::{DateOrder, TimeText};
use crate::error::{Error, Result};
use crate::table::calendar::TimeSource;
use crate::table::column::{Values, moment};
use crate::table::value;

/// The local times of a column in microseconds; [`Values::NO_TIME`] where there is none. Numbers are seconds since 1970.
pub(super) fn of_values(values: &Values, order: DateOrder) -> Vec<i64> {
    match values {
        Values::Time(times) => times.clone(),
        Values::Text(text) => {
            let levels: Vec<i64> = text.levels.iter().map(|level| of_text(level, order)).collect();
            let time = |&code: &u32| levels.get(code as usize).copied().unwrap_or(Values::NO_TIME);
            text.codes.iter().map(time).collect()
        }
        Values::Integer(_) | Values::Real(_) => values.reals().into_iter().map(of_seconds).collect(),
        Values::Flag(flags) => vec![Values::NO_TIME; flags.len()],
    }
}

/// The local time of a text, a date or seconds since 1970.
fn of_text(text: &str, order: DateOrder) -> i64 {
    let time = TimeText::parse(text).and_then(|time| time.local_microseconds(order));
    time.unwrap_or_else(|| of_seconds(value::number(text).unwrap_or(f64::NAN)))
}

/// Seconds since 1970 in microseconds; no time for seconds beyond the years 1900 to 2200.
fn of_seconds(seconds: f64) -> i64 {
    moment(seconds).unwrap_or(Values::NO_TIME)
}

impl Batch {
    /// The local times of the source of a model's features, in microseconds; [`Values::NO_TIME`] where there is none.
    ///
    /// # Errors
    /// If the column has a type that cannot be read.
    pub fn local_times(&self, source: &TimeSource) -> Result<Vec<i64>> {
        let Ok(column) = self.frame().column(&source.column) else {
            return Ok(vec![Values::NO_TIME; self.rows()]);
        };
        let problem = |kind: String| format!("has the type {kind}, which is not a time");
        let values = local_from_polars(column);
        let values = values.map_err(|kind| Error::column("the table", &source.column, problem(kind)))?;
        Ok(of_values(&values, order(source.month_first)))
    }
}

impl Cell {
    /// The local time of a value; [`Values::NO_TIME`] if it is none. Numbers are seconds since 1970.
    pub fn local_time(&self, month_first: bool) -> i64 {
        match self {
            Cell::Text(text) => of_text(text, order(month_first)),
            Cell::Integer(seconds) => of_seconds(*seconds as f64),
            Cell::Number(seconds) => of_seconds(*seconds),
            Cell::Missing | Cell::Flag(_) | Cell::Nested => Values::NO_TIME,
        }
    }
}

fn order(month_first: bool) -> DateOrder {
    if month_first { DateOrder::MonthFirst } else { DateOrder::DayFirst }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_says_what_the_clock_shows() {
        let hour = |text: &str| of_text(text, DateOrder::MonthFirst).div_euclid(3_600_000_000).rem_euclid(24);
        for text in [
            "2026-03-13 14:00:00",
            "2026-03-13T14:00:00+05:30",
            "2026-03-13T14:00:00Z",
            "03/13/2026 02:00 PM",
        ] {
            assert_eq!(hour(text), 14, "{text}");
        }
        assert_eq!(of_text("1772434800", DateOrder::DayFirst), 1_772_434_800_000_000);
        for text in ["", "NA", "soon", "1772434800000"] {
            assert_eq!(of_text(text, DateOrder::DayFirst), Values::NO_TIME, "{text}");
        }
    }
}
