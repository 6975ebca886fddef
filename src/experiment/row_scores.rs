//! The scores of every row of a table under a protocol, so that the metrics can be computed again elsewhere.

use super::evaluate::Evaluation;
use super::prepared_split::PreparedSplit;
use super::split::Split;
use crate::report::Protocol;
use crate::table::{Categories, Column, Table, Values};

/// The scores of one table under one protocol, in the order of its rows.
#[derive(Clone, Debug)]
pub struct RowScores {
    /// The table's name.
    pub table: String,
    /// How rows are split into training and scored rows.
    pub protocol: Protocol,
    /// Which rows are suspicious; `None` without labels.
    pub labels: Option<Vec<bool>>,
    /// Whether a row is among the scored rows, which the metrics count.
    pub is_test: Vec<bool>,
    /// The name of each detector and one score per row, for each seed: the second seed of `lof` is `lof seed 2`. A
    /// training row has its training score; a row in neither part has NaN.
    pub detectors: Vec<(String, Vec<f64>)>,
}

impl RowScores {
    pub(super) fn of(
        table: &Table,
        protocol: Protocol,
        prepared: &PreparedSplit,
        ranked: &[Evaluation],
    ) -> Self {
        let rows = table.rows();
        let (train, test) = match &prepared.split {
            Split::Whole => (None, None),
            Split::Parts { train, test } => (Some(train), Some(test)),
        };
        let mut is_test = vec![test.is_none(); rows];
        test.into_iter().flatten().for_each(|&row| is_test[row] = true);
        let expanded = |train_scores: &[f64], test_scores: &[f64]| {
            let mut scores = vec![f64::NAN; rows];
            let mut place = |part: Option<&Vec<usize>>, index: &[u32], of_distinct: &[f64]| {
                for (at, &distinct) in index.iter().enumerate() {
                    scores[part.map_or(at, |part| part[at])] = of_distinct[distinct as usize];
                }
            };
            place(train, &prepared.train.deduplicated.index, train_scores);
            place(test, &prepared.scored().deduplicated.index, test_scores);
            scores
        };
        let mut detectors = Vec::new();
        for Evaluation { spec, train_scores, scores, other_seeds, .. } in ranked {
            detectors.push((spec.name.clone(), expanded(train_scores, scores)));
            for (seed, other) in (2..).zip(other_seeds) {
                let name = format!("{} seed {seed}", spec.name);
                detectors.push((name, expanded(&other.train_scores, &other.scores)));
            }
        }
        RowScores { table: table.name.clone(), protocol, labels: table.labels.clone(), is_test, detectors }
    }

    /// One column per field, and one per detector, for a file. Rows are numbered from 1. The parts must have
    /// the same detectors; their order is that of the first part.
    pub fn columns(parts: &[RowScores]) -> Vec<Column> {
        let rows = |part: &RowScores| part.is_test.len();
        let numbers = parts.iter().flat_map(|part| 1..=rows(part) as i64).collect();
        let words = |word: fn(&RowScores) -> &str| -> Categories {
            parts.iter().flat_map(|part| std::iter::repeat_n(Some(word(part)), rows(part))).collect()
        };
        let is_test = parts.iter().flat_map(|part| part.is_test.iter().copied()).collect();
        let column = |name: &str, values| Column { name: name.to_owned(), values };
        let mut columns = vec![
            column("row", Values::Integer(numbers)),
            column("table", Values::Text(words(|part| &part.table))),
            column("protocol", Values::Text(words(|part| part.protocol.id()))),
            column("is_test", Values::Flag(is_test)),
            column("label", labels(parts)),
        ];
        for (name, _) in parts.first().iter().flat_map(|part| &part.detectors) {
            let own = |part: &RowScores| {
                let found = part.detectors.iter().find(|(other, _)| other == name);
                found.map_or(vec![f64::NAN; rows(part)], |(_, scores)| scores.clone())
            };
            columns.push(column(name, Values::Real(parts.iter().flat_map(own).collect())));
        }
        columns
    }
}

/// 1 for suspicious, 0 for normal, missing without labels.
fn labels(parts: &[RowScores]) -> Values {
    let known = |part: &RowScores| {
        let labels = part.labels.as_ref()?.iter().map(|&label| i64::from(label));
        Some(labels.collect::<Vec<_>>())
    };
    match parts.iter().map(known).collect::<Option<Vec<_>>>() {
        Some(numbers) => Values::Integer(numbers.concat()),
        None => Values::Real(parts.iter().flat_map(numbers_or_missing).collect()),
    }
}

fn numbers_or_missing(part: &RowScores) -> Vec<f64> {
    match &part.labels {
        Some(labels) => labels.iter().map(|&label| f64::from(u8::from(label))).collect(),
        None => vec![f64::NAN; part.is_test.len()],
    }
}
