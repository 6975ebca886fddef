//! Learning from verdicts: a model, verdicts and data give a taught model.
//!
//! ```text
//! records ──resolve──▶ verdicts on known rows ──settle──▶ one verdict per row ──teach──▶ taught TableModel
//!              ▲ LearnData                                                        ▲ LearnData
//! ```
//!
//! The taught model depends on the untaught one, the set of verdicts and the data only: neither on the order of the
//! verdicts nor on the sessions in which they came. So a model that forgets a verdict has the bytes of one that never had
//! it.

mod data;
mod resolve;
mod review;
mod teach;
mod validation;

pub use data::LearnData;
pub use review::{Question, ReviewRanking, ReviewRows};

use super::table_model::TableModel;
use super::verdict::{Conflicts, Contradiction, Settled, VerdictRecord, current, settle};
use crate::error::{Error, Result};
use resolve::{Resolved, resolve, without};

/// How to learn.
#[derive(Clone, Debug, Default)]
pub struct LearnOptions {
    /// What counts if analysts contradict each other.
    pub conflicts: Conflicts,
    /// The days after which a verdict counts half, above 0; its age is that before the latest verdict. `None`: all count
    /// the same.
    pub half_life_days: Option<f64>,
    /// Rows whose verdicts are forgotten: a digest, its first characters, or a key.
    pub without: Vec<String>,
}

/// A taught model, and what happened to the verdicts.
#[derive(Debug)]
pub struct Learned {
    /// The model. Without verdicts, the untaught one.
    pub model: TableModel,
    /// Rows on which analysts contradict each other.
    pub contradictions: Vec<Contradiction>,
    /// The number of rows on which all analysts are unsure.
    pub unsure: usize,
    /// The number of verdicts about other tables.
    pub other_table: usize,
    /// The keys of verdicts about rows that are neither in the data nor in the model.
    pub unknown: Vec<String>,
    /// The number of verdicts without a time, which count in full although verdicts lose weight with age.
    pub without_time: usize,
}

/// Teach a model verdicts, in addition to those that it has already.
///
/// # Errors
/// If no verdict is about a row of the data, if there is no verdict to forget, if contradictions are refused, or if the
/// data sets no threshold.
pub fn learn(
    model: &TableModel,
    records: &[VerdictRecord],
    data: &LearnData,
    options: &LearnOptions,
) -> Result<Learned> {
    let untaught = model.untaught();
    let known = model.card().taught.as_ref().map(|taught| taught.verdicts.clone()).unwrap_or_default();
    let Resolved { judged, other_table, unknown } = resolve(&untaught, &known, records, data)?;
    if judged.is_empty() && !records.is_empty() {
        return Err(no_verdict(model, records.len(), other_table));
    }
    let judged = without(current([known, judged].concat()), &options.without)?;
    let Settled { verdicts, unsure, contradictions } = settle(&judged, options.conflicts)?;
    let has_time = |own: &&super::verdict::Judged| own.time.is_some();
    let timed = verdicts.iter().filter(has_time).count();
    let without_time = if options.half_life_days.is_some() { verdicts.len() - timed } else { 0 };
    let model = match verdicts.is_empty() {
        true => untaught,
        false => teach::teach(&untaught, judged, &verdicts, contradictions.len(), data, options)?,
    };
    Ok(Learned { model, contradictions, unsure, other_table, unknown, without_time })
}

fn no_verdict(model: &TableModel, records: usize, other_table: usize) -> Error {
    let problem = match records == other_table {
        true => format!("all {records} verdicts are about other tables"),
        false => format!(
            "none of {records} verdicts is about a row of the data: use the data that was reviewed, and the columns that \
             identified its rows"
        ),
    };
    Error::table(model.name(), problem)
}

#[cfg(test)]
mod tests;
