//! Permutation importance (Breiman, Machine Learning 2001, section 10; model-agnostic in Fisher, Rudin & Dominici,
//! JMLR 2019): what is lost of a ranking when one feature is shuffled.
//!
//! The column is shuffled before it is encoded, so that a category counts as one feature. The same shuffled rows
//! go to every detector, and the order is drawn by the feature's name and the repeat: neither another feature nor
//! another detector moves a number.

use super::Subject;
use crate::error::Result;
use crate::experiment::measure::Measured;
use crate::metrics::{self, LabelCounts, Ranking, Scored, pearson, ranks};
use crate::preprocess::Prepared;
use crate::seed::Seed;
use crate::table::Table;
use rand::seq::SliceRandom;
use rayon::prelude::*;

/// How often each feature is shuffled.
pub const REPEATS: usize = 10;

/// Rows that are shuffled and scored, at most.
const MOST_ROWS: usize = 5_000;

/// And at least, however much one of them costs.
const LEAST_ROWS: usize = 200;

/// Comparisons of a row with a training row, value by value, that the shuffled rows may cost: seconds, not minutes,
/// for detectors that look at every training row.
const MOST_WORK: f64 = 5e10;

/// What one detector loses by one shuffling.
#[derive(Clone, Copy, Debug)]
pub struct Fall {
    /// 1 − Spearman's correlation of the scores before and after: 0 where the ranking stays, 1 where nothing of it
    /// is left. `None` where there was none before.
    pub ranking: Option<f64>,
    /// The AUC before minus that after; `None` without both classes.
    pub auc: Option<f64>,
}

/// A sample of the scored rows and the detectors' answers to it.
pub struct Permutation<'a> {
    subject: &'a Subject<'a>,
    sample: Table,
    /// One per detector.
    before: Vec<Answer>,
}

fn rows_to_shuffle(subject: &Subject) -> usize {
    let train = &subject.bench.train.folded.rows.points;
    let shuffles = subject.scored.features.len() * REPEATS;
    let affordable = MOST_WORK / (train.len() as f64 * shuffles as f64).max(1.0);
    (affordable as usize).clamp(LEAST_ROWS, MOST_ROWS)
}

/// How a detector ranks the sample.
struct Answer {
    /// One per row of the sample.
    ranks: Vec<f64>,
    auc: Option<f64>,
}

impl<'a> Permutation<'a> {
    /// Draw the sample and have it scored as new rows: the local outlier factor scores its training rows in another
    /// way, which must not pass for an effect of the shuffling.
    ///
    /// # Errors
    /// Where values cannot be scaled, or a score is not finite.
    pub fn new(subject: &'a Subject<'a>) -> Result<Self> {
        let sample = subject.scored.take(&subject.sample(rows_to_shuffle(subject), "importance"));
        let mut permutation = Permutation { subject, sample, before: Vec::new() };
        let answers = permutation.answers(&permutation.sample)?;
        permutation.before = answers.into_iter().flatten().collect();
        Ok(permutation)
    }

    /// How many rows were drawn.
    pub fn rows(&self) -> usize {
        self.sample.rows()
    }

    /// For each feature and each detector what is lost in each repeat.
    ///
    /// # Errors
    /// Where shuffled values cannot be scaled, or a score is not finite.
    pub fn falls(&self) -> Result<Vec<Vec<Vec<Fall>>>> {
        let features = 0..self.sample.features.len();
        features.into_par_iter().map(|feature| self.falls_without(feature)).collect()
    }

    fn falls_without(&self, feature: usize) -> Result<Vec<Vec<Fall>>> {
        let falls =
            |(before, after): (&Answer, &Vec<Answer>)| after.iter().map(|after| before.fall(after)).collect();
        let after = self.answers(&self.shuffled(feature))?;
        Ok(self.before.iter().zip(&after).map(falls).collect())
    }

    /// The sample as often as there are repeats, one below the other, each time with one column in another order.
    fn shuffled(&self, feature: usize) -> Table {
        let seed = self.subject.bench.seed.derive("importance").derive("shuffle");
        let seed = seed.derive(&self.sample.features[feature].name);
        let orders: Vec<usize> =
            (0..REPEATS).flat_map(|repeat| order(self.rows(), seed.nth(repeat as u64))).collect();
        let as_it_is: Vec<usize> = (0..REPEATS).flat_map(|_| 0..self.rows()).collect();
        let mut table = self.sample.take(&as_it_is);
        table.features[feature] = self.sample.features[feature].take(&orders);
        table
    }

    /// Every detector's answers to the sample, or to several of its size, one below the other. Together, since most
    /// of their rows are the same where a column has few values, and each distinct row is scored once.
    fn answers(&self, rows: &Table) -> Result<Vec<Vec<Answer>>> {
        let Prepared { folded, .. } = self.subject.bench.preparation.apply(rows)?;
        let answers = |measured: &Measured| {
            let scores = folded.unfold(measured.model.score(folded.rows.points.view()).view()).to_vec();
            scores.chunks(self.rows()).map(|scores| self.answer(scores)).collect()
        };
        self.subject.measured.iter().map(answers).collect()
    }

    fn answer(&self, scores: &[f64]) -> Result<Answer> {
        let auc = match &self.sample.labels {
            Some(labels) => metrics::auc(&Ranking::new(Scored::new(scores, &LabelCounts::plain(labels))?)),
            None => None,
        };
        Ok(Answer { ranks: ranks(scores, &vec![1; scores.len()]), auc })
    }
}

impl Answer {
    fn fall(&self, after: &Answer) -> Fall {
        let was_a_ranking = self.ranks.windows(2).any(|pair| pair[0] != pair[1]);
        // No correlation: after the shuffling all scores are equal, and nothing of the ranking is left.
        let kept = || pearson(&self.ranks, &after.ranks, &vec![1; self.ranks.len()]).unwrap_or(0.0);
        Fall {
            ranking: was_a_ranking.then(|| 1.0 - kept()),
            auc: self.auc.zip(after.auc).map(|(before, after)| before - after),
        }
    }
}

fn order(rows: usize, seed: Seed) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows).collect();
    order.shuffle(&mut seed.rng());
    order
}
