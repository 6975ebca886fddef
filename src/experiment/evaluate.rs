//! Evaluation: the metrics of one detector from its scores, and the tests between pairs of detectors.

use super::cache::FitResult;
use super::curves;
use super::prepared_split::PreparedSplit;
use crate::detector::{DetectorSpec, FittedDetector};
use crate::error::{Error, Result};
use crate::metrics::{self, Confusion, Ranking, Scored, Severity, Summary};
use crate::preprocess::Prepared;
use crate::report::{Difference, Repeats, Run};
use std::sync::Arc;

/// A fitted detector with its scores and metrics.
pub struct Evaluation {
    pub spec: DetectorSpec,
    pub model: Arc<dyn FittedDetector>,
    /// The distribution of the training scores.
    pub training: Severity,
    pub scores: Vec<f64>,
    pub run: Run,
}

impl Evaluation {
    /// Set the threshold from the training scores, and compute the metrics of the scored rows.
    ///
    /// # Errors
    /// If a score is not finite, which is a fault of the detector.
    pub fn new(
        spec: &DetectorSpec,
        fit: &FitResult,
        prepared: &PreparedSplit,
        contamination: f64,
    ) -> Result<Self> {
        let weights = &prepared.train.deduplicated.rows.weights;
        let threshold = metrics::threshold(&fit.fitted.train_scores.to_vec(), weights, contamination)
            .ok_or_else(|| {
                Error::Request(format!("{}: there is no score to set a threshold by", spec.name))
            })?;
        let scores = fit.scores.to_vec();
        let mut run = run(spec, &scores, prepared.scored(), threshold)?;
        run.sampled_rows = fit.sampled;
        run.training = fit.fitted.training.clone();
        let model = Arc::clone(&fit.fitted.model);
        let training = Severity::of(&fit.fitted.train_scores.to_vec(), weights);
        Ok(Evaluation { spec: spec.clone(), model, training, scores, run })
    }
}

fn run(spec: &DetectorSpec, scores: &[f64], rows: &Prepared, threshold: f64) -> Result<Run> {
    let scored = rows.labels.as_ref().map(|labels| Scored::new(scores, labels)).transpose()?;
    let ranking = scored.map(Ranking::new);
    let flagged = scores.iter().zip(&rows.deduplicated.rows.weights).filter(|(score, _)| **score > threshold);
    let mut run = Run {
        detector: spec.name.clone(),
        parameters: spec.parameters.clone(),
        auc: None,
        auc_interval: None,
        average_precision: None,
        precision: None,
        recall: None,
        f1: None,
        threshold,
        flagged_rows: flagged.map(|(_, &weight)| u64::from(weight)).sum(),
        curves: curves::of(scores, rows, ranking.as_ref()),
        importance: None,
        training: None,
        repeats: None,
        seconds: None,
        sampled_rows: None,
    };
    if let (Some(scored), Some(ranking)) = (&scored, &ranking) {
        let confusion = Confusion::at(scored, threshold);
        run.auc = metrics::auc(ranking);
        run.auc_interval = metrics::auc_interval(ranking);
        run.average_precision = metrics::average_precision(ranking);
        run.precision = confusion.precision();
        run.recall = confusion.recall();
        run.f1 = confusion.f1();
    }
    Ok(run)
}

/// Sort by AUC, best first, then by name. Detectors without an AUC are last.
pub fn rank(evaluations: &mut [Evaluation]) {
    evaluations.sort_by(|a, b| {
        let auc = |m: &Evaluation| m.run.auc.unwrap_or(f64::NEG_INFINITY);
        auc(b).total_cmp(&auc(a)).then_with(|| a.spec.name.cmp(&b.spec.name))
    });
}

/// DeLong's paired test for every pair of ranked detectors, the better first, with Holm's correction.
///
/// # Errors
/// If a score is not finite.
pub fn differences(ranked: &[Evaluation], prepared: &PreparedSplit) -> Result<Vec<Difference>> {
    let Some(labels) = &prepared.scored().labels else {
        return Ok(Vec::new());
    };
    let scored: Vec<Scored> =
        ranked.iter().map(|evaluation| Scored::new(&evaluation.scores, labels)).collect::<Result<_>>()?;
    let rankings: Vec<Ranking> = scored.into_iter().map(Ranking::new).collect();
    let mut differences = Vec::new();
    for (at, better) in ranked.iter().enumerate() {
        for (other, worse) in ranked.iter().enumerate().skip(at + 1) {
            if let Some(test) = metrics::paired_test(&rankings[at], &rankings[other])? {
                differences.push(Difference {
                    better: better.spec.name.clone(),
                    worse: worse.spec.name.clone(),
                    auc_difference: test.difference,
                    interval: test.interval,
                    p: test.p,
                    p_holm: test.p,
                });
            }
        }
    }
    let corrected = metrics::holm(&differences.iter().map(|pair| pair.p).collect::<Vec<_>>());
    for (pair, p) in differences.iter_mut().zip(corrected) {
        pair.p_holm = p;
    }
    Ok(differences)
}

/// The runs, with their spread over several seeds. A run has a spread if the seed affects its detector or,
/// with `is_random_split`, the split.
pub fn with_repeats(evaluations: &[Evaluation], others: &[Vec<Run>], is_random_split: bool) -> Vec<Run> {
    let with_spread = |evaluation: &Evaluation| {
        let own = |runs: &Vec<Run>| runs.iter().find(|run| run.detector == evaluation.spec.name).cloned();
        let mut all = vec![evaluation.run.clone()];
        all.extend(others.iter().filter_map(own));
        let is_seeded = all.len() > 1 && (is_random_split || evaluation.spec.is_seeded());
        Run { repeats: is_seeded.then(|| spread(&all)), ..evaluation.run.clone() }
    };
    evaluations.iter().map(with_spread).collect()
}

fn spread(runs: &[Run]) -> Repeats {
    let summary = |metric: fn(&Run) -> Option<f64>| {
        // If a metric is undefined for one seed, its mean is undefined.
        let values: Option<Vec<f64>> = runs.iter().map(metric).collect();
        values.and_then(|values| Summary::of(&values))
    };
    Repeats {
        auc: summary(|run| run.auc),
        average_precision: summary(|run| run.average_precision),
        precision: summary(|run| run.precision),
        recall: summary(|run| run.recall),
        f1: summary(|run| run.f1),
    }
}
