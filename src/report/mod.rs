//! The result of an experiment: one plain structure that the terminal, JSON and Markdown all read.

mod drawing;
mod exploration_table;
mod exploration_text;
mod exploration_words;
mod number;
mod protocols;
mod text;
mod warning;

pub use drawing::{
    Curves, Estimate, FeatureImportance, Importance, ProjectedRow, Projection, ProjectionMethod,
};
pub use exploration_text::{exploration_markdown, exploration_terminal};
pub use number::{count, counted, fixed, percent, probability, significant};
pub use text::{SIGNIFICANT, aligned, bullet, interval, markdown, suspicious, terminal, verdicts};
pub use warning::{LeakKind, Warning};

use crate::detector::Training;
use crate::explore::Exploration;
use crate::preprocess::Encoding;
use crate::metrics::{Interval, Summary};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// The version of the JSON form.
pub const FORMAT: u32 = 1;

/// Everything a comparison found out. Undefined values are `None`, in JSON null.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Report {
    pub format: u32,
    pub seed: u64,
    /// One entry per table and protocol.
    pub tables: Vec<TableReport>,
    /// Tables on which the protocols disagree about the best detector.
    pub winner_changes: Vec<WinnerChange>,
}

/// How rows are divided into those that are learned from and those that are scored.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// Fitted and scored on the same rows, as the notebook did.
    InSample,
    /// Fitted on a random part, scored on the rest.
    Holdout,
    /// Fitted on the past, scored on the future.
    Time,
    /// Fitted on the normal rows of a random part, scored on the rest.
    Clean,
}

/// What was found on one table under one protocol.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct TableReport {
    pub table: String,
    pub rows: usize,
    /// Different rows among them, as a detector sees them.
    pub distinct_rows: usize,
    pub features: Vec<String>,
    pub suspicious_rows: Option<usize>,
    /// In [0, 1], over all rows.
    pub suspicious_rate: Option<f64>,
    pub protocol: Protocol,
    pub train_rows: usize,
    pub scored_rows: usize,
    pub scored_suspicious_rows: Option<usize>,
    /// The share of training rows above the threshold, in (0, 0.5].
    pub contamination: f64,
    pub encoding: Encoding,
    /// Values that were missing or infinite, and filled in, per feature.
    pub missing: BTreeMap<String, usize>,
    /// Rows with a level that the training part did not hold, per feature.
    pub unseen_levels: BTreeMap<String, usize>,
    pub warnings: Vec<Note>,
    /// The summary in words, computed from this run.
    pub findings: Vec<String>,
    /// Best AUC first.
    pub runs: Vec<Run>,
    /// Every pair of detectors, compared on the same rows.
    pub differences: Vec<Difference>,
    /// What the data looks like; only where charts were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exploration: Option<Exploration>,
    /// Rows in the plane; only where charts were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub projections: Vec<Projection>,
}

/// A warning in a form that is written and read again.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Note {
    /// Stable, for programs.
    pub kind: String,
    /// For people.
    pub text: String,
}

/// One detector on one table.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Run {
    pub detector: String,
    /// Every parameter of the detector.
    pub parameters: Value,
    pub auc: Option<f64>,
    /// 95 %, DeLong.
    pub auc_interval: Option<Interval>,
    pub average_precision: Option<f64>,
    pub precision: Option<f64>,
    pub recall: Option<f64>,
    pub f1: Option<f64>,
    /// Rows with a score above this are flagged.
    pub threshold: f64,
    pub flagged_rows: u64,
    pub curves: Curves,
    /// Only where charts were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub importance: Option<Importance>,
    /// How the detector learned, where it learns in epochs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<Training>,
    /// The spread over seeds, where more than one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Repeats>,
    /// The distinct rows that were fitted on, where a limit left some of them out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampled_rows: Option<usize>,
    /// Only where timings were asked for: they differ from run to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<Seconds>,
}

/// Mean and standard deviation over seeds: how much the answer moves by chance inside the detector and the split,
/// which is another thing than the interval of one answer.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Repeats {
    pub auc: Option<Summary>,
    pub average_precision: Option<Summary>,
    pub precision: Option<Summary>,
    pub recall: Option<Summary>,
    pub f1: Option<Summary>,
}

