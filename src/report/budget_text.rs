//! The alerts under a daily budget as text: a heading and a table that the terminal and Markdown share.

use super::budget::{RunBudget, TableBudget};
use super::number::{UNDEFINED, count, counted, interval, percent, significant};
use super::{Protocol, TableReport};
use comfy_table::{CellAlignment, Table, TableStyle};

/// The columns after the name of the detector.
pub const HEADS: [&str; 8] =
    ["found", "95 % interval", "alerts", "per found", "rank", "hours", "in ties", "days with an alert"];

/// The parts of the text.
pub(super) struct BudgetText {
    pub heading: Vec<String>,
    pub table: Table,
}

impl BudgetText {
    /// The text of a table; `None` without a budget.
    pub fn of(report: &TableReport, style: TableStyle) -> Option<Self> {
        let budget = report.budget.as_ref()?;
        let mut table = Table::new();
        table.load_style(style).set_header(std::iter::once("detector").chain(HEADS));
        for run in &report.runs {
            if let Some(own) = &run.budget {
                table.add_row(std::iter::once(run.detector.clone()).chain(cells(budget, own)));
            }
        }
        if let Some(share) = budget.found_at_random {
            let found = format!("{:.1} of {}", share * budget.attacks as f64, count(budget.attacks));
            let mut random = vec!["random order".to_owned(), found];
            random.resize(HEADS.len() + 1, String::new());
            table.add_row(random);
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        Some(BudgetText { heading: heading(report, budget), table })
    }
}

/// The values of a detector, under [`HEADS`].
pub fn cells(table: &TableBudget, own: &RunBudget) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or(UNDEFINED.to_owned(), significant);
    vec![
        format!("{} of {}", count(own.attacks_found), count(table.attacks)),
        interval(own.found_interval),
        count(own.alerts),
        number(own.alerts_per_attack_found),
        number(own.median_rank),
        number(own.median_hours),
        count(own.tied_alerts),
        format!("{} of {}", own.by_day.iter().filter(|day| day.found > 0).count(), own.by_day.len()),
    ]
}

/// What is counted, in sentences.
pub fn heading(report: &TableReport, budget: &TableBudget) -> Vec<String> {
    let [one, several] = budget.unit.nouns();
    let first = format!(
        "budget {}/day: the highest scores of each day in UTC are alerts; {} in {} on {}",
        count(budget.alerts_per_day),
        counted(budget.attacks, one, several),
        counted(budget.rows, "row", "rows"),
        counted(budget.days, "day", "days"),
    );
    let columns = format!(
        "per found: alerts for each of the {several} found; rank, hours: medians of the first alert; values of the first seed"
    );
    let mut lines = vec![first, budget.unit.meaning().to_owned(), columns];
    if budget.rows_without_time > 0 {
        let rows = counted(budget.rows_without_time, "row has", "rows have");
        lines.push(format!("{rows} no time and can be no alert"));
    }
    if matches!(report.protocol, Protocol::Holdout | Protocol::Clean | Protocol::Group) {
        let share = percent(report.scored_rows as f64 / report.rows.max(1) as f64);
        lines.push(format!("only {share} of the rows are scored, so a day is shorter than in use"));
    }
    lines
}
