//! How a number is spread within both classes: normal rows as filled bars, suspicious ones as an outline.

use crate::plot::canvas::axes::{self, Axis, Plane};
use crate::plot::style::{Dash, INK, NORMAL, SUSPICIOUS};
use crate::plot::canvas::legend::{Entry, Sample};
use crate::plot::canvas::scale::{Scale, Unit};
use crate::plot::scene::{Fill, Rect, Stroke};
use crate::plot::canvas::Sheet;
use crate::explore::Histogram;

/// What the bars measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Rows, on a logarithmic axis.
    Rows,
    /// The share of each class, so that a rare class is seen beside a common one.
    ShareOfClass,
}

/// What a spread is drawn with besides its counts.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    pub measure: Measure,
    pub x: &'a str,
    pub y: &'a str,
    /// Drawn as an upright line.
    pub threshold: Option<f64>,
}

/// Draw a histogram into a panel.
pub fn draw(sheet: &mut Sheet, panel: Rect, histogram: &Histogram, look: Look) {
    let bins = bins(histogram);
    if bins.is_empty() {
        return sheet.note(panel, "no values");
    }
    let threshold = look.threshold.filter(|threshold| threshold.is_finite());
    let ends = bins.iter().flat_map(|bin| [bin.low, bin.high]).chain(threshold);
    let x = Axis::new(Scale::around(ends, 0.02), look.x, Unit::Number);
    let plane = axes::draw(sheet, panel, &x, &upwards(&bins, look));
    let tallest = |class: Class| height(&bins, look.measure, class);
    normal(sheet, &plane, &bins, &tallest(Class::Normal));
    suspicious(sheet, &plane, &bins, &tallest(Class::Suspicious));
    if let Some(threshold) = threshold {
        let stroke = threshold_stroke(sheet);
        let x = plane.at(threshold, 0.0).x;
        let ends = [plane.area.bottom, plane.area.top].map(|y| crate::plot::scene::Point::new(x, y));
        sheet.line(ends.to_vec(), stroke);
    }
}

/// What the legend says about a class.
pub fn legend(sheet: &Sheet, words: [String; 2], labelled: bool) -> Vec<Entry> {
    let [normal, suspicious] = words;
    let mut entries = vec![Entry::new(Sample::Area(normal_fill()), normal)];
    if labelled {
        entries.push(Entry::new(Sample::Line(outline(sheet)), suspicious));
    }
    entries
}

/// What the legend says about the threshold.
pub fn threshold_entry(sheet: &Sheet) -> Entry {
    Entry::new(Sample::Line(threshold_stroke(sheet)), "threshold")
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

/// The bins; those of a constant become one with a width that can be seen.
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

/// One bin around the value, with room on both sides.
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

/// The height of each bin; 0 where there is nothing to draw.
fn height(bins: &[Bin], measure: Measure, class: Class) -> Vec<f64> {
    let of = |bin: &Bin| if class == Class::Normal { bin.normal } else { bin.suspicious };
    let total = bins.iter().map(of).sum::<u64>().max(1) as f64;
    let scaled = |rows: u64| if measure == Measure::Rows { rows as f64 } else { rows as f64 / total };
    bins.iter().map(|bin| scaled(of(bin))).collect()
}

fn upwards(bins: &[Bin], look: Look) -> Axis {
    let heights = [Class::Normal, Class::Suspicious].map(|class| height(bins, look.measure, class));
    let most = heights.iter().flatten().copied().fold(0.0, f64::max);
    match look.measure {
        Measure::Rows => Axis::new(Scale::counts(most as u64), look.y, Unit::Number),
        Measure::ShareOfClass => Axis::new(Scale::linear(0.0, (most * 1.08).min(1.0)), look.y, Unit::Percent),
    }
}

fn normal(sheet: &mut Sheet, plane: &Plane, bins: &[Bin], heights: &[f64]) {
    for (bin, height) in bins.iter().zip(heights).filter(|(_, height)| **height > 0.0) {
        let rect = plane.rect((bin.low, 0.0), (bin.high, *height));
        // A hair of ground between bars, where there is room for it.
        let gap = (rect.width() * 0.1).min(sheet.px(1.0)) / 2.0;
        sheet.area(rect.inset(gap, 0.0, gap, 0.0), normal_fill());
    }
}

/// One outline for each run of bins that hold something.
fn suspicious(sheet: &mut Sheet, plane: &Plane, bins: &[Bin], heights: &[f64]) {
    let filled: Vec<(Bin, f64)> = bins.iter().copied().zip(heights.iter().copied()).collect();
    for run in filled.split(|(_, height)| *height <= 0.0).filter(|run| !run.is_empty()) {
        let mut points = vec![plane.at(run[0].0.low, 0.0)];
        for (bin, height) in run {
            points.extend([plane.at(bin.low, *height), plane.at(bin.high, *height)]);
        }
        points.push(plane.at(run[run.len() - 1].0.high, 0.0));
        let stroke = outline(sheet);
        sheet.line(points, stroke);
    }
}

fn normal_fill() -> Fill {
    Fill::faint(NORMAL, 0.45)
}

fn outline(sheet: &Sheet) -> Stroke {
    Stroke::new(SUSPICIOUS, sheet.px(2.0))
}

fn threshold_stroke(sheet: &Sheet) -> Stroke {
    Stroke::new(INK, sheet.px(1.4)).dashed(Dash::Long)
}
