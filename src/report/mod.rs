//! The result of an experiment: one plain structure that the terminal, JSON, Markdown and HTML all read.

mod alert_rate;
mod budget;
mod budget_csv;
mod budget_text;
mod columns;
mod drawing;
mod entity;
mod exploration_table;
mod exploration_text;
mod exploration_words;
mod export;
mod feedback;
mod number;
mod protocols;
mod provenance;
mod ranks;
mod ranks_text;
mod row_groups;
mod text;
mod warning;
mod warning_text;

pub use alert_rate::{AlertRate, DayRate};
pub use budget::{AttackUnit, DetectionStep, FoundAttack, FoundOnDay, RunBudget, TableBudget};
pub use budget_csv::{COLUMNS as BUDGET_COLUMNS, record as budget_record};
pub use budget_text::{HEADS as BUDGET_HEADS, cells as budget_cells, heading as budget_heading};
pub use columns::Metrics;
pub use drawing::{
    Curves, Estimate, FeatureImportance, Importance, ProjectedRow, Projection, ProjectionMethod,
};
pub use entity::{EntityHour, EntityHours, EntityLink, EntityLinks, EntityWeek, NoveltyCurves};
pub use exploration_text::{exploration_markdown, exploration_terminal};
pub use export::{csv, latex};
pub use feedback::{DetectorFeedback, Discovery, FEEDBACK_HEADS, FeedbackReport, TableFeedback};
pub use number::{
    count, counted, fixed, interval, percent, probability, rounded, significant, tiny, tiny_interval,
};
pub use protocols::{ProtocolMatrix, ProtocolRow, protocol_matrices};
pub use provenance::{Provenance, SourceFile};
pub use ranks::{RankClaim, RankedDetector, RankedPair, Ranks, ranks, similar_names};
pub use ranks_text::conclusions as rank_conclusions;
pub use row_groups::RowGroups;
pub use text::{aligned, bullet, markdown, suspicious, terminal, terminal_with, verdicts};
pub use warning::{LeakKind, Warning};

use crate::detector::TrainingHistory;
use crate::error::Hint;
use crate::explore::Exploration;
use crate::metrics::{AtPrevalence, Interval, NullDistribution, Summary};
use crate::schema::Encoding;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// The version of the JSON format.
pub const FORMAT: u32 = 1;

/// The result of a comparison. Undefined values are `None`, null in JSON.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Report {
    /// The version of the JSON format.
    pub format: u32,
    /// The seed of all random numbers.
    pub seed: u64,
    /// One entry per table and protocol.
    pub tables: Vec<TableReport>,
    /// The tables on which protocols disagree about the best detector.
    pub winner_changes: Vec<WinnerChange>,
    /// The detectors over several tables, one entry per protocol; only if each file is a table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranks: Vec<Ranks>,
    /// What made the report; `None` if it was made by the library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
}

/// How rows are split into training and scored rows.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// Fitted and scored on the same rows.
    InSample,
    /// Fitted on a random part, scored on the rest.
    Holdout,
    /// Fitted on the past, scored on the future.
    Time,
    /// Fitted on the normal rows of a random part, scored on the rest.
    Clean,
    /// Fitted on the rows of some groups, such as users, scored on those of the others.
    Group,
}

