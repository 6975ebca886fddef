//! The taught detector: an untaught detector, verdicts, and the forest that learned them.

use super::forest::{Forest, TreeState};
use super::quantiles::Quantiles;
use super::verdict::Verdict;
use crate::detector::entry::Entry;
use crate::detector::json::{loaded, state};
use crate::detector::registry;
use crate::detector::traits::FittedDetector;
use crate::error::{Error, Result};
use ndarray::{Array1, ArrayView1, ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::any::Any;
use std::sync::Arc;

/// The id of a taught detector, for [`load`].
pub const TAUGHT: &str = "taught";

/// The share of the untaught rank in the score. It orders rows with equal leaves.
const RANK_SHARE: f64 = 0.001;

/// A detector that learned from verdicts. Its scores are in [0, 1].
#[derive(Clone, Debug)]
pub struct Taught {
    pub(super) untaught: Untaught,
    pub(super) quantiles: Quantiles,
    pub(super) forest: Forest,
    pub(super) verdicts: Vec<Verdict>,
}

/// A fitted detector and its entry in the registry.
#[derive(Clone, Debug)]
pub struct Untaught {
    /// The entry that loads the model.
    pub entry: &'static Entry,
    /// The fitted detector.
    pub model: Arc<dyn FittedDetector>,
}

/// Where the score of a row comes from. The three parts sum to the score.
#[derive(Clone, Debug, PartialEq)]
pub struct Influence {
    /// The part of the score from verdicts "suspicious".
    pub from_verdicts: f64,
    /// The part of the score from the untaught detector.
    pub from_untaught: f64,
    /// How much of the decision the verdicts "normal" hold, in [0, 1]. They add nothing to the score and leave less
    /// of it to the other two.
    pub normal_share: f64,
    /// The verdicts most similar to the row, the most similar first: the index in [`Taught::verdicts`] and the share
    /// of trees in which both have the same leaf. Verdicts that share no leaf are left out.
    pub similar: Vec<(usize, f64)>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct State {
    detector: String,
    quantiles: Quantiles,
    verdicts: Vec<Verdict>,
    trees: Vec<TreeState>,
    state: Box<RawValue>,
}

impl Taught {
    /// The detector before it was taught.
    pub fn untaught(&self) -> &Untaught {
        &self.untaught
    }

    /// The verdicts in canonical order: by row, then normal before suspicious.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// The scores of rows whose untaught scores are known.
    pub fn rescore(&self, rows: ArrayView2<f64>, untaught: ArrayView1<f64>) -> Array1<f64> {
        let means = self.forest.means(rows, untaught);
        means.into_iter().zip(untaught).map(|(mean, &untaught)| self.blend(mean, untaught)).collect()
    }

    fn blend(&self, mean: f64, untaught: f64) -> f64 {
        (1.0 - RANK_SHARE) * mean + RANK_SHARE * self.quantiles.rank(untaught)
    }

    /// How much of the score of a row comes from verdicts, and which are similar to it.
    pub fn influence(&self, row: ArrayView1<f64>) -> Influence {
        let leaves = self.leaves(row);
        let shares = self.forest.shares(&leaves);
        let from_verdicts = (1.0 - RANK_SHARE) * shares.suspicious;
        let score = self.score(row.insert_axis(Axis(0)))[0];
        Influence {
            from_verdicts,
            from_untaught: score - from_verdicts,
            normal_share: (1.0 - RANK_SHARE) * shares.normal,
            similar: self.similar(&leaves),
        }
    }

    /// The node of the leaf of a row in each tree.
    fn leaves(&self, row: ArrayView1<f64>) -> Vec<usize> {
        let untaught = self.untaught.model.score(row.insert_axis(Axis(0)))[0];
        self.forest.leaves(&seen(row, untaught))
    }

    fn similar(&self, leaves: &[usize]) -> Vec<(usize, f64)> {
        let similarity = |verdict: &Verdict| {
            let other = self.leaves(ArrayView1::from(&verdict.row));
            let shared = other.iter().zip(leaves).filter(|(a, b)| a == b).count();
            shared as f64 / leaves.len() as f64
        };
        let mut similar: Vec<(usize, f64)> =
            self.verdicts.iter().map(similarity).enumerate().filter(|(_, share)| *share > 0.0).collect();
        similar.sort_by(|a, b| b.1.total_cmp(&a.1));
        similar
    }

    /// Restore a taught detector from the text of its `to_json`.
    ///
    /// # Errors
    /// If the text is not the state of a taught detector, or if its parts contradict each other.
    fn load(text: &str) -> Result<Self> {
        let State { detector, quantiles, verdicts, trees, state } = loaded(TAUGHT, text)?;
        let entry = registry::find(&detector)?;
        let untaught = Untaught { entry, model: (entry.load)(state.get())? };
        let columns = untaught.model.columns();
        verdicts.iter().try_for_each(|verdict| verdict.check(columns))?;
        match Forest::new(columns + 1, &trees) {
            Some(forest) if quantiles.is_valid() && !verdicts.is_empty() => {
                Ok(Taught { untaught, quantiles, forest, verdicts })
            }
            _ => Err(Error::Request(format!(
                "{TAUGHT}: not a fitted model: a tree or a quantile is malformed"
            ))),
        }
    }
}

/// Restore a fitted detector, taught or not, from the id of its entry and the text of its `to_json`. The id of a taught
/// detector is [`TAUGHT`].
///
/// # Errors
/// If there is no such detector, or if the text is not its state.
pub fn load(id: &str, text: &str) -> Result<Arc<dyn FittedDetector>> {
    match id {
        TAUGHT => Ok(Arc::new(Taught::load(text)?)),
        _ => (registry::find(id)?.load)(text),
    }
}

/// A row as the trees see it: its columns, then its untaught score.
pub(super) fn seen(row: ArrayView1<f64>, untaught: f64) -> Vec<f64> {
    row.iter().copied().chain([untaught]).collect()
}

impl FittedDetector for Taught {
    fn columns(&self) -> usize {
        self.untaught.model.columns()
    }

    fn score(&self, rows: ArrayView2<f64>) -> Array1<f64> {
        self.rescore(rows, self.untaught.model.score(rows).view())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }

    fn to_json(&self) -> String {
        state(&State {
            detector: self.untaught.entry.id.to_owned(),
            quantiles: self.quantiles.clone(),
            verdicts: self.verdicts.clone(),
            trees: self.forest.states(),
            state: RawValue::from_string(self.untaught.model.to_json()).expect("a state is JSON"),
        })
    }
}
