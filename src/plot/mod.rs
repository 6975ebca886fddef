//! Charts of a report. This module fits nothing and reads or writes no files.
//!
//! ```text
//! TableReport ──(one file per chart)──▶ Scene: marks with positions ──▶ svg or png: bytes
//!                    │
//!                    └─ canvas (title and caption), axes, legend, scale, font (text widths)
//! ```
//!
//! Every chart names its table, protocol and rows, and says if it shows a sample or thinned lines. The output
//! is deterministic, because the fonts are part of the program.

mod canvas;
mod chart;
mod charts;
mod render;
#[cfg(test)]
mod samples;
mod scene;
mod style;
#[cfg(test)]
mod tests;

pub use chart::{Chart, ImageFormat, Size};

use crate::error::Result;
use crate::report::{
    EntityHours, EntityLinks, EntityWeek, NoveltyCurves, ProjectionMethod, Ranks, TableFeedback, TableReport,
};
use canvas::Canvas;
use charts::{
    auc, budget, cost, delay, det, discovery, heatmap, histogram, hours, importance, links, loss, novelty,
    overview, precision_recall, projection, ranks, roc, timeline,
};
use render::{font, png, svg};

/// Draw one chart of a table: the bytes of an SVG or PNG file.
///
/// # Errors
/// If the report lacks the data of the chart; the error says how to get it.
pub fn draw(kind: Chart, table: &TableReport, format: ImageFormat, size: Size) -> Result<Vec<u8>> {
    font::register()?;
    let mut canvas = Canvas::new(size);
    match kind {
        Chart::Auc => auc::draw(&mut canvas, table)?,
        Chart::Roc => roc::draw(&mut canvas, table)?,
        Chart::PrecisionRecall => precision_recall::draw(&mut canvas, table)?,
        Chart::Det => det::draw(&mut canvas, table)?,
        Chart::Cost => cost::draw(&mut canvas, table)?,
        Chart::Budget => budget::draw(&mut canvas, table)?,
        Chart::Delay => delay::draw(&mut canvas, table)?,
        Chart::Histogram => histogram::draw(&mut canvas, table)?,
        Chart::Pca => projection::draw(&mut canvas, table, ProjectionMethod::Pca)?,
        Chart::Tsne => projection::draw(&mut canvas, table, ProjectionMethod::Tsne)?,
        Chart::Importance => importance::draw(&mut canvas, table)?,
        Chart::Overview => overview::draw(&mut canvas, table)?,
        Chart::Hours => hours::draw(&mut canvas, table)?,
        Chart::Loss => loss::draw(&mut canvas, table)?,
    }
    written(&canvas, format)
}

/// Draw the mean ranks of detectors over several tables: the bytes of an SVG or PNG file.
///
/// # Errors
/// If fewer than ten tables count.
pub fn draw_ranks(ranked: &Ranks, format: ImageFormat, size: Size) -> Result<Vec<u8>> {
    font::register()?;
    let mut canvas = Canvas::new(size);
    ranks::draw(&mut canvas, ranked)?;
    written(&canvas, format)
}

/// Draw what simulated reviews find: the bytes of an SVG or PNG file.
///
/// # Errors
/// If the image cannot be encoded.
pub fn draw_discovery(table: &TableFeedback, format: ImageFormat, size: Size) -> Result<Vec<u8>> {
    font::register()?;
    let mut canvas = Canvas::new(size);
    discovery::draw(&mut canvas, table);
    written(&canvas, format)
}

/// A chart of a store with baselines.
#[derive(Clone, Debug)]
pub enum EntityChart {
    /// The counts of an entity over time.
    Timeline(EntityHours),
    /// The hours of the week of an entity and of all others.
    Heatmap(EntityWeek),
    /// The share of first pairs by day.
    Novelty(NoveltyCurves),
    /// A user and its hosts.
    Entity(EntityLinks),
}

/// Draw a chart of a store with baselines: the bytes of an SVG or PNG file.
///
/// # Errors
/// If the image cannot be encoded.
pub fn draw_entity(chart: &EntityChart, format: ImageFormat, size: Size) -> Result<Vec<u8>> {
    font::register()?;
    let mut canvas = Canvas::new(size);
    match chart {
        EntityChart::Timeline(own) => timeline::draw(&mut canvas, own),
        EntityChart::Heatmap(own) => heatmap::draw(&mut canvas, own),
        EntityChart::Novelty(own) => novelty::draw(&mut canvas, own),
        EntityChart::Entity(own) => links::draw(&mut canvas, own),
    }
    written(&canvas, format)
}

fn written(canvas: &Canvas, format: ImageFormat) -> Result<Vec<u8>> {
    match format {
        ImageFormat::Svg => Ok(svg::document(&canvas.scene).into_bytes()),
        ImageFormat::Png => png::encode(&canvas.scene),
    }
}
