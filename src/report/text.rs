//! A report as text: tables for the terminal, or Markdown.

use super::number::{UNDEFINED, count, counted, fixed, percent, probability};
use super::protocols::side_by_side;
use super::{Claim, Difference, Report, Run, TableReport};
use crate::metrics::{Interval, Summary};
use comfy_table::{CellAlignment, Table, TableStyle, presets};

/// Differences with a corrected p-value below this are significant.
pub const SIGNIFICANT: f64 = 0.05;

/// The report for a terminal, in columns aligned with spaces.
pub fn terminal(report: &Report) -> String {
    let tables = report.tables.iter().map(|table| {
        let mut text = heading(table, report.seed).join("\n");
        text += &format!("\n\n{}\n", indent(&runs(table, presets::NOTHING)));
        text += &verdicts(table).iter().map(|line| format!("  {line}\n")).collect::<String>();
        text.push('\n');
        text += &table.findings.iter().map(|line| format!("{}\n", bullet(line))).collect::<String>();
        text
    });
    let protocols = side_by_side(report, presets::NOTHING)
        .into_iter()
        .map(|(_, matrix, conclusion)| format!("{}\n\n{}\n", indent(&lines(&matrix)), bullet(&conclusion)));
    tables.chain(protocols).collect::<Vec<_>>().join("\n")
}

/// The report as GitHub Flavored Markdown, with its warnings.
pub fn markdown(report: &Report) -> String {
    let tables = report.tables.iter().map(|table| {
        let mut text = format!("## {} ({})\n\n", table.table, table.protocol.id());
        text += &format!("{}\n\n", heading(table, report.seed).join("  \n"));
        text += &format!("{}\n\n", runs(table, presets::ASCII_MARKDOWN));
        text += &verdicts(table).iter().map(|line| format!("- {line}\n")).collect::<String>();
        text += &table.findings.iter().map(|line| format!("- {line}\n")).collect::<String>();
        text += &table.warnings.iter().map(|note| format!("- warning: {}\n", note.text)).collect::<String>();
        text
    });
    let protocols =
        side_by_side(report, presets::ASCII_MARKDOWN).into_iter().map(|(name, matrix, conclusion)| {
            format!("## {name}, protocols side by side\n\n{}\n\n- {conclusion}\n", lines(&matrix))
        });
    tables.chain(protocols).collect::<Vec<_>>().join("\n")
}

fn heading(table: &TableReport, seed: u64) -> Vec<String> {
    let rows = format!(
        "{}: {} rows, {} distinct, {}, {}",
        table.table,
        count(table.rows as u64),
        count(table.distinct_rows as u64),
        counted(table.features.len() as u64, "feature", "features"),
        suspicious(table.suspicious_rows.map(|rows| rows as u64), table.suspicious_rate),
    );
    let mut protocol = format!("protocol {}: {}", table.protocol.id(), table.protocol.meaning());
    if table.scored_rows != table.train_rows {
        protocol +=
            &format!(" ({} and {} rows)", count(table.train_rows as u64), count(table.scored_rows as u64));
    }
    let threshold = format!(
        "threshold: at most the highest {} of the training scores are flagged; seed {seed}",
        percent(table.contamination)
    );
    vec![rows, protocol, threshold]
}

/// The share and number of suspicious rows, or "no labels".
pub fn suspicious(rows: Option<u64>, rate: Option<f64>) -> String {
    match (rows, rate) {
        (Some(rows), Some(rate)) => format!("{} suspicious ({})", percent(rate), count(rows)),
        _ => "no labels".to_owned(),
    }
}

