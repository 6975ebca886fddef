//! Principal components: the distance of a row along the axes of the columns' correlation, in units of the
//! variance along each axis.
//!
//! Shyu, Chen, Sarinnapakorn & Chang, "A Novel Anomaly Detection Scheme Based on Principal Component
//! Classifier", IEEE Foundations and New Directions of Data Mining Workshop (ICDM) 2003.
//!
//! A row with components y on axes of variance λ scores Σ y²/λ. Over all axes, the default, this is the
//! squared Mahalanobis distance. The paper's classifier uses two sets of axes: the major axes, which together
//! explain half of the variance, and the minor axes, whose variance is below 0.2 of a column's. The paper has
//! a threshold for each set; `axes` = "major-minor" sums both. The paper's trimming of rows before the fit is
//! left out.
//!
//! PyOD's detector of this name scores the distance of a row, taken as a point, to the unit vectors of the
//! axes. That depends on the arbitrary sign of each axis, so this file follows the paper. On twelve public
//! tables the mean AUC in sample is 0.885, against 0.872 for PyOD. Single tables differ in both directions:
//! Ionosphere 0.922 and 0.784, vowels 0.912 and 0.610, but pendigits 0.763 and 0.936.

use crate::detector::cost::CostEstimate;
use crate::detector::entry::{Entry, Family, Settings};
use crate::detector::json::{loaded, parameters, state};
use crate::detector::linalg::{eigenvectors, second_moments, weighted_mean};
use crate::detector::traits::{Detector, Fitted, FittedDetector, each_row};
use crate::error::{Error, Result};
use crate::rows::WeightedRows;
use crate::seed::Seed;
use linfa_linalg::eigh::EigSort;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

const ID: &str = "pca";

pub(in crate::detector) const ENTRY: Entry = Entry {
    id: ID,
    title: "Principal Components",
    summary: "Distance along the axes of correlation, in units of their variance (Shyu et al. 2003)",
    kind: Family::Linear,
    cost: "fit O(n · d² + d³), score O(d²) a row",
    good_at: "rows that break a linear relation between columns; one elongated cloud",
    bad_at: "several clusters, nonlinear relations, so many anomalies that they turn the axes",
    seeded: false,
    parameters: &[(
        "axes",
        "\"all\"; \"major-minor\": axes that explain half of the variance, and axes below 0.2 of a column's",
    )],
    defaults: || json!(Parameters::default()),
    build: |_: &Settings, values: &Value| Ok(Box::new(parameters::<Parameters>(ID, values)?)),
    estimate: |_, task| {
        let (fitted, scored, d) = (task.fitted as f64, task.scored as f64, task.columns as f64);
        CostEstimate {
            seconds: (fitted + scored) * d * (d + 20.0) * 1e-9 + d.powi(3) * 1e-8,
            bytes: 8.0 * d * (3.0 * d + 4096.0),
        }
    },
    load: |text| Ok(Arc::new(loaded::<Components>(ID, text)?.checked()?)),
};

/// Principal components: weighted distance along the axes of the rows (Shyu et al., 2003).
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// The axes that count.
    pub axes: Selection,
}

/// The axes that count.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    #[default]
    /// All axes, each weighted by its inverse variance.
    All,
    /// The axes of most and of least variance.
    MajorMinor,
}

/// The fitted detector.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Components {
    columns: Vec<Column>,
    axes: Vec<Direction>,
}

/// How a column is standardized.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Column {
    mean: f64,
    /// The standard deviation; 0 for a constant column, which does not count.
    deviation: f64,
}

/// A principal axis with its variance.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Direction {
    /// The variance of standardized rows along the axis. Over all axes it sums to the number of columns that
    /// vary.
    variance: f64,
    /// One per column; together of unit length.
    loadings: Vec<f64>,
}

