//! The gate checks AUCs against a recorded baseline: those of a comparison, or those of a model on labeled rows. It
//! fails if one got worse.

mod answer;
mod finding;

pub use answer::{github, json, junit};
pub use finding::{Finding, Outcome};

use crate::error::{Error, Hint, Result, json};
use crate::files;
use crate::report::{Protocol, Report, Run, TableReport, counted};
use crate::schema::Encoding;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
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
    /// Table → expected AUC of a trained model on labeled rows.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<String, Expected>,
}

/// What a run measured: table → detector → AUC. The AUC of a trained model has the name [`MODEL`].
pub type Measured = BTreeMap<(String, String), Option<f64>>;

/// The name of a trained model among the detectors of a table.
pub const MODEL: &str = "model";

/// What a run was asked for. Other entries of a baseline are skipped.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    /// The tables; `None` is every recorded one.
    pub tables: Option<Vec<String>>,
    /// The detectors; `None` is every recorded one. Models are [`MODEL`], and only asked for by that name.
    pub detectors: Option<Vec<String>>,
}

/// The outcome of a run of the gate.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// One finding for each entry of the baseline or the run, in order of tables and detectors.
    pub findings: Vec<Finding>,
    /// The number of entries of the baseline that the run was not asked for.
    pub skipped: usize,
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
        let is_share = |value: f64| (0.0..=1.0).contains(&value);
        for (table, detector, Expected { auc, tolerance }) in self.entries() {
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

    /// An empty baseline of comparisons with these options.
    pub fn new(seed: u64, contamination: f64, protocol: Protocol, encoding: Encoding) -> Self {
        let (tables, models) = (BTreeMap::new(), BTreeMap::new());
        Baseline { format: 1, seed, contamination, protocol, encoding, tables, models }
    }

    /// Record what a run measured, in place of what it was asked for. Entries that were recorded before keep
    /// their tolerances.
    pub fn record(&mut self, measured: &Measured, scope: &Scope) {
        let old = self.clone();
        let tolerance = |table: &str, detector: &str| {
            let mut entries = old.entries().filter(|(t, d, _)| (*t, *d) == (table, detector));
            entries.next().map_or(TOLERANCE, |(_, _, expected)| expected.tolerance)
        };
        for (table, entries) in &mut self.tables {
            entries.retain(|detector, _| !scope.has(table, detector));
        }
        self.tables.retain(|_, entries| !entries.is_empty());
        self.models.retain(|table, _| !scope.has(table, MODEL));
        for ((table, detector), auc) in measured {
            let expected = Expected { auc: *auc, tolerance: tolerance(table, detector) };
            match detector.as_str() {
                MODEL => self.models.insert(table.clone(), expected),
                _ => self.tables.entry(table.clone()).or_default().insert(detector.clone(), expected),
            };
        }
    }

    /// Compare what a run measured with this baseline: one finding per entry of either that it was asked for.
    pub fn check(&self, measured: &Measured, scope: &Scope) -> Check {
        let is_recorded = |table: &str, detector: &str| {
            self.entries().any(|(other_table, other, _)| (other_table, other) == (table, detector))
        };
        let asked: Vec<_> =
            self.entries().filter(|(table, detector, _)| scope.has(table, detector)).collect();
        let skipped = self.entries().count() - asked.len();
        let known = asked.into_iter().map(|(table, detector, expected)| {
            let outcome = match measured.get(&(table.to_owned(), detector.to_owned())) {
                Some(&auc) => expected.outcome(auc),
                None => Outcome::NotRun { expected: expected.auc },
            };
            Finding::new((table, detector), outcome)
        });
        let new = measured.iter().filter(|((table, detector), _)| !is_recorded(table, detector)).map(
            |((table, detector), &actual)| Finding::new((table, detector), Outcome::NotRecorded { actual }),
        );
        Check { findings: known.chain(new).collect(), skipped }
    }

    /// Every entry: table, detector or [`MODEL`], and what is recorded.
    fn entries(&self) -> impl Iterator<Item = (&str, &str, &Expected)> {
        let detectors = self.tables.iter().flat_map(|(table, entries)| {
            entries.iter().map(move |(detector, expected)| (table.as_str(), detector.as_str(), expected))
        });
        detectors.chain(self.models.iter().map(|(table, expected)| (table.as_str(), MODEL, expected)))
    }
}

