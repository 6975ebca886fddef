//! Parsing points in time from text.
//!
//! A date has a four-digit year from 1900 to 2200. `03/04/2024` is April in some countries and March in
//! others: a column of such dates is a time column only if one of its values shows the order. In dates with
//! dots, the day is first.

use chrono::{FixedOffset, NaiveDate, NaiveTime, TimeZone, Utc};

/// A parsed point in time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TimeText {
    date: DateText,
    /// Microseconds since midnight.
    clock: i64,
    /// The offset in seconds east of UTC; `None` without an offset in the text.
    offset: Option<i32>,
    /// Whether there is a time of day.
    has_clock: bool,
    /// Whether the time of day has AM or PM.
    has_half_day: bool,
}

/// A parsed date.
#[derive(Clone, Copy, Debug, PartialEq)]
enum DateText {
    /// A date with a known order.
    Sure(i32, u32, u32),
    /// Day and month in unknown order, and a year.
    DayOrMonthFirst { first: u32, second: u32, year: i32 },
}

/// The order of day and month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DateOrder {
    DayFirst,
    MonthFirst,
}

const MICROSECONDS: i64 = 1_000_000;

impl TimeText {
    /// Parse a point in time; `None` if the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if !text.as_bytes().iter().any(u8::is_ascii_digit) || text.len() > 48 {
            return None;
        }
        match year_last(text) {
            Some(text) => TimeText::parse_date_first(&text),
            None => TimeText::parse_date_first(text),
        }
    }

    /// Whether text is a point in time without a year, as in the logs of syslog: `Mar 29 10:00:00`.
    pub fn lacks_year(text: &str) -> bool {
        if !text.contains(':') {
            return false;
        }
        let words: Vec<&str> = text.split_ascii_whitespace().take(4).collect();
        let is_like_syslog = words.len() == 3 && words[0].len() == 3 && words[2].contains(':');
        // A leap year has all days.
        is_like_syslog && TimeText::parse(&format!("{} {} 2024 {}", words[0], words[1], words[2])).is_some()
    }

    fn parse_date_first(text: &str) -> Option<Self> {
        let (date, rest) = date(text)?;
        let rest = rest.strip_prefix(['T', 't', ' ', ':', ',']).unwrap_or(rest).trim_start();
        let (clock, has_half_day, rest) = match rest {
            "" => (None, false, ""),
            rest => clock(rest).map(|(clock, has_half_day, rest)| (Some(clock), has_half_day, rest))?,
        };
        let offset = match rest.trim() {
            "" => None,
            zone => Some(offset(zone)?),
        };
        Some(TimeText { date, clock: clock.unwrap_or(0), offset, has_clock: clock.is_some(), has_half_day })
    }

    /// Whether the time of day has an offset from UTC; `None` for a date alone.
    pub fn is_zoned(self) -> Option<bool> {
        (self.has_clock || self.offset.is_some()).then_some(self.offset.is_some())
    }

    /// Whether the time of day has AM or PM.
    pub fn has_half_day(self) -> bool {
        self.has_half_day
    }

    /// The first and second number of a date, if their order is unknown.
    pub fn day_and_month_in_unknown_order(self) -> Option<[u32; 2]> {
        match self.date {
            DateText::DayOrMonthFirst { first, second, .. } => Some([first, second]),
            DateText::Sure(..) => None,
        }
    }

    /// What a local clock shows, in microseconds since 1970-01-01T00:00:00: the text without its offset.
    pub fn local_microseconds(self, order: DateOrder) -> Option<i64> {
        TimeText { offset: None, ..self }.microseconds(order)
    }

    /// Microseconds since 1970-01-01T00:00:00Z; UTC if the text has no offset.
    pub fn microseconds(self, order: DateOrder) -> Option<i64> {
        let (year, month, day) = match (self.date, order) {
            (DateText::Sure(year, month, day), _) => (year, month, day),
            (DateText::DayOrMonthFirst { first, second, year }, DateOrder::DayFirst) => (year, second, first),
            (DateText::DayOrMonthFirst { first, second, year }, DateOrder::MonthFirst) => {
                (year, first, second)
            }
        };
        let date = NaiveDate::from_ymd_opt(year, month, day)?.and_time(NaiveTime::MIN);
        let midnight = match self.offset {
            Some(offset) => {
                FixedOffset::east_opt(offset)?.from_local_datetime(&date).single()?.timestamp_micros()
            }
            None => Utc.from_utc_datetime(&date).timestamp_micros(),
        };
        Some(midnight + self.clock)
    }
}

