//! Training: a detector fitted on all rows of a table, and what it does there and on rows it has not seen.

use super::card::{Measurement, Sample};
use super::fit::FittedParts;
use super::options::TrainOptions;
use super::table_model::TableModel;
use crate::detector::Limit;
use crate::error::Result;
use crate::experiment::{self, FittedTable, Observer, Plan, Protocols, Silent};
use crate::metrics::ThresholdRule;
use crate::report::{Protocol, Report, TableReport};
use crate::seed::Seed;
use crate::table::Table;
use std::borrow::Cow;
use std::slice;

/// A trained table and what was measured on the way.
#[derive(Debug)]
pub struct Trained {
    /// The model, fitted on all rows of the table.
    pub model: TableModel,
    /// In-sample, and if the labels allow it on rows that were not learned from.
    pub report: Report,
}

/// Train a table. Labels, if there are any, are measured by and never learned from.
///
/// # Errors
/// If an option is out of its range, or the table cannot be fitted.
pub fn train(table: &Table, options: &TrainOptions) -> Result<Trained> {
    train_observed(table, options, &Silent)
}

/// As [`train`], with an observer that is told how far it is.
///
/// # Errors
/// As [`train`].
pub fn train_observed(table: &Table, options: &TrainOptions, observer: &dyn Observer) -> Result<Trained> {
    let plan = options.plan();
    // The rows of the calibration part are not fitted.
    let (rows, calibration) = match options.threshold {
        ThresholdRule::Fdr(_) => {
            let (rows, calibration) = experiment::calibration_parts(table, Seed::new(options.seed))?;
            (Cow::Owned(rows), Some(calibration))
        }
        _ => (Cow::Borrowed(table), None),
    };
    let has_both_classes = table.has_both_classes();
    let unlabelled = (!rows.has_both_classes()).then(|| Table { labels: None, ..rows.clone().into_owned() });
    let measured = unlabelled.as_ref().unwrap_or(&rows);
    let FittedTable { mut report, preprocessor, prepared, fitted, sampled } =
        experiment::fit(measured, &in_sample(&plan), observer)?;
    // The card says that nothing was measured; training needs no labels.
    report.warnings.retain(|note| has_both_classes || note.kind != "no-labels");
    let mut reports = vec![report];
    if has_both_classes {
        // A table that cannot be divided has too few rows to say more of.
        reports.extend(on_unseen_rows(table, &plan, observer).into_iter().flatten());
    }
    let Limit { rows: fit_rows, seconds: time_limit } = plan.limit;
    let measurement = |report: &TableReport| report.runs.first().and_then(|run| Measurement::of(report, run));
    let parts = FittedParts {
        preprocessor,
        prepared,
        fitted,
        sample: sampled.map(|distinct_rows| Sample { distinct_rows, fit_rows, time_limit }),
        measurements: reports
            .iter()
            .filter(|report| calibration.is_none() || report.protocol.divides())
            .filter_map(measurement)
            .collect(),
    };
    let model = TableModel::new(&rows, options, parts)?;
    let model = match &calibration {
        Some(calibration) => model.calibrated(table, calibration)?,
        None => model,
    };
    Ok(Trained { model, report: Report::new(plan.seed, reports) })
}

/// The plan of the fit. A false discovery rate needs rows that were not fitted, so it has no results in-sample.
fn in_sample(plan: &Plan) -> Plan {
    match plan.threshold {
        ThresholdRule::Fdr(_) => {
            Plan { threshold: ThresholdRule::Contamination(Plan::CONTAMINATION), ..plan.clone() }
        }
        _ => plan.clone(),
    }
}

/// What the detector does on rows it has not seen: on the future if there are times, else on a random part.
fn on_unseen_rows(table: &Table, plan: &Plan, observer: &dyn Observer) -> Result<Vec<TableReport>> {
    let run = |protocol| {
        let plan = Plan { protocols: Protocols::One(protocol), ..plan.clone() };
        experiment::compare(slice::from_ref(table), &plan, observer).map(|report| report.tables)
    };
    run(Protocol::Time).or_else(|_| run(Protocol::Holdout))
}
