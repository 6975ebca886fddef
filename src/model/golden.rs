//! Golden rows: a few rows with the scores they had when the model was fitted. A model that no longer gives them is
//! not the one that was measured.

use super::feature::{Cell, FeatureModel};
use super::table_model::TableModel;
use crate::error::{Error, Result};
use crate::table::Column;
use serde::{Deserialize, Serialize};

/// A row and its score.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(super) struct Golden {
    pub row: Vec<Cell>,
    pub score: f64,
}

/// How many training rows are kept as goldens.
const ROWS: usize = 16;

/// On one machine the bits are the same; on another the exponential function may round the last of them otherwise.
const TOLERANCE: f64 = 1e-9;

impl Golden {
    /// Whether this is a row of these features.
    pub fn fits(&self, features: &[FeatureModel]) -> bool {
        self.row.len() == features.len()
            && self.row.iter().zip(features).all(|(cell, feature)| feature.holds(cell))
    }
}

/// Rows of training from the lowest to the highest score, evenly by rank; `firsts` holds for each distinct row the
/// first row of the table that is one.
pub(super) fn chosen(scores: &[f64], firsts: &[usize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let mut ranks: Vec<usize> = (0..ROWS).map(|nth| nth * (scores.len() - 1) / (ROWS - 1)).collect();
    ranks.dedup();
    ranks.into_iter().map(|rank| firsts[order[rank]]).collect()
}

impl TableModel {
    /// The rows of some columns with the scores they have now, and one without any value.
    pub(super) fn goldens_of(&self, columns: &[Column], rows: &[usize]) -> Result<Vec<Golden>> {
        let row = |&row: &usize| -> Vec<Cell> {
            self.features().iter().zip(columns).map(|(f, column)| f.cell_of(&column.values, row)).collect()
        };
        let mut rows: Vec<Vec<Cell>> = rows.iter().map(row).collect();
        rows.push(vec![Cell::Missing; self.features().len()]);
        let scores = self.score(&self.columns(&rows))?;
        Ok(rows.into_iter().zip(scores).map(|(row, found)| Golden { row, score: found.score }).collect())
    }

    /// Score the golden rows again.
    pub(super) fn check_goldens(&self) -> Result<()> {
        let rows: Vec<Vec<Cell>> = self.goldens.iter().map(|golden| golden.row.clone()).collect();
        let scores = self.score(&self.columns(&rows))?;
        let differs = |(golden, found): &(&Golden, f64)| {
            (golden.score - found).abs() > TOLERANCE * golden.score.abs().max(1.0)
        };
        match self.goldens.iter().zip(scores.iter().map(|found| found.score)).find(differs) {
            None => Ok(()),
            Some((golden, found)) => Err(Error::table(
                self.name(),
                format!("a golden row scores {found} and scored {} when the model was fitted", golden.score),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goldens_reach_from_the_lowest_to_the_highest_score() {
        let scores: Vec<f64> = (0..100).map(|row| f64::from((row * 37) % 100)).collect();
        let rows = chosen(&scores, &(0..100).collect::<Vec<_>>());
        assert_eq!(rows.len(), ROWS);
        assert_eq!((scores[rows[0]], scores[rows[ROWS - 1]]), (0.0, 99.0));
        assert_eq!(chosen(&[1.0], &[7]), [7]);
    }
}
