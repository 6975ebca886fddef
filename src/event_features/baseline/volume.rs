//! Too much: the count of a running window against the same hours of the weeks before.

use super::super::calendar::HOUR;
use super::events::{Past, Row};
use super::season::{Series, Usual};
use super::sorted;
use super::window::Window;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// The running count of an entity and its history by hours.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Volume {
    window: Window,
    /// The length of the window in hours.
    length: u32,
    #[serde(with = "sorted")]
    entities: HashMap<u64, Entity>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct Entity {
    series: Series,
    /// The hour that is being counted, and its count so far.
    hour: u32,
    count: u32,
    /// What is usual at `hour`; computed again when it is asked for.
    #[serde(skip)]
    usual: Option<(u32, Option<Usual>)>,
}

impl Volume {
    pub(super) fn new(span: i64) -> Self {
        Volume { window: Window::new(span), length: (span / HOUR) as u32, entities: HashMap::new() }
    }

    pub(super) fn expire(&mut self, time: i64) {
        self.window.expire(time);
    }
}

/// Bursts within a week after which a level counts as changed.
const ADAPT: u32 = 5;

pub(super) fn hour_of(time: i64) -> u32 {
    time.div_euclid(HOUR).clamp(0, i64::from(u32::MAX) - 10_000) as u32
}

impl Past for Volume {
    /// For a window of several hours the median and the spread of an hour are multiplied by its length and its root.
    fn value(&mut self, row: &Row) -> f64 {
        let count = self.window.count(row.entity, row.time);
        let hour = hour_of(row.time);
        // A row makes its entity known, whether or not it counts: none of its failures is a count of 0.
        let entity = self.entities.entry(row.entity).or_insert_with(|| Entity::new(hour));
        entity.begin(hour);
        if entity.usual.is_none_or(|(at, _)| at != hour) {
            entity.usual = Some((hour, entity.series.usual(hour)));
        }
        let length = f64::from(self.length);
        entity.usual.and_then(|(_, usual)| usual).map_or(f64::NAN, |usual| {
            let median = usual.median * length;
            (f64::from(count) - median) / (usual.spread * length.sqrt())
        })
    }

    fn see(&mut self, row: &Row) {
        self.window.push(row.entity, row.time, row.count);
        // Events leave the window also if no row asks.
        self.window.expire(row.time);
        let hour = hour_of(row.time);
        let entity = self.entities.entry(row.entity).or_insert_with(|| Entity::new(hour));
        entity.begin(hour);
        entity.count += row.count;
    }
}

impl Entity {
    fn new(hour: u32) -> Self {
        Entity { series: Series::new(hour), hour, ..Entity::default() }
    }

    /// An hour begins: the one before is part of the history.
    fn begin(&mut self, hour: u32) {
        if hour > self.hour {
            self.series.push_robust(self.hour, self.count, ADAPT);
            (self.hour, self.count, self.usual) = (hour, 0, None);
        }
    }
}
