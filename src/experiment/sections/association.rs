//! The correlation of each feature with the scores, over all scored rows.

use super::Subject;
use crate::error::Result;
use crate::metrics::{pearson, ranks};
use crate::preprocess::{Deduplicated, Encoder};
use crate::schema::Encoding;
use crate::table::Values;
use rayon::prelude::*;

/// The correlations of one feature and one detector's scores.
#[derive(Clone, Copy, Debug)]
pub struct Association {
    /// Spearman's correlation, signed; `None` for constants and for categories, whose levels have no order.
    pub rank_correlation: Option<f64>,
    /// Pearson's correlation, absolute. Categories are encoded by the position of their level.
    pub pearson: Option<f64>,
}

/// The association of each feature with the scores of each detector: one list per detector.
///
/// # Errors
/// If a column cannot be encoded.
pub fn of(subject: &Subject) -> Result<Vec<Vec<Association>>> {
    let rows = Rows::new(subject)?;
    let weights = &rows.deduplicated.rows.weights;
    let features: Vec<Numbers> = (0..subject.scored.features.len())
        .into_par_iter()
        .map(|feature| Numbers::new(rows.feature(feature), weights))
        .collect();
    let scores: Vec<Numbers> = subject
        .evaluations
        .par_iter()
        .map(|evaluation| Numbers::new(rows.scores(&evaluation.scores), weights))
        .collect();
    let ordered = |feature: usize| !matches!(subject.scored.features[feature].values, Values::Text(_));
    let association = |scores: &Numbers, feature: usize| Association {
        rank_correlation: pearson(&features[feature].ranks, &scores.ranks, weights)
            .filter(|_| ordered(feature)),
        pearson: pearson(&features[feature].values, &scores.values, weights).map(f64::abs),
    };
    let of_detector = |scores: &Numbers| -> Vec<Association> {
        (0..features.len()).into_par_iter().map(|feature| association(scores, feature)).collect()
    };
    Ok(scores.iter().map(of_detector).collect())
}

/// A number per distinct row, and its rank.
struct Numbers {
    values: Vec<f64>,
    ranks: Vec<f64>,
}

impl Numbers {
    fn new(values: Vec<f64>, weights: &[u32]) -> Self {
        Numbers { ranks: ranks(&values, weights), values }
    }
}

/// The scored rows with one number per feature, deduplicated.
struct Rows {
    deduplicated: Deduplicated,
    /// The index of each row among the detectors' distinct rows.
    slots: Vec<usize>,
}

impl Rows {
    fn new(subject: &Subject) -> Result<Self> {
        let encoder = Encoder::fit(&subject.train.features, Encoding::Ordinal, &subject.train.name)?;
        let encoded = encoder.apply(&subject.scored.features);
        let deduplicated = Deduplicated::new(encoded.matrix.view());
        let seen_by_detectors = &subject.prepared.scored().deduplicated.index;
        let mut slots = vec![0; deduplicated.rows.len()];
        for (&row, &slot) in deduplicated.index.iter().zip(seen_by_detectors) {
            slots[row as usize] = slot as usize;
        }
        Ok(Rows { deduplicated, slots })
    }

    fn feature(&self, feature: usize) -> Vec<f64> {
        self.deduplicated.rows.points.column(feature).to_vec()
    }

    fn scores(&self, scores: &[f64]) -> Vec<f64> {
        self.slots.iter().map(|&slot| scores[slot]).collect()
    }
}
