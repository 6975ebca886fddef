//! The one place that draws axes: frame, grid, ticks, and labels that neither overlap nor leave the panel.

use super::scale::{Scale, Unit, labels};
use crate::plot::canvas::Canvas;
use crate::plot::render::font;
use crate::plot::scene::{Anchor, Mark, Point, Rect, Stroke, Text};
use crate::plot::style::{FOREGROUND, GRID, MUTED};

/// One axis of a panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub scale: Scale,
    /// Empty for no title.
    pub title: String,
    pub ticks: Ticks,
    /// The minimum width of the tick labels of a vertical axis, in pixels. It aligns panels above each other.
    pub room: f64,
}

/// The ticks of an axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Ticks {
    /// At round values.
    Round(Unit),
    /// At these values, with these labels. Without room for all, at every second, third, …
    At(Vec<(f64, String)>),
}

/// The data area of a panel: maps values to positions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plane {
    pub area: Rect,
    x: Scale,
    y: Scale,
}

impl Axis {
    pub fn new(scale: Scale, title: impl Into<String>, unit: Unit) -> Axis {
        Axis { scale, title: title.into(), ticks: Ticks::Round(unit), room: 0.0 }
    }

    pub fn at(scale: Scale, title: impl Into<String>, ticks: Vec<(f64, String)>) -> Axis {
        Axis { scale, title: title.into(), ticks: Ticks::At(ticks), room: 0.0 }
    }

    /// At most `at_most` ticks with their labels.
    fn labels(&self, at_most: usize) -> Vec<(f64, String)> {
        match &self.ticks {
            Ticks::Round(unit) => {
                let mut ticks = self.scale.ticks(at_most);
                ticks.retain(|tick| *unit != Unit::Count || tick.fract() == 0.0);
                let labels = labels(&ticks, *unit);
                ticks.into_iter().zip(labels).collect()
            }
            Ticks::At(ticks) => {
                let step = ticks.len().div_ceil(at_most.max(1)).max(1);
                ticks.iter().step_by(step).cloned().collect()
            }
        }
    }
}

impl Plane {
    pub fn at(&self, x: f64, y: f64) -> Point {
        Point {
            x: self.area.left + self.area.width() * self.x.share(x),
            y: self.area.bottom - self.area.height() * self.y.share(y),
        }
    }

    /// The rectangle between two corners.
    pub fn rect(&self, from: (f64, f64), to: (f64, f64)) -> Rect {
        let (a, b) = (self.at(from.0, from.1), self.at(to.0, to.1));
        Rect { left: a.x.min(b.x), top: a.y.min(b.y), right: a.x.max(b.x), bottom: a.y.max(b.y) }
    }
}

/// Draw both axes inside a rectangle. Returns the data area.
pub fn draw(canvas: &mut Canvas, outer: Rect, x: &Axis, y: &Axis) -> Plane {
    let size = canvas.small_size();
    let title = |axis: &Axis| if axis.title.is_empty() { 0.0 } else { canvas.text_size() * 1.45 };
    let has_x_labels = !matches!(&x.ticks, Ticks::At(ticks) if ticks.is_empty());
    let bottom = title(x) + if has_x_labels { size * 1.6 } else { 0.0 };
    let height = outer.height() - bottom;
    let min = if height > size * 2.6 { 2 } else { 1 };
    let ticks = y.labels(((height / (size * 2.1)) as usize).clamp(min, 9));
    let widest = ticks.iter().map(|(_, label)| font::width(label, size, false)).fold(y.room, f64::max);
    let widest = widest.min(outer.width() * 0.4);
    let left = title(y) + if ticks.is_empty() { 0.0 } else { widest + size * 0.7 };
    let area = outer.inset(left, size * 0.4, size * 0.3, bottom);
    let plane = Plane { area, x: x.scale, y: y.scale };
    draw_y(canvas, outer, &plane, y, &ticks);
    draw_x(canvas, outer, &plane, x);
    frame(canvas, area);
    plane
}

