//! Explanations of flagged rows, as text or JSON. Equal rows are explained once.

use crate::error::{Error, Result};
use crate::model::{Cell, Contribution, TableModel};
use crate::report::significant;
use crate::table::{Column, Values};
use hashbrown::HashMap;
use rayon::prelude::*;
use serde::Serialize;

/// The style of an explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `fail_count_1h = 5 (typical 0): +0.12; …`
    Words,
    /// A list of objects with feature, value, typical and contribution.
    Json,
    /// What moves the score and in which direction, without its numbers: equal for repeats of one behaviour.
    Behaviour,
}

/// Explains rows, with a cache of recent explanations.
#[derive(Debug)]
pub(super) struct Explainer<'a> {
    model: &'a TableModel,
    top: usize,
    style: Style,
    cache: HashMap<String, String>,
}

/// The capacity of the cache.
const CAPACITY: usize = 1 << 15;

impl<'a> Explainer<'a> {
    pub fn new(model: &'a TableModel, top: usize, style: Style) -> Self {
        Explainer { model, top, style, cache: HashMap::new() }
    }

    /// Explain the score of one row.
    ///
    /// # Errors
    /// If the model cannot explain it.
    pub fn explain(&mut self, columns: &[Column], row: usize) -> Result<String> {
        Ok(self.explain_each(columns, &[row])?.swap_remove(0))
    }

    /// Explain the scores of several rows, on all threads.
    ///
    /// # Errors
    /// If the model cannot explain a row.
    pub fn explain_each(&mut self, columns: &[Column], rows: &[usize]) -> Result<Vec<String>> {
        if self.cache.len() >= CAPACITY {
            self.cache.clear();
        }
        let keys: Vec<String> = rows.iter().map(|&row| key(columns, row)).collect();
        let mut unknown: HashMap<&str, usize> = HashMap::new();
        for (key, &row) in keys.iter().zip(rows).filter(|(key, _)| !self.cache.contains_key(*key)) {
            unknown.entry(key).or_insert(row);
        }
        let unknown: Vec<(&str, usize)> = unknown.into_iter().collect();
        let texts =
            unknown.par_iter().map(|&(_, row)| self.text(columns, row)).collect::<Result<Vec<_>>>()?;
        self.cache.extend(unknown.iter().map(|(key, _)| (*key).to_owned()).zip(texts));
        Ok(keys.iter().map(|key| self.cache[key].clone()).collect())
    }

    fn text(&self, columns: &[Column], row: usize) -> Result<String> {
        let explanation = self.model.explain(columns, row, self.top)?;
        let effective = explanation.contributions.iter().filter(|c| c.contribution != 0.0);
        let top: Vec<&Contribution> = effective.take(self.top).collect();
        match self.style {
            Style::Behaviour => Ok(self.behaviour(&top)),
            Style::Words => Ok(top.iter().map(|c| in_words(c)).collect::<Vec<_>>().join("; ")),
            Style::Json => {
                let parts: Vec<Part> = top.into_iter().map(Part::of).collect();
                serde_json::to_string(&parts).map_err(|e| Error::Request(e.to_string()))
            }
        }
    }
}

impl Explainer<'_> {
    /// The features with a considerable contribution, in order of their names: the level of a category or flag, the
    /// side of a number on which it lies of the typical one.
    fn behaviour(&self, top: &[&Contribution]) -> String {
        /// Smaller contributions, as a share of the largest one, change from repeat to repeat.
        const CONSIDERABLE: f64 = 0.5;
        let largest = top.iter().fold(0.0, |largest: f64, c| largest.max(c.contribution.abs()));
        let considerable = top.iter().filter(|c| c.contribution.abs() >= CONSIDERABLE * largest);
        let mut parts: Vec<String> = considerable
            .map(|c| format!("{}\u{1f}{}\u{1f}{}", c.feature, self.side(c), c.contribution > 0.0))
            .collect();
        parts.sort_unstable();
        parts.join("\u{1e}")
    }

    fn side(&self, c: &Contribution) -> String {
        let is_unseen = |level: &String| {
            let feature = self.model.features().iter().find(|feature| feature.name == c.feature);
            feature
                .and_then(|feature| feature.levels())
                .is_some_and(|levels| levels.binary_search(level).is_err())
        };
        match (&c.value, &c.typical) {
            (Cell::Level(level), _) if is_unseen(level) => "unseen".to_owned(),
            (Cell::Number(number), Cell::Number(typical)) => format!("{:?}", number.total_cmp(typical)),
            (value, _) => format!("={value}"),
        }
    }
}

/// A contribution in JSON lines.
#[derive(Serialize)]
struct Part<'a> {
    feature: &'a str,
    value: &'a Cell,
    typical: &'a Cell,
    contribution: f64,
    /// Only for sampled contributions.
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

/// The cache key of a row: equal rows have the same key.
fn key(columns: &[Column], row: usize) -> String {
    let value = |column: &Column| match &column.values {
        Values::Text(text) => format!("{:?}", text.level(row)),
        Values::Flag(flags) => format!("{}", u8::from(flags[row])),
        Values::Integer(numbers) | Values::Time(numbers) => numbers[row].to_string(),
        Values::Real(numbers) => numbers[row].to_string(),
    };
    columns.iter().map(value).collect::<Vec<_>>().join("\u{1f}")
}
