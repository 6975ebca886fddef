//! Distance to the nearest neighbors: the largest of the k distances (Ramaswamy, Rastogi & Shim, "Efficient
//! Algorithms for Mining Outliers from Large Data Sets", SIGMOD 2000), or their mean (Angiulli & Pizzuti,
//! "Fast Outlier Detection in High Dimensional Spaces", PKDD 2002).
//!
//! A training row is not its own neighbor. A new row may have any training row as a neighbor, an equal one
//! included.
//!
//! How to count copies was decided by a measurement: AUC in sample, k = 5, largest, standardized. PyOD holds
//! each copy as a row and so counts all of them. Seven of twelve public tables have copies:
//!
//! | table | rows / distinct | `distinct` | `copies` |
//! |---|---|---|---|
//! | http | 567,498 / 221,900 | 0.994 | 0.231 |
//! | vowels | 1,456 / 1,452 | 0.976 | 0.975 |
//! | Ionosphere | 351 / 350 | 0.927 | 0.927 |
//! | breastw | 683 / 449 | 0.977 | 0.977 |
//! | thyroid | 3,772 / 3,656 | 0.960 | 0.960 |
//! | cardio | 1,831 / 1,822 | 0.713 | 0.713 |
//! | mammography | 11,183 / 7,848 | 0.825 | 0.839 |
//!
//! `distinct` is the default. Repeated anomalies, such as those of an attack, are at distance 0 from their
//! copies: if copies count, they score lowest.

use crate::detector::cost::CostEstimate;
use crate::detector::entry::{Entry, Family, Settings};
use crate::detector::json::{loaded, parameters, state};
use crate::detector::kd_tree::{self, Near, Neighbors};
use crate::detector::traits::{Detector, Fitted, FittedDetector};
use crate::error::{Error, Result};
use crate::rows::WeightedRows;
use crate::seed::Seed;
use ndarray::{Array1, Array2, ArrayView2};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::ops::RangeInclusive;
use std::sync::Arc;

const ID: &str = "knn";

pub(in crate::detector) const ENTRY: Entry = Entry {
    id: ID,
    title: "k Nearest Neighbors",
    summary: "Distance to the k-th nearest row, or the mean of k (Ramaswamy et al. 2000)",
    kind: Family::Neighbors,
    cost: "fit about O(n log n) with few columns, O(n²) with many; score: one neighbor search per row",
    good_at: "rows far from all others, whatever the shape of the rest",
    bad_at: "groups of more than k similar anomalies, clusters of different density, many columns",
    seeded: false,
    parameters: &[
        ("k", "number of neighbors, 1 to 10000; at most the number of rows minus one"),
        ("method", "\"largest\": the distance to the k-th neighbor; \"mean\": the mean of the k distances"),
        ("duplicates", "\"distinct\": copies of a row count once among the k; \"copies\": each copy counts"),
    ],
    defaults: || json!(Parameters::default()),
    build,
    estimate: |parameters, task| {
        let search = kd_tree::estimate(task, parameters["k"].as_f64().unwrap_or(0.0));
        CostEstimate { bytes: search.bytes + 8.0 * task.fitted as f64 * task.columns as f64, ..search }
    },
    load: |text| Ok(Arc::new(loaded::<FittedKnn>(ID, text)?)),
};

/// k nearest neighbors: the distance to the k-th of them (Ramaswamy, Rastogi & Shim, SIGMOD 2000).
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// Number of neighbors, 1 to 10,000; at most the number of rows minus one.
    pub k: usize,
    /// How the k distances become a score.
    pub method: Method,
    /// How copies of a row count among the k.
    pub duplicates: Duplicates,
}

/// How the k distances become a score.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The distance to the k-th neighbor.
    Largest,
    /// The mean distance to the k neighbors.
    Mean,
}

/// How copies of a row count among the k.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duplicates {
    /// k distinct rows, all different from the training row itself.
    Distinct,
    /// k rows; each copy counts. A row with more than k copies scores 0.
    Copies,
}

/// The valid numbers of neighbors.
const K: RangeInclusive<usize> = 1..=10_000;

impl Default for Parameters {
    fn default() -> Self {
        Parameters { k: 5, method: Method::Largest, duplicates: Duplicates::Distinct }
    }
}

fn build(_: &Settings, overrides: &Value) -> Result<Box<dyn Detector>> {
    let parameters: Parameters = parameters(ID, overrides)?;
    if !K.contains(&parameters.k) {
        let value = parameters.k.to_string();
        return Err(Error::Parameter { detector: ID, field: "k", value, expected: "between 1 and 10000" });
    }
    Ok(Box::new(parameters))
}

