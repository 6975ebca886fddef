//! The feature columns of rows to score, from any format, and their checks.

use super::data_issue::{DataIssue, data_issues};
use super::{Policies, Policy};
use crate::error::Result;
use crate::model::FeatureModel;
use crate::schema::Kind;
use crate::table::{Batch, Cell, Column, Scalar, Values};

/// The feature columns of a batch. An absent or empty column has missing values only.
///
/// # Errors
/// If a value has the wrong kind for its feature.
pub(super) fn of_batch(features: &[FeatureModel], batch: &Batch) -> Result<Vec<Column>> {
    let column = |feature: &FeatureModel| {
        let column = batch.feature(&feature.name, feature.column_kind())?;
        Ok(feature.spelled_as_in_training(column.unwrap_or_else(|| missing(feature, batch.rows()))))
    };
    features.iter().map(column).collect()
}

fn missing(feature: &FeatureModel, rows: usize) -> Column {
    let values = match feature.column_kind() {
        Kind::Categorical => Values::Text((0..rows).map(|_| None::<&str>).collect()),
        Kind::Numeric | Kind::Boolean => Values::Real(vec![f64::NAN; rows]),
    };
    Column { name: feature.name.clone(), values }
}

/// One value per feature from the cells of a line.
///
/// # Errors
/// If a cell has the wrong kind for its feature; the error is a sentence.
pub(super) fn scalars(features: &[FeatureModel], cells: Vec<Cell>) -> Result<Vec<Scalar>, String> {
    let scalar = |(feature, cell): (&FeatureModel, Cell)| {
        cell.scalar(feature.column_kind()).map_err(|problem| format!("`{}` {problem}", feature.name))
    };
    features.iter().zip(cells).map(scalar).collect()
}

/// The feature columns of rows with one value per feature.
pub(super) fn of_rows<'a>(
    features: &[FeatureModel],
    rows: impl Iterator<Item = &'a [Scalar]> + Clone,
) -> Vec<Column> {
    let values = |at: usize, feature: &FeatureModel| match feature.column_kind() {
        Kind::Categorical => Values::Text(rows.clone().map(|row| row[at].level()).collect()),
        Kind::Numeric | Kind::Boolean => Values::Real(rows.clone().map(|row| row[at].number()).collect()),
    };
    let column = |(at, feature): (usize, &FeatureModel)| {
        feature.spelled_as_in_training(Column { name: feature.name.clone(), values: values(at, feature) })
    };
    features.iter().enumerate().map(column).collect()
}

/// For each row, the index of the first feature with a refused value. Empty if all policies accept
/// everything.
pub(super) fn refusals(
    features: &[FeatureModel],
    columns: &[Column],
    policies: &Policies,
) -> Vec<Option<(usize, DataIssue)>> {
    if DataIssue::ALL.iter().all(|issue| issue.policy(policies) == Policy::Accept) {
        return Vec::new();
    }
    let mut refusals: Vec<Option<(usize, DataIssue)>> = Vec::new();
    for (at, (feature, column)) in features.iter().zip(columns).enumerate() {
        refusals.resize(column.values.len(), None);
        for (refusal, issue) in refusals.iter_mut().zip(data_issues(feature, column)) {
            let issue = issue.filter(|issue| issue.policy(policies) == Policy::Refuse);
            *refusal = refusal.or(issue.map(|issue| (at, issue)));
        }
    }
    refusals
}
