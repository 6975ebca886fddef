//! Files: input is read with size limits, output is written atomically.

mod read;
mod unfinished;
mod write;

pub use read::{bytes_up_to, regular_file, text, text_up_to};
pub use unfinished::{discard_unfinished, discard_unfinished_without_memory};
pub use write::*;
