//! The two tails of each column's empirical distribution, which [`crate::detector::distribution::ecod`] and [`crate::detector::distribution::copod`] score by.
//!
//! Everything is learned from the training rows: a row scores alone as it does in a batch. PyOD counts the rows to
//! be scored in with the training rows, so that there a score depends on the batch.

use super::{Forecast, Task, each_row, loaded};
use crate::error::{Error, Result};
use crate::rows::WeightedRows;
use ndarray::{Array1, ArrayView1, ArrayView2};
use rayon::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// How the tails of a row's columns become its score.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Formula {
    /// Each column by itself, then the sum over the columns.
    #[default]
    Pyod,
    /// Three sums over the columns, of the left, right and longer tails, then the largest of them.
    Paper,
}

/// The empirical distribution of every column.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Tails(Vec<Column>);

/// The distribution of one column, copies counted.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(try_from = "Stored")]
struct Column {
    /// The values that occur, ascending.
    values: Vec<f64>,
    /// How many training rows hold at most each of these values.
    at_most: Vec<u64>,
    longer: Longer,
    /// The first of every [`SHELF`] values: few enough to stay in the cache while a value is looked for.
    #[serde(skip_serializing)]
    heads: Vec<f64>,
}

/// A column as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    values: Vec<f64>,
    at_most: Vec<u64>,
    longer: Longer,
}

/// How many values stand together.
const SHELF: usize = 64;

/// The longer tail, by the sign of the skewness.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Longer {
    Left,
    /// Symmetric to rounding, or constant.
    Neither,
    Right,
}

/// How far out a value lies in its column: −ln of the share of training rows that lie at least as far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tail {
    pub(super) left: f64,
    pub(super) right: f64,
    longer: Longer,
}

/// What the tails of a row's columns add up to.
type Sums = [f64; 3];

impl Formula {
    /// The sums with one more column; `of_column` is what PyOD's formula makes of it.
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
    /// The distribution of every column, and the score of each training row; `of_column` is what PyOD's formula makes
    /// of one column.
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

    pub(super) fn forecast(task: Task) -> Forecast {
        let (fitted, d) = (task.fitted as f64, task.columns as f64);
        let searches = (fitted * 2.0 + task.scored as f64) * d * (fitted + 2.0).log2();
        Forecast { seconds: searches * 5e-9, bytes: 32.0 * fitted * d }
    }

    /// The score of each row; `of_column` is what PyOD's formula makes of one column.
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

    /// A model that holds tails, where each column is a distribution of the same number of rows.
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
                "{detector}: the columns of this model have unlike numbers of rows"
            ))),
        }
    }
}

impl Tail {
    /// That of the longer tail; where neither is, a row is as far out as in both: a mirrored column scores the same.
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
        let heads = values.iter().copied().step_by(SHELF).collect();
        Column { values, at_most, longer, heads }
    }

    /// The distribution, and the tails of each training row: those of [`Column::tail`], without a search for each.
    fn fit(column: ArrayView1<f64>, weights: &[u32]) -> (Self, Vec<Tail>) {
        let mut held: Vec<(f64, u32, usize)> = column
            .iter()
            .zip(weights)
            .enumerate()
            .map(|(row, (&value, &weight))| (value, weight, row))
            .collect();
        held.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let alike = || held.chunk_by(|a, b| a.0 == b.0);
        let weight =
            |alike: &[(f64, u32, usize)]| alike.iter().map(|&(_, weight, _)| u64::from(weight)).sum();
        let occurring: Vec<(f64, u64)> = alike().map(|alike| (alike[0].0, weight(alike))).collect();
        let at_most = occurring.iter().scan(0, |rows, &(_, weight)| {
            *rows += weight;
            Some(*rows)
        });
        let fitted = Column::new(Stored {
            at_most: at_most.collect(),
            longer: longer(&occurring),
            values: occurring.into_iter().map(|(value, _)| value).collect(),
        });
        let mut tails = vec![fitted.between(0, 0); held.len()];
        for (at, alike) in alike().enumerate() {
            let tail = fitted.between(at, at + 1);
            alike.iter().for_each(|&(_, _, row)| tails[row] = tail);
        }
        (fitted, tails)
    }

    fn tail(&self, value: f64) -> Tail {
        let is_below = |known: &f64| *known < value;
        let end = self.heads.partition_point(is_below) * SHELF;
        let shelf = end.saturating_sub(SHELF)..end.min(self.values.len());
        let below = shelf.start + self.values[shelf].partition_point(is_below);
        self.between(below, below + usize::from(self.values.get(below) == Some(&value)))
    }

    /// The tails of a value with so many known values below it, and so many below it or equal.
    fn between(&self, below: usize, up_to: usize) -> Tail {
        let rows = self.rows();
        Tail {
            left: surprise(self.first(up_to), rows),
            right: surprise(rows - self.first(below), rows),
            longer: self.longer,
        }
    }

    /// How many training rows hold one of the first so many values.
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
        let sound = !values.is_empty()
            && values.len() == at_most.len()
            && values.is_sorted_by(|a, b| a < b)
            && at_most[0] > 0
            && at_most.is_sorted_by(|a, b| a < b);
        if sound { Ok(Column::new(stored)) } else { Err("a column that is no distribution") }
    }
}

