//! What charts are drawn from: kept in the report, so that they are drawn again without fitting again.

use crate::explore::Histogram;
use crate::metrics::Interval;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The curves of one detector. Thinned to what can be seen.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Curves {
    /// (false-positive rate, true-positive rate) from (0, 0) to (1, 1); empty where a class is missing.
    pub roc: Vec<[f64; 2]>,
    /// (recall, precision), by falling threshold; empty without suspicious rows.
    pub precision_recall: Vec<[f64; 2]>,
    /// The scores by class.
    pub histogram: Histogram,
}

/// How much a detector's scores owe to each feature.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Importance {
    /// How many rows were drawn for the permutations.
    pub rows: u64,
    pub repeats: u64,
    /// In the order of the table's features; a category counts as one.
    pub features: Vec<FeatureImportance>,
}

/// What one feature means to a detector's scores.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct FeatureImportance {
    pub feature: String,
    /// Spearman's correlation of feature and score, signed; `None` for categories and constants.
    pub rank_correlation: Option<f64>,
    /// The absolute Pearson correlation, as the notebook had it; categories by their ordinal code.
    pub pearson: Option<f64>,
    /// 1 − Spearman's correlation of the scores before and after the column was shuffled.
    pub ranking_fall: Option<Estimate>,
    /// How far the AUC falls when the column is shuffled; `None` without labels.
    pub auc_fall: Option<Estimate>,
}

/// A mean over repeats and its 95 % interval (Student's t).
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Estimate {
    pub mean: f64,
    pub interval: Interval,
}

/// Rows in the plane.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Projection {
    pub method: ProjectionMethod,
    /// The shares of the variance along both axes; PCA only.
    pub explained: Option<[f64; 2]>,
    /// How many rows of the table there are; the points are a seeded, stratified sample where they are fewer.
    pub rows: u64,
    pub points: Vec<ProjectedRow>,
}

/// How rows were brought into the plane.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum ProjectionMethod {
    Pca,
    Tsne,
}

/// One row in the plane.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct ProjectedRow {
    pub x: f64,
    pub y: f64,
    /// False without labels.
    pub suspicious: bool,
}
