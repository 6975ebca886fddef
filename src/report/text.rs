//! A report as text: tables for the terminal, or Markdown.

use super::budget_text::BudgetText;
use super::columns::{Metrics, columns};
use super::number::{count, counted, percent, probability};
use super::protocols::side_by_side;
use super::provenance::Provenance;
use super::ranks_text::RanksText;
use super::warning_text::shares_seen;
use super::{Claim, Difference, Report, RowGroups, TableReport};
use comfy_table::{CellAlignment, Table, TableStyle, presets};

/// The report for a terminal, in columns aligned with spaces.
pub fn terminal(report: &Report) -> String {
    terminal_with(report, Metrics::Standard)
}

/// As [`terminal`], with these metrics in the table of detectors.
pub fn terminal_with(report: &Report, metrics: Metrics) -> String {
    let data = report.provenance.as_ref().and_then(Provenance::line);
    let tables = report.tables.iter().map(|table| {
        let mut head = heading(table, report.seed);
        head.extend(data.clone());
        let mut text = head.join("\n");
        text += &format!("\n\n{}\n", indent(&runs(table, presets::NOTHING, metrics)));
        text += &verdicts(table).iter().map(|line| format!("  {line}\n")).collect::<String>();
        if let Some(BudgetText { heading, table }) = BudgetText::of(table, presets::NOTHING) {
            text += &format!("\n{}\n\n{}\n", indent(&heading.join("\n")), indent(&lines(&table)));
        }
        text.push('\n');
        text += &table.findings.iter().map(|line| format!("{}\n", bullet(line))).collect::<String>();
        text
    });
    let protocols = side_by_side(report, presets::NOTHING)
        .into_iter()
        .map(|(_, matrix, conclusion)| format!("{}\n\n{}\n", indent(&lines(&matrix)), bullet(&conclusion)));
    let ranks = report.ranks.iter().map(|ranks| {
        let RanksText { heading, table, conclusions } = RanksText::of(ranks, presets::NOTHING);
        let conclusions: String = conclusions.iter().map(|line| format!("{}\n", bullet(line))).collect();
        format!("{}\n\n{}\n\n{conclusions}", heading.join("\n"), indent(&lines(&table)))
    });
    tables.chain(protocols).chain(ranks).collect::<Vec<_>>().join("\n")
}

/// The report as GitHub Flavored Markdown, with its warnings and what made it.
pub fn markdown(report: &Report, metrics: Metrics) -> String {
    let made = report
        .provenance
        .iter()
        .map(|made| made.items().iter().map(|item| format!("- {item}\n")).collect::<String>());
    let tables = report.tables.iter().map(|table| {
        let mut text = format!("## {} ({})\n\n", table.table, table.protocol.id());
        text += &format!("{}\n\n", heading(table, report.seed).join("  \n"));
        text += &format!("{}\n\n", runs(table, presets::ASCII_MARKDOWN, metrics));
        text += &verdicts(table).iter().map(|line| format!("- {line}\n")).collect::<String>();
        if let Some(BudgetText { heading, table }) = BudgetText::of(table, presets::ASCII_MARKDOWN) {
            text += &format!("\n{}\n\n{}\n\n", heading.join("  \n"), lines(&table));
        }
        text += &table.findings.iter().map(|line| format!("- {line}\n")).collect::<String>();
        text += &table.warnings.iter().map(|note| format!("- warning: {}\n", note.text)).collect::<String>();
        text
    });
    let protocols =
        side_by_side(report, presets::ASCII_MARKDOWN).into_iter().map(|(name, matrix, conclusion)| {
            format!("## {name}, protocols side by side\n\n{}\n\n- {conclusion}\n", lines(&matrix))
        });
    let ranks = report.ranks.iter().map(|ranks| {
        let RanksText { heading, table, conclusions } = RanksText::of(ranks, presets::ASCII_MARKDOWN);
        let conclusions: String = conclusions.iter().map(|line| format!("- {line}\n")).collect();
        let protocol = ranks.protocol.id();
        format!(
            "## ranks over tables ({protocol})\n\n{}\n\n{}\n\n{conclusions}",
            heading.join("  \n"),
            lines(&table)
        )
    });
    tables.chain(protocols).chain(ranks).chain(made).collect::<Vec<_>>().join("\n")
}

