//! Teaching a model: its detector learns, and threshold, severities, golden rows and card follow.

use super::LearnOptions;
use super::data::LearnData;
use super::validation::gain;
use crate::detector::{self, FittedDetector, Learner, Untaught, Verdict};
use crate::error::{Error, Result};
use crate::experiment::{RuleThreshold, TrainingRows, by_rule, share_of_budget};
use crate::metrics::{Severity, ThresholdRule};
use crate::model::base::Base;
use crate::model::card::{Card, FittedTail, Training};
use crate::model::golden;
use crate::model::table_model::TableModel;
use crate::model::taught_card::{Changes, TaughtCard, TaughtData, digest};
use crate::model::verdict::{Judged, Verdict as Word};
use crate::preprocess::{Deduplicated, NovelValues};
use crate::seed::Seed;
use ndarray::Array1;
use std::sync::Arc;

/// Teach an untaught model the settled verdicts, at least one. `judged` are all current verdicts.
pub(super) fn teach(
    untaught: &TableModel,
    judged: Vec<Judged>,
    settled: &[Judged],
    contradictions: usize,
    data: &LearnData,
    options: &LearnOptions,
) -> Result<TableModel> {
    let columns = untaught.checked(&data.table.features)?;
    let (points, novel) = untaught.preprocessor.rows(&columns);
    let (rows, novel) = Deduplicated::with_novel(points.view(), &novel);
    drop(points);
    let entry = detector::find(&untaught.entry)?;
    let known = Untaught { entry, model: untaught.detector.clone() };
    let seed = Seed::new(untaught.card.seed).derive(untaught.name());
    let learner = Learner::new(known, &rows.rows, seed);
    let verdicts = verdicts(untaught, settled, options.half_life_days);
    let taught = learner.learn(&verdicts)?;
    let scores = learner.scores(&taught);
    let severity = Severity::of(&scores.to_vec(), &rows.rows.weights);
    let rule = rule_of(&untaught.card)?;
    let contamination = match rule {
        ThresholdRule::Budget(per_day) => {
            let times = data.table.times.as_deref();
            Some(share_of_budget(per_day, untaught.name(), times, data.table.rows())?)
        }
        _ => untaught.card.contamination,
    };
    let scored =
        ScoredRows { model: untaught, rows: &rows, novel: &novel, times: data.table.times.as_deref(), rule };
    let before = scored.flags(&*untaught.detector, &untaught.severity, learner.untaught_scores().clone())?;
    let after = scored.flags(&taught, &severity, scores.clone())?;
    let of = |word: Word| settled.iter().filter(|own| own.verdict == word).count();
    let training = Training::on(&data.table, rows.rows.len());
    let card = TaughtCard {
        verdicts_sha256: digest(&judged),
        verdicts: judged,
        suspicious_rows: of(Word::Suspicious),
        normal_rows: of(Word::Normal),
        contradictions,
        conflicts: options.conflicts,
        half_life_days: options.half_life_days,
        data: TaughtData {
            rows: training.rows,
            distinct_rows: training.distinct_rows,
            days: training.days,
            time_range: training.time_range,
            data_sha256: training.data_sha256,
        },
        changes: scored.changes(&before.flagged, &after.flagged),
        gain: gain(&learner, &*untaught.detector, &verdicts)?,
    };
    let mut model = TableModel {
        profile: untaught.profile.clone(),
        card: Card {
            contamination,
            threshold: after.threshold,
            tail: after.tail,
            scored_again: None,
            measurements: Vec::new(),
            taught: Some(card),
            ..untaught.card.clone()
        },
        preprocessor: untaught.preprocessor.clone(),
        severity,
        goldens: Vec::new(),
        base: Some(Arc::new(Base {
            card: untaught.card.clone(),
            severity: untaught.severity.clone(),
            goldens: untaught.goldens.clone(),
        })),
        entry: detector::TAUGHT.to_owned(),
        detector: Arc::new(taught),
    };
    let distinct: Vec<usize> = (0..rows.rows.len()).collect();
    let rows = data.rows_of(&golden::chosen(&scores.to_vec(), &distinct), &rows.index);
    model.goldens = model.goldens_of(&data.table.features, &rows)?;
    Ok(model)
}

