//! Reference values from `tests/reference/thresholds.py`, for the tests of this folder.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Reference {
    pub mads: Vec<MadCase>,
    pub paretos: Vec<ParetoCase>,
    pub conformal: Vec<ConformalCase>,
}

#[derive(Debug, Deserialize)]
pub struct MadCase {
    pub scores: Vec<f64>,
    pub weights: Vec<u32>,
    pub k: f64,
    pub threshold: f64,
}

#[derive(Debug, Deserialize)]
pub struct ParetoCase {
    pub excesses: Vec<f64>,
    pub prior: f64,
    pub shape: f64,
    pub scale: f64,
}

#[derive(Debug, Deserialize)]
pub struct ConformalCase {
    pub calibration: Vec<f64>,
    pub scores: Vec<f64>,
    pub rate: f64,
    pub p: Vec<f64>,
    pub flagged: Vec<bool>,
}

/// The whole fixture.
pub fn reference() -> Reference {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/reference/thresholds.json");
    let text = std::fs::read_to_string(path).expect("tests/reference/thresholds.py writes this file");
    serde_json::from_str(&text).expect("the fixture has the fields of `Reference`")
}
