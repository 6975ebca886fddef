//! The counts of an entity over time, with the band of what is usual.

use crate::plot::canvas::axes::{self, Axis, Plane};
use crate::plot::canvas::legend::{self, Entry, Sample};
use crate::plot::canvas::scale::{Scale, Unit};
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::scene::{Fill, Mark, Point, Rect};
use crate::plot::style::{BLUE, FADED, NORMAL, SUSPICIOUS, Shape};
use crate::report::{EntityHour, EntityHours, count};

/// The opacity of the band.
const BAND: f64 = 0.45;

pub fn draw(canvas: &mut Canvas, own: &EntityHours) {
    let ends = own.hours.first().zip(own.hours.last());
    let (first, last) = ends.map_or((0, 1), |(first, last)| (first.hour, last.hour + 1));
    let highest = own.hours.iter().map(|hour| hour.count.max(finite(hour.high))).fold(1.0, f64::max);
    let area = canvas.frame(&heading(own));
    let alerts = own.hours.iter().filter(|hour| hour.is_alert).count();
    let suspicious = own.hours.iter().filter(|hour| hour.is_suspicious).count();
    let mut entries = vec![
        Entry::new(Sample::Area(Fill { colour: NORMAL, opacity: 1.0 }), "count"),
        Entry::new(Sample::Area(Fill { colour: FADED, opacity: BAND }), "usual: up to the upper end of 95 %"),
        Entry::new(Sample::Dot(Shape::Circle, SUSPICIOUS), "alert")
            .with(format!(": {}", count(alerts as u64))),
    ];
    if suspicious > 0 {
        let value = format!(": {}", count(suspicious as u64));
        entries.push(Entry::new(Sample::Dot(Shape::Down, SUSPICIOUS), "labelled hour").with(value));
    }
    let area = legend::draw(canvas, area, &entries);
    let x = Axis::at(Scale::linear(first as f64, last as f64), "day (UTC)", days(first, last));
    let y = Axis::new(Scale::linear(0.0, highest * 1.12), format!("{} an hour", own.measure), Unit::Count);
    let plane = axes::draw(canvas, area, &x, &y);
    for hour in &own.hours {
        cell(canvas, &plane, hour, &own.measure);
    }
    for (shape, lift, is_shown) in [
        (Shape::Circle, 0.025, (|hour| hour.is_alert) as fn(&EntityHour) -> bool),
        (Shape::Down, 0.065, |hour| hour.is_suspicious),
    ] {
        let shown = own.hours.iter().filter(|hour| is_shown(hour));
        let points: Vec<Point> =
            shown.map(|hour| plane.at(hour.hour as f64 + 0.5, hour.count + lift * highest)).collect();
        canvas.add(Mark::Dots { points, shape, radius: canvas.px(3.4), fill: Fill::solid(SUSPICIOUS) });
    }
}

fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { 0.0 }
}

/// The band behind, and the bar of the count in front of it.
fn cell(canvas: &mut Canvas, plane: &Plane, own: &EntityHour, measure: &str) {
    let from = own.hour as f64;
    if own.high.is_finite() {
        let band = plane.rect((from, 0.0), (from + 1.0, own.high));
        canvas.area(wide(canvas, band), Fill { colour: FADED, opacity: BAND });
    }
    let bar = wide(canvas, plane.rect((from + 0.15, 0.0), (from + 0.85, own.count)));
    canvas.area(bar, Fill::solid(if own.is_alert { SUSPICIOUS } else { BLUE }));
    let usual = match own.expected.is_finite() {
        true => format!("usual {:.1}, up to {}", own.expected, own.high),
        false => "no baseline yet".to_owned(),
    };
    let text = format!("{}: {} {measure}; {usual}", at(own.hour), own.count);
    canvas.add(Mark::Hover { rect: Rect { top: plane.area.top, bottom: plane.area.bottom, ..bar }, text });
}

/// At least a pixel wide.
fn wide(canvas: &Canvas, rect: Rect) -> Rect {
    Rect { right: rect.right.max(rect.left + canvas.px(1.0)), ..rect }
}

/// A tick at the beginning of each day.
fn days(first: i64, last: i64) -> Vec<(f64, String)> {
    let first = first.div_euclid(24) + i64::from(first.rem_euclid(24) > 0);
    (first..=last.div_euclid(24)).map(|day| (24.0 * day as f64, date(day))).collect()
}

/// "01-31".
fn date(day: i64) -> String {
    let text = crate::table::rfc3339(day * 86_400_000_000).unwrap_or_default();
    text.get(5..10).unwrap_or_default().to_owned()
}

/// "2026-01-31 14:00".
fn at(hour: i64) -> String {
    let text = crate::table::rfc3339(hour * 3_600_000_000).unwrap_or_default();
    text.get(..16).unwrap_or_default().replace('T', " ")
}

fn heading(own: &EntityHours) -> Heading {
    let highest = own.hours.iter().max_by(|a, b| a.count.total_cmp(&b.count));
    Heading {
        title: format!("{} {}: {} by the hour", own.kind, own.entity, own.measure),
        subtitle: "each hour beside what is usual for this entity at this hour of the week".to_owned(),
        caption: "Alerts: Benjamini–Hochberg over the counts of all entities of a day, at most 5 % false ones expected. Hours \
                  without an event have no bar."
            .to_owned(),
        description: highest
            .map(|hour| format!("Highest: {} at {}.", hour.count, at(hour.hour)))
            .unwrap_or_default(),
    }
}
