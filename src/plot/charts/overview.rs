//! The table in four panels: suspicious rows by hour, by category, by a number, and by off hours.
//!
//! If the table has no column for a panel, the panel shows another number.

use super::hours::{self, Look as Columns};
use super::spread::{self, Look, Measure};
use crate::error::{Error, Result};
use crate::explore::{ClassHistogram, Exploration, FeatureKind, Group, Grouping};
use crate::plot::canvas::legend;
use crate::plot::canvas::scale::Unit;
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::chart::Chart;
use crate::plot::charts::{bars, caption};
use crate::plot::scene::Rect;
use crate::plot::style::{NORMAL, SUSPICIOUS};
use crate::report::{TableReport, fixed};

pub fn draw(canvas: &mut Canvas, table: &TableReport) -> Result<()> {
    let Some(exploration) = &table.exploration else {
        return Err(caption::not_in_report(table, Chart::Overview, "exploration of the table"));
    };
    let panels = panels(exploration);
    if panels.is_empty() {
        return Err(Error::table(&table.table, "there is no time, category, boolean or number to draw"));
    }
    let area = canvas.frame(&heading(table, exploration, &panels));
    let labelled = exploration.suspicious_rows.is_some();
    let area = if panels.iter().any(|panel| matches!(panel, Panel::Number(_))) {
        let labels = if labelled { ["normal", "suspicious"] } else { ["all rows", ""] };
        let entries = spread::legend(canvas, labels.map(str::to_owned), labelled);
        legend::draw(canvas, area, &entries)
    } else {
        area
    };
    let columns = panels.len().min(2);
    let cells = area.grid(columns, panels.len().div_ceil(columns), canvas.px(16.0));
    for (panel, cell) in panels.iter().zip(cells) {
        draw_panel(canvas, cell, panel, exploration);
    }
    Ok(())
}

/// One of the four panels.
enum Panel<'a> {
    Hours,
    Groups(&'a Grouping),
    Number(&'a ClassHistogram),
}

const PANELS: usize = 4;

fn panels(exploration: &Exploration) -> Vec<Panel<'_>> {
    let numbers = numbers(exploration);
    let off_hours = off_hours(exploration);
    let other = off_hours.map(|grouping| grouping.feature.as_str());
    let mut panels: Vec<Panel> = Vec::new();
    panels.extend((!exploration.by_hour.is_empty()).then_some(Panel::Hours));
    panels.extend(category(exploration, other).map(Panel::Groups));
    panels.extend(numbers.first().map(|number| Panel::Number(number)));
    panels.extend(off_hours.map(Panel::Groups));
    let more = numbers.iter().skip(1).map(|number| Panel::Number(number));
    panels.extend(more.take(PANELS - panels.len().min(PANELS)));
    panels
}

/// The absolute association of a feature with the label, in [0, 1]; 0 if undefined.
fn association(exploration: &Exploration, feature: &str) -> f64 {
    let summary = exploration.features.iter().find(|summary| summary.name == feature);
    summary.and_then(|summary| summary.association).map_or(0.0, f64::abs)
}

fn kind(exploration: &Exploration, feature: &str) -> Option<FeatureKind> {
    exploration.features.iter().find(|summary| summary.name == feature).map(|summary| summary.kind)
}

/// The numeric features, those with the strongest association with the label first.
fn numbers(exploration: &Exploration) -> Vec<&ClassHistogram> {
    let mut numbers: Vec<&ClassHistogram> = exploration.by_class.iter().collect();
    numbers.sort_by(|a, b| {
        let [a, b] = [a, b].map(|number| association(exploration, &number.feature));
        b.total_cmp(&a)
    });
    numbers
}

/// The rows that a group needs for a rate that is not noise: 30, and fewer in small tables.
fn enough(rows: u64) -> u64 {
    30.min(rows.div_ceil(50))
}

/// Whether the groups beside the largest have enough rows. The association of a rare value with the label is
/// often that of one row.
fn has_enough_rows(grouping: &Grouping, rows: u64) -> bool {
    grouping.groups.iter().skip(1).map(|group| group.rows).sum::<u64>() >= enough(rows)
}

/// The feature of a kind with the strongest association with the label, except one feature.
fn strongest<'a>(table: &'a Exploration, of: FeatureKind, except: Option<&str>) -> Option<&'a Grouping> {
    let is_candidate = |grouping: &&Grouping| {
        kind(table, &grouping.feature) == Some(of)
            && Some(grouping.feature.as_str()) != except
            && has_enough_rows(grouping, table.rows)
    };
    let strength = |grouping: &Grouping| association(table, &grouping.feature);
    let candidates = table.by_category.iter().filter(is_candidate);
    candidates.rev().max_by(|a, b| strength(a).total_cmp(&strength(b)))
}

