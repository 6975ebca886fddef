//! Single rows: from a JSON object to the columns that a model scores.

use super::feature::Cell;
use super::table_model::TableModel;
use crate::error::{Error, Result};
use crate::table::Column;
use serde_json::{Map, Value};

impl TableModel {
    /// The row of a JSON object that names every feature; null is a missing value, and other fields are passed over.
    ///
    /// # Errors
    /// Where a feature is missing, the error naming the nearest field, or a value cannot be one of its feature.
    pub fn row(&self, object: &Map<String, Value>) -> Result<Vec<Cell>> {
        let cell = |(name, value): (&String, Option<&Value>)| match value {
            Some(value) => Ok(value.clone()),
            None => Err(Error::missing_column("the row", name, object.keys().cloned().collect())),
        };
        let features = self.features().iter();
        let values = features.map(|feature| cell((&feature.name, object.get(&feature.name))));
        self.features().iter().zip(values).map(|(feature, value)| feature.cell("the row", &value?)).collect()
    }

    /// Rows as columns, one per feature.
    pub fn columns(&self, rows: &[Vec<Cell>]) -> Vec<Column> {
        let column = |(at, feature): (usize, &super::FeatureModel)| {
            feature.column(rows.iter().map(|row| row.get(at).unwrap_or(&Cell::Missing)))
        };
        self.features().iter().enumerate().map(column).collect()
    }
}
