//! The two tail probabilities of each column's empirical distribution. ECOD and COPOD score by them.
//!
//! Only training rows count, so a row scores the same alone and in a batch. PyOD adds the rows to score to
//! the training rows, so its scores depend on the batch.

use super::cost::{CostEstimate, Task};
use super::json::loaded;
use super::traits::each_row;
use crate::error::{Error, Result};
use crate::rows::WeightedRows;
use ndarray::{Array1, ArrayView1, ArrayView2};
use rayon::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// How the tails of all columns become the score of a row.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Formula {
    /// One value per column, summed over the columns.
    #[default]
    Pyod,
    /// Three sums over the columns: left tails, right tails, longer tails. The score is the largest sum.
    Paper,
}

/// The empirical distribution of every column.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Tails(Vec<Column>);

/// The distribution of one column over the expanded rows.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(try_from = "Stored")]
struct Column {
    /// The distinct values in ascending order.
    values: Vec<f64>,
    /// The number of training rows with at most each of these values.
    at_most: Vec<u64>,
    longer: Longer,
    /// The first value of each block of [`BLOCK`] values. They stay in the processor's cache during a search.
    #[serde(skip_serializing)]
    block_starts: Vec<f64>,
}

/// A column as a model file stores it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    values: Vec<f64>,
    at_most: Vec<u64>,
    longer: Longer,
}

/// Values per block of a search.
const BLOCK: usize = 64;

/// The longer tail, by the sign of the skewness.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Longer {
    Left,
    /// The column is constant, or symmetric up to rounding.
    Neither,
    Right,
}

/// The tails of a value in its column: −ln of the share of training rows that are at least as far out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tail {
    pub(super) left: f64,
    pub(super) right: f64,
    longer: Longer,
}

/// Sums over the columns of a row. The formula says what they are.
type Sums = [f64; 3];

impl Formula {
    /// The sums with one more column. `of_column` is the column's value in PyOD's formula.
    fn with(self, [first, left, right]: Sums, tail: Tail, of_column: fn(Tail) -> f64) -> Sums {
        match self {
            Formula::Pyod => [first + of_column(tail), left, right],
            // A skewness of 0 counts as positive (COPOD and ECOD, Algorithm 1 of each).
            Formula::Paper => {
                let longer = if tail.longer == Longer::Left { tail.left } else { tail.right };
                [first + longer, left + tail.left, right + tail.right]
            }
        }
    }

    fn score(self, [first, left, right]: Sums) -> f64 {
        match self {
            Formula::Pyod => first,
            Formula::Paper => first.max(left).max(right),
        }
    }
}

impl Tails {
    /// The distribution of every column, and the score of each training row. `of_column` is a column's value
    /// in PyOD's formula.
    pub(super) fn fit(
        train: &WeightedRows,
        formula: Formula,
        of_column: fn(Tail) -> f64,
    ) -> (Self, Array1<f64>) {
        let mut sums = vec![Sums::default(); train.len()];
        let mut columns = Vec::new();
        let views: Vec<ArrayView1<f64>> = train.points.columns().into_iter().collect();
        for group in views.chunks(rayon::current_num_threads()) {
            let fitted: Vec<(Column, Vec<Tail>)> =
                group.par_iter().map(|column| Column::fit(*column, &train.weights)).collect();
            sums.par_iter_mut().enumerate().for_each(|(row, sums)| {
                *sums =
                    fitted.iter().fold(*sums, |sums, (_, tails)| formula.with(sums, tails[row], of_column));
            });
            columns.extend(fitted.into_iter().map(|(column, _)| column));
        }
        (Tails(columns), sums.into_iter().map(|sums| formula.score(sums)).collect())
    }

    pub(super) fn columns(&self) -> usize {
        self.0.len()
    }

    pub(super) fn estimate(task: Task) -> CostEstimate {
        let (fitted, d) = (task.fitted as f64, task.columns as f64);
        let searches = (fitted * 2.0 + task.scored as f64) * d * (fitted + 2.0).log2();
        CostEstimate { seconds: searches * 5e-9, bytes: 32.0 * fitted * d }
    }

    /// The score of each row. `of_column` is a column's value in PyOD's formula.
    pub(super) fn score(
        &self,
        rows: ArrayView2<f64>,
        formula: Formula,
        of_column: fn(Tail) -> f64,
    ) -> Array1<f64> {
        each_row(rows, |row| {
            let tails = self.0.iter().zip(row).map(|(column, &value)| column.tail(value));
            formula.score(tails.fold(Sums::default(), |sums, tail| formula.with(sums, tail, of_column)))
        })
    }

