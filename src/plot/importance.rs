//! What the scores of each detector owe to each feature: one row a feature, one point a detector, with the
//! interval of its estimate as a bar.

use super::axes::{self, Axis, Plane, Ticks};
use super::font;
use super::ink::{GRID, REFERENCE, Series};
use super::legend::{self, Entry, Sample};
use super::scale::{Scale, Unit};
use super::scene::{Anchor, Fill, Mark, Point, Rect, Stroke};
use super::sheet::{Heading, Sheet};
use super::{Kind, wording};
use crate::error::Result;
use crate::metrics::Interval;
use crate::report::{FeatureImportance, Importance, TableReport, count};

pub fn draw(sheet: &mut Sheet, table: &TableReport) -> Result<()> {
    let detectors = detectors(table)?;
    let features = ranked(&detectors);
    let whole = heading(table, &detectors, features.len(), features.len());
    let part = |shown: usize| heading(table, &detectors, features.len(), shown);
    // How many rows there is room for is known only once the words around them stand, so they are set on a copy.
    let fits = |heading: &Heading| {
        let mut copy = sheet.clone();
        let area = copy.frame(heading);
        let area = legend_below(&mut copy, area, &detectors);
        Rows::new(&copy, area, &features, detectors.len()).names.len()
    };
    let all = fits(&whole) == features.len();
    let shown = if all { features.len() } else { fits(&part(features.len() - 1)) };
    let area = sheet.frame(&part(shown));
    let area = legend_below(sheet, area, &detectors);
    panels(sheet, area, &detectors, &features[..shown]);
    Ok(())
}

/// A detector with its importances.
struct Detector<'a> {
    name: &'a str,
    series: Series,
    importance: &'a Importance,
}

/// An estimate with its interval, where it has one.
type Value = (f64, Option<Interval>);

/// One way to measure importance, as a panel.
struct Measure {
    title: &'static str,
    of: fn(&FeatureImportance) -> Option<Value>,
    scale: Scale,
}

fn detectors(table: &TableReport) -> Result<Vec<Detector<'_>>> {
    let runs = wording::runs(table)?.into_iter();
    let detectors: Vec<Detector> = runs
        .filter_map(|(place, run)| {
            let importance = run.importance.as_ref().filter(|importance| !importance.features.is_empty())?;
            Some(Detector { name: &run.detector, series: Series::at(place), importance })
        })
        .collect();
    match detectors.is_empty() {
        true => Err(wording::not_in_report(table, Kind::Importance, "feature importance")),
        false => Ok(detectors),
    }
}

/// The names of the features, the most important first: by the mean fall of the ranking over all detectors.
fn ranked<'a>(detectors: &[Detector<'a>]) -> Vec<&'a str> {
    let mean = |name: &str| {
        let found = detectors.iter().filter_map(|detector| feature(detector, name));
        found.map(weight).sum::<f64>()
    };
    let first = detectors[0].importance.features.iter();
    let mut names: Vec<(f64, &str)> =
        first.map(|feature| (mean(&feature.feature), feature.feature.as_str())).collect();
    names.sort_by(|a, b| b.0.total_cmp(&a.0));
    names.into_iter().map(|(_, name)| name).collect()
}

fn feature<'a>(detector: &Detector<'a>, name: &str) -> Option<&'a FeatureImportance> {
    detector.importance.features.iter().find(|feature| feature.feature == name)
}

fn weight(feature: &FeatureImportance) -> f64 {
    let falls = [feature.ranking_fall, feature.auc_fall].into_iter().flatten();
    falls.map(|fall| fall.mean).chain(feature.rank_correlation.map(f64::abs)).next().unwrap_or(0.0)
}

fn measures(detectors: &[Detector]) -> Vec<Measure> {
    let mut measures = vec![
        Measure { title: "fall of the ranking", of: ranking_fall, scale: Scale::linear(0.0, 1.0) },
        Measure { title: "fall of the AUC", of: auc_fall, scale: Scale::linear(0.0, 1.0) },
        Measure { title: "rank correlation", of: correlation, scale: Scale::linear(-1.05, 1.05) },
    ];
    for measure in &mut measures[..2] {
        measure.scale = around_zero(&values(detectors, measure.of));
    }
    measures.retain(|measure| !values(detectors, measure.of).is_empty());
    measures
}

fn ranking_fall(feature: &FeatureImportance) -> Option<Value> {
    feature.ranking_fall.map(|fall| (fall.mean, Some(fall.interval)))
}

fn auc_fall(feature: &FeatureImportance) -> Option<Value> {
    feature.auc_fall.map(|fall| (fall.mean, Some(fall.interval)))
}

