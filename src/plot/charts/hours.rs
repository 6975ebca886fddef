//! Rows and suspicious rows by hour of the day.

use crate::plot::canvas::axes::{self, Axis};
use crate::plot::render::font;
use crate::plot::style::{Colour, NORMAL, SUSPICIOUS};
use crate::plot::canvas::scale::{Scale, Unit};
use crate::plot::scene::{Fill, Rect};
use crate::plot::canvas::{Heading, Sheet};
use crate::plot::Kind;
use crate::plot::charts::caption;
use crate::error::{Error, Result};
use crate::explore::Group;
use crate::report::{TableReport, count};

pub fn draw(sheet: &mut Sheet, table: &TableReport) -> Result<()> {
    let Some(exploration) = &table.exploration else {
        return Err(caption::not_in_report(table, Kind::Hours, "exploration of the table"));
    };
    let hours = &exploration.by_hour;
    if hours.is_empty() {
        return Err(Error::Request(format!(
            "{}: rows by hour need times, and the table has no time column; `whis-lab plot overview` shows what it \
             has",
            table.table
        )));
    }
    let area = sheet.frame(&heading(table, hours));
    let labelled = exploration.suspicious_rows.is_some();
    let panels = area.grid(1, if labelled { 2 } else { 1 }, sheet.px(10.0));
    let rows: Vec<f64> = hours.iter().map(|hour| hour.rows as f64).collect();
    let widest = count(hours.iter().map(|hour| hour.rows).max().unwrap_or_default());
    let room = font::width(&widest, sheet.small_size(), false);
    let panel = sheet.panel(panels[0], "all rows", 1);
    let look = Look { y: "rows", unit: Unit::Number, colour: NORMAL, room };
    columns(sheet, panel, hours, &rows, look);
    if labelled {
        let panel = sheet.panel(panels[1], "suspicious rows", 1);
        columns(sheet, panel, hours, &suspicious(hours), Look { colour: SUSPICIOUS, ..look });
    }
    Ok(())
}

/// How standing bars by hour look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub y: &'static str,
    pub unit: Unit,
    pub colour: Colour,
    /// As in [`Axis`].
    pub room: f64,
}

/// Standing bars, one an hour.
pub fn columns(sheet: &mut Sheet, panel: Rect, hours: &[Group], values: &[f64], look: Look) {
    let most = values.iter().copied().fold(0.0, f64::max);
    let least = if look.unit == Unit::Percent { 0.001 } else { 1.0 };
    let ticks = (0..24).map(|hour| (f64::from(hour), hour.to_string())).collect();
    let x = Axis::at(Scale::linear(-0.6, 23.6), "hour of the day (UTC)", ticks);
    let y = Axis::new(Scale::linear(0.0, (most * 1.06).max(least)), look.y, look.unit);
    let y = Axis { room: look.room, ..y };
    let plane = axes::draw(sheet, panel, &x, &y);
    for (at, value) in values.iter().enumerate().filter(|(_, value)| **value > 0.0) {
        let hour = hour(hours, at);
        let bar = plane.rect((hour - 0.4, 0.0), (hour + 0.4, *value));
        sheet.area(bar, Fill::solid(look.colour));
    }
}

/// Suspicious rows in each hour.
fn suspicious(hours: &[Group]) -> Vec<f64> {
    hours.iter().map(|hour| hour.suspicious.unwrap_or_default() as f64).collect()
}

/// The hour that a group is about: its name, or else its place.
fn hour(hours: &[Group], at: usize) -> f64 {
    hours.get(at).and_then(|group| group.name.parse().ok()).unwrap_or(at as f64)
}

/// "most in hour 14 (3,210)".
fn most(hours: &[Group], of: fn(&Group) -> u64) -> String {
    let busiest = hours.iter().enumerate().rev().max_by_key(|(_, group)| of(group));
    busiest.map_or(String::new(), |(at, group)| {
        format!("most in hour {} ({})", hour(hours, at), count(of(group)))
    })
}

fn heading(table: &TableReport, hours: &[Group]) -> Heading {
    let rows = most(hours, |group| group.rows);
    let suspicious = match table.suspicious_rows {
        Some(_) => {
            format!(" Suspicious rows: {}.", most(hours, |group| group.suspicious.unwrap_or_default()))
        }
        None => String::new(),
    };
    Heading {
        title: caption::title(table, Kind::Hours),
        subtitle: caption::all(table),
        caption: "Hours in UTC; every row of the table is counted.".to_owned(),
        description: format!("Rows: {rows}.{suspicious}"),
    }
}
