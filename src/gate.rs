//! The gate repeats a comparison and checks it against a recorded baseline. It fails if a detector got worse.

use crate::error::{Error, Hint, Result, json};
use crate::files;
use crate::report::{Protocol, Report, TableReport, fixed};
use crate::schema::Encoding;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::path::Path;

/// The tolerance of a new baseline entry: how far its AUC may fall, in [0, 1].
pub const TOLERANCE: f64 = 0.005;

/// The recorded AUCs, and the options that produced them.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The version of the baseline format; this version reads format 1.
    pub format: u32,
    /// The seed of all random numbers.
    pub seed: u64,
    /// The largest share of training rows above the threshold, in (0, 0.5].
    pub contamination: f64,
    /// How rows are split into training and scored rows.
    pub protocol: Protocol,
    /// How categories become numbers.
    pub encoding: Encoding,
    /// Table → detector → expected AUC.
    pub tables: BTreeMap<String, BTreeMap<String, Expected>>,
}

/// An AUC and its tolerance: how far a new AUC may fall below it.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// In [0, 1]. Null if the AUC is undefined; the key is required.
    #[serde(deserialize_with = "Option::deserialize")]
    pub auc: Option<f64>,
    /// How far a new AUC may fall below the recorded one, in [0, 1].
    pub tolerance: f64,
}

/// The outcome of one detector on one table.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The table's name.
    pub table: String,
    /// The detector's name.
    pub detector: String,
    /// How its AUC compares with the baseline.
    pub outcome: Outcome,
}

/// How the AUC of this run compares with the baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// The change is within the tolerance.
    Kept {
        /// The recorded AUC; `None` if undefined.
        expected: Option<f64>,
        /// The AUC of this run; `None` if undefined.
        actual: Option<f64>,
    },
    /// The AUC rose by more than the tolerance: record it.
    Rose {
        /// The recorded AUC; `None` if undefined.
        expected: Option<f64>,
        /// The AUC of this run.
        actual: f64,
    },
    /// The AUC fell by more than the tolerance, or is no longer defined.
    Fell {
        /// The recorded AUC.
        expected: f64,
        /// The AUC of this run; `None` if undefined.
        actual: Option<f64>,
        /// The accepted fall of the AUC, in [0, 1].
        tolerance: f64,
    },
    /// The baseline has this table and detector, the run does not.
    NotRun {
        /// The recorded AUC; `None` if undefined.
        expected: Option<f64>,
    },
    /// The run has this table and detector, the baseline does not.
    NotRecorded {
        /// The AUC of this run; `None` if undefined.
        actual: Option<f64>,
    },
}

