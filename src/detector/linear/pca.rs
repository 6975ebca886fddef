//! Principal components: how far a row lies along the axes of the columns' correlation, each in units of the
//! variance along it.
//!
//! Shyu, Chen, Sarinnapakorn & Chang, "A Novel Anomaly Detection Scheme Based on Principal Component Classifier", IEEE
//! Foundations and New Directions of Data Mining Workshop (ICDM) 2003.
//!
//! A row with components y on axes of variance λ scores the sum of y²/λ. Over all axes that is the square of the
//! Mahalanobis distance, and the default. The paper's classifier takes the major axes, which together explain half of
//! the variance, and the minor ones, whose variance is below 0.2 of a column's; it has a threshold for each, here both
//! are one sum (`axes` = "major-minor"). The paper's trimming of the rows before is left out.
//!
//! PyOD's detector of this name scores by the distance of a row, taken as a point, to the unit vectors of the axes,
//! which depends on the arbitrary sign of each axis; this file follows the paper. On twelve public tables the mean AUC
//! in sample is 0.885 and PyOD's 0.872, which is no verdict for every table: Ionosphere 0.922 and 0.784, vowels 0.912
//! and 0.610, but pendigits 0.763 and 0.936.

use crate::detector::{
    Detector, Entry, Fitted, FittedDetector, Forecast, Kind, Settings, each_row, loaded, parameters, state,
};
use crate::error::{Error, Result};
use crate::rows::WeightedRows;
use crate::seed::Seed;
use linfa_linalg::eigh::{EigSort, EighInto};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

const ID: &str = "pca";

pub(super) const ENTRY: Entry = Entry {
    id: ID,
    title: "Principal Components",
    summary: "Distance along the axes of correlation, in units of their variance (Shyu et al. 2003)",
    kind: Kind::Linear,
    cost: "fit O(n · d² + d³), score O(d²) a row",
    good_at: "rows that break a linear relation between columns; one elongated cloud",
    bad_at: "several clusters, bent relations, anomalies numerous enough to turn the axes",
    seeded: false,
    parameters: &[(
        "axes",
        "\"all\"; \"major-minor\": those that explain half of the variance and those below 0.2 of a column's",
    )],
    defaults: || json!(Parameters::default()),
    build: |_: &Settings, given: &Value| Ok(Box::new(parameters::<Parameters>(ID, given)?)),
    forecast: |_, task| {
        let (fitted, scored, d) = (task.fitted as f64, task.scored as f64, task.columns as f64);
        Forecast {
            seconds: (fitted + scored) * d * (d + 20.0) * 1e-9 + d.powi(3) * 1e-8,
            bytes: 8.0 * d * (3.0 * d + 4096.0),
        }
    },
    load: |text| Ok(Arc::new(loaded::<Components>(ID, text)?.checked()?)),
};

/// What can be chosen.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Parameters {
    axes: Selection,
}

/// Which axes count.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Selection {
    #[default]
    All,
    MajorMinor,
}

/// The fitted detector.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Components {
    columns: Vec<Column>,
    axes: Vec<Direction>,
}

/// How a column is standardised.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Column {
    mean: f64,
    /// The standard deviation; 0 of a constant column, which says nothing.
    deviation: f64,
}

/// A principal axis with a variance.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Direction {
    /// Of the standardised columns; of all axes together, as many as there are columns that vary.
    variance: f64,
    /// One a column; of unit length.
    loadings: Vec<f64>,
}

impl Detector for Parameters {
    fn fit(&self, train: &WeightedRows, _seed: Seed) -> Result<Fitted> {
        if train.is_empty() {
            return Err(Error::Request(format!("{ID}: there is no row to fit on")));
        }
        let columns: Vec<Column> =
            train.points.columns().into_iter().map(|column| Column::fit(column, train)).collect();
        let mut axes = axes(&correlation(&columns, train))?;
        if matches!(self.axes, Selection::MajorMinor) {
            axes = major_and_minor(axes);
        }
        let model = Components { columns, axes };
        let train_scores = model.score(train.points.view());
        Ok(Fitted::new(model, train_scores))
    }
}

impl FittedDetector for Components {
    fn columns(&self) -> usize {
        self.columns.len()
    }

    fn score(&self, rows: ArrayView2<f64>) -> Array1<f64> {
        each_row(rows, |row| {
            let row = standardised(&self.columns, row);
            self.axes.iter().fold(0.0, |score, axis| score + axis.square(&row))
        })
    }

