//! Tests against the definitions on expanded rows, and against scikit-learn.

use super::parameters::Duplicates;
use super::*;
use ndarray::{Array2, ArrayView1, Axis, array, concatenate};
use rand::Rng;
use serde::Deserialize;

const SETTINGS: Settings = Settings::new(1 << 26);

fn fit(parameters: Value, train: &WeightedRows) -> Fitted {
    let detector = (ENTRY.build)(&SETTINGS, &parameters).unwrap();
    detector.fit(train, Seed::new(0)).unwrap()
}

fn distance(a: ArrayView1<f64>, b: ArrayView1<f64>) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

/// LOF by its definitions, on expanded rows, in quadratic time.
struct ByDefinition {
    rows: Array2<f64>,
    k: usize,
    duplicates: Duplicates,
}

impl ByDefinition {
    /// The k-distance of row `i` and its neighbors.
    fn neighborhood(&self, i: usize) -> (f64, Vec<usize>) {
        let others: Vec<usize> = (0..self.rows.nrows()).filter(|&j| j != i).collect();
        let mut counted: Vec<(f64, ArrayView1<f64>)> =
            others.iter().map(|&j| (self.distance(i, j), self.rows.row(j))).collect();
        if self.duplicates == Duplicates::Distinct {
            let mut seen = vec![self.rows.row(i)];
            counted.retain(|(_, row)| {
                !seen.contains(row) && {
                    seen.push(*row);
                    true
                }
            });
        }
        let mut distances: Vec<f64> = counted.iter().map(|(distance, _)| *distance).collect();
        distances.sort_by(f64::total_cmp);
        let k_distance = distances[self.k.min(distances.len()) - 1];
        (k_distance, others.into_iter().filter(|&j| self.distance(i, j) <= k_distance).collect())
    }

    fn distance(&self, i: usize, j: usize) -> f64 {
        distance(self.rows.row(i), self.rows.row(j))
    }

    fn factors(&self) -> Vec<f64> {
        let all: Vec<_> = (0..self.rows.nrows()).map(|i| self.neighborhood(i)).collect();
        let mean = |i: usize, quantity: &dyn Fn(usize) -> f64| {
            all[i].1.iter().map(|&o| quantity(o)).sum::<f64>() / all[i].1.len() as f64
        };
        let reachability = |i: usize| mean(i, &|o| all[o].0.max(self.distance(i, o))) + 1e-10;
        (0..all.len()).map(|i| mean(i, &|o| reachability(i) / reachability(o))).collect()
    }
}

/// Distinct rows of a small grid in random order, with one to four copies or more.
fn grid(rows: usize, columns: usize, levels: u32, seed: u64) -> WeightedRows {
    let mut rng = Seed::new(seed).rng();
    let mut distinct: Vec<Vec<u32>> = Vec::new();
    let mut weights: Vec<u32> = Vec::new();
    for _ in 0..rows {
        let row: Vec<u32> = (0..columns).map(|_| rng.gen_range(0..levels)).collect();
        match distinct.iter().position(|other| *other == row) {
            Some(position) => weights[position] += 1,
            None => {
                distinct.push(row);
                weights.push(rng.gen_range(1..5));
            }
        }
    }
    let points = Array2::from_shape_fn((weights.len(), columns), |(i, j)| f64::from(distinct[i][j]));
    WeightedRows { points, weights }
}