impl Detector for Parameters {
    fn fit(&self, train: &WeightedRows, _seed: Seed) -> Result<Fitted> {
        if train.is_empty() {
            return Err(Error::Request(format!("{ID}: there is no row to fit on")));
        }
        let columns: Vec<Column> =
            train.points.columns().into_iter().map(|column| Column::fit(column, train)).collect();
        let mut axes = axes(correlation(&columns, train))?;
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
    /// # Errors
    /// If the axes of a loaded model do not fit its columns.
    fn checked(self) -> Result<Self> {
        let columns_valid = self.columns.iter().all(|column| column.deviation >= 0.0);
        let is_valid = |axis: &Direction| {
            axis.variance > NO_VARIANCE
                && axis.loadings.len() == self.columns.len()
                && axis.loadings.iter().all(|loading| loading.abs() <= 1.0 + NO_VARIANCE)
        };
        match columns_valid && self.axes.iter().all(is_valid) {
            true => Ok(self),
            false => Err(Error::Request(format!("{ID}: the axes of this model do not fit its columns"))),
        }
    }
}

/// An axis with less variance than this has none. Dependent columns, such as the levels of one category,
/// leave 1e-16 to 1e-14, which is rounding.
const NO_VARIANCE: f64 = 1e-9;

/// With larger values the variance of many rows overflows.
const LARGEST: f64 = 1e140;

#[expect(clippy::manual_clamp, reason = "clamp would let NaN through; max takes the number")]
fn in_range(value: f64) -> f64 {
    value.max(-LARGEST).min(LARGEST)
}

impl Column {
    fn fit(column: ArrayView1<f64>, train: &WeightedRows) -> Self {
        let values = || column.iter().map(|&value| in_range(value));
        let mean = weighted_mean(values(), &train.weights);
        // Compare values, not the variance: rounding can move the mean of equal values.
        let constant = column.iter().all(|value| *value == column[0]);
        let variance = weighted_mean(values().map(|value| (value - mean) * (value - mean)), &train.weights);
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
    /// The squared component of a standardized row along this axis, in units of the variance.
    fn square(&self, row: &[f64]) -> f64 {
        let component: f64 = self.loadings.iter().zip(row).map(|(loading, value)| loading * value).sum();
        component * component / self.variance
    }
}

fn standardised(columns: &[Column], row: ArrayView1<f64>) -> Vec<f64> {
    columns.iter().zip(row).map(|(column, &value)| column.standardised(value)).collect()
}

/// The correlations of the columns over the expanded rows.
fn correlation(columns: &[Column], train: &WeightedRows) -> Array2<f64> {
    second_moments(train, |column, value| columns[column].standardised(value))
}

/// The axes along which rows vary, by descending variance.
fn axes(correlation: Array2<f64>) -> Result<Vec<Direction>> {
    let (variances, loadings) = eigenvectors(correlation)
        .map_err(|e| Error::Request(format!("{ID}: the axes could not be computed: {e}")))?
        .sort_eig_desc();
    let axes = variances.into_iter().zip(loadings.columns());
    let varying = axes.filter(|(variance, _)| *variance > NO_VARIANCE);
    Ok(varying.map(|(variance, axis)| Direction { variance, loadings: axis.to_vec() }).collect())
}

/// The major axes, which together explain half of the variance, and the minor axes, of small variance (Shyu
/// et al., section 4).
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
    use ndarray::{Axis, array, concatenate};
    use rand::Rng;

    fn fit(parameters: Value, rows: &WeightedRows) -> Fitted {
        let detector = (ENTRY.build)(&Settings::new(0), &parameters).unwrap();
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
    fn the_mean_score_is_the_number_of_axes() {
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
        let weighted = WeightedRows { points: points.clone(), weights: [vec![5], vec![1; 19]].concat() };
        let expanded =
            WeightedRows::unweighted(points.select(Axis(0), &[vec![0; 4], (0..20).collect()].concat()));
        for axes in ["all", "major-minor"] {
            let of = |rows| fit(json!({"axes": axes}), rows).model.score(points.view());
            assert_close(&of(&weighted), &of(&expanded), axes);
        }
    }

    #[test]
    fn negating_or_scaling_a_column_changes_nothing() {
        let points = random(50, 4, 2);
        let changed = &points * &array![-1.0, 1e6, -1e-6, 1.0] + &array![0.0, 1e6, 0.0, 7.0];
        for axes in ["all", "major-minor"] {
            let of = |points| fit(json!({"axes": axes}), &WeightedRows::unweighted(points)).train_scores;
            assert_close(&of(changed.clone()), &of(points.clone()), axes);
        }
    }

    #[test]
    fn a_constant_or_dependent_column_changes_nothing() {
        let points = random(50, 3, 3);
        let follows = (&points.column(0) - &points.column(2)).insert_axis(Axis(1));
        let constant = Array2::from_elem((50, 1), 0.1);
        let more = concatenate![Axis(1), points, follows, constant];
        let of = |points| fit(Value::Null, &WeightedRows::unweighted(points)).train_scores;
        assert_close(&of(more), &of(points), "more columns");
    }

    #[test]
    fn axes_between_major_and_minor_are_left_out() {
        let axis = |variance| Direction { variance, loadings: Vec::new() };
        let axes = major_and_minor([2.0, 1.0, 0.9, 0.15, 0.05].map(axis).into());
        let variances: Vec<f64> = axes.iter().map(|axis| axis.variance).collect();
        assert_eq!(variances, [2.0, 1.0, 0.15, 0.05]);
    }

    #[test]
    fn the_largest_values_give_finite_scores() {
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