/// A date at the start of text, and the rest.
fn date(text: &str) -> Option<(DateText, &str)> {
    if text.as_bytes()[0].is_ascii_alphabetic() {
        return month_first(text);
    }
    let (first, digits, rest) = digits(text)?;
    let separator = rest.chars().next().filter(|c| "-/. ".contains(*c))?;
    let rest = &rest[1..];
    if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
        // 29/Mar/2024 or 29 Mar 2024
        let (month, rest) = month(rest)?;
        let (year, 4, rest) = self::digits(rest.strip_prefix(separator)?)? else { return None };
        return sure(year, month, first, rest);
    }
    let (second, 1..=2, rest) = self::digits(rest)? else { return None };
    if separator == ' ' {
        return None;
    }
    let (third, length, rest) = self::digits(rest.strip_prefix(separator)?)?;
    match (digits, length) {
        (4, 1..=2) => sure(first, second, third, rest),
        (1..=2, 4) if separator == '.' => sure(third, second, first, rest),
        (1..=2, 4)
            if is_year(third)
                && (first <= 12 || second <= 12)
                && first.max(second) <= 31
                && first.min(second) > 0 =>
        {
            Some((DateText::DayOrMonthFirst { first, second, year: third as i32 }, rest))
        }
        _ => None,
    }
}

/// `Mar 02 2026` or `Mar 2, 2026`.
fn month_first(text: &str) -> Option<(DateText, &str)> {
    // Skip a weekday: `Mon, 02 Mar 2026` or `Mon Mar 02 2026`.
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    if DAYS.iter().any(|day| text.starts_with(day)) {
        let rest = text[3..].trim_start_matches(char::is_alphabetic);
        let rest = rest.strip_prefix(',').unwrap_or(rest).strip_prefix(' ')?;
        return if rest.is_empty() { None } else { date(rest) };
    }
    let (month, rest) = month(text)?;
    let (day, 1..=2, rest) = digits(rest.strip_prefix(' ')?.trim_start())? else { return None };
    let rest = rest.strip_prefix(',').unwrap_or(rest).strip_prefix(' ')?;
    let (year, 4, rest) = digits(rest)? else { return None };
    sure(year, month, day, rest)
}

/// A text such as `Fri Mar 29 10:00:00 2024`, as the C library writes it, with the year before the time of day.
fn year_last(text: &str) -> Option<String> {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let (year, before) = words.split_last()?;
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let clock = before.iter().position(|word| word.contains(':')).filter(|&at| at >= 2 && is_year)?;
    Some(format!("{} {year} {}", before[..clock].join(" "), before[clock..].join(" ")))
}

fn sure(year: u32, month: u32, day: u32, rest: &str) -> Option<(DateText, &str)> {
    let exists = is_year(year) && NaiveDate::from_ymd_opt(year as i32, month, day).is_some();
    exists.then_some((DateText::Sure(year as i32, month, day), rest))
}

/// Text with another year is a number that looks like a date.
fn is_year(year: u32) -> bool {
    (1900..=2200).contains(&year)
}

/// The name of a month, with three letters or in full.
fn month(text: &str) -> Option<(u32, &str)> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let name = text[..end].to_ascii_lowercase();
    let is_month = |month: &&str| name.len() >= 3 && (**month == *name || month[..3] == *name);
    let at = MONTHS.iter().position(is_month)?;
    Some((at as u32 + 1, &text[end..]))
}

/// A time of day at the start of text in microseconds, whether it has AM or PM, and the rest: `10:00`, `10:00:00.25`,
/// `10:00:00,850`, `02:00 PM`.
fn clock(text: &str) -> Option<(i64, bool, &str)> {
    let (hour, 1..=2, rest) = digits(text)? else { return None };
    let (minute, 2, mut rest) = digits(rest.strip_prefix(':')?)? else { return None };
    let (mut second, mut fraction) = (0, 0);
    if let Some(seconds) = rest.strip_prefix(':') {
        let (value, 2, after) = digits(seconds)? else { return None };
        (second, rest) = (value, after);
        if let Some(decimals) = rest.strip_prefix(['.', ',']) {
            let end = decimals.find(|c: char| !c.is_ascii_digit()).unwrap_or(decimals.len());
            fraction = microseconds(decimals.get(..end).filter(|digits| !digits.is_empty())?);
            rest = &decimals[end..];
        }
    }
    let after = rest.len();
    let (hour, rest) = half_day(hour, rest)?;
    let is_time = hour < 24 && minute < 60 && second < 61;
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    is_time.then_some((seconds * MICROSECONDS + fraction, rest.len() < after, rest))
}

/// Decimals as microseconds; further digits are cut.
fn microseconds(digits: &str) -> i64 {
    let six: String = digits.chars().chain(std::iter::repeat('0')).take(6).collect();
    six.parse().unwrap_or(0)
}

