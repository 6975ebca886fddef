//! The one place that formats numbers for people.

use crate::metrics::Interval;

/// The text of an undefined value.
pub const UNDEFINED: &str = "–";

/// A count with thousands separators: 1,000,000.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: 1 row, 2 rows.
pub fn counted(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(value), if value == 1 { one } else { many })
}

/// A value in [0, 1] or a difference of two, with four decimals.
pub fn fixed(value: Option<f64>) -> String {
    value.map_or(UNDEFINED.to_owned(), |value| format!("{value:.4}"))
}

/// The two ends of an interval.
pub fn interval(interval: Option<Interval>) -> String {
    interval.map_or(UNDEFINED.to_owned(), |i| format!("{:.4} to {:.4}", i.low, i.high))
}

/// A share that may be tiny, with three significant digits: 0.000466.
pub fn tiny(share: Option<f64>) -> String {
    share.map_or(UNDEFINED.to_owned(), |share| rounded(share, 3))
}

/// The two ends of an interval of such a share.
pub fn tiny_interval(interval: Option<Interval>) -> String {
    interval.map_or(UNDEFINED.to_owned(), |i| format!("{} to {}", tiny(Some(i.low)), tiny(Some(i.high))))
}

/// A share as a percentage with two significant digits: 2.1 %, 0.39 %, 35 %.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    let places = match value {
        v if v == 0.0 || v >= 10.0 => 0,
        v if v >= 1.0 => 1,
        v if v >= 0.1 => 2,
        _ => 4,
    };
    format!("{value:.places$} %")
}

/// A number of any size with four significant digits: 0.01234, 12.34, 12,345, 1.234e12.
pub fn significant(value: f64) -> String {
    /// Other numbers are written in scientific notation.
    const DECIMAL: std::ops::Range<f64> = 1e-3..1e7;
    let size = value.abs();
    let sign = if value < 0.0 { "-" } else { "" };
    if size.fract() == 0.0 && size < DECIMAL.end || (1e3..DECIMAL.end).contains(&size) {
        return format!("{sign}{}", count(size.round() as u64));
    }
    if !DECIMAL.contains(&size) {
        return format!("{value:.3e}");
    }
    let places = (3.0 - size.log10().floor()) as usize;
    format!("{value:.places$}")
}

/// A number for a file, rounded to this many significant digits, without separators: 0.612346, 12345.7.
pub fn rounded(value: f64, digits: usize) -> String {
    let text = format!("{value:.*e}", digits.saturating_sub(1));
    let rounded: f64 = text.parse().unwrap_or(value);
    let is_plain = rounded == 0.0 || (1e-5..1e15).contains(&rounded.abs());
    if is_plain { (rounded + 0.0).to_string() } else { format!("{rounded:e}") }
}

/// A duration in its largest unit: 45 seconds, 12 minutes, 5.1 hours, 3.2 days.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{} seconds", significant(s)),
        s if s < 7_200.0 => format!("{:.0} minutes", s / 60.0),
        s if s < 172_800.0 => format!("{:.1} hours", s / 3_600.0),
        s => format!("{:.1} days", s / 86_400.0),
    }
}

/// A p-value: p < 0.001, or three decimals.
pub fn probability(p: f64) -> String {
    if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rounded_number_has_six_digits_and_is_still_a_number() {
        let texts = [0.612_345_678, 12_345.678, 1e-9, -0.5, -0.0, 2.0].map(|value| rounded(value, 6));
        assert_eq!(texts, ["0.612346", "12345.7", "1e-9", "-0.5", "0", "2"]);
    }

    #[test]
    fn counts_have_thousands_separators() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn small_shares_keep_two_significant_digits() {
        assert_eq!([0.0, 0.0039, 0.0213, 0.359].map(percent), ["0 %", "0.39 %", "2.1 %", "36 %"]);
    }

    #[test]
    fn numbers_of_any_size_keep_four_significant_digits() {
        let texts = [0.0, 23.0, -12.344, 0.012_345, 1234.5, -1e6, 1.2345e12, 0.000_012].map(significant);
        assert_eq!(texts, ["0", "23", "-12.34", "0.01235", "1,235", "-1,000,000", "1.234e12", "1.200e-5"]);
    }

    #[test]
    fn durations_are_written_in_their_largest_unit() {
        let texts = [0.5, 45.0, 720.0, 18_360.0, 276_480.0].map(duration);
        assert_eq!(texts, ["0.5000 seconds", "45 seconds", "12 minutes", "5.1 hours", "3.2 days"]);
    }

    #[test]
    fn a_tiny_share_keeps_three_digits() {
        let interval = Interval { low: 0.000_4, high: 0.001_234_5 };
        assert_eq!((tiny(Some(0.000_466_04)), tiny(None)), ("0.000466".to_owned(), "–".to_owned()));
        assert_eq!(tiny_interval(Some(interval)), "0.0004 to 0.00123");
    }

    #[test]
    fn an_undefined_value_is_a_dash_and_not_zero() {
        assert_eq!(fixed(None), "–");
        assert_eq!(fixed(Some(0.0)), "0.0000");
    }
}
