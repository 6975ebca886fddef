//! Scoring in production: any number of rows with bounded memory, and counts of all data issues.

mod alerts;
mod best;
mod columns;
mod data_issue;
mod discoveries;
mod explanation;
mod issue_lists;
mod line;
mod rejects;
mod review;
mod row;
mod run_summary;
mod stats;
mod table;
mod top_rows;

pub use alerts::{AlertRate, MOST_KEPT, RateThreshold};
pub use data_issue::DataIssue;
pub use discoveries::{DiscoveryRate, DiscoveryThreshold};
pub use line::{Observer, Rejected, Stream, score_lines, score_records};
pub use rejects::RejectedRows;
pub use review::review_columns;
pub use run_summary::RunSummary;
pub use stats::{DayStats, FeatureStats, ScoreStats};
pub use table::{batch_rows, score_table, score_table_with_rejects};
pub use top_rows::{Behaviour, Grouping, TopRows};

use crate::table::CsvOptions;

/// What to do with a value that training did not contain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Score it as the encoder does, and count it.
    #[default]
    Accept,
    /// End the run, or reject the line.
    Refuse,
}

/// The policy for each data issue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    /// Null, NaN and infinite values. If accepted, they are imputed as the training mean or the most frequent
    /// level.
    pub missing: Policy,
    /// A feature that a whole table lacks.
    pub absent: Policy,
    /// A level that training did not contain.
    pub unknown: Policy,
    /// A number outside the range of training.
    pub out_of_range: Policy,
}

impl Policies {
    /// Whether every value is scored.
    fn accept_all(&self) -> bool {
        DataIssue::ALL.iter().all(|issue| issue.policy(self) == Policy::Accept)
    }
}

/// How to score rows, and what to write.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What to do with each data issue.
    pub policies: Policies,
    /// Write flagged rows only.
    pub only_flagged: bool,
    /// Explain each flagged row by this number of features with the largest contributions.
    pub explain: Option<usize>,
    /// The prefix of the names of the new columns.
    pub prefix: String,
    /// How CSV on a stream is read, if not as detected.
    pub csv: CsvOptions,
    /// Count the rows of each day of a table, by this time column.
    pub time: Option<String>,
    /// Count the flagged rows of each entity of a table, by these columns. Empty: do not.
    pub entity: Vec<String>,
}

impl Options {
    /// The names of the new columns: score, severity, flagged, unseen, missing and, if requested, explanation.
    pub fn names(&self) -> Vec<String> {
        let explanation = self.explain.map(|_| "explanation");
        let names = ["score", "severity", "flagged", "unseen", "missing"].into_iter().chain(explanation);
        names.map(|name| format!("{}{name}", self.prefix)).collect()
    }

    /// The names of the new columns that JSON lines hold as JSON.
    pub fn json_names(&self) -> Vec<String> {
        self.names().split_off(3)
    }
}
