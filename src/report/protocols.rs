//! Protocols side by side: one AUC per detector and protocol, and whether the winner changes.

use super::number::fixed;
use super::{Protocol, Report, TableReport, WinnerChange};
use comfy_table::{CellAlignment, Table, TableStyle};

/// The AUC of each detector of a table under each protocol.
#[derive(Clone, Debug, PartialEq)]
pub struct ProtocolMatrix {
    /// The table's name.
    pub table: String,
    /// The columns.
    pub protocols: Vec<Protocol>,
    /// One row per detector.
    pub rows: Vec<ProtocolRow>,
    /// Whether the protocols agree about the best detector, as a sentence.
    pub conclusion: String,
}

/// A detector with its AUC per protocol, and whether it is the highest of that protocol.
pub type ProtocolRow = (String, Vec<(Option<f64>, bool)>);

/// The matrix of each table with more than one protocol.
pub fn protocol_matrices(report: &Report) -> Vec<ProtocolMatrix> {
    let mut names: Vec<&str> = report.tables.iter().map(|table| table.table.as_str()).collect();
    names.dedup();
    let of = |name: &str| {
        let tables: Vec<&TableReport> = report.tables.iter().filter(|table| table.table == name).collect();
        (tables.len() > 1).then(|| ProtocolMatrix {
            table: name.to_owned(),
            protocols: tables.iter().map(|table| table.protocol).collect(),
            rows: rows(&tables),
            conclusion: conclusion(report, name),
        })
    };
    names.into_iter().filter_map(of).collect()
}

/// Every detector of the first protocol with its AUC under each.
fn rows(tables: &[&TableReport]) -> Vec<ProtocolRow> {
    let Some(first) = tables.first() else { return Vec::new() };
    let value = |table: &TableReport, detector: &str| {
        let is_best = table.runs.first().is_some_and(|best| best.detector == detector);
        let auc = table.runs.iter().find(|other| other.detector == detector).and_then(|own| own.auc);
        (auc, is_best && auc.is_some())
    };
    let row =
        |detector: &String| (detector.clone(), tables.iter().map(|table| value(table, detector)).collect());
    first.runs.iter().map(|run| row(&run.detector)).collect()
}

/// The name, the AUCs and the conclusion of each table with more than one protocol.
pub(super) fn side_by_side(report: &Report, style: TableStyle) -> Vec<(String, Table, String)> {
    let of = |matrix: ProtocolMatrix| (matrix.table.clone(), drawn(&matrix, style), matrix.conclusion);
    protocol_matrices(report).into_iter().map(of).collect()
}

fn drawn(matrix: &ProtocolMatrix, style: TableStyle) -> Table {
    let mut table = Table::new();
    let protocols = matrix.protocols.iter().map(|protocol| protocol.id());
    table.load_style(style).set_header(std::iter::once("AUC").chain(protocols));
    for (detector, values) in &matrix.rows {
        let auc = |(auc, is_best): &(Option<f64>, bool)| {
            format!("{}{}", fixed(*auc), if *is_best { " *" } else { "  " })
        };
        table.add_row(std::iter::once(detector.clone()).chain(values.iter().map(auc)));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
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
