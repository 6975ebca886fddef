//! A cache of fitted detectors on one table: each is fitted once, and ensembles share their members.

use super::prepared_split::PreparedSplit;
use crate::detector::{CostEstimate, DetectorSpec, Ensemble, Fitted, Limit, SMALLEST_SAMPLE, Settings, Task};
use crate::error::Result;
use crate::metrics::Severity;
use crate::report::Seconds;
use crate::seed::Seed;
use ndarray::Array1;
use rayon::prelude::*;
use std::sync::Arc;
use std::time::Instant;

/// The detectors that are fitted on a prepared table.
pub struct FitCache<'a> {
    prepared: &'a PreparedSplit,
    seed: Seed,
    settings: Settings,
    limit: Limit,
    results: Vec<(DetectorSpec, Arc<FitResult>)>,
}

/// A fitted detector and its scores.
pub struct FitResult {
    pub fitted: Fitted,
    /// One score per distinct scored row.
    pub scores: Array1<f64>,
    /// The scores by the detector alone, which ensembles combine: novel values do not raise them.
    plain_scores: Array1<f64>,
    /// For an ensemble, the seconds of its members are included.
    pub seconds: Seconds,
    /// The number of distinct rows in the training sample, if a limit requires a sample.
    pub sampled: Option<usize>,
}

impl<'a> FitCache<'a> {
    pub fn new(prepared: &'a PreparedSplit, settings: Settings, limit: Limit) -> Self {
        FitCache { prepared, seed: prepared.seed, settings, limit, results: Vec::new() }
    }

    /// A cache for each of some other seeds, in which `specs` are fitted. The fits run in parallel.
    ///
    /// # Errors
    /// As [`FitCache::of`].
    pub fn of_seeds(&self, specs: &[DetectorSpec], seeds: &[Seed]) -> Result<Vec<Self>> {
        let mut caches: Vec<Self> = seeds.iter().map(|&seed| self.reseeded(seed)).collect();
        let mut alone: Vec<DetectorSpec> = Vec::new();
        for spec in specs.iter().filter(|spec| spec.is_seeded()) {
            match spec.ensemble(&self.settings)? {
                Some(ensemble) => alone.extend(ensemble.members().iter().cloned()),
                None => alone.push(spec.clone()),
            }
        }
        let mut jobs: Vec<(usize, &DetectorSpec)> = Vec::new();
        for (at, cache) in caches.iter().enumerate() {
            for spec in &alone {
                let is_known = jobs.iter().any(|(other, known)| *other == at && is_same(known, spec));
                if cache.cached(spec).is_none() && !is_known {
                    jobs.push((at, spec));
                }
            }
        }
        let fits: Vec<FitResult> =
            jobs.par_iter().map(|&(at, spec)| caches[at].fitted(spec)).collect::<Result<_>>()?;
        for ((at, spec), fit) in jobs.into_iter().zip(fits) {
            caches[at].results.push((spec.clone(), Arc::new(fit)));
        }
        Ok(caches)
    }

    /// A cache for another seed of the detectors. It keeps the detectors that do not depend on the seed.
    fn reseeded(&self, seed: Seed) -> Self {
        let is_kept = |(spec, _): &&(DetectorSpec, Arc<FitResult>)| !spec.is_seeded();
        FitCache {
            prepared: self.prepared,
            seed,
            settings: self.settings.clone(),
            limit: self.limit,
            results: self.results.iter().filter(is_kept).cloned().collect(),
        }
    }

    /// The cost estimate of a detector; 0 if it is in the cache. For an ensemble, the cost of its members.
    pub fn estimate(&self, spec: &DetectorSpec) -> CostEstimate {
        self.estimate_within(spec, self.limit)
    }

    /// The cost estimate on the smallest sample that a time limit allows.
    pub fn lowest_estimate(&self, spec: &DetectorSpec) -> CostEstimate {
        self.estimate_within(spec, Limit { rows: Some(SMALLEST_SAMPLE), seconds: None })
    }

    fn estimate_within(&self, spec: &DetectorSpec, limit: Limit) -> CostEstimate {
        let estimate = |spec: &DetectorSpec| match self.cached(spec) {
            Some(_) => CostEstimate { seconds: 0.0, bytes: 0.0 },
            None => {
                let task = self.task();
                let fitted = limit.rows(task, |task| spec.estimate(task)).unwrap_or(task.fitted);
                spec.estimate(Task { fitted, ..task })
            }
        };
        match spec.ensemble(&self.settings) {
            Ok(Some(ensemble)) => ensemble.members().iter().map(estimate).fold(
                CostEstimate { seconds: 0.0, bytes: 0.0 },
                |sum, member| CostEstimate {
                    seconds: sum.seconds + member.seconds,
                    bytes: sum.bytes.max(member.bytes),
                },
            ),
            _ => estimate(spec),
        }
    }

