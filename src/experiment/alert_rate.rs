//! The promised and the realised share of flagged rows, in all and by day.

use super::prepared_split::PreparedSplit;
use crate::report::{AlertRate, DayRate, Protocol, Run, TableReport};
use crate::table::Values;
use std::collections::BTreeMap;

/// The rates of scored rows; `None` if they are the training rows, or nothing is promised.
pub fn of(run: &Run, scores: &[f64], promised: Option<f64>, prepared: &PreparedSplit) -> Option<AlertRate> {
    let scored = prepared.scored.as_ref()?;
    let rows = scored.deduplicated.index.len() as u64;
    let mut days: BTreeMap<i64, [u64; 2]> = BTreeMap::new();
    let times = prepared.scored_times.iter().flatten();
    for (time, &row) in times.zip(&scored.deduplicated.index).filter(|(time, _)| **time != Values::NO_TIME) {
        let [scored, flagged] = days.entry(time.div_euclid(86_400_000_000)).or_default();
        *scored += 1;
        *flagged += u64::from(scores[row as usize] > run.threshold);
    }
    let day = |(day, [scored, flagged]): (i64, [u64; 2])| DayRate::new(day, scored, flagged);
    Some(AlertRate::new(promised?, run.flagged_rows, rows, days.into_iter().map(day).collect()))
}

/// Under the protocol `time`, the rates of each detector in words.
pub fn findings(report: &TableReport) -> Vec<String> {
    let rates = report.runs.iter().filter(|_| report.protocol == Protocol::Time);
    rates.filter_map(|run| Some(format!("{}: {}", run.detector, run.alert_rate.as_ref()?.words()))).collect()
}
