//! The ranks of detectors over several tables, and what to say about the choice of tables.

use super::data::Source;
use super::terminal::Terminal;
use crate::error::{LONGEST_NAME, printable};
use crate::report::{self, Ranks, Report};

/// The report with the ranks of its detectors, if each file is a table.
pub fn ranked(report: Report, source: &Source, terminal: &Terminal) -> Report {
    if source.files.is_empty() {
        return report;
    }
    let ranks = report::ranks(&report.tables, &source.related, report.seed);
    match ranks.first() {
        Some(first) => remark(first, &source.related, terminal),
        None => terminal
            .note("detectors are not ranked: that needs two of them, and two tables with an AUC of each"),
    }
    Report { ranks, ..report }
}

/// Say if tables are joined by no pattern although their names suggest it, or by a pattern that fits no two tables.
fn remark(ranks: &Ranks, related: &[String], terminal: &Terminal) {
    for pattern in related.iter().filter(|pattern| !ranks.has_joined(pattern)) {
        let pattern = printable(pattern, LONGEST_NAME);
        terminal.warning(&format!("--related {pattern} fits fewer than two tables, so it joins none"));
    }
    if let Some((one, other)) = report::similar_names(ranks) {
        terminal.note(&format!(
            "{one} and {other} count as two tables; if they are parts of one data set, --related counts them once"
        ));
    }
}