    /// Restore a model that contains tails.
    ///
    /// # Errors
    /// If the text is not such a model, or if its columns differ in their number of rows.
    pub(super) fn loaded<M: DeserializeOwned>(
        detector: &str,
        text: &str,
        tails: fn(&M) -> &Tails,
    ) -> Result<M> {
        let model: M = loaded(detector, text)?;
        let columns = &tails(&model).0;
        let rows = columns.first().and_then(|column| column.at_most.last());
        match columns.iter().all(|column| column.at_most.last() == rows) {
            true => Ok(model),
            false => Err(Error::Request(format!(
                "{detector}: the columns of this model differ in their number of rows"
            ))),
        }
    }
}

impl Tail {
    /// The value in the longer tail. If neither is longer, both count, so a mirrored column scores the same.
    pub(super) fn longer(self) -> f64 {
        match self.longer {
            Longer::Left => self.left,
            Longer::Neither => self.left + self.right,
            Longer::Right => self.right,
        }
    }
}

impl Column {
    fn new(Stored { values, at_most, longer }: Stored) -> Self {
        let block_starts = values.iter().copied().step_by(BLOCK).collect();
        Column { values, at_most, longer, block_starts }
    }

    /// The distribution, and the tails of each training row. They equal those of [`Column::tail`] but need no
    /// search.
    fn fit(column: ArrayView1<f64>, weights: &[u32]) -> (Self, Vec<Tail>) {
        let mut sorted: Vec<(f64, u32, usize)> = column
            .iter()
            .zip(weights)
            .enumerate()
            .map(|(row, (&value, &weight))| (value, weight, row))
            .collect();
        sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let groups = || sorted.chunk_by(|a, b| a.0 == b.0);
        let weight =
            |group: &[(f64, u32, usize)]| group.iter().map(|&(_, weight, _)| u64::from(weight)).sum();
        let distinct: Vec<(f64, u64)> = groups().map(|group| (group[0].0, weight(group))).collect();
        let at_most = distinct.iter().scan(0, |rows, &(_, weight)| {
            *rows += weight;
            Some(*rows)
        });
        let fitted = Column::new(Stored {
            at_most: at_most.collect(),
            longer: longer(&distinct),
            values: distinct.into_iter().map(|(value, _)| value).collect(),
        });
        let mut tails = vec![fitted.between(0, 0); sorted.len()];
        for (at, group) in groups().enumerate() {
            let tail = fitted.between(at, at + 1);
            group.iter().for_each(|&(_, _, row)| tails[row] = tail);
        }
        (fitted, tails)
    }

    fn tail(&self, value: f64) -> Tail {
        let is_below = |known: &f64| *known < value;
        let end = self.block_starts.partition_point(is_below) * BLOCK;
        let block = end.saturating_sub(BLOCK)..end.min(self.values.len());
        let below = block.start + self.values[block].partition_point(is_below);
        self.between(below, below + usize::from(self.values.get(below) == Some(&value)))
    }

    /// The tails of a value, if `below` known values are less than it and `up_to` are at most it.
    fn between(&self, below: usize, up_to: usize) -> Tail {
        let rows = self.rows();
        Tail {
            left: surprise(self.first(up_to), rows),
            right: surprise(rows - self.first(below), rows),
            longer: self.longer,
        }
    }

    /// The number of training rows with one of the first `values` values.
    fn first(&self, values: usize) -> u64 {
        values.checked_sub(1).map_or(0, |last| self.at_most[last])
    }

    fn rows(&self) -> u64 {
        self.first(self.at_most.len())
    }
}

impl TryFrom<Stored> for Column {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let Stored { values, at_most, .. } = &stored;
        let is_valid = !values.is_empty()
            && values.len() == at_most.len()
            && values.is_sorted_by(|a, b| a < b)
            && at_most[0] > 0
            && at_most.is_sorted_by(|a, b| a < b);
        if is_valid { Ok(Column::new(stored)) } else { Err("a column is not a distribution") }
    }
}

/// −ln of a share of the training rows.
///
/// Beyond all training rows the share would be 0 and the score infinite. The share is then 1 / (n + 1), as if
/// the row were one more training row. That is more surprising than any training row, and as much as n rows
/// can support.
fn surprise(count: u64, rows: u64) -> f64 {
    match count {
        0 => (rows as f64).ln_1p(),
        _ => (rows as f64 / count as f64).ln(),
    }
}

/// The longer tail of distinct values in ascending order, each with its number of rows.
///
/// A skewness that is rounding noise counts as 0, so noise does not choose the tail of a symmetric column.
fn longer(distinct: &[(f64, u64)]) -> Longer {
    const NOISE: f64 = 1e-9;
    let Some(range) = ValueRange::of(distinct) else { return Longer::Neither };
    let mean = range.sum(distinct, |value| value) / range.rows;
    let cubes = range.sum(distinct, |value| (value - mean).powi(3));
    let absolute_cubes = range.sum(distinct, |value| (value - mean).abs().powi(3));
    match cubes / absolute_cubes {
        skew if skew < -NOISE => Longer::Left,
        skew if skew > NOISE => Longer::Right,
        _ => Longer::Neither,
    }
}

