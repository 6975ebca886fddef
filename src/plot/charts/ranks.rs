//! The mean rank of each detector over several tables, best first. A bar joins detectors that are not told apart, as in
//! the critical-difference diagram of Demšar (JMLR 2006), here by the signed-rank test with Holm's correction instead of
//! the test of mean ranks (Benavoli, Corani & Mangili, JMLR 2016).

use crate::error::{Error, Result};
use crate::plot::canvas::axes::{self, Axis, Plane};
use crate::plot::canvas::scale::{Scale, Unit};
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::render::font;
use crate::plot::scene::{Anchor, Fill, Mark, Point, Rect, Stroke};
use crate::plot::style::{BLUE, FOREGROUND, Shape};
use crate::report::{RankedDetector, Ranks};

/// With fewer units a mean rank depends on single tables.
const LEAST_UNITS: usize = 10;

pub fn draw(canvas: &mut Canvas, ranks: &Ranks) -> Result<()> {
    let units = ranks.units.len();
    if units < LEAST_UNITS {
        return Err(Error::Request(format!(
            "a diagram of ranks needs at least {LEAST_UNITS} tables that count, but there are {units}"
        )));
    }
    let area = canvas.frame(&heading(ranks));
    let size = canvas.small_size();
    let rows = ranks.detectors.len();
    let bars = lanes(&ranks.groups());
    let widths = ranks.detectors.iter().map(|ranked| font::width(&ranked.detector, size, false));
    let names = widths.fold(0.0, f64::max).min(area.width() * 0.35);
    let right = size * (bars.len() as f64 + 1.0);
    let panel = area.inset(names + size, 0.0, right.min(area.width() * 0.3), 0.0);
    let x = Axis::new(Scale::linear(0.5, rows as f64 + 0.5), "mean rank", Unit::Number);
    let y = Axis::at(Scale::linear(0.0, rows as f64), "", vec![]);
    let plane = axes::draw(canvas, panel, &x, &y);
    let height = plane.area.height() / rows as f64;
    for (at, ranked) in ranks.detectors.iter().enumerate() {
        row(canvas, &plane, Point::new(area.left + names, middle(&plane, at, rows)), height, ranked);
    }
    for (lane, groups) in bars.iter().enumerate() {
        let left = plane.area.right + size * (lane as f64 + 1.0);
        for group in groups {
            let [top, bottom] = [group.start, group.end - 1].map(|at| middle(&plane, at, rows));
            let margin = (height * 0.25).min(size * 0.5);
            let ends = vec![Point::new(left, top - margin), Point::new(left, bottom + margin)];
            canvas.line(ends, Stroke::new(FOREGROUND, canvas.px(3.0)));
        }
    }
    Ok(())
}

/// The middle of a row, counted from 0 at the top.
fn middle(plane: &Plane, at: usize, rows: usize) -> f64 {
    plane.at(1.0, (rows - at) as f64 - 0.5).y
}

/// A detector: its name left of `name`, and its mean rank as a dot.
fn row(canvas: &mut Canvas, plane: &Plane, name: Point, height: f64, ranked: &RankedDetector) {
    let size = canvas.small_size();
    // With many detectors in a low chart, only the dots remain.
    if height >= size {
        let text = font::shorten(&ranked.detector, size, false, name.x);
        canvas.text(text, Point::new(name.x, name.y + size * 0.36), Anchor::End, size);
    }
    let at = Point::new(plane.at(ranked.mean_rank, 0.0).x, name.y);
    let radius = canvas.px(4.0);
    canvas.add(Mark::Dots { points: vec![at], shape: Shape::Square, radius, fill: Fill::solid(BLUE) });
    let half = height * 0.45;
    let rect = Rect { left: 0.0, right: plane.area.right, top: name.y - half, bottom: name.y + half };
    canvas.add(Mark::Hover { rect, text: value(ranked) });
}

fn value(ranked: &RankedDetector) -> String {
    format!("{}: mean rank {:.2}", ranked.detector, ranked.mean_rank)
}

/// Bars that overlap are beside each other.
fn lanes(groups: &[std::ops::Range<usize>]) -> Vec<Vec<std::ops::Range<usize>>> {
    let mut lanes: Vec<Vec<std::ops::Range<usize>>> = Vec::new();
    for group in groups {
        let is_free =
            |lane: &&mut Vec<std::ops::Range<usize>>| lane.last().is_none_or(|last| last.end <= group.start);
        match lanes.iter_mut().find(is_free) {
            Some(lane) => lane.push(group.clone()),
            None => lanes.push(vec![group.clone()]),
        }
    }
    lanes
}

fn heading(ranks: &Ranks) -> Heading {
    let values: Vec<String> = ranks.detectors.iter().map(value).collect();
    Heading {
        title: format!("Mean ranks over {} tables", ranks.units.len()),
        subtitle: format!("protocol {}; 1 is the highest AUC", ranks.protocol.id()),
        caption: "A bar joins detectors of which no pair is told apart: signed-rank test over tables, Holm-corrected \
                  p of at least 0.05. AUCs are means over seeds, and related tables count once."
            .to_owned(),
        description: format!("Best first: {}.", values.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_bars_have_lanes_of_their_own() {
        assert_eq!(lanes(&[0..3, 2..5, 5..7, 6..9]), [vec![0..3, 5..7], vec![2..5, 6..9]]);
    }
}
