//! What every chart draws on: a canvas with its words, axes, scales and legends.

pub mod axes;
mod canvas;
pub mod legend;
pub mod scale;

pub use canvas::{Heading, Sheet};
