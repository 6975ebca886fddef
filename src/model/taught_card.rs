//! The part of a card about verdicts: how many, when, by whom, and what they changed.

use super::verdict::{Conflicts, Judged, Verdict};
use crate::digest::sha256;
use crate::metrics::Interval;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a model learned from verdicts.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct TaughtCard {
    /// The current verdicts of each analyst, in an order by their content.
    pub verdicts: Vec<Judged>,
    /// The SHA-256 of the verdicts, in hexadecimal.
    pub verdicts_sha256: String,
    /// The number of distinct rows that were learned as suspicious.
    pub suspicious_rows: usize,
    /// The number of distinct rows that were learned as normal.
    pub normal_rows: usize,
    /// The number of rows on which analysts contradict each other.
    pub contradictions: usize,
    /// What counts for them.
    pub conflicts: Conflicts,
    /// The days after which a verdict counts half; `None` if all count the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_life_days: Option<f64>,
    /// The data of the threshold and the severities.
    pub data: TaughtData,
    /// What the verdicts changed on the data.
    pub changes: Changes,
    /// What the verdicts are worth on rows that were not learned; `None` with fewer than two verdicts of a class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain: Option<Gain>,
}

/// The rows that set the threshold and the severities of a taught model.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct TaughtData {
    /// The number of rows, duplicates included.
    pub rows: usize,
    /// The number of distinct encoded rows.
    pub distinct_rows: usize,
    /// The number of days (UTC) with rows; `None` without times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u64>,
    /// The first and the last time (RFC 3339, UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_range: Option<[String; 2]>,
    /// The SHA-256 of the values of features, in hexadecimal.
    pub data_sha256: String,
}

/// The rows of the data above the threshold, before and after learning. Both thresholds are set on the same data.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// The number of flagged rows.
    pub flagged_rows: u64,
    /// The number of rows that only the taught model flags.
    pub newly_flagged_rows: u64,
    /// The number of rows that only the untaught model flags.
    pub no_longer_flagged_rows: u64,
}

/// A cross-validation on the verdicts: each judged row is scored by a model that learned from other rows.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Gain {
    /// The number of parts.
    pub folds: usize,
    /// The AUC of the untaught model on the judged rows, in [0, 1].
    pub untaught_auc: f64,
    /// The AUC of the taught models on the rows that they did not learn, in [0, 1].
    pub taught_auc: f64,
    /// The 95 % interval of the difference (paired DeLong).
    pub interval: Interval,
}

impl TaughtCard {
    /// The number of verdicts.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.verdicts.iter().filter(|own| own.verdict == verdict).count()
    }

    /// The analysts in the order of their names, each with the number of verdicts. `None` is unknown.
    pub fn analysts(&self) -> BTreeMap<Option<&str>, usize> {
        let mut analysts = BTreeMap::new();
        for own in &self.verdicts {
            *analysts.entry(own.analyst.as_deref()).or_default() += 1;
        }
        analysts
    }

    /// The times of the verdicts that have one, in microseconds since 1970.
    pub fn times(&self) -> Vec<i64> {
        self.verdicts.iter().filter_map(|own| own.time).collect()
    }

    /// Whether learning can produce this for a model with this number of features.
    pub(super) fn is_valid(&self, features: usize) -> bool {
        let fits = |own: &Judged| own.values.len() == features;
        !self.verdicts.is_empty()
            && self.verdicts.iter().all(fits)
            && self.verdicts_sha256 == digest(&self.verdicts)
            && (1..=self.data.rows).contains(&self.data.distinct_rows)
            && self.changes.flagged_rows <= self.data.rows as u64
    }
}

/// The SHA-256 of verdicts, one line of JSON each.
pub(super) fn digest(verdicts: &[Judged]) -> String {
    let line = |own: &Judged| serde_json::to_string(own).unwrap_or_default() + "\n";
    sha256(verdicts.iter().map(line).collect::<String>().as_bytes())
}
