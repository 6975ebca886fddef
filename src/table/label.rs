//! Labels: the rule that turns a column into suspicious and normal rows.

use super::column::{Categories, Column, Values};
use super::note::Note;
use super::value::{is_missing, truth};
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

    /// One label per row; `None` where the column has no value. A mark such as `NA` is no value, unless the rule names it.
    ///
    /// # Errors
    /// If a value is neither true nor false and no rule says what it means.
    pub fn apply(&self, table: &str, column: &Column) -> Result<Vec<Option<bool>>> {
        let error = |problem: Note| problem.into_error(|text| Error::column(table, &column.name, text));
        let unclear = if *self == LabelRule::Itself { unclear(&column.name, &column.values) } else { None };
        match unclear {
            Some(problem) => Err(error(problem)),
            None => (0..column.values.len())
                .map(|row| self.label(&column.values, row))
                .collect::<Result<_, _>>()
                .map_err(error),
        }
    }

    /// A note on the values of the rule that no row has.
    ///
    /// # Errors
    /// If no row has any value of the rule: it would put all rows in one class.
    pub fn absent(&self, table: &str, column: &Column) -> Result<Option<Note>> {
        let (LabelRule::Equals(values) | LabelRule::Differs(values)) = self else { return Ok(None) };
        // The first value is the whole text, and the others are its parts.
        let parts = if values.len() > 1 { &values[1..] } else { &values[..] };
        let absent: Vec<&String> = parts.iter().filter(|value| !occurs(value, &column.values)).collect();
        if absent.is_empty() || occurs(&values[0], &column.values) {
            return Ok(None);
        }
        let quoted = |value: &&String| format!("`{}`", printable(value, LONGEST_NAME));
        let names = absent.iter().map(quoted).collect::<Vec<_>>().join(", ");
        let known = listed(&counts(&column.values));
        let known = if known.is_empty() { known } else { format!("; its values are {known}") };
        match absent.len() == parts.len() {
            true => Err(Error::column(
                table,
                &column.name,
                format!("is the label, and no row has {names}{known}"),
            )),
            false => Ok(Some(format!("no row has the label {names}{known}").into())),
        }
    }

    fn label(&self, values: &Values, row: usize) -> Result<Option<bool>, Note> {
        let number = match values {
            Values::Text(text) => {
                let word = text.level(row).filter(|word| self.is_named(word) || !is_missing(word));
                return word.map(|word| self.of_word(word)).transpose();
            }
            Values::Time(_) => return Err("is a point in time, which cannot be the label".into()),
            values => values.real(row),
        };
        Ok((!number.is_nan()).then(|| self.of_number(number)))
    }

    fn is_named(&self, word: &str) -> bool {
        match self {
            LabelRule::Equals(values) | LabelRule::Differs(values) => {
                values.iter().any(|value| value == word)
            }
            LabelRule::Itself | LabelRule::Above(_) => false,
        }
    }

    fn of_number(&self, value: f64) -> bool {
        match self {
            LabelRule::Itself => value == 1.0,
            LabelRule::Above(bound) => value > *bound,
            LabelRule::Equals(words) => words.iter().any(|word| is_number_of(word, value)),
            LabelRule::Differs(words) => !words.iter().any(|word| is_number_of(word, value)),
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

/// The values of a label that is neither true nor false with their counts, and a hint. The hint takes the most frequent
/// value for the normal one.
fn unclear(column: &str, values: &Values) -> Option<Note> {
    let counts = counts(values);
    if counts.iter().all(|(_, value)| truth(value).is_some()) {
        return None;
    }
    let text = format!("is the label and is neither true nor false: {}", listed(&counts));
    Some(Note { text, hint: hint(column, &counts) })
}

/// The values of a label with their counts, most frequent first; none if all are flags, 0, 1 or missing.
fn counts(values: &Values) -> Vec<(usize, String)> {
    match values {
        Values::Text(text) => counts_of_words(text),
        Values::Integer(_) | Values::Real(_) => counts_of_numbers(values.reals()),
        Values::Flag(_) | Values::Time(_) => Vec::new(),
    }
}

/// The most frequent values with their counts, as text.
fn listed(counts: &[(usize, String)]) -> String {
    const SHOWN: usize = 5;
    let shown = counts.iter().take(SHOWN);
    let shown: Vec<String> =
        shown.map(|(count, value)| format!("`{}` ({count})", printable(value, LONGEST_NAME))).collect();
    let others = match counts.len().saturating_sub(SHOWN) {
        0 => String::new(),
        others => format!(" and {others} other values"),
    };
    shown.join(", ") + &others
}

/// Whether a row has this value.
fn occurs(value: &str, values: &Values) -> bool {
    match values {
        Values::Text(text) => (0..text.codes.len()).any(|row| text.level(row) == Some(value)),
        Values::Time(_) => false,
        values => (0..values.len()).any(|row| is_number_of(value, values.real(row))),
    }
}

/// Suspicious are numbers above 0, if 0 is the most frequent one, or else all but the most frequent value.
fn hint(column: &str, counts: &[(usize, String)]) -> Option<Hint> {
    let column = column.to_owned();
    let (_, normal) = counts.first()?;
    let number = |(_, value): &(usize, String)| value.parse::<f64>().ok();
    let rarest = counts.last().and_then(number);
    let are_counts = counts.iter().all(|count| number(count).is_some_and(|number| number >= 0.0));
    match rarest {
        Some(value) if are_counts && normal == "0" => Some(Hint::LabelNumber { column, value }),
        _ => Some(Hint::LabelWord { column, value: printable(normal, LONGEST_NAME) }),
    }
}

/// The words of a label that are not missing marks, with their counts, most frequent first.
fn counts_of_words(text: &Categories) -> Vec<(usize, String)> {
    let mut counts: Vec<(usize, String)> = text.levels.iter().map(|level| (0, level.clone())).collect();
    for &code in text.codes.iter().filter(|&&code| code != Categories::MISSING) {
        counts[code as usize].0 += 1;
    }
    counts.retain(|(count, level)| *count > 0 && !is_missing(level));
    most_frequent_first(counts)
}

/// The numbers of a label with their counts, most frequent first; none if all are 0, 1 or missing.
fn counts_of_numbers(mut numbers: Vec<f64>) -> Vec<(usize, String)> {
    numbers.retain(|number| !number.is_nan());
    if numbers.iter().all(|&number| number == 0.0 || number == 1.0) {
        return Vec::new();
    }
    numbers.iter_mut().for_each(|number| *number += 0.0);
    numbers.sort_unstable_by(f64::total_cmp);
    let counts = numbers.chunk_by(|a, b| a == b).map(|same| (same.len(), same[0].to_string()));
    most_frequent_first(counts.collect())
}

fn most_frequent_first(mut counts: Vec<(usize, String)>) -> Vec<(usize, String)> {
    counts.sort_by(|(a, first), (b, second)| b.cmp(a).then_with(|| first.cmp(second)));
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: Values) -> Column {
        Column { name: "red".into(), values }
    }

    fn applied(rule: &LabelRule, values: Values) -> Vec<Option<bool>> {
        rule.apply("t", &column(values)).unwrap()
    }

    #[test]
    fn a_value_that_no_row_has_is_said() {
        let words = ["normal.", "dos.", "normal."].map(|word| Some(word.to_owned()));
        let column = column(Values::Text(words.iter().map(|word| word.as_deref()).collect()));
        let absent = |rule: &str| LabelRule::parse(rule, &[]).unwrap().1.absent("t", &column);
        assert_eq!(absent("red=dos.").unwrap(), None);
        let note = absent("red=dos.|prob.").unwrap().unwrap().text;
        assert_eq!(note, "no row has the label `prob.`; its values are `normal.` (2), `dos.` (1)");
        let error = absent("red!=normal").unwrap_err().to_string();
        assert!(error.contains("no row has `normal`; its values are `normal.` (2)"), "{error}");
    }

    #[test]
    fn a_count_becomes_a_label_by_a_bound() {
        let (name, rule) = LabelRule::parse("red>0", &[]).unwrap();
        let labels = applied(&rule, Values::Integer(vec![0, 3, 1]));
        assert_eq!((name.as_str(), labels), ("red", vec![Some(false), Some(true), Some(true)]));
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
        assert_eq!(applied(&rule, Values::Text(text)), [Some(true), Some(false)]);
    }

    #[test]
    fn a_label_is_one_of_several_values_or_none_of_them() {
        let text = || Values::Text(["scan", "benign", "a|b", "flood"].iter().map(Some).collect());
        for (rule, labels) in [
            ("kind!=benign", [true, false, true, true]),
            ("kind != benign|flood", [true, false, true, false]),
            ("kind=scan|flood", [true, false, false, true]),
            ("kind=a|b", [false, false, true, false]),
        ] {
            let (name, rule) = LabelRule::parse(rule, &[]).unwrap();
            let labels = labels.map(Some).to_vec();
            assert_eq!((name.as_str(), applied(&rule, text())), ("kind", labels), "{rule:?}");
        }
        let (_, rule) = LabelRule::parse("n!=0", &[]).unwrap();
        assert_eq!(applied(&rule, Values::Integer(vec![0, 3])), [Some(false), Some(true)]);
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
    fn the_hint_never_takes_the_most_frequent_number_for_suspicious() {
        let error = LabelRule::Itself.apply("t", &column(Values::Integer(vec![2, 1, 2, 2]))).unwrap_err();
        assert!(error.to_string().ends_with("neither true nor false: `2` (3), `1` (1)"), "{error}");
        assert_eq!(error.hint(), Some(&Hint::LabelWord { column: "red".into(), value: "2".into() }));
    }

    #[test]
    fn a_row_without_a_value_has_no_label() {
        let numbers = Values::Real(vec![0.0, f64::NAN, 1.0]);
        assert_eq!(applied(&LabelRule::Itself, numbers), [Some(false), None, Some(true)]);
        let words = || Values::Text([Some("benign"), None, Some("NA"), Some("scan")].into_iter().collect());
        let (_, rule) = LabelRule::parse("kind!=benign", &[]).unwrap();
        assert_eq!(applied(&rule, words()), [Some(false), None, None, Some(true)]);
        let (_, rule) = LabelRule::parse("kind=NA", &[]).unwrap();
        assert_eq!(applied(&rule, words()), [Some(false), None, Some(true), Some(false)]);
    }
}
