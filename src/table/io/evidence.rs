//! Type inference: the evidence of a column's values for its type. Evidence of parts is additive, so a table
//! has the same types as one file, in parts, and as a stream.

use super::builder::ColumnBuilder;
use super::column_type::ColumnType;
use super::time::{DateOrder, TimeText};
use super::time_evidence::TimeEvidence;
use crate::table::column::{Categories, Values};
use crate::table::duration;
use crate::table::value;
use std::collections::HashMap;

/// The number of values of a column by type. Missing values are evidence of no type.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Evidence {
    /// Rows, including missing values.
    pub rows: u64,
    /// Empty text, nulls, NaN.
    missing: u64,
    /// Words such as `NA`: missing in a number column, levels in a category.
    marks: u64,
    flags: u64,
    integers: u64,
    reals: u64,
    times: TimeEvidence,
    /// Points in time from a format with a time type.
    native_times: u64,
    /// Durations and times of day.
    durations: u64,
    /// Integers with too many digits for a number, which are identifiers.
    long: u64,
    /// The first value that is not a flag, number or time: its row index and its text.
    other: Option<(u64, String)>,
    others: u64,
    /// Numbers with a percent sign or a currency sign, among the others.
    signed: u64,
    /// Points in time without a year, among the others.
    yearless: u64,
}

/// If this share of the values are numbers, and at least [`FEWEST`] of them, the column is a number column.
const MOSTLY: f64 = 0.95;
const FEWEST: u64 = 20;

/// Longer integers lose digits as numbers.
const MOST_DIGITS: usize = 15;

impl Evidence {
    /// Add text that occurs in `count` rows, first in `row`.
    pub fn see(&mut self, text: &str, row: u64, count: u64) {
        let text = text.trim();
        self.rows += count;
        if text.is_empty() {
            self.missing += count;
        } else if is_integer(text) {
            match text.parse::<i64>() {
                Ok(_) => self.integers += count,
                Err(_) => self.long += count,
            }
        } else if text.parse::<f64>().is_ok_and(|number| !number.is_nan()) {
            self.reals += count;
        } else if value::is_missing(text) {
            self.marks += count;
        } else if value::flag(text).is_some() {
            self.flags += count;
        } else if let Some(time) = TimeText::parse(text) {
            self.times.see(time, count);
        } else if duration::seconds(text).is_some() {
            self.durations += count;
        } else {
            self.see_other(text, row, count);
        }
    }

    fn see_other(&mut self, text: &str, row: u64, count: u64) {
        self.others += count;
        self.signed += if has_sign(text) { count } else { 0 };
        self.yearless += if TimeText::lacks_year(text) { count } else { 0 };
        if self.other.as_ref().is_none_or(|(first, _)| row < *first) {
            self.other = Some((row, text.to_owned()));
        }
    }

    /// Add nulls.
    pub fn see_missing(&mut self, count: u64) {
        self.rows += count;
        self.missing += count;
    }

    /// The evidence of typed values; text is added level by level.
    pub fn of(values: &Values) -> Self {
        let rows = values.len() as u64;
        let mut evidence = Evidence { rows, ..Evidence::default() };
        match values {
            Values::Flag(_) => evidence.flags = rows,
            Values::Integer(_) => evidence.integers = rows,
            Values::Real(v) => {
                evidence.missing = v.iter().filter(|x| x.is_nan()).count() as u64;
                evidence.reals = rows - evidence.missing;
            }
            Values::Time(v) => {
                evidence.missing = v.iter().filter(|&&time| time == Values::NO_TIME).count() as u64;
                evidence.native_times = rows - evidence.missing;
            }
            Values::Text(text) => return Evidence::of_levels(text),
        }
        evidence
    }

    fn of_levels(text: &Categories) -> Self {
        let mut evidence = Evidence::default();
        let mut levels: HashMap<u32, (u64, u64)> = HashMap::new();
        for (row, &code) in (0..).zip(&text.codes) {
            levels.entry(code).or_insert((row, 0)).1 += 1;
        }
        for (code, (row, count)) in levels {
            match text.levels.get(code as usize) {
                Some(level) => evidence.see(level, row, count),
                None => evidence.see_missing(count),
            }
        }
        evidence
    }

    /// Add the evidence of the rows that follow.
    pub fn merge(&mut self, next: &Evidence) {
        if let Some((row, text)) = &next.other
            && self.other.is_none()
        {
            self.other = Some((self.rows + row, text.clone()));
        }
        self.rows += next.rows;
        self.missing += next.missing;
        self.marks += next.marks;
        self.flags += next.flags;
        self.integers += next.integers;
        self.reals += next.reals;
        self.times.merge(&next.times);
        self.native_times += next.native_times;
        self.durations += next.durations;
        self.long += next.long;
        self.others += next.others;
        self.signed += next.signed;
        self.yearless += next.yearless;
    }

