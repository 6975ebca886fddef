//! A chart independent of its file format: marks with positions in pixels from the upper left corner.

use crate::plot::style::{Colour, Dash, Shape};

/// A position on the canvas, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

/// An axis-aligned rectangle with `right ≥ left` and `bottom ≥ top`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

/// The style of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    pub colour: Colour,
    pub width: f64,
    pub dash: Dash,
}

/// The style of an area.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fill {
    pub colour: Colour,
    /// In (0, 1].
    pub opacity: f64,
}

/// The part of a text at its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// A text at a position, which is the anchor on the baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    pub content: String,
    pub at: Point,
    pub anchor: Anchor,
    /// The font size (em), in pixels.
    pub size: f64,
    pub bold: bool,
    pub colour: Colour,
    /// Whether the text runs from bottom to top.
    pub upright: bool,
}

/// One element of a chart. Later marks cover earlier ones.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    Line {
        points: Vec<Point>,
        stroke: Stroke,
    },
    Box {
        rect: Rect,
        fill: Fill,
    },
    /// A polygon.
    Area {
        corners: Vec<Point>,
        fill: Fill,
    },
    Dots {
        points: Vec<Point>,
        shape: Shape,
        radius: f64,
        fill: Fill,
    },
    Text(Text),
    /// An invisible area. A page shows its text under the pointer.
    Hover {
        rect: Rect,
        text: String,
    },
}

/// A complete chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    pub width: u32,
    pub height: u32,
    /// The title for screen readers.
    pub title: String,
    /// The main numbers for screen readers.
    pub description: String,
    pub marks: Vec<Mark>,
}

impl Point {
    pub fn new(x: f64, y: f64) -> Self {
        Point { x, y }
    }
}

impl Rect {
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// The rectangle with a margin removed on each side; width and height are never negative.
    pub fn inset(&self, left: f64, top: f64, right: f64, bottom: f64) -> Rect {
        let (left, top) = (self.left + left, self.top + top);
        Rect { left, top, right: (self.right - right).max(left), bottom: (self.bottom - bottom).max(top) }
    }

    /// A grid of equal cells with gaps between them, row by row.
    pub fn grid(&self, columns: usize, rows: usize, gap: f64) -> Vec<Rect> {
        let width = (self.width() - gap * (columns - 1) as f64).max(0.0) / columns as f64;
        let height = (self.height() - gap * (rows - 1) as f64).max(0.0) / rows as f64;
        let cell = |row: usize, column: usize| {
            let left = self.left + column as f64 * (width + gap);
            let top = self.top + row as f64 * (height + gap);
            Rect { left, top, right: left + width, bottom: top + height }
        };
        (0..rows).flat_map(|row| (0..columns).map(move |column| cell(row, column))).collect()
    }
}

impl Stroke {
    pub fn new(colour: Colour, width: f64) -> Self {
        Stroke { colour, width, dash: Dash::Solid }
    }

    pub fn dashed(self, dash: Dash) -> Self {
        Stroke { dash, ..self }
    }
}

impl Fill {
    pub fn solid(colour: Colour) -> Self {
        Fill { colour, opacity: 1.0 }
    }

    pub fn faint(colour: Colour, opacity: f64) -> Self {
        Fill { colour, opacity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_fills_its_rectangle_except_for_the_gaps() {
        let whole = Rect { left: 0.0, top: 0.0, right: 110.0, bottom: 50.0 };
        let cells = whole.grid(2, 1, 10.0);
        assert_eq!(cells[1], Rect { left: 60.0, top: 0.0, right: 110.0, bottom: 50.0 });
    }

    #[test]
    fn a_margin_larger_than_the_rectangle_leaves_a_width_of_0() {
        let small = Rect { left: 0.0, top: 0.0, right: 10.0, bottom: 10.0 };
        assert_eq!(small.inset(8.0, 8.0, 8.0, 8.0).width(), 0.0);
    }
}
