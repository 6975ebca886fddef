//! Reference values from `tests/reference/metrics.py`, for the tests of this module.

use super::{Confusion, Interval, LabelCounts, PairedTest, Ranking, Scored};
use serde::Deserialize;

/// Everything in the fixture.
#[derive(Debug, Deserialize)]
pub struct Reference {
    cases: Vec<Case>,
    pub thresholds: Vec<ThresholdCase>,
    pub holm: Vec<HolmCase>,
}

/// The scores of two detectors on the same labeled rows, with the expected metrics of the first and of the
/// pair.
#[derive(Debug, Deserialize)]
pub struct Case {
    pub name: String,
    labels: Vec<u8>,
    scores: Vec<f64>,
    other_scores: Vec<f64>,
    pub auc: Option<f64>,
    pub average_precision: Option<f64>,
    pub auc_variance: Option<f64>,
    pub auc_interval: Option<Interval>,
    pub paired_test: Option<PairedTest>,
    pub confusion: Vec<ConfusionCase>,
    pub roc: Vec<(f64, f64, Option<f64>)>,
    pub precision_recall: Vec<(f64, f64, Option<f64>)>,
}

#[derive(Debug, Deserialize)]
pub struct ConfusionCase {
    pub threshold: f64,
    pub counts: Confusion,
    pub precision: Option<f64>,
    pub recall: Option<f64>,
    pub f1: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub struct ThresholdCase {
    pub scores: Vec<f64>,
    pub weights: Vec<u32>,
    pub contamination: f64,
    pub threshold: f64,
    pub flagged: u32,
}

#[derive(Debug, Deserialize)]
pub struct HolmCase {
    pub p: Vec<f64>,
    pub adjusted: Vec<f64>,
}

impl Case {
    /// Check the first detector twice: on expanded rows, and on rows deduplicated by the pair of scores.
    pub fn check(&self, check: impl Fn(&Ranking)) {
        self.check_pair(|first, _| check(first));
    }

    /// Check both detectors, on expanded and on deduplicated rows.
    pub fn check_pair(&self, check: impl Fn(&Ranking, &Ranking)) {
        let labels: Vec<bool> = self.labels.iter().map(|&label| label == 1).collect();
        ranked(&self.scores, &labels, |first| {
            ranked(&self.other_scores, &labels, |second| check(first, second));
        });
        let (scores, others, counts) = deduplicate(&self.scores, &self.other_scores, &labels);
        let first = Ranking::new(Scored::new(&scores, &counts).unwrap());
        let second = Ranking::new(Scored::new(&others, &counts).unwrap());
        check(&first, &second);
    }
}

/// The whole fixture.
pub fn reference() -> Reference {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/reference/metrics.json");
    let text = std::fs::read_to_string(path).expect("tests/reference/metrics.py writes this file");
    serde_json::from_str(&text).expect("the fixture has the fields of `Reference`")
}

/// The cases of the fixture.
pub fn cases() -> Vec<Case> {
    reference().cases
}

/// Call `check` with the ranking of plain scores and labels.
pub fn ranked<T>(scores: &[f64], labels: &[bool], check: impl FnOnce(&Ranking) -> T) -> T {
    let counts = LabelCounts::plain(labels);
    check(&Ranking::new(Scored::new(scores, &counts).unwrap()))
}

/// Deduplicate rows by both scores: the distinct rows in order of first appearance, and their label counts.
pub fn deduplicate(first: &[f64], second: &[f64], labels: &[bool]) -> (Vec<f64>, Vec<f64>, LabelCounts) {
    let mut distinct: Vec<(f64, f64)> = Vec::new();
    let mut index = Vec::new();
    for pair in first.iter().copied().zip(second.iter().copied()) {
        let row = distinct.iter().position(|&known| known == pair).unwrap_or(distinct.len());
        if row == distinct.len() {
            distinct.push(pair);
        }
        index.push(row as u32);
    }
    let counts = LabelCounts::deduplicated(labels, &index, distinct.len());
    let (first, second) = distinct.into_iter().unzip();
    (first, second, counts)
}

/// Assert that both values are equal to a relative 1e-12, or both undefined.
pub fn assert_close(ours: Option<f64>, theirs: Option<f64>, what: &str) {
    let close = match (ours, theirs) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-12 * b.abs() + 1e-15,
        (a, b) => a == b,
    };
    assert!(close, "{what}: {ours:?} here, {theirs:?} there");
}
