//! Encoding: turns columns of booleans, numbers and categories into one matrix without missing values.

use crate::error::{Error, Hint, Result};
use crate::preprocess::novelty::{NovelValue, NovelValues};
use crate::preprocess::sum::Sum;
use crate::schema::Encoding;
use crate::table::{Categories, Column, Values, is_number};
use ndarray::{Array2, ArrayViewMut2, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// A fitted encoder.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Encoder {
    encoding: Encoding,
    features: Vec<FeatureEncoder>,
}

/// The number of imputed values and unseen levels, per feature with any.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
pub struct Imputed {
    /// Missing or infinite values, imputed as the training mean or the most frequent training level.
    pub missing: BTreeMap<String, usize>,
    /// Rows with a level that the training part does not contain.
    pub unseen: BTreeMap<String, usize>,
}

#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct FeatureEncoder {
    name: String,
    fill: Fill,
    /// What training had; models of 0.1.0 do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seen: Option<Seen>,
}

/// What training had of a feature, so that what it never had can be told.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Seen {
    /// Rows with a value.
    rows: usize,
    /// Rows whose level occurs once.
    singletons: usize,
    /// Whether a value was missing.
    gaps: bool,
    /// The lowest and the highest number and the deciles between them; empty for a category.
    deciles: Vec<f64>,
}

/// A table as a matrix.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// Shape (rows, encoded columns).
    pub matrix: Array2<f64>,
    /// What was imputed, and which levels are unseen.
    pub imputed: Imputed,
    /// The values that training never had.
    pub novel: NovelValues,
}

#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Fill {
    Number {
        mean: f64,
    },
    Category {
        levels: Vec<String>,
        frequencies: Vec<f64>,
        /// The index of the most frequent level.
        #[serde(rename = "commonest")]
        most_frequent: usize,
    },
}

/// The largest number of one-hot columns of one feature.
const ONE_HOT_LEVELS: usize = 256;

impl Encoder {
    /// Learn means, levels and their frequencies from the training columns.
    ///
    /// # Errors
    /// If a column has no value, or too many levels for one-hot encoding.
    pub fn fit(columns: &[Column], encoding: Encoding, table: &str) -> Result<Self> {
        let features = columns.iter().map(|column| FeatureEncoder::fit(column, encoding, table));
        Ok(Encoder { encoding, features: features.collect::<Result<_>>()? })
    }

    /// The names of the matrix columns: the feature's own, or `feature=level` for one-hot columns.
    pub fn column_names(&self) -> Vec<String> {
        self.features.iter().flat_map(|feature| feature.column_names(self.encoding)).collect()
    }

    /// The range of matrix columns of each feature: one column, or one per level.
    pub fn spans(&self) -> Vec<(String, Range<usize>)> {
        let mut start = 0;
        let span = |feature: &FeatureEncoder| {
            let columns = start..start + feature.width(self.encoding);
            start = columns.end;
            (feature.name.clone(), columns)
        };
        self.features.iter().map(span).collect()
    }

    /// The name of each feature and, for a category, its sorted training levels.
    pub fn features(&self) -> impl Iterator<Item = (&str, Option<&[String]>)> {
        self.features.iter().map(|feature| {
            let levels = match &feature.fill {
                Fill::Category { levels, .. } => Some(levels.as_slice()),
                Fill::Number { .. } => None,
            };
            (feature.name.as_str(), levels)
        })
    }

    /// Whether [`Encoder::fit`] can return this encoder.
    pub fn is_valid(&self) -> bool {
        self.features.iter().all(|feature| feature.is_valid(self.encoding))
    }

    /// Check the size of the matrix for this number of rows.
    ///
    /// # Errors
    /// If the matrix does not fit in 8 GiB, for example because of many one-hot columns.
    pub fn check_size(&self, rows: usize, table: &str) -> Result<()> {
        const MOST_VALUES: usize = 1 << 30;
        let columns = self.column_names().len();
        if rows.saturating_mul(columns) <= MOST_VALUES {
            return Ok(());
        }
        let problem = format!("{rows} rows in {columns} encoded columns do not fit in 8 GiB");
        Err(Error::table(table, problem).with_hint(Hint::FrequencyEncoding))
    }

