//! Columns of plain values.

use super::frame::MARKS;
use crate::error::{Error, LONGEST_NAME, Result, printable};
use crate::schema::Kind;
use hashbrown::HashMap;

/// A named column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    pub values: Values,
}

/// The values of a column, by what they mean.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Microseconds since 1970-01-01T00:00:00Z; [`Values::NO_TIME`] stands for a missing value.
    Time(Vec<i64>),
    Flag(Vec<bool>),
    Integer(Vec<i64>),
    /// NaN stands for a missing value.
    Real(Vec<f64>),
    Text(Categories),
}

/// Strings, each distinct one kept once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Categories {
    /// For each row the position of its level; [`Categories::MISSING`] where there is none.
    pub codes: Vec<u32>,
    pub levels: Vec<String>,
}

impl Column {
    /// The same column with its values as a feature of this kind holds them: `Flag` or `Real` for booleans,
    /// `Real` for numbers, `Text` for categories.
    ///
    /// # Errors
    /// Where the values cannot be read that way, such as text where numbers are expected.
    pub fn into_kind(self, table: &str, kind: Kind) -> Result<Self> {
        let values = match (kind, self.values) {
            (Kind::Categorical, Values::Flag(v)) => {
                Values::Text(v.iter().map(|x| Some(x.to_string())).collect())
            }
            (Kind::Categorical, Values::Integer(v)) => {
                Values::Text(v.iter().map(|x| Some(x.to_string())).collect())
            }
            (Kind::Categorical, Values::Real(v)) => {
                Values::Text(v.iter().map(|x| (!x.is_nan()).then(|| x.to_string())).collect())
            }
            (Kind::Boolean, Values::Text(text)) => Values::Real(truths(table, &self.name, &text)?),
            (Kind::Numeric, Values::Text(text)) => match text.numbers() {
                Ok(numbers) => Values::Real(numbers),
                Err((row, word)) => {
                    let word = printable(&word, LONGEST_NAME);
                    let problem =
                        format!("holds text where numbers are expected: `{word}` in row {}", row + 1);
                    return Err(Error::column(table, &self.name, problem));
                }
            },
            (_, Values::Time(_)) => {
                return Err(Error::column(
                    table,
                    &self.name,
                    "is a point in time, which cannot be a feature",
                ));
            }
            (_, Values::Integer(v)) => Values::Real(v.into_iter().map(|x| x as f64).collect()),
            (_, values) => values,
        };
        Ok(Column { name: self.name, values })
    }

    /// The same column, as numbers where it holds nothing but numbers and marks for a missing one.
    pub fn without_marks(self) -> Self {
        let numbers = match &self.values {
            Values::Text(text) if text.levels.iter().any(|level| level.parse::<f64>().is_ok()) => {
                text.numbers().ok()
            }
            _ => None,
        };
        match numbers {
            Some(numbers) => Column { name: self.name, values: Values::Real(numbers) },
            None => self,
        }
    }

    /// The column as points in time: a datetime, or seconds since 1970.
    ///
    /// # Errors
    /// Where it holds something else, a missing value, or numbers that as seconds lie outside the years 1900 to
    /// 2200, as milliseconds do.
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

    /// The column of some rows, in the order given.
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

    /// Put another part's rows behind this one's.
    ///
    /// # Errors
    /// Where the two parts hold values that do not go together.
    pub fn append(&mut self, table: &str, other: Column) -> Result<()> {
        if other.values.is_empty() {
            return Ok(());
        }
        match (&mut self.values, other.values) {
            (Values::Time(a), Values::Time(b)) => a.extend(b),
            (Values::Flag(a), Values::Flag(b)) => a.extend(b),
            (Values::Integer(a), Values::Integer(b)) => a.extend(b),
            (Values::Real(a), Values::Real(b)) => a.extend(b),
            (Values::Text(a), Values::Text(b)) => a.append(b),
            (a, b) if a.is_numeric() && b.is_numeric() => {
                let mut joined = a.reals();
                joined.extend(b.reals());
                *a = Values::Real(joined);
            }
            _ => {
                return Err(Error::column(table, &self.name, "has different types in different part files"));
            }
        }
        Ok(())
    }
}

fn some_time(time: i64) -> Result<i64, String> {
    if time == Values::NO_TIME { Err("says no time".to_owned()) } else { Ok(time) }
}

/// Seconds since 1970 in microseconds.
fn moment(seconds: f64) -> Result<i64, String> {
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

    /// Whether there is no value in any row.
    pub fn all_missing(&self) -> bool {
        match self {
            Values::Time(v) => v.iter().all(|&time| time == Self::NO_TIME),
            Values::Real(v) => v.iter().all(|x| !x.is_finite()),
            Values::Text(text) => text.codes.iter().all(|&code| code == Categories::MISSING),
            Values::Flag(v) => v.is_empty(),
            Values::Integer(v) => v.is_empty(),
        }
    }

    /// How many rows there are.
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

    /// The values as numbers: booleans as 0 and 1, categories as their codes, missing ones as NaN.
    pub fn reals(&self) -> Vec<f64> {
        match self {
            Values::Time(v) | Values::Integer(v) => v.iter().map(|&x| x as f64).collect(),
            Values::Flag(v) => v.iter().map(|&x| f64::from(u8::from(x))).collect(),
            Values::Real(v) => v.clone(),
            Values::Text(text) => text.codes.iter().map(|&code| Categories::real(code)).collect(),
        }
    }

    /// The value of a row as a number, as [`Values::reals`] gives it.
    pub fn real(&self, row: usize) -> f64 {
        match self {
            Values::Time(v) | Values::Integer(v) => v[row] as f64,
            Values::Flag(v) => f64::from(u8::from(v[row])),
            Values::Real(v) => v[row],
            Values::Text(text) => Categories::real(text.codes[row]),
        }
    }

    fn is_numeric(&self) -> bool {
        matches!(self, Values::Flag(_) | Values::Integer(_) | Values::Real(_))
    }
}

