//! The warnings about the promise of a threshold.

use crate::experiment::evaluate::Evaluation;
use crate::report::Warning;
use crate::table::Table;

/// With fewer groups than this, a false discovery rate varies much more than its rows suggest.
const FEW_GROUPS: usize = 50;

/// The promises that the scored rows do not keep, and the limits of the calibration rows.
pub(super) fn warnings(evaluations: &[Evaluation]) -> Vec<Warning> {
    let rates = evaluations.iter().filter_map(|own| Some((own, own.run.alert_rate.as_ref()?)));
    let broken: Vec<(String, [f64; 2])> = rates
        .filter(|(_, rate)| !rate.is_kept)
        .map(|(own, rate)| (own.spec.name.clone(), [rate.promised, rate.realised]))
        .collect();
    let mut warnings = Vec::new();
    if !broken.is_empty() {
        warnings.push(Warning::AlertRateOff { detectors: broken });
    }
    for own in evaluations {
        let Some(found) = own.discoveries else { continue };
        if found.above_all < found.least && own.run.flagged_rows == 0 {
            warnings.push(Warning::CalibrationTooSmall {
                detector: own.spec.name.clone(),
                rows: found.calibration_rows,
                least: found.least,
                above_all: found.above_all,
            });
        }
    }
    let found = evaluations.iter().find_map(|own| own.discoveries).filter(|found| found.suspicious > 0);
    warnings.extend(found.map(|found| Warning::CalibrationWithAnomalies {
        suspicious: found.suspicious,
        rows: found.calibration_rows,
    }));
    warnings
}

/// Whether a false discovery rate rests on the rows of few users, hosts or days.
pub(super) fn few_groups(table: &Table, evaluations: &[Evaluation]) -> Option<Warning> {
    evaluations.iter().find_map(|own| own.discoveries)?;
    let own = table.groups.as_ref()?;
    let groups = own.count(|_| true);
    (groups < FEW_GROUPS).then(|| Warning::FewCalibrationGroups { column: own.column.clone(), groups })
}