    fn to_json(&self) -> String {
        state(self)
    }
}

impl Components {
    /// The same model where its axes are axes of its columns.
    fn checked(self) -> Result<Self> {
        let columns = self.columns.iter().all(|column| column.deviation >= 0.0);
        let sound = |axis: &Direction| {
            axis.variance > NO_VARIANCE
                && axis.loadings.len() == self.columns.len()
                && axis.loadings.iter().all(|loading| loading.abs() <= 1.0 + NO_VARIANCE)
        };
        match columns && self.axes.iter().all(sound) {
            true => Ok(self),
            false => Err(Error::Request(format!("{ID}: the axes of this model do not fit its columns"))),
        }
    }
}

/// An axis along which standardised rows vary less than this is one along which they do not vary: columns that
/// determine each other, as those of one category do, leave 1e-16 to 1e-14 there, which is rounding.
const NO_VARIANCE: f64 = 1e-9;

/// Beyond this the variance of many rows overflows.
const LARGEST: f64 = 1e140;

#[expect(clippy::manual_clamp, reason = "clamp would let NaN through; max takes the number")]
fn in_range(value: f64) -> f64 {
    value.max(-LARGEST).min(LARGEST)
}

impl Column {
    fn fit(column: ArrayView1<f64>, train: &WeightedRows) -> Self {
        let rows = train.total() as f64;
        let mean_of = |of: &dyn Fn(f64) -> f64| {
            let weighted = column.iter().zip(&train.weights);
            weighted.map(|(&value, &weight)| f64::from(weight) * of(in_range(value))).sum::<f64>() / rows
        };
        let mean = mean_of(&|value| value);
        // By comparison and not by variance: the mean of equal values may be off by a rounding.
        let constant = column.iter().all(|value| *value == column[0]);
        let variance = mean_of(&|value| (value - mean) * (value - mean));
        Column { mean, deviation: if constant { 0.0 } else { variance.sqrt() } }
    }

    fn standardised(&self, value: f64) -> f64 {
        match self.deviation {
            0.0 => 0.0,
            deviation => in_range((in_range(value) - self.mean) / deviation),
        }
    }
}

impl Direction {
    /// The square of a standardised row's component along this axis, in units of the variance there.
    fn square(&self, row: &[f64]) -> f64 {
        let component: f64 = self.loadings.iter().zip(row).map(|(loading, value)| loading * value).sum();
        component * component / self.variance
    }
}

fn standardised(columns: &[Column], row: ArrayView1<f64>) -> Vec<f64> {
    columns.iter().zip(row).map(|(column, &value)| column.standardised(value)).collect()
}

/// The correlations of the columns over the unfolded rows, a block of rows at a time, so that a large table is not
/// copied.
fn correlation(columns: &[Column], train: &WeightedRows) -> Array2<f64> {
    const BLOCK: usize = 4096;
    let mut sum = Array2::zeros((columns.len(), columns.len()));
    let blocks = train.points.axis_chunks_iter(Axis(0), BLOCK);
    for (block, weights) in blocks.zip(train.weights.chunks(BLOCK)) {
        let mut rows = block.to_owned();
        for (mut row, &weight) in rows.rows_mut().into_iter().zip(weights) {
            let root = f64::from(weight).sqrt();
            row.iter_mut().zip(columns).for_each(|(x, column)| *x = root * column.standardised(*x));
        }
        sum += &rows.t().dot(&rows);
    }
    sum / train.total() as f64
}

/// The axes along which rows vary, most first.
fn axes(correlation: &Array2<f64>) -> Result<Vec<Direction>> {
    let (variances, loadings) = correlation
        .to_owned()
        .eigh_into()
        .map_err(|e| Error::Request(format!("{ID}: no axes were found: {e}")))?
        .sort_eig_desc();
    let found = variances.into_iter().zip(loadings.columns());
    let varying = found.filter(|(variance, _)| *variance > NO_VARIANCE);
    Ok(varying.map(|(variance, axis)| Direction { variance, loadings: axis.to_vec() }).collect())
}