    /// Encode columns of the same features.
    pub fn apply(&self, columns: &[Column]) -> Encoded {
        let rows = columns.first().map_or(0, |column| column.values.len());
        let mut matrix = Array2::zeros((rows, self.column_names().len()));
        let mut rest = matrix.view_mut();
        let mut parts = Vec::with_capacity(self.features.len());
        for (feature, column) in self.features.iter().zip(columns) {
            let (own, others) = rest.split_at(Axis(1), feature.width(self.encoding));
            rest = others;
            parts.push((feature, &column.values, own));
        }
        let imputed =
            parts.into_par_iter().map(|(feature, values, own)| feature.apply(values, self.encoding, own));
        let imputed = imputed.reduce(Imputed::default, |mut all, one| {
            all.merge(&one);
            all
        });
        Encoded { matrix, novel: self.novel(columns, rows, &imputed), imputed }
    }

    fn novel(&self, columns: &[Column], rows: usize, imputed: &Imputed) -> NovelValues {
        let mut by_row: BTreeMap<usize, Vec<NovelValue>> = BTreeMap::new();
        for (at, (feature, column)) in self.features.iter().zip(columns).enumerate() {
            if imputed.unseen.contains_key(&feature.name) || imputed.missing.contains_key(&feature.name) {
                feature.novel(at, &column.values, |row, value| by_row.entry(row).or_default().push(value));
            }
        }
        NovelValues::new(rows, by_row)
    }

    /// The probability of a value that training never had, by Good & Turing; 1 if what training had is not known.
    pub fn chance(&self, value: NovelValue) -> f64 {
        let Some(seen) = &self.features[value.feature()].seen else { return 1.0 };
        let new = match value {
            NovelValue::Level(_) => seen.singletons as f64,
            NovelValue::Gap(_) => 0.0,
        };
        (new.max(0.5) / seen.rows.max(1) as f64).min(1.0)
    }

    /// Every value of a feature that training had, encoded: each level, or the deciles of a number.
    pub(super) fn blocks(&self, feature: usize) -> Array2<f64> {
        self.features[feature].blocks(self.encoding)
    }
}

impl Imputed {
    /// Add the counts of another part of the table.
    pub fn merge(&mut self, other: &Imputed) {
        for (mine, theirs) in [(&mut self.missing, &other.missing), (&mut self.unseen, &other.unseen)] {
            for (name, count) in theirs {
                *mine.entry(name.clone()).or_default() += count;
            }
        }
    }
}

impl FeatureEncoder {
    fn fit(column: &Column, encoding: Encoding, table: &str) -> Result<Self> {
        let (fill, seen) = match &column.values {
            Values::Text(text) => (category(text), Seen::of_levels(text)),
            values => {
                let numbers = sorted_numbers(values);
                (number(&numbers), Seen::of_numbers(&numbers, values.len()))
            }
        };
        let fill =
            fill.ok_or_else(|| Error::column(table, &column.name, "has no value in the training part"))?;
        match &fill {
            Fill::Category { levels, .. }
                if encoding == Encoding::OneHot && levels.len() > ONE_HOT_LEVELS =>
            {
                let problem = format!(
                    "has {} levels, more than the {ONE_HOT_LEVELS} that one-hot encoding allows",
                    levels.len()
                );
                Err(Error::column(table, &column.name, problem).with_hint(Hint::FrequencyEncoding))
            }
            _ => Ok(FeatureEncoder { name: column.name.clone(), fill, seen: Some(seen) }),
        }
    }

