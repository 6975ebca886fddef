//! From a table to what a detector sees: encoder and scaler learned from the training part alone, rows folded.

use crate::error::{Error, Result};
use crate::preprocess::{Encoder, Encoding, Folded, Scaler, Substitutions};
use crate::metrics::LabelCounts;
use crate::table::{Column, Table};
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// An encoder and a scaler that have seen a training table.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Preparation {
    encoder: Encoder,
    scaler: Scaler,
}

/// A table as a detector sees it.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Distinct encoded and scaled rows.
    pub folded: Folded,
    /// How many suspicious and normal rows each distinct row stands for; `None` without labels.
    pub labels: Option<LabelCounts>,
    /// What the encoder had to make up.
    pub made_up: Substitutions,
}

impl Prepared {
    /// How many rows are suspicious; `None` without labels.
    pub fn suspicious(&self) -> Option<usize> {
        let count = |labels: &LabelCounts| labels.positives.iter().map(|&n| n as usize).sum();
        self.labels.as_ref().map(count)
    }
}

impl Preparation {
    /// Learn from a training table, and prepare it.
    ///
    /// # Errors
    /// Where there is no row, or a column that cannot be encoded or scaled.
    pub fn fit(train: &Table, encoding: Encoding) -> Result<(Self, Prepared)> {
        if train.rows() == 0 {
            return Err(Error::table(&train.name, "there is no row to train on"));
        }
        let encoder = Encoder::fit(&train.features, encoding, &train.name)?;
        encoder.check_size(train.rows(), &train.name)?;
        let (matrix, made_up) = encoder.apply(&train.features);
        let scaler = Scaler::fit(matrix.view(), &encoder.column_names(), &train.name)?;
        let preparation = Preparation { encoder, scaler };
        let prepared = preparation.finish(train, Folded::new(matrix.view()), made_up)?;
        Ok((preparation, prepared))
    }

    /// How categories become numbers, and what was learned of each feature.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// How many columns a detector sees.
    pub fn width(&self) -> usize {
        self.encoder.spans().last().map_or(0, |(_, columns)| columns.end)
    }

    /// Whether this can be what [`Preparation::fit`] gave: encoder and scaler sound, and of the same columns.
    pub fn is_valid(&self) -> bool {
        self.encoder.is_valid() && self.scaler.is_valid(self.width())
    }

    /// For each feature the matrix columns that hold it: one, or one per level.
    pub fn spans(&self) -> Vec<(String, Range<usize>)> {
        self.encoder.spans()
    }

    /// Prepare another table of the same features; nothing is learned from it.
    ///
    /// # Errors
    /// Where a value is so far from those of training that it is no finite number once scaled.
    pub fn apply(&self, table: &Table) -> Result<Prepared> {
        let (matrix, made_up) = self.encoder.apply(&table.features);
        self.finish(table, Folded::new(matrix.view()), made_up)
    }

    /// Any rows of the same features as a detector sees them, none folded. A value that lies further than 1e12
    /// standard deviations from the training mean is taken to lie there: no row of a stream is beyond being scored.
    pub fn rows(&self, columns: &[Column]) -> Array2<f64> {
        const FARTHEST: f64 = 1e12;
        let (matrix, _) = self.encoder.apply(columns);
        let mut points = self.scaler.apply(matrix);
        points.par_mapv_inplace(|value| value.clamp(-FARTHEST, FARTHEST));
        points
    }

    /// Scale what is folded already: scaling is the same for equal rows.
    fn finish(&self, table: &Table, mut folded: Folded, made_up: Substitutions) -> Result<Prepared> {
        folded.rows.points = self.scaler.apply(folded.rows.points);
        if !folded.rows.points.iter().all(|value| value.is_finite()) {
            return Err(Error::table(&table.name, "holds values too large to be scaled"));
        }
        let labels = table.labels.as_ref();
        let labels = labels.map(|labels| LabelCounts::folded(labels, &folded.index, folded.rows.len()));
        Ok(Prepared { folded, labels, made_up })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Column, Values};

    fn table(values: &[f64]) -> Table {
        let column = Column { name: "x".into(), values: Values::Real(values.to_vec()) };
        Table { name: "t".into(), features: vec![column], labels: None, times: None, notes: vec![] }
    }

    #[test]
    fn scaling_counts_every_copy_of_a_row() {
        let (_, prepared) = Preparation::fit(&table(&[0.0, 0.0, 0.0, 4.0]), Encoding::default()).unwrap();
        let points: Vec<f64> = prepared.folded.rows.points.iter().copied().collect();
        // Mean 1 and population standard deviation sqrt(3) over the four rows, not over the two distinct ones.
        assert!(
            (points[0] + 1.0 / 3.0_f64.sqrt()).abs() < 1e-12 && (points[1] - 3.0_f64.sqrt()).abs() < 1e-12
        );
    }

    #[test]
    fn new_rows_are_scaled_as_in_training() {
        let (preparation, _) = Preparation::fit(&table(&[-1.0, 1.0]), Encoding::default()).unwrap();
        let prepared = preparation.apply(&table(&[5.0])).unwrap();
        assert_eq!(prepared.folded.rows.points[[0, 0]], 5.0);
    }

    #[test]
    fn a_table_without_rows_is_an_error() {
        assert!(Preparation::fit(&table(&[]), Encoding::default()).is_err());
    }
}
