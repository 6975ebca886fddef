//! The gate checks metrics against a recorded baseline: those of a comparison, or those of a model on labeled rows. It
//! fails if one got worse by more than its margin and by more than chance explains.
//!
//! ```text
//! Table, scores ──▶ TableRows, Measurement ──record──▶ Baseline ──check──▶ Check ──▶ text, json, github, junit
//! ```

mod answer;
mod baseline;
mod check;
mod finding;
mod grouped;
mod measurement;
mod packed;
mod sample;

#[cfg(test)]
mod tests;

pub use answer::{github, json, junit};
pub use baseline::{BUDGET, Baseline, Expected, Scope, TOLERANCE, TOP_TOLERANCE};
pub use check::Check;
pub use finding::{Finding, MetricCheck, Outcome};
pub use measurement::{MODEL, Measured, Measurement, Metric};
pub use sample::TableRows;
