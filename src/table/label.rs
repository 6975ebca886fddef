//! From a column to labels: the rule that says which rows are suspicious.

use super::column::{Categories, Column, Values, truth};
use crate::error::{Error, Result};

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
    /// A column name and a rule from `COLUMN`, `COLUMN>NUMBER` or `COLUMN=VALUE`.
    ///
    /// # Errors
    /// Where what follows `>` is not a number.
    pub fn parse(text: &str) -> Result<(String, LabelRule)> {
        if let Some((column, bound)) = text.split_once('>') {
            let number = bound
                .trim()
                .parse()
                .map_err(|_| Error::Request(format!("--label {text}: `{}` is not a number", bound.trim())))?;
            return Ok((column.trim().to_owned(), LabelRule::Above(number)));
        }
        Ok(match text.split_once('=') {
            Some((column, value)) => (column.trim().to_owned(), LabelRule::Equals(value.trim().to_owned())),
            None => (text.to_owned(), LabelRule::Itself),
        })
    }

    /// One label per row.
    ///
    /// # Errors
    /// Where a value is missing, or is neither true nor false and no rule says what it means.
    pub fn apply(&self, table: &str, column: &Column) -> Result<Vec<bool>> {
        let label = |row: usize| self.label(&column.values, row);
        (0..column.values.len())
            .map(|row| label(row).map_err(|problem| Error::column(table, &column.name, problem)))
            .collect()
    }

    fn label(&self, values: &Values, row: usize) -> Result<bool, String> {
        let missing =
            || format!("is the label and has no value in row {}; drop such rows or fill them", row + 1);
        match values {
            Values::Flag(v) => self.of_number(f64::from(u8::from(v[row]))),
            Values::Integer(v) => self.of_number(v[row] as f64),
            Values::Real(v) if v[row].is_nan() => Err(missing()),
            Values::Real(v) => self.of_number(v[row]),
            Values::Text(text) if text.codes[row] == Categories::MISSING => Err(missing()),
            Values::Text(text) => self.of_word(&text.levels[text.codes[row] as usize]),
            Values::Time(_) => Err("is a point in time, which cannot be the label".to_owned()),
        }
    }

    fn of_number(&self, value: f64) -> Result<bool, String> {
        match self {
            LabelRule::Above(bound) => Ok(value > *bound),
            LabelRule::Equals(word) => Ok(word.parse().is_ok_and(|wanted: f64| wanted == value)
                || truth(word).is_some_and(|yes| f64::from(u8::from(yes)) == value)),
            LabelRule::Itself if value == 0.0 || value == 1.0 => Ok(value == 1.0),
            LabelRule::Itself => Err(format!(
                "is the label and holds {value}; it must be 0 or 1, or say which values are suspicious: \
                 --label 'COLUMN>0' or --label 'COLUMN={value}'"
            )),
        }
    }

    fn of_word(&self, word: &str) -> Result<bool, String> {
        match self {
            LabelRule::Equals(wanted) => Ok(word == wanted),
            LabelRule::Above(_) => Err(format!("is the label and holds `{word}`, which is not a number")),
            LabelRule::Itself => truth(word).ok_or_else(|| {
                format!(
                    "is the label and holds `{word}`; it must be true or false, or say which value is \
                     suspicious: --label 'COLUMN={word}'"
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
        let (name, rule) = LabelRule::parse("red>0").unwrap();
        let labels = rule.apply("t", &column(Values::Integer(vec![0, 3, 1]))).unwrap();
        assert_eq!((name.as_str(), labels), ("red", vec![false, true, true]));
    }

    #[test]
    fn a_word_becomes_a_label_by_equality() {
        let (_, rule) = LabelRule::parse("kind = attack").unwrap();
        let text = ["attack", "benign"].iter().map(Some).collect();
        assert_eq!(rule.apply("t", &column(Values::Text(text))).unwrap(), [true, false]);
    }

    #[test]
    fn a_count_without_a_rule_says_how_to_give_one() {
        let error = LabelRule::Itself.apply("t", &column(Values::Integer(vec![0, 3]))).unwrap_err();
        assert!(error.to_string().contains("--label 'COLUMN>0'"), "{error}");
    }

    #[test]
    fn a_missing_label_names_its_row() {
        let error = LabelRule::Itself.apply("t", &column(Values::Real(vec![0.0, f64::NAN]))).unwrap_err();
        assert!(error.to_string().contains("no value in row 2"), "{error}");
    }
}
