//! The memory of all columns of a baseline, which goes on from part to part of a store.

use super::account::{Age, LastSeen};
use super::column::{BaselineColumn, Only, Statistic};
use super::events::{Events, MISSING, Row, pair, replay};
use super::first_seen::FirstSeen;
use super::peers::Peers;
use super::surprise::{Surprise, SurpriseHour};
use super::volume::Volume;
use super::window::{Distinct, Window};
use crate::table::{Column, Values};
use hashbrown::HashMap;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a baseline is built.
#[derive(Clone, Debug)]
pub struct Options {
    /// The time in which an entity is new, in microseconds: nothing is known about it.
    pub settling: i64,
    /// The largest number of pairs that a first-seen column remembers.
    pub most_pairs: u64,
    /// The group of each user, by keys; without it, the nearest users are the peers.
    pub groups: BTreeMap<u64, u64>,
}

impl Default for Options {
    fn default() -> Self {
        let settling = super::super::calendar::DAY;
        Options { settling, most_pairs: 20_000_000, groups: BTreeMap::new() }
    }
}

/// The baseline columns of a store. Rows come in parts, in the order of time.
#[derive(Debug, Deserialize, Serialize)]
pub struct Baseline {
    columns: Vec<Remembered>,
    /// The time of the first row of the store.
    start: Option<i64>,
    /// The time of the last row.
    last: Option<i64>,
}

/// A column and what it remembers.
#[derive(Debug, Deserialize, Serialize)]
struct Remembered {
    /// As JSON, so that a state says which columns it is of.
    definition: String,
    #[serde(skip)]
    column: Option<BaselineColumn>,
    memory: Memory,
    /// How many values are missing.
    missing: u64,
    values: u64,
}

#[derive(Debug, Deserialize, Serialize)]
enum Memory {
    FirstSeen(FirstSeen),
    Window(Window),
    Distinct(Distinct),
    Surprise(Surprise),
    SurpriseHour(SurpriseHour),
    Volume(Volume),
    Peers(Peers),
    LastSeen(LastSeen),
    Age(Age),
}

/// One for all rows: columns about a value alone are about the whole store.
const STORE: u64 = 1;

impl Baseline {
    /// A baseline of these columns that remembers nothing.
    pub fn new(columns: &[BaselineColumn], options: &Options) -> Self {
        let remembered = |column: &BaselineColumn| Remembered {
            definition: definition(column),
            memory: Memory::new(column, options),
            column: Some(column.clone()),
            missing: 0,
            values: 0,
        };
        Baseline { columns: columns.iter().map(remembered).collect(), start: None, last: None }
    }

    /// The columns.
    pub fn definitions(&self) -> impl Iterator<Item = &BaselineColumn> {
        self.columns.iter().filter_map(|remembered| remembered.column.as_ref())
    }

    /// Set the columns of a baseline that was read. Whether they are those it was built for.
    pub fn is_of(&mut self, columns: &[BaselineColumn]) -> bool {
        let same = |(remembered, column): (&Remembered, &BaselineColumn)| {
            remembered.definition == definition(column)
        };
        let is_same = self.columns.len() == columns.len() && self.columns.iter().zip(columns).all(same);
        let both = self.columns.iter_mut().zip(columns);
        both.for_each(|(remembered, column)| remembered.column = Some(column.clone()));
        is_same
    }

    /// The time of the last row; `None` before the first.
    pub fn last(&self) -> Option<i64> {
        self.last
    }

    /// For each column its name, the number of its values and how many of them are missing.
    pub fn counts(&self) -> impl Iterator<Item = (&BaselineColumn, u64, u64)> {
        let counts = |r: &'_ Remembered| (r.values, r.missing);
        self.columns.iter().filter_map(move |r| {
            let (values, missing) = counts(r);
            Some((r.column.as_ref()?, values, missing))
        })
    }

    /// The number of pairs that were forgotten because there were too many.
    pub fn forgotten(&self) -> u64 {
        let forgotten = |remembered: &Remembered| match &remembered.memory {
            Memory::FirstSeen(first) => first.forgotten(),
            _ => 0,
        };
        self.columns.iter().map(forgotten).sum()
    }