/// The hour in 24-hour form, with an optional AM or PM.
fn half_day(hour: u32, rest: &str) -> Option<(u32, &str)> {
    let word = rest.trim_start();
    let half = word.get(..2).map(str::to_ascii_uppercase);
    match half.as_deref() {
        Some(half @ ("AM" | "PM")) => {
            let is_hour = (1..=12).contains(&hour);
            let hour = hour % 12 + if half == "PM" { 12 } else { 0 };
            is_hour.then_some((hour, &word[2..]))
        }
        _ => Some((hour, rest)),
    }
}

/// An offset from UTC in seconds: `Z`, `UTC`, `+02:00`, `+0530`, `-08`.
fn offset(zone: &str) -> Option<i32> {
    if ["Z", "z", "UTC", "GMT"].contains(&zone) {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = zone[1..].chars().filter(|c| *c != ':').collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || zone[1..].len() > 5 {
        return None;
    }
    let number = |range: std::ops::Range<usize>| digits.get(range).map_or(Some(0), |d| d.parse::<i32>().ok());
    let (hours, minutes) = match digits.len() {
        2 => (number(0..2)?, 0),
        4 => (number(0..2)?, number(2..4)?),
        _ => return None,
    };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// A number of at most nine digits at the start of text, its number of digits, and the rest.
fn digits(text: &str) -> Option<(u32, usize, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number = text[..end].parse().ok().filter(|_| (1..=9).contains(&end))?;
    Some((number, end, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str, order: DateOrder) -> Option<i64> {
        TimeText::parse(text)?.microseconds(order).map(|us| us / MICROSECONDS)
    }

    #[test]
    fn the_forms_of_logs_are_points_in_time() {
        // Reference: pandas 2.3 to_datetime(...).timestamp() of the same texts.
        const AT_TEN: i64 = 1_711_706_400; // 2024-03-29T10:00:00Z
        for text in [
            "2024-03-29 10:00:00",
            "2024-03-29T10:00",
            "2024-03-29T10:00:00.000Z",
            "2024-03-29 12:00:00+02:00",
            "2024-03-29 19:00:00.123 +09:00",
            "2024-03-29T15:30:00+0530",
            "2024/03/29 10:00:00,850",
            "29/Mar/2024:10:00:00 +0000",
            "29/Mar/2024:06:00:00 -0400",
            "Mar 29 2024 10:00:00",
            "Mar 29, 2024, 10:00 AM",
            "29 March 2024 10:00:00 UTC",
            "Fri, 29 Mar 2024 10:00:00 GMT",
            "29.03.2024 10:00",
            "03/29/2024 10:00 AM",
            "03/29/2024 10:00:00 am",
            "[29/Mar/2024:10:00:00 +0000]",
            "Fri Mar 29 10:00:00 2024",
            "Fri Mar 29 10:00:00 UTC 2024",
            "2024-03-29T10:00:00.123456789Z",
            "2024-03-29 10:00:00.5 UTC",
        ] {
            assert_eq!(seconds(text, DateOrder::MonthFirst), Some(AT_TEN), "{text}");
        }
        assert_eq!(seconds("03/29/2024 02:00 PM", DateOrder::MonthFirst), Some(AT_TEN + 4 * 3600));
        assert_eq!(seconds("03/29/2024 12:00 AM", DateOrder::MonthFirst), Some(AT_TEN - 10 * 3600));
        assert_eq!(seconds("29/03/2024", DateOrder::DayFirst), Some(AT_TEN - 10 * 3600));
    }

    #[test]
    fn a_time_without_year_is_told_from_other_text() {
        assert!(TimeText::lacks_year("Mar  9 10:00:00") && TimeText::lacks_year("Feb 29 23:59:59.25"));
        for text in ["Mar 29 2024 10:00:00", "abc 29 10:00:00", "Mar 31 10", "2024-03-29 10:00:00", ""] {
            assert!(!TimeText::lacks_year(text), "{text}");
        }
    }

    #[test]
    fn versions_addresses_and_numbers_are_no_points_in_time() {
        for text in [
            "10.0.0.1",
            "1.2.3",
            "29.03.24",
            "2024-13-45",
            "0001-01-01",
            "9999-12-31",
            "yesterday",
            "20240329",
            "1711706400",
            "2024-03-29 25:00",
            "12:00",
            "",
            "-",
            "2024-03-29 10:00 +25:00",
            "1/2",
            "5 Mar",
        ] {
            assert_eq!(TimeText::parse(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_a_panic(text in "\\PC{0,30}", like in "[0-9/:. TZ+A-Za-z,-]{0,30}") {
            let _ = TimeText::parse(&text).map(|time| time.microseconds(DateOrder::DayFirst));
            let _ = TimeText::parse(&like).map(|time| time.microseconds(DateOrder::MonthFirst));
        }
    }
}
