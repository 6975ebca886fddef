//! Lines on their way to columns.

use super::form::Form;
use crate::model::FeatureModel;
use crate::schema::Kind;
use crate::table::{Cell, Column, Text, Values};

/// A line that is to be scored.
pub(super) struct Line {
    pub number: u64,
    /// As it was read; `None` where it was too long to be kept.
    pub text: Option<Vec<u8>>,
    pub row: Result<Row, String>,
}

/// What a line holds.
pub(super) struct Row {
    /// In the order of the features.
    values: Vec<Value>,
    /// Whether the object has no field at all.
    pub empty: bool,
}

/// A value as its feature's column holds it.
enum Value {
    Number(f64),
    Level(Option<String>),
}

impl Line {
    /// A line and what it holds; `None` where it is blank.
    pub fn new(number: u64, text: Text, form: &Form, features: &[FeatureModel]) -> Option<Self> {
        let Text::Whole(text) = text else {
            return Some(Line { number, text: None, row: Err("the line is longer than 16 MiB".to_owned()) });
        };
        let held = form.held(&text, number);
        let row = Row::new(held, form, features);
        (!held.trim_ascii().is_empty()).then_some(Line { number, text: Some(text), row })
    }

    /// The text of the object or the record alone.
    pub fn held(&self, form: &Form) -> &[u8] {
        form.held(self.text.as_deref().unwrap_or_default(), self.number)
    }
}

impl Row {
    /// Whether there is no value of any feature.
    pub fn says_nothing(&self) -> bool {
        self.values.iter().all(|value| match value {
            Value::Number(number) => number.is_nan(),
            Value::Level(level) => level.is_none(),
        })
    }

    fn new(held: &[u8], form: &Form, features: &[FeatureModel]) -> Result<Self, String> {
        let (cells, empty) = form.parse(held)?;
        let values = features.iter().zip(cells).map(|(feature, cell)| Value::new(feature, cell));
        Ok(Row { values: values.collect::<Result<_, _>>()?, empty })
    }
}

impl Value {
    fn new(feature: &FeatureModel, cell: Cell) -> Result<Self, String> {
        let value = match feature.column_kind() {
            Kind::Categorical => cell.category().map(Value::Level),
            Kind::Numeric | Kind::Boolean => cell.number().map(Value::Number),
        };
        value.map_err(|problem| format!("`{}` {problem}", feature.name))
    }

    fn number(&self) -> f64 {
        match self {
            Value::Number(number) => *number,
            Value::Level(_) => f64::NAN,
        }
    }

    fn level(&self) -> Option<&str> {
        match self {
            Value::Level(level) => level.as_deref(),
            Value::Number(_) => None,
        }
    }
}

/// The features' columns of the lines that hold a row.
pub(super) fn columns(features: &[FeatureModel], lines: &[Line]) -> Vec<Column> {
    let rows = || lines.iter().filter_map(|line| line.row.as_ref().ok());
    let values = |at: usize, feature: &FeatureModel| match feature.column_kind() {
        Kind::Categorical => Values::Text(rows().map(|row| row.values[at].level()).collect()),
        Kind::Numeric | Kind::Boolean => Values::Real(rows().map(|row| row.values[at].number()).collect()),
    };
    let named = |(at, feature): (usize, &FeatureModel)| (feature.name.clone(), values(at, feature));
    features.iter().enumerate().map(named).map(|(name, values)| Column { name, values }).collect()
}
