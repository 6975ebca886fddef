//! Minimum covariance determinant (MCD): the Mahalanobis distance from the h rows that lie closest together.
//! Outliers do not take part in the estimate.
//!
//! Rousseeuw & Van Driessen, "A fast algorithm for the minimum covariance determinant estimator",
//! Technometrics 1999.
//!
//! 1. `search` looks for the h = (n + d + 1) / 2 rows whose covariance has the smallest determinant, from 500
//!    random starts.
//! 2. A consistency factor corrects this covariance for the normal distribution.
//! 3. Rows with a squared distance below the 0.975 quantile of the chi-square distribution give the final
//!    location and covariance, corrected by a second factor.
//!
//! The score of a row is its squared distance from the final location.
//!
//! Both consistency factors are those of Croux & Haesbroeck 1999, as in scikit-learn's `MinCovDet`, on which
//! PyOD's `MCD` is based. The search follows the paper where scikit-learn departs from it: starts of d + 1
//! rows instead of h, 500 starts for small tables too, and at most 1,500 rows in the nested samples.
//!
//! Real tables have flags, levels and counts that are mostly 0, so covariances can be singular. A column that
//! is constant or a linear combination of others (the last level of a category) is left out. If the h rows do
//! not vary in a direction in which other rows do, such as a rare flag, the variance of all rows measures
//! that direction. So a row with a rare flag is far, but not infinitely far. (scikit-learn's pseudo-inverse
//! gives such rows no distance at all.)

mod chi_square;
mod column_range;
mod location_scatter;
mod robust_scaling;
mod search;

use crate::detector::cost::CostEstimate;
use crate::detector::entry::{Entry, Family, Settings};
use crate::detector::json::{loaded, parameters, state};
use crate::detector::linalg::mean_and_covariance;
use crate::detector::traits::{Detector, Fitted, FittedDetector};
use crate::error::{Error, Result};
use crate::rows::WeightedRows;
use crate::seed::Seed;
use chi_square::{consistency_factor, quantile};
use location_scatter::{LANES, LocationScatter, squared_distances};
use ndarray::{Array1, ArrayView2, Axis};
use rayon::prelude::*;
use robust_scaling::RobustScaling;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

const ID: &str = "mcd";

pub(in crate::detector) const ENTRY: Entry = Entry {
    id: ID,
    title: "Minimum Covariance Determinant",
    summary: "Mahalanobis distance from the closest half of the rows (Rousseeuw & Van Driessen 1999)",
    kind: Family::Linear,
    cost: "fit O(n · d²) a step, a few dozen steps; score O(d²) a row",
    good_at: "one cloud of correlated measurements; unusual combinations of values; up to 40 % anomalies",
    bad_at: "several clusters, mostly constant columns, more columns than a fifth of the rows",
    seeded: true,
    parameters: &[
        ("starts", "number of random starts of the search, 1 to 100000"),
        ("support", "share of rows to fit the covariance on, 0.5 to 1; null for (n + d + 1) / 2n"),
    ],
    defaults: || json!(Parameters::default()),
    build,
    // Nested samples bound the search; only the last steps use every row.
    estimate: |_, task| {
        let (n, d) = (task.fitted as f64, task.columns as f64);
        let distances = n.min(1_500.0) * 1_000.0 + 100.0 * n + task.scored as f64;
        let decompositions = 1_000.0 * d.powi(3);
        CostEstimate {
            seconds: distances * (d * d + 80.0) * 1.1e-10 + decompositions * 1e-9,
            bytes: 8.0 * n * d + 8.0 * n,
        }
    },
    load: |text| Ok(Arc::new(loaded::<Ellipsoid>(ID, text)?.checked()?)),
};

/// Minimum covariance determinant: robust Mahalanobis distance (Rousseeuw & Van Driessen, Technometrics 1999).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// The number of random starts, at least 1.
    pub starts: usize,
    /// The share of rows of the best subset, in [0.5, 1].
    pub support: Option<f64>,
}

impl Default for Parameters {
    fn default() -> Self {
        Parameters { starts: 500, support: None }
    }
}

fn build(_: &Settings, values: &Value) -> Result<Box<dyn Detector>> {
    let parameters: Parameters = parameters(ID, values)?;
    let wrong = |field, value: String, expected| Error::Parameter { detector: ID, field, value, expected };
    match parameters {
        Parameters { starts, .. } if !(1..=100_000).contains(&starts) => {
            Err(wrong("starts", starts.to_string(), "between 1 and 100000"))
        }
        Parameters { support: Some(support), .. } if !(0.5..=1.0).contains(&support) => {
            Err(wrong("support", support.to_string(), "between 0.5 and 1, or null"))
        }
        _ => Ok(Box::new(parameters)),
    }
}

