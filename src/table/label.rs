//! Labels: the rule that turns a column into suspicious and normal rows.

use super::column::{Categories, Column, Values};
use super::note::Note;
use super::value::truth;
use crate::error::{Error, Hint, LONGEST_NAME, Result, printable};

/// The values of the label column that mean suspicious.
#[derive(Clone, Debug, PartialEq)]
pub enum LabelRule {
    /// The column contains booleans, 0 and 1, or words for true and false.
    Itself,
    /// A row is suspicious if its number is greater than this: `red>0`.
    Above(f64),
    /// A row is suspicious if it has this value: `kind=attack`.
    Equals(String),
}

impl LabelRule {
    /// Parse `COLUMN`, `COLUMN>NUMBER` or `COLUMN=VALUE`. A column of exactly that name takes precedence.
    ///
    /// # Errors
    /// If the column name, the number or the value is missing or invalid.
    pub fn parse(text: &str, columns: &[String]) -> Result<(String, LabelRule)> {
        let wrong = |problem: &str| Err(Error::Request(format!("label '{text}': {problem}")));
        let at = text.find(['>', '=', '<']);
        let Some(at) = at.filter(|_| !columns.iter().any(|column| column == text)) else {
            return if text.is_empty() {
                wrong("names no column")
            } else {
                Ok((text.to_owned(), LabelRule::Itself))
            };
        };
        let (column, rest) = (text[..at].trim(), &text[at + 1..]);
        let value = rest.trim();
        match text.as_bytes()[at] {
            _ if column.is_empty() => wrong("the name of the column is missing"),
            b'<' => wrong("only COLUMN>NUMBER and COLUMN=VALUE are known"),
            _ if value.is_empty() || value.starts_with(['=', '>', '<']) => {
                wrong("only COLUMN>NUMBER and COLUMN=VALUE are known")
            }
            b'>' => match value.parse::<f64>() {
                Ok(bound) if bound.is_finite() => Ok((column.to_owned(), LabelRule::Above(bound))),
                _ => wrong(&format!("`{value}` is not a number")),
            },
            _ => Ok((column.to_owned(), LabelRule::Equals(value.to_owned()))),
        }
    }

    /// Whether the rule is a value that is no number and no flag: the column is then read as text.
    pub fn names_a_word(&self) -> bool {
        matches!(self, LabelRule::Equals(word) if word.parse::<f64>().is_err() && truth(word).is_none())
    }

    /// One label per row.
    ///
    /// # Errors
    /// If a value is missing, or is neither true nor false and no rule says what it means.
    pub fn apply(&self, table: &str, column: &Column) -> Result<Vec<bool>> {
        let error = |problem: Note| problem.into_error(|text| Error::column(table, &column.name, text));
        let label = |row: usize| self.label(&column.name, &column.values, row).map_err(error);
        (0..column.values.len()).map(label).collect()
    }

    fn label(&self, column: &str, values: &Values, row: usize) -> Result<bool, Note> {
        let missing = || {
            let row = row + 1;
            Note::from(format!("is the label and has no value in row {row}; drop such rows or fill them"))
        };
        match values {
            Values::Flag(v) => self.of_number(column, f64::from(u8::from(v[row]))),
            Values::Integer(v) => self.of_number(column, v[row] as f64),
            Values::Real(v) if v[row].is_nan() => Err(missing()),
            Values::Real(v) => self.of_number(column, v[row]),
            Values::Text(text) if text.codes[row] == Categories::MISSING => Err(missing()),
            Values::Text(text) => self.of_word(column, &text.levels[text.codes[row] as usize]),
            Values::Time(_) => Err("is a point in time, which cannot be the label".into()),
        }
    }

    fn of_number(&self, column: &str, value: f64) -> Result<bool, Note> {
        match self {
            LabelRule::Above(bound) => Ok(value > *bound),
            LabelRule::Equals(word) => Ok(word.parse().is_ok_and(|number: f64| number == value)
                || truth(word).is_some_and(|yes| f64::from(u8::from(yes)) == value)),
            LabelRule::Itself if value == 0.0 || value == 1.0 => Ok(value == 1.0),
            LabelRule::Itself => Err(Note {
                text: format!("is the label and has the value {value}, neither 0 nor 1"),
                hint: Some(Hint::LabelNumber { column: column.to_owned(), value }),
            }),
        }
    }

    fn of_word(&self, column: &str, word: &str) -> Result<bool, Note> {
        match self {
            LabelRule::Equals(value) => Ok(word == value),
            LabelRule::Above(_) => {
                Err(format!("is the label and has the value `{word}`, which is not a number").into())
            }
            LabelRule::Itself => truth(word).ok_or_else(|| {
                let value = printable(word, LONGEST_NAME);
                Note {
                    text: format!("is the label and has the value `{value}`, neither true nor false"),
                    hint: Some(Hint::LabelWord { column: column.to_owned(), value }),
                }
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: Values) -> Column {
        Column { name: "red".into(), values }
    }

    #[test]
    fn a_count_becomes_a_label_by_a_bound() {
        let (name, rule) = LabelRule::parse("red>0", &[]).unwrap();
        let labels = rule.apply("t", &column(Values::Integer(vec![0, 3, 1]))).unwrap();
        assert_eq!((name.as_str(), labels), ("red", vec![false, true, true]));
    }

    #[test]
    fn an_invalid_rule_is_quoted() {
        for text in ["red>=1", "red==1", "red<1", "red=", ">1", "=x", "", "red>NaN", "red>much"] {
            let error = LabelRule::parse(text, &[]).unwrap_err().to_string();
            assert!(error.starts_with(&format!("label '{text}'")), "{error}");
        }
    }

    #[test]
    fn a_column_of_exactly_that_name_takes_precedence() {
        let columns = ["a=b".to_owned()];
        assert_eq!(LabelRule::parse("a=b", &columns).unwrap(), ("a=b".into(), LabelRule::Itself));
    }

    #[test]
    fn a_word_becomes_a_label_by_equality() {
        let (_, rule) = LabelRule::parse("kind = attack", &[]).unwrap();
        let text = ["attack", "benign"].iter().map(Some).collect();
        assert_eq!(rule.apply("t", &column(Values::Text(text))).unwrap(), [true, false]);
    }

    #[test]
    fn a_count_without_a_rule_comes_with_a_hint() {
        let error = LabelRule::Itself.apply("t", &column(Values::Integer(vec![0, 3]))).unwrap_err();
        assert_eq!(error.hint(), Some(&Hint::LabelNumber { column: "red".into(), value: 3.0 }));
    }

    #[test]
    fn a_missing_label_names_its_row() {
        let error = LabelRule::Itself.apply("t", &column(Values::Real(vec![0.0, f64::NAN]))).unwrap_err();
        assert!(error.to_string().contains("no value in row 2"), "{error}");
    }
}
