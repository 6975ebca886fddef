//! Model cards (Mitchell et al., "Model Cards for Model Reporting", FAT* 2019): the detector and its
//! threshold, the training data, and the measured quality.

use super::default_rule::days_of;
use super::feature::FeatureModel;
use super::taught_card::TaughtCard;
use crate::metrics::{Calibration, Interval, Tail, TailCheck, ThresholdRule};
use crate::report::{Protocol, Run, TableReport};
use crate::schema::Encoding;
use crate::table::{Table, TimeFeature, TimeSource, range};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The card of one table's model.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The table's name.
    pub table: String,
    /// In the order of the columns.
    pub features: Vec<FeatureModel>,
    /// Where the last features come from, if they are features of the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_source: Option<TimeSource>,
    /// How categories become numbers.
    pub encoding: Encoding,
    /// The id of a detector, or an ensemble in its notation: `mean-rank(isolation-forest,lof)`.
    pub detector: String,
    /// Every parameter of the detector.
    pub parameters: Value,
    /// The largest share of training rows above the threshold, in (0, 0.5]; `None` if another rule sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contamination: Option<f64>,
    /// The requested number of flagged rows a day, if the contamination comes from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alerts_per_day: Option<f64>,
    /// The rule of the threshold, if it is neither a contamination nor a number of rows a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<ThresholdRule>,
    /// The tail of the training scores, for the rule `tail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail: Option<FittedTail>,
    /// The scores of rows that were not fitted, for the rule `fdr`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// Rows with a score above this are flagged. For the rule `fdr` it is the highest calibration score, and a batch of rows
    /// has its own.
    pub threshold: f64,
    /// The seed of all random numbers.
    pub seed: u64,
    /// The training data.
    pub training: Training,
    /// What it learned from verdicts; `None` if from none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taught: Option<TaughtCard>,
    /// Empty for a table without labels, and for a taught model.
    pub measurements: Vec<Measurement>,
    /// The training rows as rows to score; `None` if they score as in training, and in older models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scored_again: Option<ScoredAgain>,
}

/// What the model does with its training rows if they are scored like new rows. A neighbor detector scores a training row
/// without the row itself, and a new row with all training rows.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct ScoredAgain {
    /// The number of training rows above the threshold.
    pub flagged_rows: u64,
    /// The area under the ROC curve, in [0, 1]; `None` without labels of both classes.
    pub auc: Option<f64>,
}

/// The fitted tail of the training scores.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct FittedTail {
    /// The generalized Pareto distribution.
    pub tail: Tail,
    /// Its goodness of fit, and the interval of the threshold.
    pub check: TailCheck,
}

/// The training data of a model.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// The number of training rows, duplicates included.
    pub rows: usize,
    /// The number of distinct encoded rows.
    pub distinct_rows: usize,
    /// The number of training rows with a score above the threshold; `None` in older models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flagged_rows: Option<u64>,
    /// The number of days (UTC) with rows; `None` without times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u64>,
    /// `None` without labels. Labels are used for metrics only, never for training.
    pub suspicious_rows: Option<usize>,
    /// The first and the last time (RFC 3339, UTC).
    pub time_range: Option<[String; 2]>,
    /// The SHA-256 of the values of features and labels, in hexadecimal.
    pub data_sha256: String,
    /// The sample that the detector was fitted on, if any. Encoder, scaler and threshold use all rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
}

/// The random sample that a detector was fitted on, and the limits that required it.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The number of distinct rows in the sample; for an ensemble, the smallest of its members.
    pub distinct_rows: usize,
    /// The limit of rows.
    pub fit_rows: Option<usize>,
    /// The limit of the fit in seconds.
    pub time_limit: Option<f64>,
}

