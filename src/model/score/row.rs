//! One row from a JSON object, read like a line of a stream, or from a table.

use super::columns::{of_batch, of_rows, scalars};
use super::data_issue::{DataIssue, data_issues};
use crate::error::{Error, Result};
use crate::model::TableModel;
use crate::table::{Batch, Column, Fields, Scalar};

impl TableModel {
    /// One column of one row per feature, from a JSON object. Absent fields are missing; other fields are
    /// ignored.
    ///
    /// # Errors
    /// If the text is not a JSON object, has no value of any feature, or has a value of the wrong kind.
    pub fn row(&self, object: &str) -> Result<Vec<Column>> {
        let refused = |problem: String| Error::Request(format!("the row: {problem}"));
        let names = self.card().inputs();
        let fields = Fields::new(&names, &[]);
        let (cells, _) = fields.parse(object.trim().as_bytes()).map_err(|problem| refused(problem.text))?;
        let scalars = scalars(self, cells).map_err(refused)?;
        if scalars.iter().all(Scalar::is_missing) {
            return Err(refused(self.no_feature()));
        }
        Ok(of_rows(self.features(), std::iter::once(scalars.as_slice())))
    }

    /// One column of one row per feature, from a row of a table. Absent columns are missing.
    ///
    /// # Errors
    /// If the table has no column of any feature, there is no such row, or a value has the wrong kind for its feature.
    pub fn row_of(&self, batch: &Batch, row: usize) -> Result<Vec<Column>> {
        let columns = of_batch(self, &batch.row(row)?)?;
        match self.card().inputs().iter().any(|name| batch.has(name)) {
            true => Ok(columns),
            false => Err(Error::table(&batch.place(row), self.no_feature())),
        }
    }

    fn no_feature(&self) -> String {
        let names: Vec<&str> = self.features().iter().map(|feature| feature.name.as_str()).collect();
        format!("has no value of any feature; they are {}", names.join(", "))
    }

    /// The names of the features with a missing value in the first row of these columns.
    pub fn missing_in<'a>(&'a self, columns: &'a [Column]) -> impl Iterator<Item = &'a str> {
        let features = self.features().iter().zip(columns);
        let is_missing =
            |feature, column| data_issues(feature, column).next() == Some(Some(DataIssue::Missing));
        features
            .filter(move |(feature, column)| is_missing(feature, column))
            .map(|(feature, _)| feature.name.as_str())
    }
}
