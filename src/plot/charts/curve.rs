//! Curves of all detectors in a plane of two shares, for ROC and precision-recall charts.
//!
//! With more than four detectors, the best four are highlighted and the others are grey. Highlighted lines
//! differ in color, dash and marker, and have their name beside them.

use super::line_label::{self, Named};
use crate::metrics::Interval;
use crate::plot::canvas::Canvas;
use crate::plot::canvas::axes::{self, Axis, Plane};
use crate::plot::canvas::legend::{Entry, Sample};
use crate::plot::canvas::scale::{Scale, Unit};
use crate::plot::scene::{Fill, Mark, Point, Rect, Stroke};
use crate::plot::style::{Dash, FADED, REFERENCE, Series};
use crate::report::{Run, TableReport, fixed};

/// The largest number of highlighted detectors. More colors and dashes are hard to tell apart.
pub const HIGHLIGHTED: usize = 4;

/// One detector's curve.
#[derive(Clone, Debug)]
pub struct Curve<'a> {
    /// The style of a highlighted curve; `None` for a grey line.
    pub series: Option<Series>,
    pub name: &'a str,
    /// ": AUC 0.9567".
    pub value: String,
    pub points: &'a [[f64; 2]],
}

/// The names of both axes, for the values under the pointer.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    pub x: &'static str,
    pub y: &'static str,
}

/// The style of each detector of a chart, best first. A highlighted detector has the same style in all
/// charts of a table if it is among the best by AUC.
pub fn styles(runs: &[(usize, &Run)], table: &TableReport) -> Vec<Option<Series>> {
    if runs.len() <= HIGHLIGHTED {
        return runs.iter().map(|(place, _)| Some(Series::at(*place))).collect();
    }
    let rank = |run: &Run| table.runs.iter().take(HIGHLIGHTED).position(|other| std::ptr::eq(other, run));
    let ranks: Vec<Option<usize>> = runs[..HIGHLIGHTED].iter().map(|(_, run)| rank(run)).collect();
    let mut free = (0..HIGHLIGHTED).filter(|place| !ranks.contains(&Some(*place)));
    let highlighted = ranks.iter().map(|rank| rank.or_else(|| free.next()).map(Series::at));
    highlighted.chain(std::iter::repeat(None)).take(runs.len()).collect()
}

/// "0.9567 [0.9481, 0.9653]".
pub fn with_interval(value: Option<f64>, interval: Option<Interval>) -> String {
    match interval {
        Some(Interval { low, high }) => format!("{} [{low:.4}, {high:.4}]", fixed(value)),
        None => fixed(value),
    }
}

/// A panel with x from 0 to the given share.
pub fn panel(canvas: &mut Canvas, outer: Rect, x: (&str, f64), y: (&str, Scale)) -> Plane {
    let unit = if x.1 < 0.5 { Unit::Percent } else { Unit::Number };
    let x = Axis::new(Scale::linear(0.0, x.1), x.0, unit);
    let unit = if matches!(y.1, Scale::Linear { .. }) { Unit::Number } else { Unit::Decades };
    axes::draw(canvas, outer, &x, &Axis::new(y.1, y.0, unit))
}

/// The names and values of all curves.
pub fn description(curves: &[Curve]) -> String {
    let texts: Vec<String> = curves.iter().map(|curve| format!("{}{}", curve.name, curve.value)).collect();
    texts.join("; ")
}

/// The sentence about grey lines; empty if all lines are highlighted.
pub fn highlighted(curves: &[Curve]) -> String {
    match curves.len() > HIGHLIGHTED {
        true => format!(" The best {HIGHLIGHTED} are in color; grey lines are the others."),
        false => String::new(),
    }
}

/// Draw the curves up to an x value, the best on top, with their names and the values under the pointer.
pub fn lines(canvas: &mut Canvas, plane: &Plane, curves: &[Curve], up_to: f64, names: Names) {
    draw_lines(canvas, plane, curves, up_to);
    let value = |value: f64| format!("{value:.3}");
    hover(canvas, plane, curves, up_to, names, (&value, &value));
}

/// As [`lines`], for points that are places on two axes from 0 to 1. `x` and `y` are the texts of the values there.
pub fn lines_of(
    canvas: &mut Canvas,
    plane: &Plane,
    curves: &[Curve],
    names: Names,
    x: impl Fn(f64) -> String,
    y: impl Fn(f64) -> String,
) {
    draw_lines(canvas, plane, curves, 1.0);
    hover(canvas, plane, curves, 1.0, names, (&x, &y));
}

fn draw_lines(canvas: &mut Canvas, plane: &Plane, curves: &[Curve], up_to: f64) {
    let mut named = Vec::new();
    for (at, curve) in curves.iter().enumerate().rev() {
        let points = cut(curve.points, up_to);
        let line: Vec<Point> = points.iter().map(|[x, y]| plane.at(*x, *y)).collect();
        let stroke = stroke(canvas, curve.series);
        canvas.line(line.clone(), stroke);
        if let Some(series) = curve.series {
            markers(canvas, plane, curve.points, up_to, (series, at));
            named.insert(0, Named { name: curve.name, line });
        }
    }
    // In a smaller panel, names would hide the lines.
    if named.len() > 1 && plane.area.width() > canvas.px(220.0) {
        line_label::draw(canvas, plane.area, &named);
    }
}

