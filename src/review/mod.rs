//! A review at the terminal: one alert after another, and a verdict on each.
//!
//! [`State`] is what happens, `screen` is what one sees, `terminal` are the keys and the display. Only the last one
//! knows a terminal.

mod screen;
mod state;
mod terminal;

pub use screen::{Alert, Fact, Screen};
pub use state::{Key, Progress, State, Step};
pub use terminal::{Display, restore};
