//! The hours in which an entity does more than usual.

use crate::error::{Error, Result};
use crate::event_features::baseline::{EntityKind, MEASURES, Measure};
use crate::event_features::calendar::DAY;
use crate::metrics::benjamini_hochberg;
use crate::progress::Count;
use crate::schema::Kind;
use crate::table::{self, Batch, Batches, Categories, Column, Values};
use serde::Serialize;
use std::path::PathBuf;

/// Whose hours, and which are alerts.
#[derive(Clone, Debug)]
pub struct TimelineRequest {
    /// A store with the hours of its entities.
    pub store: PathBuf,
    /// Whose hours.
    pub by: EntityKind,
    /// What to look at; empty for everything.
    pub measures: Vec<String>,
    /// Only this entity.
    pub entity: Option<String>,
    /// Which cells of a day are alerts.
    pub rule: AlertRule,
    /// Rows of the first days are left out, in microseconds.
    pub warm_up: i64,
}

/// Which cells of a day are alerts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AlertRule {
    /// Benjamini & Hochberg (1995) over the cells of the day: at most this share of the alerts is expected to be false.
    Fdr(f64),
    /// The cells with the smallest p, this many a day.
    PerDay(usize),
}

/// A count of an entity in an hour.
#[derive(Clone, Debug, Serialize)]
pub struct HourCell {
    /// The entity, as the store names it.
    pub entity: String,
    /// The beginning of the hour, in microseconds since 1970.
    #[serde(skip)]
    pub time: i64,
    /// The beginning of the hour.
    pub hour: String,
    /// What is counted.
    pub measure: String,
    /// The count.
    pub count: f64,
    /// The mean of what is usual.
    pub expected: f64,
    /// 95 % of the counts are not above.
    pub high: f64,
    /// The upper tail of the count.
    pub p: f64,
    /// p after Benjamini and Hochberg over the cells of its day.
    pub q: f64,
    /// 100 (1 - p): the share of usual counts below it, in percent.
    pub severity: f64,
    /// Which hours are the basis.
    pub basis: String,
    /// The attacks of its events, if the store knows them. They are not used.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub attack_ids: String,
}

/// The alerts of a store.
#[derive(Clone, Debug, Serialize)]
pub struct Timeline {
    /// The version of this format.
    pub format: u32,
    /// Whose hours.
    pub by: &'static str,
    /// The number of counts that were looked at.
    pub cells: u64,
    /// The number of days.
    pub days: u64,
    /// The alerts, the smallest p first.
    pub alerts: Vec<HourCell>,
}

/// The alerts of the hours of a store.
///
/// # Errors
/// If the store has no hours, a measure is unknown, or no hour is of the entity.
pub fn timeline(request: &TimelineRequest, read: &Count) -> Result<Timeline> {
    let measures = measures(request)?;
    let name = request.by.table();
    let path = table::in_store(&request.store, name)?.ok_or_else(|| {
        Error::input(&request.store, format!("the store has no {name}; `whis-lab baseline` counts the hours"))
    })?;
    let mut all = Timeline { format: 1, by: request.by.name(), cells: 0, days: 0, alerts: Vec::new() };
    let (mut today, mut open, mut start) = (i64::MIN, Vec::new(), None);
    for batch in Batches::open(&path, 1 << 16, false)?.counted_by(read) {
        let batch = batch?;
        for cell in cells(&batch, request, &measures)? {
            let since = *start.get_or_insert(cell.time);
            if cell.time < since.saturating_add(request.warm_up) {
                continue;
            }
            let day = cell.time.div_euclid(DAY);
            if day != today {
                all.finish(&mut open, request.rule);
                today = day;
            }
            open.push(cell);
        }
    }
    all.finish(&mut open, request.rule);
    if all.cells == 0 {
        let reason = match &request.entity {
            Some(entity) => format!("no hour after the warm-up is of the {} `{entity}`", all.by),
            None => "no hour after the warm-up has a baseline".to_owned(),
        };
        return Err(Error::input(&path, reason));
    }
    all.alerts.sort_by(|a, b| {
        a.p.total_cmp(&b.p)
            .then_with(|| (b.count - b.expected).total_cmp(&(a.count - a.expected)))
            .then_with(|| a.time.cmp(&b.time))
            .then_with(|| a.entity.cmp(&b.entity))
    });
    Ok(all)
}

