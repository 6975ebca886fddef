//! Evaluation: the metrics of one detector from its scores.

use super::alert_rate;
use super::cache::FitResult;
use super::curves;
use super::discoveries::Discoveries;
use super::plan::Plan;
use super::prepared_split::PreparedSplit;
use super::threshold::{TrainingRows, by_rule};
use crate::detector::{DetectorSpec, FittedDetector};
use crate::error::Result;
use crate::metrics::{self, Flagged, GroupCounts, LabelCounts, Measure, Ranking, Scored, Severity, Summary};
use crate::preprocess::Prepared;
use crate::report::{PrecisionAtK, Repeats, Run};
use std::sync::Arc;

/// A fitted detector with its scores and metrics.
pub struct Evaluation {
    pub spec: DetectorSpec,
    pub model: Arc<dyn FittedDetector>,
    /// One score per distinct training row.
    pub train_scores: Vec<f64>,
    /// The distribution of the training scores.
    pub training: Severity,
    pub scores: Vec<f64>,
    pub run: Run,
    /// The AUC with the first seed.
    pub first_auc: Option<f64>,
    /// What the rule `fdr` found among the scored rows.
    pub discoveries: Option<Discoveries>,
    /// The scores and results with other seeds, if there are any.
    pub other_seeds: Vec<OtherSeed>,
    /// The AUC of each split, the mean over the seeds; empty with a single split.
    pub split_aucs: Vec<f64>,
}

/// What is computed of a fitted detector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// All that a report shows.
    Report,
    /// The metrics alone, for another seed, split or fold.
    Metrics,
}

/// The result of the same detector with another seed.
pub struct OtherSeed {
    pub scores: Vec<f64>,
    pub train_scores: Vec<f64>,
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
        plan: &Plan,
        detail: Detail,
    ) -> Result<Self> {
        let weights = &prepared.train.deduplicated.rows.weights;
        let train_scores = fit.fitted.train_scores.to_vec();
        let scores = fit.scores.to_vec();
        let training = Severity::of(&train_scores, weights);
        let rows = TrainingRows {
            table: &prepared.table,
            detector: &spec.name,
            scores: &train_scores,
            weights,
            index: &prepared.train.deduplicated.index,
            times: prepared.train_times.as_deref(),
        };
        let found = by_rule(plan.threshold, &rows)?;
        let discoveries = Discoveries::of(plan.threshold, fit, &training, prepared);
        let threshold = discoveries.as_ref().map_or(found.threshold, |own| own.threshold);
        let mut run = run(spec, &scores, prepared.scored(), (threshold, detail), plan)?;
        run.alert_rate = alert_rate::of(&run, &scores, found.promised, prepared);
        run.sampled_rows = fit.sampled;
        run.training = fit.fitted.training.clone();
        let model = Arc::clone(&fit.fitted.model);
        let (spec, first_auc) = (spec.clone(), run.auc);
        let (other_seeds, split_aucs) = (Vec::new(), Vec::new());
        Ok(Evaluation {
            spec,
            model,
            train_scores,
            training,
            scores,
            run,
            discoveries,
            first_auc,
            other_seeds,
            split_aucs,
        })
    }

    /// The rankings of the scored rows, one per seed.
    ///
    /// # Errors
    /// If a score is not finite.
    pub fn rankings<'a>(&'a self, labels: &'a LabelCounts) -> Result<Vec<Ranking<'a>>> {
        let all = std::iter::once(&self.scores).chain(self.other_seeds.iter().map(|other| &other.scores));
        all.map(|scores| Ok(Ranking::new(Scored::new(scores, labels)?))).collect()
    }

    /// Replace AUC, partial AUC and average precision by their means over the seeds, and add the spread.
    ///
    /// # Errors
    /// If a score is not finite.
    pub fn average(&mut self, prepared: &PreparedSplit, plan: &Plan) -> Result<()> {
        if self.other_seeds.is_empty() {
            return Ok(());
        }
        let first = std::iter::once(&self.run);
        let runs: Vec<Run> = first.chain(self.other_seeds.iter().map(|other| &other.run)).cloned().collect();
        let spread = spread(&runs);
        if let Some(labels) = &prepared.scored().labels {
            let mut run = self.run.clone();
            let rankings = self.rankings(labels)?;
            run.auc_interval = metrics::auc_interval_over_seeds(&rankings, prepared.scored().groups.as_ref());
            measure_top(&mut run, &rankings, prepared.scored().groups.as_ref(), plan);
            self.run = run;
        }
        self.run.auc = spread.auc.map(|auc| auc.mean);
        self.run.average_precision = spread.average_precision.map(|precision| precision.mean);
        self.run.repeats = Some(spread);
        Ok(())
    }
}