/// The axes that together explain half of the variance, and those of small variance (Shyu et al., section 4).
fn major_and_minor(axes: Vec<Direction>) -> Vec<Direction> {
    const MAJOR: f64 = 0.5;
    const MINOR: f64 = 0.2;
    let total: f64 = axes.iter().map(|axis| axis.variance).sum();
    let mut explained = 0.0;
    let counts = |axis: &Direction| {
        let major = explained < MAJOR * total;
        explained += axis.variance;
        major || axis.variance < MINOR
    };
    axes.into_iter().filter(counts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{array, concatenate};
    use rand::Rng;

    fn fit(given: Value, rows: &WeightedRows) -> Fitted {
        let detector = (ENTRY.build)(&Settings::new(0), &given).unwrap();
        detector.fit(rows, Seed::new(1)).unwrap()
    }

    fn random(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
        let mut rng = Seed::new(seed).rng();
        Array2::from_shape_simple_fn((rows, columns), || rng.gen_range(-1.0..1.0_f64).powi(3))
    }

    fn assert_close(ours: &Array1<f64>, theirs: &Array1<f64>, what: &str) {
        for (a, b) in ours.iter().zip(theirs) {
            assert!((a - b).abs() < 1e-6 * b.abs().max(1.0), "{what}: {a} and {b}");
        }
    }

    #[test]
    fn on_average_a_row_scores_the_number_of_axes() {
        for (width, rank) in [(1, 1), (2, 1), (3, 3), (6, 2), (20, 20), (40, 3), (130, 130), (200, 7)] {
            let points = random(3 * width + 5, rank, width as u64).dot(&random(rank, width, 9));
            let weights: Vec<u32> = (0..points.nrows()).map(|row| row as u32 % 4 + 1).collect();
            let rows = WeightedRows { points, weights };
            let scores = fit(Value::Null, &rows).train_scores;
            let sum: f64 = scores.iter().zip(&rows.weights).map(|(s, &weight)| s * f64::from(weight)).sum();
            let mean = sum / rows.total() as f64;
            assert!((mean - rank as f64).abs() < 1e-4, "{width} columns of rank {rank}: {mean}");
        }
    }

    #[test]
    fn copies_count_as_often_as_they_occur() {
        let points = random(20, 3, 1);
        let folded = WeightedRows { points: points.clone(), weights: [vec![5], vec![1; 19]].concat() };
        let unfolded =
            WeightedRows::unweighted(points.select(Axis(0), &[vec![0; 4], (0..20).collect()].concat()));
        for axes in ["all", "major-minor"] {
            let of = |rows| fit(json!({"axes": axes}), rows).model.score(points.view());
            assert_close(&of(&folded), &of(&unfolded), axes);
        }
    }

    #[test]
    fn turning_a_column_round_or_scaling_it_changes_nothing() {
        let points = random(50, 4, 2);
        let changed = &points * &array![-1.0, 1e6, -1e-6, 1.0] + &array![0.0, 1e6, 0.0, 7.0];
        for axes in ["all", "major-minor"] {
            let of = |points| fit(json!({"axes": axes}), &WeightedRows::unweighted(points)).train_scores;
            assert_close(&of(changed.clone()), &of(points.clone()), axes);
        }
    }

    #[test]
    fn a_column_that_is_constant_or_follows_from_others_changes_nothing() {
        let points = random(50, 3, 3);
        let follows = (&points.column(0) - &points.column(2)).insert_axis(Axis(1));
        let constant = Array2::from_elem((50, 1), 0.1);
        let more = concatenate![Axis(1), points, follows, constant];
        let of = |points| fit(Value::Null, &WeightedRows::unweighted(points)).train_scores;
        assert_close(&of(more), &of(points), "more columns");
    }

    #[test]
    fn major_and_minor_axes_leave_out_those_between() {
        let axis = |variance| Direction { variance, loadings: Vec::new() };
        let kept = major_and_minor([2.0, 1.0, 0.9, 0.15, 0.05].map(axis).into());
        let variances: Vec<f64> = kept.iter().map(|axis| axis.variance).collect();
        assert_eq!(variances, [2.0, 1.0, 0.15, 0.05]);
    }

    #[test]
    fn values_as_large_as_there_are_give_finite_scores() {
        let rows = WeightedRows::unweighted(array![[f64::MAX, 1.0], [-f64::MAX, 5e-324], [0.0, 2.0]]);
        let fitted = fit(Value::Null, &rows);
        let new = fitted.model.score(array![[f64::MAX, f64::MAX], [1.0, f64::MIN]].view());
        assert!(fitted.train_scores.iter().chain(&new).all(|score| score.is_finite()));
    }

    #[test]
    fn an_axis_without_variance_is_refused() {
        let model = json!({"columns": [{"mean": 0.0, "deviation": 1.0}],
            "axes": [{"variance": 0.0, "loadings": [1.0]}]});
        assert!((ENTRY.load)(&model.to_string()).is_err());
    }
}
