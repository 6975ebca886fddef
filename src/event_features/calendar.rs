//! Hours and weekdays in UTC. Times are microseconds since 1970-01-01T00:00:00Z.

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
pub fn hour_of_day(time: i64) -> i64 {
    time.rem_euclid(DAY) / HOUR
}

/// The day of the week, from 0 for Monday to 6.
pub fn weekday(time: i64) -> i64 {
    // 1970-01-01 was a Thursday.
    (time.div_euclid(DAY) + 3).rem_euclid(7)
}

/// Whether a time is on Saturday or Sunday.
pub fn is_weekend(time: i64) -> bool {
    weekday(time) >= 5
}

/// Whether a time is before 07:00, or at or after 20:00.
pub fn is_off_hours(time: i64) -> bool {
    !(MORNING..EVENING).contains(&hour_of_day(time))
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
        assert!(is_off_hours(MONDAY + 7 * HOUR - 1));
        assert!(!is_off_hours(MONDAY + 7 * HOUR));
        assert!(!is_off_hours(MONDAY + 20 * HOUR - 1));
        assert!(is_off_hours(MONDAY + 20 * HOUR));
    }

    #[test]
    fn times_before_1970_have_hours_and_weekdays() {
        assert_eq!(hour_of_day(-1), 23);
        assert_eq!(weekday(-1), 2);
    }
}
