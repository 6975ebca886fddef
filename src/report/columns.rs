//! The columns of the table of detectors, which all text formats share.

use super::number::{UNDEFINED, count, fixed, interval, tiny};
use super::{Folds, Run, Selection, TableReport};
use crate::metrics::Summary;

/// The metrics that the table of detectors shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Metrics {
    /// AUC, average precision, and the metrics at the threshold.
    #[default]
    Standard,
    /// The metrics of the top of the ranking: partial AUC, average precision with its interval, and precision at k.
    Top,
    /// Both.
    All,
}

/// A column of the table of detectors.
pub(super) struct Column {
    pub name: String,
    pub cell: Box<dyn Fn(&Run) -> String>,
}

/// The columns after the name of the detector.
pub(super) fn columns(report: &TableReport, metrics: Metrics) -> Vec<Column> {
    let mut columns = vec![column("AUC", |run| fixed(run.auc))];
    if metrics != Metrics::Top {
        columns.push(column("95 % interval", |run| interval(run.auc_interval)));
    }
    if metrics != Metrics::Standard {
        columns.push(column(&format!("pAUC {}", report.max_fpr), |run| fixed(run.partial_auc)));
    }
    if metrics == Metrics::All {
        columns.push(column("95 % interval", |run| interval(run.partial_auc_interval)));
    }
    columns.push(column("AP", |run| fixed(run.average_precision)));
    if metrics != Metrics::Standard {
        columns.push(column("95 % interval", |run| interval(run.average_precision_interval)));
        columns.extend(at_k(report));
    }
    if metrics != Metrics::Top {
        columns.push(column("precision", |run| fixed(run.precision)));
        columns.extend(at_prevalence(report));
        columns.push(column("recall", |run| fixed(run.recall)));
        columns.push(column("flagged", |run| count(run.flagged_rows)));
    }
    // A table with both is wider than 100 characters.
    let is_restated = report.runs.iter().any(|run| run.at_prevalence.is_some());
    let has_seeds = report.runs.iter().any(|run| run.repeats.is_some());
    if report.runs.iter().any(|run| run.over_splits.is_some()) {
        columns.push(column("AUC over splits", |run| run.over_splits.map_or(UNDEFINED.to_owned(), splits)));
    } else if has_seeds && metrics != Metrics::Top && !is_restated {
        let auc = |run: &Run| run.repeats.as_ref().and_then(|repeats| repeats.auc);
        columns.push(column("AUC over seeds", move |run| spread(auc(run))));
    }
    if report.runs.iter().any(|run| run.selection.is_some()) {
        columns
            .push(column("AUC of training rows", |run| run.selection.map_or(UNDEFINED.to_owned(), chosen)));
    }
    if report.runs.iter().any(|run| run.folds.is_some()) {
        columns.push(column("AUC over folds", |run| {
            run.folds.as_ref().map_or(UNDEFINED.to_owned(), over_folds)
        }));
    }
    if report.runs.iter().any(|run| run.seconds.is_some()) {
        columns.push(column("seconds", |run| {
            run.seconds.map_or(UNDEFINED.to_owned(), |s| format!("{:.3}", s.fit + s.score))
        }));
    }
    columns
}

fn column(name: &str, cell: impl Fn(&Run) -> String + 'static) -> Column {
    Column { name: name.to_owned(), cell: Box::new(cell) }
}

/// The precision at another prevalence, if it was asked for. Its interval is in the findings.
fn at_prevalence(report: &TableReport) -> Option<Column> {
    let prevalence = report.runs.iter().find_map(|run| Some(run.at_prevalence?.prevalence))?;
    let precision = |run: &Run| tiny(run.at_prevalence.and_then(|own| own.precision));
    Some(column(&format!("at {prevalence}"), precision))
}

/// Precision at each k of the report.
fn at_k(report: &TableReport) -> impl Iterator<Item = Column> {
    let first = report.runs.first().map(|run| run.precision_at_k.clone()).unwrap_or_default();
    first.into_iter().enumerate().map(|(at, first)| {
        column(&format!("P@{}", first.k), move |run| {
            fixed(run.precision_at_k.get(at).and_then(|own| own.precision))
        })
    })
}

fn chosen(selection: Selection) -> String {
    format!("{:.4}{}", selection.training_auc, if selection.is_chosen { " chosen" } else { "       " })
}

fn splits(summary: Summary) -> String {
    format!("{} ± {} ({} splits)", fixed(Some(summary.mean)), fixed(summary.sd), summary.runs)
}

fn spread(summary: Option<Summary>) -> String {
    let Some(summary) = summary else {
        return "deterministic".to_owned();
    };
    let sd = summary.sd.map_or(UNDEFINED.to_owned(), |sd| format!("{sd:.4}"));
    format!("± {sd} ({} seeds)", summary.runs)
}

/// Mean, interval and standard deviation, and the number of folds that have an AUC.
fn over_folds(folds: &Folds) -> String {
    let Some(summary) = folds.auc else { return UNDEFINED.to_owned() };
    let sd = summary.sd.map_or(UNDEFINED.to_owned(), |sd| format!("{sd:.4}"));
    let number = match folds.aucs.len() {
        all if all == summary.runs => format!("{all} folds"),
        all => format!("{} of {all} folds", summary.runs),
    };
    format!("{:.4} ± {sd}, {} ({number})", summary.mean, interval(folds.auc_interval))
}
