//! Fitting a table's model, and the one place that knows how detectors are made and loaded.

use super::card::{Card, FittedTail, Measurement, Sample, ScoredAgain, Training};
use super::feature::{Cell, FeatureKind, FeatureModel};
use super::golden;
use super::options::TrainOptions;
use super::profile::Profile;
use super::table_model::TableModel;
use crate::detector::{self, Fitted, FittedDetector};
use crate::error::{Error, Result};
use crate::experiment::{RuleThreshold, TrainingRows, by_rule, share_of_budget};
use crate::metrics::{self, Ranking, Scored, Severity, ThresholdRule};
use crate::preprocess::{Prepared, Preprocessor};
use crate::schema::{self, Kind};
use crate::seed::Seed;
use crate::table::{Column, Table, Values, is_number};
use std::sync::Arc;

/// What was fitted on all rows of a table.
#[derive(Debug)]
pub(super) struct FittedParts {
    pub preprocessor: Preprocessor,
    /// The table as the detector saw it.
    pub prepared: Prepared,
    pub fitted: Fitted,
    /// Set if the detector was fitted on some of the rows only.
    pub sample: Option<Sample>,
    /// What was measured by the labels, which were not learned from.
    pub measurements: Vec<Measurement>,
}

/// A fitted detector from the id of its entry and its state.
pub(super) fn loaded(detector: &str, state: &str) -> Result<Arc<dyn FittedDetector>> {
    detector::load(detector, state)
}

impl TableModel {
    /// The model of a table from what was fitted on it.
    ///
    /// # Errors
    /// Where the scores of training set no threshold.
    pub(super) fn new(table: &Table, options: &TrainOptions, parts: FittedParts) -> Result<Self> {
        let FittedParts { preprocessor, prepared, fitted, sample, measurements } = parts;
        let Fitted { model, train_scores, .. } = fitted;
        let (scores, weights) = (train_scores.to_vec(), &prepared.deduplicated.rows.weights);
        if !scores.iter().all(|score| score.is_finite()) {
            return Err(Error::table(&table.name, "the detector returns a score that is not finite"));
        }
        let rows = TrainingRows {
            table: &table.name,
            detector: &options.detector.name,
            scores: &scores,
            weights,
            index: &prepared.deduplicated.index,
            times: table.times.as_deref(),
        };
        let RuleThreshold { threshold, tail, .. } = by_rule(options.threshold, &rows)?;
        let seed = Seed::new(options.seed).derive("tail");
        let tail = tail.map(|(tail, excesses)| {
            let share = if let ThresholdRule::Tail(share) = options.threshold { share } else { tail.most() };
            FittedTail { tail, check: tail.check(&excesses, share, seed) }
        });
        let flagged_rows = above(&scores, weights, threshold);
        let again = model.score(prepared.deduplicated.rows.points.view()).to_vec();
        let scored_again = (again != scores).then(|| ScoredAgain {
            flagged_rows: above(&again, weights, threshold),
            auc: auc_of(&again, &prepared),
        });
        let (contamination, alerts_per_day, rule) = match options.threshold {
            ThresholdRule::Contamination(share) => (Some(share), None, None),
            ThresholdRule::Budget(per_day) => {
                let share = share_of_budget(per_day, &table.name, table.times.as_deref(), table.rows())?;
                (Some(share), Some(per_day), None)
            }
            rule => (None, None, Some(rule)),
        };
        let card = Card {
            table: table.name.clone(),
            features: features(table, &preprocessor),
            time_source: table.time_source.clone(),
            encoding: options.encoding,
            detector: options.detector.name.clone(),
            parameters: options.detector.parameters.clone(),
            contamination,
            alerts_per_day,
            rule,
            tail,
            calibration: None,
            threshold,
            seed: options.seed,
            training: Training {
                sample,
                flagged_rows: Some(flagged_rows),
                ..Training::on(table, prepared.deduplicated.rows.len())
            },
            taught: None,
            measurements,
            scored_again,
        };
        let severity = Severity::of(&scores, weights);
        let row_scores: Vec<f64> = prepared.deduplicated.index.iter().map(|&at| again[at as usize]).collect();
        let profile = Profile::of(&card.features, table, &row_scores, threshold);
        let mut fitted = TableModel {
            profile: Some(Arc::new(profile)),
            card,
            preprocessor,
            severity,
            goldens: Vec::new(),
            base: None,
            entry: options.detector.entry.id.to_owned(),
            detector: model,
        };
        let rows = golden::chosen(&scores, &firsts(table, &prepared));
        fitted.goldens = fitted.goldens_of(&table.features, &rows)?;
        Ok(fitted)
    }
}