/// The results on one table under one protocol.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct TableReport {
    /// The table's name.
    pub table: String,
    /// The number of rows in the whole table.
    pub rows: usize,
    /// The number of distinct encoded rows.
    pub distinct_rows: usize,
    /// The names of the features, in the order of the columns.
    pub features: Vec<String>,
    /// The number of suspicious rows in the whole table; `None` without labels.
    pub suspicious_rows: Option<usize>,
    /// The share of suspicious rows in the whole table, in [0, 1].
    pub suspicious_rate: Option<f64>,
    /// The groups of rows that intervals and tests of the AUC count once; `None` if they count rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<RowGroups>,
    /// How rows are split into training and scored rows.
    pub protocol: Protocol,
    /// The number of training rows, duplicates included.
    pub train_rows: usize,
    /// The number of scored rows, duplicates included.
    pub scored_rows: usize,
    /// The number of suspicious rows among the scored rows; `None` without labels.
    pub scored_suspicious_rows: Option<usize>,
    /// The shares of scored rows that occur in training; `None` if the training rows are scored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<RowsSeen>,
    /// The largest share of training rows above the threshold, in (0, 0.5]; `None` if another rule sets it.
    pub contamination: Option<f64>,
    /// The rule of the threshold, such as `tail=0.0001`; `None` for a contamination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold_rule: Option<String>,
    /// The largest false-positive rate of the partial AUC, in (0, 1].
    #[serde(default = "max_fpr")]
    pub max_fpr: f64,
    /// How categories become numbers.
    pub encoding: Encoding,
    /// The number of missing or infinite values per feature, which are imputed.
    pub missing: BTreeMap<String, usize>,
    /// The number of rows per feature with a level that does not occur in the training rows.
    pub unseen_levels: BTreeMap<String, usize>,
    /// What a reader must know before trusting the results.
    pub warnings: Vec<Note>,
    /// The summary in sentences, computed from this run.
    pub findings: Vec<String>,
    /// Best AUC first.
    pub runs: Vec<Run>,
    /// The differences between every pair of detectors on the same rows.
    pub differences: Vec<Difference>,
    /// The number of pairs that Holm's correction counts: the tested pairs of all tables and protocols of the call.
    #[serde(default)]
    pub tested_pairs: usize,
    /// AUCs that differ by less than this count as equal, in (0, 0.5].
    #[serde(default = "equivalence")]
    pub equivalence: f64,
    /// The rows and attacks of a budget of alerts a day, if one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<TableBudget>,
    /// A description of the data; only with charts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exploration: Option<Exploration>,
    /// Two-dimensional projections of rows; only with charts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub projections: Vec<Projection>,
}

impl TableReport {
    /// How the threshold was set, in words.
    pub fn threshold_words(&self) -> String {
        let most =
            |share: f64| format!("at most the highest {} of the training scores are flagged", percent(share));
        match (&self.threshold_rule, self.contamination) {
            (None, Some(share)) => most(share),
            (Some(rule), Some(share)) => format!("{rule}, {}", most(share)),
            (rule, None) => rule.clone().unwrap_or_default(),
        }
    }
}

/// The shares of the scored rows that equal a training row in every feature.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct RowsSeen {
    /// Of all scored rows, in [0, 1].
    pub rows: f64,
    /// Of the suspicious scored rows, in [0, 1]; `None` without labels or suspicious rows.
    pub suspicious: Option<f64>,
}

/// A warning, serializable.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Note {
    /// A stable name, for programs.
    pub kind: String,
    /// A sentence, for people.
    pub text: String,
    /// What to do about it, if there is a known way out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Hint>,
}

