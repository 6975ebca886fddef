//! Charts, drawn from a report alone: nothing is fitted, read or written here.
//!
//! ```text
//! TableReport ──(one file a chart)──▶ Scene: marks at places ──▶ svg or png: bytes
//!                    │
//!                    └─ sheet (words around), axes (all of them), legend, scale, font (how wide words are)
//! ```
//!
//! Every chart says which table, protocol and rows it shows, and what was sampled or thinned. The same report
//! gives the same bytes, with the fonts that this program brings along.

mod canvas;
mod charts;
mod render;
#[cfg(test)]
mod samples;
mod scene;
mod style;
#[cfg(test)]
mod tests;

use crate::error::{Error, Result};
use crate::report::{ProjectionMethod, TableReport};
use canvas::Sheet;
use charts::{histogram, hours, importance, loss, overview, precision_recall, projection, roc};
use render::{font, png, svg};

/// What a chart shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// False against true positives, of all detectors.
    Roc,
    /// Recall against precision, of all detectors.
    PrecisionRecall,
    /// The scores of both classes, one panel a detector.
    Histogram,
    /// Rows in the plane of their two principal components.
    Pca,
    /// Rows in the plane, neighbours kept together.
    Tsne,
    /// What the scores owe to each feature.
    Importance,
    /// The table in four panels.
    Overview,
    /// Rows by hour of the day.
    Hours,
    /// The loss of networks, epoch by epoch.
    Loss,
}

/// The form of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Svg,
    Png,
}

/// Width and height of a chart, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    width: u32,
    height: u32,
}

/// Draw one chart of a table: SVG text or a PNG file, as bytes.
///
/// # Errors
/// Where the report lacks what the chart shows; the error says how to get it.
pub fn draw(kind: Kind, table: &TableReport, format: Format, size: Size) -> Result<Vec<u8>> {
    font::register()?;
    let mut sheet = Sheet::new(size);
    match kind {
        Kind::Roc => roc::draw(&mut sheet, table)?,
        Kind::PrecisionRecall => precision_recall::draw(&mut sheet, table)?,
        Kind::Histogram => histogram::draw(&mut sheet, table)?,
        Kind::Pca => projection::draw(&mut sheet, table, ProjectionMethod::Pca)?,
        Kind::Tsne => projection::draw(&mut sheet, table, ProjectionMethod::Tsne)?,
        Kind::Importance => importance::draw(&mut sheet, table)?,
        Kind::Overview => overview::draw(&mut sheet, table)?,
        Kind::Hours => hours::draw(&mut sheet, table)?,
        Kind::Loss => loss::draw(&mut sheet, table)?,
    }
    match format {
        Format::Svg => Ok(svg::written(&sheet.scene).into_bytes()),
        Format::Png => png::encoded(&sheet.scene),
    }
}

impl Kind {
    /// Every chart, in the order in which they are listed.
    pub const ALL: [Kind; 9] = [
        Kind::Roc,
        Kind::PrecisionRecall,
        Kind::Histogram,
        Kind::Pca,
        Kind::Tsne,
        Kind::Importance,
        Kind::Overview,
        Kind::Hours,
        Kind::Loss,
    ];

    /// The name on the command line and of the file.
    pub fn id(self) -> &'static str {
        match self {
            Kind::Roc => "roc",
            Kind::PrecisionRecall => "pr",
            Kind::Histogram => "histogram",
            Kind::Pca => "pca",
            Kind::Tsne => "tsne",
            Kind::Importance => "importance",
            Kind::Overview => "overview",
            Kind::Hours => "hours",
            Kind::Loss => "loss",
        }
    }

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Roc => "ROC curves",
            Kind::PrecisionRecall => "Precision and recall",
            Kind::Histogram => "Scores by class",
            Kind::Pca => "Principal components",
            Kind::Tsne => "t-SNE",
            Kind::Importance => "Feature importance",
            Kind::Overview => "Overview",
            Kind::Hours => "Rows by hour of the day",
            Kind::Loss => "Loss by epoch",
        }
    }

    /// Whether a reader of this report misses the chart where it cannot be drawn: only networks have a loss.
    pub fn concerns(self, table: &TableReport) -> bool {
        self != Kind::Loss || table.runs.iter().any(|run| run.training.is_some())
    }
}

impl Format {
    /// Both of them.
    pub const ALL: [Format; 2] = [Format::Svg, Format::Png];

    /// The name on the command line, and the ending of the file.
    pub fn id(self) -> &'static str {
        match self {
            Format::Svg => "svg",
            Format::Png => "png",
        }
    }
}

impl Size {
    /// Below this no words fit; above it a PNG takes more memory than it is worth.
    const RANGE: std::ops::RangeInclusive<u32> = 300..=8_000;

    /// A width and a height of 300 to 8,000 pixels each.
    ///
    /// # Errors
    /// Where either is outside that range.
    pub fn new(width: u32, height: u32) -> Result<Size> {
        if Size::RANGE.contains(&width) && Size::RANGE.contains(&height) {
            return Ok(Size { width, height });
        }
        let (least, most) = (Size::RANGE.start(), Size::RANGE.end());
        Err(Error::Request(format!(
            "a chart is {least} to {most} pixels wide and high, but {width}x{height} was asked for"
        )))
    }

    pub fn width(self) -> u32 {
        self.width
    }

    pub fn height(self) -> u32 {
        self.height
    }
}

impl Default for Size {
    fn default() -> Self {
        Size { width: 800, height: 600 }
    }
}
