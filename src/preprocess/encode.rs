//! Encoding: from columns of booleans, numbers and categories to one matrix of numbers, without gaps.

use crate::error::{Error, Result};
use crate::table::{Categories, Column, Values};
use ndarray::{Array2, ArrayViewMut2, Axis};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// How a category becomes numbers. A level never seen in training is a case of its own in each of them.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// The position among the sorted levels, as the notebook did; an unseen level comes behind the last.
    Ordinal,
    /// One 0/1 column per level; an unseen level is 0 in all of them.
    #[default]
    OneHot,
    /// The share of training rows with this level; an unseen level has 0.
    Frequency,
}

impl Encoding {
    /// The name in flags and JSON.
    pub fn id(self) -> &'static str {
        match self {
            Encoding::Ordinal => "ordinal",
            Encoding::OneHot => "one-hot",
            Encoding::Frequency => "frequency",
        }
    }
}

/// A fitted encoder.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Encoder {
    encoding: Encoding,
    features: Vec<FeatureEncoder>,
}

/// What an encoder had to make up, per feature that needed it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
pub struct Substitutions {
    /// Missing or infinite values that got the training mean or the commonest training level.
    pub missing: BTreeMap<String, usize>,
    /// Rows whose level the training part did not hold.
    pub unseen: BTreeMap<String, usize>,
}

#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct FeatureEncoder {
    name: String,
    fill: Fill,
}

#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Fill {
    Number { mean: f64 },
    Category { levels: Vec<String>, frequencies: Vec<f64>, commonest: usize },
}

/// One-hot columns of one feature, at most.
const ONE_HOT_LEVELS: usize = 256;

impl Encoder {
    /// Learn means, levels and their frequencies from the training columns.
    ///
    /// # Errors
    /// Where a column has no value at all, or too many levels for one-hot columns.
    pub fn fit(columns: &[Column], encoding: Encoding, table: &str) -> Result<Self> {
        let features = columns.iter().map(|column| FeatureEncoder::fit(column, encoding, table));
        Ok(Encoder { encoding, features: features.collect::<Result<_>>()? })
    }

    /// The names of the matrix columns: the feature's own, or `feature=level` for one-hot columns.
    pub fn column_names(&self) -> Vec<String> {
        self.features.iter().flat_map(|feature| feature.column_names(self.encoding)).collect()
    }

    /// For each feature the matrix columns that hold it: one, or one per level.
    pub fn spans(&self) -> Vec<(String, Range<usize>)> {
        let mut start = 0;
        let span = |feature: &FeatureEncoder| {
            let columns = start..start + feature.width(self.encoding);
            start = columns.end;
            (feature.name.clone(), columns)
        };
        self.features.iter().map(span).collect()
    }

    /// Each feature by name, with its training levels, sorted, where it is a category.
    pub fn features(&self) -> impl Iterator<Item = (&str, Option<&[String]>)> {
        self.features.iter().map(|feature| {
            let levels = match &feature.fill {
                Fill::Category { levels, .. } => Some(levels.as_slice()),
                Fill::Number { .. } => None,
            };
            (feature.name.as_str(), levels)
        })
    }

    /// Whether this can be what [`Encoder::fit`] gave.
    pub fn is_valid(&self) -> bool {
        self.features.iter().all(|feature| feature.is_valid(self.encoding))
    }

    /// Check that a matrix of so many rows can be made.
    ///
    /// # Errors
    /// Where it would not fit in 8 GiB, as one-hot columns of many features may not.
    pub fn check_size(&self, rows: usize, table: &str) -> Result<()> {
        const MOST_VALUES: usize = 1 << 30;
        let columns = self.column_names().len();
        if rows.saturating_mul(columns) <= MOST_VALUES {
            return Ok(());
        }
        let problem = format!(
            "{rows} rows in {columns} encoded columns do not fit in 8 GiB; use --encoding frequency, or fewer \
             --features"
        );
        Err(Error::table(table, problem))
    }

    /// The matrix of shape (rows, encoded columns) for columns of the same features, and what was made up.
    pub fn apply(&self, columns: &[Column]) -> (Array2<f64>, Substitutions) {
        let rows = columns.first().map_or(0, |column| column.values.len());
        let mut matrix = Array2::zeros((rows, self.column_names().len()));
        let mut rest = matrix.view_mut();
        let mut parts = Vec::with_capacity(self.features.len());
        for (feature, column) in self.features.iter().zip(columns) {
            let (own, others) = rest.split_at(Axis(1), feature.width(self.encoding));
            rest = others;
            parts.push((feature, &column.values, own));
        }
        let made_up =
            parts.into_par_iter().map(|(feature, values, own)| feature.apply(values, self.encoding, own));
        let made_up = made_up.reduce(Substitutions::default, |mut all, one| {
            all.merge(&one);
            all
        });
        (matrix, made_up)
    }
}

