//! Preprocessing of tables: encode, scale and deduplicate. Encoder and scaler are fitted on the training part
//! only.

use crate::error::{Error, Result};
use crate::metrics::{GroupCounts, LabelCounts};
use crate::preprocess::deduplicate::Deduplicated;
use crate::preprocess::encode::{Encoded, Encoder, Imputed};
use crate::preprocess::novelty::NovelValues;
use crate::preprocess::scale::Scaler;
use crate::schema::Encoding;
use crate::table::{Column, Table};
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A fitted encoder and scaler.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Preprocessor {
    encoder: Encoder,
    scaler: Scaler,
}

/// The input of a detector.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The distinct encoded and scaled rows.
    pub deduplicated: Deduplicated,
    /// The number of suspicious and normal rows of each distinct row; `None` without labels.
    pub labels: Option<LabelCounts>,
    /// The labels of each group of rows; `None` without labels or groups.
    pub groups: Option<GroupCounts>,
    /// The number of imputed values and unseen levels.
    pub imputed: Imputed,
    /// The values of each distinct row that training never had.
    pub novel: NovelValues,
}

impl Prepared {
    /// The number of suspicious rows; `None` without labels.
    pub fn suspicious(&self) -> Option<usize> {
        let count = |labels: &LabelCounts| labels.positives.iter().map(|&n| n as usize).sum();
        self.labels.as_ref().map(count)
    }

    /// The number of groups with suspicious rows; `None` without labels or groups.
    pub fn suspicious_groups(&self) -> Option<u64> {
        self.groups.as_ref().zip(self.labels.as_ref()).map(|(groups, labels)| groups.with_positives(labels))
    }
}

impl Preprocessor {
    /// Fit encoder and scaler on a training table, and preprocess it.
    ///
    /// # Errors
    /// If the table has no row, or a column cannot be encoded or scaled.
    pub fn fit(train: &Table, encoding: Encoding) -> Result<(Self, Prepared)> {
        if train.rows() == 0 {
            return Err(Error::table(&train.name, "there is no row to train on"));
        }
        let encoder = Encoder::fit(&train.features, encoding, &train.name)?;
        encoder.check_size(train.rows(), &train.name)?;
        let encoded = encoder.apply(&train.features);
        let distinct = Distinct::of(encoded);
        let scaler = Scaler::fit(&distinct.deduplicated.rows)?;
        let preprocessor = Preprocessor { encoder, scaler };
        let prepared = preprocessor.finish(train, distinct)?;
        Ok((preprocessor, prepared))
    }

    /// The fitted encoder.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// The number of encoded columns.
    pub fn width(&self) -> usize {
        self.encoder.spans().last().map_or(0, |(_, columns)| columns.end)
    }

    /// Whether [`Preprocessor::fit`] can return this: encoder and scaler are valid and have the same columns.
    pub fn is_valid(&self) -> bool {
        self.encoder.is_valid() && self.scaler.is_valid(self.width())
    }

    /// The range of matrix columns of each feature: one column, or one per level.
    pub fn spans(&self) -> Vec<(String, Range<usize>)> {
        self.encoder.spans()
    }

    /// Preprocess another table of the same features, without fitting.
    ///
    /// # Errors
    /// If a value is so far from those of training that its scaled value is not finite.
    pub fn apply(&self, table: &Table) -> Result<Prepared> {
        self.finish(table, Distinct::of(self.encoder.apply(&table.features)))
    }

    /// Encode and scale rows of the same features, without deduplication. Values are clamped to 1e12 standard
    /// deviations from the training mean, so that every row of a stream can be scored.
    pub fn rows(&self, columns: &[Column]) -> (Array2<f64>, NovelValues) {
        const FARTHEST: f64 = 1e12;
        let Encoded { matrix, novel, .. } = self.encoder.apply(columns);
        let mut points = self.scaler.apply(matrix);
        points.par_mapv_inplace(|value| value.clamp(-FARTHEST, FARTHEST));
        (points, novel)
    }

    /// The matrix columns of a feature, and every value that training had there, encoded and scaled.
    pub(super) fn blocks(&self, feature: usize) -> (Range<usize>, Array2<f64>) {
        let columns = self.spans()[feature].1.clone();
        let blocks = self.scaler.apply_columns(self.encoder.blocks(feature), columns.clone());
        (columns, blocks)
    }

    /// Scale the distinct rows: equal rows have equal scaled rows.
    fn finish(&self, table: &Table, distinct: Distinct) -> Result<Prepared> {
        let Distinct { mut deduplicated, imputed, novel } = distinct;
        deduplicated.rows.points = self.scaler.apply(deduplicated.rows.points);
        if !deduplicated.rows.points.iter().all(|value| value.is_finite()) {
            return Err(Error::table(&table.name, "holds values too large to be scaled"));
        }
        let labels = table.labels.as_ref();
        let labels = labels
            .map(|labels| LabelCounts::deduplicated(labels, &deduplicated.index, deduplicated.rows.len()));
        let grouped = table.groups.as_ref().zip(table.labels.as_ref());
        let groups = grouped
            .map(|(groups, labels)| GroupCounts::deduplicated(&groups.codes, labels, &deduplicated.index));
        Ok(Prepared { deduplicated, labels, groups, imputed, novel })
    }
}

/// The distinct encoded rows, not yet scaled.
struct Distinct {
    deduplicated: Deduplicated,
    imputed: Imputed,
    novel: NovelValues,
}

impl Distinct {
    fn of(encoded: Encoded) -> Self {
        let Encoded { matrix, imputed, novel } = encoded;
        let (deduplicated, novel) = Deduplicated::with_novel(matrix.view(), &novel);
        Distinct { deduplicated, imputed, novel }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Column, Values};

    fn table(values: &[f64]) -> Table {
        let column = Column { name: "x".into(), values: Values::Real(values.to_vec()) };
        Table { name: "t".into(), features: vec![column], labels: None, times: None, ..Table::default() }
    }

    #[test]
    fn scaling_weighs_each_row_by_its_copies() {
        let (_, prepared) = Preprocessor::fit(&table(&[0.0, 0.0, 0.0, 4.0]), Encoding::default()).unwrap();
        let mut points: Vec<f64> = prepared.deduplicated.rows.points.iter().copied().collect();
        points.sort_by(f64::total_cmp);
        // Mean 1 and population standard deviation sqrt(3) of the four rows, not of the two distinct ones.
        assert!(
            (points[0] + 1.0 / 3.0_f64.sqrt()).abs() < 1e-12 && (points[1] - 3.0_f64.sqrt()).abs() < 1e-12
        );
    }

    #[test]
    fn new_rows_are_scaled_as_in_training() {
        let (preprocessor, _) = Preprocessor::fit(&table(&[-1.0, 1.0]), Encoding::default()).unwrap();
        let prepared = preprocessor.apply(&table(&[5.0])).unwrap();
        assert_eq!(prepared.deduplicated.rows.points[[0, 0]], 5.0);
    }

    #[test]
    fn a_table_without_rows_is_an_error() {
        assert!(Preprocessor::fit(&table(&[]), Encoding::default()).is_err());
    }
}
