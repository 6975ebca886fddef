//! Rows by hour and by day, and the times without rows.

use super::group::{is_suspicious, tally};
use super::{Gap, Group};
use crate::table::{Table, Values, rfc3339};
use std::cmp::Reverse;
use std::collections::BTreeMap;

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
const MICROSECONDS: f64 = 1e6;
/// The feature that stands in where a table has no times.
const HOUR_FEATURE: &str = "hour_of_day";
/// How many gaps are named.
const GAPS: usize = 3;
/// How many gaps a steady stream may be expected to show by chance.
const BY_CHANCE: f64 = 0.01;

/// All 24 hours of the day, from the times or else from the feature `hour_of_day`; empty without both.
pub(super) fn by_hour(table: &Table) -> Vec<Group> {
    let feature = || table.features.iter().find(|column| column.name == HOUR_FEATURE);
    let hours = match &table.times {
        Some(times) => Some(times.iter().map(|&time| Some(hour_of(time))).collect()),
        None => feature().and_then(|column| hours(&column.values)),
    };
    let Some(hours) = hours else { return Vec::new() };
    let counts = tally(24, hours.into_iter(), table.labels.as_deref());
    let group = |(hour, counts): (usize, _)| Group::new(hour.to_string(), counts, table.labels.is_some());
    counts.into_iter().enumerate().map(group).collect()
}

fn hour_of(time: i64) -> usize {
    (time.rem_euclid(DAY) / HOUR) as usize
}

/// The hour of each row; `None` for columns that hold anything else than hours.
fn hours(values: &Values) -> Option<Vec<Option<usize>>> {
    let Values::Real(hours) = values else { return None };
    let mut known = hours.iter().filter(|hour| !hour.is_nan()).peekable();
    known.peek()?;
    let are_hours = known.all(|hour| (0.0..24.0).contains(hour));
    are_hours.then(|| hours.iter().map(|hour| (!hour.is_nan()).then_some(*hour as usize)).collect())
}

/// The days with rows, in order; times beyond the calendar are on no day.
pub(super) fn by_day(times: &[i64], labels: Option<&[bool]>) -> Vec<Group> {
    let mut days: BTreeMap<i64, [u64; 2]> = BTreeMap::new();
    for (row, time) in times.iter().enumerate() {
        days.entry(time.div_euclid(DAY)).or_default()[usize::from(is_suspicious(labels, row))] += 1;
    }
    let group = |(day, counts)| Some(Group::new(date(day)?, counts, labels.is_some()));
    days.into_iter().filter_map(group).collect()
}

/// The date of a day since 1970.
fn date(day: i64) -> Option<String> {
    let midnight = rfc3339(day.checked_mul(DAY)?)?;
    midnight.split('T').next().map(str::to_owned)
}

/// The longest stretches between consecutive rows. In a steady (Poisson) stream a stretch exceeds k times the
/// median with probability 2^−k; a gap is one that exceeds the k at which all n stretches together are expected
/// to show a hundredth of one, k = log₂(100 n): some 17 medians for 1,000 rows, 27 for 1,000,000.
pub(super) fn gaps(times: &[i64]) -> Vec<Gap> {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.dedup();
    let mut stretches: Vec<(u64, [i64; 2])> =
        times.windows(2).map(|pair| (pair[1].abs_diff(pair[0]), [pair[0], pair[1]])).collect();
    stretches.sort_unstable_by_key(|&(length, [from, _])| (Reverse(length), from));
    let Some(&(median, _)) = stretches.get(stretches.len() / 2) else { return Vec::new() };
    let limit = median as f64 * (stretches.len() as f64 / BY_CHANCE).log2();
    let longest = stretches.into_iter().take(GAPS).take_while(|&(length, _)| length as f64 > limit);
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
        Table { name: "t".into(), features, labels: None, times: None, notes: vec![] }
    }

    #[test]
    fn an_hour_without_rows_is_an_hour_too() {
        let mut table = hour_table(Values::Real(vec![5.0, 5.0]));
        table.times = Some(vec![-1, 2 * HOUR + 1]);
        let hours = by_hour(&table);
        let rows: Vec<u64> = hours.iter().map(|hour| hour.rows).collect();
        assert_eq!((hours.len(), rows[23], rows[2], rows[5], hours[2].name.as_str()), (24, 1, 1, 0, "2"));
    }

    #[test]
    fn without_times_the_feature_tells_the_hour_where_it_holds_hours() {
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
        let found: Vec<_> = days.iter().map(|d| (d.name.as_str(), d.rows, d.suspicious)).collect();
        let expected = [("1969-12-31", 1, Some(0)), ("1970-01-01", 1, Some(0)), ("1970-01-02", 1, Some(1))];
        assert_eq!(found, expected);
    }

    #[test]
    fn times_beyond_the_calendar_are_on_no_day() {
        assert!(by_day(&[i64::MIN, i64::MAX], None).is_empty());
        assert!(gaps(&[i64::MIN, 0, 1, 2, 3, i64::MAX]).is_empty());
    }

    #[test]
    fn a_silence_in_a_steady_stream_is_a_gap() {
        let mut times: Vec<i64> = (0..1000).map(|i| i * SECOND).collect();
        times.extend((0..1000).map(|i| (5000 + i) * SECOND));
        times.rotate_left(300);
        let found = gaps(&times);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].from.as_str(), found[0].seconds), ("1970-01-01T00:16:39Z", 4001.0));
        assert_eq!(found[0].to, "1970-01-01T01:23:20Z");
    }

    #[test]
    fn a_steady_stream_has_no_gaps() {
        assert!(gaps(&(0..500).map(|i| i * SECOND).collect::<Vec<_>>()).is_empty());
        assert!(gaps(&[]).is_empty() && gaps(&[7]).is_empty() && gaps(&[7, 7, 9]).is_empty());
    }
}
