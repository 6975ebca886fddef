//! Repeated random splits: every detector on K splits of the same table, so that intervals and tests cover the chance of
//! the split, too.

use super::cache::FitCache;
use super::evaluate::{Detail, Evaluation};
use super::prepared_split::PreparedSplit;
use super::{ExperimentRun, Progress};
use crate::error::Result;
use crate::metrics::{self, Summary};
use crate::preprocess::Prepared;
use crate::report::Protocol;

impl ExperimentRun<'_> {
    /// Fit and score the other splits of the plan, each detector with all its seeds. AUC and its interval are then those
    /// over the splits; every other figure is that of the first split.
    ///
    /// # Errors
    /// If a split cannot be fitted.
    pub(super) fn repeat_splits(
        &self,
        first: &PreparedSplit,
        evaluations: &mut [Evaluation],
        progress: &Progress,
    ) -> Result<()> {
        if self.plan.splits < 2 || !matches!(self.protocol, Protocol::Holdout | Protocol::Clean) {
            return Ok(());
        }
        let mut aucs: Vec<Vec<Option<f64>>> = evaluations.iter().map(|own| vec![own.run.auc]).collect();
        for index in 1..self.plan.splits {
            let step = format!("split {} of {}", index + 1, self.plan.splits);
            progress.observer.step(&self.table.name, self.protocol, &step, progress.all, progress.all);
            let prepared = self.prepared(self.plan.repetition(0).derive("split").nth(index))?;
            for (own, auc) in aucs.iter_mut().zip(self.mean_aucs(&prepared, progress)?) {
                own.push(auc);
            }
        }
        let scored = first.scored();
        let rows = scored.deduplicated.index.len();
        let ratio = ratio(first);
        let positives = scored.suspicious().unwrap_or(0);
        for (evaluation, aucs) in evaluations.iter_mut().zip(aucs) {
            let Some(aucs) = aucs.into_iter().collect::<Option<Vec<f64>>>() else { continue };
            let smaller = positives.min(rows - positives) as u64;
            let summary = Summary::of(&aucs);
            evaluation.run.auc = summary.map(|summary| summary.mean);
            evaluation.run.auc_interval = metrics::auc_interval_over_splits(&aucs, ratio, smaller);
            evaluation.run.over_splits = summary;
            evaluation.split_aucs = aucs;
        }
        Ok(())
    }

    /// The AUC of each detector on a split, the mean over its seeds.
    fn mean_aucs(&self, prepared: &PreparedSplit, progress: &Progress) -> Result<Vec<Option<f64>>> {
        let mut cache = FitCache::new(prepared, self.settings(progress), self.plan.limit);
        let mut evaluations = Vec::new();
        for spec in &self.plan.specs {
            evaluations.push(self.evaluate(prepared, &mut cache, spec, Detail::Metrics)?);
        }
        self.repeat(prepared, &cache, &mut evaluations, progress)?;
        let mean = |own: &Evaluation| {
            let others = own.other_seeds.iter().map(|other| other.run.auc);
            let aucs: Vec<f64> = std::iter::once(own.run.auc).chain(others).collect::<Option<_>>()?;
            Summary::of(&aucs).map(|summary| summary.mean)
        };
        Ok(evaluations.iter().map(mean).collect())
    }
}

/// The number of scored rows over that of training rows.
pub(super) fn ratio(prepared: &PreparedSplit) -> f64 {
    let rows = |of: &Prepared| of.deduplicated.index.len() as f64;
    rows(prepared.scored()) / rows(&prepared.train)
}
