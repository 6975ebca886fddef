//! The features of a model in the original units: the values of training, and the typical value.

use crate::error::{LONGEST_NAME, printable};
use crate::schema::Kind;
use crate::table::{Categories, Column, Values, canonical, is_number};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One feature of a model.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct FeatureModel {
    /// The feature's name.
    pub name: String,
    /// The kind of its values, and their range or levels in training.
    pub kind: FeatureKind,
    /// The median of the training rows, or their most frequent flag or level.
    pub typical: Cell,
}

/// The kind of a feature, and its values in training.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum FeatureKind {
    /// A number, with its range in training.
    Number {
        /// The smallest training value.
        low: f64,
        /// The largest training value.
        high: f64,
    },
    /// True or false.
    Flag,
    /// A category, with its sorted training levels.
    Category {
        /// The levels of the training rows, sorted.
        levels: Vec<String>,
    },
}

/// One value of one feature. In JSON a number, a boolean, a string, or null.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(untagged)]
pub enum Cell {
    /// No value; null in JSON.
    Missing,
    /// A boolean.
    Flag(bool),
    /// A finite number.
    Number(f64),
    /// A level of a category.
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

    /// The training levels of a category, sorted; `None` for other kinds.
    pub fn levels(&self) -> Option<&[String]> {
        match &self.kind {
            FeatureKind::Category { levels } => Some(levels),
            _ => None,
        }
    }

    /// The same column with the spelling of training: if training has the level `5`, then `5.0` and `05`
    /// become `5`, and `True` becomes `true`. Levels that training has are unchanged.
    pub fn spelled_as_in_training(&self, mut column: Column) -> Column {
        let (FeatureKind::Category { levels }, Values::Text(text)) = (&self.kind, &mut column.values) else {
            return column;
        };
        let is_known = |level: &String| levels.binary_search(level).is_ok();
        if text.levels.iter().all(is_known) || !levels.iter().all(|level| canonical(level).is_some()) {
            return column;
        }
        let spelled = |level: &String| match canonical(level).filter(|_| !is_known(level)) {
            Some(other) if is_known(&other) => other,
            _ => level.clone(),
        };
        column.values = Values::Text(text.relabeled(spelled));
        column
    }

    /// The value in a row of this feature's column.
    pub(super) fn cell_of(&self, values: &Values, row: usize) -> Cell {
        match (values, &self.kind) {
            (Values::Text(text), _) => {
                text.level(row).map_or(Cell::Missing, |level| Cell::Level(level.to_owned()))
            }
            (Values::Flag(flags), FeatureKind::Flag) => Cell::Flag(flags[row]),
            (values, kind) => {
                // Adding 0 turns -0 into 0.
                let number = values.real(row) + 0.0;
                match kind {
                    _ if !is_number(number) => Cell::Missing,
                    FeatureKind::Flag if number == 0.0 || number == 1.0 => Cell::Flag(number == 1.0),
                    _ => Cell::Number(number),
                }
            }
        }
    }

    /// A column of these values. Cells of another kind become missing values.
    pub(super) fn column<'a>(&self, cells: impl Iterator<Item = &'a Cell>) -> Column {
        let values = match self.kind {
            FeatureKind::Category { .. } => Values::Text(cells.map(Cell::level).collect::<Categories>()),
            _ => Values::Real(cells.map(Cell::real).collect()),
        };
        Column { name: self.name.clone(), values }
    }

    /// Whether a value is missing or of this feature's kind.
    pub(super) fn holds(&self, cell: &Cell) -> bool {
        match (&self.kind, cell) {
            (_, Cell::Missing) => true,
            (FeatureKind::Number { .. }, Cell::Number(number)) => number.is_finite(),
            (FeatureKind::Flag, Cell::Flag(_)) => true,
            (FeatureKind::Category { .. }, Cell::Level(_)) => true,
            _ => false,
        }
    }

    /// Whether training can produce this feature.
    pub(super) fn is_valid(&self) -> bool {
        match (&self.kind, &self.typical) {
            (FeatureKind::Number { low, high }, Cell::Number(typical)) => (low..=high).contains(&typical),
            (FeatureKind::Flag, Cell::Flag(_)) => true,
            (FeatureKind::Category { levels }, Cell::Level(typical)) => levels.contains(typical),
            _ => false,
        }
    }
}

impl Cell {
    /// The value as a number; NaN for other values.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_spelling_of_a_training_level_is_that_level() {
        let feature = |levels: &[&str]| FeatureModel {
            name: "f".into(),
            kind: FeatureKind::Category { levels: levels.iter().map(|level| (*level).to_owned()).collect() },
            typical: Cell::Missing,
        };
        let spelled = |levels: &[&str], text: &[&str]| {
            let values = Values::Text(text.iter().map(Some).collect());
            let column = feature(levels).spelled_as_in_training(Column { name: "f".into(), values });
            let Values::Text(text) = column.values else { panic!("text stays text") };
            (0..text.codes.len()).map(|row| text.level(row).unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(
            spelled(&["4624", "4625"], &["4624.0", "04625", "7", "4624"]),
            ["4624", "4625", "7", "4624"]
        );
        assert_eq!(spelled(&["false", "true"], &["True", "maybe"]), ["true", "maybe"]);
        // Versions are not numbers: if one level is not a number, no spelling changes.
        assert_eq!(spelled(&["1.1", "2.0-beta"], &["1.10"]), ["1.10"]);
    }

    #[test]
    fn a_typical_value_outside_the_training_range_is_invalid() {
        let number = FeatureKind::Number { low: 0.0, high: 1.0 };
        let with = |typical| FeatureModel { name: "f".into(), kind: number.clone(), typical };
        assert!(with(Cell::Number(0.5)).is_valid());
        assert!(!with(Cell::Number(2.0)).is_valid() && !with(Cell::Flag(true)).is_valid());
    }
}
