//! The columns of rows to review in a spreadsheet.

use super::columns::of_batch;
use crate::error::Result;
use crate::model::TableModel;
use crate::model::verdict::{ROW_KEY, RowKeys, VERDICT};
use crate::table::{Batch, Categories, Column, Values};

/// The columns of a review that these rows do not have: `row_key`, which identifies a row, and an empty `verdict`.
///
/// # Errors
/// If a value has the wrong kind for its feature.
pub fn review_columns(model: &TableModel, rows: &Batch) -> Result<Vec<Column>> {
    let features = of_batch(model, rows)?;
    let keys = RowKeys::new(&features);
    let texts = (0..rows.rows()).map(|row| Some(keys.of(row).text())).collect::<Categories>();
    let empty = (0..rows.rows()).map(|_| None::<&str>).collect::<Categories>();
    let column =
        |(name, values): (&str, Categories)| Column { name: name.to_owned(), values: Values::Text(values) };
    let new = [(ROW_KEY, texts), (VERDICT, empty)].into_iter().filter(|(name, _)| !rows.has(name));
    Ok(new.map(column).collect())
}