/// The result of one detector on one table.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Run {
    /// The detector's name, such as `lof` or `lof(k=10)`.
    pub detector: String,
    /// Every parameter of the detector.
    pub parameters: Value,
    /// The area under the ROC curve, in [0, 1]; `None` without labels of both classes. With several seeds their mean,
    /// as for partial AUC and average precision. All other values are those of the first seed.
    pub auc: Option<f64>,
    /// The 95 % confidence interval of the AUC: Wilson's, with the variance of DeLong and, if there are several seeds,
    /// their variance.
    pub auc_interval: Option<Interval>,
    /// The test whether the AUC is above that of chance; `None` without labels of both classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against_chance: Option<AgainstChance>,
    /// The area under the ROC curve up to the false-positive rate `max_fpr`, standardized to 0.5 for chance
    /// and 1 for a perfect ranking (McClish 1989); `None` without labels of both classes.
    pub partial_auc: Option<f64>,
    /// Its 95 % confidence interval.
    #[serde(default)]
    pub partial_auc_interval: Option<Interval>,
    /// The average precision, in [0, 1]; `None` without labels or suspicious rows. It depends on the share of suspicious
    /// rows, so it cannot be compared between tables.
    pub average_precision: Option<f64>,
    /// Its 95 % confidence interval at this share of suspicious rows.
    #[serde(default)]
    pub average_precision_interval: Option<Interval>,
    /// The precision among the rows with the highest scores; empty without labels.
    #[serde(default)]
    pub precision_at_k: Vec<PrecisionAtK>,
    /// The share of flagged rows that are suspicious, in [0, 1]; `None` without labels or flagged rows.
    pub precision: Option<f64>,
    /// Its 95 % confidence interval (Wilson). With groups, the number of rows is an effective one.
    #[serde(default)]
    pub precision_interval: Option<Interval>,
    /// The share of suspicious rows that are flagged, in [0, 1]; `None` without labels or suspicious rows.
    pub recall: Option<f64>,
    /// Its 95 % confidence interval (Wilson). With groups, the number of rows is an effective one.
    #[serde(default)]
    pub recall_interval: Option<Interval>,
    /// The F1 score, in [0, 1]; `None` without labels, or if no row is flagged and none is suspicious.
    pub f1: Option<f64>,
    /// The precision at another share of suspicious rows, if one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_prevalence: Option<AtPrevalence>,
    /// The alerts under a budget a day, with the first seed, if a budget was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<RunBudget>,
    /// Rows with a score above this are flagged.
    pub threshold: f64,
    /// The number of scored rows above the threshold.
    pub flagged_rows: u64,
    /// The ROC and precision-recall curves, and the histogram of scores.
    pub curves: Curves,
    /// Permutation importance of the features; only with charts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub importance: Option<Importance>,
    /// The training history, if the detector learns in epochs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<TrainingHistory>,
    /// Mean and standard deviation over seeds, if there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Repeats>,
    /// The AUC over folds in time, if they were requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folds: Option<Folds>,
    /// The number of distinct rows in the training sample, if a limit required a sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampled_rows: Option<usize>,
    /// The choice among the settings of a grid; `None` without a grid, or without training rows of both classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selection>,
    /// The AUC over repeated random splits, the mean over the seeds on each; `None` with a single split. AUC and its
    /// interval (Nadeau & Bengio 2003) are then those over the splits, and all other values those of the first split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_splits: Option<Summary>,
    /// The promised and the realised share of flagged rows, if the scored rows were not fitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert_rate: Option<AlertRate>,
    /// Only with timings, because they differ from run to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<Seconds>,
}

/// The one-sided test whether a detector ranks suspicious rows higher than random labels would be: that of Mann & Whitney
/// for independent rows, or one in which a group counts as one row.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct AgainstChance {
    /// The p-value, in [0, 1], not corrected.
    pub p: f64,
    /// The p-value corrected for the number of detectors of the table (Holm).
    pub p_holm: f64,
    /// Where p comes from. For independent rows it is exact with fewer than 20 rows in the smaller class, unless the table
    /// is too large, else normal.
    pub method: NullDistribution,
}

/// The precision among the `k` rows with the highest scores.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct PrecisionAtK {
    /// The number of rows.
    pub k: u64,
    /// The share of suspicious rows among them, in [0, 1]: the expectation over the order of rows with equal
    /// scores. `None` with fewer than `k` scored rows.
    pub precision: Option<f64>,
}

/// The default of the largest false-positive rate of the partial AUC.
pub const MAX_FPR: f64 = 0.01;

fn max_fpr() -> f64 {
    MAX_FPR
}

/// Differences with a corrected p-value below this are significant.
pub const SIGNIFICANT: f64 = 0.05;

/// The default of the difference of two AUCs that counts as none.
pub const EQUIVALENCE: f64 = 0.01;

fn equivalence() -> f64 {
    EQUIVALENCE
}

