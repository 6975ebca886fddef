//! From a scene to bytes: SVG as text, PNG by plotters, and how wide words are.

mod dash;
pub mod font;
pub mod png;
pub mod svg;
