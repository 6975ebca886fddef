//! Rows and suspicious rows by hour of the day.

use crate::error::{Error, Result};
use crate::explore::Group;
use crate::plot::canvas::axes::{self, Axis};
use crate::plot::canvas::scale::{Scale, Unit};
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::chart::Chart;
use crate::plot::charts::caption;
use crate::plot::render::font;
use crate::plot::scene::{Fill, Mark, Rect};
use crate::plot::style::{Colour, NORMAL, SUSPICIOUS};
use crate::report::{TableReport, count, percent};

pub fn draw(canvas: &mut Canvas, table: &TableReport) -> Result<()> {
    let Some(exploration) = &table.exploration else {
        return Err(caption::not_in_report(table, Chart::Hours, "exploration of the table"));
    };
    let hours = &exploration.by_hour;
    if hours.is_empty() {
        return Err(Error::Request(format!(
            "{}: rows by hour need times, but the table has no time column; draw its other columns with \
             `whis-lab plot overview`",
            table.table
        )));
    }
    let area = canvas.frame(&heading(table, hours));
    let labelled = exploration.suspicious_rows.is_some();
    let panels = area.grid(1, if labelled { 2 } else { 1 }, canvas.px(10.0));
    let rows: Vec<f64> = hours.iter().map(|hour| hour.rows as f64).collect();
    let widest = count(hours.iter().map(|hour| hour.rows).max().unwrap_or_default());
    let room = font::width(&widest, canvas.small_size(), false);
    let panel = canvas.panel(panels[0], "all rows", 1);
    let look = Look { y: "rows", unit: Unit::Number, colour: NORMAL, room };
    columns(canvas, panel, hours, &rows, look);
    if labelled {
        let panel = canvas.panel(panels[1], "suspicious rows", 1);
        columns(canvas, panel, hours, &suspicious(hours), Look { colour: SUSPICIOUS, ..look });
    }
    Ok(())
}

/// The axis title, unit and color of bars by hour.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub y: &'static str,
    pub unit: Unit,
    pub colour: Colour,
    /// See [`Axis::room`].
    pub room: f64,
}

/// Draw vertical bars, one per hour.
pub fn columns(canvas: &mut Canvas, panel: Rect, hours: &[Group], values: &[f64], look: Look) {
    let highest = values.iter().copied().fold(0.0, f64::max);
    let min = if look.unit == Unit::Percent { 0.001 } else { 1.0 };
    let ticks = (0..24).map(|hour| (f64::from(hour), hour.to_string())).collect();
    let x = Axis::at(Scale::linear(-0.6, 23.6), "hour of the day (UTC)", ticks);
    let y = Axis::new(Scale::linear(0.0, (highest * 1.06).max(min)), look.y, look.unit);
    let y = Axis { room: look.room, ..y };
    let plane = axes::draw(canvas, panel, &x, &y);
    for (at, value) in values.iter().enumerate().filter(|(_, value)| **value > 0.0) {
        let hour = hour(hours, at);
        let bar = plane.rect((hour - 0.4, 0.0), (hour + 0.4, *value));
        canvas.area(bar, Fill::solid(look.colour));
        let value = match look.unit {
            Unit::Percent => percent(*value),
            _ => count(*value as u64),
        };
        let text = format!("hour {hour}: {}, {value}", look.y);
        canvas
            .add(Mark::Hover { rect: Rect { top: plane.area.top, bottom: plane.area.bottom, ..bar }, text });
    }
}

/// The number of suspicious rows in each hour.
fn suspicious(hours: &[Group]) -> Vec<f64> {
    hours.iter().map(|hour| hour.suspicious.unwrap_or_default() as f64).collect()
}

/// The hour of a group: its name, or else its index.
fn hour(hours: &[Group], at: usize) -> f64 {
    hours.get(at).and_then(|group| group.name.parse().ok()).unwrap_or(at as f64)
}

/// The busiest hour, such as "most in hour 14 (3,210)".
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
        title: caption::title(table, Chart::Hours),
        subtitle: caption::all(table),
        caption: "Hours in UTC; every row of the table is counted.".to_owned(),
        description: format!("Rows: {rows}.{suspicious}"),
    }
}
