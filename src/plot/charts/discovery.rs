//! Suspicious rows found against verdicts given: taught, in the untaught order, and at random.

use super::curve::{self, Curve, Names};
use crate::metrics::{Interval, Summary};
use crate::plot::canvas::axes::{self, Axis, Plane};
use crate::plot::canvas::legend;
use crate::plot::canvas::scale::{Scale, Unit};
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::scene::{Fill, Mark, Point};
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
    let bands: Vec<Vec<Within>> =
        detectors.iter().flat_map(|detector| [band(detector, taught), band(detector, untaught)]).collect();
    let drawn = |at: &usize| curves[*at].series.is_some();
    let ends = (0..bands.len()).filter(drawn).flat_map(|at| &bands[at]).map(|(_, interval)| interval.high);
    let highest = points.iter().map(|points| last(points)).chain(ends).fold(1.0, f64::max);
    let random =
        detectors.first().and_then(|detector| detector.discovery.last()).map_or(0.0, |last| last.random);
    let end = table.verdicts as f64;
    let area = canvas.frame(&heading(table, &curves));
    let entries = curve::legend(canvas, &curves, format!("at random: {random:.1} expected"));
    let area = legend::draw(canvas, area, &entries);
    let x = Axis::new(Scale::linear(0.0, end), "verdicts", Unit::Number);
    let y = Axis::new(Scale::linear(0.0, highest * 1.05), "suspicious rows found", Unit::Number);
    let plane = axes::draw(canvas, area, &x, &y);
    for (curve, band) in curves.iter().zip(&bands) {
        curve.series.iter().for_each(|series| shade(canvas, &plane, *series, band));
    }
    curve::reference(canvas, &plane, [0.0, 0.0], [end, random]);
    curve::lines(canvas, &plane, &curves, end, Names { x: "verdicts", y: "found" });
}

fn taught(point: &Discovery) -> Summary {
    point.taught
}

fn untaught(point: &Discovery) -> Summary {
    point.untaught
}

fn line(detector: &DetectorFeedback, of: fn(&Discovery) -> Summary) -> Vec<[f64; 2]> {
    let points = detector.discovery.iter().map(|point| [point.verdicts as f64, of(point).mean]);
    std::iter::once([0.0, 0.0]).chain(points).collect()
}

/// Verdicts, and the 95 % interval of the mean number found.
type Within = (f64, Interval);

/// The intervals over the splits; none with one split.
fn band(detector: &DetectorFeedback, of: fn(&Discovery) -> Summary) -> Vec<Within> {
    let within = |point: &Discovery| {
        let verdicts = point.verdicts as f64;
        Some((verdicts, of(point).interval_within(0.0, verdicts)?))
    };
    detector.discovery.iter().filter_map(within).collect()
}

/// Shade the intervals, from the origin on.
fn shade(canvas: &mut Canvas, plane: &Plane, series: Series, band: &[Within]) {
    if band.is_empty() {
        return;
    }
    let high = band.iter().map(|(verdicts, within)| plane.at(*verdicts, within.high));
    let low = band.iter().rev().map(|(verdicts, within)| plane.at(*verdicts, within.low));
    let corners: Vec<Point> = std::iter::once(plane.at(0.0, 0.0)).chain(high).chain(low).collect();
    canvas.add(Mark::Area { corners, fill: Fill { colour: series.colour, opacity: 0.15 } });
}

fn found(detector: &DetectorFeedback) -> f64 {
    detector.discovery.last().map_or(0.0, |point| point.taught.mean)
}

fn heading(table: &TableFeedback, curves: &[Curve]) -> Heading {
    Heading {
        title: format!("{}: what verdicts find", table.table),
        subtitle: format!(
            "an analyst played by the label; the detector learns {} verdicts at a time; means over {} splits",
            table.batch, table.seeds
        ),
        caption: format!(
            "Higher is better. Distinct rows, of which {:.0} of {:.0} are suspicious.{} Grey lines are the orders of untaught \
             detectors, if there are several detectors.",
            table.shown_half[1],
            table.shown_half[0],
            if table.seeds > 1 { " Shaded: the 95 % interval of the mean over the splits." } else { "" }
        ),
        description: format!("Most found first: {}.", curve::description(curves)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Size;

    fn table(runs: usize) -> TableFeedback {
        let summary = |mean: f64| Summary { runs, mean, sd: (runs > 1).then_some(2.0) };
        let point = |batch: usize| Discovery {
            verdicts: 10 * batch,
            taught: summary(6.0 * batch as f64),
            untaught: summary(3.0 * batch as f64),
            random: batch as f64,
        };
        let detector = |name: &str| DetectorFeedback {
            detector: name.to_owned(),
            discovery: (1..=4).map(point).collect(),
            untaught_average_precision: None,
            taught_average_precision: None,
            untaught_auc: None,
            taught_auc: None,
        };
        TableFeedback {
            table: "t".to_owned(),
            rows: 200,
            suspicious_rows: 40,
            verdicts: 40,
            batch: 10,
            analyst_error: 0.0,
            explore: 0.0,
            seeds: runs as u64,
            shown_half: [100.0, 20.0],
            detectors: ["a", "b"].map(detector).to_vec(),
        }
    }

    fn areas(table: &TableFeedback) -> Vec<Vec<Point>> {
        let mut canvas = Canvas::new(Size::new(800, 600).unwrap());
        draw(&mut canvas, table);
        let corners = canvas.scene.marks.into_iter().filter_map(|mark| match mark {
            Mark::Area { corners, .. } => Some(corners),
            _ => None,
        });
        corners.collect()
    }

    #[test]
    fn the_intervals_over_the_splits_are_shaded_around_the_lines_in_color() {
        let areas = areas(&table(5));
        assert_eq!(areas.len(), 2, "the untaught orders are grey lines");
        for corners in areas {
            assert_eq!(corners.len(), 1 + 2 * 4);
            // Both ends of the last interval: above one another, the upper one first.
            assert!(corners[4].x == corners[5].x && corners[4].y < corners[5].y, "{corners:?}");
        }
    }

    #[test]
    fn one_split_has_no_interval() {
        assert!(areas(&table(1)).is_empty());
    }
}
