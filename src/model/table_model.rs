//! The model of one table: turns rows in the original units into scores, severities and verdicts.

use super::base::Base;
use super::card::Card;
use super::feature::{Cell, FeatureModel};
use super::golden::Golden;
use super::profile::Profile;
use crate::detector::FittedDetector;
use crate::error::{Error, Result};
use crate::metrics::Severity;
use crate::preprocess::Preprocessor;
use crate::preprocess::{Deduplicated, NovelValues};
use crate::table::{Column, Values};
use ndarray::{ArrayView2, s};
use rayon::prelude::*;
use serde::Serialize;
use std::borrow::Cow;
use std::sync::Arc;

/// The fitted model of one table.
#[derive(Clone, Debug)]
pub struct TableModel {
    pub(super) card: Card,
    pub(super) preprocessor: Preprocessor,
    pub(super) severity: Severity,
    pub(super) goldens: Vec<Golden>,
    /// The model before it learned from verdicts, if it did.
    pub(super) base: Option<Arc<Base>>,
    /// The profile of the training data; `None` in older and in taught models.
    pub(super) profile: Option<Arc<Profile>>,
    /// The registry id that loads the detector.
    pub(super) entry: String,
    pub(super) detector: Arc<dyn FittedDetector>,
}

/// The assessment of a row by a model.
#[derive(Clone, Copy, Debug, Serialize, PartialEq)]
pub struct Assessment {
    /// The detector's own score; higher is more anomalous.
    pub score: f64,
    /// The percentage of training rows with a lower score, in [0, 100].
    pub severity: f64,
    /// Whether the score is above the threshold.
    pub flagged: bool,
}

impl TableModel {
    /// The full name of the table.
    pub fn name(&self) -> &str {
        &self.card.table
    }

    /// The features, in column order.
    pub fn features(&self) -> &[FeatureModel] {
        &self.card.features
    }

    /// The model card.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// The profile of the training data; `None` in older models.
    pub fn profile(&self) -> Option<&Profile> {
        self.profile.as_deref()
    }

    /// The number of golden rows, which are scored again when the model is read.
    pub fn golden_rows(&self) -> usize {
        self.goldens.len()
    }

    /// Score rows, given one column per feature in order. The assessment of a row depends on neither the
    /// other rows nor the number of threads, to the last bit.
    ///
    /// # Errors
    /// If the columns are not the features, or have values of the wrong kind.
    pub fn score(&self, columns: &[Column]) -> Result<Vec<Assessment>> {
        let columns = self.checked(columns)?;
        let (points, novel) = self.preprocessor.rows(&columns);
        if !has_many_duplicates(points.view()) {
            return self.assess(points.view(), &novel);
        }
        let (deduplicated, novel) = Deduplicated::with_novel(points.view(), &novel);
        let distinct = self.assess(deduplicated.rows.points.view(), &novel)?;
        Ok(deduplicated.index.iter().map(|&row| distinct[row as usize]).collect())
    }

    /// Assess encoded and scaled rows.
    pub(super) fn assess(&self, points: ArrayView2<f64>, novel: &NovelValues) -> Result<Vec<Assessment>> {
        let scores = self.preprocessor.score(&*self.detector, &self.severity, points, novel);
        if !scores.iter().all(|score| score.is_finite()) {
            return Err(Error::table(self.name(), "the model returns a score that is not finite"));
        }
        let threshold = self.card.threshold;
        let assessment = |&score: &f64| Assessment {
            score,
            severity: self.severity.at(score),
            flagged: score > threshold,
        };
        Ok(scores.par_iter().map(assessment).collect())
    }

    /// One column per feature from rows of cells.
    pub(super) fn columns(&self, rows: &[Vec<Cell>]) -> Vec<Column> {
        let column = |(at, feature): (usize, &FeatureModel)| {
            feature.column(rows.iter().map(|row| row.get(at).unwrap_or(&Cell::Missing)))
        };
        self.features().iter().enumerate().map(column).collect()
    }

    /// The columns with the types that the encoder expects.
    ///
    /// # Errors
    /// If the columns are not the features, or have values of the wrong kind.
    pub(super) fn checked<'a>(&self, columns: &'a [Column]) -> Result<Cow<'a, [Column]>> {
        let rows = columns.first().map_or(0, |column| column.values.len());
        let names = || columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
        if columns.len() != self.features().len() || columns.iter().any(|column| column.values.len() != rows)
        {
            let problem = format!(
                "expected one column of equal length for each of its {} features, but found {}",
                self.features().len(),
                names().join(", ")
            );
            return Err(Error::table(self.name(), problem));
        }
        let misplaced =
            self.features().iter().zip(columns).find(|(feature, column)| feature.name != column.name);
        if let Some((feature, _)) = misplaced {
            return Err(Error::missing_column(self.name(), &feature.name, names()));
        }
        if self.features().iter().zip(columns).all(|(feature, column)| feature.takes(&column.values)) {
            return Ok(Cow::Borrowed(columns));
        }
        let convert = |(feature, column): (&FeatureModel, &Column)| {
            column.clone().into_kind(self.name(), feature.column_kind())
        };
        self.features().iter().zip(columns).map(convert).collect::<Result<Vec<_>>>().map(Cow::Owned)
    }
}

/// Whether the first rows have so many duplicates that deduplication saves time.
fn has_many_duplicates(points: ArrayView2<f64>) -> bool {
    const FIRST: usize = 4_096;
    let first = points.slice(s![..points.nrows().min(FIRST), ..]);
    4 * Deduplicated::new(first).rows.len() < 3 * first.nrows()
}

impl FeatureModel {
    /// Whether the encoder accepts these values without conversion.
    fn takes(&self, values: &Values) -> bool {
        match values {
            Values::Text(_) => self.levels().is_some(),
            Values::Time(_) => false,
            Values::Flag(_) | Values::Integer(_) | Values::Real(_) => self.levels().is_none(),
        }
    }
}