fn draw_y(canvas: &mut Canvas, outer: Rect, plane: &Plane, axis: &Axis, ticks: &[(f64, String)]) {
    let (size, area) = (canvas.small_size(), plane.area);
    for (value, label) in ticks {
        let y = area.bottom - area.height() * plane.y.share(*value);
        grid(canvas, Point::new(area.left, y), Point::new(area.right, y));
        let label = font::shorten(label, size, false, (area.left - outer.left - size * 0.6).max(size));
        let at = Point::new(area.left - size * 0.5, y + size * 0.36);
        canvas.text(label, at, Anchor::End, size);
    }
    if !axis.title.is_empty() {
        let size = canvas.text_size();
        canvas.add(Mark::Text(Text {
            content: font::shorten(&axis.title, size, false, outer.height()),
            at: Point::new(outer.left + size * 0.9, centre(outer, plane, &axis.title, size)),
            anchor: Anchor::Middle,
            size,
            bold: false,
            colour: MUTED,
            upright: true,
        }));
    }
}

/// The vertical center of an axis title: the middle of the area, moved so that a long title stays in the
/// panel.
fn centre(outer: Rect, plane: &Plane, title: &str, size: f64) -> f64 {
    let half = font::width(title, size, false).min(outer.height()) / 2.0;
    let middle = (plane.area.top + plane.area.bottom) / 2.0;
    middle.min(outer.bottom - half).max(outer.top + half)
}

fn draw_x(canvas: &mut Canvas, outer: Rect, plane: &Plane, axis: &Axis) {
    let (size, area) = (canvas.small_size(), plane.area);
    for (value, label, x) in horizontal_ticks(axis, outer, plane, size) {
        let at = area.left + area.width() * plane.x.share(value);
        grid(canvas, Point::new(at, area.top), Point::new(at, area.bottom));
        canvas.text(label, Point::new(x, area.bottom + size * 1.25), Anchor::Middle, size);
    }
    if !axis.title.is_empty() {
        let size = canvas.text_size();
        let title = font::shorten(&axis.title, size, false, outer.width());
        let half = font::width(&title, size, false) / 2.0;
        let middle = ((area.left + area.right) / 2.0).min(outer.right - half).max(outer.left + half);
        let at = Point::new(middle, outer.bottom - size * 0.3);
        canvas.colored_text(title, at, Anchor::Middle, size, MUTED);
    }
}

/// As many ticks as fit side by side: their values, labels, and the centers of the labels.
fn horizontal_ticks(axis: &Axis, outer: Rect, plane: &Plane, size: f64) -> Vec<(f64, String, f64)> {
    let most = match &axis.ticks {
        Ticks::Round(_) => 10,
        Ticks::At(ticks) => ticks.len(),
    };
    let candidate = |at_most: usize| -> Vec<(f64, String, f64)> {
        let ticks = axis.labels(at_most).into_iter();
        ticks.map(|(value, label)| place(value, label, outer, plane, size)).collect()
    };
    let fits = |ticks: &Vec<(f64, String, f64)>| {
        let half = |label: &str| font::width(label, size, false) / 2.0;
        ticks.windows(2).all(|pair| pair[0].2 + half(&pair[0].1) + size * 0.7 <= pair[1].2 - half(&pair[1].1))
    };
    (1..=most).rev().map(candidate).find(fits).unwrap_or_default()
}

/// A tick with its label and the center of the label, moved so that the label stays in the panel.
fn place(value: f64, label: String, outer: Rect, plane: &Plane, size: f64) -> (f64, String, f64) {
    let label = font::shorten(&label, size, false, outer.width());
    let half = font::width(&label, size, false) / 2.0;
    let at = plane.area.left + plane.area.width() * plane.x.share(value);
    (value, label, at.min(outer.right - half).max(outer.left + half))
}

fn grid(canvas: &mut Canvas, from: Point, to: Point) {
    let stroke = Stroke::new(GRID, canvas.px(0.8));
    canvas.line(vec![from, to], stroke);
}

fn frame(canvas: &mut Canvas, area: Rect) {
    let stroke = Stroke::new(FOREGROUND, canvas.px(0.9));
    let corners = [(area.left, area.top), (area.left, area.bottom), (area.right, area.bottom)];
    canvas.line(corners.map(|(x, y)| Point::new(x, y)).to_vec(), stroke);
}
