//! The report sections for charts: projections and feature importance. They are computed once, from the
//! fitted detectors, and stored in the report, so that charts can be redrawn without fitting.

mod association;
mod importance;
mod permutation;
mod plane;
mod sample;

#[cfg(test)]
mod tests;

use super::evaluate::Evaluation;
use super::prepared_split::PreparedSplit;
use super::{ExperimentRun, ReportSections};
use crate::error::Result;
use crate::report::{Importance, Note, Projection, ProjectionMethod, TableReport, Warning};
use crate::table::Table;

/// One table under one protocol, with its fitted detectors.
struct Subject<'a> {
    prepared: &'a PreparedSplit,
    evaluations: &'a [Evaluation],
    train: &'a Table,
    scored: &'a Table,
    /// The scored rows in canonical order.
    order: &'a [usize],
}

/// Add the sections of the plan to a report. A failed projection becomes a warning with the reason.
///
/// # Errors
/// If shuffled values cannot be scaled, or a score is not finite.
pub fn fill(
    report: &mut TableReport,
    run: &ExperimentRun,
    prepared: &PreparedSplit,
    evaluations: &[Evaluation],
) -> Result<()> {
    let sections = run.plan.sections;
    if !(sections.pca || sections.tsne || sections.importance) {
        return Ok(());
    }
    let (train, test) = (prepared.split.train(run.table), prepared.split.test(run.table));
    let scored = test.as_ref().unwrap_or(&train);
    let order = scored.canonical_order();
    let subject = Subject { prepared, evaluations, train: &train, scored, order: &order };
    let (projections, importance) =
        rayon::join(|| subject.projections(sections), || subject.importance(sections));
    for (method, projection) in projections {
        match projection {
            Ok(projection) => report.projections.push(projection),
            Err(e) => {
                report.warnings.push(Note::from(Warning::NotProjected { method, reason: e.to_string() }))
            }
        }
    }
    // The runs of the report have the order of the evaluations.
    for (run, importance) in report.runs.iter_mut().zip(importance?) {
        run.importance = Some(importance);
    }
    Ok(())
}

impl Subject<'_> {
    fn projections(&self, sections: ReportSections) -> Vec<(ProjectionMethod, Result<Projection>)> {
        let mut projections = Vec::new();
        if sections.pca {
            projections.push((ProjectionMethod::Pca, plane::pca(self)));
        }
        if sections.tsne {
            projections.push((ProjectionMethod::Tsne, plane::tsne(self)));
        }
        projections
    }

    fn importance(&self, sections: ReportSections) -> Result<Vec<Importance>> {
        if sections.importance { importance::of(self) } else { Ok(Vec::new()) }
    }

    /// A seeded, stratified sample of the scored rows: at most `at_most` row indices, in canonical order.
    fn sample(&self, at_most: usize, purpose: &str) -> Vec<usize> {
        let seed = self.prepared.seed.derive(purpose).derive("sample");
        sample::stratified(self.order, self.scored.labels.as_deref(), at_most, seed)
    }
}