/// The AUCs of a comparison.
pub fn measured(report: &Report) -> Measured {
    let of_table = |table: &TableReport| {
        let entry = |run: &Run| ((table.table.clone(), run.detector.clone()), run.auc);
        table.runs.iter().map(entry).collect::<Vec<_>>()
    };
    report.tables.iter().flat_map(of_table).collect()
}

impl Scope {
    fn has(&self, table: &str, detector: &str) -> bool {
        let holds = |names: &Vec<String>, name: &str| names.iter().any(|other| other == name);
        let has_detector = match &self.detectors {
            Some(detectors) => holds(detectors, detector),
            None => detector != MODEL,
        };
        has_detector && self.tables.as_ref().is_none_or(|tables| holds(tables, table))
    }
}

impl Check {
    /// The number of entries that fail the gate.
    pub fn failed(&self) -> usize {
        self.findings.iter().filter(|finding| finding.fails()).count()
    }

    /// The counts, such as `9 entries, 1 failed, 24 skipped`.
    pub fn summary(&self) -> String {
        let skipped = match self.skipped {
            0 => String::new(),
            skipped => format!(", {skipped} skipped"),
        };
        let entries = counted(self.findings.len() as u64, "entry", "entries");
        format!("{entries}, {} failed{skipped}", self.failed())
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

    fn measured(entries: &[(&str, &str, f64)]) -> Measured {
        let entry = |&(table, detector, auc): &(&str, &str, f64)| {
            ((table.to_owned(), detector.to_owned()), Some(auc))
        };
        entries.iter().map(entry).collect()
    }

    fn baseline(entries: &[(&str, &str, f64)]) -> Baseline {
        let mut baseline = Baseline::new(42, 0.15, Protocol::InSample, Encoding::OneHot);
        baseline.record(&measured(entries), &Scope::default());
        baseline
    }

    fn scope(tables: Option<&[&str]>, detectors: Option<&[&str]>) -> Scope {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Scope { tables: tables.map(owned), detectors: detectors.map(owned) }
    }

    #[test]
    fn entries_on_one_side_only_fail() {
        let check =
            baseline(&[("auth", "lof", 0.9)]).check(&measured(&[("auth", "knn", 0.9)]), &Scope::default());
        let marks: Vec<&str> = check.findings.iter().map(|finding| finding.outcome.id()).collect();
        assert_eq!((marks.as_slice(), check.failed()), (["gone", "new"].as_slice(), 2));
        assert!(check.findings[0].to_string().starts_with("GONE  auth lof"));
    }

    #[test]
    fn what_was_not_asked_for_is_skipped_and_counted() {
        let baseline = baseline(&[("auth", "lof", 0.9), ("auth", "knn", 0.9), ("admin", "lof", 0.9)]);
        let run = measured(&[("auth", "lof", 0.9)]);
        let check = baseline.check(&run, &scope(Some(&["auth"]), Some(&["lof"])));
        assert_eq!(check.summary(), "1 entry, 0 failed, 2 skipped");
        let check = baseline.check(&run, &scope(Some(&["auth"]), None));
        assert_eq!(check.summary(), "2 entries, 1 failed, 1 skipped");
    }

    #[test]
    fn recording_a_part_leaves_the_rest() {
        let mut baseline = baseline(&[("auth", "lof", 0.9), ("auth", "old", 0.9), ("admin", "lof", 0.9)]);
        baseline.record(&measured(&[("auth", "lof", 0.8)]), &scope(Some(&["auth"]), None));
        let left: Vec<_> = baseline.entries().map(|(table, detector, e)| (table, detector, e.auc)).collect();
        assert_eq!(left, [("admin", "lof", Some(0.9)), ("auth", "lof", Some(0.8))]);
    }

    #[test]
    fn a_model_is_checked_by_its_name_only() {
        let baseline = baseline(&[("auth", "lof", 0.9), ("auth", MODEL, 0.9)]);
        assert_eq!(baseline.models["auth"].auc, Some(0.9));
        let comparison = baseline.check(&measured(&[("auth", "lof", 0.9)]), &Scope::default());
        assert_eq!(comparison.summary(), "1 entry, 0 failed, 1 skipped");
        let model = baseline.check(&measured(&[("auth", MODEL, 0.5)]), &scope(None, Some(&[MODEL])));
        assert_eq!(model.summary(), "1 entry, 1 failed, 1 skipped");
    }
}
