//! Simulated time: days, counted from a Monday, and times within them.

use std::ops::Range;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::event_features::calendar::{DAY, EVENING, HOUR, MINUTE, MORNING, SECOND};

/// 2025-01-06T00:00:00Z, a Monday.
pub(super) const START: i64 = 1_736_121_600 * SECOND;

/// The first microsecond of a day.
pub(super) fn midnight(day: u32) -> i64 {
    START + i64::from(day) * DAY
}

pub(super) fn is_workday(day: u32) -> bool {
    day % 7 < 5
}

/// The number of workdays among the first `days` days.
pub(super) fn workdays(days: u32) -> u32 {
    days / 7 * 5 + (days % 7).min(5)
}

pub(super) fn is_monday(day: u32) -> bool {
    day.is_multiple_of(7)
}

/// Whether a day is the second Tuesday of a month. A month has four weeks here; day 0 starts its second week.
pub(super) fn is_patch_day(day: u32) -> bool {
    day % 28 == 8
}

/// A random time between two hours of a day.
pub(super) fn between(day: u32, from: i64, to: i64, rng: &mut ChaCha8Rng) -> i64 {
    midnight(day) + rng.gen_range(from * HOUR..to * HOUR)
}

/// A random time within `spread` of `centre`, more often near the middle (triangular distribution).
pub(super) fn around(centre: i64, spread: i64, rng: &mut ChaCha8Rng) -> i64 {
    centre + (rng.gen_range(-spread..=spread) + rng.gen_range(-spread..=spread)) / 2
}

/// A random time on any day, in off hours with a probability of `at_night`.
pub(super) fn any_time(days: u32, at_night: f64, rng: &mut ChaCha8Rng) -> i64 {
    let day = rng.gen_range(0..days);
    let hours = match (rng.gen_bool(at_night), rng.gen_bool(0.5)) {
        (false, _) => MORNING..EVENING,
        (true, false) => 0..MORNING,
        (true, true) => EVENING..24,
    };
    between(day, hours.start, hours.end, rng)
}

/// A random duration from a range in seconds.
pub(super) fn seconds(range: Range<i64>, rng: &mut ChaCha8Rng) -> i64 {
    rng.gen_range(range.start * SECOND..range.end * SECOND)
}

/// A random duration from a range in minutes.
pub(super) fn minutes(range: Range<i64>, rng: &mut ChaCha8Rng) -> i64 {
    rng.gen_range(range.start * MINUTE..range.end * MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_features::calendar::weekday;

    #[test]
    fn the_number_of_workdays_equals_a_count() {
        for days in 0..30 {
            let count = (0..days).filter(|&day| is_workday(day)).count();
            assert_eq!(workdays(days) as usize, count);
        }
    }

    #[test]
    fn time_begins_on_a_monday_and_patches_come_on_the_second_tuesday() {
        assert_eq!(weekday(START), 0);
        let patch_days: Vec<u32> = (0..60).filter(|&day| is_patch_day(day)).collect();
        assert_eq!(patch_days, [8, 36]);
        assert!(patch_days.iter().all(|&day| weekday(midnight(day)) == 1));
    }
}
