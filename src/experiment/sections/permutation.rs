//! Permutation importance (Breiman, Machine Learning 2001, section 10; model-agnostic in Fisher, Rudin &
//! Dominici, JMLR 2019): how much a ranking changes when one feature is shuffled.
//!
//! The column is shuffled before encoding, so a category counts as one feature. Every detector scores the
//! same shuffled rows. The seed of an order depends on the feature's name and the repeat only, so another
//! feature or detector changes no number.

use super::Subject;
use crate::error::Result;
use crate::experiment::evaluate::Evaluation;
use crate::metrics::{self, LabelCounts, Ranking, Scored, pearson, ranks};
use crate::preprocess::Prepared;
use crate::seed::Seed;
use crate::table::Table;
use rand::seq::SliceRandom;
use rayon::prelude::*;

/// The number of shuffles per feature.
pub const REPEATS: usize = 10;

/// The largest number of rows to shuffle and score.
const MOST_ROWS: usize = 5_000;

/// The smallest number of rows to shuffle and score, whatever their cost.
const LEAST_ROWS: usize = 200;

/// The largest number of value comparisons between shuffled rows and training rows. A detector that compares
/// each row with every training row then needs seconds, not minutes.
const MOST_WORK: f64 = 5e10;

/// The loss of one detector in one repeat.
#[derive(Clone, Copy, Debug)]
pub struct Fall {
    /// 1 − Spearman's correlation of the scores before and after: 0 if the ranking is the same, 1 if nothing
    /// of it is left. `None` if all scores before are equal.
    pub ranking: Option<f64>,
    /// The AUC before minus the AUC after; `None` without both classes.
    pub auc: Option<f64>,
}

/// A sample of the scored rows, and how each detector ranks it.
pub struct Permutation<'a> {
    subject: &'a Subject<'a>,
    sample: Table,
    /// The rankings of the unshuffled sample, one per detector.
    baselines: Vec<SampleRanking>,
}

fn rows_to_shuffle(subject: &Subject) -> usize {
    let train = &subject.prepared.train.deduplicated.rows.points;
    let shuffles = subject.scored.features.len() * REPEATS;
    let affordable = MOST_WORK / (train.len() as f64 * shuffles as f64).max(1.0);
    (affordable as usize).clamp(LEAST_ROWS, MOST_ROWS)
}

/// The ranking of the sample by one detector.
struct SampleRanking {
    /// One rank per row of the sample.
    ranks: Vec<f64>,
    auc: Option<f64>,
}

impl<'a> Permutation<'a> {
    /// Draw the sample and score it as new rows. The local outlier factor scores training rows differently
    /// from new rows, and this difference must not count as an effect of the shuffle.
    ///
    /// # Errors
    /// If values cannot be scaled, or a score is not finite.
    pub fn new(subject: &'a Subject<'a>) -> Result<Self> {
        let sample = subject.scored.take(&subject.sample(rows_to_shuffle(subject), "importance"));
        let mut permutation = Permutation { subject, sample, baselines: Vec::new() };
        let rankings = permutation.rankings(&permutation.sample)?;
        permutation.baselines = rankings.into_iter().flatten().collect();
        Ok(permutation)
    }

    /// The number of rows in the sample.
    pub fn rows(&self) -> usize {
        self.sample.rows()
    }

    /// The falls by feature, detector and repeat.
    ///
    /// # Errors
    /// If shuffled values cannot be scaled, or a score is not finite.
    pub fn falls(&self) -> Result<Vec<Vec<Vec<Fall>>>> {
        let features = 0..self.sample.features.len();
        features.into_par_iter().map(|feature| self.falls_without(feature)).collect()
    }

    fn falls_without(&self, feature: usize) -> Result<Vec<Vec<Fall>>> {
        let falls = |(baseline, shuffled): (&SampleRanking, &Vec<SampleRanking>)| {
            shuffled.iter().map(|ranking| baseline.fall(ranking)).collect()
        };
        let shuffled = self.rankings(&self.shuffled(feature))?;
        Ok(self.baselines.iter().zip(&shuffled).map(falls).collect())
    }

    /// One copy of the sample per repeat, stacked, each with one column in another order.
    fn shuffled(&self, feature: usize) -> Table {
        let seed = self.subject.prepared.seed.derive("importance").derive("shuffle");
        let seed = seed.derive(&self.sample.features[feature].name);
        let orders: Vec<usize> =
            (0..REPEATS).flat_map(|repeat| order(self.rows(), seed.nth(repeat as u64))).collect();
        let copies: Vec<usize> = (0..REPEATS).flat_map(|_| 0..self.rows()).collect();
        let mut table = self.sample.take(&copies);
        table.features[feature] = self.sample.features[feature].take(&orders);
        table
    }

    /// The rankings of one or more stacked samples, by detector and sample. The samples are scored together:
    /// if a column has few values, most rows are equal, and each distinct row is scored once.
    fn rankings(&self, rows: &Table) -> Result<Vec<Vec<SampleRanking>>> {
        let preprocessor = &self.subject.prepared.preprocessor;
        let Prepared { deduplicated, novel, .. } = preprocessor.apply(rows)?;
        let rankings = |evaluation: &Evaluation| {
            let Evaluation { model, training, .. } = evaluation;
            let scores = preprocessor.score(&**model, training, deduplicated.rows.points.view(), &novel);
            let scores = deduplicated.expand(scores.view()).to_vec();
            scores.chunks(self.rows()).map(|scores| self.ranking(scores)).collect()
        };
        self.subject.evaluations.iter().map(rankings).collect()
    }

    fn ranking(&self, scores: &[f64]) -> Result<SampleRanking> {
        let auc = match &self.sample.labels {
            Some(labels) => metrics::auc(&Ranking::new(Scored::new(scores, &LabelCounts::plain(labels))?)),
            None => None,
        };
        Ok(SampleRanking { ranks: ranks(scores, &vec![1; scores.len()]), auc })
    }
}

impl SampleRanking {
    fn fall(&self, shuffled: &SampleRanking) -> Fall {
        let is_ranking = self.ranks.windows(2).any(|pair| pair[0] != pair[1]);
        // If all scores are equal after the shuffle, there is no correlation, and nothing of the ranking is
        // left.
        let correlation = || pearson(&self.ranks, &shuffled.ranks, &vec![1; self.ranks.len()]).unwrap_or(0.0);
        Fall {
            ranking: is_ranking.then(|| 1.0 - correlation()),
            auc: self.auc.zip(shuffled.auc).map(|(before, after)| before - after),
        }
    }
}

fn order(rows: usize, seed: Seed) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows).collect();
    order.shuffle(&mut seed.rng());
    order
}
