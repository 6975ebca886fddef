//! One row from a JSON object, read like a line of a stream.

use super::columns::{of_rows, scalars};
use super::data_issue::{DataIssue, data_issues};
use crate::error::{Error, Result};
use crate::model::TableModel;
use crate::table::{Column, Fields, Scalar};

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
            return Err(refused(format!("has no value of any feature; they are {}", names.join(", "))));
        }
        Ok(of_rows(self.features(), std::iter::once(scalars.as_slice())))
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
