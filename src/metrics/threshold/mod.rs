//! Thresholds without labels: rules that set the score above which a row is flagged. Each rule promises something.
//!
//! | rule | threshold | promise |
//! |---|---|---|
//! | contamination | a quantile of the training scores | this share of new rows, if they are like the training rows |
//! | budget | the same, from a number of rows a day | this number of rows a day |
//! | fdr | conformal p-values of a batch, Benjamini–Hochberg | this share of the flagged rows is normal |
//! | tail | a generalized Pareto fit of the highest scores | this share of new rows, also if it is very small |
//! | mad | median and median absolute deviation | none: its share of the training rows is measured |

mod conformal;
mod contamination;
mod mad;
mod pareto;
mod promise;
mod rule;
mod runs;
mod tail;

#[cfg(test)]
mod reference;

pub use conformal::{Batch, Calibration};
pub use contamination::threshold;
pub use mad::mad_threshold;
pub use promise::is_kept;
pub use rule::ThresholdRule;
pub use tail::{Excesses, NoTail, Tail, TailCheck};