impl Substitutions {
    /// The counts of two parts of a table together.
    pub fn merge(&mut self, other: &Substitutions) {
        for (mine, theirs) in [(&mut self.missing, &other.missing), (&mut self.unseen, &other.unseen)] {
            for (name, count) in theirs {
                *mine.entry(name.clone()).or_default() += count;
            }
        }
    }
}

impl FeatureEncoder {
    fn fit(column: &Column, encoding: Encoding, table: &str) -> Result<Self> {
        let fill = match &column.values {
            Values::Text(text) => category(text),
            values => number(&values.reals()),
        };
        let fill =
            fill.ok_or_else(|| Error::column(table, &column.name, "has no value in the training part"))?;
        match &fill {
            Fill::Category { levels, .. }
                if encoding == Encoding::OneHot && levels.len() > ONE_HOT_LEVELS =>
            {
                let problem = format!(
                    "has {} levels, too many for one-hot columns; use --encoding frequency, or leave it out of \
                     --features",
                    levels.len()
                );
                Err(Error::column(table, &column.name, problem))
            }
            _ => Ok(FeatureEncoder { name: column.name.clone(), fill }),
        }
    }

    fn is_valid(&self, encoding: Encoding) -> bool {
        match &self.fill {
            Fill::Number { mean } => mean.is_finite(),
            Fill::Category { levels, frequencies, commonest } => {
                *commonest < levels.len()
                    && frequencies.len() == levels.len()
                    && frequencies.iter().all(|share| (0.0..=1.0).contains(share))
                    && levels.is_sorted_by(|a, b| a < b)
                    && (encoding != Encoding::OneHot || levels.len() <= ONE_HOT_LEVELS)
            }
        }
    }

    fn width(&self, encoding: Encoding) -> usize {
        match &self.fill {
            Fill::Category { levels, .. } if encoding == Encoding::OneHot => levels.len(),
            _ => 1,
        }
    }

    fn column_names(&self, encoding: Encoding) -> Vec<String> {
        match &self.fill {
            Fill::Category { levels, .. } if encoding == Encoding::OneHot => {
                levels.iter().map(|level| format!("{}={level}", self.name)).collect()
            }
            _ => vec![self.name.clone()],
        }
    }

    fn apply(&self, values: &Values, encoding: Encoding, own: ArrayViewMut2<f64>) -> Substitutions {
        let (missing, unseen) = match (&self.fill, values) {
            (Fill::Category { levels, frequencies, commonest }, Values::Text(text)) => {
                let codes = known_codes(text, levels);
                let write = CategoryWriter { encoding, frequencies };
                write.fill(
                    own,
                    text.codes.iter().map(|&code| match code {
                        Categories::MISSING => *commonest,
                        code => codes[code as usize],
                    }),
                );
                let unseen =
                    |code: &&u32| codes.get(**code as usize).is_some_and(|&known| known == levels.len());
                (text.missing(), text.codes.iter().filter(unseen).count())
            }
            (Fill::Number { mean }, values) => (fill_numbers(own, &values.reals(), *mean), 0),
            // A category column is read as one everywhere; numbers in its place are levels never seen.
            (Fill::Category { .. }, values) => (0, values.len()),
        };
        Substitutions::of(&self.name, missing, unseen)
    }
}

impl Substitutions {
    fn of(feature: &str, missing: usize, unseen: usize) -> Self {
        let counted = |count: usize| (count > 0).then(|| (feature.to_owned(), count)).into_iter().collect();
        Substitutions { missing: counted(missing), unseen: counted(unseen) }
    }
}

struct CategoryWriter<'a> {
    encoding: Encoding,
    frequencies: &'a [f64],
}

impl CategoryWriter<'_> {
    /// Write training levels by their position; one past the last stands for a level never seen.
    fn fill(&self, mut own: ArrayViewMut2<f64>, levels: impl Iterator<Item = usize>) {
        for (mut row, level) in own.rows_mut().into_iter().zip(levels) {
            match self.encoding {
                Encoding::Ordinal => row[0] = level as f64,
                Encoding::Frequency => row[0] = self.frequencies.get(level).copied().unwrap_or(0.0),
                Encoding::OneHot => {
                    if let Some(own) = row.get_mut(level) {
                        *own = 1.0;
                    }
                }
            }
        }
    }
}

/// For each level of a column its position among the training levels, or one past the last.
fn known_codes(text: &Categories, levels: &[String]) -> Vec<usize> {
    text.levels.iter().map(|level| levels.binary_search(level).unwrap_or(levels.len())).collect()
}

