//! The summary of a scoring run for programs: JSON, or the text format of Prometheus.

use super::stats::{DayStats, ScoreStats};
use crate::error::{Error, Result};
use crate::model::TableModel;
use serde::Serialize;
use std::fmt::Write;

/// The numbers of a scoring run. It names no time and no file, so equal runs have equal summaries.
#[derive(Clone, Debug, Serialize)]
pub struct RunSummary {
    /// The version of this structure.
    format: u32,
    /// The version of the program.
    whis_lab: &'static str,
    model: ModelSummary,
    /// Rows with a score above this are flagged; null if all rows are.
    threshold: f64,
    /// The share of the training rows above the threshold, in [0, 1].
    expected_share: f64,
    /// Whether the whole input was scored; false if a signal stopped the run.
    complete: bool,
    rows: RowCounts,
    /// The days with a row, in UTC; null without a time column, and for streams.
    days: Option<Vec<DayStats>>,
    features: Vec<FeatureSummary>,
}

/// The model that scored the last row.
#[derive(Clone, Debug, Serialize)]
struct ModelSummary {
    /// The SHA-256 of the model file's body.
    sha256: String,
    table: String,
    detector: String,
}

#[derive(Clone, Debug, Serialize)]
struct RowCounts {
    read: u64,
    scored: u64,
    flagged: u64,
    rejected: u64,
}

/// The numbers of rows with a value that training did not hold.
#[derive(Clone, Debug, Serialize)]
struct FeatureSummary {
    feature: String,
    /// Whether the table has no such column.
    absent: bool,
    unseen: u64,
    missing: u64,
    out_of_range: u64,
}

/// A number of a feature.
type Counted = fn(&FeatureSummary) -> u64;

impl RunSummary {
    /// The summary of a run with this model. `sha256` is that of the model file.
    pub fn new(sha256: &str, model: &TableModel, stats: &ScoreStats, complete: bool) -> Self {
        let features = stats.features.iter().map(|feature| FeatureSummary {
            feature: feature.feature.clone(),
            absent: feature.absent,
            unseen: feature.unknown,
            missing: feature.missing,
            out_of_range: feature.out_of_range,
        });
        RunSummary {
            format: 1,
            whis_lab: env!("CARGO_PKG_VERSION"),
            model: ModelSummary {
                sha256: sha256.to_owned(),
                table: model.name().to_owned(),
                detector: model.card().detector.clone(),
            },
            threshold: model.threshold(),
            expected_share: model.share_above_threshold(),
            complete,
            rows: RowCounts {
                read: stats.read,
                scored: stats.scored,
                flagged: stats.flagged,
                rejected: stats.rejected,
            },
            days: stats.days(),
            features: features.collect(),
        }
    }

    /// Indented JSON with a final newline.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn json(&self) -> Result<String> {
        let text = serde_json::to_string_pretty(self).map_err(|e| Error::Request(e.to_string()))?;
        Ok(text + "\n")
    }

    /// The text exposition format of Prometheus. All metrics are gauges, because each run starts at 0.
    pub fn prometheus(&self) -> String {
        let mut text = String::new();
        let ModelSummary { sha256, table, detector } = &self.model;
        let own = [("table", table.as_str())];
        let info = [own[0], ("detector", detector), ("sha256", sha256), ("version", self.whis_lab)];
        metric(&mut text, "model_info", "The model of the run; the value is 1", [(&info[..], 1.0)]);
        let rows = &self.rows;
        let numbers = [
            ("rows_read", "Rows or lines read", rows.read as f64),
            ("rows_scored", "Rows with a score", rows.scored as f64),
            ("rows_flagged", "Rows with a score above the threshold", rows.flagged as f64),
            ("rows_rejected", "Rows or lines that cannot be scored", rows.rejected as f64),
            ("threshold", "Rows with a score above this are flagged", self.threshold),
            ("expected_share", "The share of training rows above the threshold", self.expected_share),
            ("run_complete", "1 if the whole input was scored", f64::from(u8::from(self.complete))),
        ];
        for (name, help, value) in numbers {
            metric(&mut text, name, help, [(&own[..], value)]);
        }
        let counts: [(&str, &str, Counted); 3] = [
            ("feature_unseen", "Rows with a level that training did not hold", |f| f.unseen),
            ("feature_missing", "Rows without a value", |f| f.missing),
            ("feature_out_of_range", "Rows with a value outside the range of training", |f| f.out_of_range),
        ];
        for (name, help, count) in counts {
            let labels: Vec<_> =
                self.features.iter().map(|f| [own[0], ("feature", f.feature.as_str())]).collect();
            let values = self.features.iter().map(|f| count(f) as f64);
            metric(&mut text, name, help, labels.iter().map(|labels| &labels[..]).zip(values));
        }
        text
    }
}

/// Append a gauge with its samples.
fn metric<'a>(
    text: &mut String,
    name: &str,
    help: &str,
    samples: impl IntoIterator<Item = (&'a [(&'a str, &'a str)], f64)>,
) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "# HELP whis_lab_{name} {help}.\n# TYPE whis_lab_{name} gauge");
    for (labels, value) in samples {
        let labels: Vec<String> =
            labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
        let value = match value {
            infinite if infinite == f64::NEG_INFINITY => "-Inf".to_owned(),
            value => value.to_string(),
        };
        let _ = writeln!(text, "whis_lab_{name}{{{}}} {value}", labels.join(","));
    }
}

/// The value of a label: backslash, quote and line end are escaped.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_close_its_quotes() {
        let mut text = String::new();
        metric(&mut text, "x", "Help", [(&[("feature", "a\"} 9\n\\")][..], f64::NEG_INFINITY)]);
        let sample = text.lines().last().unwrap();
        assert_eq!(sample, r#"whis_lab_x{feature="a\"} 9\n\\"} -Inf"#);
        assert_eq!(text.lines().count(), 3);
    }
}