/// The fitted detector: the training rows and their index.
#[derive(Debug, Deserialize)]
#[serde(try_from = "State")]
struct FittedKnn {
    parameters: Parameters,
    train: WeightedRows,
    neighbors: Neighbors,
}

/// The content of a model file. The index is not saved; it is rebuilt.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct State {
    parameters: Parameters,
    features: usize,
    /// Row by row.
    points: Vec<f64>,
    weights: Vec<u32>,
}

impl Detector for Parameters {
    /// A single row has no neighbors and scores 0.
    ///
    /// # Errors
    /// If there are no rows.
    fn fit(&self, train: &WeightedRows, _seed: Seed) -> Result<Fitted> {
        if train.is_empty() {
            return Err(Error::Request(format!("{ID}: there is no row to fit on")));
        }
        let rows = match self.duplicates {
            Duplicates::Distinct => train.len() as u64,
            Duplicates::Copies => train.total(),
        };
        let k = (self.k as u64).min(rows - 1).max(1) as usize;
        let model = FittedKnn::new(Parameters { k, ..*self }, train.clone());
        let train_scores = model.train_scores();
        Ok(Fitted::new(model, train_scores))
    }
}

impl FittedDetector for FittedKnn {
    fn columns(&self) -> usize {
        self.train.points.ncols()
    }

    fn score(&self, rows: ArrayView2<f64>) -> Array1<f64> {
        self.neighbors.map_rows(rows, self.parameters.k, |near| self.distance(near, None)).into()
    }

    fn to_json(&self) -> String {
        state(&State {
            parameters: self.parameters,
            features: self.train.points.ncols(),
            points: self.train.points.iter().copied().collect(),
            weights: self.train.weights.clone(),
        })
    }
}

impl FittedKnn {
    fn new(parameters: Parameters, train: WeightedRows) -> Self {
        let neighbors = Neighbors::new(train.points.view());
        FittedKnn { parameters, train, neighbors }
    }

    /// The score of each training row among the others.
    fn train_scores(&self) -> Array1<f64> {
        let push = |run: &mut Vec<(usize, f64)>, row, near: Near| {
            run.push((row, self.distance(near, Some(row))));
        };
        let runs = self.neighbors.fold_points(self.parameters.k + 1, push);
        let mut scores = Array1::zeros(self.train.len());
        for (row, score) in runs.into_iter().flatten() {
            scores[row] = score;
        }
        scores
    }

    /// The score of a row, from the training rows near it. If the row is a training row, `own` is its index:
    /// it is not its own neighbor.
    fn distance(&self, near: Near, own: Option<usize>) -> f64 {
        let k = self.parameters.k;
        let (mut counted, mut sum, mut farthest) = (0, 0.0, 0.0);
        for neighbor in near.iter() {
            let copies = self.copies(neighbor.index, own).min(k - counted);
            if copies > 0 {
                counted += copies;
                sum += copies as f64 * neighbor.distance;
                farthest = neighbor.distance;
            }
        }
        without_noise(match self.parameters.method {
            Method::Largest => farthest,
            Method::Mean => sum / counted.max(1) as f64,
        })
    }

    /// The number of neighbors that a training row counts as.
    fn copies(&self, index: usize, own: Option<usize>) -> usize {
        let itself = usize::from(own == Some(index));
        match self.parameters.duplicates {
            Duplicates::Distinct => 1 - itself,
            Duplicates::Copies => self.train.weights[index] as usize - itself,
        }
    }
}

/// A distance rounded to 1 in 10^10. Scaling leaves noise in the last bits of equal distances, for example of
/// rows on a grid. This noise would order ties at random (5e-5 of AUC on shuttle, in PyOD too).
fn without_noise(distance: f64) -> f64 {
    const NOISE: u64 = (1 << 20) - 1;
    f64::from_bits((distance.to_bits() + NOISE / 2 + 1) & !NOISE)
}

impl TryFrom<State> for FittedKnn {
    type Error = String;