impl Categories {
    /// The code of a missing value.
    pub const MISSING: u32 = u32::MAX;

    /// How many values are missing.
    pub fn missing(&self) -> usize {
        self.codes.iter().filter(|&&code| code == Self::MISSING).count()
    }

    /// The level of a row; `None` where it is missing.
    pub fn level(&self, row: usize) -> Option<&str> {
        self.levels.get(self.codes[row] as usize).map(String::as_str)
    }

    /// The values as numbers, those that are missing or [`MARKS`] as NaN.
    ///
    /// # Errors
    /// The first row that holds something else, and that.
    fn numbers(&self) -> Result<Vec<f64>, (usize, String)> {
        let number = |level: &String| {
            if MARKS.contains(&level.trim()) { Some(f64::NAN) } else { level.trim().parse().ok() }
        };
        let numbers: Vec<Option<f64>> = self.levels.iter().map(number).collect();
        let value = |(row, &code): (usize, &u32)| match numbers.get(code as usize) {
            Some(number) => number.ok_or_else(|| (row, self.levels[code as usize].clone())),
            None => Ok(f64::NAN),
        };
        self.codes.iter().enumerate().map(value).collect()
    }

    /// In how many rows there is a number, and the first row that holds neither a number nor a mark for a missing one.
    pub fn almost_numbers(&self) -> Option<(usize, usize)> {
        let is_number: Vec<bool> =
            self.levels.iter().map(|level| level.trim().parse::<f64>().is_ok()).collect();
        let counted = self.codes.iter().filter(|&&code| is_number.get(code as usize) == Some(&true)).count();
        self.numbers().err().filter(|_| 2 * counted > self.codes.len()).map(|(row, _)| (counted, row))
    }

    fn real(code: u32) -> f64 {
        if code == Self::MISSING { f64::NAN } else { f64::from(code) }
    }

    fn append(&mut self, other: Categories) {
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

/// A word for true or false, as tables write it.
pub(crate) fn truth(word: &str) -> Option<bool> {
    match word.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" | "1.0" => Some(true),
        "false" | "no" | "0" | "0.0" => Some(false),
        _ => None,
    }
}

fn truths(table: &str, column: &str, text: &Categories) -> Result<Vec<f64>> {
    let meant = |level: &String| {
        truth(level).map(|yes| f64::from(u8::from(yes))).ok_or_else(|| {
            Error::column(
                table,
                column,
                format!("holds `{}` where true or false are expected", printable(level, LONGEST_NAME)),
            )
        })
    };
    let levels: Vec<f64> = text.levels.iter().map(meant).collect::<Result<_>>()?;
    Ok(text.codes.iter().map(|&code| levels.get(code as usize).copied().unwrap_or(f64::NAN)).collect())
}

fn picked<T: Copy>(values: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|&row| values[row]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &[&str]) -> Categories {
        words.iter().map(|word| (!word.is_empty()).then_some(*word)).collect()
    }

    #[test]
    fn parts_with_other_levels_are_joined_by_name() {
        let mut column = Column { name: "c".into(), values: Values::Text(text(&["a", "b"])) };
        column.append("t", Column { name: "c".into(), values: Values::Text(text(&["b", "", "z"])) }).unwrap();
        let Values::Text(joined) = column.values else { panic!("text stays text") };
        let levels: Vec<_> = (0..5).map(|row| joined.level(row)).collect();
        assert_eq!(levels, [Some("a"), Some("b"), Some("b"), None, Some("z")]);
    }

    #[test]
    fn integer_parts_and_real_parts_go_together() {
        let mut column = Column { name: "n".into(), values: Values::Integer(vec![1]) };
        column.append("t", Column { name: "n".into(), values: Values::Real(vec![0.5]) }).unwrap();
        assert_eq!(column.values, Values::Real(vec![1.0, 0.5]));
    }

    #[test]
    fn text_where_numbers_are_expected_is_an_error() {
        let column = Column { name: "n".into(), values: Values::Text(text(&["x"])) };
        assert!(column.into_kind("t", Kind::Numeric).unwrap_err().to_string().contains("`n` holds text"));
    }

    #[test]
    fn marks_for_a_missing_number_leave_a_column_of_numbers() {
        let column =
            |words: &[&str]| Column { name: "n".into(), values: Values::Text(text(words)) }.without_marks();
        let Values::Real(values) = column(&["1.5", "-", "", "?"]).values else { panic!() };
        assert_eq!(values[0], 1.5);
        assert!(values[1..].iter().all(|value| value.is_nan()));
        for words in [["1", "x"], ["-", "?"]] {
            assert!(matches!(column(&words).values, Values::Text(_)), "{words:?}");
        }
    }

    #[test]
    fn the_first_row_that_keeps_a_column_from_being_numbers_is_found() {
        assert_eq!(text(&["1", "2", "-", "3", "4", "1,5"]).almost_numbers(), Some((4, 5)));
        assert_eq!(text(&["a", "1"]).almost_numbers(), None);
    }

    #[test]
    fn words_for_true_and_false_are_booleans() {
        let column = Column { name: "b".into(), values: Values::Text(text(&["True", "no", ""])) };
        let Values::Real(values) = column.into_kind("t", Kind::Boolean).unwrap().values else { panic!() };
        assert_eq!(values[..2], [1.0, 0.0]);
        assert!(values[2].is_nan());
    }
}
