//! A model for people: its cards, its metrics on labeled rows, and why a row scores as it does.

mod card;
mod evaluation;
mod explanation;
mod taught;

pub use card::{inspected, trained};
pub use evaluation::{evaluated, evaluated_csv, evaluated_markdown};
pub use explanation::explained;
