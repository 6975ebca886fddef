//! The threshold of a batch of rows that keeps a false discovery rate. Memory does not grow with the batch.

use super::Options;
use super::alerts::numbers;
use crate::error::{Error, Hint, Result};
use crate::metrics;
use crate::model::TableModel;
use crate::table::Batch;

/// The rows of a batch by their p-values.
#[derive(Debug)]
pub struct DiscoveryRate<'a> {
    rate: f64,
    score: String,
    calibration_rows: u64,
    batch: metrics::Batch<'a>,
}

/// The threshold of a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DiscoveryThreshold {
    /// Rows with a score above this are flagged; `None` if no row is.
    pub threshold: Option<f64>,
    /// The number of rows of the batch.
    pub rows: u64,
    /// The number of calibration rows of the model.
    pub calibration_rows: u64,
    /// The number of rows that must score above all calibration rows before one is flagged.
    pub least: u64,
    /// The number of rows that do.
    pub above_all: u64,
}

impl<'a> DiscoveryRate<'a> {
    /// At most this share of the flagged rows is normal, on average, in (0, 0.5].
    ///
    /// # Errors
    /// If the model has no calibration rows.
    pub fn new(model: &'a TableModel, rate: f64, options: &Options) -> Result<Self> {
        let Some(calibration) = &model.card().calibration else {
            let problem = "the model has no rows that its fit has not seen, which the rule fdr needs";
            return Err(
                Error::table(model.name(), problem).with_hint(Hint::TrainByRule("fdr=RATE".to_owned()))
            );
        };
        Ok(DiscoveryRate {
            rate,
            score: format!("{}score", options.prefix),
            calibration_rows: calibration.rows(),
            batch: calibration.batch(),
        })
    }

    /// Add a batch of scored rows.
    ///
    /// # Errors
    /// If the column of scores cannot be read.
    pub fn add(&mut self, batch: &Batch) -> Result<()> {
        numbers(batch, &self.score)?.into_iter().for_each(|score| self.batch.add(score, 1));
        Ok(())
    }

    /// The threshold of all rows.
    pub fn threshold(&self) -> DiscoveryThreshold {
        DiscoveryThreshold {
            threshold: self.batch.threshold(self.rate),
            rows: self.batch.len(),
            calibration_rows: self.calibration_rows,
            least: self.batch.least(self.rate),
            above_all: self.batch.above_all(),
        }
    }
}
