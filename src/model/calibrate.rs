//! The calibration of a model with a false discovery rate: scores of rows that its fit has not seen.

use super::card::{Card, Training};
use super::table_model::TableModel;
use crate::error::{Error, Result};
use crate::metrics::Calibration;
use crate::table::Table;

impl TableModel {
    /// This model with calibration rows. `whole` holds its training rows and the calibration rows.
    ///
    /// # Errors
    /// If there is no calibration row, or it cannot be scored.
    pub(super) fn calibrated(self, whole: &Table, rows: &Table) -> Result<Self> {
        let scores: Vec<f64> = self.score(&rows.features)?.iter().map(|row| row.score).collect();
        let calibration = Calibration::of(&scores, &vec![1; scores.len()])
            .ok_or_else(|| Error::table(&whole.name, "there is no calibration row"))?;
        let training = Training {
            sample: self.card.training.sample.clone(),
            ..Training::on(whole, self.card.training.distinct_rows)
        };
        let card = Card {
            threshold: calibration.highest(),
            calibration: Some(calibration),
            training,
            scored_again: None,
            ..self.card
        };
        Ok(TableModel { card, ..self })
    }
}