impl Detector for Parameters {
    fn fit(&self, train: &WeightedRows, seed: Seed) -> Result<Fitted> {
        let scaling = RobustScaling::of(train);
        if !scaling.is_finite() {
            return Err(too_far_apart());
        }
        let rows = scaling.apply(train);
        let (columns, location, whitening) = scaling.invert(&self.estimate(&rows, seed));
        let model = Ellipsoid { features: train.points.ncols(), columns, location, whitening };
        if !model.is_finite() {
            return Err(too_far_apart());
        }
        let train_scores = model.score(train.points.view());
        Ok(Fitted::new(model, train_scores))
    }
}

fn too_far_apart() -> Error {
    Error::Request(format!("{ID}: the values are too far apart: their covariance is not finite"))
}

impl Parameters {
    /// The reweighted estimate of location and scatter.
    fn estimate(&self, rows: &WeightedRows, seed: Seed) -> LocationScatter {
        match rows.points.ncols() {
            // All rows are equal.
            0 => {
                LocationScatter { location: Vec::new(), whitening: Vec::new(), rank: 0, log_determinant: 0.0 }
            }
            width => {
                let support = self.support(rows.total(), width);
                reweighted(rows, &search::smallest(rows, support, self.starts, seed), support)
            }
        }
    }

    /// h: the number of rows of the best subset.
    fn support(&self, rows: u64, width: usize) -> u64 {
        match self.support {
            Some(share) => ((share * rows as f64) as u64).max(1),
            None => (rows + width as u64 + 1).div_ceil(2).min(rows),
        }
    }
}

/// The one-step reweighted estimate (section 4, step 5): the location and scatter of the rows whose distance
/// by the raw estimate is below the 0.975 quantile.
fn reweighted(rows: &WeightedRows, raw: &LocationScatter, support: u64) -> LocationScatter {
    const NORMAL: f64 = 0.975;
    let width = rows.points.ncols();
    let share = support as f64 / rows.total() as f64;
    let limit = quantile(width, NORMAL) * consistency_factor(width, share);
    let distances = raw.distances(rows);
    let copies = |(&weight, distance): (&u32, &f64)| if *distance < limit { weight } else { 0 };
    let copies: Vec<u32> = rows.weights.iter().zip(&distances).map(copies).collect();
    let (_, overall) = mean_and_covariance(rows, &rows.weights);
    let mut estimate = LocationScatter::of(rows, &copies, &overall);
    let root = consistency_factor(width, NORMAL).sqrt();
    estimate.whitening.iter_mut().for_each(|weight| *weight /= root);
    estimate
}

/// A fitted location and covariance.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Ellipsoid {
    features: usize,
    /// The linearly independent columns in ascending order. The others do not count.
    columns: Vec<usize>,
    /// One value per column of `columns`.
    location: Vec<f64>,
    /// W of shape (axes, `columns`), axis by axis: the inverse of the covariance is Wᵀ·W.
    whitening: Vec<f64>,
}

impl FittedDetector for Ellipsoid {
    fn columns(&self) -> usize {
        self.features
    }

    fn score(&self, rows: ArrayView2<f64>) -> Array1<f64> {
        let mut scores = Array1::zeros(rows.nrows());
        let blocks = rows.axis_chunks_iter(Axis(0), LANES).into_par_iter();
        scores.axis_chunks_iter_mut(Axis(0), LANES).into_par_iter().zip(blocks).for_each(
            |(mut scores, rows)| {
                let value = |lane: usize, at: usize| rows[[lane.min(rows.nrows() - 1), self.columns[at]]];
                let distances = squared_distances(&self.location, &self.whitening, value);
                // An overflowing distance counts as the largest number.
                let finite = |distance: &f64| if distance.is_finite() { *distance } else { f64::MAX };
                scores.iter_mut().zip(&distances).for_each(|(score, distance)| *score = finite(distance));
            },
        );
        scores
    }

    fn to_json(&self) -> String {
        state(self)
    }
}

impl Ellipsoid {
    fn is_finite(&self) -> bool {
        self.location.iter().chain(&self.whitening).all(|value| value.is_finite())
    }

