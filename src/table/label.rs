//! From a column to labels: the rule that says which rows are suspicious.

use super::column::{Categories, Column, Values, truth};
use crate::error::{Error, LONGEST_NAME, Result, printable};

/// Which values of the label column mean suspicious.
#[derive(Clone, Debug, PartialEq)]
pub enum LabelRule {
    /// The column holds booleans, 0 and 1, or words for true and false.
    Itself,
    /// Suspicious where the number is greater than this (`--label "red>0"`).
    Above(f64),
    /// Suspicious where the value is this one (`--label "kind=attack"`).
    Equals(String),
}

impl LabelRule {
    /// The column and the rule that a text means in a table: `COLUMN`, `COLUMN>NUMBER` or `COLUMN=VALUE`. A column
    /// of exactly that name comes first.
    ///
    /// # Errors
    /// Where the column's name is missing, or what follows is no number or no value.
    pub fn parse(text: &str, columns: &[String]) -> Result<(String, LabelRule)> {
        let wrong = |problem: &str| Err(Error::Request(format!("--label '{text}': {problem}")));
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

    /// One label per row.
    ///
    /// # Errors
    /// Where a value is missing, or is neither true nor false and no rule says what it means.
    pub fn apply(&self, table: &str, column: &Column) -> Result<Vec<bool>> {
        let label = |row: usize| self.label(&column.name, &column.values, row);
        (0..column.values.len())
            .map(|row| label(row).map_err(|problem| Error::column(table, &column.name, problem)))
            .collect()
    }

    fn label(&self, column: &str, values: &Values, row: usize) -> Result<bool, String> {
        let missing =
            || format!("is the label and has no value in row {}; drop such rows or fill them", row + 1);
        match values {
            Values::Flag(v) => self.of_number(column, f64::from(u8::from(v[row]))),
            Values::Integer(v) => self.of_number(column, v[row] as f64),
            Values::Real(v) if v[row].is_nan() => Err(missing()),
            Values::Real(v) => self.of_number(column, v[row]),
            Values::Text(text) if text.codes[row] == Categories::MISSING => Err(missing()),
            Values::Text(text) => self.of_word(column, &text.levels[text.codes[row] as usize]),
            Values::Time(_) => Err("is a point in time, which cannot be the label".to_owned()),
        }
    }

    fn of_number(&self, column: &str, value: f64) -> Result<bool, String> {
        match self {
            LabelRule::Above(bound) => Ok(value > *bound),
            LabelRule::Equals(word) => Ok(word.parse().is_ok_and(|wanted: f64| wanted == value)
                || truth(word).is_some_and(|yes| f64::from(u8::from(yes)) == value)),
            LabelRule::Itself if value == 0.0 || value == 1.0 => Ok(value == 1.0),
            LabelRule::Itself => Err(format!(
                "is the label and holds {value}; it must be 0 or 1, or say which values are suspicious: \
                 --label '{column}>0' or --label '{column}={value}'"
            )),
        }
    }

    fn of_word(&self, column: &str, word: &str) -> Result<bool, String> {
        match self {
            LabelRule::Equals(wanted) => Ok(word == wanted),
            LabelRule::Above(_) => Err(format!("is the label and holds `{word}`, which is not a number")),
            LabelRule::Itself => truth(word).ok_or_else(|| {
                let word = printable(word, LONGEST_NAME);
                format!(
                    "is the label and holds `{word}`; it must be true or false, or say which value is \
                     suspicious: --label '{column}={word}'"
                )
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
    fn a_rule_that_is_none_says_which_there_are() {
        for text in ["red>=1", "red==1", "red<1", "red=", ">1", "=x", "", "red>NaN", "red>much"] {
            let error = LabelRule::parse(text, &[]).unwrap_err().to_string();
            assert!(error.starts_with(&format!("--label '{text}'")), "{error}");
        }
    }

    #[test]
    fn a_column_of_exactly_that_name_comes_first() {
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
    fn a_count_without_a_rule_says_how_to_give_one() {
        let error = LabelRule::Itself.apply("t", &column(Values::Integer(vec![0, 3]))).unwrap_err();
        assert!(error.to_string().contains("--label 'red>0'"), "{error}");
    }

    #[test]
    fn a_missing_label_names_its_row() {
        let error = LabelRule::Itself.apply("t", &column(Values::Real(vec![0.0, f64::NAN]))).unwrap_err();
        assert!(error.to_string().contains("no value in row 2"), "{error}");
    }
}