/// Mean and standard deviation over seeds: the randomness of the detector. A confidence interval measures the randomness
/// of the rows, too.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Repeats {
    /// The area under the ROC curve; `None` if undefined for a seed.
    pub auc: Option<Summary>,
    /// The average precision; `None` if undefined for a seed.
    pub average_precision: Option<Summary>,
    /// The precision at the threshold; `None` if undefined for a seed.
    pub precision: Option<Summary>,
    /// The recall at the threshold; `None` if undefined for a seed.
    pub recall: Option<Summary>,
    /// The F1 score at the threshold; `None` if undefined for a seed.
    pub f1: Option<Summary>,
}

/// The AUC of the first seed over folds in time: each fold is fitted on all rows before it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Folds {
    /// The AUC of each fold, the earliest first; `None` for a fold without both classes.
    pub aucs: Vec<Option<f64>>,
    /// The mean and the standard deviation over the folds that have an AUC.
    pub auc: Option<Summary>,
    /// The 95 % interval of the mean: Student's t over folds, clipped to [0, 1]. `None` with fewer than two AUCs. The folds
    /// share training rows, so it is approximate.
    pub auc_interval: Option<Interval>,
}

/// Wall-clock seconds.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Seconds {
    /// The time of the fit.
    pub fit: f64,
    /// The time to score the scored rows; near 0 if they are the training rows, which the fit scores.
    pub score: f64,
}

/// The difference between two detectors on the same rows: the paired test of their AUCs by DeLong, with the variance
/// over seeds if a detector draws random numbers.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Difference {
    /// The detector with the higher AUC.
    pub better: String,
    /// The detector with the lower or equal AUC.
    pub worse: String,
    /// AUC of the better minus AUC of the worse.
    pub auc_difference: f64,
    /// The 95 % confidence interval of the difference; `None` if it is not tested.
    pub interval: Option<Interval>,
    /// The two-sided p-value, in [0, 1], not corrected; `None` if it is not tested.
    pub p: Option<f64>,
    /// The p-value corrected for the tested pairs of all tables and protocols of the call (Holm); `None` if it is not
    /// tested.
    pub p_holm: Option<f64>,
    /// What the test allows to say.
    pub claim: Claim,
    /// The difference of the average precisions; `None` if it is not tested.
    #[serde(default)]
    pub average_precision: Option<TopDifference>,
    /// The difference of the partial AUCs; `None` if it is not tested.
    #[serde(default)]
    pub partial_auc: Option<TopDifference>,
}

/// The difference of a measure of the top of the ranking between two detectors on the same rows: that of the first
/// minus that of the second.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct TopDifference {
    /// Negative if the second detector has the higher value.
    pub difference: f64,
    /// The 95 % confidence interval of the difference.
    pub interval: Interval,
    /// The two-sided p-value, in [0, 1], not corrected.
    pub p: f64,
    /// The p-value corrected for the number of pairs that were tested in the call (Holm).
    pub p_holm: Option<f64>,
}

/// What the test of a difference allows to say.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// The first detector has the higher AUC on new rows: significant, and scored on rows that were not fitted.
    BetterOnNewRows,
    /// The first detector ranks these rows better, which says nothing about other rows: significant, in-sample.
    RanksTheseRowsBetter,
    /// Not significant, and the interval of the difference is within the margin of equivalence.
    Equivalent,
    /// Not significant.
    NotToldApart,
    /// A detector draws random numbers and ran with one seed, which may have decided the difference.
    NotTested,
    /// A setting of a grid, of which the labels of the training rows choose another.
    NotChosen,
    /// A setting of a grid whose choice would need the labels of the scored rows: in-sample, or after a fit of normal rows.
    TriedOnTheseRows,
    /// The suspicious rows that are scored belong to fewer than five groups, such as attacks.
    TooFewGroups,
}

/// The choice among the settings of a grid by the labels of the training rows.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Selection {
    /// The area under the ROC curve of the training rows, in [0, 1].
    pub training_auc: f64,
    /// Whether it is the highest of the detector's settings.
    pub is_chosen: bool,
}

