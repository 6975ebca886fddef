//! The rows of the importance chart: names on the left, one panel a measure beside them.

use crate::plot::canvas::axes::{self, Axis, Plane};
use crate::plot::render::font;
use crate::plot::style::{GRID, REFERENCE};
use crate::plot::canvas::scale::{Scale, Unit};
use crate::plot::scene::{Anchor, Fill, Mark, Point, Rect, Stroke};
use crate::plot::canvas::Sheet;
use super::{Detector, Measure, feature, measures};
use crate::metrics::Interval;

/// How many rows have room in an area.
pub fn fitting(sheet: &Sheet, area: Rect, features: usize, detectors: usize) -> usize {
    let least = sheet.px(10.0).max(sheet.px(3.2) * detectors as f64);
    features.min(((height(sheet, area) / least) as usize).max(1))
}

/// Draw all panels.
pub fn draw(sheet: &mut Sheet, area: Rect, detectors: &[Detector], features: &[&str]) {
    let rows = Rows::new(sheet, area, features);
    let measures = measures(detectors);
    let titles: Vec<&str> = measures.iter().map(|measure| measure.title).collect();
    let right = area.inset(rows.width, 0.0, 0.0, 0.0);
    let cells = right.grid(measures.len().max(1), 1, sheet.px(12.0));
    let lines = sheet.lines_of(&titles, cells[0].width());
    for (place, (measure, cell)) in measures.iter().zip(cells).enumerate() {
        let below = sheet.panel(cell, measure.title, lines);
        let plane = panel(sheet, below, measure.scale, rows.names.len());
        if place == 0 {
            names(sheet, area.left, &plane, &rows);
        }
        for (at, detector) in detectors.iter().enumerate() {
            points(sheet, &plane, &rows, detector, (at, detectors.len()), measure);
        }
    }
}

/// How rows share the height: all measures have the same.
struct Rows<'a> {
    names: &'a [&'a str],
    /// Of the names.
    size: f64,
    /// Of one row.
    height: f64,
    /// Of the column of names.
    width: f64,
}

impl<'a> Rows<'a> {
    fn new(sheet: &Sheet, area: Rect, names: &'a [&'a str]) -> Rows<'a> {
        let height = height(sheet, area) / names.len() as f64;
        let size = (height / 1.12).min(sheet.small_size());
        let widest = names.iter().map(|name| font::width(name, size, false)).fold(0.0, f64::max);
        Rows { names, size, height, width: widest.min(area.width() * 0.33) + size * 0.6 }
    }
}

/// The height that all rows share: without two lines of titles above and one of ticks below.
fn height(sheet: &Sheet, area: Rect) -> f64 {
    (area.height() - sheet.text_size() * 2.85 - sheet.small_size() * 2.0).max(sheet.small_size())
}

fn panel(sheet: &mut Sheet, area: Rect, x: Scale, rows: usize) -> Plane {
    let x = Axis::new(x, "", Unit::Number);
    // The first row on top.
    let y = Axis::at(Scale::linear(0.0, rows as f64), "", vec![]);
    let plane = axes::draw(sheet, area, &x, &y);
    bands(sheet, &plane, rows);
    zero(sheet, &plane);
    plane
}

fn names(sheet: &mut Sheet, left: f64, plane: &Plane, rows: &Rows) {
    for (at, name) in rows.names.iter().enumerate() {
        let middle = plane.at(0.0, (rows.names.len() - at) as f64 - 0.5).y;
        let name = font::shortened(name, rows.size, false, rows.width - rows.size * 0.6);
        let place = Point::new(left + rows.width - rows.size * 0.6, middle + rows.size * 0.36);
        sheet.words(name, place, Anchor::End, rows.size);
    }
}

/// Every second row shaded, so that the eye keeps to its row.
fn bands(sheet: &mut Sheet, plane: &Plane, rows: usize) {
    for row in (0..rows).step_by(2) {
        let (top, bottom) = (plane.at(0.0, (rows - row) as f64).y, plane.at(0.0, (rows - row - 1) as f64).y);
        sheet.area(
            Rect { top, bottom, left: plane.area.left + sheet.px(0.5), ..plane.area },
            Fill::faint(GRID, 0.45),
        );
    }
}

fn zero(sheet: &mut Sheet, plane: &Plane) {
    let x = plane.at(0.0, 0.0).x;
    let stroke = Stroke::new(REFERENCE, sheet.px(1.0));
    sheet.line(vec![Point::new(x, plane.area.bottom), Point::new(x, plane.area.top)], stroke);
}

/// The points of one detector, each detector a little below the last.
fn points(
    sheet: &mut Sheet,
    plane: &Plane,
    rows: &Rows,
    detector: &Detector,
    (at, of): (usize, usize),
    measure: &Measure,
) {
    let radius = (rows.height * 0.62 / of as f64).clamp(sheet.px(1.6), sheet.px(3.6));
    let step = (rows.height * 0.84 / of as f64).min(radius * 2.6);
    let aside = (at as f64 - (of - 1) as f64 / 2.0) * step;
    let mut centres = Vec::new();
    for (row, name) in rows.names.iter().enumerate() {
        let Some((mean, interval)) = feature(detector, name).and_then(measure.of) else { continue };
        let y = plane.at(0.0, (rows.names.len() - row) as f64 - 0.5).y + aside;
        if let Some(Interval { low, high }) = interval {
            let ends = [low, high].map(|end| Point::new(plane.at(end, 0.0).x, y));
            let stroke = Stroke::new(detector.series.colour, sheet.px(1.3));
            sheet.line(ends.to_vec(), stroke);
        }
        centres.push(Point::new(plane.at(mean, 0.0).x, y));
    }
    let fill = Fill::solid(detector.series.colour);
    sheet.add(Mark::Dots { points: centres, shape: detector.series.shape, radius, fill });
}
