//! The order in which an analyst reviews rows: the highest scores first, and after each verdict by what it teaches.

use super::data::LearnData;
use crate::detector::{self, Learner, Questions, Taught, Untaught, Verdict};
use crate::error::Result;
use crate::model::feature::Cell;
use crate::model::table_model::{Assessment, TableModel};
use crate::model::verdict::{RowDigest, RowKeys, Verdict as Word};
use crate::preprocess::Deduplicated;
use crate::seed::Seed;
use crate::table::Column;
use ndarray::Array1;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The rows of a review: equal rows are one question.
#[derive(Debug)]
pub struct ReviewRows<'a> {
    model: TableModel,
    data: &'a LearnData,
    rows: Deduplicated,
    /// For each distinct row, its first row in the data.
    first: Vec<usize>,
    slots: HashMap<RowDigest, usize>,
}

/// A row to judge.
#[derive(Clone, Debug)]
pub struct Question {
    /// The distinct row.
    pub slot: usize,
    /// Its first row in the data, from 0.
    pub row: usize,
    /// The key that a verdict names.
    pub key: String,
    /// The number of rows with these values.
    pub equal_rows: u64,
    /// What the model says of it, before it learned in this review.
    pub assessment: Assessment,
    /// Similar rows that were judged already: suspicious and normal ones.
    pub similar: (usize, usize),
}

impl<'a> ReviewRows<'a> {
    /// The rows of some data for a model, as it was before it learned from verdicts.
    ///
    /// # Errors
    /// If the data lacks a feature of the model.
    pub fn of(model: &TableModel, data: &'a LearnData) -> Result<Self> {
        let model = model.untaught();
        let columns = model.checked(&data.table.features)?;
        let (points, novel) = model.preprocessor.rows(&columns);
        let (rows, _) = Deduplicated::with_novel(points.view(), &novel);
        let mut first = vec![usize::MAX; rows.rows.len()];
        for (row, &slot) in rows.index.iter().enumerate().rev() {
            first[slot as usize] = row;
        }
        let keys = RowKeys::new(&data.table.features);
        let digests: Vec<RowDigest> = first.par_iter().map(|&row| keys.of(row)).collect();
        let slots = digests.into_iter().enumerate().map(|(slot, digest)| (digest, slot)).collect();
        Ok(ReviewRows { model, data, rows, first, slots })
    }

    /// The number of distinct rows.
    pub fn len(&self) -> usize {
        self.first.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// The first row in the data of each distinct row.
    pub fn first_rows(&self) -> &[usize] {
        &self.first
    }

    /// The distinct row with a key; `None` if there is none.
    pub fn slot(&self, key: &str) -> Option<usize> {
        self.slots.get(&RowDigest::parse(key)?).copied()
    }

    /// The features of all rows.
    pub fn features(&self) -> &[Column] {
        &self.data.table.features
    }

    /// The time of a row, in microseconds since 1970.
    pub fn time(&self, row: usize) -> Option<i64> {
        self.data.table.times.as_ref().map(|times| times[row])
    }

    /// The model that ranks the rows at first.
    pub fn model(&self) -> &TableModel {
        &self.model
    }

    /// The values of the features of a row by name.
    pub fn values(&self, row: usize) -> BTreeMap<String, Cell> {
        let features = self.model.features().iter().zip(self.features());
        features
            .map(|(feature, column)| (feature.name.clone(), feature.cell_of(&column.values, row)))
            .collect()
    }
}

/// Ranks the rows of a review.
#[derive(Debug)]
pub struct ReviewRanking<'a> {
    rows: &'a ReviewRows<'a>,
    learner: Learner<'a>,
    taught: Option<Taught>,
    scores: Array1<f64>,
    verdicts: BTreeMap<usize, Word>,
    explore: f64,
    asked: usize,
}

impl<'a> ReviewRanking<'a> {
    /// A ranking by the model alone. A share `explore` of the questions is about rows near the threshold.
    ///
    /// # Errors
    /// If the detector of the model is unknown.
    pub fn new(rows: &'a ReviewRows<'a>, explore: f64) -> Result<Self> {
        let model = &rows.model;
        let known = Untaught { entry: detector::find(&model.entry)?, model: model.detector.clone() };
        let seed = Seed::new(model.card.seed).derive(model.name());
        let learner = Learner::new(known, &rows.rows.rows, seed);
        let scores = learner.untaught_scores().clone();
        let verdicts = BTreeMap::new();
        Ok(ReviewRanking { rows, learner, taught: None, scores, verdicts, explore, asked: 0 })
    }

