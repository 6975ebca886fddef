//! Corrects a clock that shows local time of twelve hours as if it were UTC.
//!
//! Some exports write the local time of day on a clock of twelve hours with a `Z` behind it. Records of Sysmon also hold
//! `UtcTime`. The difference, in whole hours, of the nearest such record of the same host in the order of the file is
//! the correction of every other record.

use std::collections::BTreeMap;

use super::found::Found;
use super::identity;
use super::record::Time;
use hashbrown::HashMap;

const HOUR: i64 = 3_600_000_000;
/// A record is written at most this long after the time it names.
const DELAY: i64 = HOUR / 4;

/// What is known about the clock of an input.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// By host: places and hours ahead of UTC, in the order of the file.
    anchors: HashMap<String, Vec<(u32, i64)>>,
    /// Records with a false time: place, host, and index into the kept records.
    suspects: Vec<(u32, String, usize)>,
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
        if (ahead - hours * HOUR).abs() <= DELAY {
            self.anchors.entry(identity::host(host).into_owned()).or_default().push((place, hours));
        }
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
        for (_, hours) in self.anchors.values().flatten() {
            *corrections.hours.entry(*hours).or_default() += 1;
        }
        let mut of_any_host: Vec<(u32, i64)> = self.anchors.values().flatten().copied().collect();
        of_any_host.sort_unstable();
        for (place, host, index) in &self.suspects {
            let of_host = self.anchors.get(host).unwrap_or(&of_any_host);
            match nearest(of_host, *place) {
                Some(hours) => found[*index].time -= hours * HOUR,
                None => corrections.uncorrected += 1,
            }
        }
        corrections
    }
}

/// The value of the nearest place; of two at the same distance, that of the earlier one.
fn nearest(anchors: &[(u32, i64)], place: u32) -> Option<i64> {
    let after = anchors.partition_point(|(at, _)| *at < place);
    let candidates = [after.checked_sub(1), Some(after)].into_iter().flatten();
    let anchors = candidates.filter_map(|index| anchors.get(index));
    anchors.min_by_key(|(at, _)| at.abs_diff(place)).map(|(_, hours)| *hours)
}

fn utc_time(text: &str) -> Option<i64> {
    let time = chrono::NaiveDateTime::parse_from_str(text.trim(), "%Y-%m-%d %H:%M:%S%.f").ok()?;
    Some(time.and_utc().timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_place_counts() {
        let anchors = [(10, -7), (20, -19)];
        assert_eq!(nearest(&anchors, 0), Some(-7));
        assert_eq!(nearest(&anchors, 14), Some(-7));
        assert_eq!(nearest(&anchors, 15), Some(-7));
        assert_eq!(nearest(&anchors, 16), Some(-19));
        assert_eq!(nearest(&anchors, 99), Some(-19));
        assert_eq!(nearest(&[], 1), None);
    }

    #[test]
    fn a_difference_of_half_an_hour_is_no_correction() {
        let mut clock = Clock::default();
        let utc = utc_time("2020-10-22 08:00:00.000").unwrap();
        clock.anchor(0, "a", Time::Suspect(utc - 7 * HOUR + 30_000), Some("2020-10-22 08:00:00.000"));
        clock.anchor(1, "a", Time::Suspect(utc + HOUR / 2), Some("2020-10-22 08:00:00.000"));
        clock.anchor(2, "a", Time::Utc(utc + HOUR), Some("2020-10-22 08:00:00.000"));
        assert_eq!(clock.correct(&mut []).hours, BTreeMap::from([(-7, 1)]));
    }
}
