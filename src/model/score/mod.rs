//! Scoring in production: rows of any number through the model of their table, a bounded part of them in memory at a
//! time, and a count of everything in them that training did not hold.

mod explanation;
mod line;
mod oddity;
mod table;
mod tally;

pub use line::{Rejected, score_lines, score_records};
pub use oddity::Oddity;
pub use table::{batch_rows, score_table};
pub use tally::{FeatureTally, Tally};

/// What is done with a value that training did not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Score it as the model's encoder does, and count it.
    #[default]
    Accept,
    /// End the run, or refuse the line.
    Refuse,
}

/// What is done with everything that training did not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    /// Null, NaN, infinite: scored as the training mean, or the commonest level.
    pub missing: Policy,
    /// A feature that a whole table lacks.
    pub absent: Policy,
    /// A level that training did not hold.
    pub unknown: Policy,
    /// A number below the lowest or above the highest of training.
    pub out_of_range: Policy,
}

/// How rows are scored, and what is written of them.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub policies: Policies,
    /// Leave out the rows that are not flagged.
    pub only_flagged: bool,
    /// For each flagged row, so many features with the largest contributions.
    pub explain: Option<usize>,
    /// What stands in front of the names of the new columns.
    pub prefix: String,
}

impl Options {
    /// The names of the new columns: score, severity, flagged, and with explanations those.
    pub fn names(&self) -> Vec<String> {
        let explanation = self.explain.map(|_| "explanation");
        let names = ["score", "severity", "flagged"].into_iter().chain(explanation);
        names.map(|name| format!("{}{name}", self.prefix)).collect()
    }
}
