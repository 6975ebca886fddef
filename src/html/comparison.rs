//! The tables of detectors: how they rank the rows, what they flag, and their AUC under each protocol.

use super::text::whole_percentages;
use crate::report::{
    BUDGET_HEADS, ProtocolMatrix, Run, TableReport, budget_cells, budget_heading, count, fixed, interval,
    significant, tiny, tiny_interval,
};
use maud::{Markup, html};

/// The rows of both classes that a detector flags or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Confusion {
    /// Suspicious and flagged.
    pub(super) found: u64,
    /// Suspicious and not flagged.
    pub(super) missed: u64,
    /// Normal and flagged.
    false_alarms: u64,
    /// Normal and not flagged.
    passed: u64,
}

impl Confusion {
    /// The counts of a run; `None` without labels.
    pub(super) fn of(table: &TableReport, run: &Run) -> Option<Confusion> {
        let (rows, suspicious) = (table.scored_rows as u64, table.scored_suspicious_rows? as u64);
        let found = (run.recall.unwrap_or(0.0) * suspicious as f64).round() as u64;
        let false_alarms = run.flagged_rows.saturating_sub(found);
        let missed = suspicious.saturating_sub(found);
        let passed = rows.saturating_sub(found + false_alarms + missed);
        Some(Confusion { found, missed, false_alarms, passed })
    }
}

/// The tables of one report: the ranking, if there are labels, and the rows above the threshold.
pub(super) fn tables(table: &TableReport) -> Markup {
    let labelled = table.scored_suspicious_rows.is_some();
    let prevalence = table.runs.iter().find_map(|run| Some(run.at_prevalence?.prevalence));
    let ranking = |run: &Run| {
        vec![
            fixed(run.auc),
            interval(run.auc_interval),
            fixed(run.average_precision),
            interval(run.average_precision_interval),
            fixed(run.partial_auc),
            interval(run.partial_auc_interval),
        ]
    };
    let flagged = |run: &Run| {
        let mut cells = vec![significant(run.threshold), count(run.flagged_rows)];
        if let Some(Confusion { found, missed, false_alarms, passed }) = Confusion::of(table, run) {
            cells.extend([found, false_alarms, missed, passed].map(count));
            cells.extend([fixed(run.precision), interval(run.precision_interval)]);
            cells.extend([fixed(run.recall), interval(run.recall_interval)]);
            if prevalence.is_some() {
                let own = run.at_prevalence;
                cells.push(tiny(own.and_then(|own| own.precision)));
                cells.push(tiny_interval(own.and_then(|own| own.interval)));
            }
        }
        cells
    };
    const RANGE: &str = "95 % interval";
    let counts = ["found", "false alarms", "missed", "passed", "precision", RANGE, "recall", RANGE];
    let mut heads = vec!["threshold", "flagged"];
    heads.extend(counts.into_iter().filter(|_| labelled));
    let restated = prevalence.map(|share| format!("precision at {share}"));
    heads.extend(restated.iter().flat_map(|head| [head.as_str(), RANGE]));
    let partial_auc = format!("pAUC up to {}", table.max_fpr);
    let caption = match labelled {
        true => {
            "At the threshold: suspicious rows are found or missed, normal rows are false alarms or passed"
        }
        false => "At the threshold",
    };
    html! {
        @if labelled {
            (sortable("Ranking", "The order of the rows: best AUC first",
                &["AUC", RANGE, "AP", RANGE, &partial_auc, RANGE], &table.runs, ranking))
        }
        (sortable("Threshold", caption, &heads, &table.runs, flagged))
        @if let Some(budget) = &table.budget {
            (sortable("Budget", &budget_heading(table, budget).join("; "), &BUDGET_HEADS, &table.runs, |run: &Run| {
                run.budget.as_ref().map(|own| budget_cells(budget, own)).unwrap_or_default()
            }))
        }
    }
}

fn sortable(
    label: &str,
    caption: &str,
    heads: &[&str],
    runs: &[Run],
    cells: impl Fn(&Run) -> Vec<String>,
) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label=(label) {
            table .sortable {
                caption { (whole_percentages(caption)) }
                thead { tr {
                    th scope="col" { "detector" }
                    @for name in heads { th .number scope="col" { (whole_percentages(name)) } }
                } }
                tbody { @for run in runs { tr {
                    th scope="row" { (run.detector) }
                    @for cell in cells(run) { td .number { (cell) } }
                } } }
            }
        }
    }
}

/// The AUC of each detector under each protocol; the best of a protocol has a star.
pub(super) fn protocols(matrix: &ProtocolMatrix) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label="Protocols" {
            table .sortable {
                caption { "AUC by protocol; * is the highest of its protocol" }
                thead { tr {
                    th scope="col" { "detector" }
                    @for protocol in &matrix.protocols { th .number scope="col" { (protocol.id()) } }
                } }
                tbody { @for (detector, values) in &matrix.rows { tr {
                    th scope="row" { (detector) }
                    @for (auc, is_best) in values { td .number {
                        (fixed(*auc)) @if *is_best { " *" } @else { span .blank { " *" } }
                    } }
                } } }
            }
        }
        p .finding { (whole_percentages(&matrix.conclusion)) }
    }
}
