//! Counts per entity and hour, each beside what is usual for that entity at that hour.

use super::super::calendar::HOUR;
use super::events::MISSING;
use super::season::{Series, Usual};
use super::sorted;
use super::volume::hour_of;
use crate::table::{Categories, Column, Values};
use hashbrown::HashMap;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Whose hours are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntityKind {
    /// Accounts.
    User,
    /// Hosts.
    Host,
    /// Addresses that logons come from.
    Source,
}

/// The kinds of entities, each with a table of its own.
pub const ENTITIES: [EntityKind; 3] = [EntityKind::User, EntityKind::Host, EntityKind::Source];

impl EntityKind {
    /// The name of its column.
    pub fn name(self) -> &'static str {
        match self {
            EntityKind::User => "user",
            EntityKind::Host => "host",
            EntityKind::Source => "source",
        }
    }

    /// The name of its table.
    pub fn table(self) -> &'static str {
        match self {
            EntityKind::User => "user_hours",
            EntityKind::Host => "host_hours",
            EntityKind::Source => "source_hours",
        }
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Logons, failed ones included.
    Logons,
    /// Failed logons.
    Failures,
    /// Distinct hosts of logons; of a host, distinct users.
    Hosts,
    /// Distinct sources of logons; of a source, distinct users.
    Sources,
    /// Process starts.
    Starts,
    /// Administrative changes; of a user, those it makes.
    Changes,
    /// Pairs without an earlier event.
    FirstPairs,
}

/// The measures of all tables.
pub const MEASURES: [Measure; 7] = [
    Measure::Logons,
    Measure::Failures,
    Measure::Hosts,
    Measure::Sources,
    Measure::Starts,
    Measure::Changes,
    Measure::FirstPairs,
];

impl Measure {
    /// The name of its column in the table of these entities.
    pub fn name(self, of: EntityKind) -> &'static str {
        match (self, of) {
            (Measure::Logons, _) => "logons",
            (Measure::Failures, _) => "failures",
            (Measure::Hosts, EntityKind::Host) | (Measure::Sources, EntityKind::Source) => "users",
            (Measure::Hosts, _) => "hosts",
            (Measure::Sources, _) => "sources",
            (Measure::Starts, _) => "starts",
            (Measure::Changes, _) => "changes",
            (Measure::FirstPairs, _) => "first_pairs",
        }
    }
}

/// An event as the hours see it.
#[derive(Clone, Debug)]
pub struct HourEvent {
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    /// The keys of user, host and source; 0 if there is none.
    pub entities: [u64; 3],
    /// A logon, a start or a change.
    pub measure: Measure,
    /// Whether it is a failed logon.
    pub failed: bool,
    /// How many of its pairs have no earlier event.
    pub first_pairs: u32,
    /// The label.
    pub suspicious: Option<bool>,
    /// The attack that it is part of.
    pub attack: Option<String>,
}

/// The hours of all entities. Events come in parts, in the order of time.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct Hours {
    adapt: u32,
    kinds: [HoursOfKind; 3],
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct HoursOfKind {
    hour: u32,
    #[serde(with = "sorted")]
    cells: HashMap<u64, Cell>,
    #[serde(with = "sorted")]
    entities: HashMap<u64, Entity>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct Entity {
    name: String,
    first: u32,
    last: u32,
    series: [Option<Box<Series>>; MEASURES.len()],
}

/// The events of an entity in the current hour.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Cell {
    counts: [u32; MEASURES.len()],
    distinct: [BTreeSet<u64>; 2],
    suspicious: Option<bool>,
    attacks: BTreeSet<String>,
}

/// The rows of a table of hours.
#[derive(Debug, Default)]
pub struct HourRows(Vec<HourRow>);

#[derive(Debug)]
struct HourRow {
    entity: String,
    hour: u32,
    counts: [u32; MEASURES.len()],
    usual: [Option<Usual>; MEASURES.len()],
    suspicious: Option<bool>,
    attacks: String,
}

/// An entity that is silent for 30 days is forgotten.
const SILENCE: u32 = 30 * 24;

impl Hours {
    /// No hours yet. After `adapt` bursts within a week a level counts as changed.
    pub fn new(adapt: u32) -> Self {
        Hours { adapt, ..Hours::default() }
    }

