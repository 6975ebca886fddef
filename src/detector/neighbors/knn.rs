//! Distance to the nearest neighbours: the largest of the k distances (Ramaswamy, Rastogi & Shim, "Efficient
//! Algorithms for Mining Outliers from Large Data Sets", SIGMOD 2000), or their mean (Angiulli & Pizzuti, "Fast Outlier
//! Detection in High Dimensional Spaces", PKDD 2002).
//!
//! A training row is not its own neighbour; a new row has all training rows for neighbours, an equal one among them.
//!
//! How copies count was settled by measuring (AUC in sample, k = 5, largest, standardised). Counting them is what PyOD
//! does by holding each as a row. Of twelve public tables seven have copies:
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
//! `distinct` is the default: anomalies that repeat themselves, as an attack does, are at distance 0 from their copies
//! and score lowest where copies count.

use crate::detector::kd_tree::{self, Near, Neighbours};
use crate::detector::{Detector, Entry, Fitted, FittedDetector, Forecast, Kind, Settings, loaded, parameters, state};
use crate::error::{Error, Result};
use crate::rows::WeightedRows;
use crate::seed::Seed;
use ndarray::{Array1, Array2, ArrayView2};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::ops::RangeInclusive;
use std::sync::Arc;

const ID: &str = "knn";

pub(super) const ENTRY: Entry = Entry {
    id: ID,
    title: "k Nearest Neighbours",
    summary: "Distance to the k-th nearest row, or the mean of k (Ramaswamy et al. 2000)",
    kind: Kind::Neighbours,
    cost: "fit about O(n log n) in few columns, O(n²) in many; score as long as a search for neighbours",
    good_at: "rows far from all others, whatever the shape of the rest",
    bad_at: "groups of more than k like anomalies, clusters of different density, many columns",
    seeded: false,
    parameters: &[
        ("k", "neighbours, 1 to 10000; one fewer than the rows where those are fewer"),
        ("method", "\"largest\": the distance to the k-th; \"mean\": of the k distances"),
        ("duplicates", "\"distinct\": copies of a row count once among the k; \"copies\": each counts"),
    ],
    defaults: || json!(Parameters::default()),
    build,
    forecast: |parameters, task| {
        let found = kd_tree::forecast(task, parameters["k"].as_f64().unwrap_or(0.0));
        Forecast { bytes: found.bytes + 8.0 * task.fitted as f64 * task.columns as f64, ..found }
    },
    load: |text| Ok(Arc::new(loaded::<FittedKnn>(ID, text)?)),
};

/// What can be chosen.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Parameters {
    /// How many neighbours, 1 to 10,000; one fewer than the rows where those are fewer.
    k: usize,
    method: Method,
    duplicates: Duplicates,
}

/// What the k distances become.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Method {
    Largest,
    Mean,
}

/// What counts as one of the k.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Duplicates {
    /// k different rows, none equal to the training row itself.
    Distinct,
    /// k rows, copies counted: a row with more than k copies scores 0.
    Copies,
}

/// How many neighbours can be asked for.
const K: RangeInclusive<usize> = 1..=10_000;

impl Default for Parameters {
    fn default() -> Self {
        Parameters { k: 5, method: Method::Largest, duplicates: Duplicates::Distinct }
    }
}

fn build(_: &Settings, given: &Value) -> Result<Box<dyn Detector>> {
    let parameters: Parameters = parameters(ID, given)?;
    if !K.contains(&parameters.k) {
        let value = parameters.k.to_string();
        return Err(Error::Parameter { detector: ID, field: "k", value, expected: "between 1 and 10000" });
    }
    Ok(Box::new(parameters))
}

/// The fitted detector: the training rows, ready to be searched.
#[derive(Debug, Deserialize)]
#[serde(try_from = "State")]
struct FittedKnn {
    parameters: Parameters,
    train: WeightedRows,
    neighbours: Neighbours,
}

/// What a model file holds: the same without the tree, which is rebuilt.
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
    /// One row alone has no neighbour and scores 0.
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
        let train_scores = model.among_themselves();
        Ok(Fitted::new(model, train_scores))
    }
}

impl FittedDetector for FittedKnn {
    fn columns(&self) -> usize {
        self.train.points.ncols()
    }

    fn score(&self, rows: ArrayView2<f64>) -> Array1<f64> {
        self.neighbours.around_each(rows, self.parameters.k, |near| self.distance(near, None)).into()
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
        let neighbours = Neighbours::new(train.points.view());
        FittedKnn { parameters, train, neighbours }
    }

    /// The score of each training row among the others.
    fn among_themselves(&self) -> Array1<f64> {
        let note = |noted: &mut Vec<(usize, f64)>, row, near: Near| {
            noted.push((row, self.distance(near, Some(row))));
        };
        let mut scores = Array1::zeros(self.train.len());
        for (row, score) in
            self.neighbours.among_themselves(self.parameters.k + 1, note).into_iter().flatten()
        {
            scores[row] = score;
        }
        scores
    }

    /// The score of a place by the training rows near it; `itself` is the one that stands there and is to be left
    /// out.
    fn distance(&self, near: Near, itself: Option<usize>) -> f64 {
        let k = self.parameters.k;
        let (mut found, mut sum, mut furthest) = (0, 0.0, 0.0);
        for neighbour in near.iter() {
            let counted = self.counted(neighbour.index, itself).min(k - found);
            if counted > 0 {
                found += counted;
                sum += counted as f64 * neighbour.distance;
                furthest = neighbour.distance;
            }
        }
        without_noise(match self.parameters.method {
            Method::Largest => furthest,
            Method::Mean => sum / found.max(1) as f64,
        })
    }

