//! The features of a model in the analyst's units: what each may hold, and what it typically holds.

use crate::error::{Error, LONGEST_NAME, Result, printable};
use crate::schema::Kind;
use crate::table::{Categories, Column, Values, truth};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// One feature that a model scores by.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct FeatureModel {
    pub name: String,
    pub kind: FeatureKind,
    /// The median of the training rows, or their commonest flag or level.
    pub typical: Cell,
}

/// What a feature's values mean, and which of them training held.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum FeatureKind {
    /// A number; the lowest and the highest of training.
    Number { low: f64, high: f64 },
    /// True or false.
    Flag,
    /// One of some words; those of training, sorted.
    Category { levels: Vec<String> },
}

/// One value of one feature. In JSON a number, a boolean, a string, or null.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(untagged)]
pub enum Cell {
    Missing,
    Flag(bool),
    Number(f64),
    Level(String),
}

impl FeatureModel {
    /// The kind of column that holds this feature.
    pub fn column_kind(&self) -> Kind {
        match self.kind {
            FeatureKind::Number { .. } => Kind::Numeric,
            FeatureKind::Flag => Kind::Boolean,
            FeatureKind::Category { .. } => Kind::Categorical,
        }
    }

    /// The levels of training, where this is a category.
    pub fn levels(&self) -> Option<&[String]> {
        match &self.kind {
            FeatureKind::Category { levels } => Some(levels),
            _ => None,
        }
    }

    /// A value of this feature from JSON. Null is a missing value; numbers may come as text, flags as 0 and 1 or as
    /// words, levels as numbers.
    ///
    /// # Errors
    /// Where the value cannot be read as one of this feature.
    pub fn cell(&self, table: &str, value: &Value) -> Result<Cell> {
        let read = match (&self.kind, value) {
            (_, Value::Null) => Some(Cell::Missing),
            (FeatureKind::Number { .. }, value) => number(value).map(Cell::Number),
            (FeatureKind::Flag, value) => flag(value).map(Cell::Flag),
            (FeatureKind::Category { .. }, value) => level(value).map(Cell::Level),
        };
        read.ok_or_else(|| {
            let shown = printable(&value.to_string(), LONGEST_NAME);
            Error::column(table, &self.name, format!("is {shown} where {} is expected", self.kind.noun()))
        })
    }

    /// The value of a row of this feature's column.
    pub(super) fn cell_of(&self, values: &Values, row: usize) -> Cell {
        match (values, &self.kind) {
            (Values::Text(text), _) => {
                text.level(row).map_or(Cell::Missing, |level| Cell::Level(level.to_owned()))
            }
            (Values::Flag(flags), FeatureKind::Flag) => Cell::Flag(flags[row]),
            (values, kind) => {
                let number = values.real(row);
                match kind {
                    _ if !number.is_finite() => Cell::Missing,
                    FeatureKind::Flag if number == 0.0 || number == 1.0 => Cell::Flag(number == 1.0),
                    _ => Cell::Number(number),
                }
            }
        }
    }

    /// Values of this feature as its column. Cells of another kind are missing values.
    pub(super) fn column<'a>(&self, cells: impl Iterator<Item = &'a Cell>) -> Column {
        let values = match self.kind {
            FeatureKind::Category { .. } => Values::Text(cells.map(Cell::level).collect::<Categories>()),
            _ => Values::Real(cells.map(Cell::real).collect()),
        };
        Column { name: self.name.clone(), values }
    }

    /// Whether a value can be one of this feature.
    pub(super) fn holds(&self, cell: &Cell) -> bool {
        match (&self.kind, cell) {
            (_, Cell::Missing) => true,
            (FeatureKind::Number { .. }, Cell::Number(number)) => number.is_finite(),
            (FeatureKind::Flag, Cell::Flag(_)) => true,
            (FeatureKind::Category { .. }, Cell::Level(_)) => true,
            _ => false,
        }
    }

    /// Whether this can be what training learned.
    pub(super) fn is_valid(&self) -> bool {
        match (&self.kind, &self.typical) {
            (FeatureKind::Number { low, high }, Cell::Number(typical)) => (low..=high).contains(&typical),
            (FeatureKind::Flag, Cell::Flag(_)) => true,
            (FeatureKind::Category { levels }, Cell::Level(typical)) => levels.contains(typical),
            _ => false,
        }
    }
}