impl Timeline {
    /// A day ends.
    fn finish(&mut self, cells: &mut Vec<HourCell>, rule: AlertRule) {
        if cells.is_empty() {
            return;
        }
        self.days += 1;
        self.cells += cells.len() as u64;
        let adjusted = benjamini_hochberg(&cells.iter().map(|cell| cell.p).collect::<Vec<f64>>());
        for (cell, q) in cells.iter_mut().zip(adjusted) {
            cell.q = q;
        }
        match rule {
            AlertRule::Fdr(share) => cells.retain(|cell| cell.q <= share),
            AlertRule::PerDay(number) => {
                cells.sort_by(|a, b| a.p.total_cmp(&b.p).then_with(|| a.entity.cmp(&b.entity)));
                cells.truncate(number);
            }
        }
        self.alerts.append(cells);
    }

    /// One row for each alert.
    pub fn columns(&self) -> Vec<Column> {
        let column = |name: &str, values: Values| Column { name: name.to_owned(), values };
        let text = |value: &dyn Fn(&HourCell) -> &str| {
            let level = |cell| Some(value(cell)).filter(|text| !text.is_empty());
            Values::Text(self.alerts.iter().map(level).collect::<Categories>())
        };
        let real = |value: &dyn Fn(&HourCell) -> f64| Values::Real(self.alerts.iter().map(value).collect());
        vec![
            column("hour", Values::Time(self.alerts.iter().map(|cell| cell.time).collect())),
            column(self.by, text(&|cell| &cell.entity)),
            column("measure", text(&|cell| &cell.measure)),
            column("count", real(&|cell| cell.count)),
            column("expected", real(&|cell| cell.expected)),
            column("high", real(&|cell| cell.high)),
            column("p", real(&|cell| cell.p)),
            column("q", real(&|cell| cell.q)),
            column("severity", real(&|cell| cell.severity)),
            column("basis", text(&|cell| &cell.basis)),
            column("attack_ids", text(&|cell| &cell.attack_ids)),
        ]
    }
}

fn measures(request: &TimelineRequest) -> Result<Vec<&'static str>> {
    let all = MEASURES.map(|measure: Measure| measure.name(request.by));
    let known = |name: &String| {
        let names = || all.iter().map(ToString::to_string).collect();
        all.iter()
            .find(|known| *known == name)
            .copied()
            .ok_or_else(|| Error::unknown_name("measure", name, names()))
    };
    match request.measures.is_empty() {
        true => Ok(all.to_vec()),
        false => request.measures.iter().map(known).collect(),
    }
}

/// The counts of a batch that have a baseline.
fn cells(batch: &Batch, request: &TimelineRequest, measures: &[&str]) -> Result<Vec<HourCell>> {
    let times = batch.times("hour")?;
    let entities = batch.texts(request.by.name())?;
    let attacks = batch.has("attack_ids").then(|| batch.texts("attack_ids")).transpose()?;
    let mut cells = Vec::new();
    for measure in measures {
        let number = |name: &str| {
            let column = batch.feature(&format!("{measure}{name}"), Kind::Numeric)?;
            Ok::<_, Error>(column.map(|column| column.values.reals()).unwrap_or_default())
        };
        let (counts, expected, high, p) =
            (number("")?, number("_expected")?, number("_high")?, number("_p")?);
        let bases = batch.texts(&format!("{measure}_basis"))?;
        for (row, &time) in times.iter().enumerate() {
            let (Some(entity), Some(&p)) = (entities.level(row), p.get(row).filter(|p| p.is_finite())) else {
                continue;
            };
            if request.entity.as_ref().is_some_and(|wanted| wanted != entity) {
                continue;
            }
            cells.push(HourCell {
                entity: entity.to_owned(),
                time,
                hour: table::rfc3339(time).unwrap_or_default(),
                measure: (*measure).to_owned(),
                count: counts[row],
                expected: expected[row],
                high: high[row],
                p,
                q: p,
                severity: 100.0 * (1.0 - p),
                basis: bases.level(row).unwrap_or_default().to_owned(),
                attack_ids: attacks.as_ref().and_then(|own| own.level(row)).unwrap_or_default().to_owned(),
            });
        }
    }
    cells.sort_by_key(|cell| cell.time);
    Ok(cells)
}