    /// The verdict on a row; a later one counts.
    pub fn judge(&mut self, slot: usize, verdict: Word) {
        self.verdicts.insert(slot, verdict);
    }

    /// Rank the rows by all verdicts. Of many distinct rows, only those with the highest scores are ranked again.
    ///
    /// # Errors
    /// If the detector cannot learn, which finite rows exclude.
    pub fn learn(&mut self) -> Result<()> {
        const MOST_RANKED_AGAIN: usize = 20_000;
        let points = &self.rows.rows.rows.points;
        let verdict = |(&slot, &word): (&usize, &Word)| {
            (word != Word::Unsure).then(|| Verdict::new(points.row(slot).to_vec(), word == Word::Suspicious))
        };
        let verdicts: Vec<Verdict> = self.verdicts.iter().filter_map(verdict).collect();
        if verdicts.is_empty() {
            self.taught = None;
            self.scores = self.learner.untaught_scores().clone();
            return Ok(());
        }
        let taught = self.learner.learn(&verdicts)?;
        if self.scores.len() <= MOST_RANKED_AGAIN {
            self.scores = self.learner.scores(&taught);
        } else {
            let asked = BTreeSet::new();
            let first = self.learner.shortlist(self.learner.untaught_scores(), &asked, MOST_RANKED_AGAIN);
            // Rows behind the first keep a score below all scores of a taught detector.
            self.scores.fill(-1.0);
            self.learner.refresh(&taught, &first, &mut self.scores);
        }
        self.taught = Some(taught);
        Ok(())
    }

    /// The next row to judge; `None` if all are judged.
    ///
    /// # Errors
    /// If the row cannot be scored.
    pub fn next_question(&mut self) -> Result<Option<Question>> {
        let asked: BTreeSet<usize> = self.verdicts.keys().copied().collect();
        self.asked += 1;
        // One of every 1/explore questions is about a row near the threshold.
        let is_exploring =
            (self.asked as f64 * self.explore).floor() > ((self.asked - 1) as f64 * self.explore).floor();
        let questions = Questions {
            batch: 1,
            explore: if is_exploring { 1.0 } else { 0.0 },
            threshold: if is_exploring { self.threshold() } else { 0.0 },
        };
        match self.learner.next_questions(&self.scores, &asked, questions).first() {
            Some(&slot) => self.question(slot).map(Some),
            None => Ok(None),
        }
    }

    /// The question about a row.
    ///
    /// # Errors
    /// If the row cannot be scored.
    pub fn question(&self, slot: usize) -> Result<Question> {
        let rows = self.rows;
        let row = rows.first[slot];
        let own: Vec<Column> = rows.features().iter().map(|column| column.take(&[row])).collect();
        let similar = self.taught.as_ref().map(|taught| {
            /// The smallest share of trees in which two similar rows have the same leaf.
            const SIMILAR: f64 = 0.1;
            let influence = taught.influence(rows.rows.rows.points.row(slot));
            let of = |suspicious: bool| {
                let is_similar = |(verdict, share): &&(usize, f64)| {
                    *share >= SIMILAR && taught.verdicts()[*verdict].suspicious == suspicious
                };
                influence.similar.iter().filter(is_similar).count()
            };
            (of(true), of(false))
        });
        Ok(Question {
            slot,
            row,
            key: RowKeys::new(rows.features()).of(row).text(),
            equal_rows: u64::from(rows.rows.rows.weights[slot]),
            assessment: rows.model.score(&own)?[0],
            similar: similar.unwrap_or_default(),
        })
    }

    /// The score that has as many rows above it as the model flags.
    fn threshold(&self) -> f64 {
        if self.taught.is_none() {
            return self.rows.model.card.threshold;
        }
        let flagged = self
            .learner
            .untaught_scores()
            .iter()
            .filter(|&&score| score > self.rows.model.card.threshold)
            .count();
        let mut scores = self.scores.to_vec();
        let at = flagged.min(scores.len() - 1);
        *scores.select_nth_unstable_by(at, |a, b| b.total_cmp(a)).1
    }
}
