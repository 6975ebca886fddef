//! The gate: a comparison is run again and held against a recorded one, so that a change that makes a detector
//! worse does not pass unseen.

use crate::error::{Error, Result};
use crate::preprocess::Encoding;
use crate::files;
use crate::report::{Protocol, Report, TableReport, fixed};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::path::Path;

/// How far an AUC may fall where a new entry is recorded.
pub const TOLERANCE: f64 = 0.005;

/// The AUCs that were recorded, and how they came to be.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    pub format: u32,
    pub seed: u64,
    pub contamination: f64,
    pub protocol: Protocol,
    pub encoding: Encoding,
    /// Table → detector → what is expected.
    pub tables: BTreeMap<String, BTreeMap<String, Expected>>,
}

/// An AUC and how far a new one may lie below it.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Null where the metric does not exist; never left out.
    #[serde(deserialize_with = "Option::deserialize")]
    pub auc: Option<f64>,
    pub tolerance: f64,
}

/// One entry of the comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub table: String,
    pub detector: String,
    pub outcome: Outcome,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// Within the tolerance.
    Kept { expected: Option<f64>, found: Option<f64> },
    /// Above the tolerance: good news, worth recording.
    Rose { expected: Option<f64>, found: f64 },
    /// Below the tolerance, or no longer defined.
    Fell { expected: f64, found: Option<f64>, tolerance: f64 },
    /// Recorded, but the run has no such table or detector.
    NotRun { expected: Option<f64> },
    /// In the run, but not recorded.
    NotRecorded { found: Option<f64> },
}

impl Baseline {
    /// Read a baseline.
    ///
    /// # Errors
    /// Where the file cannot be read, is no baseline, or is of a newer format.
    pub fn read(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Err(Error::input(path, "there is no such file; record a baseline with --bless"));
        }
        let text = files::text(path)?;
        let baseline: Baseline =
            serde_json::from_str(&text).map_err(|e| Error::input(path, format!("not a baseline: {e}")))?;
        baseline.in_range().map_err(|reason| Error::input(path, reason))?;
        Ok(baseline)
    }

    fn in_range(&self) -> Result<(), String> {
        if self.format != 1 {
            return Err(format!(
                "baseline format {} is none that this program knows; it knows 1",
                self.format
            ));
        }
        let entries = self.tables.iter().flat_map(|(table, entries)| {
            entries.iter().map(move |(detector, expected)| (table, detector, expected))
        });
        let share = |value: f64| (0.0..=1.0).contains(&value);
        for (table, detector, Expected { auc, tolerance }) in entries {
            if !share(*tolerance) || auc.is_some_and(|auc| !share(auc)) {
                return Err(format!("{table} {detector}: AUC and tolerance must be between 0 and 1"));
            }
        }
        Ok(())
    }

    /// Write the baseline, whole or not at all.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let json = serde_json::to_string_pretty(self).map_err(|e| Error::output(path, e))?;
        files::write_whole(path, |out| writeln!(out, "{json}"))
    }

    /// The baseline that a report makes, `how` being any of its tables; tolerances of entries that stay are kept.
    pub fn of(report: &Report, how: &TableReport, before: Option<&Baseline>) -> Self {
        let tolerance = |table: &str, detector: &str| {
            before.and_then(|b| b.tables.get(table)?.get(detector)).map_or(TOLERANCE, |e| e.tolerance)
        };
        let entries = report.tables.iter().map(|table| {
            let runs = table.runs.iter().map(|run| {
                let expected = Expected { auc: run.auc, tolerance: tolerance(&table.table, &run.detector) };
                (run.detector.clone(), expected)
            });
            (table.table.clone(), runs.collect())
        });
        let TableReport { contamination, protocol, encoding, .. } = *how;
        Baseline {
            format: 1,
            seed: report.seed,
            contamination,
            protocol,
            encoding,
            tables: entries.collect(),
        }
    }

    /// Hold a report against this baseline: one finding per entry of either.
    pub fn check(&self, report: &Report) -> Vec<Finding> {
        let mut found: BTreeMap<(&str, &str), Option<f64>> = BTreeMap::new();
        for table in &report.tables {
            found.extend(
                table.runs.iter().map(|run| ((table.table.as_str(), run.detector.as_str()), run.auc)),
            );
        }
        let recorded = self.tables.iter().flat_map(|(table, entries)| {
            entries.iter().map(move |(detector, expected)| ((table.as_str(), detector.as_str()), expected))
        });
        let mut findings = Vec::new();
        for (entry, expected) in recorded {
            let outcome = match found.remove(&entry) {
                Some(auc) => expected.outcome(auc),
                None => Outcome::NotRun { expected: expected.auc },
            };
            findings.push(Finding::new(entry, outcome));
        }
        let rest =
            found.into_iter().map(|(entry, auc)| Finding::new(entry, Outcome::NotRecorded { found: auc }));
        findings.extend(rest);
        findings
    }
}

