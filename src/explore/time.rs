//! Rows by hour and by day, and gaps without rows.

use super::group::{class_counts, is_suspicious};
use super::{Gap, Group};
use crate::table::{Table, Values, rfc3339};
use std::cmp::Reverse;
use std::collections::BTreeMap;

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
const MICROSECONDS: f64 = 1e6;
/// The feature that replaces the times of a table without a time column.
const HOUR_FEATURE: &str = "hour_of_day";
/// The largest number of gaps.
const GAPS: usize = 3;
/// The expected number of gaps by chance in a steady stream.
const BY_CHANCE: f64 = 0.01;

/// Rows by hour of the day, 24 groups, from the times or the feature `hour_of_day`; empty without both.
pub(super) fn by_hour(table: &Table) -> Vec<Group> {
    let feature = || table.features.iter().find(|column| column.name == HOUR_FEATURE);
    let hours = match &table.times {
        Some(times) => Some(times.iter().map(|&time| Some(hour_of(time))).collect()),
        None => feature().and_then(|column| hours(&column.values)),
    };
    let Some(hours) = hours else { return Vec::new() };
    let counts = class_counts(24, hours.into_iter(), table.labels.as_deref());
    let group = |(hour, counts): (usize, _)| Group::new(hour.to_string(), counts, table.labels.is_some());
    counts.into_iter().enumerate().map(group).collect()
}

fn hour_of(time: i64) -> usize {
    (time.rem_euclid(DAY) / HOUR) as usize
}

/// The hour of each row; `None` if a value is not an hour in [0, 24).
fn hours(values: &Values) -> Option<Vec<Option<usize>>> {
    let Values::Real(hours) = values else { return None };
    let mut values = hours.iter().filter(|hour| !hour.is_nan()).peekable();
    values.peek()?;
    let are_hours = values.all(|hour| (0.0..24.0).contains(hour));
    are_hours.then(|| hours.iter().map(|hour| (!hour.is_nan()).then_some(*hour as usize)).collect())
}

/// Rows by day, in order, without empty days. Times beyond the calendar are ignored.
pub(super) fn by_day(times: &[i64], labels: Option<&[bool]>) -> Vec<Group> {
    let mut days: BTreeMap<i64, [u64; 2]> = BTreeMap::new();
    for (row, time) in times.iter().enumerate() {
        days.entry(time.div_euclid(DAY)).or_default()[usize::from(is_suspicious(labels, row))] += 1;
    }
    let group = |(day, counts)| Some(Group::new(date(day)?, counts, labels.is_some()));
    days.into_iter().filter_map(group).collect()
}

/// The date of a day, counted from 1970-01-01.
fn date(day: i64) -> Option<String> {
    let midnight = rfc3339(day.checked_mul(DAY)?)?;
    midnight.split('T').next().map(str::to_owned)
}

/// The longest intervals between consecutive rows, if they are too long to occur by chance.
///
/// In a steady (Poisson) stream, an interval exceeds k medians with probability 2^−k. Among n intervals, 0.01
/// are expected to exceed k = log₂(100 n) medians: about 17 medians for 1,000 rows and 27 for 1,000,000. A
/// gap is an interval above that limit.
pub(super) fn gaps(times: &[i64]) -> Vec<Gap> {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.dedup();
    let mut intervals: Vec<(u64, [i64; 2])> =
        times.windows(2).map(|pair| (pair[1].abs_diff(pair[0]), [pair[0], pair[1]])).collect();
    intervals.sort_unstable_by_key(|&(length, [from, _])| (Reverse(length), from));
    let Some(&(median, _)) = intervals.get(intervals.len() / 2) else { return Vec::new() };
    let limit = median as f64 * (intervals.len() as f64 / BY_CHANCE).log2();
    let longest = intervals.into_iter().take(GAPS).take_while(|&(length, _)| length as f64 > limit);
    longest.filter_map(|(length, ends)| gap(length, ends)).collect()
}

fn gap(length: u64, [from, to]: [i64; 2]) -> Option<Gap> {
    Some(Gap { from: rfc3339(from)?, to: rfc3339(to)?, seconds: length as f64 / MICROSECONDS })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Column;

    const SECOND: i64 = 1_000_000;

    fn hour_table(values: Values) -> Table {
        let features = vec![Column { name: HOUR_FEATURE.into(), values }];
        Table { name: "t".into(), features, labels: None, times: None, ..Table::default() }
    }

    #[test]
    fn hours_without_rows_are_groups_too() {
        let mut table = hour_table(Values::Real(vec![5.0, 5.0]));
        table.times = Some(vec![-1, 2 * HOUR + 1]);
        let hours = by_hour(&table);
        let rows: Vec<u64> = hours.iter().map(|hour| hour.rows).collect();
        assert_eq!((hours.len(), rows[23], rows[2], rows[5], hours[2].name.as_str()), (24, 1, 1, 0, "2"));
    }

    #[test]
    fn without_times_the_hours_come_from_the_feature_if_it_holds_hours() {
        let hours = by_hour(&hour_table(Values::Real(vec![5.5, f64::NAN, 23.0])));
        assert_eq!(
            (hours[5].rows, hours[23].rows, hours.iter().map(|hour| hour.rows).sum::<u64>()),
            (1, 1, 2)
        );
        assert!(by_hour(&hour_table(Values::Real(vec![24.0]))).is_empty());
        assert!(by_hour(&hour_table(Values::Real(vec![f64::NAN]))).is_empty());
        assert!(by_hour(&hour_table(Values::Flag(vec![true]))).is_empty());
    }

    #[test]
    fn days_begin_at_midnight_and_are_in_order() {
        let days = by_day(&[DAY, DAY - 1, -1], Some(&[true, false, false]));
        let actual: Vec<_> = days.iter().map(|d| (d.name.as_str(), d.rows, d.suspicious)).collect();
        let expected = [("1969-12-31", 1, Some(0)), ("1970-01-01", 1, Some(0)), ("1970-01-02", 1, Some(1))];
        assert_eq!(actual, expected);
    }

    #[test]
    fn times_beyond_the_calendar_are_ignored() {
        assert!(by_day(&[i64::MIN, i64::MAX], None).is_empty());
        assert!(gaps(&[i64::MIN, 0, 1, 2, 3, i64::MAX]).is_empty());
    }

    #[test]
    fn a_pause_in_a_steady_stream_is_a_gap() {
        let mut times: Vec<i64> = (0..1000).map(|i| i * SECOND).collect();
        times.extend((0..1000).map(|i| (5000 + i) * SECOND));
        times.rotate_left(300);
        let gaps = gaps(&times);
        assert_eq!(gaps.len(), 1);
        assert_eq!((gaps[0].from.as_str(), gaps[0].seconds), ("1970-01-01T00:16:39Z", 4001.0));
        assert_eq!(gaps[0].to, "1970-01-01T01:23:20Z");
    }

    #[test]
    fn a_steady_stream_has_no_gaps() {
        assert!(gaps(&(0..500).map(|i| i * SECOND).collect::<Vec<_>>()).is_empty());
        assert!(gaps(&[]).is_empty() && gaps(&[7]).is_empty() && gaps(&[7, 7, 9]).is_empty());
    }
}
