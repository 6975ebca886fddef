//! What charts need beyond the curves: rows in the plane, and what each feature means to each detector. Made once,
//! while the fitted models are at hand, and kept in the report, so that charts are drawn again without fitting.

mod association;
mod importance;
mod permutation;
mod plane;
mod sample;

#[cfg(test)]
mod tests;

use super::measure::Measured;
use super::{Bench, Illustrate, Trial};
use crate::error::Result;
use crate::report::{Importance, Note, Projection, ProjectionMethod, TableReport, Warning};
use crate::table::Table;

/// One table under one protocol, with its fitted detectors.
struct Subject<'a> {
    bench: &'a Bench,
    measured: &'a [Measured],
    train: &'a Table,
    scored: &'a Table,
}

/// Put into a report what the plan asks for. A table that cannot be brought into the plane gets a warning that
/// says why.
///
/// # Errors
/// Where shuffled values cannot be scaled, or a score is not finite.
pub fn fill(report: &mut TableReport, trial: &Trial, bench: &Bench, measured: &[Measured]) -> Result<()> {
    let wanted = trial.plan.illustrate;
    if !(wanted.pca || wanted.tsne || wanted.importance) {
        return Ok(());
    }
    let (train, test) = (bench.split.train(trial.table), bench.split.test(trial.table));
    let scored = test.as_ref().unwrap_or(&train);
    let subject = Subject { bench, measured, train: &train, scored };
    let (planes, importance) = rayon::join(|| subject.planes(wanted), || subject.importance(wanted));
    for (method, plane) in planes {
        match plane {
            Ok(plane) => report.projections.push(plane),
            Err(e) => {
                report.warnings.push(Note::from(Warning::NotProjected { method, reason: e.to_string() }))
            }
        }
    }
    // Runs are reported in the order of what was measured.
    for (run, importance) in report.runs.iter_mut().zip(importance?) {
        run.importance = Some(importance);
    }
    Ok(())
}

impl Subject<'_> {
    fn planes(&self, wanted: Illustrate) -> Vec<(ProjectionMethod, Result<Projection>)> {
        let mut planes = Vec::new();
        if wanted.pca {
            planes.push((ProjectionMethod::Pca, plane::pca(self)));
        }
        if wanted.tsne {
            planes.push((ProjectionMethod::Tsne, plane::tsne(self)));
        }
        planes
    }

    fn importance(&self, wanted: Illustrate) -> Result<Vec<Importance>> {
        if wanted.importance { importance::of(self) } else { Ok(Vec::new()) }
    }

    /// A seeded, stratified sample of the scored rows, ascending.
    fn sample(&self, at_most: usize, purpose: &str) -> Vec<usize> {
        let seed = self.bench.seed.derive(purpose).derive("sample");
        sample::stratified(self.scored.rows(), self.scored.labels.as_deref(), at_most, seed)
    }
}
