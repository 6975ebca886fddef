//! What verdicts would buy: the results of simulated reviews.

use super::number::{count, fixed};
use super::text::{bullet, indent, lines};
use crate::metrics::Summary;
use comfy_table::{CellAlignment, Table, TableStyle, presets};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Simulated reviews of all tables.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct FeedbackReport {
    /// The version of this format.
    pub format: u32,
    /// One entry per table.
    pub tables: Vec<TableFeedback>,
}

/// Simulated reviews of one table. An analyst, played by the label, judges rows of one half; the other half is never
/// shown.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct TableFeedback {
    /// The table's name.
    pub table: String,
    /// Rows of the table.
    pub rows: usize,
    /// Suspicious rows of the table.
    pub suspicious_rows: usize,
    /// Verdicts that are given.
    pub verdicts: usize,
    /// Verdicts after which the rows are ranked again.
    pub batch: usize,
    /// The share of verdicts that are wrong.
    pub analyst_error: f64,
    /// The share of rows shown that are near the threshold.
    pub explore: f64,
    /// Splits into halves, each with its seed.
    pub seeds: u64,
    /// Distinct rows that can be shown, and suspicious ones among them; means over the seeds.
    pub shown_half: [f64; 2],
    /// One entry per detector, in the order of the plan.
    pub detectors: Vec<DetectorFeedback>,
}

/// Simulated reviews of one detector. Each figure is over the seeds.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct DetectorFeedback {
    /// The detector's id, or an ensemble in its notation.
    pub detector: String,
    /// Suspicious rows found after each batch.
    pub discovery: Vec<Discovery>,
    /// Average precision on the rows that are never shown, untaught.
    pub untaught_average_precision: Option<Summary>,
    /// The same, taught.
    pub taught_average_precision: Option<Summary>,
    /// AUC on the rows that are never shown, untaught.
    pub untaught_auc: Option<Summary>,
    /// The same, taught.
    pub taught_auc: Option<Summary>,
}

/// Suspicious distinct rows among those shown so far.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Discovery {
    /// Verdicts so far.
    pub verdicts: usize,
    /// Found if the detector learns.
    pub taught: Summary,
    /// Found in the order of the untaught scores.
    pub untaught: Summary,
    /// Expected in random order.
    pub random: f64,
}

impl FeedbackReport {
    /// The report as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The report for a terminal, in columns aligned with spaces.
    pub fn to_text(&self) -> String {
        let text = |table: &TableFeedback| {
            let (heading, runs) = (table.heading().join("\n"), lines(&table.runs(presets::NOTHING)));
            format!("{heading}\n\n{}\n\n{}", indent(&runs), bullet(&table.conclusion()))
        };
        self.tables.iter().map(text).collect::<Vec<_>>().join("\n\n") + "\n"
    }

    /// The report as GitHub Flavored Markdown.
    pub fn to_markdown(&self) -> String {
        let text = |table: &TableFeedback| {
            let (heading, runs) = (table.heading().join("  \n"), lines(&table.runs(presets::ASCII_MARKDOWN)));
            format!("## {} (feedback)\n\n{heading}\n\n{runs}\n\n- {}", table.table, table.conclusion())
        };
        self.tables.iter().map(text).collect::<Vec<_>>().join("\n\n") + "\n"
    }

    /// One record per detector and batch.
    pub fn to_csv(&self) -> String {
        let mut text = "table,detector,verdicts,taught,taught_sd,untaught,untaught_sd,random\n".to_owned();
        for table in &self.tables {
            for detector in &table.detectors {
                for point in &detector.discovery {
                    let sd = |summary: &Summary| summary.sd.map_or(String::new(), |sd| sd.to_string());
                    text += &format!(
                        "{},\"{}\",{},{},{},{},{},{}\n",
                        table.table,
                        detector.detector,
                        point.verdicts,
                        point.taught.mean,
                        sd(&point.taught),
                        point.untaught.mean,
                        sd(&point.untaught),
                        point.random
                    );
                }
            }
        }
        text
    }
}

/// The columns of [`DetectorFeedback::cells`].
pub const FEEDBACK_HEADS: [&str; 8] =
    ["detector", "found", "untaught", "random", "AP", "AP untaught", "AUC", "AUC untaught"];

impl TableFeedback {
    /// What was simulated, in phrases.
    pub fn heading(&self) -> Vec<String> {
        let mut lines = vec![
            format!(
                "{}: {} rows, {} suspicious",
                self.table,
                count(self.rows as u64),
                count(self.suspicious_rows as u64)
            ),
            format!(
                "protocol feedback: a simulated analyst gives {} verdicts, learned {} at a time",
                count(self.verdicts as u64),
                self.batch
            ),
            format!(
                "half of the rows is never shown and measures AP and AUC; means and standard deviations over {} splits",
                self.seeds
            ),
            "found: distinct suspicious rows among those shown".to_owned(),
        ];
        if self.analyst_error > 0.0 {
            lines.push(format!("{:.0} % of the verdicts are wrong", 100.0 * self.analyst_error));
        }
        lines
    }

    fn runs(&self, style: TableStyle) -> Table {
        let mut table = Table::new();
        table.load_style(style).set_header(FEEDBACK_HEADS);
        for detector in &self.detectors {
            table.add_row(detector.cells());
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }

    /// Which detector gains most, in a sentence.
    pub fn conclusion(&self) -> String {
        let gain = |detector: &DetectorFeedback| {
            let means = detector.taught_average_precision.zip(detector.untaught_average_precision);
            means.map(|(taught, untaught)| taught.mean - untaught.mean)
        };
        let best = self.detectors.iter().filter(|own| gain(own).is_some());
        let best = best.max_by(|a, b| gain(a).unwrap_or(0.0).total_cmp(&gain(b).unwrap_or(0.0)));
        match best.and_then(|best| Some((best, gain(best)?, best.discovery.last()?))) {
            Some((best, gain, last)) => format!(
                "{} gains most: AP {gain:+.4} on rows never shown; {:.1} instead of {:.1} suspicious rows are among the {} \
                 shown",
                best.detector, last.taught.mean, last.untaught.mean, last.verdicts
            ),
            None => "the rows never shown have one class only in some split: nothing is measured".to_owned(),
        }
    }
}

impl DetectorFeedback {
    /// Its results as text, in the columns of [`FEEDBACK_HEADS`].
    pub fn cells(&self) -> [String; 8] {
        let found = |summary: Option<Summary>| summary.map_or("–".to_owned(), |found| spread(&found, 1));
        let share = |summary: Option<Summary>| match summary {
            Some(summary) => spread(&summary, 4),
            None => fixed(None),
        };
        let last = self.discovery.last();
        [
            self.detector.clone(),
            found(last.map(|point| point.taught)),
            found(last.map(|point| point.untaught)),
            last.map_or("–".to_owned(), |point| format!("{:.1}", point.random)),
            share(self.taught_average_precision),
            share(self.untaught_average_precision),
            share(self.taught_auc),
            share(self.untaught_auc),
        ]
    }
}

/// "34.2 ± 3.1", with the standard deviation over the seeds.
fn spread(summary: &Summary, digits: usize) -> String {
    let mean = format!("{:.digits$}", summary.mean);
    summary.sd.map_or(mean.clone(), |sd| format!("{mean} ± {sd:.digits$}"))
}