impl Expected {
    fn outcome(&self, found: Option<f64>) -> Outcome {
        let &Expected { auc: expected, tolerance } = self;
        match (expected, found) {
            (Some(before), Some(now)) if now < before - tolerance => {
                Outcome::Fell { expected: before, found, tolerance }
            }
            (Some(before), None) => Outcome::Fell { expected: before, found, tolerance },
            (Some(before), Some(now)) if now > before + tolerance => Outcome::Rose { expected, found: now },
            (None, Some(now)) => Outcome::Rose { expected, found: now },
            _ => Outcome::Kept { expected, found },
        }
    }
}

impl Finding {
    fn new((table, detector): (&str, &str), outcome: Outcome) -> Self {
        Finding { table: table.to_owned(), detector: detector.to_owned(), outcome }
    }

    /// Whether this entry is within its tolerance.
    pub fn is_kept(&self) -> bool {
        matches!(self.outcome, Outcome::Kept { .. })
    }

    /// Whether this entry alone fails the gate.
    pub fn fails(&self) -> bool {
        matches!(self.outcome, Outcome::Fell { .. } | Outcome::NotRun { .. } | Outcome::NotRecorded { .. })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { table, detector, outcome } = self;
        match *outcome {
            Outcome::Kept { expected, found } => {
                write!(f, "ok    {table} {detector}: AUC {}, recorded {}", fixed(found), fixed(expected))
            }
            Outcome::Rose { expected, found } => write!(
                f,
                "rose  {table} {detector}: AUC {}, recorded {}; keep it with --bless",
                fixed(Some(found)),
                fixed(expected)
            ),
            Outcome::Fell { expected, found, tolerance } => write!(
                f,
                "FELL  {table} {detector}: AUC {}, recorded {}, tolerance {tolerance}",
                fixed(found),
                fixed(Some(expected))
            ),
            Outcome::NotRun { expected } => {
                write!(f, "GONE  {table} {detector}: recorded {}, but not in this run", fixed(expected))
            }
            Outcome::NotRecorded { found } => {
                write!(
                    f,
                    "NEW   {table} {detector}: AUC {}, but nothing is recorded; record it with --bless",
                    fixed(found)
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(expected: f64, found: Option<f64>) -> Outcome {
        Expected { auc: Some(expected), tolerance: 0.01 }.outcome(found)
    }

    #[test]
    fn a_fall_beyond_the_tolerance_fails_and_one_within_does_not() {
        assert!(matches!(outcome(0.9, Some(0.889)), Outcome::Fell { .. }));
        assert!(matches!(outcome(0.9, Some(0.891)), Outcome::Kept { .. }));
        assert!(matches!(outcome(0.9, Some(0.911)), Outcome::Rose { .. }));
    }

    #[test]
    fn an_auc_that_no_longer_exists_has_fallen() {
        assert!(matches!(outcome(0.9, None), Outcome::Fell { .. }));
    }

    #[test]
    fn entries_on_one_side_only_fail() {
        let recorded = BTreeMap::from([("lof".to_owned(), Expected { auc: Some(0.9), tolerance: 0.01 })]);
        let baseline = Baseline {
            format: 1,
            seed: 42,
            contamination: 0.15,
            protocol: Protocol::InSample,
            encoding: Encoding::OneHot,
            tables: BTreeMap::from([("auth_events".to_owned(), recorded)]),
        };
        let findings = baseline.check(&Report::new(42, vec![]));
        assert_eq!(findings.len(), 1);
        assert!(findings[0].fails());
        assert!(findings[0].to_string().starts_with("GONE  auth_events lof"));
    }
}
