//! The charts, image formats and sizes to choose from.

use crate::error::{Error, Result};
use crate::report::TableReport;

/// A chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chart {
    /// The AUC of all detectors with intervals.
    Auc,
    /// ROC curves of all detectors.
    Roc,
    /// Precision-recall curves of all detectors.
    PrecisionRecall,
    /// Rates of misses against false-positive rates on probit axes.
    Det,
    /// The expected cost against the share of suspicious rows and the cost of a miss.
    Cost,
    /// The share of attacks found against the alerts a day.
    Budget,
    /// The share of attacks found by the time since their first row.
    Delay,
    /// Histograms of the scores by class, one panel per detector.
    Histogram,
    /// Rows projected on their first two principal components.
    Pca,
    /// A t-SNE embedding of rows.
    Tsne,
    /// The importance of each feature for the scores.
    Importance,
    /// The table in four panels.
    Overview,
    /// Rows by hour of the day.
    Hours,
    /// The loss of networks by epoch.
    Loss,
}

/// The file format of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageFormat {
    /// Vector graphics, sharp at every size.
    Svg,
    /// Pixels, for programs without SVG.
    Png,
}

/// Width and height of a chart, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    width: u32,
    height: u32,
}

impl Chart {
    /// Every chart, in the order of lists.
    pub const ALL: [Chart; 14] = [
        Chart::Auc,
        Chart::Roc,
        Chart::PrecisionRecall,
        Chart::Det,
        Chart::Cost,
        Chart::Budget,
        Chart::Delay,
        Chart::Histogram,
        Chart::Pca,
        Chart::Tsne,
        Chart::Importance,
        Chart::Overview,
        Chart::Hours,
        Chart::Loss,
    ];

    /// The name on the command line and in file names.
    pub fn id(self) -> &'static str {
        match self {
            Chart::Auc => "auc",
            Chart::Roc => "roc",
            Chart::PrecisionRecall => "pr",
            Chart::Det => "det",
            Chart::Cost => "cost",
            Chart::Budget => "budget",
            Chart::Delay => "delay",
            Chart::Histogram => "histogram",
            Chart::Pca => "pca",
            Chart::Tsne => "tsne",
            Chart::Importance => "importance",
            Chart::Overview => "overview",
            Chart::Hours => "hours",
            Chart::Loss => "loss",
        }
    }

    /// The title, for people.
    pub fn title(self) -> &'static str {
        match self {
            Chart::Auc => "AUC with intervals",
            Chart::Roc => "ROC curves",
            Chart::PrecisionRecall => "Precision and recall",
            Chart::Det => "DET curves",
            Chart::Cost => "Cost curves",
            Chart::Budget => "Attacks found by alerts a day",
            Chart::Delay => "Time to detection",
            Chart::Histogram => "Scores by class",
            Chart::Pca => "Principal components",
            Chart::Tsne => "t-SNE",
            Chart::Importance => "Feature importance",
            Chart::Overview => "Overview",
            Chart::Hours => "Rows by hour of the day",
            Chart::Loss => "Loss by epoch",
        }
    }

    /// Whether the chart shows the data itself, and not what the detectors make of it. It is the same under every
    /// protocol, or nearly.
    pub fn is_of_the_data(self) -> bool {
        matches!(self, Chart::Pca | Chart::Tsne | Chart::Overview | Chart::Hours)
    }

    /// Whether the chart applies to a table. The loss needs a network, and two charts need a budget of alerts.
    pub fn concerns(self, table: &TableReport) -> bool {
        match self {
            Chart::Loss => table.runs.iter().any(|run| run.training.is_some()),
            Chart::Budget | Chart::Delay => table.budget.is_some(),
            _ => true,
        }
    }
}

impl ImageFormat {
    /// Every format.
    pub const ALL: [ImageFormat; 2] = [ImageFormat::Svg, ImageFormat::Png];

    /// The name on the command line, and the file extension.
    pub fn id(self) -> &'static str {
        match self {
            ImageFormat::Svg => "svg",
            ImageFormat::Png => "png",
        }
    }
}

impl Size {
    /// Smaller charts have no room for text; larger PNG files need too much memory.
    const RANGE: std::ops::RangeInclusive<u32> = 300..=8_000;

    /// A width and a height, 300 to 8,000 pixels each.
    ///
    /// # Errors
    /// If either is outside that range.
    pub fn new(width: u32, height: u32) -> Result<Size> {
        if Size::RANGE.contains(&width) && Size::RANGE.contains(&height) {
            return Ok(Size { width, height });
        }
        let (min, max) = (Size::RANGE.start(), Size::RANGE.end());
        Err(Error::Request(format!(
            "width and height of a chart must be {min} to {max} pixels, but are {width}x{height}"
        )))
    }

    /// The width in pixels, 300 to 8,000.
    pub fn width(self) -> u32 {
        self.width
    }

    /// The height in pixels, 300 to 8,000.
    pub fn height(self) -> u32 {
        self.height
    }
}

impl Default for Size {
    fn default() -> Self {
        Size { width: 800, height: 600 }
    }
}
