//! The rows of a table that cannot be scored, where that costs the row and not the run.

use super::Options;
use super::columns::{of_batch, refusals};
use crate::error::{Error, Result};
use crate::model::TableModel;
use crate::table::{Batch, Note};

/// Rows of a table that cannot be scored.
#[derive(Debug)]
pub struct RejectedRows<'a> {
    /// The rows with all columns, unchanged.
    pub rows: &'a Batch,
    /// For each row its place in the file, and why it cannot be scored.
    pub problems: &'a [(String, Note)],
}

/// The index of each row that cannot be scored, in order, and why.
///
/// # Errors
/// If a whole column has a type that its feature cannot have.
pub(super) fn rejected(model: &TableModel, batch: &Batch, options: &Options) -> Result<Vec<(usize, Note)>> {
    let features = model.features();
    let all: Vec<usize> = (0..batch.rows()).collect();
    let mut rejected = Vec::new();
    if of_batch(model, batch).is_err() {
        of_batch(model, &batch.take(&[])?)?;
        unreadable(model, batch, &all, &mut rejected)?;
    }
    let is_readable = |row: &usize| rejected.binary_search_by_key(row, |(own, _)| *own).is_err();
    let readable: Vec<usize> = all.into_iter().filter(is_readable).collect();
    if !options.policies.accept_all() {
        let columns = of_batch(model, &batch.take(&readable)?)?;
        for (row, refusal) in readable.into_iter().zip(refusals(features, &columns, &options.policies)) {
            if let Some((feature, issue)) = refusal {
                let feature = &features[feature];
                let Note { text, hint } = issue.refusal(feature);
                rejected.push((row, Note { text: format!("`{}` {text}", feature.name), hint }));
            }
        }
        rejected.sort_unstable_by_key(|(row, _)| *row);
    }
    Ok(rejected)
}

/// Find the rows with a value that cannot be read, by halving: few rows are read many times.
fn unreadable(
    model: &TableModel,
    batch: &Batch,
    rows: &[usize],
    found: &mut Vec<(usize, Note)>,
) -> Result<()> {
    if let [row] = rows {
        if let Err(error) = of_batch(model, &batch.row(*row)?) {
            found.push((*row, problem(&error)));
        }
        return Ok(());
    }
    if of_batch(model, &batch.take(rows)?).is_ok() {
        return Ok(());
    }
    let (first, second) = rows.split_at(rows.len() / 2);
    unreadable(model, batch, first, found)?;
    unreadable(model, batch, second, found)
}

/// What is wrong with a row, without its place.
fn problem(error: &Error) -> Note {
    match error.without_hint() {
        Error::Column { column, problem, .. } => {
            let problem = problem.rsplit_once(" in row ").map_or(problem.as_str(), |(problem, _)| problem);
            Note { text: format!("`{column}` {problem}"), hint: error.hint().cloned() }
        }
        _ => Note::from(error),
    }
}
