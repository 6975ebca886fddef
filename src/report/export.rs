//! A report for other programs: CSV with one record per run, and LaTeX tables.

use super::budget_csv;
use super::columns::{Column, Metrics, columns};
use super::number::{UNDEFINED, count, interval, significant};
use super::{Report, Run, TableReport};
use crate::metrics::Interval;
use crate::table::field;

/// The report as CSV: one record per table, protocol and detector, numbers with all digits. A value that does
/// not exist is empty.
pub fn csv(report: &Report) -> String {
    let mut ks: Vec<u64> =
        runs(report).flat_map(|(_, run)| run.precision_at_k.iter().map(|at| at.k)).collect();
    ks.sort_unstable();
    ks.dedup();
    let at_k = ks.iter().map(|k| format!("precision_at_{k}"));
    let names = HEADER.iter().chain(&budget_csv::COLUMNS).map(|name| (*name).to_owned());
    let mut text = names.chain(at_k).collect::<Vec<_>>().join(",") + "\n";
    for (table, run) in runs(report) {
        text += &(record(report.seed, table, run, &ks).join(",") + "\n");
    }
    text
}

const HEADER: [&str; 33] = [
    "table",
    "protocol",
    "detector",
    "seed",
    "rows",
    "train_rows",
    "scored_rows",
    "scored_suspicious_rows",
    "contamination",
    "auc",
    "auc_low",
    "auc_high",
    "max_fpr",
    "partial_auc",
    "partial_auc_low",
    "partial_auc_high",
    "average_precision",
    "average_precision_low",
    "average_precision_high",
    "precision",
    "precision_low",
    "precision_high",
    "recall",
    "recall_low",
    "recall_high",
    "f1",
    "prevalence",
    "precision_at_prevalence",
    "precision_at_prevalence_low",
    "precision_at_prevalence_high",
    "threshold",
    "flagged_rows",
    "encoding",
];

fn runs(report: &Report) -> impl Iterator<Item = (&TableReport, &Run)> {
    report.tables.iter().flat_map(|table| table.runs.iter().map(move |run| (table, run)))
}

fn record(seed: u64, table: &TableReport, run: &Run, ks: &[u64]) -> Vec<String> {
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let suspicious = table.scored_suspicious_rows.map(|rows| rows.to_string());
    let low = |interval: Option<Interval>| number(interval.map(|interval| interval.low));
    let high = |interval: Option<Interval>| number(interval.map(|interval| interval.high));
    let restated = run.at_prevalence.and_then(|own| own.interval);
    let mut record = vec![
        field(&table.table),
        table.protocol.id().to_owned(),
        field(&run.detector),
        seed.to_string(),
        table.rows.to_string(),
        table.train_rows.to_string(),
        table.scored_rows.to_string(),
        suspicious.unwrap_or_default(),
        number(table.contamination),
        number(run.auc),
        low(run.auc_interval),
        high(run.auc_interval),
        table.max_fpr.to_string(),
        number(run.partial_auc),
        low(run.partial_auc_interval),
        high(run.partial_auc_interval),
        number(run.average_precision),
        low(run.average_precision_interval),
        high(run.average_precision_interval),
        number(run.precision),
        low(run.precision_interval),
        high(run.precision_interval),
        number(run.recall),
        low(run.recall_interval),
        high(run.recall_interval),
        number(run.f1),
        number(run.at_prevalence.map(|own| own.prevalence)),
        number(run.at_prevalence.and_then(|own| own.precision)),
        low(restated),
        high(restated),
        run.threshold.to_string(),
        run.flagged_rows.to_string(),
        table.encoding.id().to_owned(),
    ];
    record.extend(budget_csv::record(table.budget.as_ref(), run.budget.as_ref()));
    let own = |k: &u64| number(run.precision_at_k.iter().find(|at| at.k == *k).and_then(|at| at.precision));
    record.extend(ks.iter().map(own));
    record
}