fn run(
    spec: &DetectorSpec,
    scores: &[f64],
    rows: &Prepared,
    (threshold, detail): (f64, Detail),
    plan: &Plan,
) -> Result<Run> {
    let scored = rows.labels.as_ref().map(|labels| Scored::new(scores, labels)).transpose()?;
    let ranking = scored.map(Ranking::new);
    let flagged = scores.iter().zip(&rows.deduplicated.rows.weights).filter(|(score, _)| **score > threshold);
    let mut run = Run {
        detector: spec.name.clone(),
        parameters: spec.parameters.clone(),
        auc: None,
        auc_interval: None,
        against_chance: None,
        partial_auc: None,
        partial_auc_interval: None,
        average_precision: None,
        average_precision_interval: None,
        precision_at_k: Vec::new(),
        precision: None,
        precision_interval: None,
        recall: None,
        recall_interval: None,
        f1: None,
        at_prevalence: None,
        budget: None,
        threshold,
        flagged_rows: flagged.map(|(_, &weight)| u64::from(weight)).sum(),
        curves: match detail {
            Detail::Report => curves::of(scores, rows, ranking.as_ref()),
            Detail::Metrics => curves::NONE,
        },
        importance: None,
        training: None,
        repeats: None,
        folds: None,
        seconds: None,
        sampled_rows: None,
        selection: None,
        over_splits: None,
        alert_rate: None,
    };
    if let (Some(labels), Some(ranking)) = (&rows.labels, &ranking) {
        let flags: Vec<bool> = scores.iter().map(|&score| score > threshold).collect();
        let flagged = Flagged::of(&flags, labels, rows.groups.as_ref());
        let confusion = flagged.confusion();
        run.auc = metrics::auc(ranking);
        run.average_precision = metrics::average_precision(ranking);
        if detail == Detail::Report {
            let rankings = std::slice::from_ref(ranking);
            run.auc_interval = metrics::auc_interval_over_seeds(rankings, rows.groups.as_ref());
            measure_top(&mut run, rankings, rows.groups.as_ref(), plan);
        }
        let at_k = |&k: &u64| PrecisionAtK { k, precision: metrics::precision_at_k(ranking, k) };
        run.precision_at_k = plan.at_k.iter().map(at_k).collect();
        run.precision = confusion.precision();
        run.precision_interval = flagged.precision_interval();
        run.recall = confusion.recall();
        run.recall_interval = flagged.recall_interval();
        run.f1 = confusion.f1();
        run.at_prevalence = plan.prevalence.map(|share| flagged.at_prevalence(share));
    }
    Ok(run)
}

/// The intervals of the top of the ranking, and the partial AUC, over the seeds.
fn measure_top(run: &mut Run, rankings: &[Ranking], groups: Option<&GroupCounts>, plan: &Plan) {
    let average_precision = Measure::AveragePrecision.estimate(rankings, groups);
    run.average_precision_interval = average_precision.and_then(|estimate| estimate.interval());
    if let Some(partial_auc) = Measure::PartialAuc(plan.max_fpr).estimate(rankings, groups) {
        run.partial_auc = Some(partial_auc.mean());
        run.partial_auc_interval = partial_auc.interval();
    }
}

/// Sort by AUC, best first, then by name. Detectors without an AUC are last.
pub fn rank(evaluations: &mut [Evaluation]) {
    evaluations.sort_by(|a, b| {
        let auc = |m: &Evaluation| m.run.auc.unwrap_or(f64::NEG_INFINITY);
        auc(b).total_cmp(&auc(a)).then_with(|| a.spec.name.cmp(&b.spec.name))
    });
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
