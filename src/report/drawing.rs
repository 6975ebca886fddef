//! The data of charts. The report contains it, so charts can be drawn again without fitting.

use super::TableReport;
use super::number::counted;
use crate::explore::Histogram;
use crate::metrics::Interval;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The curves of one detector, thinned without a visible change.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Curves {
    /// (false-positive rate, true-positive rate) from (0, 0) to (1, 1); empty if a class is missing.
    pub roc: Vec<[f64; 2]>,
    /// (recall, precision) by descending threshold; empty without suspicious rows.
    pub precision_recall: Vec<[f64; 2]>,
    /// (false-positive rate, rate of misses) by descending threshold, thinned on probit axes; empty if a class is missing.
    #[serde(default)]
    pub det: Vec<[f64; 2]>,
    /// The histogram of scores by class.
    pub histogram: Histogram,
}

/// The permutation importance of all features for one detector.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Importance {
    /// The number of sampled rows for the permutations.
    pub rows: u64,
    /// The number of times that each column is shuffled.
    pub repeats: u64,
    /// In the order of the table's features; a category is one feature.
    pub features: Vec<FeatureImportance>,
}

/// The importance of one feature for a detector's scores.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct FeatureImportance {
    /// The feature's name.
    pub feature: String,
    /// Spearman's correlation of feature and score, in [−1, 1]; `None` for categories and constants.
    pub rank_correlation: Option<f64>,
    /// Spearman's correlation of a category with the score, in [0, 1]: each level counts as the mean score of
    /// its rows. `None` for numbers and booleans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level_correlation: Option<f64>,
    /// The absolute Pearson correlation of feature and score, in [0, 1]; categories by their ordinal code.
    pub pearson: Option<f64>,
    /// 1 − Spearman's correlation of the scores before and after shuffling the column.
    pub ranking_fall: Option<Estimate>,
    /// The fall of the AUC when the column is shuffled; `None` with fewer than two rows of a class.
    pub auc_fall: Option<Estimate>,
}

impl TableReport {
    /// A sentence for tables with so few suspicious rows that falls of the AUC are noise.
    pub fn few_suspicious(&self) -> Option<String> {
        const FEW: usize = 10;
        let rows = self.scored_suspicious_rows.filter(|rows| (1..FEW).contains(rows))? as u64;
        let are = if rows == 1 { "is" } else { "are" };
        let rows = counted(rows, "suspicious row", "suspicious rows");
        Some(format!("There {are} only {rows}, all in the sample: the fall of the AUC is mostly noise"))
    }
}

/// A mean over repeats and its 95 % confidence interval, which covers the chance of the shuffles and of the rows.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Estimate {
    /// The mean over the repeats.
    pub mean: f64,
    /// The 95 % confidence interval of the mean.
    pub interval: Interval,
}

/// A two-dimensional projection of rows.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Projection {
    /// The method that computes the coordinates.
    pub method: ProjectionMethod,
    /// The shares of the variance along both axes, in [0, 1]; PCA only.
    pub explained: Option<[f64; 2]>,
    /// The number of rows in the table. If there are fewer points, they are a seeded, stratified sample.
    pub rows: u64,
    /// The projected rows.
    pub points: Vec<ProjectedRow>,
}

/// The method of a projection.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum ProjectionMethod {
    /// Principal component analysis: the first two components.
    Pca,
    /// t-distributed stochastic neighbor embedding.
    Tsne,
}

/// One projected row.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct ProjectedRow {
    /// The horizontal coordinate, without a unit.
    pub x: f64,
    /// The vertical coordinate, without a unit.
    pub y: f64,
    /// False without labels.
    pub suspicious: bool,
}
