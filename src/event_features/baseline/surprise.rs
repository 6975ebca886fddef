//! Rarity: the information of a value, in bits, given what the entity did before. Earlier events decay.

use super::super::calendar::HOUR;
use super::events::{Past, Row};
use super::sorted;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// A count that halves with each half-life, valid at `time`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
struct Decayed {
    count: f64,
    time: i64,
}

impl Decayed {
    fn at(&self, time: i64, half_life: i64) -> f64 {
        self.count * ((self.time - time) as f64 / half_life as f64).exp2()
    }

    fn add(&mut self, time: i64, half_life: i64) {
        *self = Decayed { count: self.at(time, half_life) + 1.0, time };
    }
}

/// -log2 of the estimated probability of a value: n of N events, K values seen (Krichevsky & Trofimov 1981).
fn bits(n: f64, all: f64, values: f64) -> f64 {
    -((n + 0.5) / (all + 0.5 * (values + 1.0))).log2()
}

/// The surprise of a value of an entity.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Surprise {
    half_life: i64,
    settling: i64,
    #[serde(with = "sorted")]
    entities: HashMap<u64, Entity>,
    #[serde(with = "sorted")]
    pairs: HashMap<u64, Decayed>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct Entity {
    since: i64,
    events: Decayed,
    values: u32,
}

impl Surprise {
    pub(super) fn new(half_life: i64, settling: i64) -> Self {
        Surprise { half_life, settling, ..Surprise::default() }
    }
}

impl Past for Surprise {
    fn value(&mut self, row: &Row) -> f64 {
        let Some(entity) = self.entities.get(&row.entity) else { return f64::NAN };
        if row.time - entity.since < self.settling {
            return f64::NAN;
        }
        let n = self.pairs.get(&row.pair).map_or(0.0, |pair| pair.at(row.time, self.half_life));
        bits(n, entity.events.at(row.time, self.half_life), f64::from(entity.values))
    }

    fn see(&mut self, row: &Row) {
        let entity = self.entities.entry(row.entity);
        let entity = entity.or_insert_with(|| Entity { since: row.time, ..Entity::default() });
        entity.events.add(row.time, self.half_life);
        self.pairs
            .entry(row.pair)
            .or_insert_with(|| {
                entity.values += 1;
                Decayed { count: 0.0, time: row.time }
            })
            .add(row.time, self.half_life);
    }
}

/// The hours of a week.
const HOURS: usize = 168;
/// With fewer (decayed) events an entity's hours of the week say nothing, and its hours of the day are taken.
const ENOUGH_FOR_WEEK: f64 = 42.0;
/// With fewer, the hours of the week of all entities are taken.
const ENOUGH_FOR_DAY: f64 = 12.0;

/// The surprise of the hour of the week of an entity.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct SurpriseHour {
    half_life: i64,
    settling: i64,
    #[serde(with = "sorted")]
    entities: HashMap<u64, Week>,
    all: Week,
}

/// Decayed counts of the hours of a week. Newer events are counted higher instead of older ones lower (forward decay,
/// Cormode et al., ICDE 2009), so an event changes one cell.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Week {
    since: i64,
    /// The time at which an event counts 1.
    reference: i64,
    cells: Vec<f64>,
}

/// The largest exponent of forward decay.
const LARGEST: f64 = 64.0;

impl Week {
    fn new(since: i64) -> Self {
        Week { since, reference: since, cells: vec![0.0; HOURS] }
    }

    fn add(&mut self, time: i64, half_life: i64) {
        let mut exponent = (time - self.reference) as f64 / half_life as f64;
        if exponent > LARGEST {
            let factor = (-exponent).exp2();
            self.cells.iter_mut().for_each(|cell| *cell *= factor);
            (self.reference, exponent) = (time, 0.0);
        }
        self.cells[hour_of_week(time)] += exponent.exp2();
    }

