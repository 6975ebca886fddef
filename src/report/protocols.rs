//! Protocols side by side: one AUC per detector and protocol, and whether the winner changes.

use super::number::fixed;
use super::{Report, TableReport, WinnerChange};
use comfy_table::{CellAlignment, Table, TableStyle};

/// The name, the AUCs and the conclusion of each table with more than one protocol.
pub(super) fn side_by_side(report: &Report, style: TableStyle) -> Vec<(String, Table, String)> {
    let mut names: Vec<&str> = report.tables.iter().map(|table| table.table.as_str()).collect();
    names.dedup();
    let of = |name: &&str| {
        let tables: Vec<&TableReport> = report.tables.iter().filter(|table| table.table == *name).collect();
        (tables.len() > 1).then(|| ((*name).to_owned(), matrix(&tables, style), conclusion(report, name)))
    };
    names.iter().filter_map(of).collect()
}

fn matrix(tables: &[&TableReport], style: TableStyle) -> Table {
    let mut matrix = Table::new();
    let protocols = tables.iter().map(|table| table.protocol.id());
    matrix.load_style(style).set_header(std::iter::once("AUC").chain(protocols));
    let Some(first) = tables.first() else { return matrix };
    for run in &first.runs {
        let auc = |table: &&TableReport| {
            let best = table.runs.first().is_some_and(|best| best.detector == run.detector);
            let own = table.runs.iter().find(|other| other.detector == run.detector).and_then(|own| own.auc);
            format!("{}{}", fixed(own), if best && own.is_some() { " *" } else { "  " })
        };
        matrix.add_row(std::iter::once(run.detector.clone()).chain(tables.iter().map(auc)));
    }
    for column in matrix.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    matrix
}

fn conclusion(report: &Report, table: &str) -> String {
    match report.winner_changes.iter().find(|change| change.table == table) {
        Some(change) => change.to_string(),
        None => format!("{table}: the detector with the highest AUC (*) is the same under every protocol"),
    }
}

impl WinnerChange {
    /// The change as a sentence.
    pub(super) fn words(&self) -> String {
        let winners = self.winners.iter().map(|winner| {
            let lead = if winner.lead_is_real { "" } else { ", within noise of the next" };
            format!("{} ({}, AUC {:.4}{lead})", winner.detector, winner.protocol.id(), winner.auc)
        });
        let winners = winners.collect::<Vec<_>>().join("; ");
        format!("{}: which detector has the highest AUC (*) depends on the protocol: {winners}", self.table)
    }
}
