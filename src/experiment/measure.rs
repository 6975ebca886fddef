//! From scores to numbers: the metrics of one detector, and the tests between pairs of them.

use super::fits::Fit;
use super::{Bench, curves};
use crate::detector::{Contender, FittedDetector};
use crate::error::{Error, Result};
use crate::metrics::{self, Confusion, Ranking, Scored, Summary};
use crate::preprocess::Prepared;
use crate::report::{Difference, Repeats, Run};
use std::sync::Arc;

/// A detector's answer and its numbers.
pub struct Measured {
    pub contender: Contender,
    pub model: Arc<dyn FittedDetector>,
    pub scores: Vec<f64>,
    pub run: Run,
}

impl Measured {
    /// Set a threshold by the scores of the distinct training rows, and measure those of the scored rows against
    /// their labels.
    ///
    /// # Errors
    /// Where a score is not finite, which is a fault of the detector.
    pub fn new(contender: &Contender, fit: &Fit, bench: &Bench, contamination: f64) -> Result<Self> {
        let weights = &bench.train.folded.rows.weights;
        let threshold = metrics::threshold(&fit.fitted.train_scores.to_vec(), weights, contamination)
            .ok_or_else(|| {
                Error::Request(format!("{}: there is no score to set a threshold by", contender.name))
            })?;
        let scores = fit.scores.to_vec();
        let mut run = run(contender, &scores, bench.scored(), threshold)?;
        run.sampled_rows = fit.sampled;
        run.training = fit.fitted.training.clone();
        let model = Arc::clone(&fit.fitted.model);
        Ok(Measured { contender: contender.clone(), model, scores, run })
    }
}

fn run(contender: &Contender, scores: &[f64], rows: &Prepared, threshold: f64) -> Result<Run> {
    let scored = rows.labels.as_ref().map(|labels| Scored::new(scores, labels)).transpose()?;
    let ranking = scored.map(Ranking::new);
    let flagged = scores.iter().zip(&rows.folded.rows.weights).filter(|(score, _)| **score > threshold);
    let mut run = Run {
        detector: contender.name.clone(),
        parameters: contender.parameters.clone(),
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

/// Best AUC first; those without one last; equal ones by name.
pub fn rank(measured: &mut [Measured]) {
    measured.sort_by(|a, b| {
        let auc = |m: &Measured| m.run.auc.unwrap_or(f64::NEG_INFINITY);
        auc(b).total_cmp(&auc(a)).then_with(|| a.contender.name.cmp(&b.contender.name))
    });
}

/// Every pair of ranked detectors, the better first, with the paired test of DeLong, corrected by Holm.
///
/// # Errors
/// Where a score is not finite.
pub fn differences(ranked: &[Measured], bench: &Bench) -> Result<Vec<Difference>> {
    let Some(labels) = &bench.scored().labels else {
        return Ok(Vec::new());
    };
    let scored: Vec<Scored> =
        ranked.iter().map(|measured| Scored::new(&measured.scores, labels)).collect::<Result<_>>()?;
    let rankings: Vec<Ranking> = scored.into_iter().map(Ranking::new).collect();
    let mut differences = Vec::new();
    for (at, better) in ranked.iter().enumerate() {
        for (behind, worse) in ranked.iter().enumerate().skip(at + 1) {
            if let Some(test) = metrics::paired_test(&rankings[at], &rankings[behind])? {
                differences.push(Difference {
                    better: better.contender.name.clone(),
                    worse: worse.contender.name.clone(),
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

/// The runs, each with its spread over the seeds where there was more than one and they move anything: the
/// detector, or, `divided`, the rows.
pub fn with_repeats(measured: &[Measured], others: &[Vec<Run>], divided: bool) -> Vec<Run> {
    let with = |measured: &Measured| {
        let own = |runs: &Vec<Run>| runs.iter().find(|run| run.detector == measured.contender.name).cloned();
        let mut all = vec![measured.run.clone()];
        all.extend(others.iter().filter_map(own));
        let moved_by_seeds = all.len() > 1 && (divided || measured.contender.is_seeded());
        Run { repeats: moved_by_seeds.then(|| spread(&all)), ..measured.run.clone() }
    };
    measured.iter().map(with).collect()
}

fn spread(runs: &[Run]) -> Repeats {
    let summary = |metric: fn(&Run) -> Option<f64>| {
        // A metric that some seed leaves undefined has no mean over the seeds.
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
