//! The sheet a chart is drawn on: sizes that follow it, the words above and below, and what is left for panels.

use crate::plot::render::font;
use crate::plot::style::{Colour, INK, MUTED};
use crate::plot::scene::{Anchor, Fill, Mark, Point, Rect, Scene, Stroke, Text};
use crate::plot::Size;
use crate::plot::style;

/// The words around a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Heading {
    pub title: String,
    /// Which rows, under which protocol.
    pub subtitle: String,
    /// How to read it, and what was sampled or thinned.
    pub caption: String,
    /// The main numbers, for those who cannot see it.
    pub description: String,
}

/// A scene in the making.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub scene: Scene,
    /// Pixels to what would be one at 800 × 600.
    unit: f64,
}

impl Sheet {
    /// An empty sheet.
    pub fn new(size: Size) -> Sheet {
        // Below this, words would be too small to read.
        const SMALLEST: f64 = 0.78;
        let (width, height) = (size.width(), size.height());
        let unit = (f64::from(width) / 800.0).min(f64::from(height) / 600.0).max(SMALLEST);
        let scene = Scene { width, height, title: String::new(), description: String::new(), marks: vec![] };
        Sheet { scene, unit }
    }

    /// So many pixels at 800 × 600, in the pixels of this sheet.
    pub fn px(&self, pixels: f64) -> f64 {
        pixels * self.unit
    }

    /// The size of words in legends, axis titles and the like.
    pub fn text_size(&self) -> f64 {
        self.px(11.5)
    }

    /// The size of the words beside ticks, and of the caption.
    pub fn small_size(&self) -> f64 {
        self.px(10.5)
    }

    pub fn add(&mut self, mark: Mark) {
        self.scene.marks.push(mark);
    }

    pub fn line(&mut self, points: Vec<Point>, stroke: Stroke) {
        self.add(Mark::Line { points, stroke });
    }

    pub fn area(&mut self, rect: Rect, fill: Fill) {
        self.add(Mark::Box { rect, fill });
    }

    /// Words in ink, upright or not bold.
    pub fn words(&mut self, words: impl Into<String>, at: Point, anchor: Anchor, size: f64) {
        self.coloured(words, at, anchor, size, INK);
    }

    pub fn coloured(
        &mut self,
        words: impl Into<String>,
        at: Point,
        anchor: Anchor,
        size: f64,
        colour: Colour,
    ) {
        let text = Text { words: words.into(), at, anchor, size, bold: false, colour, upright: false };
        self.add(Mark::Text(text));
    }

    fn bold(&mut self, words: String, at: Point, size: f64) {
        self.add(Mark::Text(Text {
            words,
            at,
            anchor: Anchor::Start,
            size,
            bold: true,
            colour: INK,
            upright: false,
        }));
    }

    /// Write the words above and below; what is left between them.
    pub fn frame(&mut self, heading: &Heading) -> Rect {
        self.scene.title = heading.title.clone();
        self.scene.description = format!("{}. {} {}", heading.subtitle, heading.description, heading.caption);
        let whole =
            Rect { left: 0.0, top: 0.0, right: self.scene.width.into(), bottom: self.scene.height.into() };
        let inner = whole.inset(self.px(14.0), self.px(10.0), self.px(14.0), self.px(9.0));
        let top = self.above(heading, inner);
        let bottom = self.below(heading, inner);
        Rect { top: top + self.px(8.0), bottom: (bottom - self.px(6.0)).max(top), ..inner }
    }

    fn above(&mut self, heading: &Heading, inner: Rect) -> f64 {
        let (size, small) = (self.px(16.0), self.text_size());
        let mut y = inner.top;
        for line in font::wrapped(&heading.title, size, true, inner.width(), 2) {
            y += size * 1.2;
            self.bold(line, Point::new(inner.left, y - size * 0.25), size);
        }
        for line in font::wrapped(&heading.subtitle, small, false, inner.width(), 2) {
            y += small * 1.3;
            self.coloured(line, Point::new(inner.left, y - small * 0.2), Anchor::Start, small, MUTED);
        }
        y
    }

    fn below(&mut self, heading: &Heading, inner: Rect) -> f64 {
        let size = self.small_size();
        let lines = font::wrapped(&heading.caption, size, false, inner.width(), 4);
        let top = inner.bottom - lines.len() as f64 * size * 1.3;
        for (at, line) in lines.into_iter().enumerate() {
            let y = top + (at + 1) as f64 * size * 1.3 - size * 0.25;
            self.coloured(line, Point::new(inner.left, y), Anchor::Start, size, MUTED);
        }
        top
    }

    /// The title of one panel of several, in at most so many lines; what is left below it.
    pub fn panel(&mut self, outer: Rect, title: &str, lines: usize) -> Rect {
        let size = self.text_size();
        let written = font::wrapped(title, size, true, outer.width(), lines);
        for (at, line) in written.into_iter().enumerate() {
            self.bold(line, Point::new(outer.left, outer.top + size + at as f64 * size * 1.2), size);
        }
        outer.inset(0.0, size * (0.45 + 1.2 * lines as f64), 0.0, 0.0)
    }

    /// How many lines the longest of some panel titles takes, two at most.
    pub fn lines_of(&self, titles: &[&str], room: f64) -> usize {
        let fits = |title: &&str| font::width(title, self.text_size(), true) <= room;
        if titles.iter().all(fits) { 1 } else { 2 }
    }

    /// A few words where a panel has nothing to draw.
    pub fn note(&mut self, area: Rect, words: &str) {
        let size = self.text_size();
        let at = Point::new((area.left + area.right) / 2.0, (area.top + area.bottom) / 2.0);
        let words = font::shortened(words, size, false, area.width());
        self.coloured(words, at, Anchor::Middle, size, style::MUTED);
    }
}