/// The report as LaTeX: one `table` per table and protocol, for the package `booktabs`.
pub fn latex(report: &Report, metrics: Metrics) -> String {
    let tables = report.tables.iter().map(|table| latex_table(table, report.seed, metrics));
    format!("% \\usepackage{{booktabs}}\n{}", tables.collect::<Vec<_>>().join("\n"))
}

fn latex_table(table: &TableReport, seed: u64, metrics: Metrics) -> String {
    let mut columns = columns(table, metrics);
    columns.extend(of_budget(table));
    let names = columns.iter().map(|column| escaped(&column.name));
    let header = ["detector".to_owned()].into_iter().chain(names).collect::<Vec<_>>().join(" & ");
    let row = |run: &Run| {
        let cells = columns.iter().map(|column| escaped(&(column.cell)(run)));
        let cells = [escaped(&run.detector)].into_iter().chain(cells);
        format!("    {} \\\\\n", cells.collect::<Vec<_>>().join(" & "))
    };
    let (name, protocol) = (escaped(&table.table), table.protocol);
    let caption = format!(
        "{name}: {} scored rows, protocol {} ({}), {}, seed {seed}.",
        count(table.scored_rows as u64),
        protocol.id(),
        protocol.meaning(),
        match (&table.threshold_rule, table.contamination) {
            (None, Some(share)) => format!("contamination {share}"),
            _ => table.threshold_words(),
        }
    );
    format!(
        "\\begin{{table}}\n  \\centering\n  \\caption{{{caption}}}\n  \\begin{{tabular}}{{l{}}}\n    \\toprule\n    \
         {header} \\\\\n    \\midrule\n{}    \\bottomrule\n  \\end{{tabular}}\n\\end{{table}}\n",
        "r".repeat(columns.len()),
        table.runs.iter().map(row).collect::<String>()
    )
}

/// The attacks found with a budget of alerts, the interval of their share, and the alerts for each; none without a budget.
fn of_budget(table: &TableReport) -> Vec<Column> {
    let Some(budget) = &table.budget else { return Vec::new() };
    let (attacks, unknown) = (budget.attacks, || UNDEFINED.to_owned());
    let found = move |run: &Run| {
        let own = run.budget.as_ref();
        own.map_or_else(unknown, |own| format!("{} of {}", count(own.attacks_found), count(attacks)))
    };
    let range = |run: &Run| interval(run.budget.as_ref().and_then(|own| own.found_interval));
    let price = move |run: &Run| {
        let alerts = run.budget.as_ref().and_then(|own| own.alerts_per_attack_found);
        alerts.map_or_else(unknown, significant)
    };
    vec![
        Column { name: format!("found at {}/day", count(budget.alerts_per_day)), cell: Box::new(found) },
        Column { name: "95 % interval".to_owned(), cell: Box::new(range) },
        Column { name: "alerts per found".to_owned(), cell: Box::new(price) },
    ]
}

/// Text that LaTeX prints as it is.
fn escaped(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => shown.extend(['\\', c]),
            '~' => shown += "\\textasciitilde{}",
            '^' => shown += "\\textasciicircum{}",
            '\\' => shown += "\\textbackslash{}",
            '<' => shown += "\\textless{}",
            '>' => shown += "\\textgreater{}",
            '|' => shown += "\\textbar{}",
            '"' => shown += "\\textquotedbl{}",
            '±' => shown += "$\\pm$",
            '–' => shown += "--",
            c if c.is_control() => shown.extend(c.escape_default().filter(char::is_ascii_alphanumeric)),
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_a_command_of_latex() {
        assert_eq!(escaped("a_b & 5 % {x} $y$ #1"), "a\\_b \\& 5 \\% \\{x\\} \\$y\\$ \\#1");
        assert_eq!(
            escaped("\\input{x}~^"),
            "\\textbackslash{}input\\{x\\}\\textasciitilde{}\\textasciicircum{}"
        );
        assert_eq!(escaped("lof(k=10) <b>\n"), "lof(k=10) \\textless{}b\\textgreater{}n");
    }
}