/// Markers at five places of a highlighted line. Those of different lines are at different places.
fn markers(canvas: &mut Canvas, plane: &Plane, points: &[[f64; 2]], up_to: f64, style: (Series, usize)) {
    let (series, at) = style;
    let places = (0..5).map(|place| up_to * (0.06 + 0.2 * f64::from(place) + 0.04 * at as f64));
    let points = places.filter_map(|x| Some(plane.at(x, height_at(points, x)?))).collect();
    let (radius, fill) = (canvas.px(3.4), Fill::solid(series.colour));
    canvas.add(Mark::Dots { points, shape: series.shape, radius, fill });
}

/// The texts of x and y values.
type Texts<'a> = (&'a dyn Fn(f64) -> String, &'a dyn Fn(f64) -> String);

/// Strips over the panel, each with the values of the best curves in its middle.
fn hover(canvas: &mut Canvas, plane: &Plane, curves: &[Curve], up_to: f64, names: Names, texts: Texts) {
    const STRIPS: u32 = 40;
    const MOST_CURVES: usize = 6;
    let width = plane.area.width() / f64::from(STRIPS);
    for strip in 0..STRIPS {
        let x = up_to * (f64::from(strip) + 0.5) / f64::from(STRIPS);
        let value = |curve: &Curve| Some(format!("{} {}", curve.name, texts.1(height_at(curve.points, x)?)));
        let values: Vec<String> = curves.iter().take(MOST_CURVES).filter_map(value).collect();
        let left = plane.area.left + width * f64::from(strip);
        let text = format!("{} {}, {}: {}", names.x, texts.0(x), names.y, values.join("; "));
        canvas.add(Mark::Hover { rect: Rect { left, right: left + width, ..plane.area }, text });
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
        let stroke = stroke(canvas, curve.series);
        let sample = curve.series.map_or(Sample::Line(stroke), |series| Sample::Marked(stroke, series.shape));
        Entry::new(sample, curve.name).with(curve.value.clone())
    };
    let mut entries: Vec<Entry> = curves.iter().map(entry).collect();
    entries.push(Entry::new(Sample::Line(reference_stroke(canvas)), reference));
    entries
}

fn stroke(canvas: &Canvas, series: Option<Series>) -> Stroke {
    match series {
        Some(series) => Stroke::new(series.colour, canvas.px(2.2)).dashed(series.dash),
        None => Stroke::new(FADED, canvas.px(1.2)),
    }
}

fn reference_stroke(canvas: &Canvas) -> Stroke {
    Stroke::new(REFERENCE, canvas.px(1.2)).dashed(Dash::Short)
}

/// The y value of a curve at an x value, after a jump; `None` outside the curve.
fn height_at(points: &[[f64; 2]], x: f64) -> Option<f64> {
    let pair = points.windows(2).rev().find(|pair| pair[0][0] <= x && x <= pair[1][0])?;
    let [[x0, y0], [x1, y1]] = [pair[0], pair[1]];
    Some(if x1 > x0 { y0 + (y1 - y0) * (x - x0) / (x1 - x0) } else { y1 })
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
    use crate::plot::samples;

    #[test]
    fn a_curve_is_cut_at_the_end_of_the_panel() {
        let points = [[0.0, 0.0], [0.0, 0.4], [0.2, 0.8], [1.0, 1.0]];
        assert_eq!(cut(&points, 0.1), [[0.0, 0.0], [0.0, 0.4], [0.1, 0.600_000_000_000_000_1]]);
        assert_eq!(cut(&points, 1.0), points);
    }

    #[test]
    fn the_value_at_a_jump_is_that_after_it() {
        let points = [[0.0, 0.0], [0.0, 0.4], [0.2, 0.8], [1.0, 1.0]];
        assert_eq!(height_at(&points, 0.1), Some(0.600_000_000_000_000_1));
        assert_eq!((height_at(&points, 0.0), height_at(&points, 1.1)), (Some(0.4), None));
    }

    #[test]
    fn the_best_four_of_many_detectors_differ_and_keep_their_style_in_another_order() {
        let table = samples::with(&["a".to_owned()], 6);
        let runs: Vec<(usize, &Run)> = table.runs.iter().enumerate().collect();
        let by_auc = styles(&runs, &table);
        assert_eq!(by_auc.iter().flatten().count(), HIGHLIGHTED);
        let other = [4, 1, 0, 2, 3, 5].map(|at| runs[at]);
        let by_precision = styles(&other, &table);
        assert_eq!((by_precision[1], by_precision[2]), (by_auc[1], by_auc[0]));
        assert_eq!(by_precision[0], by_auc[3], "the free style");
        assert_eq!(styles(&runs[..4], &table), (0..4).map(|at| Some(Series::at(at))).collect::<Vec<_>>());
    }
}
