//! The data of charts about an entity and about the store.

use super::novelty::{Novelty, Plateau};
use super::risk::{RiskRequest, risks};
use super::timeline::{AlertRule, TimelineRequest, timeline};
use crate::error::{Error, Result};
use crate::event_features::baseline::EntityKind;
use crate::event_features::calendar::{DAY, HOUR};
use crate::progress::Count;
use crate::report::{EntityHour, EntityHours, EntityLink, EntityLinks, EntityWeek, NoveltyCurves};
use crate::schema::Kind;
use crate::table::{self, Batches};
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

/// The half-life of the weight of a link.
const HALF_LIFE: f64 = 14.0 * DAY as f64;
/// A first logon in the last days is new.
const NEW_DAYS: i64 = 7;
/// The most hosts of a chart.
const MOST_HOSTS: usize = 30;

/// The entity with the highest risk of a store, for charts of one entity.
///
/// # Errors
/// If the store has no baseline columns, or no entity a risk.
pub fn riskiest(store: &Path, by: EntityKind) -> Result<String> {
    let request = RiskRequest { store: store.to_owned(), by, warm_up: 7 * DAY };
    let first = risks(&request, &Count::default())?.risks.into_iter().next();
    first.map(|risk| risk.entity).ok_or_else(|| Error::input(store, "no entity has a risk; name one"))
}

fn path(store: &Path, table: &str) -> Result<PathBuf> {
    table::in_store(store, table)?.ok_or_else(|| Error::input(store, format!("the store has no {table}")))
}

/// The counts of an entity, with the alerts at a false discovery rate of 5 %.
///
/// # Errors
/// If the store has no hours, the measure is unknown, or no hour is of the entity.
pub fn entity_hours(store: &Path, by: EntityKind, entity: &str, measure: &str) -> Result<EntityHours> {
    let request = TimelineRequest {
        store: store.to_owned(),
        by,
        measures: vec![measure.to_owned()],
        entity: None,
        rule: AlertRule::Fdr(0.05),
        warm_up: 0,
    };
    let alerts = timeline(&request, &Count::default())?.alerts;
    let alerts: HashSet<i64> =
        alerts.into_iter().filter(|cell| cell.entity == entity).map(|cell| cell.time).collect();
    let mut hours = Vec::new();
    for batch in Batches::open(&path(store, by.table())?, 1 << 16, false)? {
        let batch = batch?;
        let (times, entities) = (batch.times("hour")?, batch.texts(by.name())?);
        let reals = |name: &str| {
            let column = batch.feature(name, Kind::Numeric)?;
            Ok::<_, Error>(column.map(|column| column.values.reals()).unwrap_or_default())
        };
        let (counts, expected) = (reals(measure)?, reals(&format!("{measure}_expected"))?);
        let high = reals(&format!("{measure}_high"))?;
        let labels = batch.feature("is_suspicious", Kind::Numeric)?;
        for row in (0..times.len()).filter(|&row| entities.level(row) == Some(entity)) {
            hours.push(EntityHour {
                hour: times[row].div_euclid(HOUR),
                count: counts[row],
                expected: expected[row],
                high: high[row],
                is_alert: alerts.contains(&times[row]),
                is_suspicious: labels.as_ref().is_some_and(|labels| labels.values.real(row) == 1.0),
            });
        }
    }
    if hours.is_empty() {
        return Err(Error::input(store, format!("no hour is of the {} `{entity}`", by.name())));
    }
    Ok(EntityHours {
        kind: by.name().to_owned(),
        entity: entity.to_owned(),
        measure: measure.to_owned(),
        hours,
    })
}

