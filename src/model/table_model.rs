//! One table's model at work: rows in the analyst's units to scores, severities and verdicts.

use super::card::Card;
use super::feature::FeatureModel;
use super::golden::Golden;
use super::severity::Severity;
use crate::detector::FittedDetector;
use crate::error::{Error, Result};
use crate::preprocess::Folded;
use crate::preprocess::Preparation;
use crate::table::{Column, Values};
use ndarray::{ArrayView2, s};
use rayon::prelude::*;
use serde::Serialize;
use std::borrow::Cow;
use std::sync::Arc;

/// All that scores the rows of one table.
#[derive(Clone, Debug)]
pub struct TableModel {
    pub(super) card: Card,
    pub(super) preparation: Preparation,
    pub(super) severity: Severity,
    pub(super) goldens: Vec<Golden>,
    /// The id under which the detector is loaded.
    pub(super) entry: String,
    pub(super) detector: Arc<dyn FittedDetector>,
}

/// What a model says of a row.
#[derive(Clone, Copy, Debug, Serialize, PartialEq)]
pub struct Assessment {
    /// The detector's own score; higher is more anomalous.
    pub score: f64,
    /// 0 to 100: per cent of the training rows that score lower.
    pub severity: f64,
    /// Whether the score lies above the threshold.
    pub flagged: bool,
}

impl TableModel {
    /// The table's full name.
    pub fn name(&self) -> &str {
        &self.card.table
    }

    /// The features, in the order of the columns that are scored.
    pub fn features(&self) -> &[FeatureModel] {
        &self.card.features
    }

    /// What is to be known about the model.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// How many rows it keeps to score again when it is read.
    pub fn golden_rows(&self) -> usize {
        self.goldens.len()
    }

    /// One assessment per row of columns that hold the features in their order. A row's assessment does not depend
    /// on the rows beside it, nor on the number of threads, down to the last bit.
    ///
    /// # Errors
    /// Where the columns are not the features, or hold what cannot be one.
    pub fn score(&self, columns: &[Column]) -> Result<Vec<Assessment>> {
        let columns = self.checked(columns)?;
        let points = self.preparation.rows(&columns);
        if !repeat_themselves(points.view()) {
            return self.assess(points.view());
        }
        let folded = Folded::new(points.view());
        let distinct = self.assess(folded.rows.points.view())?;
        Ok(folded.index.iter().map(|&row| distinct[row as usize]).collect())
    }

    /// Rows as the detector sees them.
    pub(super) fn assess(&self, points: ArrayView2<f64>) -> Result<Vec<Assessment>> {
        let scores = self.detector.score(points);
        if !scores.iter().all(|score| score.is_finite()) {
            return Err(Error::table(self.name(), "the model gives a row no finite score"));
        }
        let threshold = self.card.threshold;
        let assessment = |&score: &f64| Assessment {
            score,
            severity: self.severity.at(score),
            flagged: score > threshold,
        };
        Ok(scores.par_iter().map(assessment).collect())
    }

    /// The columns as the encoder wants them.
    pub(super) fn checked<'a>(&self, columns: &'a [Column]) -> Result<Cow<'a, [Column]>> {
        let rows = columns.first().map_or(0, |column| column.values.len());
        let names = || columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
        if columns.len() != self.features().len() || columns.iter().any(|column| column.values.len() != rows)
        {
            let problem = format!(
                "columns of equal length for its {} features are expected, but there are {}",
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
        let read = |(feature, column): (&FeatureModel, &Column)| {
            column.clone().into_kind(self.name(), feature.column_kind())
        };
        self.features().iter().zip(columns).map(read).collect::<Result<Vec<_>>>().map(Cow::Owned)
    }
}

/// Whether so many of the first rows are copies that folding all of them costs less than scoring them.
fn repeat_themselves(points: ArrayView2<f64>) -> bool {
    const FIRST: usize = 4_096;
    let first = points.slice(s![..points.nrows().min(FIRST), ..]);
    4 * Folded::new(first).rows.len() < 3 * first.nrows()
}

impl FeatureModel {
    /// Whether values can be encoded as they are.
    fn takes(&self, values: &Values) -> bool {
        match values {
            Values::Text(_) => self.levels().is_some(),
            Values::Time(_) => false,
            Values::Flag(_) | Values::Integer(_) | Values::Real(_) => self.levels().is_none(),
        }
    }
}
