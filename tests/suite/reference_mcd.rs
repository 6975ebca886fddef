//! The minimum covariance determinant held against scikit-learn's, where both find the same half of the rows.

use crate::reference::{matrix, numbers, recorded};
use ndarray::Array2;
use serde_json::Value;
use whis_lab::detector::{self, Settings};
use whis_lab::preprocess::Deduplicated;
use whis_lab::seed::Seed;

/// The largest difference, each relative to what is expected.
fn apart(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(a, b)| ((a - b) / b).abs()).fold(0.0, f64::max)
}

#[test]
fn mcd_finds_scikit_learns_location_covariance_and_distances() {
    for case in recorded("mcd.json")["cases"].as_array().unwrap() {
        let name = &case["name"];
        let deduplicated = Deduplicated::new(matrix(&case["train"]).view());
        let detector = (detector::find("mcd").unwrap().build)(&Settings::new(0), &Value::Null).unwrap();
        let fitted = detector.fit(&deduplicated.rows, Seed::new(1)).unwrap();
        let scores = deduplicated.expand(fitted.train_scores.view()).to_vec();
        let distance = apart(&scores, &numbers(&case["train_scores"]));
        assert!(distance < 1e-6, "{name}: training rows, {distance:e} apart");
        let scores = fitted.model.score(matrix(&case["new"]).view()).to_vec();
        let distance = apart(&scores, &numbers(&case["new_scores"]));
        assert!(distance < 1e-6, "{name}: new rows, {distance:e} apart");
        let state: Value = serde_json::from_str(&fitted.model.to_json()).unwrap();
        assert!(apart(&numbers(&state["location"]), &numbers(&case["location"])) < 1e-6, "{name}: location");
        // W whitens what has the covariance C: W·C·Wᵀ = 1.
        let covariance = matrix(&case["covariance"]);
        let whitening = Array2::from_shape_vec(covariance.raw_dim(), numbers(&state["whitening"])).unwrap();
        let white = whitening.dot(&covariance).dot(&whitening.t()) - Array2::<f64>::eye(covariance.nrows());
        assert!(white.iter().all(|value| value.abs() < 1e-6), "{name}: covariance");
    }
}
