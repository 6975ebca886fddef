//! Curves of all detectors in a plane of two shares, for ROC and precision-recall charts.

use crate::metrics::Interval;
use crate::plot::canvas::Canvas;
use crate::plot::canvas::axes::{self, Axis, Plane};
use crate::plot::canvas::legend::{Entry, Sample};
use crate::plot::canvas::scale::{Scale, Unit};
use crate::plot::scene::{Rect, Stroke};
use crate::plot::style::{Dash, REFERENCE, Series};
use crate::report::fixed;

/// One detector's curve.
#[derive(Clone, Debug)]
pub struct Curve<'a> {
    pub series: Series,
    pub name: &'a str,
    /// ": AUC 0.9567".
    pub value: String,
    pub points: &'a [[f64; 2]],
}

/// "0.9567 [0.9481, 0.9653]".
pub fn with_interval(value: Option<f64>, interval: Option<Interval>) -> String {
    match interval {
        Some(Interval { low, high }) => format!("{} [{low:.4}, {high:.4}]", fixed(value)),
        None => fixed(value),
    }
}

/// A panel with y from 0 to 1 and x from 0 to the given share.
pub fn panel(canvas: &mut Canvas, outer: Rect, x: (&str, f64), y: &str) -> Plane {
    let unit = if x.1 < 0.5 { Unit::Percent } else { Unit::Number };
    let x = Axis::new(Scale::linear(0.0, x.1), x.0, unit);
    axes::draw(canvas, outer, &x, &Axis::new(Scale::linear(0.0, 1.0), y, Unit::Number))
}

/// The names and values of all curves.
pub fn description(curves: &[Curve]) -> String {
    let texts: Vec<String> = curves.iter().map(|curve| format!("{}{}", curve.name, curve.value)).collect();
    texts.join("; ")
}

/// Draw the curves up to an x value, the best on top.
pub fn lines(canvas: &mut Canvas, plane: &Plane, curves: &[Curve], up_to: f64) {
    for curve in curves.iter().rev() {
        let points = cut(curve.points, up_to);
        let points = points.iter().map(|[x, y]| plane.at(*x, *y)).collect();
        let stroke = stroke(canvas, curve.series);
        canvas.line(points, stroke);
    }
}

/// Draw the reference line.
pub fn reference(canvas: &mut Canvas, plane: &Plane, from: [f64; 2], to: [f64; 2]) {
    let stroke = reference_stroke(canvas);
    canvas.line(vec![plane.at(from[0], from[1]), plane.at(to[0], to[1])], stroke);
}

/// The legend of the curves and their reference line.
pub fn legend(canvas: &Canvas, curves: &[Curve], reference: String) -> Vec<Entry> {
    let entry = |curve: &Curve| {
        Entry::new(Sample::Line(stroke(canvas, curve.series)), curve.name).with(curve.value.clone())
    };
    let mut entries: Vec<Entry> = curves.iter().map(entry).collect();
    entries.push(Entry::new(Sample::Line(reference_stroke(canvas)), reference));
    entries
}

fn stroke(canvas: &Canvas, series: Series) -> Stroke {
    Stroke::new(series.colour, canvas.px(2.2)).dashed(series.dash)
}

fn reference_stroke(canvas: &Canvas) -> Stroke {
    Stroke::new(REFERENCE, canvas.px(1.2)).dashed(Dash::Short)
}

/// The points up to an x value, with the interpolated point at that value.
fn cut(points: &[[f64; 2]], up_to: f64) -> Vec<[f64; 2]> {
    let within = points.iter().take_while(|[x, _]| *x <= up_to).count();
    let mut cut = points[..within].to_vec();
    if let (Some([x0, y0]), Some([x1, y1])) = (cut.last().copied(), points.get(within)) {
        cut.push([up_to, y0 + (y1 - y0) * (up_to - x0) / (x1 - x0)]);
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_cut_at_the_end_of_the_panel() {
        let points = [[0.0, 0.0], [0.0, 0.4], [0.2, 0.8], [1.0, 1.0]];
        assert_eq!(cut(&points, 0.1), [[0.0, 0.0], [0.0, 0.4], [0.1, 0.600_000_000_000_000_1]]);
        assert_eq!(cut(&points, 1.0), points);
    }
}
