//! The table in four panels: suspicious rows by hour, by category, by a number, and off hours.
//!
//! A panel that the table has no column for makes room for another number.

use super::hours::{self, Look as Columns};
use crate::plot::style::{NORMAL, SUSPICIOUS};
use crate::plot::canvas::scale::Unit;
use crate::plot::scene::Rect;
use crate::plot::canvas::{Heading, Sheet};
use super::spread::{self, Look, Measure};
use crate::plot::Kind;
use crate::plot::canvas::legend;
use crate::plot::charts::{bars, caption};
use crate::error::{Error, Result};
use crate::explore::{ClassHistogram, Exploration, FeatureKind, Group, Grouping};
use crate::report::{TableReport, fixed};

pub fn draw(sheet: &mut Sheet, table: &TableReport) -> Result<()> {
    let Some(exploration) = &table.exploration else {
        return Err(caption::not_in_report(table, Kind::Overview, "exploration of the table"));
    };
    let panels = panels(exploration);
    if panels.is_empty() {
        return Err(Error::table(&table.table, "there is no time, category, boolean or number to draw"));
    }
    let area = sheet.frame(&heading(table, exploration, &panels));
    let labelled = exploration.suspicious_rows.is_some();
    let area = if panels.iter().any(|panel| matches!(panel, Panel::Number(_))) {
        let words = if labelled { ["normal", "suspicious"] } else { ["all rows", ""] };
        let entries = spread::legend(sheet, words.map(str::to_owned), labelled);
        legend::draw(sheet, area, &entries)
    } else {
        area
    };
    let columns = panels.len().min(2);
    let cells = area.grid(columns, panels.len().div_ceil(columns), sheet.px(16.0));
    for (panel, cell) in panels.iter().zip(cells) {
        draw_panel(sheet, cell, panel, exploration);
    }
    Ok(())
}

/// One of the four.
enum Panel<'a> {
    Hours,
    Groups(&'a Grouping),
    Number(&'a ClassHistogram),
}

const PANELS: usize = 4;

fn panels(exploration: &Exploration) -> Vec<Panel<'_>> {
    let numbers = numbers(exploration);
    let off_hours = off_hours(exploration);
    let taken = off_hours.map(|grouping| grouping.feature.as_str());
    let mut panels: Vec<Panel> = Vec::new();
    panels.extend((!exploration.by_hour.is_empty()).then_some(Panel::Hours));
    panels.extend(category(exploration, taken).map(Panel::Groups));
    panels.extend(numbers.first().map(|number| Panel::Number(number)));
    panels.extend(off_hours.map(Panel::Groups));
    let more = numbers.iter().skip(1).map(|number| Panel::Number(number));
    panels.extend(more.take(PANELS - panels.len().min(PANELS)));
    panels
}

/// How strongly a feature goes with the label; 0 where that is unknown.
fn association(exploration: &Exploration, feature: &str) -> f64 {
    let found = exploration.features.iter().find(|summary| summary.name == feature);
    found.and_then(|summary| summary.association).map_or(0.0, f64::abs)
}

fn kind(exploration: &Exploration, feature: &str) -> Option<FeatureKind> {
    exploration.features.iter().find(|summary| summary.name == feature).map(|summary| summary.kind)
}

/// Numbers, those first that go with the label; among equals, those with more bins in use.
fn numbers(exploration: &Exploration) -> Vec<&ClassHistogram> {
    let mut numbers: Vec<&ClassHistogram> = exploration.by_class.iter().collect();
    numbers.sort_by(|a, b| {
        let [a, b] = [a, b].map(|number| association(exploration, &number.feature));
        b.total_cmp(&a)
    });
    numbers
}

fn strongest<'a>(exploration: &'a Exploration, of: FeatureKind, but: Option<&str>) -> Option<&'a Grouping> {
    let fits = |grouping: &&Grouping| {
        kind(exploration, &grouping.feature) == Some(of)
            && Some(grouping.feature.as_str()) != but
            && !grouping.groups.is_empty()
    };
    let strength = |grouping: &Grouping| association(exploration, &grouping.feature);
    let found = exploration.by_category.iter().filter(fits);
    found.rev().max_by(|a, b| strength(a).total_cmp(&strength(b)))
}

/// The category that goes with the label most; a boolean where there is none.
fn category<'a>(exploration: &'a Exploration, but: Option<&str>) -> Option<&'a Grouping> {
    strongest(exploration, FeatureKind::Category, but)
        .or_else(|| strongest(exploration, FeatureKind::Boolean, but))
}

/// The boolean about off hours; where there is none, the one that goes with the label most.
fn off_hours(exploration: &Exploration) -> Option<&Grouping> {
    let named = |grouping: &&Grouping| grouping.feature.contains("off_hours") && !grouping.groups.is_empty();
    let found = exploration.by_category.iter().find(named);
    found.or_else(|| strongest(exploration, FeatureKind::Boolean, None))
}

fn draw_panel(sheet: &mut Sheet, cell: Rect, panel: &Panel, exploration: &Exploration) {
    let area = sheet.panel(cell, &title(panel, exploration), 1);
    match panel {
        Panel::Hours => by_hour(sheet, area, exploration),
        Panel::Groups(grouping) => bars::draw(sheet, area, &grouping.groups, exploration.rows),
        Panel::Number(number) => {
            let y = if exploration.suspicious_rows.is_some() { "share of class" } else { "share of rows" };
            let look = Look { measure: Measure::ShareOfClass, x: &number.feature, y, threshold: None };
            spread::draw(sheet, area, &number.histogram, look);
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

/// The group with the highest share, in words.
fn highest(panel: &Panel, exploration: &Exploration) -> String {
    let share = |group: &Group| {
        let (part, whole) =
            group.suspicious.map_or((group.rows, exploration.rows), |some| (some, group.rows));
        (part as f64 / whole.max(1) as f64, caption::part(part, whole))
    };
    let (groups, before) = match panel {
        Panel::Hours => (&exploration.by_hour, "hour "),
        Panel::Groups(grouping) => (&grouping.groups, ""),
        Panel::Number(_) => return String::new(),
    };
    let found = groups.iter().rev().max_by(|a, b| share(a).0.total_cmp(&share(b).0));
    found.map_or(String::new(), |group| format!(", highest in {before}{}: {}", group.name, share(group).1))
}

fn by_hour(sheet: &mut Sheet, area: Rect, exploration: &Exploration) {
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
    hours::columns(sheet, area, hours, &values, look);
}

fn heading(table: &TableReport, exploration: &Exploration, panels: &[Panel]) -> Heading {
    let titles: Vec<String> =
        panels.iter().map(|panel| title(panel, exploration) + &highest(panel, exploration)).collect();
    let strongest = numbers(exploration).first().map_or(String::new(), |number| {
        let strength = association(exploration, &number.feature);
        format!(" {} has a correlation of {} with the label.", number.feature, fixed(Some(strength)))
    });
    Heading {
        title: caption::title(table, Kind::Overview),
        subtitle: caption::all(table),
        caption: "Every row of the table is counted; of several columns of a kind, the one that goes with the label \
                  most is shown."
            .to_owned(),
        description: format!("Panels: {}.{strongest}", titles.join("; ")),
    }
}
