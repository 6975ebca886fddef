//! Preprocessing: encodes, scales and deduplicates a table. It is fitted on the training part only.

mod deduplicate;
mod encode;
mod preprocessor;
mod scale;

pub use deduplicate::Deduplicated;
pub use encode::{Encoder, Imputed};
pub use preprocessor::{Prepared, Preprocessor};
pub use scale::Scaler;