    fn numbers(&self) -> u64 {
        self.integers + self.reals
    }

    /// Rows with a value other than a missing mark.
    fn values(&self) -> u64 {
        self.rows - self.missing - self.marks
    }

    /// The type of all values. Integers and reals together are reals, flags and numbers together are numbers;
    /// any other mix is text.
    pub fn column_type(&self) -> ColumnType {
        let times = self.times.times + self.native_times;
        let order = self.times.order();
        match self.values() {
            0 if self.marks == 0 => ColumnType::Empty,
            0 => ColumnType::Text,
            _ if self.long > 0 => ColumnType::Text,
            n if n == self.flags => ColumnType::Flag,
            n if n == self.integers => ColumnType::Integer,
            n if n == self.numbers() + self.flags => ColumnType::Real,
            n if n == self.durations => ColumnType::Duration,
            n if n == times && (order.is_some() || self.times.times == 0) => {
                let zoned = self.native_times > 0 || self.times.is_zoned();
                ColumnType::Time { order: order.unwrap_or(DateOrder::DayFirst), zoned }
            }
            _ => ColumnType::Text,
        }
    }

    /// What the values are, in a word; `None` without values.
    pub fn word(&self) -> Option<&'static str> {
        match self.column_type() {
            _ if self.values() == 0 => None,
            ColumnType::Flag => Some("flags"),
            ColumnType::Integer | ColumnType::Real => Some("numbers"),
            ColumnType::Duration => Some("durations"),
            ColumnType::Time { zoned: true, .. } => Some("times with a zone"),
            ColumnType::Time { .. } => Some("times without a zone"),
            ColumnType::Empty | ColumnType::Text => Some("text"),
        }
    }

    /// The type of a feature column: [`Evidence::column_type`], but numbers if nearly all values are numbers.
    pub fn feature_type(&self) -> ColumnType {
        match self.column_type() {
            ColumnType::Text if self.is_mostly_numbers() => ColumnType::Real,
            column_type => column_type,
        }
    }

    fn is_mostly_numbers(&self) -> bool {
        self.long == 0 && self.numbers() >= FEWEST && self.numbers() as f64 >= MOSTLY * self.values() as f64
    }

    /// The number of values that count as missing, if the column is numeric because nearly all values are
    /// numbers.
    pub fn counted_as_missing(&self) -> Option<u64> {
        (self.column_type() == ColumnType::Text && self.is_mostly_numbers())
            .then(|| self.values() - self.numbers() - self.flags)
    }

    /// If more than this share of the values are numbers or times: their count, and the row index and text of the first
    /// other value.
    pub fn spoiler(&self, share: f64) -> Option<(u64, u64, &str)> {
        let typed = self.numbers().max(self.times.times).max(self.durations);
        let (row, text) = self.other.as_ref()?;
        (typed as f64 > share * self.values() as f64).then_some((typed, *row, text.as_str()))
    }

    /// Why a column of points in time has no time type, such as `03/04/2024`, in words.
    pub fn time_problem(&self) -> Option<&'static str> {
        let are_times = self.values() > 0 && self.values() == self.times.times;
        self.times.problem().filter(|_| are_times)
    }

    /// Whether the month is taken to come first because the times have AM and PM.
    pub fn is_month_first_by_guess(&self) -> bool {
        self.times.is_month_first_by_guess()
    }

    /// The first value, if all values are numbers with a percent sign or a currency sign.
    pub fn number_with_sign(&self) -> Option<&str> {
        let (_, text) = self.other.as_ref()?;
        (self.signed == self.values()).then_some(text.as_str())
    }

    /// The first value, if all values are points in time without a year.
    pub fn time_without_year(&self) -> Option<&str> {
        let (_, text) = self.other.as_ref()?;
        (self.yearless == self.values()).then_some(text.as_str())
    }

    /// Whether the values are integers with too many digits for a number.
    pub fn has_long_integers(&self) -> bool {
        self.long > 0
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits.len() <= MOST_DIGITS || text.parse::<i64>().is_ok() || text.parse::<f64>().is_ok())
}

/// Whether text is a number with a percent sign or a currency sign, such as `12%` or `$5`.
fn has_sign(text: &str) -> bool {
    const SIGNS: [char; 6] = ['%', '$', '€', '£', '¥', '₹'];
    let number = text.strip_suffix(SIGNS).or_else(|| text.strip_prefix(SIGNS));
    number.is_some_and(|number| number.trim().parse::<f64>().is_ok())
}