    fn try_from(state: State) -> Result<Self, String> {
        let State { parameters, features, points, weights } = state;
        if !K.contains(&parameters.k) || features == 0 || weights.is_empty() || weights.contains(&0) {
            return Err("k, the features, the rows and their weights must be above 0".to_owned());
        }
        let points =
            Array2::from_shape_vec((weights.len(), features), points).map_err(|e| format!("points: {e}"))?;
        Ok(FittedKnn::new(parameters, WeightedRows { points, weights }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Axis, array};
    use rand::Rng;

    fn fit(parameters: Value, rows: &WeightedRows) -> Fitted {
        build(&Settings::new(0), &parameters).unwrap().fit(rows, Seed::new(1)).unwrap()
    }

    /// Distinct rows of a small grid, each with one to four copies.
    fn grid(seed: u64) -> WeightedRows {
        let mut rng = Seed::new(seed).rng();
        let mut points: Vec<[f64; 2]> = (0..36).map(|at| [f64::from(at / 6), f64::from(at % 6)]).collect();
        points.retain(|_| rng.gen_bool(0.6));
        let weights = points.iter().map(|_| rng.gen_range(1..5)).collect();
        WeightedRows { points: points.into(), weights }
    }

    /// The k smallest distances from one expanded row to the others. If `distinct`, equal rows count once.
    fn by_definition(rows: &Array2<f64>, i: usize, k: usize, distinct: bool) -> Vec<f64> {
        let mut seen = vec![rows.row(i)];
        let mut distances = Vec::new();
        for j in (0..rows.nrows()).filter(|&j| j != i) {
            if !distinct || !seen.contains(&rows.row(j)) {
                seen.push(rows.row(j));
                let difference = &rows.row(i) - &rows.row(j);
                distances.push(difference.dot(&difference).sqrt());
            }
        }
        distances.sort_by(f64::total_cmp);
        distances.truncate(k);
        distances
    }

    #[test]
    fn distinct_rows_score_as_their_copies_do_by_definition() {
        for (seed, k) in [1, 2, 5, 20, 1000].into_iter().enumerate() {
            let train = grid(seed as u64);
            let origin: Vec<usize> =
                (0..train.len()).flat_map(|i| vec![i; train.weights[i] as usize]).collect();
            let rows = train.points.select(Axis(0), &origin);
            for duplicates in ["copies", "distinct"] {
                let scores = |method: &str| {
                    fit(json!({"k": k, "method": method, "duplicates": duplicates}), &train).train_scores
                };
                let (largest, mean) = (scores("largest"), scores("mean"));
                for (expanded, &distinct) in origin.iter().enumerate() {
                    let expected = by_definition(&rows, expanded, k, duplicates == "distinct");
                    let farthest = expected[expected.len() - 1];
                    let average = expected.iter().sum::<f64>() / expected.len() as f64;
                    let error = (mean[distinct] - average).abs().max((largest[distinct] - farthest).abs());
                    assert!(error < 1e-9, "{duplicates}, k {k}: off by {error:e}");
                }
            }
        }
    }

    #[test]
    fn an_equal_training_row_is_a_neighbor_of_a_new_row() {
        let train = WeightedRows::unweighted(array![[0.0], [1.0], [3.0]]);
        let scores = fit(json!({"k": 1}), &train).model.score(array![[1.0], [2.5]].view());
        assert_eq!(scores, array![0.0, 0.5]);
    }

    #[test]
    fn distances_that_differ_by_rounding_give_equal_scores() {
        for step in [0.1, 1.0 / 3.0, 0.7, 1e-6] {
            let points = Array2::from_shape_fn((50, 1), |(i, _)| i as f64 * step);
            let scores = fit(json!({"k": 2}), &WeightedRows::unweighted(points)).train_scores;
            assert!(scores.iter().skip(1).take(48).all(|score| *score == scores[1]), "{scores}");
        }
    }

    #[test]
    fn a_single_training_row_scores_0() {
        let train = WeightedRows { points: array![[3.0, 4.0]], weights: vec![1] };
        for duplicates in ["copies", "distinct"] {
            let fitted = fit(json!({"duplicates": duplicates, "method": "mean"}), &train);
            assert_eq!(fitted.train_scores, array![0.0]);
            assert_eq!(fitted.model.score(array![[0.0, 0.0]].view()), array![5.0]);
        }
    }

    #[test]
    fn zero_neighbors_are_refused() {
        let error = build(&Settings::new(0), &json!({"k": 0})).unwrap_err();
        assert_eq!(error.to_string(), "knn: `k` must be between 1 and 10000, but is 0");
    }

    #[test]
    fn a_model_that_contradicts_itself_is_refused() {
        let parameters = Parameters::default();
        for (k, features, weights) in
            [(1, 1, json!([0, 1])), (1, 2, json!([1, 1])), (1, 0, json!([])), (99_999, 1, json!([1, 1]))]
        {
            let parameters = Parameters { k, ..parameters };
            let model = json!({"parameters": parameters, "features": features, "points": [1.0, 2.0],
                "weights": weights});
            assert!((ENTRY.load)(&model.to_string()).is_err(), "{model}");
        }
    }
}
