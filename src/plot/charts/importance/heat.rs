//! The importance chart for many detectors: one panel per measure with a column per detector and a row per
//! feature. The darker a cell, the larger its value.

use super::measure::{Detector, Measure, feature, measures};
use crate::metrics::Interval;
use crate::plot::canvas::Canvas;
use crate::plot::canvas::legend::{Entry, Sample};
use crate::plot::render::font;
use crate::plot::scene::{Anchor, Fill, Mark, Point, Rect, Text};
use crate::plot::style::{Colour, FOREGROUND, NORMAL, SUSPICIOUS};

/// With this many detectors, cells are easier to read than points.
pub const FROM: usize = 5;

/// The opacity of the largest value. Text on a darker cell would be unreadable.
const DARKEST: f64 = 0.8;

/// The number of features that fit in an area, at most `features`.
pub fn capacity(canvas: &Canvas, area: Rect, detectors: &[Detector], features: usize) -> usize {
    let height = area.height() - top(canvas, area, detectors);
    features.min(((height / canvas.px(10.0)) as usize).max(1))
}

/// The legend entries: the colors of both signs.
pub fn legend(detectors: &[Detector]) -> Vec<Entry> {
    let is_negative = |measure: &Measure| {
        let features = detectors.iter().flat_map(|detector| &detector.importance.features);
        features.filter_map(measure.of).any(|(value, _)| value < 0.0)
    };
    let entry = |colour, name: &str| Entry::new(Sample::Area(Fill::faint(colour, DARKEST)), name);
    let mut entries = vec![entry(POSITIVE, "largest value of a panel")];
    entries.extend(
        measures(detectors).iter().any(is_negative).then(|| entry(NEGATIVE, "largest value below 0")),
    );
    entries
}

const POSITIVE: Colour = NORMAL;
const NEGATIVE: Colour = SUSPICIOUS;

/// Draw all panels.
pub fn draw(canvas: &mut Canvas, area: Rect, detectors: &[Detector], features: &[&str]) {
    let top = top(canvas, area, detectors);
    let height = (area.height() - top) / features.len().max(1) as f64;
    let size = (height / 1.12).min(canvas.small_size());
    let widest = features.iter().map(|name| font::width(name, size, false)).fold(0.0, f64::max);
    let names = widest.min(area.width() * 0.25) + size * 0.6;
    for (at, name) in features.iter().enumerate() {
        let middle = area.top + top + (at as f64 + 0.5) * height;
        let name = font::shorten(name, size, false, names - size * 0.6);
        let place = Point::new(area.left + names - size * 0.6, middle + size * 0.36);
        canvas.text(name, place, Anchor::End, size);
    }
    let measures = measures(detectors);
    let panels = area.inset(names, 0.0, 0.0, 0.0).grid(measures.len().max(1), 1, canvas.px(12.0));
    for (measure, panel) in measures.iter().zip(panels) {
        canvas.panel(panel, measure.title, 2);
        let cells = Rect { top: panel.top + top, ..panel };
        heads(canvas, cells, detectors, top - title_height(canvas));
        draw_panel(canvas, cells, detectors, features, measure);
    }
}

fn title_height(canvas: &Canvas) -> f64 {
    canvas.text_size() * 2.85
}

/// The height of the titles and the names of the detectors.
fn top(canvas: &Canvas, area: Rect, detectors: &[Detector]) -> f64 {
    let size = canvas.small_size();
    let widest = detectors.iter().map(|detector| font::width(detector.name, size, false)).fold(0.0, f64::max);
    title_height(canvas) + (widest + size * 0.6).min(area.height() * 0.35)
}

/// The names of the detectors, upright over their columns.
fn heads(canvas: &mut Canvas, cells: Rect, detectors: &[Detector], height: f64) {
    let width = cells.width() / detectors.len() as f64;
    let size = canvas.small_size().min(width * 0.95);
    for (at, detector) in detectors.iter().enumerate() {
        let middle = cells.left + (at as f64 + 0.5) * width;
        canvas.add(Mark::Text(Text {
            content: font::shorten(detector.name, size, false, height - size * 0.6),
            at: Point::new(middle + size * 0.36, cells.top - size * 0.4),
            anchor: Anchor::Start,
            size,
            bold: false,
            colour: FOREGROUND,
            upright: true,
        }));
    }
}

fn draw_panel(
    canvas: &mut Canvas,
    cells: Rect,
    detectors: &[Detector],
    features: &[&str],
    measure: &Measure,
) {
    let values = |detector: &Detector| -> Vec<Option<f64>> {
        let value = |name: &&str| Some((measure.of)(feature(detector, name)?)?.0);
        features.iter().map(value).collect()
    };
    let largest =
        detectors.iter().flat_map(values).flatten().fold(0.0, |most: f64, value| most.max(value.abs()));
    let columns = cells.grid(detectors.len(), 1, 0.0);
    for (detector, column) in detectors.iter().zip(columns) {
        for (name, cell) in features.iter().zip(column.grid(1, features.len(), 0.0)) {
            let Some(value) = feature(detector, name).and_then(measure.of) else { continue };
            draw_cell(canvas, cell, value.0, largest);
            let interval =
                value.1.map_or(String::new(), |Interval { low, high }| format!(" [{low:.3}, {high:.3}]"));
            let text = format!("{name}, {}: {} {:.3}{interval}", detector.name, measure.title, value.0);
            canvas.add(Mark::Hover { rect: cell, text });
        }
    }
}

fn draw_cell(canvas: &mut Canvas, cell: Rect, value: f64, largest: f64) {
    let share = if largest > 0.0 { value.abs() / largest } else { 0.0 };
    let colour = if value < 0.0 { NEGATIVE } else { POSITIVE };
    let gap = canvas.px(0.6);
    // A value of 0 is a faint cell, and a missing value is none.
    let fill = Fill::faint(colour, (share * DARKEST).clamp(0.04, DARKEST));
    canvas.area(cell.inset(gap, gap, gap, gap), fill);
    let text = format!("{value:.2}").replace('-', "−");
    let size = canvas.small_size().min(cell.height() * 0.8);
    let fits = font::width(&text, size, false) < cell.width() * 0.92 && size > canvas.px(7.0);
    if fits {
        let at = Point::new((cell.left + cell.right) / 2.0, (cell.top + cell.bottom) / 2.0 + size * 0.36);
        canvas.text(text, at, Anchor::Middle, size);
    }
}
