//! The distribution of a number by class: normal rows as filled bars, suspicious rows as an outline.

use crate::explore::Histogram;
use crate::plot::canvas::Canvas;
use crate::plot::canvas::axes::{self, Axis, Plane};
use crate::plot::canvas::legend::{Entry, Sample};
use crate::plot::canvas::scale::{Scale, Unit};
use crate::plot::scene::{Fill, Mark, Point, Rect, Stroke};
use crate::plot::style::{Dash, FOREGROUND, NORMAL, SUSPICIOUS};
use crate::report::{count, counted, significant};

/// The quantity of the bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Rows, on a logarithmic axis.
    Rows,
    /// The share of each class, so that a rare class is visible next to a frequent one.
    ShareOfClass,
}

/// The measure, the axis titles and the threshold of a histogram.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    pub measure: Measure,
    pub x: &'a str,
    pub y: &'a str,
    /// Drawn as a vertical line.
    pub threshold: Option<f64>,
}

/// Draw a histogram into a panel.
pub fn draw(canvas: &mut Canvas, panel: Rect, histogram: &Histogram, look: Look) {
    let bins = bins(histogram);
    if bins.is_empty() {
        return canvas.note(panel, "no values");
    }
    let threshold = look.threshold.filter(|threshold| threshold.is_finite());
    let ends = bins.iter().flat_map(|bin| [bin.low, bin.high]).chain(threshold);
    let x = horizontal_axis(ends, look.x, linear_threshold(&histogram.edges));
    let plane = axes::draw(canvas, panel, &x, &vertical_axis(&bins, look));
    let heights = |class: Class| heights(&bins, look.measure, class);
    normal(canvas, &plane, &bins, &heights(Class::Normal));
    suspicious(canvas, &plane, &bins, &heights(Class::Suspicious));
    hover(canvas, &plane, &bins, look.x);
    if let Some(threshold) = threshold {
        let stroke = threshold_stroke(canvas);
        let x = plane.at(threshold, 0.0).x;
        let ends = [plane.area.bottom, plane.area.top].map(|y| Point::new(x, y));
        canvas.line(ends.to_vec(), stroke);
    }
}

/// Whether the bins of a histogram have equal widths on a logarithmic axis only.
pub fn is_logarithmic(histogram: &Histogram) -> bool {
    linear_threshold(&histogram.edges).is_some()
}

/// The power of ten that makes all bins equally wide on an axis that is logarithmic beyond it; `None` if the
/// bins are equally wide already.
fn linear_threshold(edges: &[f64]) -> Option<f64> {
    const EQUAL: f64 = 1.01;
    let unevenness = |of: &dyn Fn(f64) -> f64| {
        let widths = edges.windows(2).map(|pair| of(pair[1]) - of(pair[0]));
        let (low, high) =
            widths.fold((f64::INFINITY, 0.0), |(low, high), width| (width.min(low), width.max(high)));
        if low > 0.0 { high / low } else { f64::INFINITY }
    };
    if edges.len() < 3 || edges[0] >= edges[edges.len() - 1] || unevenness(&|edge| edge) < EQUAL {
        return None;
    }
    let powers = (-12..=12).map(|power| 10_f64.powi(power));
    let candidates = powers.map(|linear| (unevenness(&|edge| (edge / linear).asinh()), linear));
    let best = candidates.min_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 < EQUAL).then_some(best.1)
}

fn horizontal_axis(ends: impl Iterator<Item = f64>, title: &str, linear: Option<f64>) -> Axis {
    const MARGIN: f64 = 0.02;
    let Some(linear) = linear else {
        return Axis::new(Scale::around(ends, MARGIN), title, Unit::Number);
    };
    let places: Vec<f64> = ends.map(|end| (end / linear).asinh()).collect();
    let (low, high) = places
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), place| (place.min(low), place.max(high)));
    let margin = (high - low) * MARGIN;
    let [low, high] = [low - margin, high + margin].map(|place| place.sinh() * linear);
    Axis::new(Scale::Symlog { low, high, linear }, title, Unit::Decades)
}

/// The legend entries of the classes.
pub fn legend(canvas: &Canvas, labels: [String; 2], labelled: bool) -> Vec<Entry> {
    let [normal, suspicious] = labels;
    let mut entries = vec![Entry::new(Sample::Area(normal_fill()), normal)];
    if labelled {
        entries.push(Entry::new(Sample::Line(outline(canvas)), suspicious));
    }
    entries
}

/// The legend entry of the threshold.
pub fn threshold_entry(canvas: &Canvas) -> Entry {
    Entry::new(Sample::Line(threshold_stroke(canvas)), "threshold")
}

#[derive(Clone, Copy, Debug)]
struct Bin {
    low: f64,
    high: f64,
    normal: u64,
    suspicious: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Normal,
    Suspicious,
}

