//! Columns of plain values.

use crate::error::{Error, Result};
use hashbrown::HashMap;

/// Whether a number can be computed with. Others count as missing: NaN, infinity, and numbers beyond ±1e150, whose
/// square is infinite. Databases and instruments write the largest double for a missing value.
pub(crate) fn is_number(number: f64) -> bool {
    number.abs() <= 1e150
}

/// A named column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The column's name.
    pub name: String,
    /// One value per row.
    pub values: Values,
}

/// The values of a column, by their meaning.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Microseconds since 1970-01-01T00:00:00Z; [`Values::NO_TIME`] is a missing value.
    Time(Vec<i64>),
    /// Booleans, without missing values.
    Flag(Vec<bool>),
    /// Integers, without missing values.
    Integer(Vec<i64>),
    /// NaN is a missing value.
    Real(Vec<f64>),
    /// Strings; the code [`Categories::MISSING`] is a missing value.
    Text(Categories),
}

/// Strings, with each distinct string stored once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Categories {
    /// The index of the level of each row, or [`Categories::MISSING`].
    pub codes: Vec<u32>,
    /// The distinct strings; a code is an index into them.
    pub levels: Vec<String>,
}

impl Column {
    /// The column as points in time: a datetime, or seconds since 1970.
    ///
    /// # Errors
    /// If the column has other values or missing ones, or if its numbers are not seconds of the years 1900 to
    /// 2200: milliseconds, for example, are not.
    pub fn times(&self, table: &str) -> Result<Vec<i64>> {
        let at_row = |(row, time): (usize, Result<i64, String>)| {
            time.map_err(|problem| Error::column(table, &self.name, format!("{problem} in row {}", row + 1)))
        };
        match &self.values {
            Values::Time(times) => {
                times.iter().map(|&time| some_time(time)).enumerate().map(at_row).collect()
            }
            Values::Integer(seconds) => {
                seconds.iter().map(|&s| moment(s as f64)).enumerate().map(at_row).collect()
            }
            Values::Real(seconds) => seconds.iter().map(|&s| moment(s)).enumerate().map(at_row).collect(),
            Values::Flag(_) | Values::Text(_) => {
                let problem = "is not a time; datetimes such as 2025-01-31 10:00:00 or 31.01.2025, all of one form, \
                               and seconds since 1970 are";
                Err(Error::column(table, &self.name, problem))
            }
        }
    }

    /// As [`Column::times`], but a missing value is [`Values::NO_TIME`]. Errors count rows from `offset`.
    #[cfg(feature = "cli")]
    pub(super) fn times_from(&self, table: &str, offset: usize) -> Result<Vec<i64>> {
        let time = |row: usize| match self.values.real(row) {
            seconds if seconds.is_nan() => Ok(Values::NO_TIME),
            seconds => moment(seconds).map_err(|problem| {
                Error::column(table, &self.name, format!("{problem} in row {}", offset + row + 1))
            }),
        };
        match &self.values {
            Values::Time(times) => Ok(times.clone()),
            values if values.all_missing() => Ok(vec![Values::NO_TIME; values.len()]),
            Values::Integer(_) | Values::Real(_) => (0..self.values.len()).map(time).collect(),
            Values::Flag(_) | Values::Text(_) => self.times(table),
        }
    }

    /// A column of the rows at these indices, in their order.
    pub fn take(&self, rows: &[usize]) -> Column {
        let values = match &self.values {
            Values::Time(v) => Values::Time(picked(v, rows)),
            Values::Flag(v) => Values::Flag(picked(v, rows)),
            Values::Integer(v) => Values::Integer(picked(v, rows)),
            Values::Real(v) => Values::Real(picked(v, rows)),
            Values::Text(text) => {
                Values::Text(Categories { codes: picked(&text.codes, rows), levels: text.levels.clone() })
            }
        };
        Column { name: self.name.clone(), values }
    }
}

fn some_time(time: i64) -> Result<i64, String> {
    if time == Values::NO_TIME { Err("says no time".to_owned()) } else { Ok(time) }
}

/// Seconds since 1970 in microseconds.
pub(super) fn moment(seconds: f64) -> Result<i64, String> {
    const MICROSECONDS: f64 = 1e6;
    const YEARS_1900_TO_2200: std::ops::Range<f64> = -2_208_988_800.0..7_258_118_400.0;
    match seconds {
        s if s.is_nan() => Err("says no time".to_owned()),
        s if YEARS_1900_TO_2200.contains(&s) => Ok((s * MICROSECONDS) as i64),
        s => Err(format!(
            "holds {s}, which is not in the years 1900 to 2200 as seconds since 1970 (milliseconds?),"
        )),
    }
}

impl Values {
    /// A missing point in time.
    pub const NO_TIME: i64 = i64::MIN;

