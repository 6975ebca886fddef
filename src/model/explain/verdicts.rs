//! How much of a score comes from verdicts.

use crate::error::{Error, Result};
use crate::model::table_model::TableModel;
use crate::table::Column;
use serde::Serialize;

/// The parts of the score of a taught model. They sum to the score.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct FromVerdicts {
    /// The part from verdicts "suspicious".
    pub from_verdicts: f64,
    /// The part from the untaught detector.
    pub from_untaught: f64,
    /// The part from values that training never had.
    pub from_new_values: f64,
    /// How much of the decision the verdicts "normal" hold, in [0, 1]. They leave less to the other parts.
    pub normal_share: f64,
    /// The number of similar rows that were called suspicious: they are in the same leaf in a tenth of the trees.
    pub similar_suspicious: usize,
    /// The number of similar rows that were called normal.
    pub similar_normal: usize,
}

/// The smallest share of trees in which two similar rows have the same leaf.
const SIMILAR: f64 = 0.1;

impl TableModel {
    /// How much of the score of a row comes from verdicts, given one column per feature in order; `None` if the model
    /// learned from no verdict.
    ///
    /// # Errors
    /// If the columns cannot be scored, or have no such row.
    pub fn from_verdicts(&self, columns: &[Column], row: usize) -> Result<Option<FromVerdicts>> {
        let Some(taught) = self.taught() else { return Ok(None) };
        if columns.first().is_none_or(|column| row >= column.values.len()) {
            return Err(Error::table(self.name(), format!("there is no row {row} to explain")));
        }
        let own: Vec<Column> = columns.iter().map(|column| column.take(&[row])).collect();
        let own = self.checked(&own)?;
        let (points, novel) = self.preprocessor.rows(&own);
        let score = self.assess(points.view(), &novel)?[0].score;
        let influence = taught.influence(points.row(0));
        let similar = |suspicious: bool| {
            let is_similar = |(verdict, share): &&(usize, f64)| {
                *share >= SIMILAR && taught.verdicts()[*verdict].suspicious == suspicious
            };
            influence.similar.iter().filter(is_similar).count()
        };
        Ok(Some(FromVerdicts {
            from_verdicts: influence.from_verdicts,
            from_untaught: influence.from_untaught,
            from_new_values: score - influence.from_verdicts - influence.from_untaught,
            normal_share: influence.normal_share,
            similar_suspicious: similar(true),
            similar_normal: similar(false),
        }))
    }
}