/// −ln of a share of the training rows. Beyond them all the share would be 0 and the score infinite; such a row is
/// given 1 / (n + 1), what it would have as one more row: more surprising than any training row, and no more than
/// n rows can tell.
fn surprise(count: u64, rows: u64) -> f64 {
    match count {
        0 => (rows as f64).ln_1p(),
        _ => (rows as f64 / count as f64).ln(),
    }
}

/// Which tail is longer, of ascending values and how often each occurs. A third moment that is rounding noise is 0:
/// otherwise noise would choose the tail of a symmetric column.
fn longer(held: &[(f64, u64)]) -> Longer {
    const NOISE: f64 = 1e-9;
    let Some(span) = Span::of(held) else { return Longer::Neither };
    let mean = span.sum(held, |place| place) / span.rows;
    let cubes = span.sum(held, |place| (place - mean).powi(3));
    let sizes = span.sum(held, |place| (place - mean).abs().powi(3));
    match cubes / sizes {
        skew if skew < -NOISE => Longer::Left,
        skew if skew > NOISE => Longer::Right,
        _ => Longer::Neither,
    }
}

/// The range of a column, to which values are put in proportion so that no cube overflows.
struct Span {
    low: f64,
    width: f64,
    rows: f64,
}

impl Span {
    /// None of a constant column.
    fn of(held: &[(f64, u64)]) -> Option<Self> {
        // Halved, because the difference of two values may overflow.
        let (low, high) = (held.first()?.0 / 2.0, held.last()?.0 / 2.0);
        let rows = held.iter().map(|&(_, weight)| weight as f64).sum();
        (low < high).then_some(Span { low, width: high - low, rows })
    }

    /// A sum over the rows of a function of their places between 0 and 1.
    fn sum(&self, held: &[(f64, u64)], of: impl Fn(f64) -> f64) -> f64 {
        held.iter().map(|&(value, weight)| weight as f64 * of((value / 2.0 - self.low) / self.width)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::{Entry, Settings, copod, ecod};
    use crate::seed::Seed;
    use ndarray::{Array2, Axis, array, concatenate};
    use serde_json::{Value, json};

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
    fn a_training_row_scores_as_if_it_came_anew() {
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
    fn beyond_the_training_rows_is_more_surprising_than_any_of_them_and_finite() {
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
        let folded = column(&[1.0, 4.0], &[3, 2]);
        let unfolded = column(&[4.0, 1.0, 1.0, 4.0, 1.0], &[1; 5]);
        assert_eq!((folded.values, folded.at_most), (unfolded.values, unfolded.at_most));
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

    fn scores(entry: &Entry, points: Array2<f64>) -> Array1<f64> {
        let detector = (entry.build)(&Settings::new(0), &Value::Null).unwrap();
        detector.fit(&WeightedRows::unweighted(points), Seed::new(1)).unwrap().train_scores
    }

    #[test]
    fn a_constant_column_leaves_every_score_as_it_is() {
        let points = Array2::from_shape_fn((40, 2), |(i, j)| ((i * (7 + j)) % 41) as f64);
        let constant = Array2::from_elem((40, 1), 0.1);
        for entry in [&ecod::ENTRY, &copod::ENTRY] {
            let with = concatenate![Axis(1), constant, points, constant];
            assert_eq!(scores(entry, with), scores(entry, points.clone()), "{}", entry.id);
        }
    }

    #[test]
    fn a_column_of_flags_adds_the_same_to_all_rows_that_share_it() {
        let points = Array2::from_shape_fn((40, 2), |(i, j)| ((i * (7 + j)) % 41) as f64);
        for (entry, every) in [(&ecod::ENTRY, 2), (&ecod::ENTRY, 10), (&copod::ENTRY, 2), (&copod::ENTRY, 10)]
        {
            let flag = Array2::from_shape_fn((40, 1), |(i, _)| f64::from(u8::from(i % every == 0)));
            let added = scores(entry, concatenate![Axis(1), points, flag]) - scores(entry, points.clone());
            for (i, added_here) in added.iter().enumerate() {
                let like = usize::from(i % every != 0);
                assert!((added_here - added[like]).abs() < 1e-12, "{} row {i}: {added}", entry.id);
            }
            let rarer = added[0] > added[1] - 1e-12;
            assert!(rarer && added.iter().all(|x| x.is_finite()), "{} every {every}: {added}", entry.id);
        }
    }

    #[test]
    fn what_is_no_distribution_is_refused() {
        let good = json!({"values": [1.0, 2.0], "at_most": [1, 3], "longer": "left"});
        let of =
            |columns: Value| (ecod::ENTRY.load)(&json!({"formula": "pyod", "tails": columns}).to_string());
        assert!(of(json!([good])).is_ok());
        for (values, at_most) in [
            (json!([2.0, 1.0]), json!([1, 3])),
            (json!([1.0, 2.0]), json!([3, 3])),
            (json!([]), json!([])),
            (json!([1.0]), json!([0])),
            (json!([1.0, 2.0]), json!([1])),
            (json!([1.0]), json!([9])),
        ] {
            let bad = json!({"values": values, "at_most": at_most, "longer": "left"});
            assert!(of(json!([good, bad])).is_err(), "{bad}");
        }
    }
}
