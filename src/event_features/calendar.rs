//! Hours and weekdays. Times are microseconds since 1970-01-01T00:00:00Z.

use chrono::{DateTime, Offset, TimeZone};
use std::ops::Range;

/// Where and when an organization works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    zone: chrono_tz::Tz,
    office_hours: Range<i64>,
}

impl Calendar {
    /// Working hours, such as `7..20`, in a time zone of the IANA database, such as `Europe/Berlin`. Daylight saving time
    /// is respected. `None` if the zone is unknown, or if the hours are not within 0 to 24 and in order.
    pub fn new(zone: &str, office_hours: Range<i64>) -> Option<Self> {
        let is_valid =
            0 <= office_hours.start && office_hours.start < office_hours.end && office_hours.end <= 24;
        is_valid.then(|| zone.parse().ok()).flatten().map(|zone| Calendar { zone, office_hours })
    }

    /// The hour of the day, 0 to 23.
    pub fn hour_of_day(&self, time: i64) -> i64 {
        hour_of_day(self.local(time))
    }

    /// Whether a time is on Saturday or Sunday.
    pub fn is_weekend(&self, time: i64) -> bool {
        is_weekend(self.local(time))
    }

    /// Whether a time is outside the working hours of the day.
    pub fn is_off_hours(&self, time: i64) -> bool {
        !self.office_hours.contains(&self.hour_of_day(time))
    }

    /// The time that clocks show, as if it were UTC.
    fn local(&self, time: i64) -> i64 {
        if self.zone == chrono_tz::Tz::UTC {
            return time;
        }
        let seconds_east = DateTime::from_timestamp_micros(time)
            .map_or(0, |utc| self.zone.offset_from_utc_datetime(&utc.naive_utc()).fix().local_minus_utc());
        time + i64::from(seconds_east) * SECOND
    }
}

impl Default for Calendar {
    /// 07:00 to 20:00 in UTC.
    fn default() -> Self {
        Calendar { zone: chrono_tz::Tz::UTC, office_hours: MORNING..EVENING }
    }
}

/// One second in microseconds.
pub const SECOND: i64 = 1_000_000;
/// One minute in microseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// One hour in microseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// One day in microseconds.
pub const DAY: i64 = 24 * HOUR;

/// The hour at which off hours end.
pub const MORNING: i64 = 7;
/// The hour at which off hours begin.
pub const EVENING: i64 = 20;

/// The hour of the day, 0 to 23.
fn hour_of_day(time: i64) -> i64 {
    time.rem_euclid(DAY) / HOUR
}

/// The day of the week, from 0 for Monday to 6.
pub fn weekday(time: i64) -> i64 {
    // 1970-01-01 was a Thursday.
    (time.div_euclid(DAY) + 3).rem_euclid(7)
}

/// Whether a time is on Saturday or Sunday.
fn is_weekend(time: i64) -> bool {
    weekday(time) >= 5
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2025-01-06T00:00:00Z.
    const MONDAY: i64 = 1_736_121_600 * SECOND;

    #[test]
    fn the_week_begins_on_monday_and_ends_with_a_weekend() {
        let week: Vec<i64> = (0..7).map(|day| weekday(MONDAY + day * DAY)).collect();
        assert_eq!(week, [0, 1, 2, 3, 4, 5, 6]);
        assert!(!is_weekend(MONDAY + 5 * DAY - 1));
        assert!(is_weekend(MONDAY + 5 * DAY));
    }

    #[test]
    fn office_hours_begin_at_seven_and_end_at_eight_in_the_evening() {
        let is_off_hours = |time| Calendar::default().is_off_hours(MONDAY + time);
        assert!(is_off_hours(7 * HOUR - 1));
        assert!(!is_off_hours(7 * HOUR));
        assert!(!is_off_hours(20 * HOUR - 1));
        assert!(is_off_hours(20 * HOUR));
    }

    #[test]
    fn working_hours_follow_the_zone_and_its_daylight_saving_time() {
        let berlin = Calendar::new("Europe/Berlin", 8..17).unwrap();
        // 2025-01-06 is winter, UTC+1; 180 days later is summer, UTC+2.
        assert_eq!(berlin.hour_of_day(MONDAY + 7 * HOUR), 8);
        assert_eq!(berlin.hour_of_day(MONDAY + 180 * DAY + 7 * HOUR), 9);
        assert!(!berlin.is_off_hours(MONDAY + 7 * HOUR));
        assert!(berlin.is_off_hours(MONDAY + 16 * HOUR));
        assert!(berlin.is_weekend(MONDAY + 4 * DAY + 23 * HOUR));
    }

    #[test]
    fn unknown_zones_and_impossible_hours_are_refused() {
        assert_eq!(Calendar::new("Europe/Atlantis", 7..20), None);
        assert_eq!(Calendar::new("UTC", std::ops::Range { start: 20, end: 7 }), None);
        assert_eq!(Calendar::new("UTC", 7..25), None);
    }

    #[test]
    fn times_before_1970_have_hours_and_weekdays() {
        assert_eq!(hour_of_day(-1), 23);
        assert_eq!(weekday(-1), 2);
    }
}
