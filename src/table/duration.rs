//! Durations and times of day as text: `00:01:23`, `1 day, 02:03:04`, `14:05:09.25`.

/// The seconds of a duration, or of a time of day since midnight: `H:MM:SS` with optional decimals, with optional days
/// in front. `None` for other text.
///
/// Days are written as in Python and pandas (`1 day, 2:03:04`, `-1 days +23:59:59`) or .NET (`1.02:03:04`).
pub(crate) fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    if text.len() > 40 || !text.contains(':') {
        return None;
    }
    if let Some((days, rest)) = days(text) {
        return Some(days * 86_400.0 + clock(rest.strip_prefix('+').unwrap_or(rest))?);
    }
    match text.strip_prefix('-') {
        Some(rest) => clock(rest).map(|seconds| -seconds),
        None => clock(text),
    }
}

/// The days in front of a time of day, and the time of day.
fn days(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '-')?;
    let days: i32 = text[..end].parse().ok()?;
    let rest = &text[end..];
    let rest = match rest.strip_prefix(" day") {
        Some(rest) => {
            let rest = rest.strip_prefix('s').unwrap_or(rest);
            rest.strip_prefix(',').unwrap_or(rest).strip_prefix(' ')?.trim_start()
        }
        None => rest.strip_prefix('.')?,
    };
    Some((f64::from(days), rest))
}

/// The seconds of `H:MM:SS`, with up to four digits of hours.
fn clock(text: &str) -> Option<f64> {
    let (hours, rest) = text.split_once(':')?;
    let (minutes, seconds) = rest.split_once(':')?;
    let (whole, decimals) = seconds.split_once(['.', ',']).unwrap_or((seconds, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if ![hours, minutes, whole, decimals].into_iter().all(is_digits)
        || hours.len() > 4
        || minutes.len() != 2
        || whole.len() != 2
    {
        return None;
    }
    let [hours, minutes, whole]: [f64; 3] = [hours.parse().ok()?, minutes.parse().ok()?, whole.parse().ok()?];
    let fraction: f64 = format!("0.{decimals}").parse().ok()?;
    (minutes < 60.0 && whole < 60.0).then_some(hours * 3600.0 + minutes * 60.0 + whole + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_and_times_of_day_are_seconds() {
        // Reference: pandas 2.3, Timedelta(...).total_seconds(), except for the form of .NET.
        for (text, expected) in [
            ("00:01:23", 83.0),
            (" 14:05:09 ", 50_709.0),
            ("14:05:09.25", 50_709.25),
            ("0:00:01,5", 1.5),
            ("100:00:00", 360_000.0),
            ("1 day 02:03:04", 93_784.0),
            ("1 day, 2:03:04", 93_784.0),
            ("0 days 00:01:23.5", 83.5),
            ("-1 days +23:59:59", -1.0),
            ("-00:01:23", -83.0),
            ("1.02:03:04", 93_784.0),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn addresses_and_other_numbers_are_no_durations() {
        for text in [
            "12:30",
            "00:1a:2b:3c",
            "00:11:22:33:44:55",
            "::1",
            "1:2:3",
            "00:60:00",
            "00:00:61",
            "1:02:03:04",
            "2024-03-29 10:00:00",
            "5",
            "",
            ":",
            "1 day",
            "10000000:00:00",
            "00:00:00.",
            "a:00:00",
            "1 day :",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text in "\\PC{0,30}", like in "[0-9:., day+-]{0,30}") {
            let _ = (seconds(&text), seconds(&like));
        }
    }
}
