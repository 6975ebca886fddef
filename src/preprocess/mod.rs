//! Preprocessing: encodes, scales and deduplicates a table. It is fitted on the training part only.

mod deduplicate;
mod encode;
mod lift;
mod novelty;
mod preprocessor;
mod scale;
mod sum;

pub use deduplicate::Deduplicated;
pub use encode::{Encoded, Encoder, Imputed};
pub use novelty::{NovelValue, NovelValues};
pub use preprocessor::{Prepared, Preprocessor};
pub use scale::Scaler;