/// The rule of the threshold.
///
/// # Errors
/// If it is a false discovery rate, whose calibration rows are not in the model.
fn rule_of(card: &Card) -> Result<ThresholdRule> {
    match (card.rule, card.alerts_per_day, card.contamination) {
        (Some(rule @ ThresholdRule::Fdr(_)), ..) => {
            let problem = format!(
                "the threshold {rule} needs calibration rows, which a taught model has no longer; train the model with \
                 another threshold first"
            );
            Err(Error::table(&card.table, problem))
        }
        (Some(rule), ..) => Ok(rule),
        (None, Some(per_day), _) => Ok(ThresholdRule::Budget(per_day)),
        (None, None, share) => Ok(ThresholdRule::Contamination(share.unwrap_or_default())),
    }
}

/// The verdicts as the detector learns them: encoded and scaled, and weighted by age.
fn verdicts(model: &TableModel, settled: &[Judged], half_life_days: Option<f64>) -> Vec<Verdict> {
    /// Older verdicts keep this weight.
    const LEAST: f64 = 1e-3;
    const MICROSECONDS_IN_DAY: f64 = 86_400e6;
    let cells: Vec<_> = settled.iter().map(|own| own.values.clone()).collect();
    let (points, _) = model.preprocessor.rows(&model.columns(&cells));
    let latest = settled.iter().filter_map(|own| own.time).max();
    let weight = |own: &Judged| match (half_life_days, latest, own.time) {
        (Some(half_life), Some(latest), Some(time)) => {
            let days = (latest - time) as f64 / MICROSECONDS_IN_DAY;
            (-days / half_life).exp2().max(LEAST)
        }
        _ => 1.0,
    };
    settled
        .iter()
        .zip(points.rows())
        .map(|(own, row)| Verdict {
            row: row.to_vec(),
            suspicious: own.verdict == Word::Suspicious,
            weight: weight(own),
        })
        .collect()
}

/// The rows of the data, to flag by two detectors.
struct ScoredRows<'a> {
    model: &'a TableModel,
    rows: &'a Deduplicated,
    novel: &'a NovelValues,
    times: Option<&'a [i64]>,
    rule: ThresholdRule,
}

/// The threshold on the data, and which distinct rows are above it.
struct Flags {
    threshold: f64,
    tail: Option<FittedTail>,
    flagged: Vec<bool>,
}

impl ScoredRows<'_> {
    fn flags(
        &self,
        detector: &dyn FittedDetector,
        severity: &Severity,
        mut scores: Array1<f64>,
    ) -> Result<Flags> {
        let points = self.rows.rows.points.view();
        self.model.preprocessor.lift(detector, severity, points, self.novel, &mut scores);
        let scores = scores.to_vec();
        if !scores.iter().all(|score| score.is_finite()) {
            return Err(Error::table(self.model.name(), "the detector returns a score that is not finite"));
        }
        let rows = TrainingRows {
            table: self.model.name(),
            detector: &self.model.card.detector,
            scores: &scores,
            weights: &self.rows.rows.weights,
            index: &self.rows.index,
            times: self.times,
        };
        let RuleThreshold { threshold, tail, .. } = by_rule(self.rule, &rows)?;
        let seed = Seed::new(self.model.card.seed).derive("tail");
        let tail = tail.map(|(tail, excesses)| {
            let share = if let ThresholdRule::Tail(share) = self.rule { share } else { tail.most() };
            FittedTail { tail, check: tail.check(&excesses, share, seed) }
        });
        Ok(Flags { threshold, tail, flagged: scores.iter().map(|&score| score > threshold).collect() })
    }

    fn changes(&self, before: &[bool], after: &[bool]) -> Changes {
        let rows = before.iter().zip(after).zip(&self.rows.rows.weights);
        let mut changes = Changes { flagged_rows: 0, newly_flagged_rows: 0, no_longer_flagged_rows: 0 };
        for ((&before, &after), &weight) in rows {
            let weight = u64::from(weight);
            changes.flagged_rows += if after { weight } else { 0 };
            changes.newly_flagged_rows += if after && !before { weight } else { 0 };
            changes.no_longer_flagged_rows += if before && !after { weight } else { 0 };
        }
        changes
    }
}