fn heading(table: &TableReport, seed: u64) -> Vec<String> {
    let rows = format!(
        "{}: {}, {} distinct, {}, {}",
        table.table,
        counted(table.rows as u64, "row", "rows"),
        count(table.distinct_rows as u64),
        counted(table.features.len() as u64, "feature", "features"),
        suspicious(table.suspicious_rows.map(|rows| rows as u64), table.suspicious_rate),
    );
    let mut protocol = format!("protocol {}: {}", table.protocol.id(), table.protocol.meaning());
    if table.scored_rows != table.train_rows {
        protocol +=
            &format!(" ({} and {} rows)", count(table.train_rows as u64), count(table.scored_rows as u64));
    }
    let threshold = format!("threshold: {}; seed {seed}", table.threshold_words());
    let groups = table.groups.as_ref().and_then(|groups| groups.line(table.suspicious_rows));
    let seen = table.seen.as_ref().map(|seen| format!("rows seen: {} occur in training", shares_seen(seen)));
    [rows].into_iter().chain(groups).chain([protocol]).chain(seen).chain([threshold]).collect()
}

/// The share and number of suspicious rows, or "no labels".
pub fn suspicious(rows: Option<u64>, rate: Option<f64>) -> String {
    match (rows, rate) {
        (Some(rows), Some(rate)) => format!("{} suspicious ({})", percent(rate), count(rows)),
        _ => "no labels".to_owned(),
    }
}

fn runs(report: &TableReport, style: TableStyle, metrics: Metrics) -> String {
    let columns = columns(report, metrics);
    let names = columns.iter().map(|column| column.name.as_str());
    let mut table = Table::new();
    table.load_style(style).set_header(["detector"].into_iter().chain(names));
    for run in &report.runs {
        let cells = columns.iter().map(|column| (column.cell)(run));
        table.add_row([run.detector.clone()].into_iter().chain(cells));
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

/// Whether differences between detectors are significant: all pairs, or adjacent ranks if there are many
/// detectors.
pub fn verdicts(report: &TableReport) -> Vec<String> {
    const FEW_DETECTORS: usize = 4;
    let rank = |id: &String| report.runs.iter().position(|run| run.detector == *id);
    let adjacent = |pair: &Difference| rank(&pair.better).map(|at| at + 1) == rank(&pair.worse);
    let is_shown = |pair: &&Difference| report.runs.len() <= FEW_DETECTORS || adjacent(pair);
    report.differences.iter().filter(is_shown).map(|pair| conclusion(pair, report)).collect()
}

fn conclusion(pair: &Difference, report: &TableReport) -> String {
    let equivalence = report.equivalence;
    let too_few =
        format!("not tested: {}", report.groups.as_ref().map(RowGroups::scored).unwrap_or_default());
    let Difference { better, worse, auc_difference, p_holm, claim, .. } = pair;
    let untested = match claim {
        Claim::NotChosen => "not tested: the training rows choose another setting",
        Claim::TriedOnTheseRows => "not tested: settings were tried on these rows",
        Claim::TooFewGroups => too_few.as_str(),
        _ => "not tested: one seed",
    };
    let corrected = p_holm.map_or_else(|| untested.to_owned(), probability);
    let conclusion = match claim {
        Claim::BetterOnNewRows => format!("{better} is better than {worse} on new rows"),
        Claim::RanksTheseRowsBetter => format!("{better} ranks these rows better than {worse}"),
        Claim::Equivalent => format!("{better} and {worse} differ by less than {equivalence}"),
        Claim::NotToldApart => format!("{better} and {worse} cannot be told apart"),
        Claim::NotTested | Claim::NotChosen | Claim::TriedOnTheseRows | Claim::TooFewGroups => {
            format!("{better} against {worse}")
        }
    };
    format!("{conclusion}: AUC +{auc_difference:.4}, {corrected}")
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