/// The bins of a histogram. The bins of a constant become one bin with a visible width.
fn bins(histogram: &Histogram) -> Vec<Bin> {
    let counts = histogram.normal.iter().zip(&histogram.suspicious);
    let bins = histogram.edges.windows(2).zip(counts).map(|(edges, (normal, suspicious))| Bin {
        low: edges[0],
        high: edges[1],
        normal: *normal,
        suspicious: *suspicious,
    });
    let bins: Vec<Bin> = bins.filter(|bin| bin.low.is_finite() && bin.high.is_finite()).collect();
    match (bins.first(), bins.last()) {
        (Some(first), Some(last)) if first.low >= last.high => constant(first.low, &bins),
        _ => bins,
    }
}

/// One bin around a value, between two empty bins.
fn constant(value: f64, bins: &[Bin]) -> Vec<Bin> {
    let half = 0.025_f64.max(value.abs() * 0.000_5);
    let empty = |low: f64, high: f64| Bin { low, high, normal: 0, suspicious: 0 };
    let all = Bin {
        low: value - half,
        high: value + half,
        normal: bins.iter().map(|bin| bin.normal).sum(),
        suspicious: bins.iter().map(|bin| bin.suspicious).sum(),
    };
    vec![empty(value - 10.0 * half, all.low), all, empty(all.high, value + 10.0 * half)]
}

/// The height of each bin for a class; 0 for empty bins.
fn heights(bins: &[Bin], measure: Measure, class: Class) -> Vec<f64> {
    let rows = |bin: &Bin| if class == Class::Normal { bin.normal } else { bin.suspicious };
    let total = bins.iter().map(rows).sum::<u64>().max(1) as f64;
    let height = |rows: u64| if measure == Measure::Rows { rows as f64 } else { rows as f64 / total };
    bins.iter().map(|bin| height(rows(bin))).collect()
}

fn vertical_axis(bins: &[Bin], look: Look) -> Axis {
    let heights = [Class::Normal, Class::Suspicious].map(|class| heights(bins, look.measure, class));
    let most = heights.iter().flatten().copied().fold(0.0, f64::max);
    match look.measure {
        Measure::Rows => Axis::new(Scale::counts(most as u64), look.y, Unit::Number),
        Measure::ShareOfClass => Axis::new(Scale::linear(0.0, (most * 1.08).min(1.0)), look.y, Unit::Percent),
    }
}

fn normal(canvas: &mut Canvas, plane: &Plane, bins: &[Bin], heights: &[f64]) {
    for (bin, height) in bins.iter().zip(heights).filter(|(_, height)| **height > 0.0) {
        let rect = plane.rect((bin.low, 0.0), (bin.high, *height));
        // A small gap between bars, if there is room.
        let gap = (rect.width() * 0.1).min(canvas.px(1.0)) / 2.0;
        canvas.area(rect.inset(gap, 0.0, gap, 0.0), normal_fill());
    }
}

/// One outline for each run of adjacent bins that are not empty.
fn suspicious(canvas: &mut Canvas, plane: &Plane, bins: &[Bin], heights: &[f64]) {
    let bars: Vec<(Bin, f64)> = bins.iter().copied().zip(heights.iter().copied()).collect();
    for run in bars.split(|(_, height)| *height <= 0.0).filter(|run| !run.is_empty()) {
        let mut points = vec![plane.at(run[0].0.low, 0.0)];
        for (bin, height) in run {
            points.extend([plane.at(bin.low, *height), plane.at(bin.high, *height)]);
        }
        points.push(plane.at(run[run.len() - 1].0.high, 0.0));
        let stroke = outline(canvas);
        canvas.line(points, stroke);
    }
}

/// The range and the rows of each bin that is not empty, under the pointer.
fn hover(canvas: &mut Canvas, plane: &Plane, bins: &[Bin], name: &str) {
    for bin in bins.iter().filter(|bin| bin.normal + bin.suspicious > 0) {
        let (from, to) = (plane.at(bin.low, 0.0).x, plane.at(bin.high, 0.0).x);
        let rect = Rect { left: from, right: to, ..plane.area };
        let [low, high] = [bin.low, bin.high].map(significant);
        let rows = match bin.suspicious {
            0 => counted(bin.normal, "row", "rows"),
            some => {
                format!("{} and {} suspicious", counted(bin.normal, "normal row", "normal rows"), count(some))
            }
        };
        canvas.add(Mark::Hover { rect, text: format!("{name} {low} to {high}: {rows}") });
    }
}

fn normal_fill() -> Fill {
    Fill::faint(NORMAL, 0.45)
}

fn outline(canvas: &Canvas) -> Stroke {
    Stroke::new(SUSPICIOUS, canvas.px(2.0))
}

fn threshold_stroke(canvas: &Canvas) -> Stroke {
    Stroke::new(FOREGROUND, canvas.px(1.4)).dashed(Dash::Long)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_of_a_logarithmic_axis_are_recognised_by_their_edges() {
        let sinh = |linear: f64| (0..=50).map(|edge| (f64::from(edge) * 0.2 - 2.0).sinh() * linear).collect();
        let edges: Vec<f64> = sinh(0.01);
        assert_eq!(linear_threshold(&edges), Some(0.01));
        let edges: Vec<f64> = (0..=50).map(|edge| 0.3 + 0.01 * f64::from(edge)).collect();
        assert_eq!(linear_threshold(&edges), None);
        assert_eq!(linear_threshold(&[1.0; 51]), None);
    }
}
