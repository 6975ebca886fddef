//! From a table to the matrix a detector sees: encoded, scaled, deduplicated; learned from the training part alone.

mod deduplicate;
mod encode;
mod preprocessor;
mod scale;

pub use deduplicate::Folded;
pub use encode::{Encoder, Encoding, Substitutions};
pub use preprocessor::{Preparation, Prepared};
pub use scale::Scaler;
