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
    /// A row is suspicious if it has one of these values: `kind=attack`, `kind=scan|flood`.
    Equals(Vec<String>),
    /// A row is suspicious if it has none of these values: `kind!=benign`.
    Differs(Vec<String>),
}

impl LabelRule {
    /// Parse `COLUMN`, `COLUMN>NUMBER`, `COLUMN=VALUE` or `COLUMN!=VALUE`; `VALUE|VALUE` is either. A column of exactly
    /// that name takes precedence.
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
        let is_negated = text.as_bytes()[at] == b'=' && text[..at].ends_with('!');
        let (column, rest) = (text[..at - usize::from(is_negated)].trim(), &text[at + 1..]);
        let value = rest.trim();
        match text.as_bytes()[at] {
            _ if column.is_empty() => wrong("the name of the column is missing"),
            b'<' => wrong(KNOWN_RULES),
            _ if value.is_empty() || value.starts_with(['=', '>', '<']) => wrong(KNOWN_RULES),
            b'>' => match value.parse::<f64>() {
                Ok(bound) if bound.is_finite() => Ok((column.to_owned(), LabelRule::Above(bound))),
                _ => wrong(&format!("`{value}` is not a number")),
            },
            _ => {
                // The value itself may hold a bar.
                let mut values = vec![value.to_owned()];
                if value.contains('|') {
                    values.extend(value.split('|').map(|value| value.trim().to_owned()));
                }
                let rule = if is_negated { LabelRule::Differs } else { LabelRule::Equals };
                Ok((column.to_owned(), rule(values)))
            }
        }
    }

    /// Whether the rule is a value that is no number and no flag: the column is then read as text.
    pub fn names_a_word(&self) -> bool {
        let is_word = |word: &String| word.parse::<f64>().is_err() && truth(word).is_none();
        match self {
            LabelRule::Equals(values) | LabelRule::Differs(values) => values.iter().all(is_word),
            LabelRule::Itself | LabelRule::Above(_) => false,
        }
    }

    /// One label per row.
    ///
    /// # Errors
    /// If a value is missing, or is neither true nor false and no rule says what it means.
    pub fn apply(&self, table: &str, column: &Column) -> Result<Vec<bool>> {
        let error = |problem: Note| problem.into_error(|text| Error::column(table, &column.name, text));
        if let (LabelRule::Itself, Values::Text(text)) = (self, &column.values)
            && let Some(problem) = neither(&column.name, text)
        {
            return Err(error(problem));
        }
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
            Values::Text(text) => self.of_word(&text.levels[text.codes[row] as usize]),
            Values::Time(_) => Err("is a point in time, which cannot be the label".into()),
        }
    }

    fn of_number(&self, column: &str, value: f64) -> Result<bool, Note> {
        match self {
            LabelRule::Above(bound) => Ok(value > *bound),
            LabelRule::Equals(words) => Ok(words.iter().any(|word| is_number_of(word, value))),
            LabelRule::Differs(words) => Ok(!words.iter().any(|word| is_number_of(word, value))),
            LabelRule::Itself if value == 0.0 || value == 1.0 => Ok(value == 1.0),
            LabelRule::Itself => Err(Note {
                text: format!("is the label and has the value {value}, neither 0 nor 1"),
                hint: Some(Hint::LabelNumber { column: column.to_owned(), value }),
            }),
        }
    }

    fn of_word(&self, word: &str) -> Result<bool, Note> {
        match self {
            LabelRule::Equals(values) => Ok(values.iter().any(|value| value == word)),
            LabelRule::Differs(values) => Ok(!values.iter().any(|value| value == word)),
            LabelRule::Above(_) => {
                Err(format!("is the label and has the value `{word}`, which is not a number").into())
            }
            LabelRule::Itself => {
                truth(word).ok_or_else(|| "is the label and is neither true nor false".into())
            }
        }
    }
}

const KNOWN_RULES: &str = "only COLUMN>NUMBER, COLUMN=VALUE and COLUMN!=VALUE are known";

/// Whether a word is this number, or the flag that it stands for.
fn is_number_of(word: &str, value: f64) -> bool {
    word.parse().is_ok_and(|number: f64| number == value)
        || truth(word).is_some_and(|yes| f64::from(u8::from(yes)) == value)
}

/// The most frequent values of a label that is neither true nor false, with a hint. It takes the most frequent value for
/// the normal one.
fn neither(column: &str, text: &Categories) -> Option<Note> {
    const SHOWN: usize = 5;
    if text.levels.iter().all(|level| truth(level).is_some()) {
        return None;
    }
    let mut counts: Vec<(usize, &String)> = text.levels.iter().map(|level| (0, level)).collect();
    for &code in text.codes.iter().filter(|&&code| code != Categories::MISSING) {
        counts[code as usize].0 += 1;
    }
    counts.sort_by_key(|&(count, level)| (std::cmp::Reverse(count), level));
    let shown = counts.iter().take(SHOWN);
    let shown: Vec<String> =
        shown.map(|(count, level)| format!("`{}` ({count})", printable(level, LONGEST_NAME))).collect();
    let others = match counts.len().saturating_sub(SHOWN) {
        0 => String::new(),
        others => format!(" and {others} other values"),
    };
    Some(Note {
        text: format!("is the label and is neither true nor false: {}{others}", shown.join(", ")),
        hint: counts.first().map(|(_, normal)| Hint::LabelWord {
            column: column.to_owned(),
            value: printable(normal, LONGEST_NAME),
        }),
    })
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
    fn a_label_is_one_of_several_values_or_none_of_them() {
        let text = || column(Values::Text(["scan", "benign", "a|b", "flood"].iter().map(Some).collect()));
        for (rule, labels) in [
            ("kind!=benign", [true, false, true, true]),
            ("kind != benign|flood", [true, false, true, false]),
            ("kind=scan|flood", [true, false, false, true]),
            ("kind=a|b", [false, false, true, false]),
        ] {
            let (name, rule) = LabelRule::parse(rule, &[]).unwrap();
            assert_eq!(
                (name.as_str(), rule.apply("t", &text()).unwrap()),
                ("kind", labels.to_vec()),
                "{rule:?}"
            );
        }
        let (_, rule) = LabelRule::parse("n!=0", &[]).unwrap();
        assert_eq!(rule.apply("t", &column(Values::Integer(vec![0, 3]))).unwrap(), [false, true]);
    }

    #[test]
    fn words_are_counted_and_the_most_frequent_one_is_taken_for_normal() {
        let text = ["benign", "scan", "benign"].iter().map(Some).collect();
        let error = LabelRule::Itself.apply("t", &column(Values::Text(text))).unwrap_err();
        let problem = "t: column `red` is the label and is neither true nor false: `benign` (2), `scan` (1)";
        assert_eq!(error.to_string(), problem);
        assert_eq!(error.hint(), Some(&Hint::LabelWord { column: "red".into(), value: "benign".into() }));
    }

    #[test]
    fn a_count_without_a_rule_comes_with_a_hint() {
        let error = LabelRule::Itself.apply("t", &column(Values::Integer(vec![0, 3]))).unwrap_err();
        assert_eq!(error.hint(), Some(&Hint::LabelNumber { column: "red".into(), value: 3.0 }));
    }

    #[test]
    fn a_missing_label_names_its_row() {
        let error = LabelRule::Itself.apply("t", &column(Values::Real(vec![0.0, f64::NAN]))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "t: column `red` is the label and has no value in row 2; drop such rows or fill them"
        );
    }
}
