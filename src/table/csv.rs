//! What holds for every CSV file: its first line, the words for a missing value, and which text is a date.

use super::frame::first_bytes;
use crate::error::{Error, LONGEST_NAME, Result, printable};
use polars::prelude::*;
use polars::time::chunkedarray::StringMethods;
use rayon::prelude::*;
use std::ops::RangeInclusive;
use std::path::Path;

/// The words of a text file for a value that is not there.
pub(super) const MISSING: [&str; 8] = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"];

/// How every CSV file is read: types from all rows, without dates ([`with_dates`]), and [`MISSING`] words.
pub(super) fn options() -> CsvReadOptions {
    let missing = MISSING.map(PlSmallStr::from).to_vec();
    CsvReadOptions::default()
        .with_infer_schema_length(None)
        .map_parse_options(|parse| parse.with_null_values(Some(NullValues::AllColumns(missing.clone()))))
}

/// The same columns, text as points in time where all of it is. polars can do so as it reads, but then tries every
/// form of a date on every text: some ten thousand rows a second.
pub(super) fn with_dates(frame: DataFrame) -> PolarsResult<DataFrame> {
    let columns: Vec<Column> = frame
        .take_columns()
        .into_par_iter()
        .map(|column| column.str().ok().and_then(dates).map_or(column.clone(), Series::into_column))
        .collect();
    DataFrame::new(columns)
}

/// Text as dates or points in time; `None` where a value is neither, or where there is none.
fn dates(text: &StringChunked) -> Option<Series> {
    let behind = text.first_non_null()?;
    let form = Form::of(text.get(behind)?)?;
    // Most text shows in its first values whether all of it are dates.
    let of_first = |kind: &DataType| points_in_time(&text.slice(behind as i64, 1_000), kind);
    let zone = form.zoned.then_some(PlSmallStr::from_static("UTC"));
    let kinds = [DataType::Date, DataType::Datetime(TimeUnit::Microseconds, zone)];
    let points = kinds.iter().find_map(|kind| of_first(kind).and_then(|_| points_in_time(text, kind)))?;
    (form.is_certain(text) && is_of_our_time(&points)).then_some(points)
}

/// How a date is written. Years have four digits: `1.2.3` is a version.
#[derive(Clone, Copy, Debug)]
struct Form {
    year_first: bool,
    /// Between the parts of the date.
    separator: char,
    /// Whether an offset from UTC stands behind the time of day.
    zoned: bool,
}

impl Form {
    fn of(value: &str) -> Option<Self> {
        let (date, clock) = value.split_once(['T', ' ']).unwrap_or((value, ""));
        let separator = date.chars().find(|c| !c.is_ascii_digit()).filter(|c| "-/.".contains(*c))?;
        let digits: Vec<usize> = date.split(separator).map(str::len).collect();
        let year_first = match digits[..] {
            [4, 1..=2, 1..=2] => true,
            [1..=2, 1..=2, 4] => false,
            _ => return None,
        };
        Some(Form { year_first, separator, zoned: clock.contains(['Z', '+', '-']) })
    }

    /// Whether it shows which number is the day: 03/04/2024 is a day of April in one country and of March in another,
    /// unless one of the values says more than 12 where the day would stand. Between dots the day is first everywhere.
    fn is_certain(self, text: &StringChunked) -> bool {
        let day = |value: &str| value.split(self.separator).next().and_then(|day| day.parse::<u8>().ok());
        let shows = |value: &str| day(value).is_some_and(|day| day > 12);
        self.year_first || self.separator == '.' || text.iter().flatten().any(shows)
    }
}

/// Whether all points in time lie in the years 1900 to 2200; others are numbers that look like dates.
fn is_of_our_time(points: &Series) -> bool {
    const DAYS: RangeInclusive<i64> = -25_567..=84_006;
    const MICROSECONDS: i64 = 86_400_000_000;
    let ticks = if points.dtype() == &DataType::Date { 1 } else { MICROSECONDS };
    let days = |tick: i64| tick.div_euclid(ticks);
    let Ok(whole) = points.to_physical_repr().cast(&DataType::Int64) else { return false };
    whole.i64().is_ok_and(|ticks| ticks.iter().flatten().all(|tick| DAYS.contains(&days(tick))))
}

/// Text as dates, or as times, of the form that its first value has; `None` where a value has another. An offset from
/// UTC is taken into account.
pub(super) fn points_in_time(text: &StringChunked, kind: &DataType) -> Option<Series> {
    let points = match kind {
        DataType::Datetime(unit, zone) => {
            let ambiguous = StringChunked::from_iter([Some("raise")]);
            let mut points = text.as_datetime(None, *unit, false, false, None, &ambiguous).ok()?;
            zone.iter().try_for_each(|zone| points.set_time_zone(zone.clone())).ok()?;
            points.into_series()
        }
        _ => text.as_date(None, false).ok()?.into_series(),
    };
    (points.null_count() == text.null_count()).then_some(points)
}

/// Where quotes are open in a CSV. One opens at the beginning of a field only: in `5" disk` it is text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quotes {
    open: bool,
    /// Whether a quote here would open them.
    opens: bool,
}

