//! Builds the values of a typed column from texts.

use super::column_type::ColumnType;
use super::time::{DateOrder, TimeText};
use crate::table::column::{Categories, Values};
use crate::table::value;
use hashbrown::HashMap;

/// A column that grows by one text per row.
pub(super) enum ColumnBuilder {
    Flags(Vec<Option<bool>>),
    Integers(Vec<Option<i64>>),
    Reals(Vec<f64>),
    /// In seconds.
    Durations(Vec<f64>),
    Times(DateOrder, Vec<i64>),
    Levels(LevelBuilder),
}

/// Levels in order of first appearance.
#[derive(Default)]
pub(super) struct LevelBuilder {
    known: HashMap<String, u32>,
    codes: Vec<u32>,
}

impl ColumnBuilder {
    pub fn new(column_type: ColumnType) -> Self {
        match column_type {
            ColumnType::Flag => ColumnBuilder::Flags(Vec::new()),
            ColumnType::Integer => ColumnBuilder::Integers(Vec::new()),
            ColumnType::Empty | ColumnType::Real => ColumnBuilder::Reals(Vec::new()),
            ColumnType::Duration => ColumnBuilder::Durations(Vec::new()),
            ColumnType::Time { order, .. } => ColumnBuilder::Times(order, Vec::new()),
            ColumnType::Text => ColumnBuilder::Levels(LevelBuilder::default()),
        }
    }

    /// Append a row. Text that does not fit the type is missing.
    pub fn push(&mut self, text: &str) {
        match self {
            ColumnBuilder::Flags(v) => v.push(value::flag(text)),
            ColumnBuilder::Integers(v) => v.push(text.trim().parse().ok()),
            ColumnBuilder::Reals(v) => v.push(value::plain_number(text).unwrap_or(f64::NAN)),
            ColumnBuilder::Durations(v) => v.push(value::number(text).unwrap_or(f64::NAN)),
            ColumnBuilder::Times(order, v) => {
                let time = TimeText::parse(text).and_then(|time| time.microseconds(*order));
                v.push(time.unwrap_or(Values::NO_TIME));
            }
            ColumnBuilder::Levels(levels) => levels.push(value::level(text)),
        }
    }

    /// The values of all rows. Flags and integers with missing values become reals, which have NaN.
    pub fn finish(self) -> Values {
        match self {
            ColumnBuilder::Flags(v) => match v.iter().copied().collect() {
                Some(flags) => Values::Flag(flags),
                None => Values::Real(reals(&v, |flag| f64::from(u8::from(flag)))),
            },
            ColumnBuilder::Integers(v) => match v.iter().copied().collect() {
                Some(integers) => Values::Integer(integers),
                None => Values::Real(reals(&v, |integer| integer as f64)),
            },
            ColumnBuilder::Reals(v) | ColumnBuilder::Durations(v) => Values::Real(v),
            ColumnBuilder::Times(_, v) => Values::Time(v),
            ColumnBuilder::Levels(levels) => Values::Text(levels.finish()),
        }
    }
}

fn reals<T: Copy>(values: &[Option<T>], real: impl Fn(T) -> f64) -> Vec<f64> {
    values.iter().map(|value| value.map_or(f64::NAN, &real)).collect()
}

impl LevelBuilder {
    pub fn push(&mut self, level: Option<&str>) {
        let next = self.known.len() as u32;
        self.codes
            .push(level.map_or(Categories::MISSING, |level| *self.known.entry_ref(level).or_insert(next)));
    }

    pub fn finish(self) -> Categories {
        let mut levels: Vec<(String, u32)> = self.known.into_iter().collect();
        levels.sort_unstable_by_key(|(_, code)| *code);
        Categories { codes: self.codes, levels: levels.into_iter().map(|(level, _)| level).collect() }
    }
}