/// Numbers with the mean in place of what is missing or infinite; how many those were.
fn fill_numbers(mut own: ArrayViewMut2<f64>, numbers: &[f64], mean: f64) -> usize {
    for (slot, &number) in own.iter_mut().zip(numbers) {
        // Adding 0 makes 0 of -0, so that both are the same to any detector.
        *slot = if number.is_finite() { number + 0.0 } else { mean };
    }
    numbers.iter().filter(|number| !number.is_finite()).count()
}

fn number(numbers: &[f64]) -> Option<Fill> {
    let (mut sum, mut count) = (0.0, 0_usize);
    for number in numbers.iter().filter(|number| number.is_finite()) {
        sum += number;
        count += 1;
    }
    (count > 0).then(|| Fill::Number { mean: sum / count as f64 })
}

/// The levels that occur, sorted, with their shares; ties for the commonest go to the first.
fn category(text: &Categories) -> Option<Fill> {
    let mut counts = vec![0_usize; text.levels.len()];
    for &code in text.codes.iter().filter(|&&code| code != Categories::MISSING) {
        counts[code as usize] += 1;
    }
    let mut occurring: Vec<(&String, usize)> =
        text.levels.iter().zip(counts).filter(|(_, count)| *count > 0).collect();
    occurring.sort();
    let total: usize = occurring.iter().map(|(_, count)| count).sum();
    let most = occurring.iter().map(|(_, count)| *count).max()?;
    Some(Fill::Category {
        commonest: occurring.iter().position(|(_, count)| *count == most)?,
        levels: occurring.iter().map(|(level, _)| (*level).clone()).collect(),
        frequencies: occurring.iter().map(|(_, count)| *count as f64 / total as f64).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn text(words: &[&str]) -> Column {
        let values = words.iter().map(|word| (!word.is_empty()).then_some(*word)).collect();
        Column { name: "c".into(), values: Values::Text(values) }
    }

    fn encoded(encoding: Encoding, train: &[&str], new: &[&str]) -> (Array2<f64>, Substitutions) {
        Encoder::fit(&[text(train)], encoding, "t").unwrap().apply(&[text(new)])
    }

    #[test]
    fn ordinal_codes_follow_the_sorted_levels() {
        let (matrix, made_up) = encoded(Encoding::Ordinal, &["b", "a", "c"], &["c", "a", "new"]);
        assert_eq!(matrix, array![[2.0], [0.0], [3.0]]);
        assert_eq!(made_up.unseen["c"], 1);
    }

    #[test]
    fn an_unseen_level_is_zero_in_every_one_hot_column() {
        let (matrix, _) = encoded(Encoding::OneHot, &["b", "a"], &["a", "b", "new"]);
        assert_eq!(matrix, array![[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]);
    }

    #[test]
    fn frequencies_are_those_of_training() {
        let (matrix, _) = encoded(Encoding::Frequency, &["a", "a", "a", "b"], &["a", "b", "new"]);
        assert_eq!(matrix, array![[0.75], [0.25], [0.0]]);
    }

    #[test]
    fn a_missing_category_becomes_the_commonest() {
        let (matrix, made_up) = encoded(Encoding::Ordinal, &["b", "b", "a", ""], &["", "a"]);
        assert_eq!(matrix, array![[1.0], [0.0]]);
        assert_eq!(made_up.missing["c"], 1);
    }

    #[test]
    fn missing_and_infinite_numbers_become_the_training_mean() {
        let column = |v: Vec<f64>| [Column { name: "n".into(), values: Values::Real(v) }];
        let encoder = Encoder::fit(&column(vec![1.0, 3.0, f64::NAN]), Encoding::OneHot, "t").unwrap();
        let (matrix, made_up) = encoder.apply(&column(vec![f64::NAN, f64::INFINITY, 9.0]));
        assert_eq!(matrix, array![[2.0], [2.0], [9.0]]);
        assert_eq!(made_up.missing["n"], 2);
    }

    #[test]
    fn a_column_without_a_value_is_an_error() {
        let column = [Column { name: "n".into(), values: Values::Real(vec![f64::NAN]) }];
        let error = Encoder::fit(&column, Encoding::OneHot, "t").unwrap_err();
        assert!(error.to_string().contains("has no value"), "{error}");
    }

    #[test]
    fn too_many_levels_for_one_hot_point_to_another_encoding() {
        let words: Vec<String> = (0..300).map(|i| i.to_string()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let error = Encoder::fit(&[text(&words)], Encoding::OneHot, "t").unwrap_err();
        assert!(error.to_string().contains("--encoding frequency"), "{error}");
        assert!(Encoder::fit(&[text(&words)], Encoding::Ordinal, "t").is_ok());
    }
}
