//! What the gate finds about one entry of a baseline or a run.

use crate::error::Hint;
use crate::report::fixed;
use std::fmt;

/// The outcome of one detector on one table.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The table's name.
    pub table: String,
    /// The detector's name.
    pub detector: String,
    /// How its AUC compares with the baseline.
    pub outcome: Outcome,
}

/// How the AUC of this run compares with the baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// The change is within the tolerance.
    Kept {
        /// The recorded AUC; `None` if undefined.
        expected: Option<f64>,
        /// The AUC of this run; `None` if undefined.
        actual: Option<f64>,
    },
    /// The AUC rose by more than the tolerance: record it.
    Rose {
        /// The recorded AUC; `None` if undefined.
        expected: Option<f64>,
        /// The AUC of this run.
        actual: f64,
    },
    /// The AUC fell by more than the tolerance, or is no longer defined.
    Fell {
        /// The recorded AUC.
        expected: f64,
        /// The AUC of this run; `None` if undefined.
        actual: Option<f64>,
        /// The accepted fall of the AUC, in [0, 1].
        tolerance: f64,
    },
    /// The baseline has this table and detector, the run does not.
    NotRun {
        /// The recorded AUC; `None` if undefined.
        expected: Option<f64>,
    },
    /// The run has this table and detector, the baseline does not.
    NotRecorded {
        /// The AUC of this run; `None` if undefined.
        actual: Option<f64>,
    },
}

impl Finding {
    pub(super) fn new((table, detector): (&str, &str), outcome: Outcome) -> Self {
        Finding { table: table.to_owned(), detector: detector.to_owned(), outcome }
    }

    /// Whether this entry is within its tolerance.
    pub fn is_kept(&self) -> bool {
        matches!(self.outcome, Outcome::Kept { .. })
    }

    /// The way to accept a better or a new AUC.
    pub fn hint(&self) -> Option<Hint> {
        matches!(self.outcome, Outcome::Rose { .. } | Outcome::NotRecorded { .. }).then_some(Hint::Bless)
    }

    /// Whether this entry alone fails the gate.
    pub fn fails(&self) -> bool {
        matches!(self.outcome, Outcome::Fell { .. } | Outcome::NotRun { .. } | Outcome::NotRecorded { .. })
    }
}

impl Outcome {
    /// A word for programs and people: `ok`, `rose`, `fell`, `gone` or `new`.
    pub fn id(&self) -> &'static str {
        match self {
            Outcome::Kept { .. } => "ok",
            Outcome::Rose { .. } => "rose",
            Outcome::Fell { .. } => "fell",
            Outcome::NotRun { .. } => "gone",
            Outcome::NotRecorded { .. } => "new",
        }
    }

    /// The AUC of this run; `None` if undefined or not run.
    pub fn auc(&self) -> Option<f64> {
        match *self {
            Outcome::Kept { actual, .. } | Outcome::Fell { actual, .. } | Outcome::NotRecorded { actual } => {
                actual
            }
            Outcome::Rose { actual, .. } => Some(actual),
            Outcome::NotRun { .. } => None,
        }
    }

    /// The recorded AUC; `None` if undefined or not recorded.
    pub fn recorded(&self) -> Option<f64> {
        match *self {
            Outcome::Kept { expected, .. }
            | Outcome::Rose { expected, .. }
            | Outcome::NotRun { expected } => expected,
            Outcome::Fell { expected, .. } => Some(expected),
            Outcome::NotRecorded { .. } => None,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { table, detector, outcome } = self;
        let mark = if self.fails() { outcome.id().to_uppercase() } else { outcome.id().to_owned() };
        write!(f, "{mark:<5} {table} {detector}: ")?;
        let (auc, recorded) = (fixed(outcome.auc()), fixed(outcome.recorded()));
        match outcome {
            Outcome::Kept { .. } | Outcome::Rose { .. } => write!(f, "AUC {auc}, recorded {recorded}"),
            Outcome::Fell { tolerance, .. } => {
                write!(f, "AUC {auc}, recorded {recorded}, tolerance {tolerance}")
            }
            Outcome::NotRun { .. } => write!(f, "recorded {recorded}, but not in this run"),
            Outcome::NotRecorded { .. } => write!(f, "AUC {auc}, but nothing is recorded"),
        }
    }
}
