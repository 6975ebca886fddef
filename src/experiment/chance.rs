//! The test of each detector against chance, corrected for the number of detectors.

use super::evaluate::Evaluation;
use super::prepared_split::PreparedSplit;
use crate::error::Result;
use crate::metrics::{self, ChanceTest};
use crate::report::AgainstChance;

/// Test every detector with an AUC. The best of several detectors is often above 0.5 by chance, hence Holm's correction.
///
/// # Errors
/// If a score is not finite.
pub fn test(evaluations: &mut [Evaluation], prepared: &PreparedSplit) -> Result<()> {
    let Some(labels) = &prepared.scored().labels else { return Ok(()) };
    let groups = prepared.scored().groups.as_ref();
    let test = |evaluation: &Evaluation| Ok(metrics::chance_test(&evaluation.rankings(labels)?, groups));
    let tests: Vec<Option<ChanceTest>> = evaluations.iter().map(test).collect::<Result<_>>()?;
    let corrected = metrics::holm(&tests.iter().flatten().map(|test| test.p).collect::<Vec<_>>());
    let tested =
        evaluations.iter_mut().zip(&tests).filter_map(|(evaluation, test)| Some((evaluation, (*test)?)));
    for ((evaluation, ChanceTest { p, method }), p_holm) in tested.zip(corrected) {
        evaluation.run.against_chance = Some(AgainstChance { p, p_holm, method });
    }
    Ok(())
}
