//! The recorded metrics, and the options that produced them.

use super::measurement::{MODEL, Measured, Measurement, Metric, RecordedMetric};
use super::sample::Sample;
use crate::error::{Error, Hint, Result, json};
use crate::files;
use crate::report::Protocol;
use crate::schema::Encoding;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// The margin of a new baseline entry: how far its AUC may fall, in [0, 1].
pub const TOLERANCE: f64 = 0.005;

/// The margin of average precision and of recall, in [0, 1].
pub const TOP_TOLERANCE: f64 = 0.02;

/// The share of rows that are read, for recall: the budget of a new baseline.
pub const BUDGET: f64 = 0.05;

/// The formats that this version reads. It writes the last.
const FORMATS: [u32; 2] = [1, 2];

/// The recorded metrics, and the options that produced them.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The version of the baseline format. Format 1 has no scores, so its test is unpaired.
    pub format: u32,
    /// The seed of all random numbers.
    pub seed: u64,
    /// The largest share of training rows above the threshold, in (0, 0.5].
    pub contamination: f64,
    /// The share of scored rows that are read, for recall, in (0, 1].
    #[serde(default = "budget")]
    pub budget: f64,
    /// How rows are split into training and scored rows.
    pub protocol: Protocol,
    /// How categories become numbers.
    pub encoding: Encoding,
    /// Table → detector → expected metrics.
    pub tables: BTreeMap<String, BTreeMap<String, Expected>>,
    /// Table → expected metrics of a trained model on labeled rows.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<String, Expected>,
    /// The sampled rows that entries name.
    #[serde(default)]
    pub(super) samples: BTreeMap<String, Sample>,
}

/// What a run was asked for. Other entries of a baseline are skipped.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    /// The tables; `None` is every recorded one.
    pub tables: Option<Vec<String>>,
    /// The detectors; `None` is every recorded one. Models are [`MODEL`], and only asked for by that name.
    pub detectors: Option<Vec<String>>,
}

/// The metrics of a detector, and how far they may fall.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The mean over the seeds, in [0, 1]. Null if the AUC is undefined; the key is required.
    #[serde(deserialize_with = "Option::deserialize")]
    pub auc: Option<f64>,
    /// How far a new AUC may fall below the recorded one, in [0, 1].
    pub tolerance: f64,
    /// The mean over the seeds, in [0, 1].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average_precision: Option<f64>,
    /// The share of suspicious rows within the budget, the mean over the seeds, in [0, 1].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recall: Option<f64>,
    /// How far average precision and recall may fall, in [0, 1].
    #[serde(default = "top_tolerance")]
    pub top_tolerance: f64,
    /// The AUCs of earlier records on the same data, the first one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<f64>,
    /// The name of the sampled rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sample: Option<String>,
    /// The seeds and the sampled rows of each metric.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) scores: BTreeMap<Metric, RecordedMetric>,
}

fn budget() -> f64 {
    BUDGET
}

