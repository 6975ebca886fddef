//! The warnings about a table or a run, and their stable names.

use super::{Note, ProjectionMethod, Protocol, RowsSeen};
use crate::error::{Error, printable};
use crate::table;

/// What a reader must know about a table or a run before trusting a number. `Display` gives the text.
#[derive(Debug)]
pub enum Warning {
    /// A note from reading the table, such as a column that is left out.
    Table(table::Note),
    /// A table without a label column.
    NoLabels {
        /// A feature with a typical name of labels; `None` if there is none.
        candidate: Option<String>,
    },
    /// A protocol that the table does not allow.
    ProtocolLeftOut {
        /// The protocol without results.
        protocol: Protocol,
        /// Why the table does not allow it.
        error: Error,
    },
    /// Scored rows that are all suspicious or all normal.
    OneClass {
        /// Whether all of them are suspicious.
        suspicious: bool,
    },
    /// Fewer than 20 suspicious scored rows.
    FewPositives {
        /// The number of suspicious scored rows.
        positives: u64,
    },
    /// More suspicious than normal scored rows.
    SuspiciousMajority {
        /// The share of suspicious rows among the scored rows, in (0.5, 1).
        rate: f64,
    },
    /// A feature that reveals the label.
    Leak {
        /// The feature's name.
        column: String,
        /// How it reveals the label.
        how: LeakKind,
    },
    /// Two features that reveal the label together; none of them does alone.
    LeakOfPair {
        /// The name of the first feature.
        first: String,
        /// The name of the second feature.
        second: String,
        /// The share of the smaller class that is separated, in (0, 1].
        share: f64,
    },
    /// A feature with the same value in every row.
    ConstantFeature {
        /// The feature's name.
        feature: String,
    },
    /// A feature with one value in the training rows, and others in the scored rows.
    ConstantInTraining {
        /// The feature's name.
        feature: String,
    },
    /// More than half of the suspicious scored rows, or 90 % of all, equal a training row in every feature.
    RowsSeen {
        /// The protocol that split the table.
        protocol: Protocol,
        /// The shares.
        seen: RowsSeen,
    },
    /// A feature with missing or infinite values, which are imputed.
    Missing {
        /// The feature's name.
        feature: String,
        /// The number of rows with such a value.
        rows: usize,
    },
    /// A feature with levels that do not occur in the training rows.
    UnseenLevels {
        /// The feature's name.
        feature: String,
        /// The number of rows with such a level.
        rows: usize,
    },
    /// A contamination above twice the share of suspicious rows: it limits precision.
    ContaminationFarAbove {
        /// The smallest and the largest share of the scored rows that a detector flags, above `rate`.
        flagged: [f64; 2],
        /// The share of suspicious rows among the scored rows, in (0, 0.25).
        rate: f64,
    },
    /// A contamination below half of the share of suspicious rows: it limits recall.
    ContaminationFarBelow {
        /// The smallest and the largest share of the scored rows that a detector flags, below `rate`.
        flagged: [f64; 2],
        /// The share of suspicious rows among the scored rows, in (0, 1).
        rate: f64,
    },
    /// A detector with the same score for every row.
    ConstantScore {
        /// The detector's name.
        detector: String,
    },
    /// A detector with the highest score for more than 5 % of the rows.
    SaturatedScore {
        /// The detector's name.
        detector: String,
        /// The share of rows with the highest score, in (0.05, 1).
        share: f64,
    },
    /// A detector with an AUC that is significantly below 0.5.
    InvertedScore {
        /// The detector's name.
        detector: String,
        /// Its AUC, in [0, 0.5).
        auc: f64,
    },
    /// The detector with the highest AUC depends on the seed.
    BestChangesWithSeed {
        /// The detectors that are best for some seed, with the number of those seeds.
        winners: Vec<(String, usize)>,
        /// The number of seeds.
        seeds: usize,
    },
    /// A detector without a score above the threshold.
    NothingFlagged {
        /// The detector's name.
        detector: String,
    },
    /// The best of several settings of a detector, chosen by AUC.
    ChosenOnLabels {
        /// The name of the best setting, such as `lof(k=10)`.
        chosen: String,
        /// The detector's id.
        detector: &'static str,
        /// The number of settings with an AUC.
        settings: usize,
    },
    /// A detector that is fitted on a random sample because of a limit.
    FittedOnSample {
        /// The detector's name.
        detector: String,
        /// The number of distinct rows in the sample.
        rows: usize,
        /// The number of distinct training rows.
        distinct: usize,
    },
    /// A neighbor detector with k above a quarter of the distinct training rows.
    FewDistinctForK {
        /// The detector's name.
        detector: String,
        /// The number of neighbors.
        k: u64,
        /// The number of distinct training rows.
        distinct: usize,
    },
    /// A neighbor detector with a training row that occurs more than k times.
    DuplicatesBeyondK {
        /// The detector's name.
        detector: String,
        /// The number of neighbors.
        k: u64,
        /// The copies of the most frequent row.
        copies: u32,
        /// Whether neighbors are distinct rows. If not, each copy of a row is a neighbor.
        distinct: bool,
    },
    /// Detectors that flag another share of new rows than their thresholds promise.
    AlertRateOff {
        /// The names, each with the promised and the realised share.
        detectors: Vec<(String, [f64; 2])>,
    },
    /// Too few calibration rows for a false discovery rate: no row can be flagged.
    CalibrationTooSmall {
        /// The detector's name.
        detector: String,
        /// The number of calibration rows.
        rows: u64,
        /// The number of rows that must score above all of them before one is flagged.
        least: u64,
        /// The number of rows that do.
        above_all: u64,
    },
    /// Calibration rows that are suspicious by their labels.
    CalibrationWithAnomalies {
        /// The number of suspicious rows.
        suspicious: u64,
        /// The number of calibration rows.
        rows: u64,
    },
    /// A false discovery rate from the rows of few groups, which are not independent.
    FewCalibrationGroups {
        /// The column of the groups.
        column: String,
        /// The number of groups.
        groups: usize,
    },
    /// A projection that failed.
    NotProjected {
        /// The method that failed.
        method: ProjectionMethod,
        /// Why it failed, as a sentence.
        reason: String,
    },
}