fn runs(report: &TableReport, style: TableStyle) -> String {
    let repeats = report.runs.iter().any(|run| run.repeats.is_some());
    let seconds = report.runs.iter().any(|run| run.seconds.is_some());
    let mut header = vec!["detector", "AUC", "95 % interval", "AP", "precision", "recall", "F1", "flagged"];
    header.extend(repeats.then_some("AUC over seeds"));
    header.extend(seconds.then_some("seconds"));
    let mut table = Table::new();
    table.load_style(style).set_header(header);
    for run in &report.runs {
        table.add_row(cells(run, repeats, seconds));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    lines(&table)
}

/// A table with a header for a terminal, indented. The columns in the range `right`, counted from 0, are
/// aligned to the right.
pub fn aligned(header: &[&str], rows: Vec<Vec<String>>, right: std::ops::Range<usize>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(right.start).take(right.len()) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    indent(&lines(&table))
}

/// A table as text, without trailing spaces.
pub(super) fn lines(table: &Table) -> String {
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn cells(run: &Run, repeats: bool, seconds: bool) -> Vec<String> {
    let mut cells = vec![run.detector.clone(), fixed(run.auc), interval(run.auc_interval)];
    cells.extend([run.average_precision, run.precision, run.recall, run.f1].map(fixed));
    cells.push(count(run.flagged_rows));
    if repeats {
        cells.push(spread(run.repeats.as_ref().and_then(|repeats| repeats.auc)));
    }
    if seconds {
        cells.push(run.seconds.map_or(UNDEFINED.to_owned(), |s| format!("{:.3}", s.fit + s.score)));
    }
    cells
}

/// The two ends of an interval.
pub fn interval(interval: Option<Interval>) -> String {
    interval.map_or(UNDEFINED.to_owned(), |i| format!("{:.4} to {:.4}", i.low, i.high))
}

fn spread(summary: Option<Summary>) -> String {
    let Some(summary) = summary else {
        return "deterministic".to_owned();
    };
    let sd = summary.sd.map_or(UNDEFINED.to_owned(), |sd| format!("{sd:.4}"));
    format!("{:.4} ± {sd} ({} seeds)", summary.mean, summary.runs)
}

/// Whether differences between detectors are significant: all pairs, or adjacent ranks if there are many
/// detectors.
pub fn verdicts(report: &TableReport) -> Vec<String> {
    const FEW_DETECTORS: usize = 4;
    let rank = |id: &String| report.runs.iter().position(|run| run.detector == *id);
    let adjacent = |pair: &Difference| rank(&pair.better).map(|at| at + 1) == rank(&pair.worse);
    let is_shown = |pair: &&Difference| report.runs.len() <= FEW_DETECTORS || adjacent(pair);
    report.differences.iter().filter(is_shown).map(conclusion).collect()
}

fn conclusion(pair: &Difference) -> String {
    let Difference { better, worse, auc_difference, p_holm, claim, .. } = pair;
    let corrected = p_holm.map_or_else(|| "not tested: one seed".to_owned(), probability);
    let verdict = match claim {
        Claim::BetterOnNewRows => format!("{better} is better than {worse} on new rows"),
        Claim::RanksTheseRowsBetter => format!("{better} ranks these rows better than {worse}"),
        Claim::Equivalent => format!("{better} and {worse} differ by less than 0.01"),
        Claim::NotToldApart => format!("{better} and {worse} cannot be told apart"),
        Claim::NotTested => format!("{better} against {worse}"),
    };
    format!("{verdict}: AUC +{auc_difference:.4}, {corrected}")
}

/// A sentence as a bullet point, wrapped at 100 characters.
pub fn bullet(line: &str) -> String {
    const WIDTH: usize = 100;
    let mut lines = vec![String::from("  *")];
    for word in line.split(' ') {
        match lines.last_mut() {
            // Never break between a number and its percent sign.
            Some(last) if last.chars().count() + word.chars().count() < WIDTH || word == "%" => {
                *last += &format!(" {word}")
            }
            _ => lines.push(format!("    {word}")),
        }
    }
    lines.join("\n")
}

/// Lines indented by one space.
pub(super) fn indent(text: &str) -> String {
    text.lines().map(|line| format!(" {line}")).collect::<Vec<_>>().join("\n")
}