    /// The columns of the next rows of some tables, for each table in the order of the definitions. All rows come after
    /// those of earlier calls.
    pub fn next(&mut self, tables: &BTreeMap<String, Events>) -> BTreeMap<String, Vec<Column>> {
        let times =
            || tables.values().flat_map(|events| [events.times.first(), events.times.last()]).flatten();
        self.start = self.start.or(times().min().copied());
        self.last = times().max().copied().max(self.last);
        let start = self.start.unwrap_or_default();
        let none = BTreeMap::new();
        let independent = |remembered: &Remembered| !remembered.counts_others();
        let mut values: Vec<Vec<f64>> = self
            .columns
            .par_iter_mut()
            .map(|own| if independent(own) { own.next(tables, &none, start) } else { Vec::new() })
            .collect();
        let flags: BTreeMap<(String, String), Vec<bool>> =
            self.columns.iter().zip(&values).filter_map(|(own, values)| own.flags(values)).collect();
        let rest = self.columns.par_iter_mut().zip(&mut values).filter(|(own, _)| own.counts_others());
        rest.for_each(|(own, values)| *values = own.next(tables, &flags, start));
        let mut found: BTreeMap<String, Vec<Column>> = BTreeMap::new();
        for (own, values) in self.columns.iter().zip(values) {
            if let Some(column) = &own.column {
                let values = Values::Real(values);
                found
                    .entry(column.table.clone())
                    .or_default()
                    .push(Column { name: column.name.clone(), values });
            }
        }
        found
    }

    /// Forget what no later row can see, so that equal pasts are equal states.
    pub fn settle(&mut self) {
        let Some(last) = self.last else { return };
        self.columns.iter_mut().for_each(|remembered| remembered.memory.expire(last));
    }
}

fn definition(column: &BaselineColumn) -> String {
    // The definition came from JSON.
    serde_json::to_string(column).unwrap_or_default()
}

impl Remembered {
    fn counts_others(&self) -> bool {
        self.column.as_ref().is_some_and(|column| column.statistic == Statistic::NewPairs)
    }

    /// The rows with a first pair, for columns that count them.
    fn flags(&self, values: &[f64]) -> Option<((String, String), Vec<bool>)> {
        let column = self.column.as_ref().filter(|column| column.statistic == Statistic::First)?;
        let flags = values.iter().map(|value| *value == 1.0).collect();
        Some(((column.table.clone(), column.name.clone()), flags))
    }

    fn next(
        &mut self,
        tables: &BTreeMap<String, Events>,
        flags: &BTreeMap<(String, String), Vec<bool>>,
        start: i64,
    ) -> Vec<f64> {
        let Some(column) = &self.column else { return Vec::new() };
        let empty = Events::default();
        let own = tables.get(&column.table).unwrap_or(&empty);
        let other = column.events.as_ref().map(|other| tables.get(&other.table).unwrap_or(&empty));
        let rows = rows(own, column, &column.of, None);
        let mut values = match (&column.events, other) {
            (Some(by), Some(other)) => {
                let of = std::slice::from_ref(&by.of);
                let counts = counted(other, column.only.as_ref());
                self.memory.replay(rows, self::rows(other, column, of, counts))
            }
            _ => {
                let counts = match column.statistic {
                    Statistic::NewPairs => Some(new_pairs(column, flags, own.times.len())),
                    _ => counted(own, column.only.as_ref()),
                };
                self.memory.replay(rows, self::rows(own, column, &column.of, counts))
            }
        };
        let known_from = start.saturating_add(column.known_after());
        for (value, time) in values.iter_mut().zip(&own.times) {
            if *time < known_from {
                *value = f64::NAN;
            }
        }
        self.values += values.len() as u64;
        self.missing += values.iter().filter(|value| value.is_nan()).count() as u64;
        values
    }
}

impl BaselineColumn {
    /// How long after the start of the store its values are known. A window that reaches back further than the store is
    /// not known. First-seen flags and shares look back as far as there is something.
    fn known_after(&self) -> i64 {
        match self.statistic {
            Statistic::NewPairs | Statistic::Distinct | Statistic::Volume | Statistic::Count => {
                self.span.map_or(0, |span| span.0)
            }
            _ => 0,
        }
    }
}