fn correlation(feature: &FeatureImportance) -> Option<Value> {
    feature.rank_correlation.map(|correlation| (correlation, None))
}

fn values(detectors: &[Detector], of: fn(&FeatureImportance) -> Option<Value>) -> Vec<Value> {
    detectors.iter().flat_map(|detector| detector.importance.features.iter().filter_map(of)).collect()
}

fn around_zero(values: &[Value]) -> Scale {
    let ends = values.iter().flat_map(|(mean, interval)| {
        interval.map_or([*mean, *mean], |interval| [interval.low.min(*mean), interval.high.max(*mean)])
    });
    Scale::around(ends.chain([0.0]), 0.05)
}

fn legend_below(sheet: &mut Sheet, area: Rect, detectors: &[Detector]) -> Rect {
    let sample = |detector: &Detector| Sample::Dot(detector.series.shape, detector.series.colour);
    let entries: Vec<Entry> =
        detectors.iter().map(|detector| Entry::new(sample(detector), detector.name)).collect();
    legend::draw(sheet, area, &entries)
}

/// How rows share the height: all measures have the same.
struct Rows<'a> {
    names: Vec<&'a str>,
    /// Of the names.
    size: f64,
    height: f64,
    /// Of the column of names.
    width: f64,
}

impl<'a> Rows<'a> {
    fn new(sheet: &Sheet, area: Rect, features: &[&'a str], detectors: usize) -> Rows<'a> {
        let least = sheet.px(10.0).max(sheet.px(3.2) * detectors as f64);
        let room = (area.height() - around(sheet)).max(least);
        let fit = ((room / least) as usize).max(1);
        let names = features[..features.len().min(fit)].to_vec();
        let height = room / names.len() as f64;
        let size = (height / 1.12).min(sheet.small_size());
        let widest = names.iter().map(|name| font::width(name, size, false)).fold(0.0, f64::max);
        Rows { names, size, height, width: widest.min(area.width() * 0.36) + size * 0.6 }
    }
}

/// The height of what stands above and below the rows: two lines of titles, one of ticks.
fn around(sheet: &Sheet) -> f64 {
    sheet.text_size() * 2.85 + sheet.small_size() * 2.0
}

fn panels(sheet: &mut Sheet, area: Rect, detectors: &[Detector], features: &[&str]) {
    let measures = measures(detectors);
    let rows = Rows::new(sheet, area, features, detectors.len());
    let right = area.inset(rows.width, 0.0, 0.0, 0.0);
    let cells = right.grid(measures.len(), 1, sheet.px(12.0));
    let titles: Vec<&str> = measures.iter().map(|measure| measure.title).collect();
    let lines = sheet.lines_of(&titles, cells[0].width());
    let mut names_drawn = false;
    for (measure, panel) in measures.iter().zip(cells) {
        let panel = sheet.panel(panel, measure.title, lines);
        let x = Axis::new(measure.scale, "", Unit::Number);
        let y = Axis { scale: upwards(&rows), title: String::new(), ticks: Ticks::At(vec![]) };
        let plane = axes::draw(sheet, panel, &x, &y);
        if !names_drawn {
            names(sheet, area.left, &plane, &rows);
            names_drawn = true;
        }
        bands(sheet, &plane, rows.names.len());
        zero(sheet, &plane);
        for (at, detector) in detectors.iter().enumerate() {
            points(sheet, &plane, &rows, detector, (at, detectors.len()), measure);
        }
    }
}

/// The first row on top.
fn upwards(rows: &Rows) -> Scale {
    Scale::linear(0.0, rows.names.len() as f64)
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

fn heading(table: &TableReport, detectors: &[Detector], features: usize, shown: usize) -> Heading {
    let importance = detectors[0].importance;
    let first = |detector: &Detector| {
        let own = ranked(&[Detector { ..*detector }]);
        format!("{}: {}", detector.name, own[..own.len().min(3)].join(", "))
    };
    let listed: Vec<String> = detectors.iter().map(first).collect();
    let most = match shown < features {
        true => format!("The {shown} most important of {features} features; a higher chart shows more. "),
        false => String::new(),
    };
    Heading {
        title: wording::title(table, Kind::Importance),
        subtitle: wording::scored(table),
        caption: format!(
            "{most}Fall: how far the order of the scores (1 − Spearman) and the AUC fall when a column is shuffled; \
             mean and 95 % interval of {} repeats on {} of {} rows. Correlation: Spearman, of feature and score.",
            count(importance.repeats),
            count(importance.rows),
            count(table.scored_rows as u64)
        ),
        description: format!("{features} features. The most important by detector: {}.", listed.join("; ")),
    }
}