impl Default for Quotes {
    fn default() -> Self {
        Quotes { open: false, opens: true }
    }
}

impl Quotes {
    /// Go on by one byte; whether it ends a record.
    #[inline]
    pub fn end_with(&mut self, byte: u8) -> bool {
        let (was_open, opens) = (self.open, self.opens);
        self.open = if byte == b'"' { !was_open && opens } else { was_open };
        // Of two quotes in a row the second opens again.
        self.opens = !self.open && (byte == b',' || byte == b'\n' || byte == b'"' && was_open);
        byte == b'\n' && !self.open
    }
}

/// A name of a CSV's header: polars gives a repeated one an ending of its own.
pub(super) fn as_written(name: &str) -> String {
    name.split("_duplicated_").next().unwrap_or_default().to_owned()
}

/// A note on a header that looks like a row.
pub(super) fn headless(names: &[String]) -> Option<String> {
    let number = names.iter().find(|name| name.parse::<f64>().is_ok())?;
    let number = printable(number, LONGEST_NAME);
    Some(format!(
        "the first line, with `{number}` in it, is taken for the names of the columns; put a header in front"
    ))
}

/// A header of one column that holds another separator is a table of another separator.
pub(super) fn comma_separated(file: &Path, names: &[String]) -> Result<()> {
    let separator = names
        .first()
        .filter(|_| names.len() == 1)
        .and_then(|name| name.chars().find(|c| ";\t|".contains(*c)));
    match separator {
        Some(c) => Err(Error::input(file, format!("seems to be separated by {c:?}; only commas are read"))),
        None => Ok(()),
    }
}

/// Some other formats in a CSV's clothes, by their first bytes.
pub(super) fn no_other_format(file: &Path) -> Result<()> {
    let reason = match first_bytes(file) {
        [0x1f, 0x8b, ..] => "is compressed; unpack it first",
        [b'P', b'A', b'R', b'1'] => "is a Parquet file; give it the ending .parquet",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "is UTF-16; save it as UTF-8",
        _ => return Ok(()),
    };
    Err(Error::input(file, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[Option<&str>]) -> Column {
        let text = StringChunked::from_iter(values.iter().copied());
        let frame = DataFrame::new(vec![text.into_series().with_name("x".into()).into_column()]).unwrap();
        with_dates(frame).unwrap().take_columns().remove(0)
    }

    fn microseconds(zone: Option<&str>) -> DataType {
        DataType::Datetime(TimeUnit::Microseconds, zone.map(PlSmallStr::from))
    }

    #[test]
    fn text_is_a_date_where_every_value_is_one() {
        for (values, kind) in [
            (vec![None, Some("2025-01-06"), Some("2025-01-07"), None], DataType::Date),
            (vec![Some("31.12.2024")], DataType::Date),
            (vec![Some("2025-01-06"), Some("2025-01-06 10:00:00")], microseconds(None)),
            (vec![Some("2025-01-06T10:00:00.25"), None], microseconds(None)),
            (vec![Some("2025-01-06"), Some("yesterday")], DataType::String),
            (vec![Some("2025-01-06T10:00:00"), Some("2025-01-06T10:00:00Z")], DataType::String),
            (vec![Some("x"), Some("2025-01-06")], DataType::String),
            (vec![Some("10.0.0.1")], DataType::String),
            (vec![Some("1.2.3"), Some("1.10.7")], DataType::String),
            (vec![Some("29.03.24")], DataType::String),
            (vec![Some("2024-13-45")], DataType::String),
            (vec![Some("03/01/2024"), Some("03/12/2024")], DataType::String),
            (vec![Some("03/01/2024"), Some("13/01/2024")], DataType::Date),
            (vec![Some("03.01.2024 10:00")], microseconds(None)),
            (vec![Some("0001-01-01")], DataType::String),
            (vec![Some("2024-01-01"), Some("9999-12-31")], DataType::String),
            (vec![None, None], DataType::String),
            (vec![], DataType::String),
        ] {
            assert_eq!(read(&values).dtype(), &kind, "{values:?}");
        }
    }

    #[test]
    fn a_quote_opens_at_the_beginning_of_a_field_only() {
        let records = |text: &str| {
            let mut quotes = Quotes::default();
            text.bytes().filter(|&byte| quotes.end_with(byte)).count()
        };
        for (text, ends) in [
            ("a,b\nc\n", 2),
            ("5\" disk\nx\n", 2),
            ("\"a\nb\"\nx\n", 2),
            ("a,\"b\"\"\n\"\"\",c\nx\n", 2),
            ("\"\",\"\"\n\"\"\n", 2),
            ("a,\"open\n", 0),
        ] {
            assert_eq!(records(text), ends, "{text}");
        }
    }

    #[test]
    fn an_offset_from_utc_counts() {
        let times = read(&[Some("2025-01-06T10:00:00Z"), Some("2025-01-06T12:00:00+02:00")]);
        assert_eq!(times.dtype(), &microseconds(Some("UTC")));
        let ten = Some(1_736_157_600_000_000);
        assert_eq!(times.datetime().unwrap().iter().collect::<Vec<_>>(), [ten, ten]);
    }
}