/// How a column reveals the label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LeakKind {
    /// The column equals the label.
    EqualsLabel,
    /// The column is the inverted label.
    OppositeOfLabel,
    /// A bound, or the set of values of each class, separates the classes.
    Separates {
        /// The share of the smaller class that is separated, in (0, 1].
        share: f64,
    },
}

impl Warning {
    /// The kinds that the summary of a run mentions, most severe first.
    pub const BY_GRAVITY: [&'static str; 21] = [
        "leak",
        "leak-of-pair",
        "one-class",
        "no-labels",
        "chosen-on-labels",
        "inverted-score",
        "constant-score",
        "suspicious-majority",
        "few-positives",
        "rows-seen",
        "saturated-score",
        "nothing-flagged",
        "calibration-too-small",
        "calibration-with-anomalies",
        "few-calibration-groups",
        "alert-rate-off",
        "fitted-on-sample",
        "few-distinct-for-k",
        "contamination-far-above-rate",
        "contamination-far-below-rate",
        "duplicates-beyond-k",
    ];

    /// The stable name, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Warning::Table(_) => "table",
            Warning::NoLabels { .. } => "no-labels",
            Warning::ProtocolLeftOut { .. } => "protocol-left-out",
            Warning::OneClass { .. } => "one-class",
            Warning::FewPositives { .. } => "few-positives",
            Warning::SuspiciousMajority { .. } => "suspicious-majority",
            Warning::Leak { .. } => "leak",
            Warning::LeakOfPair { .. } => "leak-of-pair",
            Warning::ConstantFeature { .. } => "constant-feature",
            Warning::ConstantInTraining { .. } => "constant-in-training",
            Warning::RowsSeen { .. } => "rows-seen",
            Warning::Missing { .. } => "missing-values",
            Warning::UnseenLevels { .. } => "unseen-levels",
            Warning::ContaminationFarAbove { .. } => "contamination-far-above-rate",
            Warning::ContaminationFarBelow { .. } => "contamination-far-below-rate",
            Warning::ConstantScore { .. } => "constant-score",
            Warning::SaturatedScore { .. } => "saturated-score",
            Warning::InvertedScore { .. } => "inverted-score",
            Warning::BestChangesWithSeed { .. } => "best-changes-with-seed",
            Warning::NothingFlagged { .. } => "nothing-flagged",
            Warning::ChosenOnLabels { .. } => "chosen-on-labels",
            Warning::FittedOnSample { .. } => "fitted-on-sample",
            Warning::DuplicatesBeyondK { .. } => "duplicates-beyond-k",
            Warning::FewDistinctForK { .. } => "few-distinct-for-k",
            Warning::AlertRateOff { .. } => "alert-rate-off",
            Warning::CalibrationTooSmall { .. } => "calibration-too-small",
            Warning::CalibrationWithAnomalies { .. } => "calibration-with-anomalies",
            Warning::FewCalibrationGroups { .. } => "few-calibration-groups",
            Warning::NotProjected { method: ProjectionMethod::Pca, .. } => "not-projected-pca",
            Warning::NotProjected { method: ProjectionMethod::Tsne, .. } => "not-projected-tsne",
        }
    }
}

impl From<Warning> for Note {
    fn from(warning: Warning) -> Self {
        let text = printable(&warning.to_string(), usize::MAX - 1);
        Note { kind: warning.kind().to_owned(), text, hint: warning.hint() }
    }
}
