//! The words that charts have in common: which rows, which class, and what a report must hold to be drawn.

use crate::plot::Kind;
use crate::error::{Error, Result};
use crate::report::{Run, TableReport, count, percent};

/// "auth_events: ROC curves".
pub fn title(table: &TableReport, kind: Kind) -> String {
    format!("{}: {}", table.table, kind.title())
}

/// The rows that were scored, and the protocol.
pub fn scored(table: &TableReport) -> String {
    let rows = count(table.scored_rows as u64);
    let suspicious = table.scored_suspicious_rows.map_or(" · no labels".to_owned(), |suspicious| {
        let share = suspicious as f64 / table.scored_rows.max(1) as f64;
        format!(", {} suspicious ({})", count(suspicious as u64), percent(share))
    });
    format!("{} ({}) · {rows} rows scored{suspicious}", table.protocol.id(), table.protocol.meaning())
}

/// All rows, whatever the protocol.
pub fn all(table: &TableReport) -> String {
    let rows = count(table.rows as u64);
    let suspicious = table.suspicious_rows.map_or(" · no labels".to_owned(), |suspicious| {
        let share = suspicious as f64 / table.rows.max(1) as f64;
        format!(", {} suspicious ({})", count(suspicious as u64), percent(share))
    });
    format!("the whole table, before any protocol · {rows} rows{suspicious}")
}

/// "33 of 2,100 (1.6 %)".
pub fn part(part: u64, whole: u64) -> String {
    format!("{} of {} ({})", count(part), count(whole), percent(part as f64 / whole.max(1) as f64))
}

/// The detectors of a table, each with its place in the alphabet: a detector has the same colour in all charts
/// of all tables on which the same detectors ran.
pub fn runs(table: &TableReport) -> Result<Vec<(usize, &Run)>> {
    let mut names: Vec<&str> = table.runs.iter().map(|run| run.detector.as_str()).collect();
    names.sort_unstable();
    let mut taken = vec![false; names.len()];
    let mut place = |run: &Run| {
        let free = (0..names.len()).find(|at| names[*at] == run.detector && !taken[*at]).unwrap_or_default();
        taken[free] = true;
        free
    };
    let runs: Vec<_> = table.runs.iter().map(|run| (place(run), run)).collect();
    match runs.is_empty() {
        true => Err(Error::table(&table.table, "the report holds no detector; name some with --detectors")),
        false => Ok(runs),
    }
}

/// That both classes were scored, or why a curve cannot be drawn.
pub fn both_classes(table: &TableReport, kind: Kind) -> Result<()> {
    let chart = kind.title();
    let Some(suspicious) = table.scored_suspicious_rows else {
        return Err(Error::Request(format!(
            "{}: {chart} need labels, and the table has none; name the label column with --label, or look at \
             the scores alone with `whis-lab plot histogram`",
            table.table
        )));
    };
    if suspicious > 0 && suspicious < table.scored_rows {
        return Ok(());
    }
    let class = if suspicious == 0 { "normal" } else { "suspicious" };
    Err(Error::Request(format!(
        "{}: {chart} need rows of both classes, and all {} rows scored under {} are {class}; try another \
         --protocol, or look at the scores alone with `whis-lab plot histogram`",
        table.table,
        count(table.scored_rows as u64),
        table.protocol.id()
    )))
}

/// Why a chart cannot be drawn from a report that was made without charts in mind.
pub fn not_in_report(table: &TableReport, kind: Kind, what: &str) -> Error {
    Error::Request(format!(
        "{}: the report holds no {what}; run `whis-lab plot {}` without --report, or make the report with \
         `whis-lab compare --plots`",
        table.table,
        kind.id()
    ))
}
