//! Files: input is read with size limits, output is written atomically.

mod read;
mod write;

pub use read::{regular_file, text, text_up_to};
pub use write::*;