/// How often each event counts.
fn counted(events: &Events, only: Option<&Only>) -> Option<Vec<u32>> {
    events.counted(only).map(|counted| counted.into_iter().map(u32::from).collect())
}

/// The number of first pairs of each row.
fn new_pairs(
    column: &BaselineColumn,
    flags: &BTreeMap<(String, String), Vec<bool>>,
    rows: usize,
) -> Vec<u32> {
    let mut counts = vec![0; rows];
    for name in &column.counts {
        let found = flags.get(&(column.table.clone(), name.clone())).map_or(&[][..], Vec::as_slice);
        counts.iter_mut().zip(found).for_each(|(count, flag)| *count += u32::from(*flag));
    }
    counts
}

/// The rows of a table as a column sees them.
fn rows<'a>(
    events: &'a Events,
    column: &'a BaselineColumn,
    of: &[String],
    counts: Option<Vec<u32>>,
) -> impl Iterator<Item = Row> + 'a {
    let keys = |name: Option<&String>| name.and_then(|name| events.keys(name));
    let (entities, values) = (keys(of.first()), keys(of.get(1)));
    let links = keys(column.neighbors_by.as_ref());
    let is_of_store = of.len() == 1 && column.statistic == Statistic::First;
    let is_pair = of.len() > 1;
    let at = |keys: Option<&[u64]>, row: usize| keys.map_or(MISSING, |keys| keys[row]);
    events.times.iter().enumerate().map(move |(row, &time)| {
        let first = at(entities, row);
        let value = if is_pair { at(values, row) } else { first };
        let both = if is_pair { pair(first, value) } else { first };
        let entity = if is_of_store { STORE } else { first };
        let count = counts.as_ref().map_or(1, |counts| counts[row]);
        Row { time, entity, value, pair: both, link: at(links, row), count }
    })
}

impl Memory {
    fn new(column: &BaselineColumn, options: &Options) -> Self {
        let span = column.span.map_or(0, |span| span.0);
        let half_life = column.half_life.map_or(1, |span| span.0.max(1));
        match column.statistic {
            Statistic::First => Memory::FirstSeen(FirstSeen::new(span, options.settling, options.most_pairs)),
            Statistic::NewPairs | Statistic::Count => Memory::Window(Window::new(span)),
            Statistic::Surprise => Memory::Surprise(Surprise::new(half_life, options.settling)),
            Statistic::SurpriseHour => Memory::SurpriseHour(SurpriseHour::new(half_life, options.settling)),
            Statistic::Distinct => Memory::Distinct(Distinct::new(span)),
            Statistic::Volume => Memory::Volume(Volume::new(span)),
            Statistic::PeerShare => {
                let groups: HashMap<u64, u64> =
                    options.groups.iter().map(|(user, group)| (*user, *group)).collect();
                Memory::Peers(Peers::new(span, groups))
            }
            Statistic::DaysSince => Memory::LastSeen(LastSeen::days()),
            Statistic::Dormant => Memory::LastSeen(LastSeen::silence(span)),
            Statistic::Age => Memory::Age(Age::default()),
        }
    }

    fn replay(&mut self, rows: impl Iterator<Item = Row>, events: impl Iterator<Item = Row>) -> Vec<f64> {
        match self {
            Memory::FirstSeen(past) => replay(past, rows, events),
            Memory::Window(past) => replay(past, rows, events),
            Memory::Distinct(past) => replay(past, rows, events),
            Memory::Surprise(past) => replay(past, rows, events),
            Memory::SurpriseHour(past) => replay(past, rows, events),
            Memory::Volume(past) => replay(past, rows, events),
            Memory::Peers(past) => replay(past, rows, events),
            Memory::LastSeen(past) => replay(past, rows, events),
            Memory::Age(past) => replay(past, rows, events),
        }
    }

    fn expire(&mut self, time: i64) {
        match self {
            Memory::FirstSeen(past) => past.expire(time),
            Memory::Window(past) => past.expire(time),
            Memory::Distinct(past) => past.expire(time),
            Memory::Volume(past) => past.expire(time),
            _ => {}
        }
    }
}