    /// The counts of the hours at a time.
    fn at(&self, time: i64, half_life: i64) -> impl Iterator<Item = f64> {
        let factor = ((self.reference - time) as f64 / half_life as f64).exp2();
        self.cells.iter().map(move |cell| cell * factor)
    }
}

/// The hour of the week in UTC, 0 to 167. 1970-01-01 was a Thursday: hour 0 is its first.
pub(super) fn hour_of_week(time: i64) -> usize {
    time.div_euclid(HOUR).rem_euclid(HOURS as i64) as usize
}

/// The surprise of a cell among cells in a circle, smoothed with weights 1/4, 1/2, 1/4.
fn of_circle(cells: &[f64], at: usize) -> f64 {
    let length = cells.len();
    let (before, after) = (cells[(at + length - 1) % length], cells[(at + 1) % length]);
    bits(0.25 * before + 0.5 * cells[at] + 0.25 * after, cells.iter().sum(), length as f64)
}

impl SurpriseHour {
    pub(super) fn new(half_life: i64, settling: i64) -> Self {
        SurpriseHour { half_life, settling, entities: HashMap::new(), all: Week::new(0) }
    }
}

impl Past for SurpriseHour {
    fn value(&mut self, row: &Row) -> f64 {
        let Some(week) = self.entities.get(&row.entity) else { return f64::NAN };
        if row.time - week.since < self.settling {
            return f64::NAN;
        }
        let hour = hour_of_week(row.time);
        let cells: Vec<f64> = week.at(row.time, self.half_life).collect();
        let events: f64 = cells.iter().sum();
        if events >= ENOUGH_FOR_WEEK {
            return of_circle(&cells, hour);
        }
        if events >= ENOUGH_FOR_DAY {
            let mut day = [0.0; 24];
            cells.iter().enumerate().for_each(|(hour, count)| day[hour % 24] += count);
            // In the unit of hours of the week: seven days share an hour of the day.
            return of_circle(&day, hour % 24) + 7f64.log2();
        }
        of_circle(&self.all.at(row.time, self.half_life).collect::<Vec<_>>(), hour)
    }

    fn see(&mut self, row: &Row) {
        let week = self.entities.entry(row.entity).or_insert_with(|| Week::new(row.time));
        week.add(row.time, self.half_life);
        if self.all.reference == 0 {
            self.all = Week::new(row.time);
        }
        self.all.add(row.time, self.half_life);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::calendar::DAY;
    use super::*;

    fn at(time: i64, pair: u64) -> Row {
        Row { time, entity: 1, value: pair, pair, link: 0, count: 1 }
    }

    #[test]
    fn bits_follow_the_definition() {
        let mut past = Surprise::new(14 * DAY, 0);
        (0..3).for_each(|_| past.see(&at(0, 5)));
        past.see(&at(0, 6));
        // Without decay: n = 3, N = 4, K = 2.
        assert!((past.value(&at(0, 5)) + (3.5_f64 / 5.5).log2()).abs() < 1e-12);
        // After a half-life: n = 0 of N = 2.
        assert!((past.value(&at(14 * DAY, 7)) + (0.5_f64 / 3.5).log2()).abs() < 1e-12);
    }

    #[test]
    fn a_habit_at_nine_makes_three_a_surprise() {
        let mut past = SurpriseHour::new(14 * DAY, DAY);
        for day in 0..60 {
            past.see(&at(day * DAY + 9 * HOUR, 1));
        }
        let (nine, three) =
            (past.value(&at(60 * DAY + 9 * HOUR, 1)), past.value(&at(60 * DAY + 3 * HOUR, 1)));
        assert!(three > nine + 2.0, "{nine} {three}");
    }

    #[test]
    fn years_do_not_overflow() {
        let mut past = SurpriseHour::new(DAY, 0);
        for year in 0..60 {
            past.see(&at(year * 365 * DAY, 1));
        }
        assert!(past.value(&at(60 * 365 * DAY, 1)).is_finite());
    }
}