    /// # Errors
    /// If the parts of a loaded model contradict each other.
    fn checked(self) -> Result<Self> {
        let width = self.columns.len();
        let is_valid = self.columns.iter().all(|&column| column < self.features)
            && self.location.len() == width
            && self.whitening.len().is_multiple_of(width.max(1))
            && self.whitening.len() <= width * width
            && self.is_finite();
        match is_valid {
            true => Ok(self),
            false => Err(Error::Request(format!("{ID}: the parts of this model do not fit together"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};
    use rand::Rng;

    fn fitted(rows: &WeightedRows, parameters: &Value) -> Fitted {
        build(&Settings::new(0), parameters).unwrap().fit(rows, Seed::new(1)).unwrap()
    }

    /// Rows with two correlated columns. A sum of twelve uniform values is close to normal.
    fn cloud(rows: usize) -> Array2<f64> {
        let mut rng = Seed::new(2).rng();
        let mut normal = || (0..12).map(|_| rng.r#gen::<f64>()).sum::<f64>() - 6.0;
        let mut points = Array2::from_shape_simple_fn((rows, 3), &mut normal);
        for mut row in points.rows_mut() {
            row[1] = 0.8 * row[0] + 0.6 * row[1];
        }
        points
    }

    #[test]
    fn parameters_out_of_range_are_refused() {
        let text = |parameters: Value| build(&Settings::new(0), &parameters).unwrap_err().to_string();
        assert_eq!(text(json!({"starts": 0})), "mcd: `starts` must be between 1 and 100000, but is 0");
        assert_eq!(
            text(json!({"support": 0.4})),
            "mcd: `support` must be between 0.5 and 1, or null, but is 0.4"
        );
    }

    #[test]
    fn forty_percent_of_outliers_do_not_change_the_other_scores() {
        let clean = cloud(200);
        let mut dirty = clean.clone();
        dirty.slice_mut(ndarray::s![120.., ..]).mapv_inplace(|x| 1e6 + 1e-3 * x);
        let scores = fitted(&WeightedRows::unweighted(dirty), &Value::Null).train_scores;
        let highest = scores.iter().take(120).copied().fold(0.0, f64::max);
        assert!(highest < 40.0, "{highest}");
        assert!(scores.iter().skip(120).all(|&score| score > 1e9));
    }

    #[test]
    fn copies_count_as_often_as_they_occur() {
        let (points, often) = (cloud(90), |row: usize| 1 + (row % 3) as u32);
        let weights: Vec<u32> = (0..90).map(often).collect();
        let expanded: Vec<usize> =
            (0..90).flat_map(|row| std::iter::repeat_n(row, often(row) as usize)).collect();
        let expanded = WeightedRows::unweighted(points.select(Axis(0), &expanded));
        let weighted = fitted(&WeightedRows { points: points.clone(), weights }, &Value::Null);
        let expanded = fitted(&expanded, &Value::Null).model.score(points.view());
        for (weighted, expanded) in weighted.train_scores.iter().zip(&expanded) {
            assert!((weighted - expanded).abs() < 1e-9 * expanded, "{weighted} and {expanded}");
        }
    }

    #[test]
    fn linear_combinations_of_columns_change_nothing() {
        let points = cloud(150);
        let wide = Array2::from_shape_fn((150, 5), |(row, column)| match column {
            3 => 7.0,
            4 => points[[row, 0]] - 2.0 * points[[row, 1]],
            _ => points[[row, column]],
        });
        let of = |points: Array2<f64>| fitted(&WeightedRows::unweighted(points), &Value::Null).train_scores;
        for (narrow, wide) in of(points).iter().zip(&of(wide)) {
            assert!((narrow - wide).abs() < 1e-6 * narrow, "{narrow} and {wide}");
        }
    }

    #[test]
    fn a_rarer_flag_scores_higher() {
        let mut points = cloud(400);
        for row in 0..400 {
            points[[row, 1]] = f64::from(row % 20 == 0);
            points[[row, 2]] = f64::from(row % 100 == 1);
        }
        let scores = fitted(&WeightedRows::unweighted(points), &Value::Null).train_scores;
        let mean = |rows: &[usize]| rows.iter().map(|&row| scores[row]).sum::<f64>() / rows.len() as f64;
        let (none, rare) = (mean(&[2, 3, 4, 5, 6]), mean(&[0, 20, 40, 60, 80]));
        let rarer = mean(&[1, 101, 201, 301]);
        assert!(none < rare && rare < rarer && rarer < 1000.0, "{none}, {rare}, {rarer}");
    }

    #[test]
    fn a_model_whose_parts_do_not_fit_is_refused() {
        let model =
            fitted(&WeightedRows::unweighted(array![[0.0, 1.0], [1.0, 3.0], [2.0, 2.0]]), &Value::Null);
        let state: Value = serde_json::from_str(&model.model.to_json()).unwrap();
        for (part, wrong) in
            [("columns", json!([0, 9])), ("location", json!([1.0])), ("whitening", json!([1.0]))]
        {
            let mut broken = state.clone();
            broken[part] = wrong;
            assert!((ENTRY.load)(&broken.to_string()).is_err(), "{part}");
        }
    }

    #[test]
    fn values_whose_covariance_overflows_are_refused() {
        let rows = WeightedRows::unweighted(array![[1.7e308], [-1.7e308], [-1.6e308]]);
        let error = build(&Settings::new(0), &Value::Null).unwrap().fit(&rows, Seed::new(1)).unwrap_err();
        let problem = "the values are too far apart: their covariance is not finite";
        assert_eq!(error.to_string(), format!("mcd: {problem}"));
    }
}
