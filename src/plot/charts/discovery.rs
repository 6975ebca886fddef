//! Suspicious rows found against verdicts given: taught, in the untaught order, and at random.

use super::curve::{self, Curve, Names};
use crate::plot::canvas::axes::{self, Axis};
use crate::plot::canvas::legend;
use crate::plot::canvas::scale::{Scale, Unit};
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::style::Series;
use crate::report::{DetectorFeedback, Discovery, TableFeedback};

pub fn draw(canvas: &mut Canvas, table: &TableFeedback) {
    let mut detectors: Vec<&DetectorFeedback> = table.detectors.iter().collect();
    detectors.sort_by(|a, b| found(b).total_cmp(&found(a)));
    let points: Vec<Vec<[f64; 2]>> =
        detectors.iter().flat_map(|detector| [line(detector, taught), line(detector, untaught)]).collect();
    let names: Vec<String> = detectors
        .iter()
        .flat_map(|own| [own.detector.clone(), format!("{}, untaught", own.detector)])
        .collect();
    let last = |points: &[[f64; 2]]| points.last().map_or(0.0, |point| point[1]);
    // With several detectors, the untaught orders are grey lines.
    let style = |at: usize| match (at % 2, detectors.len()) {
        (0, _) if at / 2 < curve::HIGHLIGHTED => Some(Series::at(at / 2)),
        (1, 1) => Some(Series::at(1)),
        _ => None,
    };
    let curves: Vec<Curve> = (0..points.len())
        .map(|at| Curve {
            series: style(at),
            name: &names[at],
            value: format!(": {:.1} found", last(&points[at])),
            points: &points[at],
        })
        .collect();
    let highest = points.iter().map(|points| last(points)).fold(1.0, f64::max);
    let random =
        detectors.first().and_then(|detector| detector.discovery.last()).map_or(0.0, |last| last.random);
    let end = table.verdicts as f64;
    let area = canvas.frame(&heading(table, &curves));
    let entries = curve::legend(canvas, &curves, format!("at random: {random:.1} expected"));
    let area = legend::draw(canvas, area, &entries);
    let x = Axis::new(Scale::linear(0.0, end), "verdicts", Unit::Number);
    let y = Axis::new(Scale::linear(0.0, highest * 1.05), "suspicious rows found", Unit::Number);
    let plane = axes::draw(canvas, area, &x, &y);
    curve::reference(canvas, &plane, [0.0, 0.0], [end, random]);
    curve::lines(canvas, &plane, &curves, end, Names { x: "verdicts", y: "found" });
}

fn taught(point: &Discovery) -> f64 {
    point.taught.mean
}

fn untaught(point: &Discovery) -> f64 {
    point.untaught.mean
}

fn line(detector: &DetectorFeedback, of: fn(&Discovery) -> f64) -> Vec<[f64; 2]> {
    let points = detector.discovery.iter().map(|point| [point.verdicts as f64, of(point)]);
    std::iter::once([0.0, 0.0]).chain(points).collect()
}

fn found(detector: &DetectorFeedback) -> f64 {
    detector.discovery.last().map_or(0.0, taught)
}

fn heading(table: &TableFeedback, curves: &[Curve]) -> Heading {
    Heading {
        title: format!("{}: what verdicts find", table.table),
        subtitle: format!(
            "an analyst played by the label; the detector learns {} verdicts at a time; means over {} splits",
            table.batch, table.seeds
        ),
        caption: format!(
            "Higher is better. Distinct rows, of which {:.0} of {:.0} are suspicious. Grey lines are the orders of untaught \
             detectors, if there are several detectors.",
            table.shown_half[1], table.shown_half[0]
        ),
        description: format!("Most found first: {}.", curve::description(curves)),
    }
}
