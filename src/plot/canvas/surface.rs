//! The canvas of a chart: font sizes, title, caption, and the area of the panels.

use crate::plot::chart::Size;
use crate::plot::render::font;
use crate::plot::scene::{Anchor, Fill, Mark, Point, Rect, Scene, Stroke, Text};
use crate::plot::style::{Colour, FOREGROUND, MUTED};

/// The texts around a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Heading {
    pub title: String,
    /// The rows and the protocol.
    pub subtitle: String,
    /// How to read the chart, and whether it shows a sample or thinned lines.
    pub caption: String,
    /// The main numbers, for screen readers.
    pub description: String,
}

/// A scene and its scale. Methods add marks to the scene.
#[derive(Clone, Debug)]
pub struct Canvas {
    pub scene: Scene,
    /// The pixels of this canvas per pixel at 800 × 600.
    unit: f64,
}

impl Canvas {
    /// An empty canvas.
    pub fn new(size: Size) -> Canvas {
        // Smaller text would be unreadable.
        const SMALLEST: f64 = 0.78;
        let (width, height) = (size.width(), size.height());
        let unit = (f64::from(width) / 800.0).min(f64::from(height) / 600.0).max(SMALLEST);
        let scene = Scene { width, height, title: String::new(), description: String::new(), marks: vec![] };
        Canvas { scene, unit }
    }

    /// A length in pixels at 800 × 600, scaled to this canvas.
    pub fn px(&self, pixels: f64) -> f64 {
        pixels * self.unit
    }

    /// The font size of legends, axis titles and panel titles.
    pub fn text_size(&self) -> f64 {
        self.px(11.5)
    }

    /// The font size of tick labels and of the caption.
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

    /// Add horizontal text in the foreground color.
    pub fn text(&mut self, content: impl Into<String>, at: Point, anchor: Anchor, size: f64) {
        self.colored_text(content, at, anchor, size, FOREGROUND);
    }

    /// Add horizontal text.
    pub fn colored_text(
        &mut self,
        content: impl Into<String>,
        at: Point,
        anchor: Anchor,
        size: f64,
        colour: Colour,
    ) {
        let content = content.into();
        let text = Text { content, at, anchor, size, bold: false, colour, upright: false };
        self.add(Mark::Text(text));
    }

    fn bold(&mut self, content: String, at: Point, size: f64) {
        self.add(Mark::Text(Text {
            content,
            at,
            anchor: Anchor::Start,
            size,
            bold: true,
            colour: FOREGROUND,
            upright: false,
        }));
    }

    /// Draw title, subtitle and caption. Returns the area between them.
    pub fn frame(&mut self, heading: &Heading) -> Rect {
        self.scene.title = heading.title.clone();
        self.scene.description = format!("{}. {} {}", heading.subtitle, heading.description, heading.caption);
        let whole =
            Rect { left: 0.0, top: 0.0, right: self.scene.width.into(), bottom: self.scene.height.into() };
        let inner = whole.inset(self.px(14.0), self.px(10.0), self.px(14.0), self.px(9.0));
        let top = self.title(heading, inner);
        let bottom = self.caption(heading, inner);
        Rect { top: top + self.px(8.0), bottom: (bottom - self.px(6.0)).max(top), ..inner }
    }

    /// Draw title and subtitle. Returns their lower end.
    fn title(&mut self, heading: &Heading, inner: Rect) -> f64 {
        let (size, small) = (self.px(16.0), self.text_size());
        let mut y = inner.top;
        for line in font::wrap(&heading.title, size, true, inner.width(), 2) {
            y += size * 1.2;
            self.bold(line, Point::new(inner.left, y - size * 0.25), size);
        }
        for line in font::wrap(&heading.subtitle, small, false, inner.width(), 2) {
            y += small * 1.3;
            self.colored_text(line, Point::new(inner.left, y - small * 0.2), Anchor::Start, small, MUTED);
        }
        y
    }

    /// Draw the caption. Returns its upper end.
    fn caption(&mut self, heading: &Heading, inner: Rect) -> f64 {
        let size = self.small_size();
        let lines = font::wrap(&heading.caption, size, false, inner.width(), 4);
        let top = inner.bottom - lines.len() as f64 * size * 1.3;
        for (at, line) in lines.into_iter().enumerate() {
            let y = top + (at + 1) as f64 * size * 1.3 - size * 0.25;
            self.colored_text(line, Point::new(inner.left, y), Anchor::Start, size, MUTED);
        }
        top
    }

    /// Draw the title of a panel in at most `lines` lines. Returns the area below it.
    pub fn panel(&mut self, outer: Rect, title: &str, lines: usize) -> Rect {
        self.panel_with(outer, title, lines, self.text_size())
    }

    /// [`Canvas::panel`] with another font size.
    pub fn panel_with(&mut self, outer: Rect, title: &str, lines: usize, size: f64) -> Rect {
        for (at, line) in font::wrap(title, size, true, outer.width(), lines).into_iter().enumerate() {
            self.bold(line, Point::new(outer.left, outer.top + size + at as f64 * size * 1.2), size);
        }
        outer.inset(0.0, size * (0.45 + 1.2 * lines as f64), 0.0, 0.0)
    }

    /// The number of lines of the longest panel title, at most two.
    pub fn lines_of(&self, titles: &[&str], room: f64) -> usize {
        let fits = |title: &&str| font::width(title, self.text_size(), true) <= room;
        if titles.iter().all(fits) { 1 } else { 2 }
    }

    /// Draw a note in the middle of an empty panel.
    pub fn note(&mut self, area: Rect, text: &str) {
        let size = self.text_size();
        let at = Point::new((area.left + area.right) / 2.0, (area.top + area.bottom) / 2.0);
        let text = font::shorten(text, size, false, area.width());
        self.colored_text(text, at, Anchor::Middle, size, MUTED);
    }
}
