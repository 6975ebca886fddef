//! Warnings about what the training and the scored rows have in common.

use crate::experiment::prepared_split::PreparedSplit;
use crate::report::{RowsSeen, TableReport, Warning};

/// Above this share of suspicious rows that occur in training, a result is close to that of in-sample.
const MOST_SUSPICIOUS_SEEN: f64 = 0.5;

/// Above this share of rows that occur in training, too.
const MOST_SEEN: f64 = 0.9;

/// The warnings about a table that is split: rows that occur on both sides, and features with one value in training.
pub(super) fn warnings(report: &TableReport, prepared: &PreparedSplit) -> Vec<Warning> {
    let seen = report.seen.and_then(|seen| rows_seen(report, seen));
    seen.into_iter().chain(constant_in_training(prepared)).collect()
}

fn rows_seen(report: &TableReport, seen: RowsSeen) -> Option<Warning> {
    let is_high = seen.rows > MOST_SEEN || seen.suspicious.is_some_and(|share| share > MOST_SUSPICIOUS_SEEN);
    is_high.then_some(Warning::RowsSeen { protocol: report.protocol, seen })
}

/// Features with one value in the training rows and several in the scored rows: they are not scaled.
fn constant_in_training(prepared: &PreparedSplit) -> Vec<Warning> {
    let Some(scored) = &prepared.scored else { return Vec::new() };
    let (train, scored) = (&prepared.train.deduplicated.rows.points, &scored.deduplicated.rows.points);
    let is_constant = |columns: std::ops::Range<usize>| {
        columns.clone().all(|column| train.column(column).iter().all(|value| *value == train[[0, column]]))
            && columns.clone().any(|column| scored.column(column).iter().any(|v| *v != train[[0, column]]))
    };
    let spans = prepared.spans.iter().filter(|(_, columns)| is_constant(columns.clone()));
    spans.map(|(feature, _)| Warning::ConstantInTraining { feature: feature.clone() }).collect()
}
