//! Rendering of a scene as SVG text or, with plotters, as PNG; and the width of text.

mod dash;
pub mod font;
pub mod png;
pub mod svg;