fn normal_like(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut rng = Seed::new(seed).rng();
    Array2::from_shape_simple_fn((rows, columns), || (0..6).map(|_| rng.r#gen::<f64>()).sum())
}

fn expanded(train: &WeightedRows) -> (Array2<f64>, Vec<usize>) {
    let origin: Vec<usize> = (0..train.len()).flat_map(|i| vec![i; train.weights[i] as usize]).collect();
    (train.points.select(Axis(0), &origin), origin)
}

fn assert_close(ours: f64, theirs: f64, tolerance: f64) {
    assert!((ours - theirs).abs() <= tolerance * theirs.abs(), "{ours} instead of {theirs}");
}

#[test]
fn distinct_rows_score_as_their_copies_do_by_definition() {
    for (name, duplicates) in [("distinct", Duplicates::Distinct), ("copies", Duplicates::Copies)] {
        for (case, k) in [1, 2, 3, 5, 8, 20, 1000].into_iter().enumerate() {
            for (columns, levels) in [(1, 12), (2, 5), (4, 2)] {
                let train = grid(40, columns, levels, case as u64);
                let (rows, origin) = expanded(&train);
                let expected = ByDefinition { rows, k, duplicates }.factors();
                let ours = fit(json!({"k": k, "duplicates": name}), &train).train_scores;
                for (&i, expected) in origin.iter().zip(expected) {
                    assert_close(ours[i], expected, 1e-9);
                }
            }
        }
    }
}

/// The output of `tests/reference/lof.py`.
#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    k: usize,
    train: Vec<Vec<f64>>,
    train_scores: Vec<f64>,
    new: Vec<Vec<f64>>,
    new_scores: Vec<f64>,
}

fn matrix(rows: &[Vec<f64>]) -> Array2<f64> {
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
}

#[test]
fn without_ties_the_scores_are_those_of_scikit_learn() {
    let text = include_str!("../../../../fixtures/reference/lof.json");
    let Reference { cases } = serde_json::from_str(text).unwrap();
    for (case, duplicates) in cases.iter().flat_map(|case| [(case, "distinct"), (case, "copies")]) {
        let train = WeightedRows::unweighted(matrix(&case.train));
        let fitted = fit(json!({"k": case.k, "duplicates": duplicates}), &train);
        let new_scores = fitted.model.score(matrix(&case.new).view());
        let ours = fitted.train_scores.iter().chain(&new_scores);
        for (&ours, &theirs) in ours.zip(case.train_scores.iter().chain(&case.new_scores)) {
            assert_close(ours, theirs, 1e-9);
        }
    }
}

#[test]
fn a_new_row_does_not_change_the_scores_of_other_new_rows() {
    let fitted = fit(json!({"k": 10}), &WeightedRows::unweighted(normal_like(300, 3, 1)));
    let new = normal_like(20, 3, 2);
    let with_outlier = concatenate![Axis(0), new, array![[1e6, 0.0, 0.0]]];
    let scores = fitted.model.score(with_outlier.view());
    assert_eq!(scores.slice(ndarray::s![..20]), fitted.model.score(new.view()));
    assert!(scores[20] > 1e5, "{}", scores[20]);
}

#[test]
fn a_training_row_scored_as_new_is_its_own_neighbor() {
    let train = WeightedRows::unweighted(normal_like(100, 2, 3));
    let fitted = fit(Value::Null, &train);
    assert_ne!(fitted.model.score(train.points.view()), fitted.train_scores);
}

#[test]
fn neighborhoods_that_are_not_cached_change_no_bit() {
    let train = grid(200, 3, 5, 4);
    let without_cache = Settings::new(0);
    let detector = (ENTRY.build)(&without_cache, &Value::Null).unwrap();
    let uncached = detector.fit(&train, Seed::new(0)).unwrap();
    assert_eq!(uncached.train_scores, fit(Value::Null, &train).train_scores);
}

#[test]
fn a_row_scores_alone_as_in_a_batch_on_any_number_of_threads() {
    let train = grid(300, 3, 7, 5);
    let fitted = fit(Value::Null, &train);
    let rows = normal_like(50, 3, 6);
    let batch = fitted.model.score(rows.view());
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(one.install(|| fitted.model.score(rows.view())), batch);
    assert_eq!(one.install(|| fit(Value::Null, &train).train_scores), fitted.train_scores);
    for (i, row) in rows.axis_chunks_iter(Axis(0), 1).enumerate() {
        assert_eq!(fitted.model.score(row)[0].to_bits(), batch[i].to_bits());
    }
}

#[test]
fn a_loaded_model_scores_with_the_same_bits() {
    for duplicates in ["distinct", "copies"] {
        let fitted = fit(json!({"k": 5, "duplicates": duplicates}), &grid(100, 2, 9, 7));
        let loaded = (ENTRY.load)(&fitted.model.to_json()).unwrap();
        let rows = normal_like(40, 2, 8);
        assert_eq!(loaded.score(rows.view()), fitted.model.score(rows.view()));
    }
}

#[test]
fn a_model_that_contradicts_itself_is_refused() {
    let text = fit(json!({"k": 5}), &grid(50, 2, 9, 7)).model.to_json();
    let valid: Value = serde_json::from_str(&text).unwrap();
    for (field, value) in [("k", json!(0)), ("k_distance", json!([1.0])), ("points", json!([1.0]))] {
        let mut state = valid.clone();
        state[field] = value;
        assert!((ENTRY.load)(&state.to_string()).is_err(), "{field}");
    }
}

#[test]
fn with_a_single_distinct_row_all_scores_are_1() {
    for duplicates in ["distinct", "copies"] {
        let train = WeightedRows { points: array![[3.0, 4.0]], weights: vec![7] };
        let fitted = fit(json!({"duplicates": duplicates}), &train);
        assert_eq!(fitted.train_scores, array![1.0]);
        assert_eq!(fitted.model.score(array![[3.0, 4.0], [9.0, 9.0]].view()), array![1.0, 1.0]);
    }
}

#[test]
fn a_table_without_rows_cannot_be_fitted() {
    let detector = (ENTRY.build)(&SETTINGS, &Value::Null).unwrap();
    let none = WeightedRows::unweighted(Array2::zeros((0, 2)));
    assert!(detector.fit(&none, Seed::new(0)).is_err());
}

#[test]
fn finite_rows_of_any_magnitude_have_finite_scores() {
    let points = array![[0.0], [1e-300], [1.0], [1e300], [-1e300], [f64::MAX]];
    let fitted = fit(json!({"k": 2}), &WeightedRows::unweighted(points.clone()));
    let new = array![[0.0], [1e308], [-1e308], [5e-324]];
    for score in fitted.train_scores.iter().chain(&fitted.model.score(new.view())) {
        assert!(score.is_finite(), "{score}");
    }
}

#[test]
fn k_must_be_at_least_one() {
    let error = (ENTRY.build)(&SETTINGS, &json!({"k": 0})).unwrap_err();
    assert_eq!(error.to_string(), "lof: `k` must be between 1 and 10000, but is 0");
}

#[test]
fn an_unknown_parameter_is_refused() {
    assert!((ENTRY.build)(&SETTINGS, &json!({"n_neighbors": 20})).is_err());
}
