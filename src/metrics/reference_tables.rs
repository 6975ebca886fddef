//! Reference values of the tests over several tables, from `tests/reference/tables.py`.

use serde::Deserialize;

/// Everything in the fixture.
#[derive(Debug, Deserialize)]
pub struct Reference {
    pub friedman: Vec<FriedmanCase>,
    pub signed_rank: Vec<SignedRankCase>,
    pub practical: Vec<PracticalCase>,
    pub splits: Vec<SplitsCase>,
}

#[derive(Debug, Deserialize)]
pub struct SplitsCase {
    pub differences: Vec<f64>,
    pub ratio: f64,
    pub difference: f64,
    pub low: f64,
    pub high: f64,
    pub p: f64,
}

#[derive(Debug, Deserialize)]
pub struct FriedmanCase {
    pub name: String,
    pub rows: Vec<Vec<f64>>,
    pub chi_square: f64,
    pub chi_square_p: f64,
    pub f: f64,
    pub p: f64,
}

#[derive(Debug, Deserialize)]
pub struct SignedRankCase {
    pub name: String,
    pub differences: Vec<f64>,
    pub positive_ranks: f64,
    pub p: f64,
}

#[derive(Debug, Deserialize)]
pub struct PracticalCase {
    pub name: String,
    pub differences: Vec<f64>,
    pub margin: f64,
    pub better: f64,
    pub equivalent: f64,
    pub worse: f64,
}

/// The whole fixture.
pub fn reference() -> Reference {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/reference/tables.json");
    let text = std::fs::read_to_string(path).expect("tests/reference/tables.py writes this file");
    serde_json::from_str(&text).expect("the fixture has the fields of `Reference`")
}

/// Assert that two values are equal to a relative 1e-9.
pub fn assert_near(ours: f64, theirs: f64, what: &str) {
    assert!((ours - theirs).abs() <= 1e-9 * theirs.abs() + 1e-15, "{what}: {ours} here, {theirs} there");
}