    /// Whether all values are missing.
    pub fn all_missing(&self) -> bool {
        match self {
            Values::Time(v) => v.iter().all(|&time| time == Self::NO_TIME),
            Values::Real(v) => v.iter().all(|&x| !is_number(x)),
            Values::Text(text) => text.codes.iter().all(|&code| code == Categories::MISSING),
            Values::Flag(v) => v.is_empty(),
            Values::Integer(v) => v.is_empty(),
        }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        match self {
            Values::Time(v) | Values::Integer(v) => v.len(),
            Values::Flag(v) => v.len(),
            Values::Real(v) => v.len(),
            Values::Text(text) => text.codes.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether all values are equal; missing ones equal each other.
    #[cfg(feature = "cli")]
    pub(super) fn are_same(&self, other: &Values) -> bool {
        match (self, other) {
            (Values::Real(a), Values::Real(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || a.is_nan() && b.is_nan())
            }
            (a, b) => a == b,
        }
    }

    /// The values as numbers: booleans as 0 and 1, categories as their codes, missing ones as NaN.
    pub fn reals(&self) -> Vec<f64> {
        match self {
            Values::Time(v) | Values::Integer(v) => v.iter().map(|&x| x as f64).collect(),
            Values::Flag(v) => v.iter().map(|&x| f64::from(u8::from(x))).collect(),
            Values::Real(v) => v.clone(),
            Values::Text(text) => text.codes.iter().map(|&code| Categories::real(code)).collect(),
        }
    }

    /// The value of a row as a number, as in [`Values::reals`].
    pub fn real(&self, row: usize) -> f64 {
        match self {
            Values::Time(v) | Values::Integer(v) => v[row] as f64,
            Values::Flag(v) => f64::from(u8::from(v[row])),
            Values::Real(v) => v[row],
            Values::Text(text) => Categories::real(text.codes[row]),
        }
    }
}

impl Categories {
    /// The code of a missing value.
    pub const MISSING: u32 = u32::MAX;

    /// The number of missing values.
    pub fn missing(&self) -> usize {
        self.codes.iter().filter(|&&code| code == Self::MISSING).count()
    }

    /// The level of a row; `None` if it is missing.
    pub fn level(&self, row: usize) -> Option<&str> {
        self.levels.get(self.codes[row] as usize).map(String::as_str)
    }

    fn real(code: u32) -> f64 {
        if code == Self::MISSING { f64::NAN } else { f64::from(code) }
    }

    /// The same rows with renamed levels. Levels with equal names are merged.
    pub fn relabeled(&self, name: impl Fn(&String) -> String) -> Self {
        let names: Vec<String> = self.levels.iter().map(name).collect();
        self.codes.iter().map(|&code| names.get(code as usize)).collect()
    }

    /// Append the rows of another part. Levels are merged by name.
    pub fn append(&mut self, other: Categories) {
        let mut known: HashMap<String, u32> = self.levels.iter().cloned().zip(0..).collect();
        let renamed: Vec<u32> = other
            .levels
            .into_iter()
            .map(|level| {
                *known.entry_ref(level.as_str()).or_insert_with(|| {
                    self.levels.push(level.clone());
                    self.levels.len() as u32 - 1
                })
            })
            .collect();
        let rename = |&code: &u32| renamed.get(code as usize).copied().unwrap_or(Self::MISSING);
        self.codes.extend(other.codes.iter().map(rename));
    }
}

impl<S: AsRef<str>> FromIterator<Option<S>> for Categories {
    /// Levels in order of first appearance.
    fn from_iter<I: IntoIterator<Item = Option<S>>>(values: I) -> Self {
        let mut known: HashMap<String, u32> = HashMap::new();
        let mut codes = Vec::new();
        for value in values {
            codes.push(value.map_or(Self::MISSING, |text| {
                let next = known.len() as u32;
                *known.entry_ref(text.as_ref()).or_insert(next)
            }));
        }
        let mut levels: Vec<(String, u32)> = known.into_iter().collect();
        levels.sort_unstable_by_key(|(_, code)| *code);
        Categories { codes, levels: levels.into_iter().map(|(level, _)| level).collect() }
    }
}

fn picked<T: Copy>(values: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|&row| values[row]).collect()
}

impl Values {
    /// Append the rows of another part. Numbers and flags together become numbers; any other mix becomes
    /// text.
    pub(super) fn append(&mut self, other: Values) {
        match (&mut *self, other) {
            (Values::Time(a), Values::Time(b)) => a.extend(b),
            (Values::Flag(a), Values::Flag(b)) => a.extend(b),
            (Values::Integer(a), Values::Integer(b)) => a.extend(b),
            (Values::Real(a), Values::Real(b)) => a.extend(b),
            (Values::Text(a), Values::Text(b)) => a.append(b),
            (a, b) if a.is_numeric() && b.is_numeric() => {
                let mut numbers = a.reals();
                numbers.extend(b.reals());
                *a = Values::Real(numbers);
            }
            (a, b) => {
                let mut levels = std::mem::replace(a, Values::Real(Vec::new())).into_levels();
                levels.append(b.into_levels());
                *a = Values::Text(levels);
            }
        }
    }

    fn is_numeric(&self) -> bool {
        matches!(self, Values::Flag(_) | Values::Integer(_) | Values::Real(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &[&str]) -> Values {
        Values::Text(words.iter().map(|word| (!word.is_empty()).then_some(*word)).collect())
    }

    #[test]
    fn levels_of_parts_are_merged_by_name() {
        let mut values = text(&["a", "b"]);
        values.append(text(&["b", "", "z"]));
        let Values::Text(joined) = values else { panic!("text stays text") };
        let levels: Vec<_> = (0..5).map(|row| joined.level(row)).collect();
        assert_eq!(levels, [Some("a"), Some("b"), Some("b"), None, Some("z")]);
    }

    #[test]
    fn integers_and_reals_become_reals() {
        let mut values = Values::Integer(vec![1]);
        values.append(Values::Real(vec![0.5]));
        assert_eq!(values, Values::Real(vec![1.0, 0.5]));
    }

    #[test]
    fn seconds_are_times_and_milliseconds_are_refused() {
        let times = |values| Column { name: "at".into(), values }.times("t");
        assert_eq!(times(Values::Integer(vec![1])).unwrap(), [1_000_000]);
        let error = times(Values::Integer(vec![0, 1_736_121_600_000])).unwrap_err().to_string();
        assert!(error.contains("row 2") && error.contains("milliseconds?"), "{error}");
    }
}
