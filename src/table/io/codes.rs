//! Integers that are names, such as event codes and ports. As numbers, 4624 and 4625 are neighbors and 1102 is far away;
//! as categories, all are equally different.

use super::identifier::has_word;
use crate::error::{Hint, LONGEST_NAME, printable};
use crate::table::column::{Column, Values};
use crate::table::note::Note;

/// Fewer different values are a flag, and more are a number or an identifier.
const DISTINCT: std::ops::RangeInclusive<usize> = 3..=50;

/// The mean number of rows of a code. Rarer values are measurements.
const ROWS_PER_CODE: usize = 20;

/// Words in the names of codes.
const CODES: [&str; 21] = [
    "code", "codes", "id", "event", "eventid", "type", "status", "class", "category", "method", "port",
    "protocol", "proto", "opcode", "action", "kind", "state", "country", "asn", "vlan", "channel",
];

/// Words in the names of measurements.
const MEASUREMENTS: [&str; 16] = [
    "count", "counts", "num", "number", "n", "total", "sum", "mean", "size", "len", "length", "bytes",
    "rate", "seconds", "time", "age",
];

/// A note on the number columns that look like codes; `None` without any.
pub(super) fn note(features: &[Column]) -> Option<Note> {
    let codes: Vec<(&String, usize)> =
        features.iter().filter_map(|column| Some((&column.name, codes(column)?))).collect();
    let shown =
        |(name, values): &(&String, usize)| format!("`{}` ({values} values)", printable(name, LONGEST_NAME));
    let names: Vec<String> = codes.iter().map(|(name, _)| (*name).clone()).collect();
    let text = match codes.as_slice() {
        [] => return None,
        [one] => format!("{} looks like a code, but is read as a number", shown(one)),
        several => {
            let several: Vec<String> = several.iter().map(shown).collect();
            format!("{} look like codes, but are read as numbers", several.join(", "))
        }
    };
    Some(Note { text, hint: Some(Hint::Categorical(names)) })
}

/// The number of different codes in a column; `None` if its values are not codes.
fn codes(column: &Column) -> Option<usize> {
    let (Values::Integer(_) | Values::Real(_)) = &column.values else { return None };
    let mut numbers = column.values.reals();
    numbers.retain(|number| !number.is_nan());
    let rows = numbers.len();
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.dedup();
    let are_integers = numbers.iter().all(|number| number.fract() == 0.0);
    if !are_integers || !DISTINCT.contains(&numbers.len()) || rows < ROWS_PER_CODE * numbers.len() {
        return None;
    }
    let has_name = has_word(&column.name, &CODES);
    let is_code = (has_name || are_spread(&numbers)) && !has_word(&column.name, &MEASUREMENTS);
    is_code.then_some(numbers.len())
}

/// Whether most of these different positive integers, in order, have no neighbor, and their range is wide.
fn are_spread(sorted: &[f64]) -> bool {
    let gaps = sorted.windows(2).filter(|pair| pair[1] - pair[0] > 1.0).count();
    match sorted {
        [low, .., high] => *low >= 1.0 && 2 * gaps >= sorted.len() && high - low > 5.0 * sorted.len() as f64,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_code(name: &str, values: &[i64]) -> bool {
        let values = values.iter().cycle().take(25 * values.len()).copied().collect();
        note(&[Column { name: name.into(), values: Values::Integer(values) }]).is_some()
    }

    #[test]
    fn few_integers_are_codes_by_their_name_or_their_gaps() {
        assert!(is_code("EventID", &[4624, 4625, 4626]) && is_code("logon_type", &[2, 3, 5]));
        assert!(is_code("x", &[4624, 4625, 4672, 4720, 1102]) && is_code("x", &[22, 53, 80, 443]));
    }

    #[test]
    fn counts_and_flags_are_no_codes() {
        assert!(!is_code("x", &[0, 1, 2, 3, 900]) && !is_code("x", &[0, 1, 3, 16, 18, 20, 24, 235]));
        assert!(!is_code("event_count", &[1, 6, 17, 80]) && !is_code("EventID", &[4624, 4625]));
        let many: Vec<i64> = (0..60).map(|at| 7 * at + 1).collect();
        assert!(!is_code("port", &many));
    }

    #[test]
    fn the_note_names_all_columns_and_the_way_out() {
        let column = |name: &str| Column {
            name: name.into(),
            values: Values::Real((0..100).map(|row| f64::from(10 * (row % 4))).collect()),
        };
        let note = note(&[column("port"), column("share"), column("type")]).unwrap();
        assert_eq!(
            note.text,
            "`port` (4 values), `type` (4 values) look like codes, but are read as numbers"
        );
        assert_eq!(note.hint, Some(Hint::Categorical(vec!["port".into(), "type".into()])));
    }
}
