//! From a table to the matrix a detector sees: encoded, scaled, folded.

mod distinct;
mod encode;
mod scale;

pub use distinct::Folded;
pub use encode::{Encoder, Encoding, Substitutions};
pub use scale::Scaler;
