//! The meaning of values: missing, true or false, a number, a level. All formats and commands parse values
//! with these functions.

use super::column::{Categories, Column, Values};
use super::duration;
use crate::error::{Error, LONGEST_NAME, Result, printable};
use crate::schema::Kind;

/// The words for a missing number, flag or time. In a category only empty text is missing: `NA` can be a
/// level, such as the country code of Namibia.
pub(crate) const MISSING_MARKS: [&str; 32] = [
    "-", "--", "?", "\\N", "NA", "N/A", "n/a", "na", "<NA>", "#NA", "NaN", "nan", "NAN", "-nan", "-NaN",
    "1.#QNAN", "-1.#IND", "NaT", "null", "NULL", "Null", "None", "none", "#N/A", "#DIV/0!", "#VALUE!",
    "#NUM!", "#REF!", "#NAME?", "#NULL!", "(null)", "nil",
];

/// A value of a feature.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// A number, or a flag as 0 or 1; NaN if it is missing.
    Number(f64),
    /// A level; `None` if it is missing.
    Level(Option<String>),
}

impl Scalar {
    /// The number; NaN for a level.
    pub fn number(&self) -> f64 {
        match self {
            Scalar::Number(number) => *number,
            Scalar::Level(_) => f64::NAN,
        }
    }

    /// The level; `None` for a number.
    pub fn level(&self) -> Option<&str> {
        match self {
            Scalar::Level(level) => level.as_deref(),
            Scalar::Number(_) => None,
        }
    }

    /// Whether the value is missing.
    pub fn is_missing(&self) -> bool {
        match self {
            Scalar::Number(number) => number.is_nan(),
            Scalar::Level(level) => level.is_none(),
        }
    }
}

/// Whether text means a missing number, flag or time.
pub(crate) fn is_missing(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || MISSING_MARKS.contains(&text)
}

/// A word for true or false in a label.
pub(crate) fn truth(word: &str) -> Option<bool> {
    match word.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" | "1.0" => Some(true),
        "false" | "no" | "0" | "0.0" => Some(false),
        _ => None,
    }
}