/// The number of rows with a score above a threshold.
fn above(scores: &[f64], weights: &[u32], threshold: f64) -> u64 {
    let rows = scores.iter().zip(weights).filter(|(score, _)| **score > threshold);
    rows.map(|(_, weight)| u64::from(*weight)).sum()
}

/// The AUC of scores of the distinct rows; `None` without labels of both classes.
fn auc_of(scores: &[f64], prepared: &Prepared) -> Option<f64> {
    let scored = Scored::new(scores, prepared.labels.as_ref()?).ok()?;
    metrics::auc(&Ranking::new(scored))
}

/// For each distinct row the row of the table that is one and comes first in canonical order: rows that the encoder
/// does not tell apart can have different values.
fn firsts(table: &Table, prepared: &Prepared) -> Vec<usize> {
    let mut firsts = vec![usize::MAX; prepared.deduplicated.rows.len()];
    for row in table.canonical_order() {
        let first = &mut firsts[prepared.deduplicated.index[row] as usize];
        if *first == usize::MAX {
            *first = row;
        }
    }
    firsts
}

fn features(table: &Table, preprocessor: &Preprocessor) -> Vec<FeatureModel> {
    let schema = schema::find(&table.name).ok().filter(|schema| schema.table == table.name);
    let is_flag = |name: &str| {
        let features = schema.iter().flat_map(|schema| &schema.features);
        features.into_iter().any(|feature| feature.name == name && feature.kind == Kind::Boolean)
    };
    let levels = preprocessor.encoder().features().map(|(_, levels)| levels);
    table
        .features
        .iter()
        .zip(levels)
        .map(|(column, levels)| match levels {
            Some(levels) => category(column, levels),
            None => number(column, is_flag(&column.name)),
        })
        .collect()
}

/// A feature of words; ties for the most frequent go to the first.
fn category(column: &Column, levels: &[String]) -> FeatureModel {
    let mut counts = vec![0_usize; levels.len()];
    if let Values::Text(text) = &column.values {
        let known: Vec<Option<usize>> =
            text.levels.iter().map(|level| levels.binary_search(level).ok()).collect();
        for &code in &text.codes {
            if let Some(Some(level)) = known.get(code as usize) {
                counts[*level] += 1;
            }
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    let typical = levels.iter().zip(counts).find(|(_, count)| *count == most);
    FeatureModel {
        name: column.name.clone(),
        typical: typical.map_or(Cell::Missing, |(level, _)| Cell::Level(level.clone())),
        kind: FeatureKind::Category { levels: levels.to_vec() },
    }
}

/// A feature of numbers, or of flags: as booleans, or as 0, 1 and gaps where the table's description says so.
fn number(column: &Column, is_flag: bool) -> FeatureModel {
    let mut numbers = column.values.reals();
    numbers.retain(|&number| is_number(number));
    numbers.sort_unstable_by(f64::total_cmp);
    let at = |share: usize| {
        numbers.get(share * numbers.len().saturating_sub(1) / 2).map_or(0.0, |number| number + 0.0)
    };
    let (low, median, high) = (at(0), at(1), at(2));
    let binary = numbers.iter().all(|&number| number == 0.0 || number == 1.0);
    let name = column.name.clone();
    match &column.values {
        Values::Flag(_) => FeatureModel { name, kind: FeatureKind::Flag, typical: Cell::Flag(median == 1.0) },
        _ if is_flag && binary => {
            FeatureModel { name, kind: FeatureKind::Flag, typical: Cell::Flag(median == 1.0) }
        }
        _ => FeatureModel { name, kind: FeatureKind::Number { low, high }, typical: Cell::Number(median) },
    }
}
