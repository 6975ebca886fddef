//! Files: what users point at is read with bounds, what the program makes is written whole or not at all.

mod read;
mod write;

pub use read::{regular_file, text, text_up_to};
pub use write::*;