/// The category with the strongest association with the label, or else such a boolean.
fn category<'a>(exploration: &'a Exploration, except: Option<&str>) -> Option<&'a Grouping> {
    strongest(exploration, FeatureKind::Category, except)
        .or_else(|| strongest(exploration, FeatureKind::Boolean, except))
}

/// The boolean for off hours, or else the boolean with the strongest association with the label.
fn off_hours(exploration: &Exploration) -> Option<&Grouping> {
    let is_off_hours =
        |grouping: &&Grouping| grouping.feature.contains("off_hours") && !grouping.groups.is_empty();
    let grouping = exploration.by_category.iter().find(is_off_hours);
    grouping.or_else(|| strongest(exploration, FeatureKind::Boolean, None))
}

fn draw_panel(canvas: &mut Canvas, cell: Rect, panel: &Panel, exploration: &Exploration) {
    let area = canvas.panel(cell, &title(panel, exploration), 1);
    match panel {
        Panel::Hours => by_hour(canvas, area, exploration),
        Panel::Groups(grouping) => {
            bars::draw(canvas, area, &grouping.groups, exploration.rows, enough(exploration.rows))
        }
        Panel::Number(number) => {
            let y = if exploration.suspicious_rows.is_some() { "share of class" } else { "share of rows" };
            let look = Look { measure: Measure::ShareOfClass, x: &number.feature, y, threshold: None };
            spread::draw(canvas, area, &number.histogram, look);
        }
    }
}

fn title(panel: &Panel, exploration: &Exploration) -> String {
    let what = if exploration.suspicious_rows.is_some() { "Suspicious rate" } else { "Rows" };
    match panel {
        Panel::Hours => format!("{what} by hour"),
        Panel::Groups(grouping) => format!("{what} by {}", grouping.feature),
        Panel::Number(number) if exploration.suspicious_rows.is_some() => {
            format!("{} by class", number.feature)
        }
        Panel::Number(number) => number.feature.clone(),
    }
}

/// The group with the highest share, such as ", highest in hour 3: 33 of 2,100 (1.6 %)".
fn highest(panel: &Panel, exploration: &Exploration) -> String {
    let share = |group: &Group| {
        let (part, whole) =
            group.suspicious.map_or((group.rows, exploration.rows), |some| (some, group.rows));
        (part as f64 / whole.max(1) as f64, caption::part(part, whole))
    };
    let (groups, prefix) = match panel {
        Panel::Hours => (&exploration.by_hour, "hour "),
        Panel::Groups(grouping) => (&grouping.groups, ""),
        Panel::Number(_) => return String::new(),
    };
    let highest = groups.iter().rev().max_by(|a, b| share(a).0.total_cmp(&share(b).0));
    highest.map_or(String::new(), |group| format!(", highest in {prefix}{}: {}", group.name, share(group).1))
}

fn by_hour(canvas: &mut Canvas, area: Rect, exploration: &Exploration) {
    let hours = &exploration.by_hour;
    let (look, values): (Columns, Vec<f64>) = match exploration.suspicious_rows {
        Some(_) => {
            let rate = |hour: &Group| hour.suspicious.unwrap_or_default() as f64 / hour.rows.max(1) as f64;
            (
                Columns { y: "suspicious rate", unit: Unit::Percent, colour: SUSPICIOUS, room: 0.0 },
                hours.iter().map(rate).collect(),
            )
        }
        None => (
            Columns { y: "rows", unit: Unit::Number, colour: NORMAL, room: 0.0 },
            hours.iter().map(|hour| hour.rows as f64).collect(),
        ),
    };
    hours::columns(canvas, area, hours, &values, look);
}

fn caption(exploration: &Exploration, panels: &[Panel]) -> String {
    if exploration.suspicious_rows.is_none() {
        return "Every row of the table is counted. Without labels, the first columns of each kind are shown.".to_owned();
    }
    let enough = enough(exploration.rows);
    let is_small = |group: &Group| group.rows < enough;
    let has_small = |panel: &Panel| match panel {
        Panel::Groups(grouping) => grouping.groups.iter().any(is_small),
        _ => false,
    };
    let faint = match panels.iter().any(has_small) {
        true => format!(" Faint bars have fewer than {enough} rows."),
        false => String::new(),
    };
    format!(
        "Every row of the table is counted. Of several columns of a kind, the one with the strongest association with \
         the label is shown.{faint}"
    )
}

fn heading(table: &TableReport, exploration: &Exploration, panels: &[Panel]) -> Heading {
    let titles: Vec<String> =
        panels.iter().map(|panel| title(panel, exploration) + &highest(panel, exploration)).collect();
    let strongest = numbers(exploration).first().map_or(String::new(), |number| {
        let strength = association(exploration, &number.feature);
        format!(" {} has a correlation of {} with the label.", number.feature, fixed(Some(strength)))
    });
    Heading {
        title: caption::title(table, Chart::Overview),
        subtitle: caption::all(table),
        caption: caption(exploration, panels),
        description: format!("Panels: {}.{strongest}", titles.join("; ")),
    }
}