/// The metrics of the detector on this table under one protocol.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    /// How rows are split into training and scored rows.
    pub protocol: Protocol,
    /// The number of training rows, duplicates included.
    pub train_rows: usize,
    /// The number of scored rows, duplicates included.
    pub scored_rows: usize,
    /// The number of suspicious rows among the scored rows.
    pub suspicious_rows: usize,
    /// The area under the ROC curve, in [0, 1]; `None` without scored rows of both classes.
    pub auc: Option<f64>,
    /// The 95 % confidence interval of the AUC.
    pub auc_interval: Option<Interval>,
    /// The average precision, in [0, 1]; `None` without suspicious rows.
    pub average_precision: Option<f64>,
    /// The share of flagged rows that are suspicious, in [0, 1]; `None` without flagged rows.
    pub precision: Option<f64>,
    /// The 95 % confidence interval (Wilson), which assumes independent rows.
    pub precision_interval: Option<Interval>,
    /// The share of suspicious rows that are flagged, in [0, 1]; `None` without suspicious rows.
    pub recall: Option<f64>,
    /// The 95 % confidence interval (Wilson), which assumes independent rows.
    pub recall_interval: Option<Interval>,
    /// The F1 score, in [0, 1]; `None` if no row is flagged and none is suspicious.
    pub f1: Option<f64>,
    /// The number of scored rows above the threshold.
    pub flagged_rows: u64,
}

impl Card {
    /// The columns that rows to score have: those of the features, and last the time column in place of the features
    /// from it.
    pub fn inputs(&self) -> Vec<&str> {
        let own = self.features.len() - self.time_features().len();
        let mut names: Vec<&str> = self.features[..own].iter().map(|feature| feature.name.as_str()).collect();
        if let Some(source) = &self.time_source
            && !names.contains(&source.column.as_str())
        {
            names.push(&source.column);
        }
        names
    }

    /// The column that a feature comes from, by the position of the feature.
    pub fn input_of(&self, feature: usize) -> &str {
        let own = self.features.len() - self.time_features().len();
        match &self.time_source {
            Some(source) if feature >= own => &source.column,
            _ => &self.features[feature].name,
        }
    }

    /// Whether the last features are those of the time source.
    pub(super) fn has_its_time_features(&self) -> bool {
        let names = self.time_features().iter().rev().map(|feature| feature.name());
        let own = self.features.iter().rev().map(|feature| feature.name.as_str());
        self.features.len() > self.time_features().len() && own.zip(names).all(|(own, name)| own == name)
    }

    /// The features from the time column, which are the last features.
    pub fn time_features(&self) -> &[TimeFeature] {
        self.time_source.as_ref().map_or(&[], |source| &source.features)
    }

    /// The share of new rows that the threshold promises to flag, if they are like the training rows; `None` if the rule
    /// promises no share, and in older models.
    pub fn promised(&self) -> Option<f64> {
        match self.rule {
            Some(ThresholdRule::Fdr(_)) => None,
            Some(ThresholdRule::Tail(share)) => Some(share),
            _ => Some(self.training.flagged_rows? as f64 / self.training.rows.max(1) as f64),
        }
    }

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
            flagged_rows: None,
            days: days_of(table),
            suspicious_rows: table.suspicious(),
            time_range: table.times.as_deref().and_then(range),
            data_sha256: super::data_digest::of(table),
            sample: None,
        }
    }
}

impl Measurement {
    /// The metrics of a run in a report; `None` without labels.
    pub fn of(report: &TableReport, run: &Run) -> Option<Self> {
        let suspicious_rows = report.scored_suspicious_rows?;
        let true_positives = (run.recall.unwrap_or(0.0) * suspicious_rows as f64).round() as u64;
        Some(Measurement {
            protocol: report.protocol,
            train_rows: report.train_rows,
            scored_rows: report.scored_rows,
            suspicious_rows,
            auc: run.auc,
            auc_interval: run.auc_interval,
            average_precision: run.average_precision,
            precision: run.precision,
            precision_interval: run.precision.and(Interval::of_share(true_positives, run.flagged_rows)),
            recall: run.recall,
            recall_interval: run.recall.and(Interval::of_share(true_positives, suspicious_rows as u64)),
            f1: run.f1,
            flagged_rows: run.flagged_rows,
        })
    }
}