impl Values {
    /// The values converted to a type. Values that do not fit are missing.
    pub(super) fn into_type(self, column_type: ColumnType) -> Values {
        match (column_type, self) {
            (ColumnType::Text, values) => Values::Text(values.into_levels()),
            (column_type, Values::Text(text)) => {
                let mut column = ColumnBuilder::new(column_type);
                (0..text.codes.len()).for_each(|row| column.push(text.level(row).unwrap_or_default()));
                column.finish()
            }
            (ColumnType::Real, values) => Values::Real(values.reals()),
            (ColumnType::Time { .. }, values @ Values::Time(_)) => values,
            (ColumnType::Time { .. }, values) => Values::Time(vec![Values::NO_TIME; values.len()]),
            (_, values) => values,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn evidence(texts: &[&str]) -> Evidence {
        let mut evidence = Evidence::default();
        (0..).zip(texts).for_each(|(row, text)| evidence.see(text, row, 1));
        evidence
    }

    fn typed(texts: &[&str]) -> ColumnType {
        evidence(texts).column_type()
    }

    #[test]
    fn a_column_has_the_type_that_holds_all_its_values() {
        let time = |zoned| ColumnType::Time { order: DateOrder::DayFirst, zoned };
        for (texts, expected) in [
            (&["1", "2", ""][..], ColumnType::Integer),
            (&["1", "2.5", "NA"], ColumnType::Real),
            (&["1", " 2 "], ColumnType::Integer),
            (&["true", "False", "-"], ColumnType::Flag),
            (&["true", "1"], ColumnType::Real),
            (&["DE", "NA"], ColumnType::Text),
            (&["NA", "-"], ColumnType::Text),
            (&["", ""], ColumnType::Empty),
            (&[], ColumnType::Empty),
            (&["1", "x"], ColumnType::Text),
            (&["18446744073709551611", "1"], ColumnType::Text),
            (&["9007199254740993"], ColumnType::Integer),
            (&["2025-01-06", "", "NA", "2025-01-06 10:00:00"], time(false)),
            (&["2025-01-06T10:00:00Z"], time(true)),
            (&["2025-01-06", "5"], ColumnType::Text),
            (&["2025-01-06T10:00:00", "2025-01-06T10:00:00Z"], ColumnType::Text),
            (&["03/04/2024"], ColumnType::Text),
            (&["00:01:23", "", "1 day, 2:00:00"], ColumnType::Duration),
            (&["00:01:23", "5"], ColumnType::Text),
        ] {
            assert_eq!(typed(texts), expected, "{texts:?}");
        }
    }

    #[test]
    fn numbers_with_a_sign_are_told_from_other_text() {
        assert_eq!(evidence(&["12%", "", "3.5 %"]).number_with_sign(), Some("12%"));
        assert_eq!(evidence(&["€ 3"]).number_with_sign(), Some("€ 3"));
        assert_eq!(evidence(&["12%", "v1"]).number_with_sign(), None);
    }

    #[test]
    fn nearly_all_numbers_are_numbers_and_the_rest_is_counted() {
        let mut texts = vec!["1.5"; 95];
        texts.extend(["err", "timeout", "err", "err", "x"]);
        let evidence = evidence(&texts);
        assert_eq!((evidence.column_type(), evidence.feature_type()), (ColumnType::Text, ColumnType::Real));
        assert_eq!(evidence.counted_as_missing(), Some(5));
        assert_eq!(evidence.spoiler(0.9), Some((95, 95, "err")));
    }

    proptest! {
        #[test]
        fn a_split_anywhere_changes_nothing(
            texts in prop::collection::vec(
                prop_oneof![
                    Just("1"), Just("2.5"), Just(""), Just("NA"), Just("true"), Just("x"), Just("2025-01-06"),
                    Just("13/01/2025"), Just("01/02/2025"), Just("-"), Just("1.0"), Just("99999999999999999999"),
                    Just("00:01:23"), Just("03/04/2025 10:00 AM")
                ],
                0..12,
            ),
            at in 0..12_usize,
        ) {
            let at = at.min(texts.len());
            let mut parts = evidence(&texts[..at]);
            parts.merge(&evidence(&texts[at..]));
            prop_assert_eq!(parts, evidence(&texts));
        }

        #[test]
        fn levels_are_the_evidence_of_their_rows(texts in prop::collection::vec("[a1-]{0,2}", 0..20)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let levels: Categories = texts.iter().map(|text| value::level(text)).collect();
            prop_assert_eq!(Evidence::of(&Values::Text(levels)), evidence(&texts));
        }
    }
}
