//! Permutation importance (Breiman, Machine Learning 2001, section 10; model-agnostic in Fisher, Rudin &
//! Dominici, JMLR 2019): how much a ranking changes when one feature is shuffled.
//!
//! The column is shuffled before encoding, so a category counts as one feature. Every detector scores the
//! same shuffled rows. The seed of an order depends on the feature's name and the repeat only, and rows are drawn
//! in canonical order, so another detector or another order of the rows changes no number.
//!
//! A mean fall varies by the shuffles and by the rows of the sample. The variance by the rows takes each row with the
//! values that it was given as one observation.

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

/// The falls of one detector in every repeat.
#[derive(Clone, Debug)]
pub struct Falls {
    /// One per repeat.
    pub repeats: Vec<Fall>,
    /// The variance of the mean fall of the ranking by the rows of the sample; it has `rows − 1` degrees of freedom.
    pub ranking_variance: f64,
    /// The same of the AUC; `None` with fewer than two rows of a class.
    pub auc_variance: Option<f64>,
    /// The number of rows of the sample.
    pub rows: usize,
    /// The number of rows of the smaller class; 0 without labels.
    pub smaller_class: usize,
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
    /// How each row moves the AUC; `None` with fewer than two rows of a class.
    auc_deviations: Option<Vec<f64>>,
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

    /// The falls by feature and detector.
    ///
    /// # Errors
    /// If shuffled values cannot be scaled, or a score is not finite.
    pub fn falls(&self) -> Result<Vec<Vec<Falls>>> {
        let features = 0..self.sample.features.len();
        features.into_par_iter().map(|feature| self.falls_without(feature)).collect()
    }

    fn falls_without(&self, feature: usize) -> Result<Vec<Falls>> {
        let smaller_class = self.sample.suspicious().map_or(0, |rows| rows.min(self.rows() - rows));
        let falls = |(baseline, shuffled): (&SampleRanking, &Vec<SampleRanking>)| Falls {
            repeats: shuffled.iter().map(|ranking| baseline.fall(ranking)).collect(),
            ranking_variance: baseline.ranking_variance(shuffled),
            auc_variance: baseline.auc_variance(shuffled),
            rows: self.rows(),
            smaller_class,
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
        let ranks = ranks(scores, &vec![1; scores.len()]);
        let Some(labels) = &self.sample.labels else {
            return Ok(SampleRanking { ranks, auc: None, auc_deviations: None });
        };
        let counts = LabelCounts::plain(labels);
        let ranking = Ranking::new(Scored::new(scores, &counts)?);
        let auc_deviations = metrics::auc_deviations(&ranking);
        Ok(SampleRanking { ranks, auc: metrics::auc(&ranking), auc_deviations })
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

impl SampleRanking {
    /// The variance of the mean fall by the rows: the squared deviations of the correlation, each averaged over the
    /// repeats first.
    fn ranking_variance(&self, shuffled: &[SampleRanking]) -> f64 {
        let mut means = vec![0.0; self.ranks.len()];
        for ranking in shuffled {
            let deviations = metrics::spearman_deviations(&self.ranks, &ranking.ranks);
            means.iter_mut().zip(deviations).for_each(|(mean, own)| *mean += own / shuffled.len() as f64);
        }
        means.iter().map(|mean| mean * mean).sum()
    }

    /// The same for the difference of the AUCs.
    fn auc_variance(&self, shuffled: &[SampleRanking]) -> Option<f64> {
        let before = self.auc_deviations.as_ref()?;
        let mut means = vec![0.0; before.len()];
        for ranking in shuffled {
            // Exactly 0 if nothing changed.
            let falls = before.iter().zip(ranking.auc_deviations.as_ref()?).map(|(a, b)| a - b);
            means.iter_mut().zip(falls).for_each(|(mean, fall)| *mean += fall / shuffled.len() as f64);
        }
        Some(means.iter().map(|mean| mean * mean).sum())
    }
}

fn order(rows: usize, seed: Seed) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows).collect();
    order.shuffle(&mut seed.rng());
    order
}