    fn task(&self) -> Task {
        let train = &self.prepared.train.deduplicated.rows;
        Task {
            fitted: train.len(),
            scored: self.prepared.scored().deduplicated.rows.len(),
            columns: train.points.ncols(),
        }
    }

    fn cached(&self, spec: &DetectorSpec) -> Option<&Arc<FitResult>> {
        self.results.iter().find(|(other, _)| is_same(other, spec)).map(|(_, fit)| fit)
    }

    /// Fit a detector and score the rows, unless it is in the cache.
    ///
    /// # Errors
    /// If a parameter is invalid, or the table has too few rows for the parameters.
    pub fn of(&mut self, spec: &DetectorSpec) -> Result<Arc<FitResult>> {
        if let Some(fit) = self.cached(spec) {
            return Ok(Arc::clone(fit));
        }
        let fit = match spec.ensemble(&self.settings)? {
            Some(ensemble) => self.joined(&ensemble)?,
            None => self.fitted(spec)?,
        };
        let fit = Arc::new(fit);
        self.results.push((spec.clone(), Arc::clone(&fit)));
        Ok(fit)
    }

    fn fitted(&self, spec: &DetectorSpec) -> Result<FitResult> {
        self.settings.progress.set(0.0);
        let began = Instant::now();
        let (fitted, sampled) = match self.limit.rows(self.task(), |task| spec.estimate(task)) {
            Some(rows) => self.fitted_on_sample(spec, rows)?,
            None => {
                let train = &self.prepared.train.deduplicated.rows;
                (spec.fit(&self.settings, train, self.seed)?, None)
            }
        };
        let fit = began.elapsed().as_secs_f64();
        let began = Instant::now();
        let plain_scores = match &self.prepared.scored {
            Some(test) => fitted.model.score(test.deduplicated.rows.points.view()),
            None => fitted.train_scores.clone(),
        };
        let scores = self.lifted(&fitted, plain_scores.clone());
        let seconds = Seconds { fit, score: began.elapsed().as_secs_f64() };
        Ok(FitResult { fitted, scores, plain_scores, seconds, sampled })
    }

    /// The scores of the scored rows, raised where a row has novel values.
    fn lifted(&self, fitted: &Fitted, mut scores: Array1<f64>) -> Array1<f64> {
        if let Some(test) = self.prepared.scored.as_ref().filter(|test| !test.novel.is_empty()) {
            let weights = &self.prepared.train.deduplicated.rows.weights;
            let training = Severity::of(&fitted.train_scores.to_vec(), weights);
            let points = test.deduplicated.rows.points.view();
            self.prepared.preprocessor.lift(&*fitted.model, &training, points, &test.novel, &mut scores);
        }
        scores
    }

    /// Fit a sample, and score all training rows as new rows.
    fn fitted_on_sample(&self, spec: &DetectorSpec, rows: usize) -> Result<(Fitted, Option<usize>)> {
        let train = &self.prepared.train.deduplicated.rows;
        let sample = train.sample(rows, self.seed.derive("sub-sample"));
        let fitted = spec.fit(&self.settings, &sample, self.seed)?;
        let train_scores = fitted.model.score(train.points.view());
        Ok((Fitted { train_scores, ..fitted }, Some(sample.len())))
    }

    fn joined(&mut self, ensemble: &Ensemble) -> Result<FitResult> {
        let members: Vec<Arc<FitResult>> =
            ensemble.members().iter().map(|member| self.of(member)).collect::<Result<_>>()?;
        let began = Instant::now();
        let fitted: Vec<&Fitted> = members.iter().map(|member| &member.fitted).collect();
        let weights = &self.prepared.train.deduplicated.rows.weights;
        let (model, train_scores) = ensemble.join(&fitted, weights, self.seed);
        let mut seconds = Seconds { fit: began.elapsed().as_secs_f64(), score: 0.0 };
        let began = Instant::now();
        let plain_scores = match &self.prepared.scored {
            Some(_) => {
                model.combined(&members.iter().map(|member| member.plain_scores.view()).collect::<Vec<_>>())
            }
            None => train_scores.clone(),
        };
        seconds.score = began.elapsed().as_secs_f64();
        for member in &members {
            seconds.fit += member.seconds.fit;
            seconds.score += member.seconds.score;
        }
        let sampled = members.iter().filter_map(|member| member.sampled).min();
        let fitted = Fitted::new(model, train_scores);
        let scores = self.lifted(&fitted, plain_scores.clone());
        Ok(FitResult { fitted, scores, plain_scores, seconds, sampled })
    }
}

/// Whether two detectors have the same fit: their names may differ.
fn is_same(a: &DetectorSpec, b: &DetectorSpec) -> bool {
    a.entry.id == b.entry.id && a.parameters == b.parameters
}
