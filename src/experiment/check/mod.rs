//! The warnings about one table under one protocol: what a reader must know before trusting a number.

mod coded;
mod feature;
mod label;
mod leak;
mod promise;
mod score;
mod split;

use super::evaluate::Evaluation;
use super::prepared_split::PreparedSplit;
use crate::report::{TableReport, Warning};
use crate::table::Table;

/// All warnings, those about the table first.
pub fn warnings(
    table: &Table,
    prepared: &PreparedSplit,
    report: &TableReport,
    evaluations: &[Evaluation],
) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = table.notes.iter().cloned().map(Warning::Table).collect();
    warnings.extend(feature::warnings(table));
    warnings.extend(feature::imputed(report));
    warnings.extend(split::warnings(report, prepared));
    warnings.extend(label::warnings(report));
    warnings.extend(evaluations.iter().flat_map(|evaluation| score::warnings(evaluation, prepared)));
    warnings.extend(score::best_by_seed(evaluations));
    warnings.extend(score::chosen_on_labels(evaluations));
    warnings.extend(promise::warnings(evaluations));
    warnings.extend(promise::few_groups(table, evaluations));
    warnings
}
