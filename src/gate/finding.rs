//! What the gate finds about one entry of a baseline or a run.

use super::measurement::Metric;
use crate::error::Hint;
use crate::metrics::Change;
use crate::report::fixed;
use std::fmt;

/// The outcome of one detector on one table.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The table's name.
    pub table: String,
    /// The detector's name.
    pub detector: String,
    /// How its metrics compare with the baseline: the AUC, then those that are recorded.
    pub checks: Vec<MetricCheck>,
}

/// How a metric of this run compares with the baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricCheck {
    /// The metric.
    pub metric: Metric,
    /// The answer.
    pub outcome: Outcome,
    /// The recorded value, in [0, 1]; `None` if it is undefined or not recorded.
    pub recorded: Option<f64>,
    /// The value of this run, in [0, 1]; `None` if it is undefined or not run.
    pub value: Option<f64>,
    /// The accepted fall, in [0, 1].
    pub margin: f64,
    /// `None` if one of the values does not exist.
    pub change: Option<Change>,
    /// The one-sided p-value of a fall, corrected for all checks of the run (Holm).
    pub p_fall: Option<f64>,
    /// The p-value of the test that the metric fell by less than the margin.
    pub p_not_inferior: Option<f64>,
    /// Whether the rows were compared one by one.
    pub is_paired: bool,
    /// Whether the table is another one than that of the baseline.
    pub is_data_changed: bool,
}

/// The answer of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A fall of more than the margin is excluded.
    Ok,
    /// It rose by more than the margin, and by more than chance explains: record it.
    Better,
    /// Neither a fall of more than the margin nor its absence can be shown.
    CannotTell,
    /// The table is another one, and the metric is not worse by more than chance explains.
    DataChanged,
    /// It fell by more than the margin, and by more than chance explains; or it is no longer defined.
    Worse,
    /// The baseline has this table and detector, the run does not.
    Gone,
    /// The run has this table and detector, the baseline does not.
    New,
}

impl Finding {
    pub(super) fn new(table: &str, detector: &str, checks: Vec<MetricCheck>) -> Self {
        Finding { table: table.to_owned(), detector: detector.to_owned(), checks }
    }

    /// The answer for the entry: that of the AUC, unless another metric is worse.
    pub fn outcome(&self) -> Outcome {
        let is_worse = self.checks.iter().any(|check| check.outcome == Outcome::Worse);
        let of_auc = self.checks.first().map_or(Outcome::Ok, |check| check.outcome);
        if is_worse { Outcome::Worse } else { of_auc }
    }

    /// The way to accept another AUC.
    pub fn hint(&self) -> Option<Hint> {
        let recordable = [Outcome::Better, Outcome::New, Outcome::DataChanged];
        recordable.contains(&self.outcome()).then_some(Hint::Bless)
    }

    /// Whether this entry alone fails the gate.
    pub fn fails(&self) -> bool {
        matches!(self.outcome(), Outcome::Worse | Outcome::Gone | Outcome::New)
    }
}

impl MetricCheck {
    /// A check without a test.
    pub(super) fn alone(outcome: Outcome, recorded: Option<f64>, value: Option<f64>) -> Self {
        MetricCheck {
            metric: Metric::Auc,
            outcome,
            recorded,
            value,
            margin: 0.0,
            change: None,
            p_fall: None,
            p_not_inferior: None,
            is_paired: false,
            is_data_changed: false,
        }
    }

    /// The numbers behind the answer, as a part of a sentence; `None` if the values say it all.
    fn reason(&self) -> Option<String> {
        let title = self.metric.title();
        let change = self.change?;
        let interval = change.interval();
        let moved = |verb: &str| {
            let (low, high) = (signed(interval.low), signed(interval.high));
            format!("{title} {verb} {:.4} (90 % interval {low} to {high})", change.difference.abs())
        };
        match self.outcome {
            Outcome::Worse => Some(format!("{}, margin {}", moved("fell by"), self.margin)),
            Outcome::Better => Some(moved("rose by")),
            Outcome::CannotTell if self.metric == Metric::Auc => {
                let (low, margin) = (signed(interval.low), self.margin);
                Some(format!("the change may be {low}, margin {margin}"))
            }
            _ => None,
        }
    }
}

fn signed(value: f64) -> String {
    format!("{value:+.4}").replace('-', "−")
}

impl Outcome {
    /// The name in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Better => "better",
            Outcome::CannotTell => "cannot-tell",
            Outcome::DataChanged => "data-changed",
            Outcome::Worse => "worse",
            Outcome::Gone => "gone",
            Outcome::New => "new",
        }
    }

    /// The words at the start of a line; failures are in capitals.
    fn mark(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Better => "better",
            Outcome::CannotTell => "cannot tell",
            Outcome::DataChanged => "data changed",
            Outcome::Worse => "WORSE",
            Outcome::Gone => "GONE",
            Outcome::New => "NEW",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { table, detector, checks } = self;
        let outcome = self.outcome();
        write!(f, "{:<12} {table} {detector}: ", outcome.mark())?;
        let Some(auc) = checks.first() else { return Ok(()) };
        let (value, recorded) = (fixed(auc.value), fixed(auc.recorded));
        match outcome {
            Outcome::Gone => return write!(f, "recorded {recorded}, but not in this run"),
            Outcome::New => return write!(f, "AUC {value}, but nothing is recorded"),
            _ => write!(f, "AUC {value}, recorded {recorded}")?,
        }
        for check in &checks[1..] {
            let title = check.metric.title();
            write!(f, "; {title} {}, recorded {}", fixed(check.value), fixed(check.recorded))?;
        }
        checks.iter().filter_map(MetricCheck::reason).try_for_each(|reason| write!(f, "; {reason}"))
    }
}