    /// Count events, which come after those of earlier calls. `names` has the names of all keys. The rows of the hours that
    /// end, for each kind of entity.
    pub fn next(
        &mut self,
        events: &[HourEvent],
        names: &std::collections::HashMap<u64, String>,
    ) -> Vec<HourRows> {
        let adapt = self.adapt;
        let of_kind = |(index, own): (usize, &mut HoursOfKind)| own.next(index, events, names, adapt);
        self.kinds.par_iter_mut().enumerate().map(of_kind).collect()
    }

    /// The rows of the hour that has not ended, as far as it goes.
    pub fn unfinished(&self) -> Vec<HourRows> {
        self.kinds.iter().map(HoursOfKind::rows).collect()
    }
}

impl HoursOfKind {
    fn next(
        &mut self,
        index: usize,
        events: &[HourEvent],
        names: &std::collections::HashMap<u64, String>,
        adapt: u32,
    ) -> HourRows {
        let mut rows = HourRows::default();
        for event in events {
            let hour = hour_of(event.time);
            if hour > self.hour {
                rows.0.extend(self.rows().0);
                self.finish(adapt);
                self.hour = hour;
            }
            let entity = event.entities[index];
            if entity != MISSING {
                self.count(index, entity, event);
                let own = self
                    .entities
                    .entry(entity)
                    .or_insert_with(|| Entity { first: hour, ..Entity::default() });
                own.last = hour;
                if own.name.is_empty() {
                    own.name = names.get(&entity).cloned().unwrap_or_default();
                }
            }
        }
        rows
    }

    fn count(&mut self, index: usize, entity: u64, event: &HourEvent) {
        let cell = self.cells.entry(entity).or_default();
        let others = [0, 1, 2].into_iter().filter(|other| *other != index).map(|other| event.entities[other]);
        if event.measure == Measure::Logons {
            for (set, other) in cell.distinct.iter_mut().zip(others).filter(|(_, other)| *other != MISSING) {
                set.insert(other);
            }
        }
        let [first, second] = [0, 1].map(|at| cell.distinct[at].len() as u32);
        // Of a source, the first other entity is the user and the second is the host.
        let (hosts, sources) = if index == 2 { (second, first) } else { (first, second) };
        let counts = &mut cell.counts;
        counts[event.measure as usize] += 1;
        counts[Measure::Failures as usize] += u32::from(event.failed);
        counts[Measure::FirstPairs as usize] += event.first_pairs;
        counts[Measure::Hosts as usize] = hosts;
        counts[Measure::Sources as usize] = sources;
        if event.suspicious.is_some() {
            cell.suspicious = Some(cell.suspicious == Some(true) || event.suspicious == Some(true));
        }
        if let Some(attack) = &event.attack
            && !cell.attacks.contains(attack)
        {
            cell.attacks.insert(attack.clone());
        }
    }

    /// The rows of the current hour.
    fn rows(&self) -> HourRows {
        let mut cells: Vec<(&u64, &Cell)> = self.cells.iter().collect();
        cells.sort_unstable_by_key(|(entity, _)| **entity);
        let row = |(entity, cell): &(&u64, &Cell)| {
            let own = self.entities.get(*entity);
            let series = |at: usize| own.and_then(|own| own.series[at].as_ref());
            HourRow {
                entity: own.map(|own| own.name.clone()).unwrap_or_default(),
                hour: self.hour,
                counts: cell.counts,
                usual: std::array::from_fn(|at| match (series(at), own) {
                    (Some(series), _) => series.usual(self.hour),
                    // The first time that anything is counted: the entity's hours so far are all 0.
                    (None, Some(own)) if cell.counts[at] > 0 => Series::new(own.first).usual(self.hour),
                    _ => None,
                }),
                suspicious: cell.suspicious,
                attacks: cell.attacks.iter().map(String::as_str).collect::<Vec<_>>().join(" "),
            }
        };
        HourRows(cells.par_iter().map(row).collect())
    }

    /// The current hour becomes part of the history.
    fn finish(&mut self, adapt: u32) {
        for (entity, cell) in self.cells.drain() {
            let Some(own) = self.entities.get_mut(&entity) else { continue };
            let first = own.first;
            for (series, count) in own.series.iter_mut().zip(cell.counts).filter(|(_, count)| *count > 0) {
                let series = series.get_or_insert_with(|| Box::new(Series::new(first)));
                series.push(self.hour, count, adapt);
            }
        }
        if self.hour.is_multiple_of(24) {
            let oldest = self.hour.saturating_sub(SILENCE);
            self.entities.retain(|_, own| own.last >= oldest);
        }
    }
}