/// The week of an entity, and that of all others.
///
/// # Errors
/// As [`entity_hours`].
pub fn entity_week(store: &Path, by: EntityKind, entity: &str, measure: &str) -> Result<EntityWeek> {
    let (mut own, mut others) = (vec![0.0; 168], vec![0.0; 168]);
    let (mut names, mut ends) = (HashSet::new(), None::<(i64, i64)>);
    for batch in Batches::open(&path(store, by.table())?, 1 << 16, false)? {
        let batch = batch?;
        let (times, entities) = (batch.times("hour")?, batch.texts(by.name())?);
        let counts = batch.feature(measure, Kind::Numeric)?;
        let counts = counts
            .ok_or_else(|| Error::Request(format!("there is no measure `{measure}` of a {}", by.name())))?;
        names.extend(entities.levels.iter().cloned());
        for (row, time) in times.iter().enumerate() {
            let hour = time.div_euclid(HOUR);
            let (first, last) = ends.unwrap_or((hour, hour));
            ends = Some((first.min(hour), last.max(hour)));
            // 1970-01-01 was a Thursday.
            let of_week = (hour + 72).rem_euclid(168) as usize;
            let counts = counts.values.real(row);
            if entities.level(row) == Some(entity) {
                own[of_week] += counts
            } else {
                others[of_week] += counts
            }
        }
    }
    if !names.remove(entity) {
        return Err(Error::input(store, format!("no hour is of the {} `{entity}`", by.name())));
    }
    let weeks = ends.map_or(1.0, |(first, last)| ((last - first + 1) as f64 / 168.0).max(1.0));
    own.iter_mut().for_each(|sum| *sum /= weeks);
    others.iter_mut().for_each(|sum| *sum /= weeks * names.len().max(1) as f64);
    let (kind, entity) = (by.name().to_owned(), entity.to_owned());
    Ok(EntityWeek { kind, entity, measure: measure.to_owned(), own, others })
}

/// The share of first pairs of each day.
///
/// # Errors
/// If the store has no logons with first-seen flags.
pub fn novelty(store: &Path) -> Result<NoveltyCurves> {
    const NAMES: [(&str, &str); 3] = [
        ("first_user_host", "user on host"),
        ("first_user_src", "user from source"),
        ("first_src_host", "source to host"),
    ];
    let mut found: BTreeMap<usize, Novelty> = BTreeMap::new();
    for batch in Batches::open(&path(store, "auth_events")?, 1 << 16, false)? {
        let batch = batch?;
        let times = batch.times("ts")?;
        for (at, (name, _)) in NAMES.iter().enumerate() {
            let Some(column) = batch.feature(name, Kind::Numeric)? else { continue };
            let novelty = found.entry(at).or_default();
            let row = |(row, time): (usize, &i64)| (time.div_euclid(DAY), column.values.real(row) != 0.0);
            times.iter().enumerate().map(row).for_each(|(day, is_first)| novelty.add(day, is_first));
        }
    }
    let first_day = found.values().filter_map(|own| own.shares().next()).map(|(day, _)| day).min();
    let Some(first_day) = first_day else {
        return Err(Error::input(store, "the store has no first-seen flags; `whis-lab baseline` adds them"));
    };
    let flat_after = found.values().next().and_then(|own| match own.plateau() {
        Plateau::After(day) => Some(f64::from(day)),
        _ => None,
    });
    let points = |own: &Novelty| own.shares().map(|(day, share)| [(day - first_day) as f64, share]).collect();
    let curves = found.iter().map(|(at, own)| (NAMES[*at].1.to_owned(), points(own))).collect();
    Ok(NoveltyCurves { first_day, curves, flat_after })
}

/// The hosts of a user.
///
/// # Errors
/// If the store has no logons of the user.
pub fn entity_links(store: &Path, user: &str) -> Result<EntityLinks> {
    let mut hosts: BTreeMap<String, (Vec<i64>, i64)> = BTreeMap::new();
    let mut last = i64::MIN;
    for batch in Batches::open(&path(store, "auth_events")?, 1 << 16, false)? {
        let batch = batch?;
        let (times, users, names) = (batch.times("ts")?, batch.texts("user_hash")?, batch.texts("host")?);
        last = times.iter().copied().max().unwrap_or(i64::MIN).max(last);
        for row in (0..times.len()).filter(|&row| users.level(row) == Some(user)) {
            let host = names.level(row).unwrap_or("?");
            hosts.entry(host.to_owned()).or_insert((Vec::new(), times[row])).0.push(times[row]);
        }
    }
    if hosts.is_empty() {
        return Err(Error::input(store, format!("no logon is of the user `{user}`")));
    }
    let link = |(host, (times, first)): (String, (Vec<i64>, i64))| EntityLink {
        host,
        weight: times.iter().map(|time| ((time - last) as f64 / HALF_LIFE).exp2()).sum(),
        logons: times.len() as u64,
        is_new: first > last - NEW_DAYS * DAY,
    };
    let mut links: Vec<EntityLink> = hosts.into_iter().map(link).collect();
    // New hosts stay in the chart.
    links.sort_by(|a, b| b.is_new.cmp(&a.is_new).then(b.weight.total_cmp(&a.weight)));
    let left_out = links.len().saturating_sub(MOST_HOSTS);
    links.truncate(MOST_HOSTS);
    links.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.host.cmp(&b.host)));
    Ok(EntityLinks { entity: user.to_owned(), hosts: links, left_out, new_days: NEW_DAYS })
}