/// `true` or `false` in any case: the words of a flag column.
pub(crate) fn flag(text: &str) -> Option<bool> {
    let text = text.trim();
    match text.len() {
        4 if text.eq_ignore_ascii_case("true") => Some(true),
        5 if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Parse a number; true and false are 1 and 0, a missing mark is NaN, and a duration or time of day is its seconds.
/// `None` for other text.
pub(crate) fn number(text: &str) -> Option<f64> {
    plain_number(text).or_else(|| duration::seconds(text))
}

/// As [`number`], but without durations and times of day.
pub(crate) fn plain_number(text: &str) -> Option<f64> {
    let text = text.trim();
    match text.parse() {
        Ok(number) => Some(number),
        Err(_) if is_missing(text) => Some(f64::NAN),
        Err(_) => truth(text).map(|flag| f64::from(u8::from(flag))),
    }
}

/// The level of a text; `None` if it is empty.
pub(crate) fn level(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// A number as a level: whole numbers have no decimal point, very large and very small ones an exponent.
pub(crate) fn level_of_number(number: f64) -> Option<String> {
    const PLAIN: std::ops::Range<f64> = 1e-5..1e15;
    let is_plain = number == 0.0 || PLAIN.contains(&number.abs());
    (!number.is_nan()).then(|| if is_plain { (number + 0.0).to_string() } else { format!("{number:?}") })
}

/// The canonical spelling of a number or flag: `5` for `5.0` or `05`, `true` for `True`.
pub(crate) fn canonical(level: &str) -> Option<String> {
    match (flag(level), level.parse::<f64>()) {
        (Some(flag), _) => Some(flag.to_string()),
        (None, Ok(number)) if number.is_finite() => level_of_number(number),
        _ => None,
    }
}

/// Parse text as a value of a feature of this kind.
///
/// # Errors
/// If a number is expected and the text is not one; the error is a sentence.
pub(crate) fn scalar(kind: Kind, text: &str) -> Result<Scalar, String> {
    match kind {
        Kind::Categorical => Ok(Scalar::Level(level(text).map(str::to_owned))),
        Kind::Numeric | Kind::Boolean => number(text).map(Scalar::Number).ok_or_else(|| not_a(kind, text)),
    }
}

/// The problem of text that is not a value of a kind.
pub(crate) fn not_a(kind: Kind, text: &str) -> String {
    let expected = if kind == Kind::Boolean { "true or false is" } else { "a number is" };
    format!("holds `{}` where {expected} expected", printable(text, LONGEST_NAME))
}

impl Column {
    /// The column converted to a feature of this kind: `Flag` or `Real` for booleans, `Real` for numbers,
    /// `Text` for categories.
    ///
    /// # Errors
    /// If the values cannot be converted, such as text where numbers are expected.
    pub fn into_kind(self, table: &str, kind: Kind) -> Result<Self> {
        self.into_kind_from(table, kind, 0)
    }

    /// As [`Column::into_kind`], for a column that starts at a later row of its file.
    pub(super) fn into_kind_from(self, table: &str, kind: Kind, offset: usize) -> Result<Self> {
        let Column { name, values } = self;
        let values = match (kind, values) {
            (_, Values::Time(_)) => {
                return Err(Error::column(table, &name, "is a point in time, which cannot be a feature"));
            }
            (Kind::Categorical, values) => Values::Text(values.into_levels()),
            (Kind::Numeric | Kind::Boolean, Values::Text(text)) => {
                let numbers = text.numbers().map_err(|(row, word)| {
                    Error::column(table, &name, format!("{} in row {}", not_a(kind, &word), offset + row + 1))
                })?;
                Values::Real(numbers)
            }
            (_, Values::Integer(v)) => Values::Real(v.into_iter().map(|x| x as f64).collect()),
            (_, values) => values,
        };
        Ok(Column { name, values })
    }
}

impl Values {
    /// The values as levels.
    pub(super) fn into_levels(self) -> Categories {
        match self {
            Values::Text(text) => text,
            Values::Flag(v) => v.iter().map(|x| Some(x.to_string())).collect(),
            Values::Integer(v) | Values::Time(v) => v.iter().map(|x| Some(x.to_string())).collect(),
            Values::Real(v) => v.iter().map(|&x| level_of_number(x)).collect(),
        }
    }
}

impl Categories {
    /// The values as numbers; missing values are NaN.
    ///
    /// # Errors
    /// The index and the text of the first row that is not a number.
    pub(super) fn numbers(&self) -> Result<Vec<f64>, (usize, String)> {
        let numbers: Vec<Option<f64>> = self.levels.iter().map(|level| number(level)).collect();
        let value = |(row, &code): (usize, &u32)| match numbers.get(code as usize) {
            Some(number) => number.ok_or_else(|| (row, self.levels[code as usize].clone())),
            None => Ok(f64::NAN),
        };
        self.codes.iter().enumerate().map(value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_be_a_number() {
        for (text, expected) in [(" 5 ", 5.0), ("-1e3", -1000.0), ("true", 1.0), ("FALSE", 0.0), ("yes", 1.0)]
        {
            assert_eq!(number(text), Some(expected), "{text}");
        }
        assert!(["NA", "-", "", " ", "\\N", "NaN", "#DIV/0!"].iter().all(|t| number(t).unwrap().is_nan()));
        assert_eq!((number("00:01:23"), plain_number("00:01:23")), (Some(83.0), None));
        assert_eq!(number("five"), None);
    }

    #[test]
    fn only_empty_text_is_a_missing_level() {
        assert_eq!([level("NA"), level(" -"), level(" "), level("")], [Some("NA"), Some("-"), None, None]);
    }

    #[test]
    fn a_level_has_a_canonical_spelling() {
        let other = |text| canonical(text);
        assert_eq!(other("5.0").as_deref(), Some("5"));
        assert_eq!(other("05").as_deref(), Some("5"));
        assert_eq!(other("True").as_deref(), Some("true"));
        assert_eq!(other("DE"), None);
    }

    #[test]
    fn text_where_a_number_is_expected_is_an_error_with_its_row() {
        let text = ["1", "x"].iter().map(Some).collect();
        let column = Column { name: "n".into(), values: Values::Text(text) };
        let error = column.into_kind("t", Kind::Numeric).unwrap_err().to_string();
        assert_eq!(error, "t: column `n` holds `x` where a number is expected in row 2");
    }
}