fn top_tolerance() -> f64 {
    TOP_TOLERANCE
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
        if !FORMATS.contains(&self.format) {
            let format = self.format;
            return Err(format!("baseline format {format} is unknown; this version reads formats 1 and 2"));
        }
        if !(self.budget > 0.0 && self.budget <= 1.0) {
            return Err(format!("the budget must be above 0 and at most 1, but is {}", self.budget));
        }
        for (table, detector, expected) in self.entries() {
            expected.in_range().map_err(|reason| format!("{table} {detector}: {reason}"))?;
            let sample = expected.sample.as_ref();
            if let Some(id) = sample.filter(|id| !self.samples.contains_key(*id)) {
                return Err(format!("{table} {detector}: there is no sample `{id}`"));
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
        Baseline {
            format: FORMATS[1],
            seed,
            contamination,
            budget: BUDGET,
            protocol,
            encoding,
            tables: BTreeMap::new(),
            models: BTreeMap::new(),
            samples: BTreeMap::new(),
        }
    }

    /// Record what a run measured, in place of what it was asked for. Entries that were recorded before keep their
    /// tolerances and, on the same data, their earlier AUCs.
    pub fn record(&mut self, measured: &Measured, scope: &Scope) {
        let old = self.clone();
        for (table, entries) in &mut self.tables {
            entries.retain(|detector, _| !scope.has(table, detector));
        }
        self.tables.retain(|_, entries| !entries.is_empty());
        self.models.retain(|table, _| !scope.has(table, MODEL));
        for ((table, detector), measurement) in measured {
            let sample = Sample::of(&measurement.rows);
            let expected = Expected::of(measurement, &sample, old.before(table, detector));
            self.samples.insert(sample.id(), sample);
            match detector.as_str() {
                MODEL => self.models.insert(table.clone(), expected),
                _ => self.tables.entry(table.clone()).or_default().insert(detector.clone(), expected),
            };
        }
        self.format = FORMATS[1];
        let entries = self.entries().filter_map(|(_, _, expected)| expected.sample.clone());
        let named: Vec<String> = entries.collect();
        self.samples.retain(|id, _| named.contains(id));
    }

    /// An entry, and the digest of its data.
    fn before(&self, table: &str, detector: &str) -> Option<(&Expected, Option<&str>)> {
        let (_, _, expected) = self.entries().find(|(t, d, _)| (*t, *d) == (table, detector))?;
        Some((expected, self.sample_of(expected).map(|sample| sample.data.as_str())))
    }

    /// The sampled rows of an entry; `None` in format 1.
    pub(super) fn sample_of(&self, expected: &Expected) -> Option<&Sample> {
        self.samples.get(expected.sample.as_ref()?)
    }

    /// Every entry: table, detector or [`MODEL`], and what is recorded.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &str, &Expected)> {
        let detectors = self.tables.iter().flat_map(|(table, entries)| {
            entries.iter().map(move |(detector, expected)| (table.as_str(), detector.as_str(), expected))
        });
        detectors.chain(self.models.iter().map(|(table, expected)| (table.as_str(), MODEL, expected)))
    }

    /// The entries whose AUC is below the first one recorded on the same data: table, detector, the fall in [0, 1],
    /// and the number of records since.
    pub fn falls(&self) -> Vec<(&str, &str, f64, usize)> {
        let fall = |(table, detector, expected): (_, _, &Expected)| {
            let fall = expected.earlier.first()? - expected.auc?;
            (fall > 0.0).then_some((table, detector, fall, expected.earlier.len()))
        };
        self.entries().filter_map(fall).collect()
    }
}

impl Scope {
    pub(super) fn has(&self, table: &str, detector: &str) -> bool {
        let holds = |names: &Vec<String>, name: &str| names.iter().any(|other| other == name);
        let has_detector = match &self.detectors {
            Some(detectors) => holds(detectors, detector),
            None => detector != MODEL,
        };
        has_detector && self.tables.as_ref().is_none_or(|tables| holds(tables, table))
    }
}

impl Expected {
    /// What a run measured, with the tolerances and the earlier AUCs of the entry before it.
    fn of(run: &Measurement, sample: &Sample, before: Option<(&Expected, Option<&str>)>) -> Self {
        let auc = run.value(Metric::Auc);
        let mut expected = Expected {
            auc,
            tolerance: TOLERANCE,
            average_precision: run.value(Metric::AveragePrecision),
            recall: run.value(Metric::Recall),
            top_tolerance: TOP_TOLERANCE,
            earlier: Vec::new(),
            sample: Some(sample.id()),
            scores: run.recorded(),
        };
        if let Some((before, data)) = before {
            (expected.tolerance, expected.top_tolerance) = (before.tolerance, before.top_tolerance);
            // Format 1 has no digest, and counts as the same data.
            if data.is_none_or(|data| data == sample.data) {
                expected.earlier.clone_from(&before.earlier);
                expected.earlier.extend(before.auc.filter(|_| before.auc != auc));
            }
        }
        expected
    }

    /// The recorded value of a metric; `None` if it is undefined or not recorded.
    pub fn value(&self, metric: Metric) -> Option<f64> {
        match metric {
            Metric::Auc => self.auc,
            Metric::AveragePrecision => self.average_precision,
            Metric::Recall => self.recall,
        }
    }

    /// How far a metric may fall, in [0, 1].
    pub fn margin(&self, metric: Metric) -> f64 {
        if metric == Metric::Auc { self.tolerance } else { self.top_tolerance }
    }

    fn in_range(&self) -> Result<(), String> {
        let is_share = |value: f64| (0.0..=1.0).contains(&value);
        let values = Metric::ALL.into_iter().filter_map(|metric| self.value(metric));
        let seeds = self.scores.values().flat_map(|scores| scores.seeds.iter().copied());
        let shares = values.chain(seeds).chain(self.earlier.iter().copied());
        if !shares.chain([self.tolerance, self.top_tolerance]).all(is_share) {
            return Err("metrics and tolerances must be between 0 and 1".to_owned());
        }
        let is_damaged = |scores: &RecordedMetric| {
            scores.seeds.is_empty()
                || scores.suspicious.numbers().is_none()
                || scores.normal.numbers().is_none()
        };
        match self.scores.iter().find(|(_, scores)| is_damaged(scores)) {
            Some((metric, _)) => Err(format!("the scores of `{}` are damaged", metric.id())),
            None => Ok(()),
        }
    }
}
