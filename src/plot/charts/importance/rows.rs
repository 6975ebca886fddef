//! The rows of the importance chart: names on the left, and one panel per measure.

use super::measure::{Detector, Measure, feature, measures};
use crate::metrics::Interval;
use crate::plot::canvas::Canvas;
use crate::plot::canvas::axes::{self, Axis, Plane};
use crate::plot::canvas::scale::{Scale, Unit};
use crate::plot::render::font;
use crate::plot::scene::{Anchor, Fill, Mark, Point, Rect, Stroke};
use crate::plot::style::{GRID, REFERENCE};

/// The number of features that fit in an area, at most `features`.
pub fn capacity(canvas: &Canvas, area: Rect, features: usize, detectors: usize) -> usize {
    let min_height = canvas.px(10.0).max(canvas.px(3.2) * detectors as f64);
    features.min(((height(canvas, area) / min_height) as usize).max(1))
}

/// Draw all panels.
pub fn draw(canvas: &mut Canvas, area: Rect, detectors: &[Detector], features: &[&str]) {
    let rows = Rows::new(canvas, area, features);
    let measures = measures(detectors);
    let titles: Vec<&str> = measures.iter().map(|measure| measure.title).collect();
    let right = area.inset(rows.width, 0.0, 0.0, 0.0);
    let cells = right.grid(measures.len().max(1), 1, canvas.px(12.0));
    let lines = canvas.lines_of(&titles, cells[0].width());
    for (column, (measure, cell)) in measures.iter().zip(cells).enumerate() {
        let area_below = canvas.panel(cell, measure.title, lines);
        let plane = panel(canvas, area_below, measure.scale, rows.names.len());
        if column == 0 {
            names(canvas, area.left, &plane, &rows);
        }
        for (at, detector) in detectors.iter().enumerate() {
            points(canvas, &plane, &rows, detector, (at, detectors.len()), measure);
        }
    }
}

/// The layout of the rows, the same for all measures.
struct Rows<'a> {
    names: &'a [&'a str],
    /// The font size of the names.
    size: f64,
    /// The height of one row.
    height: f64,
    /// The width of the column of names.
    width: f64,
}

impl<'a> Rows<'a> {
    fn new(canvas: &Canvas, area: Rect, names: &'a [&'a str]) -> Rows<'a> {
        let height = height(canvas, area) / names.len() as f64;
        let size = (height / 1.12).min(canvas.small_size());
        let widest = names.iter().map(|name| font::width(name, size, false)).fold(0.0, f64::max);
        Rows { names, size, height, width: widest.min(area.width() * 0.33) + size * 0.6 }
    }
}

/// The height of all rows together: the area without two lines of titles and one line of tick labels.
fn height(canvas: &Canvas, area: Rect) -> f64 {
    (area.height() - canvas.text_size() * 2.85 - canvas.small_size() * 2.0).max(canvas.small_size())
}

fn panel(canvas: &mut Canvas, area: Rect, x: Scale, rows: usize) -> Plane {
    let x = Axis::new(x, "", Unit::Number);
    // Row numbers count down, so that the first row is at the top.
    let y = Axis::at(Scale::linear(0.0, rows as f64), "", vec![]);
    let plane = axes::draw(canvas, area, &x, &y);
    bands(canvas, &plane, rows);
    zero(canvas, &plane);
    plane
}

fn names(canvas: &mut Canvas, left: f64, plane: &Plane, rows: &Rows) {
    for (at, name) in rows.names.iter().enumerate() {
        let middle = plane.at(0.0, (rows.names.len() - at) as f64 - 0.5).y;
        let name = font::shorten(name, rows.size, false, rows.width - rows.size * 0.6);
        let place = Point::new(left + rows.width - rows.size * 0.6, middle + rows.size * 0.36);
        canvas.text(name, place, Anchor::End, rows.size);
    }
}

/// Shade every second row.
fn bands(canvas: &mut Canvas, plane: &Plane, rows: usize) {
    for row in (0..rows).step_by(2) {
        let (top, bottom) = (plane.at(0.0, (rows - row) as f64).y, plane.at(0.0, (rows - row - 1) as f64).y);
        canvas.area(
            Rect { top, bottom, left: plane.area.left + canvas.px(0.5), ..plane.area },
            Fill::faint(GRID, 0.45),
        );
    }
}

fn zero(canvas: &mut Canvas, plane: &Plane) {
    let x = plane.at(0.0, 0.0).x;
    let stroke = Stroke::new(REFERENCE, canvas.px(1.0));
    canvas.line(vec![Point::new(x, plane.area.bottom), Point::new(x, plane.area.top)], stroke);
}

/// Draw the points of one detector. The points of several detectors are offset vertically.
fn points(
    canvas: &mut Canvas,
    plane: &Plane,
    rows: &Rows,
    detector: &Detector,
    (at, of): (usize, usize),
    measure: &Measure,
) {
    let radius = (rows.height * 0.62 / of as f64).clamp(canvas.px(1.6), canvas.px(3.6));
    let step = (rows.height * 0.84 / of as f64).min(radius * 2.6);
    let offset = (at as f64 - (of - 1) as f64 / 2.0) * step;
    let mut centres = Vec::new();
    for (row, name) in rows.names.iter().enumerate() {
        let Some((mean, interval)) = feature(detector, name).and_then(measure.of) else { continue };
        let y = plane.at(0.0, (rows.names.len() - row) as f64 - 0.5).y + offset;
        if let Some(Interval { low, high }) = interval {
            let ends = [low, high].map(|end| Point::new(plane.at(end, 0.0).x, y));
            let stroke = Stroke::new(detector.series.colour, canvas.px(1.3));
            canvas.line(ends.to_vec(), stroke);
        }
        centres.push(Point::new(plane.at(mean, 0.0).x, y));
    }
    let fill = Fill::solid(detector.series.colour);
    canvas.add(Mark::Dots { points: centres, shape: detector.series.shape, radius, fill });
}
