//! The parts of every chart: canvas, axes, scales and legends.

pub mod axes;
pub mod legend;
pub mod scale;
mod surface;

pub use surface::{Canvas, Heading};