/// The best detector of a table under each protocol.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct WinnerChange {
    /// The table's name.
    pub table: String,
    /// The best detector under each protocol with a defined AUC.
    pub winners: Vec<Winner>,
}

/// The best detector under a protocol.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Winner {
    /// The protocol that it wins.
    pub protocol: Protocol,
    /// The detector's name.
    pub detector: String,
    /// Its AUC under this protocol, in [0, 1].
    pub auc: f64,
    /// Whether its lead over the next detector is significant (corrected p below 0.05).
    pub lead_is_real: bool,
}

impl Report {
    /// The report of some tables, and where their protocols disagree about the best detector.
    pub fn new(seed: u64, tables: Vec<TableReport>) -> Self {
        let winner_changes = winner_changes(&tables);
        Report { format: FORMAT, seed, tables, winner_changes, ranks: Vec::new(), provenance: None }
    }

    /// The part of this report about one table.
    pub fn of_table(&self, table: &str) -> Report {
        let tables = self.tables.iter().filter(|report| report.table == table).cloned().collect();
        Report { provenance: self.provenance.clone(), ..Report::new(self.seed, tables) }
    }

    /// The report as JSON with two-space indentation and a final newline; deterministic.
    ///
    /// # Errors
    /// If the report cannot be serialized.
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
    /// The gravest of the warnings that a summary mentions; `None` without such warnings.
    pub fn gravest(&self) -> Option<&Note> {
        let gravity = |note: &Note| Warning::BY_GRAVITY.iter().position(|kind| *kind == note.kind);
        let ranked = self.warnings.iter().filter_map(|note| Some((gravity(note)?, note)));
        ranked.min_by_key(|(gravity, _)| *gravity).map(|(_, note)| note)
    }

    /// The detector with the highest AUC; `None` if no AUC is defined.
    pub fn winner(&self) -> Option<Winner> {
        let best = self.runs.first()?;
        let next = self.runs.get(1).map(|next| &next.detector);
        let pair = |d: &&Difference| d.better == best.detector && Some(&d.worse) == next;
        let is_significant = |pair: &Difference| pair.p_holm.is_some_and(|p| p < SIGNIFICANT);
        let lead_is_real = self.differences.iter().find(pair).is_none_or(is_significant);
        let (detector, auc) = (best.detector.clone(), best.auc?);
        Some(Winner { protocol: self.protocol, detector, auc, lead_is_real })
    }
}

impl Run {
    /// Whether the AUC may be above 0.5 by chance: by the test against chance at 0.025, the level of one side of a 95 %
    /// interval, or by the interval.
    pub fn may_be_chance(&self) -> bool {
        self.against_chance.is_some_and(|test| test.p_holm >= SIGNIFICANT / 2.0)
            || self.auc_interval.is_some_and(|interval| interval.low <= 0.5)
    }
}

impl Protocol {
    /// Every protocol that needs no choice of groups, in reporting order.
    pub const ALL: [Protocol; 4] = [Protocol::InSample, Protocol::Holdout, Protocol::Time, Protocol::Clean];

    /// The name in flags and JSON.
    pub fn id(self) -> &'static str {
        match self {
            Protocol::InSample => "in-sample",
            Protocol::Holdout => "holdout",
            Protocol::Time => "time",
            Protocol::Clean => "clean",
            Protocol::Group => "group",
        }
    }

    /// Whether the scored rows differ from the training rows.
    pub fn divides(self) -> bool {
        self != Protocol::InSample
    }

    /// The meaning in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Protocol::InSample => "fitted and scored on the same rows",
            Protocol::Holdout => "fitted on a random part, scored on the rest",
            Protocol::Time => "fitted on the past, scored on the future",
            Protocol::Clean => "fitted on normal rows of a random part, scored on the rest",
            Protocol::Group => "fitted on the rows of some groups, scored on those of the others",
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

    /// `UPDATE_GOLDENS=1 cargo test --release` rewrites the file; review its diff.
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
