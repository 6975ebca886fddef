//! The detectors held against scikit-learn's numbers, recorded in `fixtures/reference` with their origin.

use crate::program::fixture;
use ndarray::Array2;
use serde_json::{Value, json};
use std::fs;
use whis_lab::detector::{self, Settings};
use whis_lab::preprocess::{Deduplicated, Scaler};
use whis_lab::projection::Pca;
use whis_lab::rows::WeightedRows;
use whis_lab::seed::Seed;

pub(super) fn recorded(name: &str) -> Value {
    let text = fs::read_to_string(fixture("reference").join(name)).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert!(value["origin"]["versions"]["scikit-learn"].is_string(), "{name} says where it comes from");
    value
}

pub(super) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

pub(super) fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(numbers).collect();
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(row, column)| rows[row][column])
}

/// Fit a detector on unfolded rows; its scores of those rows and of new ones.
fn scores(id: &str, parameters: &Value, train: &Array2<f64>, new: &Array2<f64>) -> (Vec<f64>, Vec<f64>) {
    let settings = Settings::new(64 << 20);
    let deduplicated = Deduplicated::new(train.view());
    let detector = (detector::find(id).unwrap().build)(&settings, parameters).unwrap();
    let fitted = detector.fit(&deduplicated.rows, Seed::new(1)).unwrap();
    (deduplicated.expand(fitted.train_scores.view()).to_vec(), fitted.model.score(new.view()).to_vec())
}

/// The largest difference, relative to the range of what is expected.
fn worst(found: &[f64], expected: &[f64]) -> f64 {
    let lowest = expected.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = expected.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let furthest = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    furthest / (highest - lowest)
}

#[test]
fn one_class_svm_decides_as_scikit_learn() {
    for case in recorded("one_class_svm.json")["cases"].as_array().unwrap() {
        for fit in case["fits"].as_array().unwrap() {
            let parameters = json!({"nu": fit["nu"], "tolerance": 1e-5});
            let (train, new) =
                scores("one-class-svm", &parameters, &matrix(&case["train"]), &matrix(&case["new"]));
            // scikit-learn's decision is high where ours is low.
            let turned = |name: &str| numbers(&fit[name]).iter().map(|x| -x).collect::<Vec<_>>();
            let apart = worst(&train, &turned("train_decision")).max(worst(&new, &turned("new_decision")));
            assert!(apart < 1e-3, "{} nu {}: {apart:e} of the range", case["name"], fit["nu"]);
        }
    }
}

#[test]
fn lof_is_scikit_learns_where_there_are_no_ties() {
    let relative = |found: &[f64], expected: &[f64]| {
        found.iter().zip(expected).map(|(a, b)| ((a - b) / b).abs()).fold(0.0, f64::max)
    };
    for case in recorded("lof.json")["cases"].as_array().unwrap() {
        let parameters = json!({"k": case["k"]});
        let (train, new) = scores("lof", &parameters, &matrix(&case["train"]), &matrix(&case["new"]));
        let apart = relative(&train, &numbers(&case["train_scores"]));
        assert!(apart < 1e-7, "{}: training rows {apart:e}", case["name"]);
        let apart = relative(&new, &numbers(&case["new_scores"]));
        assert!(apart < 1e-7, "{}: new rows {apart:e}", case["name"]);
    }
}

#[test]
fn neighbors_components_histograms_and_tails_score_as_pyod_and_scikit_learn() {
    for case in recorded("classics.json")["cases"].as_array().unwrap() {
        for fit in case["fits"].as_array().unwrap() {
            let (id, parameters) = (fit["detector"].as_str().unwrap(), &fit["parameters"]);
            let (train, new) = scores(id, parameters, &matrix(&case["train"]), &matrix(&case["new"]));
            for (what, found) in [("train_scores", train), ("new_scores", new)] {
                let expected = numbers(&fit[what]);
                assert_eq!(found.len(), expected.len());
                for (found, expected) in found.iter().zip(&expected) {
                    let apart = (found - expected).abs() / expected.abs().max(1.0);
                    assert!(apart < 1e-9, "{}, {id} {parameters}, {what}: {found}, {expected}", case["name"]);
                }
            }
        }
    }
}

#[test]
fn isolation_forest_corrects_paths_as_scikit_learn() {
    // A forest on n equal rows cannot split: its only path is c(n), seen through a model's leaf.
    let expected = numbers(&recorded("isolation_forest_c.json")["average_path_length"]);
    let settings = Settings::new(0);
    let entry = detector::find("isolation-forest").unwrap();
    for copies in [2_usize, 3, 10, 256] {
        let rows = WeightedRows { points: Array2::zeros((1, 1)), weights: vec![copies as u32] };
        let model = (entry.build)(&settings, &Value::Null).unwrap().fit(&rows, Seed::new(1)).unwrap().model;
        let state: Value = serde_json::from_str(&model.to_json()).unwrap();
        let leaf = state["trees"][0]["path_lengths"][0].as_f64().unwrap();
        assert!((leaf - expected[copies]).abs() < 1e-12, "c({copies}) is {leaf}");
    }
}

#[test]
fn columns_are_scaled_as_scikit_learn() {
    let recorded = recorded("standard_scaler.json");
    let (rows, expected) = (matrix(&recorded["matrix"]), matrix(&recorded["transformed"]));
    let scaled = Scaler::fit(&Deduplicated::new(rows.view()).rows).unwrap().apply(rows.clone());
    let scales = numbers(&recorded["scale"]);
    for ((row, column), found) in scaled.indexed_iter() {
        // No scaler knows a value better than to the rounding of the value itself, seen through the scale.
        let rounding = f64::EPSILON * rows[[row, column]].abs() / scales[column];
        let apart = (found - expected[[row, column]]).abs();
        assert!(apart < 1e-12 + rounding, "row {row}, column {column}: {apart:e} apart");
    }
}

#[test]
fn principal_components_are_scikit_learns_up_to_sign() {
    for case in recorded("pca.json")["cases"].as_array().unwrap() {
        let weights = numbers(&case["weights"]).iter().map(|&weight| weight as u32).collect();
        let rows = WeightedRows { points: matrix(&case["points"]), weights };
        let pca = Pca::fit(&rows).unwrap();
        let expected = numbers(&case["explained_variance_ratio"]);
        for (found, expected) in pca.explained().iter().zip(&expected) {
            assert!(((found - expected) / expected).abs() < 1e-6, "{}: {found} for {expected}", case["name"]);
        }
        let (plane, expected) = (pca.project(rows.points.view()), matrix(&case["coordinates"]));
        for axis in 0..2 {
            let (found, expected) = (plane.column(axis).to_vec(), expected.column(axis).to_vec());
            let turned: Vec<f64> = found.iter().map(|x| -x).collect();
            let apart = worst(&found, &expected).min(worst(&turned, &expected));
            assert!(apart < 1e-6, "{}: axis {axis} is {apart:e} of its range apart", case["name"]);
        }
    }
}
