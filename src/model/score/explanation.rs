//! Explanations of flagged rows, in words or as JSON; rows that are alike are explained once.

use crate::error::{Error, Result};
use crate::model::{Cell, Contribution, TableModel};
use crate::report::significant;
use crate::table::{Column, Values};
use hashbrown::HashMap;
use rayon::prelude::*;
use serde::Serialize;

/// How an explanation is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `fail_count_1h = 5 (typical 0): +0.12; …`
    Words,
    /// A list of objects with feature, value, typical and contribution.
    Json,
}

/// A model's explanations, those that were given last among them.
#[derive(Debug)]
pub(super) struct Explainer<'a> {
    model: &'a TableModel,
    top: usize,
    style: Style,
    known: HashMap<String, String>,
}

/// So many explanations are remembered.
const REMEMBERED: usize = 1 << 15;

impl<'a> Explainer<'a> {
    pub fn new(model: &'a TableModel, top: usize, style: Style) -> Self {
        Explainer { model, top, style, known: HashMap::new() }
    }

    /// Why one row of the features' columns scores as it does.
    ///
    /// # Errors
    /// Where the model cannot explain it.
    pub fn explain(&mut self, columns: &[Column], row: usize) -> Result<String> {
        Ok(self.explain_each(columns, &[row])?.swap_remove(0))
    }

    /// The same of each of some rows, on all threads.
    ///
    /// # Errors
    /// Where the model cannot explain one.
    pub fn explain_each(&mut self, columns: &[Column], rows: &[usize]) -> Result<Vec<String>> {
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        let keys: Vec<String> = rows.iter().map(|&row| key(columns, row)).collect();
        let mut unknown: HashMap<&str, usize> = HashMap::new();
        for (key, &row) in keys.iter().zip(rows).filter(|(key, _)| !self.known.contains_key(*key)) {
            unknown.entry(key).or_insert(row);
        }
        let unknown: Vec<(&str, usize)> = unknown.into_iter().collect();
        let texts =
            unknown.par_iter().map(|&(_, row)| self.text(columns, row)).collect::<Result<Vec<_>>>()?;
        self.known.extend(unknown.iter().map(|(key, _)| (*key).to_owned()).zip(texts));
        Ok(keys.iter().map(|key| self.known[key].clone()).collect())
    }

    fn text(&self, columns: &[Column], row: usize) -> Result<String> {
        let explanation = self.model.explain(columns, row, self.top)?;
        let moved = explanation.contributions.iter().filter(|c| c.contribution != 0.0);
        let top: Vec<&Contribution> = moved.take(self.top).collect();
        match self.style {
            Style::Words => Ok(top.iter().map(|c| in_words(c)).collect::<Vec<_>>().join("; ")),
            Style::Json => {
                let parts: Vec<Part> = top.into_iter().map(Part::of).collect();
                serde_json::to_string(&parts).map_err(|e| Error::Request(e.to_string()))
            }
        }
    }
}

/// A contribution as JSON lines have it.
#[derive(Serialize)]
struct Part<'a> {
    feature: &'a str,
    value: &'a Cell,
    typical: &'a Cell,
    contribution: f64,
    /// Of a sampled contribution.
    #[serde(skip_serializing_if = "Option::is_none")]
    standard_error: Option<f64>,
}

impl<'a> Part<'a> {
    fn of(c: &'a Contribution) -> Self {
        Part {
            feature: &c.feature,
            value: &c.value,
            typical: &c.typical,
            contribution: c.contribution,
            standard_error: c.standard_error,
        }
    }
}

fn in_words(c: &Contribution) -> String {
    let sign = if c.contribution < 0.0 { "" } else { "+" };
    let error = c.standard_error.map(|error| format!(" ± {}", significant(error))).unwrap_or_default();
    let contribution = significant(c.contribution);
    format!("{} = {} (typical {}): {sign}{contribution}{error}", c.feature, c.value, c.typical)
}

/// Rows with the same key are the same.
fn key(columns: &[Column], row: usize) -> String {
    let value = |column: &Column| match &column.values {
        Values::Text(text) => format!("{:?}", text.level(row)),
        Values::Flag(flags) => format!("{}", u8::from(flags[row])),
        Values::Integer(numbers) | Values::Time(numbers) => numbers[row].to_string(),
        Values::Real(numbers) => numbers[row].to_string(),
    };
    columns.iter().map(value).collect::<Vec<_>>().join("\u{1f}")
}