/// Wall-clock seconds.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Seconds {
    pub fit: f64,
    pub score: f64,
}

/// Two detectors on the same rows: the paired test of DeLong on their AUCs.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Difference {
    pub better: String,
    pub worse: String,
    /// AUC of the better minus AUC of the worse.
    pub auc_difference: f64,
    pub interval: Interval,
    pub p: f64,
    /// Corrected for the number of pairs (Holm).
    pub p_holm: f64,
}

/// The best detector of a table under each protocol.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct WinnerChange {
    pub table: String,
    pub winners: Vec<Winner>,
}

/// The best detector under a protocol.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Winner {
    pub protocol: Protocol,
    pub detector: String,
    pub auc: f64,
    /// Whether its lead over the next detector is more than noise (corrected p below 0.05).
    pub lead_is_real: bool,
}

impl Report {
    /// The report of some tables, with what the protocols disagree about.
    pub fn new(seed: u64, tables: Vec<TableReport>) -> Self {
        let winner_changes = winner_changes(&tables);
        Report { format: FORMAT, seed, tables, winner_changes }
    }

    /// The part of this report that concerns one table.
    pub fn of_table(&self, table: &str) -> Report {
        let tables = self.tables.iter().filter(|report| report.table == table).cloned().collect();
        Report::new(self.seed, tables)
    }

    /// The JSON form: two-space indent, a newline at the end, the same bytes for the same report.
    ///
    /// # Errors
    /// Where a number is not finite, which no metric of ours is.
    pub fn to_json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

impl fmt::Display for WinnerChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words())
    }
}

impl TableReport {
    /// The detector with the highest AUC.
    pub fn winner(&self) -> Option<Winner> {
        let best = self.runs.first()?;
        let next = self.runs.get(1).map(|next| &next.detector);
        let pair = |d: &&Difference| d.better == best.detector && Some(&d.worse) == next;
        let lead_is_real = self.differences.iter().find(pair).is_none_or(|pair| pair.p_holm < SIGNIFICANT);
        let (detector, auc) = (best.detector.clone(), best.auc?);
        Some(Winner { protocol: self.protocol, detector, auc, lead_is_real })
    }
}

impl Protocol {
    /// Every protocol, in the order in which they are reported.
    pub const ALL: [Protocol; 4] = [Protocol::InSample, Protocol::Holdout, Protocol::Time, Protocol::Clean];

    /// The name in flags and JSON.
    pub fn id(self) -> &'static str {
        match self {
            Protocol::InSample => "in-sample",
            Protocol::Holdout => "holdout",
            Protocol::Time => "time",
            Protocol::Clean => "clean",
        }
    }

    /// Whether other rows are scored than were learned from.
    pub fn divides(self) -> bool {
        self != Protocol::InSample
    }

    /// What it means, in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Protocol::InSample => "fitted and scored on the same rows",
            Protocol::Holdout => "fitted on a random part, scored on the rest",
            Protocol::Time => "fitted on the past, scored on the future",
            Protocol::Clean => "fitted on normal rows of a random part, scored on the rest",
        }
    }
}

fn winner_changes(tables: &[TableReport]) -> Vec<WinnerChange> {
    let mut by_table: Vec<WinnerChange> = Vec::new();
    for (table, winner) in tables.iter().filter_map(|report| Some((&report.table, report.winner()?))) {
        match by_table.iter_mut().find(|change| change.table == *table) {
            Some(change) => change.winners.push(winner),
            None => by_table.push(WinnerChange { table: table.clone(), winners: vec![winner] }),
        }
    }
    by_table.retain(|change| change.winners.iter().any(|w| w.detector != change.winners[0].detector));
    by_table
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{env, fs, path::Path};

    /// Rewritten with `UPDATE_GOLDENS=1 cargo test --release`, and read in the diff.
    #[test]
    fn the_json_schema_in_the_repository_describes_the_report() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/report.schema.json");
        let schema = serde_json::to_string_pretty(&schemars::schema_for!(Report)).unwrap() + "\n";
        if env::var_os("UPDATE_GOLDENS").is_some() {
            fs::write(&path, &schema).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), schema);
    }
}
