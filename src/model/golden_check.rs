//! Scores the golden rows of a model: at training, and again when the model is read.

use super::feature::Cell;
use super::golden::Golden;
use super::table_model::TableModel;
use crate::error::{Error, Result};
use crate::table::Column;

/// The tolerance of a score, relative above 1. Scores have the same bits on one machine; on another machine
/// the exponential function may round the last bits differently.
const TOLERANCE: f64 = 1e-9;

impl TableModel {
    /// Golden rows from these row indices, and one row of missing values, with their scores.
    pub(super) fn goldens_of(&self, columns: &[Column], rows: &[usize]) -> Result<Vec<Golden>> {
        let row = |&row: &usize| -> Vec<Cell> {
            self.features().iter().zip(columns).map(|(f, column)| f.cell_of(&column.values, row)).collect()
        };
        let mut rows: Vec<Vec<Cell>> = rows.iter().map(row).collect();
        rows.push(vec![Cell::Missing; self.features().len()]);
        let scores = self.score(&self.columns(&rows))?;
        Ok(rows
            .into_iter()
            .zip(scores)
            .map(|(row, assessment)| Golden { row, score: assessment.score })
            .collect())
    }

    /// Check that the golden rows have the same scores as at training.
    pub(super) fn check_goldens(&self) -> Result<()> {
        let rows: Vec<Vec<Cell>> = self.goldens.iter().map(|golden| golden.row.clone()).collect();
        let assessments = self.score(&self.columns(&rows))?;
        let differs = |(golden, score): &(&Golden, f64)| {
            (golden.score - score).abs() > TOLERANCE * golden.score.abs().max(1.0)
        };
        match self.goldens.iter().zip(assessments.iter().map(|row| row.score)).find(differs) {
            None => Ok(()),
            Some((golden, score)) => Err(Error::table(
                self.name(),
                format!("a golden row scores {score}, but its score at training was {}", golden.score),
            )),
        }
    }
}
