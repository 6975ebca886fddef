//! The correlation of each feature with the scores, over all scored rows.

use super::Subject;
use crate::error::Result;
use crate::metrics::{pearson, ranks};
use crate::preprocess::{Deduplicated, Encoder};
use crate::schema::Encoding;
use crate::table::Values;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The correlations of one feature and one detector's scores.
#[derive(Clone, Copy, Debug)]
pub struct Association {
    /// Spearman's correlation, signed; `None` for constants and for categories, whose levels have no order.
    pub rank_correlation: Option<f64>,
    /// For categories: Spearman's correlation of the scores and the mean score of the row's level.
    pub level_correlation: Option<f64>,
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
        level_correlation: (!ordered(feature))
            .then(|| by_level(&features[feature].values, scores, weights))
            .flatten(),
        pearson: pearson(&features[feature].values, &scores.values, weights).map(f64::abs),
    };
    let of_detector = |scores: &Numbers| -> Vec<Association> {
        (0..features.len()).into_par_iter().map(|feature| association(scores, feature)).collect()
    };
    Ok(scores.iter().map(of_detector).collect())
}

/// Spearman's correlation of the scores and the mean score of each row's level.
fn by_level(levels: &[f64], scores: &Numbers, weights: &[u32]) -> Option<f64> {
    let mut sums: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    for ((level, score), &weight) in levels.iter().zip(&scores.values).zip(weights) {
        let (sum, rows) = sums.entry(level.to_bits()).or_default();
        *sum += score * f64::from(weight);
        *rows += f64::from(weight);
    }
    let means: Vec<f64> =
        levels.iter().filter_map(|level| sums.get(&level.to_bits())).map(|(sum, rows)| sum / rows).collect();
    pearson(&ranks(&means, weights), &scores.ranks, weights).map(f64::abs)
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
        let mut slots = vec![usize::MAX; deduplicated.rows.len()];
        for (&row, &slot) in deduplicated.index.iter().zip(seen_by_detectors) {
            // Rows that differ only in novel values are one here; the smallest slot does not depend on their order.
            slots[row as usize] = slots[row as usize].min(slot as usize);
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
