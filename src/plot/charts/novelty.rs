//! The share of rows of each day whose pair has no earlier event.

use super::curve::{self, Curve, Names};
use crate::plot::canvas::axes::{self, Axis};
use crate::plot::canvas::legend;
use crate::plot::canvas::scale::{Scale, Unit};
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::style::Series;
use crate::report::{NoveltyCurves, percent};

pub fn draw(canvas: &mut Canvas, own: &NoveltyCurves) {
    let last = |points: &[[f64; 2]]| points.last().map_or(0.0, |point| point[1]);
    let curves: Vec<Curve> = own
        .curves
        .iter()
        .enumerate()
        .map(|(at, (name, points))| Curve {
            series: Some(Series::at(at)),
            name,
            value: format!(": {} on the last day", percent(last(points))),
            points,
        })
        .collect();
    let end =
        own.curves.iter().filter_map(|(_, points)| points.last()).map(|point| point[0]).fold(1.0, f64::max);
    let area = canvas.frame(&heading(own, &curves));
    let flat = match own.flat_after {
        Some(day) => format!("flat after {day:.0} days: a warm-up"),
        None => "it does not flatten".to_owned(),
    };
    let area = legend::draw(canvas, area, &curve::legend(canvas, &curves, flat));
    let x = Axis::new(Scale::linear(0.0, end), "days since the store begins", Unit::Count);
    let y = Axis::new(Scale::linear(0.0, 1.0), "share of logons", Unit::Percent);
    let plane = axes::draw(canvas, area, &x, &y);
    if let Some(day) = own.flat_after {
        curve::reference(canvas, &plane, [day, 0.0], [day, 1.0]);
    }
    curve::lines(canvas, &plane, &curves, end, Names { x: "day", y: "share" });
}

fn heading(own: &NoveltyCurves, curves: &[Curve]) -> Heading {
    let from = crate::table::rfc3339(own.first_day * 86_400_000_000).unwrap_or_default();
    Heading {
        title: "First pairs by day".to_owned(),
        subtitle: format!(
            "the share of logons whose pair has no earlier event, from {} on",
            from.get(..10).unwrap_or("")
        ),
        caption: "While it falls, everything looks new. Entities on their first day count as new. Days with few rows are \
                  left out.".to_owned(),
        description: curve::description(curves),
    }
}