    fn is_valid(&self, encoding: Encoding) -> bool {
        match &self.fill {
            Fill::Number { mean } => mean.is_finite(),
            Fill::Category { levels, frequencies, most_frequent } => {
                *most_frequent < levels.len()
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

    fn apply(&self, values: &Values, encoding: Encoding, own: ArrayViewMut2<f64>) -> Imputed {
        let (missing, unseen) = match (&self.fill, values) {
            (Fill::Category { levels, frequencies, most_frequent }, Values::Text(text)) => {
                let codes = known_codes(text, levels);
                let write = CategoryWriter { encoding, frequencies };
                write.fill(
                    own,
                    text.codes.iter().map(|&code| match code {
                        Categories::MISSING => *most_frequent,
                        code => codes[code as usize],
                    }),
                );
                let unseen =
                    |code: &&u32| codes.get(**code as usize).is_some_and(|&known| known == levels.len());
                (text.missing(), text.codes.iter().filter(unseen).count())
            }
            (Fill::Number { mean }, values) => (fill_numbers(own, &values.reals(), *mean), 0),
            // Readers read categories as text; numbers in their place are unseen levels.
            (Fill::Category { .. }, values) => (0, values.len()),
        };
        Imputed::of(&self.name, missing, unseen)
    }
}

impl FeatureEncoder {
    /// Tell which rows have a value that training never had.
    fn novel(&self, at: usize, values: &Values, mut tell: impl FnMut(usize, NovelValue)) {
        let Some(seen) = &self.seen else { return };
        match (&self.fill, values) {
            (Fill::Category { levels, .. }, Values::Text(text)) => {
                let codes = known_codes(text, levels);
                for (row, &code) in text.codes.iter().enumerate() {
                    match codes.get(code as usize) {
                        None if !seen.gaps => tell(row, NovelValue::Gap(at)),
                        Some(&known) if known == levels.len() => tell(row, NovelValue::Level(at)),
                        _ => (),
                    }
                }
            }
            (Fill::Category { .. }, values) => {
                (0..values.len()).for_each(|row| tell(row, NovelValue::Level(at)))
            }
            (Fill::Number { .. }, values) if !seen.gaps => {
                let missing = (0..values.len()).filter(|&row| !is_number(values.real(row)));
                missing.for_each(|row| tell(row, NovelValue::Gap(at)));
            }
            (Fill::Number { .. }, _) => (),
        }
    }

    fn blocks(&self, encoding: Encoding) -> Array2<f64> {
        match (&self.fill, encoding) {
            (Fill::Category { levels, .. }, Encoding::OneHot) => Array2::eye(levels.len()),
            (Fill::Category { levels, .. }, Encoding::Ordinal) => {
                Array2::from_shape_fn((levels.len(), 1), |(level, _)| level as f64)
            }
            (Fill::Category { frequencies, .. }, Encoding::Frequency) => column_of(frequencies),
            (Fill::Number { .. }, _) => column_of(self.seen.as_ref().map_or(&[], |seen| &seen.deciles)),
        }
    }
}

/// Distinct numbers as a matrix of one column.
fn column_of(numbers: &[f64]) -> Array2<f64> {
    let mut distinct = numbers.to_vec();
    distinct.sort_unstable_by(f64::total_cmp);
    distinct.dedup();
    Array2::from_shape_fn((distinct.len(), 1), |(row, _)| distinct[row])
}

impl Seen {
    fn of_levels(text: &Categories) -> Self {
        let mut counts = vec![0_usize; text.levels.len()];
        text.codes
            .iter()
            .filter(|&&code| code != Categories::MISSING)
            .for_each(|&code| counts[code as usize] += 1);
        Seen {
            rows: counts.iter().sum(),
            singletons: counts.iter().filter(|&&count| count == 1).count(),
            gaps: text.missing() > 0,
            deciles: Vec::new(),
        }
    }

    /// Of sorted numbers, and of the number of rows with or without one.
    fn of_numbers(numbers: &[f64], rows: usize) -> Self {
        let last = numbers.len().saturating_sub(1);
        let decile = |nth: usize| numbers.get(nth * last / 10).map(|number| number + 0.0);
        Seen {
            rows: numbers.len(),
            singletons: 0,
            gaps: numbers.len() < rows,
            deciles: (0..=10).filter_map(decile).collect(),
        }
    }
}

impl Imputed {
    fn of(feature: &str, missing: usize, unseen: usize) -> Self {
        let counted = |count: usize| (count > 0).then(|| (feature.to_owned(), count)).into_iter().collect();
        Imputed { missing: counted(missing), unseen: counted(unseen) }
    }
}

struct CategoryWriter<'a> {
    encoding: Encoding,
    frequencies: &'a [f64],
}

impl CategoryWriter<'_> {
    /// Write levels by their position among the training levels; one past the last is an unseen level.
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

/// The position of each level among the training levels; one past the last for an unseen level.
fn known_codes(text: &Categories, levels: &[String]) -> Vec<usize> {
    text.levels.iter().map(|level| levels.binary_search(level).unwrap_or(levels.len())).collect()
}

/// Write numbers, with the mean for missing ones and those that cannot be computed with. Returns the number of imputed values.
fn fill_numbers(mut own: ArrayViewMut2<f64>, numbers: &[f64], mean: f64) -> usize {
    for (slot, &number) in own.iter_mut().zip(numbers) {
        // Adding 0 turns -0 into 0, so that detectors cannot distinguish them.
        *slot = if is_number(number) { number + 0.0 } else { mean };
    }
    numbers.iter().filter(|&&number| !is_number(number)).count()
}

/// The numbers that can be computed with, sorted.
fn sorted_numbers(values: &Values) -> Vec<f64> {
    let mut numbers = values.reals();
    numbers.retain(|&number| is_number(number));
    numbers.par_sort_unstable_by(f64::total_cmp);
    numbers
}

/// The mean of sorted numbers: in the order of the file, it would depend on that order.
fn number(sorted: &[f64]) -> Option<Fill> {
    let mut sum = Sum::default();
    sorted.iter().for_each(|&number| sum.add(number));
    (!sorted.is_empty()).then(|| Fill::Number { mean: sum.total() / sorted.len() as f64 })
}

/// The sorted levels that occur, with their shares. Of equally frequent levels, the first is the most
/// frequent.
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
        most_frequent: occurring.iter().position(|(_, count)| *count == most)?,
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

    fn encoded(encoding: Encoding, train: &[&str], new: &[&str]) -> (Array2<f64>, Imputed) {
        let encoded = Encoder::fit(&[text(train)], encoding, "t").unwrap().apply(&[text(new)]);
        (encoded.matrix, encoded.imputed)
    }

    #[test]
    fn ordinal_codes_follow_the_sorted_levels() {
        let (matrix, imputed) = encoded(Encoding::Ordinal, &["b", "a", "c"], &["c", "a", "new"]);
        assert_eq!(matrix, array![[2.0], [0.0], [3.0]]);
        assert_eq!(imputed.unseen["c"], 1);
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
    fn a_missing_category_is_imputed_as_the_most_frequent() {
        let (matrix, imputed) = encoded(Encoding::Ordinal, &["b", "b", "a", ""], &["", "a"]);
        assert_eq!(matrix, array![[1.0], [0.0]]);
        assert_eq!(imputed.missing["c"], 1);
    }

    #[test]
    fn missing_and_infinite_numbers_are_imputed_as_the_training_mean() {
        let column = |v: Vec<f64>| [Column { name: "n".into(), values: Values::Real(v) }];
        let encoder = Encoder::fit(&column(vec![1.0, 3.0, f64::NAN]), Encoding::OneHot, "t").unwrap();
        let Encoded { matrix, imputed, .. } = encoder.apply(&column(vec![f64::NAN, f64::INFINITY, 9.0]));
        assert_eq!(matrix, array![[2.0], [2.0], [9.0]]);
        assert_eq!(imputed.missing["n"], 2);
    }

    #[test]
    fn a_column_without_a_value_is_an_error() {
        let column = [Column { name: "n".into(), values: Values::Real(vec![f64::NAN]) }];
        let error = Encoder::fit(&column, Encoding::OneHot, "t").unwrap_err();
        assert_eq!(error.to_string(), "t: column `n` has no value in the training part");
    }

    #[test]
    fn too_many_levels_for_one_hot_come_with_a_hint() {
        let words: Vec<String> = (0..300).map(|i| i.to_string()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let error = Encoder::fit(&[text(&words)], Encoding::OneHot, "t").unwrap_err();
        assert_eq!(error.hint(), Some(&Hint::FrequencyEncoding));
        assert!(Encoder::fit(&[text(&words)], Encoding::Ordinal, "t").is_ok());
    }
}
