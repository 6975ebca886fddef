//! Learning from verdicts: an analyst calls rows suspicious or normal, and the detector ranks by that, too.
//!
//! One model holds both kinds of knowledge. It is a forest of extremely randomized regression trees (Geurts, Ernst &
//! Wehenkel, "Extremely randomized trees", Machine Learning 2006) on the features and the untaught score. Each tree
//! learns from
//!
//! - 70 % of the verdicts, with target 1 for suspicious and 0 for normal;
//! - 50 random rows without verdict, whose target is r⁸ for the rank r of their untaught score in [0, 1]: the untaught
//!   detector's weak verdict. Together they weigh as much as 10 verdicts.
//!
//! Close to verdicts they decide; far from them the untaught score does. The score is the mean of the trees.
//!
//! A verdict is in 140 of 200 trees, chosen by the values of its row, and no tree depends on the verdicts that it does
//! not have. So one verdict, right or wrong, moves any score by at most 0.7. Unlearning a verdict means learning
//! from the others, and gives the same bytes as never having had it.
//!
//! `results/verdicts.md` compares the forest with a rule of the literature (Siddiqui et al., "Feedback-guided anomaly
//! discovery via online optimization", KDD 2018) and with classifiers that learn from the same verdicts.

mod fitted;
mod forest;
mod growth;
mod quantiles;
mod question;
mod verdict;

use crate::error::Result;
use crate::rows::{WeightedRows, WeightedSampler};
use crate::seed::Seed;
use fitted::seen;
use forest::{Forest, TreeState};
use growth::{Examples, Kind};
use ndarray::{Array1, Array2, Axis};
use quantiles::Quantiles;
use rand::seq::SliceRandom;
use rayon::prelude::*;

pub use fitted::{Influence, TAUGHT, Taught, Untaught, load};
pub use question::Questions;
pub use verdict::Verdict;

/// The most that one verdict moves any score.
pub const LARGEST_INFLUENCE: f64 = TREES_OF_VERDICT as f64 / TREES as f64;

const TREES: usize = 200;

/// The number of trees that learn a verdict.
const TREES_OF_VERDICT: usize = 140;

/// The number of rows without verdict that a tree learns.
const UNLABELED: u64 = 50;

/// The weight of all rows without verdict in a tree; that of a verdict is 1.
const UNLABELED_WEIGHT: f64 = 10.0;

/// Teaches a fitted detector from verdicts.
#[derive(Debug)]
pub struct Learner<'a> {
    untaught: Untaught,
    rows: &'a WeightedRows,
    scores: Array1<f64>,
    quantiles: Quantiles,
    seed: Seed,
}

/// A row that a tree learns from, with its untaught score as the last value.
struct Example {
    row: Vec<f64>,
    target: f64,
}

impl<'a> Learner<'a> {
    /// A learner for a fitted detector and its training rows, or newer ones; at least one. Scores all rows once.
    pub fn new(untaught: Untaught, rows: &'a WeightedRows, seed: Seed) -> Self {
        let scores = untaught.model.score(rows.points.view());
        let quantiles = Quantiles::new(&scores.to_vec(), &rows.weights);
        Learner { untaught, rows, scores, quantiles, seed: seed.derive(TAUGHT) }
    }

    /// The untaught score of each distinct row.
    pub fn untaught_scores(&self) -> &Array1<f64> {
        &self.scores
    }

    /// The score of each distinct row by a detector that this learner taught.
    pub fn scores(&self, taught: &Taught) -> Array1<f64> {
        taught.rescore(self.rows.points.view(), self.scores.view())
    }

    /// Update the scores of some rows, such as those of a shortlist. All other scores stay as they are.
    pub fn refresh(&self, taught: &Taught, rows: &[usize], scores: &mut Array1<f64>) {
        let (points, untaught) = (self.rows.points.select(Axis(0), rows), self.scores.select(Axis(0), rows));
        let refreshed = taught.rescore(points.view(), untaught.view());
        rows.iter().zip(refreshed).for_each(|(&row, score)| scores[row] = score);
    }

    /// Teach the detector these verdicts, and no others. Their order does not matter.
    ///
    /// # Errors
    /// If there are no verdicts, or if one has other columns, a value that is not finite or a weight outside (0, 1].
    pub fn learn(&self, verdicts: &[Verdict]) -> Result<Taught> {
        let columns = self.rows.points.ncols();
        let verdicts = verdict::canonical(verdicts, columns)?;
        let rows = Array2::from_shape_fn((verdicts.len(), columns), |(verdict, column)| {
            verdicts[verdict].row[column]
        });
        let scores = self.untaught.model.score(rows.view());
        let judged: Vec<Judged> = verdicts
            .iter()
            .zip(rows.rows().into_iter().zip(&scores))
            .map(|(verdict, (row, &score))| self.judged(verdict, seen(row, score)))
            .collect();
        let sampler = WeightedSampler::new(self.rows);
        let trees: Vec<TreeState> =
            (0..TREES).into_par_iter().map(|tree| self.grow(tree, &judged, &sampler)).collect();
        let forest = Forest::new(columns + 1, &trees).expect("growth writes whole trees");
        Ok(Taught { untaught: self.untaught.clone(), quantiles: self.quantiles.clone(), forest, verdicts })
    }

    /// A verdict with the trees that learn it: a random subset of fixed size, drawn by the values of the row.
    fn judged(&self, verdict: &Verdict, row: Vec<f64>) -> Judged {
        let values = verdict.row.iter().map(|value| value.to_bits());
        let seed = values.fold(self.seed.derive("verdict"), Seed::nth);
        let mut trees: Vec<bool> = (0..TREES).map(|tree| tree < TREES_OF_VERDICT).collect();
        trees.shuffle(&mut seed.rng());
        let kind = if verdict.suspicious { Kind::Suspicious } else { Kind::Normal };
        Judged { row, kind, weight: verdict.weight, trees }
    }

    /// Grow one tree on its verdicts and on random rows without verdict.
    fn grow(&self, tree: usize, judged: &[Judged], sampler: &WeightedSampler) -> TreeState {
        let mut rng = self.seed.derive("tree").nth(tree as u64).rng();
        let amount = UNLABELED.min(sampler.total()) as usize;
        let unlabeled: Vec<Example> =
            sampler.draw(amount, &mut rng).into_iter().map(|row| self.unlabeled(row as usize)).collect();
        let mut examples = Examples::new(self.rows.points.ncols() + 1);
        for verdict in judged.iter().filter(|verdict| verdict.trees[tree]) {
            let target = f64::from(u8::from(verdict.kind == Kind::Suspicious));
            examples.push(&verdict.row, target, verdict.weight, verdict.kind);
        }
        for Example { row, target } in &unlabeled {
            examples.push(row, *target, UNLABELED_WEIGHT / amount as f64, Kind::Unlabeled);
        }
        examples.grow(&mut rng).into()
    }

    /// A row without verdict. Most rows are normal, so the target is small unless the rank is high.
    fn unlabeled(&self, row: usize) -> Example {
        let score = self.scores[row];
        Example { row: seen(self.rows.points.row(row), score), target: self.quantiles.rank(score).powi(8) }
    }
}

/// A verdict as the trees learn it.
struct Judged {
    /// With the untaught score as the last value.
    row: Vec<f64>,
    kind: Kind,
    weight: f64,
    /// For each tree, whether it learns the verdict.
    trees: Vec<bool>,
}

#[cfg(test)]
mod tests;