/// The range of a column. Values are scaled by it to [0, 1], so no cube overflows.
struct ValueRange {
    low: f64,
    width: f64,
    rows: f64,
}

impl ValueRange {
    /// `None` for a constant column.
    fn of(distinct: &[(f64, u64)]) -> Option<Self> {
        // Halved, because the difference of two values may overflow.
        let (low, high) = (distinct.first()?.0 / 2.0, distinct.last()?.0 / 2.0);
        let rows = distinct.iter().map(|&(_, weight)| weight as f64).sum();
        (low < high).then_some(ValueRange { low, width: high - low, rows })
    }

    /// The sum over the rows of a function of their scaled values.
    fn sum(&self, distinct: &[(f64, u64)], of: impl Fn(f64) -> f64) -> f64 {
        let scaled = |value: f64| (value / 2.0 - self.low) / self.width;
        distinct.iter().map(|&(value, weight)| weight as f64 * of(scaled(value))).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn column(values: &[f64], weights: &[u32]) -> Column {
        Column::fit(Array1::from(values.to_vec()).view(), weights).0
    }

    #[test]
    fn a_tail_is_the_share_of_rows_at_least_as_far_out() {
        let column = column(&[3.0, 1.0, 2.0], &[1, 2, 1]);
        let tail = column.tail(2.0);
        assert_eq!((tail.left, tail.right), ((4.0_f64 / 3.0).ln(), 2.0_f64.ln()));
        let between = column.tail(2.5);
        assert_eq!((between.left, between.right), ((4.0_f64 / 3.0).ln(), 4.0_f64.ln()));
    }

    #[test]
    fn a_training_row_scores_as_it_does_as_a_new_row() {
        let points = Array2::from_shape_fn((500, 5), |(i, j)| ((i * (7 + j)) % (11 + 97 * j)) as f64 - 5.0);
        let rows = WeightedRows {
            weights: (0..500).map(|row| 1 + row % 3).collect(),
            ..WeightedRows::unweighted(points)
        };
        for formula in [Formula::Pyod, Formula::Paper] {
            let (tails, scores) = Tails::fit(&rows, formula, Tail::longer);
            assert_eq!(tails.score(rows.points.view(), formula, Tail::longer), scores);
        }
    }

    #[test]
    fn values_beyond_the_training_rows_are_the_most_surprising_and_finite() {
        let column = column(&[1.0, 2.0, 3.0], &[1, 5, 1]);
        for (beyond, outermost) in [
            (column.tail(0.9).left, column.tail(1.0).left),
            (column.tail(1e300).right, column.tail(3.0).right),
        ] {
            assert!(beyond.is_finite() && beyond > outermost);
        }
    }

    #[test]
    fn a_constant_column_has_no_tails() {
        let tail = column(&[0.1], &[1000]).tail(0.1);
        assert_eq!((tail.left, tail.right, tail.longer()), (0.0, 0.0, 0.0));
    }

    #[test]
    fn the_longer_tail_is_that_of_the_skewness() {
        let of = |values: &[f64], weights: &[u32]| column(values, weights).longer;
        assert_eq!(of(&[0.0, 1.0, 10.0], &[5, 5, 1]), Longer::Right);
        assert_eq!(of(&[-10.0, -1.0, 0.0], &[1, 5, 5]), Longer::Left);
        assert_eq!(of(&[0.1, 0.2, 0.3], &[7, 3, 7]), Longer::Neither);
        assert_eq!(of(&[-f64::MAX, 0.0, f64::MAX], &[1, 3, 2]), Longer::Left);
        assert_eq!(of(&[1e12, 1e12 + 1.0], &[9, 1]), Longer::Right);
    }

    #[test]
    fn copies_count_as_often_as_they_occur() {
        let weighted = column(&[1.0, 4.0], &[3, 2]);
        let expanded = column(&[4.0, 1.0, 1.0, 4.0, 1.0], &[1; 5]);
        assert_eq!((weighted.values, weighted.at_most), (expanded.values, expanded.at_most));
    }

    #[test]
    fn the_papers_score_is_the_largest_of_three_sums() {
        // The first column has its longer tail on the right, the second on the left.
        let rows = WeightedRows::unweighted(array![[0.0, 9.0], [1.0, 8.0], [9.0, 0.0], [2.0, 8.5]]);
        let (_, scores) = Tails::fit(&rows, Formula::Paper, Tail::longer);
        // The last row: left tails ln 4/3 + ln 4/3, right tails ln 2 + ln 2, the longer ones ln 2 + ln 4/3.
        for (row, expected) in [(2, 16.0_f64.ln()), (3, 4.0_f64.ln())] {
            assert!((scores[row] - expected).abs() < 1e-12, "row {row}: {}", scores[row]);
        }
    }
}
