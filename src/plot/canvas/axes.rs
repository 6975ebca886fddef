//! The one place that draws axes: frame, grid, ticks, and words that neither overlap nor leave the panel.

use crate::plot::render::font;
use crate::plot::style::{GRID, INK, MUTED};
use super::scale::{Scale, Unit, labels};
use crate::plot::scene::{Anchor, Mark, Point, Rect, Stroke, Text};
use crate::plot::canvas::Sheet;

/// One direction of a panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub scale: Scale,
    /// Empty for none.
    pub title: String,
    pub ticks: Ticks,
    /// The least width of the words beside an upright axis, so that panels above each other are aligned.
    pub room: f64,
}

/// Where an axis is named.
#[derive(Clone, Debug, PartialEq)]
pub enum Ticks {
    /// At round values.
    Round(Unit),
    /// At these; where they are too many for the room, at every second, third, …
    At(Vec<(f64, String)>),
}

/// A panel with its axes drawn: knows where a value belongs.
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

    /// Round ticks, at most so many; of named ones every nth, so that at most so many are left.
    fn named(&self, at_most: usize) -> Vec<(f64, String)> {
        match &self.ticks {
            Ticks::Round(unit) => {
                let mut ticks = self.scale.ticks(at_most);
                ticks.retain(|tick| *unit != Unit::Count || tick.fract() == 0.0);
                let words = labels(&ticks, *unit);
                ticks.into_iter().zip(words).collect()
            }
            Ticks::At(named) => {
                let each = named.len().div_ceil(at_most.max(1)).max(1);
                named.iter().step_by(each).cloned().collect()
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

/// Draw both axes within a rectangle.
pub fn draw(sheet: &mut Sheet, outer: Rect, x: &Axis, y: &Axis) -> Plane {
    let size = sheet.small_size();
    let title = |axis: &Axis| if axis.title.is_empty() { 0.0 } else { sheet.text_size() * 1.45 };
    let named_x = !matches!(&x.ticks, Ticks::At(none) if none.is_empty());
    let below = title(x) + if named_x { size * 1.6 } else { 0.0 };
    let height = outer.height() - below;
    let fewest = if height > size * 2.6 { 2 } else { 1 };
    let ticks = y.named(((height / (size * 2.1)) as usize).clamp(fewest, 9));
    let widest = ticks.iter().map(|(_, words)| font::width(words, size, false)).fold(y.room, f64::max);
    let widest = widest.min(outer.width() * 0.4);
    let beside = title(y) + if ticks.is_empty() { 0.0 } else { widest + size * 0.7 };
    let area = outer.inset(beside, size * 0.4, size * 0.3, below);
    let plane = Plane { area, x: x.scale, y: y.scale };
    draw_y(sheet, outer, &plane, y, &ticks);
    draw_x(sheet, outer, &plane, x);
    frame(sheet, area);
    plane
}

fn draw_y(sheet: &mut Sheet, outer: Rect, plane: &Plane, axis: &Axis, ticks: &[(f64, String)]) {
    let (size, area) = (sheet.small_size(), plane.area);
    for (value, words) in ticks {
        let y = area.bottom - area.height() * plane.y.share(*value);
        grid(sheet, Point::new(area.left, y), Point::new(area.right, y));
        let words = font::shortened(words, size, false, (area.left - outer.left - size * 0.6).max(size));
        let at = Point::new(area.left - size * 0.5, y + size * 0.36);
        sheet.words(words, at, Anchor::End, size);
    }
    if !axis.title.is_empty() {
        let size = sheet.text_size();
        sheet.add(Mark::Text(Text {
            words: font::shortened(&axis.title, size, false, outer.height()),
            at: Point::new(outer.left + size * 0.9, centre(outer, plane, &axis.title, size)),
            anchor: Anchor::Middle,
            size,
            bold: false,
            colour: MUTED,
            upright: true,
        }));
    }
}

/// The middle of the area, or nearer to the middle of the panel where the title is longer than the area.
fn centre(outer: Rect, plane: &Plane, title: &str, size: f64) -> f64 {
    let half = font::width(title, size, false).min(outer.height()) / 2.0;
    let middle = (plane.area.top + plane.area.bottom) / 2.0;
    middle.min(outer.bottom - half).max(outer.top + half)
}

fn draw_x(sheet: &mut Sheet, outer: Rect, plane: &Plane, axis: &Axis) {
    let (size, area) = (sheet.small_size(), plane.area);
    for (value, words, x) in fitting(axis, outer, plane, size) {
        let at = area.left + area.width() * plane.x.share(value);
        grid(sheet, Point::new(at, area.top), Point::new(at, area.bottom));
        sheet.words(words, Point::new(x, area.bottom + size * 1.25), Anchor::Middle, size);
    }
    if !axis.title.is_empty() {
        let size = sheet.text_size();
        let words = font::shortened(&axis.title, size, false, outer.width());
        let half = font::width(&words, size, false) / 2.0;
        let middle = ((area.left + area.right) / 2.0).min(outer.right - half).max(outer.left + half);
        sheet.coloured(words, Point::new(middle, outer.bottom - size * 0.3), Anchor::Middle, size, MUTED);
    }
}

/// As many ticks as have room side by side, with their words and where those are centred.
fn fitting(axis: &Axis, outer: Rect, plane: &Plane, size: f64) -> Vec<(f64, String, f64)> {
    let most = match &axis.ticks {
        Ticks::Round(_) => 10,
        Ticks::At(named) => named.len(),
    };
    let placed = |at_most: usize| -> Vec<(f64, String, f64)> {
        let ticks = axis.named(at_most).into_iter();
        ticks.map(|(value, words)| place(value, words, outer, plane, size)).collect()
    };
    let fits = |ticks: &Vec<(f64, String, f64)>| {
        let half = |words: &str| font::width(words, size, false) / 2.0;
        ticks.windows(2).all(|pair| pair[0].2 + half(&pair[0].1) + size * 0.7 <= pair[1].2 - half(&pair[1].1))
    };
    (1..=most).rev().map(placed).find(fits).unwrap_or_default()
}

/// The words under a tick, moved inwards where they would leave the panel.
fn place(value: f64, words: String, outer: Rect, plane: &Plane, size: f64) -> (f64, String, f64) {
    let words = font::shortened(&words, size, false, outer.width());
    let half = font::width(&words, size, false) / 2.0;
    let at = plane.area.left + plane.area.width() * plane.x.share(value);
    (value, words, at.min(outer.right - half).max(outer.left + half))
}

fn grid(sheet: &mut Sheet, from: Point, to: Point) {
    let stroke = Stroke::new(GRID, sheet.px(0.8));
    sheet.line(vec![from, to], stroke);
}

fn frame(sheet: &mut Sheet, area: Rect) {
    let stroke = Stroke::new(INK, sheet.px(0.9));
    let corners = [(area.left, area.top), (area.left, area.bottom), (area.right, area.bottom)];
    sheet.line(corners.map(|(x, y)| Point::new(x, y)).to_vec(), stroke);
}