impl FeatureKind {
    fn noun(&self) -> &'static str {
        match self {
            FeatureKind::Number { .. } => "a number",
            FeatureKind::Flag => "true or false",
            FeatureKind::Category { .. } => "a word",
        }
    }
}

impl Cell {
    /// The value as a number; NaN where it is none.
    fn real(&self) -> f64 {
        match self {
            Cell::Number(number) => *number,
            Cell::Flag(flag) => f64::from(u8::from(*flag)),
            Cell::Missing | Cell::Level(_) => f64::NAN,
        }
    }

    fn level(&self) -> Option<&str> {
        match self {
            Cell::Level(level) => Some(level),
            _ => None,
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Missing => f.write_str("missing"),
            Cell::Flag(flag) => write!(f, "{flag}"),
            Cell::Number(number) => f.write_str(&crate::report::significant(*number)),
            Cell::Level(level) => f.write_str(&printable(level, LONGEST_NAME)),
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => truth(&number.to_string()),
        Value::String(word) => truth(word),
        _ => None,
    }
}

fn level(value: &Value) -> Option<String> {
    match value {
        Value::String(word) => Some(word.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        // A column of numbers that is read as a category has whole ones without a point.
        Value::Number(number) => {
            number.as_i64().map_or_else(|| number.as_f64().map(|x| x.to_string()), |n| Some(n.to_string()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn feature(kind: FeatureKind) -> FeatureModel {
        FeatureModel { name: "f".into(), kind, typical: Cell::Missing }
    }

    #[test]
    fn values_are_read_as_people_write_them() {
        let number = feature(FeatureKind::Number { low: 0.0, high: 1.0 });
        for (given, meant) in [(json!(5), 5.0), (json!(5.5), 5.5), (json!("5"), 5.0), (json!(true), 1.0)] {
            assert_eq!(number.cell("t", &given).unwrap(), Cell::Number(meant), "{given}");
        }
        let flag = feature(FeatureKind::Flag);
        for (given, meant) in
            [(json!(true), true), (json!(0), false), (json!(1.0), true), (json!("yes"), true)]
        {
            assert_eq!(flag.cell("t", &given).unwrap(), Cell::Flag(meant), "{given}");
        }
        let category = feature(FeatureKind::Category { levels: vec![] });
        for (given, meant) in [(json!("a"), "a"), (json!(5), "5"), (json!(5.0), "5"), (json!(true), "true")] {
            assert_eq!(category.cell("t", &given).unwrap(), Cell::Level(meant.into()), "{given}");
        }
        assert_eq!(number.cell("t", &json!(null)).unwrap(), Cell::Missing);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_what_is_expected() {
        let number = feature(FeatureKind::Number { low: 0.0, high: 1.0 });
        let error = number.cell("t", &json!("many")).unwrap_err().to_string();
        assert_eq!(error, "t: column `f` is \"many\" where a number is expected");
        for value in [json!("NaN"), json!("inf"), json!([1]), json!({})] {
            assert!(number.cell("t", &value).is_err(), "{value}");
        }
        for value in [json!(2), json!("perhaps")] {
            assert!(feature(FeatureKind::Flag).cell("t", &value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_typical_value_outside_of_training_is_not_valid() {
        let number = FeatureKind::Number { low: 0.0, high: 1.0 };
        let with = |typical| FeatureModel { name: "f".into(), kind: number.clone(), typical };
        assert!(with(Cell::Number(0.5)).is_valid());
        assert!(!with(Cell::Number(2.0)).is_valid() && !with(Cell::Flag(true)).is_valid());
    }
}
