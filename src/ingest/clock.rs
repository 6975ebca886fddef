//! Corrects a clock that shows local time of twelve hours as if it were UTC.
//!
//! Some exports write the local time of day on a clock of twelve hours with a `Z` behind it. Records of Sysmon also hold
//! `UtcTime`, which shows the differences of the clock, in whole hours. A
//! record gets the difference of the record of the same host that shows nearly the same time and, of those, is nearest in
//! the file; without one, that of the record nearest in the file. Differences
//! that such a clock cannot have are left out: the one seen most often counts, and those half a day from it, give or take an
//! hour of daylight saving time.

use std::collections::BTreeMap;

use super::found::Found;
use super::identity;
use super::record::Time;
use hashbrown::HashMap;

const HOUR: i64 = 3_600_000_000;
/// Clocks that show times this far apart show nearly the same time.
const NEARLY: i64 = 60_000_000;

/// What is known about the clock of an input.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// By host, in the order of the file.
    anchors: HashMap<String, Vec<Anchor>>,
    /// Records with a false time: place, host, and index into the kept records.
    suspects: Vec<(u32, String, usize)>,
}

/// A record that also says the time in UTC.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    place: u32,
    /// Hours ahead of UTC.
    hours: i64,
    /// The time that its clock shows.
    shown: i64,
}

/// How the times of an input were corrected.
#[derive(Clone, Debug, Default)]
pub(super) struct Corrections {
    /// By hours ahead of UTC: the records that say so.
    pub hours: BTreeMap<i64, u64>,
    /// Records whose false time could not be corrected.
    pub uncorrected: u64,
}

impl Clock {
    /// A record with a false time that also says the time in UTC, such as `2019-12-05 01:49:48.016`.
    pub(super) fn anchor(&mut self, place: u32, host: &str, time: Time, utc: Option<&str>) {
        let (Time::Suspect(local), Some(utc)) = (time, utc.and_then(utc_time)) else { return };
        let ahead = local - utc;
        let hours = (ahead as f64 / HOUR as f64).round() as i64;
        self.anchors.entry(identity::host(host).into_owned()).or_default().push(Anchor {
            place,
            hours,
            shown: local,
        });
    }

    /// A kept record with a false time.
    pub(super) fn suspect(&mut self, place: u32, host: &str, index: usize) {
        self.suspects.push((place, identity::host(host).into_owned(), index));
    }

    /// Whether a time of the input is false.
    pub(super) fn is_false(&self) -> bool {
        !self.suspects.is_empty() || !self.anchors.is_empty()
    }

    /// Correct the times of the kept records.
    pub(super) fn correct(&self, found: &mut [Found]) -> Corrections {
        let mut corrections = Corrections::default();
        for anchor in self.anchors.values().flatten() {
            *corrections.hours.entry(anchor.hours).or_default() += 1;
        }
        let seen = || corrections.hours.iter();
        let usual = seen().max_by_key(|(hours, records)| (**records, **hours)).map(|(hours, _)| *hours);
        let is_possible =
            |hours: &i64| usual.is_some_and(|usual| matches!((hours - usual).abs(), 0 | 1 | 11..=13));
        let of = |anchors: &Vec<Anchor>| -> Vec<Anchor> {
            let possible = anchors.iter().copied().filter(|anchor| is_possible(&anchor.hours));
            let mut possible: Vec<Anchor> = possible.collect();
            possible.sort_unstable_by_key(|anchor| (anchor.shown, anchor.place));
            possible
        };
        let of_hosts: HashMap<&String, Vec<Anchor>> =
            self.anchors.iter().map(|(host, anchors)| (host, of(anchors))).collect();
        let mut of_any_host: Vec<Anchor> = of_hosts.values().flatten().copied().collect();
        of_any_host.sort_unstable_by_key(|anchor| (anchor.shown, anchor.place));
        for (place, host, index) in &self.suspects {
            let of_host = of_hosts.get(host).filter(|anchors| !anchors.is_empty()).unwrap_or(&of_any_host);
            let time = &mut found[*index].time;
            let hours = hours_at(of_host, *time, *place);
            match hours {
                Some(hours) => *time -= hours * HOUR,
                None => corrections.uncorrected += 1,
            }
        }
        corrections
    }
}

/// The hours ahead of UTC of the anchor that shows nearly the same time and has the nearest place; without one, of the
/// nearest place. Anchors are sorted by the time they show.
fn hours_at(anchors: &[Anchor], shown: i64, place: u32) -> Option<i64> {
    let from = anchors.partition_point(|anchor| anchor.shown < shown - NEARLY);
    let to = anchors.partition_point(|anchor| anchor.shown <= shown + NEARLY);
    let alike = if from < to { &anchors[from..to] } else { anchors };
    alike.iter().min_by_key(|anchor| (anchor.place.abs_diff(place), anchor.place)).map(|anchor| anchor.hours)
}

fn utc_time(text: &str) -> Option<i64> {
    let time = chrono::NaiveDateTime::parse_from_str(text.trim(), "%Y-%m-%d %H:%M:%S%.f").ok()?;
    Some(time.and_utc().timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::super::found::What;
    use super::*;
    use crate::events::{Names, Symbol};

    #[test]
    fn the_nearest_place_of_those_that_show_the_same_time_counts() {
        let anchor = |place, hours, shown| Anchor { place, hours, shown };
        let anchors = [anchor(10, -7, 0), anchor(20, -19, HOUR), anchor(30, -7, HOUR + 1)];
        let hours = |shown, place| hours_at(&anchors, shown, place);
        assert_eq!(hours(0, 20), Some(-7));
        assert_eq!(hours(HOUR, 10), Some(-19));
        assert_eq!(hours(HOUR, 40), Some(-7));
        assert_eq!(hours(9 * HOUR, 19), Some(-19));
        assert_eq!(hours_at(&[], 0, 0), None);
    }

    #[test]
    fn a_difference_that_no_clock_has_corrects_nothing() {
        let text = "2020-10-22 08:00:00.000";
        let utc = utc_time(text).unwrap();
        let mut clock = Clock::default();
        for (place, hours) in [-7, -7, -19, 115, -7].into_iter().enumerate() {
            clock.anchor(place as u32, "A.corp", Time::Suspect(utc + hours * HOUR + 30_000), Some(text));
        }
        clock.anchor(9, "a", Time::Utc(utc + HOUR), Some(text));
        let what = What::Privileges { session: 1 };
        let names = Names::default();
        let host = names.all().map(|_| Symbol::UNKNOWN).next().unwrap();
        let suspect =
            |time| Found { time, host, place: 0, input: 0, record_id: 0, identity: 0, family: 0, what };
        let mut found = [suspect(utc - 19 * HOUR), suspect(utc - 7 * HOUR)];
        clock.suspect(2, "a", 0);
        clock.suspect(3, "a", 1);
        let corrections = clock.correct(&mut found);
        assert_eq!(corrections.hours, BTreeMap::from([(-19, 1), (-7, 3), (115, 1)]));
        assert_eq!(found.map(|found| (found.time - utc) / HOUR), [0, 0]);
    }
}
