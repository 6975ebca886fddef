//! Columns that identify rows instead of describing them: indices, counters, identifiers and epoch times. A detector that
//! learns from them takes every later row for an anomaly.

use crate::error::Hint;
use crate::table::column::{Column, Values};
use crate::table::note::Note;

/// Fewer values than this are evidence of nothing.
const FEWEST: usize = 20;

/// The share of steps or values that decides. The rest is for repeated headers, late rows and the borders of parts.
const NEARLY_ALL: f64 = 0.99;

/// Why a column is left out of the features, unless it is named; `None` if it describes the rows. Real numbers that
/// differ in every row are measurements: only integers count rows.
pub(super) fn reason(column: &Column) -> Option<Note> {
    let note = |text: String, hint| Some(Note { text, hint: Some(hint) });
    if is_index(column) {
        return note("it numbers the rows".to_owned(), Hint::NameFeatures);
    }
    let numbers = match &column.values {
        Values::Integer(_) | Values::Real(_) => column.values.reals(),
        _ => return None,
    };
    let numbers: Vec<f64> = numbers.into_iter().filter(|number| number.is_finite()).collect();
    if numbers.len() < FEWEST {
        return None;
    }
    let are_integers = numbers.iter().all(|number| number.fract() == 0.0);
    if let Some(unit) = unit_of_epoch(&numbers)
        && (has_word(&column.name, &TIMES) || are_integers && distinct_share(&numbers) > 0.9)
    {
        let hint = if unit == "seconds" { Hint::NameTime } else { Hint::NameFeatures };
        return note(format!("it holds times, in {unit} since 1970"), hint);
    }
    match direction(&numbers).filter(|_| are_integers) {
        Some(direction) => note(format!("it counts {direction} from row to row"), Hint::NameFeatures),
        None if are_integers
            && has_word(&column.name, &IDENTIFIERS)
            && distinct_share(&numbers) >= NEARLY_ALL =>
        {
            note("it is an identifier: nearly every row has its own number".to_owned(), Hint::NameFeatures)
        }
        None => None,
    }
}

/// Whether a column is the index of a data frame. Pandas writes it as `__index_level_0__` in Parquet, and without a name in
/// CSV.
fn is_index(column: &Column) -> bool {
    let unnamed = column.name.strip_prefix("Unnamed: ");
    let is_unnamed = unnamed.is_some_and(|at| at.parse::<usize>().is_ok()) || column.name == "index";
    let counts_up = || match &column.values {
        Values::Integer(numbers) => numbers.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1])),
        _ => false,
    };
    column.name.starts_with("__index_level_") || is_unnamed && counts_up()
}

/// `up` or `down`, if nearly every integer is greater or nearly every one is less than the one before.
fn direction(numbers: &[f64]) -> Option<&'static str> {
    let steps = numbers.len() - 1;
    let up = numbers.windows(2).filter(|pair| pair[0] < pair[1]).count();
    let down = numbers.windows(2).filter(|pair| pair[0] > pair[1]).count();
    let nearly_all = |count: usize| count as f64 >= NEARLY_ALL * steps as f64;
    match (nearly_all(up), nearly_all(down)) {
        (true, _) => Some("up"),
        (_, true) => Some("down"),
        _ => None,
    }
}

/// The unit of points in time since 1970, if all numbers lie in the years 2000 to 2040.
fn unit_of_epoch(numbers: &[f64]) -> Option<&'static str> {
    const YEARS_2000_TO_2040: std::ops::RangeInclusive<f64> = 946_684_800.0..=2_208_988_800.0;
    let units = [("seconds", 1.0), ("milliseconds", 1e3), ("microseconds", 1e6), ("nanoseconds", 1e9)];
    let holds = |by: f64| numbers.iter().all(|number| YEARS_2000_TO_2040.contains(&(number / by)));
    units.into_iter().find(|(_, by)| holds(*by)).map(|(unit, _)| unit)
}

/// The share of values that are the first of their kind, in (0, 1].
fn distinct_share(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.dedup();
    sorted.len() as f64 / numbers.len() as f64
}

/// Words in the names of identifiers.
const IDENTIFIERS: [&str; 15] = [
    "id", "ids", "uid", "uuid", "guid", "index", "idx", "key", "row", "rownum", "seq", "sequence", "serial",
    "record", "ticket",
];

/// Words in the names of points in time.
const TIMES: [&str; 13] = [
    "time",
    "timestamp",
    "ts",
    "date",
    "datetime",
    "epoch",
    "start",
    "end",
    "first",
    "last",
    "seen",
    "stime",
    "ltime",
];

/// Whether one of these words is in a name: `EventRecordID` and `event_record_id` hold event, record and id.
pub(super) fn has_word(name: &str, words: &[&str]) -> bool {
    words_of(name).iter().any(|own| words.contains(&own.as_str()))
}

/// The words of a name, in lower case: parts between signs, digits and capitals.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphabetic() || was_lower && c.is_uppercase() {
            words.push(String::new());
        }
        if c.is_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left_out(name: &str, values: Values) -> Option<String> {
        reason(&Column { name: name.into(), values }).map(|note| note.text)
    }

    fn integers(number: impl Fn(i64) -> i64) -> Values {
        Values::Integer((0..500).map(number).collect())
    }

    /// Different integers without an order.
    fn mixed(at: i64) -> i64 {
        at * 337 % 500
    }

    #[test]
    fn a_counter_is_left_out_in_either_direction_and_with_gaps() {
        let said = |text: Option<String>| text.unwrap_or_default();
        assert!(
            said(left_out("n", integers(|at| 3 * at + at % 2))).ends_with("it counts up from row to row")
        );
        assert!(said(left_out("n", integers(|at| 9_000 - at))).ends_with("it counts down from row to row"));
        let gaps = (0..500).map(|at| if at % 7 == 0 { f64::NAN } else { f64::from(at) }).collect();
        assert!(left_out("n", Values::Real(gaps)).is_some());
        // Two part files, each of which starts at 0.
        assert!(left_out("n", integers(|at| at % 250)).is_some());
    }

    #[test]
    fn different_integers_are_identifiers_by_their_name_only() {
        for name in ["EventRecordID", "session_id", "flow id", "Key"] {
            assert!(left_out(name, integers(mixed)).is_some(), "{name}");
        }
        for name in ["bytes", "width", "idle", "period"] {
            assert_eq!(left_out(name, integers(mixed)), None, "{name}");
        }
        assert_eq!(left_out("id", integers(|at| at % 5)), None, "a code");
    }

    #[test]
    fn times_since_1970_are_left_out_in_every_unit() {
        for (unit, by) in [
            ("seconds", 1),
            ("milliseconds", 1_000),
            ("microseconds", 1_000_000),
            ("nanoseconds", 1_000_000_000),
        ] {
            let text = left_out("x", integers(|at| (1_700_000_000 + mixed(at)) * by)).unwrap();
            assert!(text.ends_with(&format!("in {unit} since 1970")), "{text}");
        }
        let zeek = (0..500).map(|at| 1_700_000_000.25 + f64::from(at / 9)).collect();
        assert!(left_out("ts", Values::Real(zeek)).is_some());
    }

    #[test]
    fn measurements_stay() {
        let rising = (0..500).map(|at| f64::from(at) + 0.5).collect();
        assert_eq!(left_out("id", Values::Real(rising)), None);
        assert_eq!(left_out("bytes", integers(|at| 1_000_000_000 + at % 7)), None);
        assert_eq!(left_out("n", Values::Integer((0..19).collect())), None, "too few rows");
    }
}
