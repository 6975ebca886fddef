//! What is to be known about a table's model before it is trusted (Mitchell et al., "Model Cards for Model
//! Reporting", FAT* 2019): what it scores by, what it was trained on, and how good it was found to be.

use super::feature::FeatureModel;
use crate::preprocess::Encoding;
use crate::metrics::Interval;
use crate::report::{Protocol, Run, TableReport};
use crate::table::{Table, range};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The card of one table's model.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Card {
    pub table: String,
    /// In the order of the columns.
    pub features: Vec<FeatureModel>,
    pub encoding: Encoding,
    /// Its id, or an ensemble as it was written: `mean-rank(isolation-forest,lof)`.
    pub detector: String,
    /// Every parameter of the detector.
    pub parameters: Value,
    /// The share of training rows above the threshold, in (0, 0.5].
    pub contamination: f64,
    /// Rows with a score above this are flagged.
    pub threshold: f64,
    pub seed: u64,
    pub training: Training,
    /// Empty for a table without labels.
    pub measurements: Vec<Measurement>,
}

/// What a model was trained on.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Training {
    pub rows: usize,
    /// Different rows among them, as the detector saw them.
    pub distinct_rows: usize,
    /// Labels measure a detector and teach it nothing.
    pub suspicious_rows: Option<usize>,
    /// The first and the last time, RFC 3339, UTC.
    pub time_range: Option<[String; 2]>,
    /// The digest of the values of features and labels, in hexadecimal.
    pub data_sha256: String,
    /// Where the detector was fitted on some of the rows only; encoder, scaler and threshold are of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
}

/// The random sample of the rows that a detector was fitted on, and what allowed no more.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Different rows in it; of an ensemble's members the fewest.
    pub distinct_rows: usize,
    /// `--fit-rows`
    pub fit_rows: Option<usize>,
    /// `--time-limit`, in seconds
    pub time_limit: Option<f64>,
}

/// How good the detector was found to be on this table, and how that was found out.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    pub protocol: Protocol,
    pub train_rows: usize,
    pub scored_rows: usize,
    pub suspicious_rows: usize,
    pub auc: Option<f64>,
    /// 95 %, DeLong.
    pub auc_interval: Option<Interval>,
    pub average_precision: Option<f64>,
    pub precision: Option<f64>,
    /// 95 %, Wilson, as if every row were independent of the others.
    pub precision_interval: Option<Interval>,
    pub recall: Option<f64>,
    /// 95 %, Wilson, as if every row were independent of the others.
    pub recall_interval: Option<Interval>,
    pub f1: Option<f64>,
    pub flagged_rows: u64,
}

impl Card {
    /// The table's name without `_events`.
    pub fn short_name(&self) -> &str {
        self.table.strip_suffix("_events").unwrap_or(&self.table)
    }
}

impl Training {
    pub(super) fn on(table: &Table, distinct_rows: usize) -> Self {
        Training {
            rows: table.rows(),
            distinct_rows,
            suspicious_rows: table.suspicious(),
            time_range: table.times.as_deref().and_then(range),
            data_sha256: super::data_digest::of(table),
            sample: None,
        }
    }
}

impl Measurement {
    /// What a report says of a detector; `None` where it has no labels to measure by.
    pub fn of(report: &TableReport, run: &Run) -> Option<Self> {
        let suspicious_rows = report.scored_suspicious_rows?;
        let found = (run.recall.unwrap_or(0.0) * suspicious_rows as f64).round() as u64;
        Some(Measurement {
            protocol: report.protocol,
            train_rows: report.train_rows,
            scored_rows: report.scored_rows,
            suspicious_rows,
            auc: run.auc,
            auc_interval: run.auc_interval,
            average_precision: run.average_precision,
            precision: run.precision,
            precision_interval: run.precision.and(Interval::of_share(found, run.flagged_rows)),
            recall: run.recall,
            recall_interval: run.recall.and(Interval::of_share(found, suspicious_rows as u64)),
            f1: run.f1,
            flagged_rows: run.flagged_rows,
        })
    }
}
