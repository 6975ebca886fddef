//! Texts that charts share: titles, subtitles, and the errors for missing data.

use crate::error::{Error, Hint, Result};
use crate::plot::chart::Chart;
use crate::report::{Run, TableBudget, TableReport, count, percent};

/// The title of a chart, such as "auth_events: ROC curves".
pub fn title(table: &TableReport, kind: Chart) -> String {
    let title = match (kind, table.scored_suspicious_rows) {
        (Chart::Histogram, None) => "Scores",
        _ => kind.title(),
    };
    format!("{}: {title}", table.table)
}

/// The subtitle of charts of scored rows: the protocol and the number of rows.
pub fn scored(table: &TableReport) -> String {
    let rows = count(table.scored_rows as u64);
    let suspicious = table.scored_suspicious_rows.map_or(" · no labels".to_owned(), |suspicious| {
        let share = suspicious as f64 / table.scored_rows.max(1) as f64;
        format!(", {} suspicious ({})", count(suspicious as u64), percent(share))
    });
    format!("{} ({}) · {rows} rows scored{suspicious}", table.protocol.id(), table.protocol.meaning())
}

/// The subtitle of charts of the whole table.
pub fn all(table: &TableReport) -> String {
    let rows = count(table.rows as u64);
    let suspicious = table.suspicious_rows.map_or(" · no labels".to_owned(), |suspicious| {
        let share = suspicious as f64 / table.rows.max(1) as f64;
        format!(", {} suspicious ({})", count(suspicious as u64), percent(share))
    });
    format!("the whole table, before any protocol · {rows} rows{suspicious}")
}

/// A part of a whole, such as "33 of 2,100 (1.6 %)".
pub fn part(part: u64, whole: u64) -> String {
    format!("{} of {} ({})", count(part), count(whole), percent(part as f64 / whole.max(1) as f64))
}

/// The detectors of a table, each with its index in alphabetical order. The index gives the color, so a
/// detector has the same color in all charts of the same detectors.
///
/// # Errors
/// If the table has no runs.
pub fn runs(table: &TableReport) -> Result<Vec<(usize, &Run)>> {
    let mut names: Vec<&str> = table.runs.iter().map(|run| run.detector.as_str()).collect();
    names.sort_unstable();
    let mut is_free = vec![true; names.len()];
    let mut index = |run: &Run| {
        let free = (0..names.len()).find(|at| names[*at] == run.detector && is_free[*at]).unwrap_or_default();
        is_free[free] = false;
        free
    };
    let runs: Vec<_> = table.runs.iter().map(|run| (index(run), run)).collect();
    match runs.is_empty() {
        true => Err(Error::table(&table.table, "the report has no detectors")),
        false => Ok(runs),
    }
}

/// The budget of a table and its detectors.
///
/// # Errors
/// If the table has no runs, the report was made without a budget, or there is no attack.
pub fn budget(table: &TableReport, kind: Chart) -> Result<(&TableBudget, Vec<(usize, &Run)>)> {
    let runs = runs(table)?;
    let Some(budget) = &table.budget else {
        let problem = format!("{} needs a budget of alerts a day, and the report has none", kind.title());
        return Err(Error::table(&table.table, problem).with_hint(Hint::NameBudget));
    };
    if budget.attacks == 0 {
        let problem = format!("{} needs attacks, but no scored row with a time is suspicious", kind.title());
        return Err(Error::table(&table.table, problem));
    }
    Ok((budget, runs))
}

/// Check that the scored rows have both classes.
///
/// # Errors
/// If there are no labels, or all scored rows have the same class.
pub fn both_classes(table: &TableReport, kind: Chart) -> Result<()> {
    let chart = kind.title();
    let Some(suspicious) = table.scored_suspicious_rows else {
        let problem = format!("{chart} need labels, but the table has none; a histogram needs no labels");
        return Err(Error::table(&table.table, problem).with_hint(Hint::NameLabel(None)));
    };
    if suspicious > 0 && suspicious < table.scored_rows {
        return Ok(());
    }
    let class = if suspicious == 0 { "normal" } else { "suspicious" };
    let problem = format!(
        "{chart} need rows of both classes, but all {} rows scored under {} are {class}; try another protocol",
        count(table.scored_rows as u64),
        table.protocol.id()
    );
    Err(Error::table(&table.table, problem))
}

/// The error for a report without the data of a chart.
pub fn not_in_report(table: &TableReport, kind: Chart, what: &str) -> Error {
    let error = Error::table(&table.table, format!("the report has no {what}"));
    error.with_hint(Hint::PlotAgain { chart: kind.id().to_owned() })
}
