//! A model for people: its cards, and why a row scores as it does.

mod card;
mod explanation;

pub use card::{inspected, trained};
pub use explanation::explained;
