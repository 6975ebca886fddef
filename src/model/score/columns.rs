//! The feature columns of rows to score, from any format, and their checks.

use super::data_issue::{DataIssue, data_issues};
use super::{Policies, Policy};
use crate::error::Result;
use crate::model::{FeatureModel, TableModel};
use crate::schema::Kind;
use crate::table::{Batch, Cell, Column, Scalar, Values};

/// The feature columns of a batch. An absent or empty column has missing values only.
///
/// # Errors
/// If a value has the wrong kind for its feature.
pub(super) fn of_batch(model: &TableModel, batch: &Batch) -> Result<Vec<Column>> {
    let of_time = match &model.card().time_source {
        Some(source) => source.columns(&batch.local_times(source)?),
        None => Vec::new(),
    };
    let features = &model.features()[..model.features().len() - of_time.len()];
    let column = |feature: &FeatureModel| {
        let column = batch.feature(&feature.name, feature.column_kind())?;
        Ok(feature.spelled_as_in_training(column.unwrap_or_else(|| missing(feature, batch.rows()))))
    };
    let columns = features.iter().map(column).chain(of_time.into_iter().map(Ok));
    columns.collect()
}

fn missing(feature: &FeatureModel, rows: usize) -> Column {
    let values = match feature.column_kind() {
        Kind::Categorical => Values::Text((0..rows).map(|_| None::<&str>).collect()),
        Kind::Numeric | Kind::Boolean => Values::Real(vec![f64::NAN; rows]),
    };
    Column { name: feature.name.clone(), values }
}

/// One value per feature from the cells of a line, one for each input of the model.
///
/// # Errors
/// If a cell has the wrong kind for its feature; the error is a sentence.
pub(super) fn scalars(model: &TableModel, cells: Vec<Cell>) -> Result<Vec<Scalar>, String> {
    let card = model.card();
    let local = card.time_source.as_ref().and_then(|source| {
        let at = card.inputs().iter().position(|name| *name == source.column)?;
        Some(cells.get(at)?.local_time(source.month_first))
    });
    let of_time = card.time_features().iter();
    let of_time = of_time.map(|feature| Scalar::Number(feature.at(local.unwrap_or(Values::NO_TIME))));
    let scalar = |(feature, cell): (&FeatureModel, Cell)| {
        cell.scalar(feature.column_kind()).map_err(|problem| format!("`{}` {problem}", feature.name))
    };
    let own = model.features().len() - card.time_features().len();
    let scalars = model.features()[..own].iter().zip(cells).map(scalar);
    scalars.chain(of_time.map(Ok)).collect()
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
    if policies.accept_all() {
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