impl HourRows {
    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Append rows.
    pub fn extend(&mut self, other: HourRows) {
        self.0.extend(other.0);
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The columns of the table; without labels, there are no columns of labels.
    pub fn columns(&self, of: EntityKind, has_labels: bool) -> Vec<Column> {
        let column = |name: &str, values: Values| Column { name: name.to_owned(), values };
        let rows = &self.0;
        let entities: Categories = rows.iter().map(|row| Some(row.entity.as_str())).collect();
        let hours = rows.iter().map(|row| i64::from(row.hour) * HOUR).collect();
        let mut columns =
            vec![column(of.name(), Values::Text(entities)), column("hour", Values::Time(hours))];
        for (at, measure) in MEASURES.into_iter().enumerate() {
            let name = measure.name(of);
            let counts = rows.iter().map(|row| i64::from(row.counts[at])).collect();
            columns.push(column(name, Values::Integer(counts)));
            let usual = |value: &dyn Fn(&Usual, u32) -> f64| {
                let of_row = |row: &HourRow| {
                    row.usual[at].as_ref().map_or(f64::NAN, |usual| value(usual, row.counts[at]))
                };
                Values::Real(rows.iter().map(of_row).collect())
            };
            columns.push(column(&format!("{name}_expected"), usual(&|usual, _| usual.mean)));
            columns.push(column(&format!("{name}_low"), usual(&|usual, _| usual.band().0)));
            columns.push(column(&format!("{name}_high"), usual(&|usual, _| usual.band().1)));
            columns.push(column(&format!("{name}_z"), usual(&|usual, count| usual.z(f64::from(count)))));
            columns.push(column(&format!("{name}_p"), usual(&|usual, count| usual.p(count))));
            let bases: Categories =
                rows.iter().map(|row| row.usual[at].map(|usual| usual.basis.name())).collect();
            columns.push(column(&format!("{name}_basis"), Values::Text(bases)));
        }
        if has_labels {
            let suspicious = |row: &HourRow| row.suspicious == Some(true);
            columns.push(column("is_suspicious", Values::Flag(rows.iter().map(suspicious).collect())));
            let attacks: Categories =
                rows.iter().map(|row| Some(row.attacks.as_str()).filter(|text| !text.is_empty())).collect();
            columns.push(column("attack_ids", Values::Text(attacks)));
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logon(time: i64, user: u64, host: u64) -> HourEvent {
        HourEvent {
            time,
            entities: [user, host, 30],
            measure: Measure::Logons,
            failed: false,
            first_pairs: 0,
            suspicious: Some(false),
            attack: None,
        }
    }

    fn integers(columns: &[Column], name: &str) -> Vec<f64> {
        let column = columns.iter().find(|column| column.name == name).unwrap();
        (0..column.values.len()).map(|row| column.values.real(row)).collect()
    }

    #[test]
    fn an_hour_has_counts_and_distinct_counts() {
        let mut hours = Hours::new(5);
        let events = [logon(0, 1, 10), logon(5, 1, 11), logon(6, 1, 11), logon(HOUR, 1, 10)];
        let rows = hours.next(&events, &[(1, "anna".to_owned())].into());
        let columns = rows[0].columns(EntityKind::User, true);
        assert_eq!(integers(&columns, "logons"), [3.0]);
        assert_eq!(integers(&columns, "hosts"), [2.0]);
        assert_eq!(integers(&columns, "sources"), [1.0]);
        let unfinished = hours.unfinished();
        assert_eq!(integers(&unfinished[0].columns(EntityKind::User, true), "logons"), [1.0]);
        // Of a source: users and hosts.
        let columns = rows[2].columns(EntityKind::Source, true);
        assert_eq!((integers(&columns, "users"), integers(&columns, "hosts")), (vec![1.0], vec![2.0]));
    }

    #[test]
    fn a_burst_stands_out_from_the_weeks_before() {
        let mut hours = Hours::new(5);
        let at = |day: i64, index: i64| logon((day * 24 + 9) * HOUR + index, 1, 10);
        let mut events: Vec<HourEvent> =
            (0..40).flat_map(|day| (0..5).map(move |index| at(day, index))).collect();
        events.extend((0..60).map(|index| at(40, index)));
        hours.next(&events, &Default::default());
        let last = hours.unfinished();
        let columns = last[0].columns(EntityKind::User, true);
        assert!(integers(&columns, "logons_p")[0] < 1e-6);
        assert!(integers(&columns, "logons_high")[0] < 20.0);
        assert!((integers(&columns, "logons_expected")[0] - 5.0).abs() < 3.0);
    }
}