impl Baseline {
    /// Read a baseline.
    ///
    /// # Errors
    /// If the file cannot be read, is not a baseline, has another format or a value outside its range.
    pub fn read(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Err(Error::input(path, "there is no such baseline").with_hint(Hint::Bless));
        }
        let text = files::text(path)?;
        let baseline: Baseline =
            json::parse(&text).map_err(|e| Error::input(path, format!("not a baseline: {e}")))?;
        baseline.in_range().map_err(|reason| Error::input(path, reason))?;
        Ok(baseline)
    }

    fn in_range(&self) -> Result<(), String> {
        if self.format != 1 {
            return Err(format!("baseline format {} is unknown; this version reads format 1", self.format));
        }
        let entries = self.tables.iter().flat_map(|(table, entries)| {
            entries.iter().map(move |(detector, expected)| (table, detector, expected))
        });
        let is_share = |value: f64| (0.0..=1.0).contains(&value);
        for (table, detector, Expected { auc, tolerance }) in entries {
            if !is_share(*tolerance) || auc.is_some_and(|auc| !is_share(auc)) {
                return Err(format!("{table} {detector}: AUC and tolerance must be between 0 and 1"));
            }
        }
        Ok(())
    }

    /// Write the baseline atomically.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let json = serde_json::to_string_pretty(self).map_err(|e| Error::output(path, e))?;
        files::write_whole(path, |out| writeln!(out, "{json}"))
    }

    /// The baseline of a report. `how` is any of its tables: all share one protocol, encoding and
    /// contamination. Entries of the previous baseline keep their tolerances.
    pub fn of(report: &Report, how: &TableReport, previous: Option<&Baseline>) -> Self {
        let tolerance = |table: &str, detector: &str| {
            previous.and_then(|b| b.tables.get(table)?.get(detector)).map_or(TOLERANCE, |e| e.tolerance)
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

    /// Compare a report with this baseline: one finding per entry of either.
    pub fn check(&self, report: &Report) -> Vec<Finding> {
        let mut actual: BTreeMap<(&str, &str), Option<f64>> = BTreeMap::new();
        for table in &report.tables {
            actual.extend(
                table.runs.iter().map(|run| ((table.table.as_str(), run.detector.as_str()), run.auc)),
            );
        }
        let recorded = self.tables.iter().flat_map(|(table, entries)| {
            entries.iter().map(move |(detector, expected)| ((table.as_str(), detector.as_str()), expected))
        });
        let mut findings = Vec::new();
        for (entry, expected) in recorded {
            let outcome = match actual.remove(&entry) {
                Some(auc) => expected.outcome(auc),
                None => Outcome::NotRun { expected: expected.auc },
            };
            findings.push(Finding::new(entry, outcome));
        }
        let new = |(entry, actual)| Finding::new(entry, Outcome::NotRecorded { actual });
        findings.extend(actual.into_iter().map(new));
        findings
    }
}

impl Expected {
    fn outcome(&self, actual: Option<f64>) -> Outcome {
        let &Expected { auc: expected, tolerance } = self;
        match (expected, actual) {
            (Some(old), Some(new)) if new < old - tolerance => {
                Outcome::Fell { expected: old, actual, tolerance }
            }
            (Some(old), None) => Outcome::Fell { expected: old, actual, tolerance },
            (Some(old), Some(new)) if new > old + tolerance => Outcome::Rose { expected, actual: new },
            (None, Some(new)) => Outcome::Rose { expected, actual: new },
            _ => Outcome::Kept { expected, actual },
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

    /// The way to accept a better or a new AUC.
    pub fn hint(&self) -> Option<Hint> {
        matches!(self.outcome, Outcome::Rose { .. } | Outcome::NotRecorded { .. }).then_some(Hint::Bless)
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
            Outcome::Kept { expected, actual } => {
                write!(f, "ok    {table} {detector}: AUC {}, recorded {}", fixed(actual), fixed(expected))
            }
            Outcome::Rose { expected, actual } => write!(
                f,
                "rose  {table} {detector}: AUC {}, recorded {}",
                fixed(Some(actual)),
                fixed(expected)
            ),
            Outcome::Fell { expected, actual, tolerance } => write!(
                f,
                "FELL  {table} {detector}: AUC {}, recorded {}, tolerance {tolerance}",
                fixed(actual),
                fixed(Some(expected))
            ),
            Outcome::NotRun { expected } => {
                write!(f, "GONE  {table} {detector}: recorded {}, but not in this run", fixed(expected))
            }
            Outcome::NotRecorded { actual } => {
                write!(f, "NEW   {table} {detector}: AUC {}, but nothing is recorded", fixed(actual))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(expected: f64, actual: Option<f64>) -> Outcome {
        Expected { auc: Some(expected), tolerance: 0.01 }.outcome(actual)
    }

    #[test]
    fn a_fall_beyond_the_tolerance_fails_and_one_within_does_not() {
        assert!(matches!(outcome(0.9, Some(0.889)), Outcome::Fell { .. }));
        assert!(matches!(outcome(0.9, Some(0.891)), Outcome::Kept { .. }));
        assert!(matches!(outcome(0.9, Some(0.911)), Outcome::Rose { .. }));
    }

    #[test]
    fn an_auc_that_is_no_longer_defined_has_fallen() {
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