    /// How many neighbours a training row is.
    fn counted(&self, index: usize, itself: Option<usize>) -> usize {
        let own = usize::from(itself == Some(index));
        match self.parameters.duplicates {
            Duplicates::Distinct => 1 - own,
            Duplicates::Copies => self.train.weights[index] as usize - own,
        }
    }
}

/// A distance without its last bits, to 1 in 10^10. Rows on a grid are equally far from each other but for the noise
/// that scaling leaves there: it would order ties by chance (5e-5 of AUC on shuttle, in PyOD as well).
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

    fn fit(given: Value, rows: &WeightedRows) -> Fitted {
        build(&Settings::new(0), &given).unwrap().fit(rows, Seed::new(1)).unwrap()
    }

    /// Rows of a small grid, each once, with up to four copies.
    fn grid(seed: u64) -> WeightedRows {
        let mut rng = Seed::new(seed).rng();
        let mut places: Vec<[f64; 2]> = (0..36).map(|at| [f64::from(at / 6), f64::from(at % 6)]).collect();
        places.retain(|_| rng.gen_bool(0.6));
        let weights = places.iter().map(|_| rng.gen_range(1..5)).collect();
        WeightedRows { points: places.into(), weights }
    }

    /// The k smallest distances from one unfolded row to the others, of which equal ones may count once.
    fn by_definition(rows: &Array2<f64>, i: usize, k: usize, distinct: bool) -> Vec<f64> {
        let mut seen = vec![rows.row(i)];
        let mut distances = Vec::new();
        for j in (0..rows.nrows()).filter(|&j| j != i) {
            if !distinct || !seen.contains(&rows.row(j)) {
                seen.push(rows.row(j));
                let apart = &rows.row(i) - &rows.row(j);
                distances.push(apart.dot(&apart).sqrt());
            }
        }
        distances.sort_by(f64::total_cmp);
        distances.truncate(k);
        distances
    }

    #[test]
    fn folded_rows_score_as_their_copies_do_by_definition() {
        for (seed, k) in [1, 2, 5, 20, 1000].into_iter().enumerate() {
            let train = grid(seed as u64);
            let origin: Vec<usize> =
                (0..train.len()).flat_map(|i| vec![i; train.weights[i] as usize]).collect();
            let rows = train.points.select(Axis(0), &origin);
            for duplicates in ["copies", "distinct"] {
                let of = |method: &str| {
                    fit(json!({"k": k, "method": method, "duplicates": duplicates}), &train).train_scores
                };
                let (largest, mean) = (of("largest"), of("mean"));
                for (unfolded, &folded) in origin.iter().enumerate() {
                    let expected = by_definition(&rows, unfolded, k, duplicates == "distinct");
                    let furthest = expected[expected.len() - 1];
                    let average = expected.iter().sum::<f64>() / expected.len() as f64;
                    let apart = (mean[folded] - average).abs().max((largest[folded] - furthest).abs());
                    assert!(apart < 1e-9, "{duplicates}, k {k}: {apart:e} apart");
                }
            }
        }
    }

    #[test]
    fn a_new_row_has_an_equal_training_row_for_its_neighbour() {
        let train = WeightedRows::unweighted(array![[0.0], [1.0], [3.0]]);
        let scores = fit(json!({"k": 1}), &train).model.score(array![[1.0], [2.5]].view());
        assert_eq!(scores, array![0.0, 0.5]);
    }

    #[test]
    fn rows_that_are_equally_far_but_for_rounding_score_alike() {
        let spaced =
            |by: f64| WeightedRows::unweighted(Array2::from_shape_fn((50, 1), |(i, _)| i as f64 * by));
        for by in [0.1, 1.0 / 3.0, 0.7, 1e-6] {
            let scores = fit(json!({"k": 2}), &spaced(by)).train_scores;
            assert!(scores.iter().skip(1).take(48).all(|score| *score == scores[1]), "{scores}");
        }
    }

    #[test]
    fn a_row_without_others_scores_nothing() {
        let train = WeightedRows { points: array![[3.0, 4.0]], weights: vec![1] };
        for duplicates in ["copies", "distinct"] {
            let fitted = fit(json!({"duplicates": duplicates, "method": "mean"}), &train);
            assert_eq!(fitted.train_scores, array![0.0]);
            assert_eq!(fitted.model.score(array![[0.0, 0.0]].view()), array![5.0]);
        }
    }

    #[test]
    fn zero_neighbours_are_refused() {
        let error = build(&Settings::new(0), &json!({"k": 0})).unwrap_err();
        assert_eq!(error.to_string(), "knn: `k` must be between 1 and 10000, but is 0");
    }

    #[test]
    fn a_model_whose_parts_do_not_fit_is_refused() {
        let parameters = Parameters::default();
        for (k, features, weights) in
            [(1, 1, json!([0, 1])), (1, 2, json!([1, 1])), (1, 0, json!([])), (99_999, 1, json!([1, 1]))]
        {
            let parameters = Parameters { k, ..parameters };
            let model = json!({"parameters": parameters, "features": features, "points": [1.0, 2.0], "weights": weights});
            assert!((ENTRY.load)(&model.to_string()).is_err(), "{model}");
        }
    }
}
