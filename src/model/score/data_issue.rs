//! Values that differ from those of training: missing, unknown or out of range.

use super::{Policies, Policy};
use crate::error::Hint;
use crate::model::{FeatureKind, FeatureModel};
use crate::table::{Categories, Column, Note, Values, is_number};

/// How a value differs from those of training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataIssue {
    /// No value, NaN or an infinite number.
    Missing,
    /// A level that training did not contain.
    Unknown,
    /// A number outside the range of training; for a flag, neither 0 nor 1.
    OutOfRange,
}

impl DataIssue {
    pub(super) const ALL: [DataIssue; 3] = [DataIssue::Missing, DataIssue::Unknown, DataIssue::OutOfRange];

    pub(super) fn policy(self, policies: &Policies) -> Policy {
        match self {
            DataIssue::Missing => policies.missing,
            DataIssue::Unknown => policies.unknown,
            DataIssue::OutOfRange => policies.out_of_range,
        }
    }

    /// Why the value is refused, and the policy that accepts it.
    pub(super) fn refusal(self, feature: &FeatureModel) -> Note {
        let (text, hint) = match self {
            DataIssue::Missing => ("has no value".to_owned(), Hint::ImputeMissing),
            DataIssue::Unknown => ("holds a level that training did not".to_owned(), Hint::ImputeUnknown),
            DataIssue::OutOfRange => {
                let (low, high) = range(&feature.kind);
                (format!("lies outside of {low} to {high}, the range of training"), Hint::KeepOutOfRange)
            }
        };
        Note { text, hint: Some(hint) }
    }
}

/// The issue of each value of a feature's column, in row order.
pub(super) fn data_issues<'a>(
    feature: &FeatureModel,
    column: &'a Column,
) -> Box<dyn Iterator<Item = Option<DataIssue>> + 'a> {
    let (low, high) = range(&feature.kind);
    match &column.values {
        Values::Text(text) => {
            let known = known(text, feature.levels().unwrap_or_default());
            let code = move |&code: &u32| match known.get(code as usize) {
                None => Some(DataIssue::Missing),
                Some(false) => Some(DataIssue::Unknown),
                Some(true) => None,
            };
            Box::new(text.codes.iter().map(code))
        }
        Values::Flag(flags) => {
            let number = |flag: &bool| f64::from(u8::from(*flag));
            Box::new(flags.iter().map(move |flag| numeric(number(flag), low, high)))
        }
        Values::Real(numbers) => Box::new(numbers.iter().map(move |&number| numeric(number, low, high))),
        Values::Integer(numbers) | Values::Time(numbers) => {
            Box::new(numbers.iter().map(move |&number| numeric(number as f64, low, high)))
        }
    }
}

fn numeric(number: f64, low: f64, high: f64) -> Option<DataIssue> {
    match number {
        _ if !is_number(number) => Some(DataIssue::Missing),
        _ if number < low || number > high => Some(DataIssue::OutOfRange),
        _ => None,
    }
}

/// For each level of a column, whether training contained it.
fn known(text: &Categories, levels: &[String]) -> Vec<bool> {
    text.levels.iter().map(|level| levels.binary_search(level).is_ok()).collect()
}

fn range(kind: &FeatureKind) -> (f64, f64) {
    match kind {
        FeatureKind::Number { low, high } => (*low, *high),
        FeatureKind::Flag | FeatureKind::Category { .. } => (0.0, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Cell;

    fn issues(kind: FeatureKind, values: Values) -> Vec<Option<DataIssue>> {
        let feature = FeatureModel { name: "f".into(), kind, typical: Cell::Missing };
        data_issues(&feature, &Column { name: "f".into(), values }).collect()
    }

    #[test]
    fn numbers_are_compared_with_the_range_of_training() {
        let values = Values::Real(vec![0.0, 2.0, -0.1, 2.1, f64::NAN, f64::INFINITY]);
        let (out, missing) = (Some(DataIssue::OutOfRange), Some(DataIssue::Missing));
        let issues = issues(FeatureKind::Number { low: 0.0, high: 2.0 }, values);
        assert_eq!(issues, [None, None, out, out, missing, missing]);
    }

    #[test]
    fn levels_are_compared_with_those_of_training() {
        let values = Values::Text([Some("b"), None, Some("x"), Some("a")].into_iter().collect());
        let issues = issues(FeatureKind::Category { levels: vec!["a".into(), "b".into()] }, values);
        assert_eq!(issues, [None, Some(DataIssue::Missing), Some(DataIssue::Unknown), None]);
    }

    #[test]
    fn a_flag_of_two_is_out_of_range() {
        let issues = issues(FeatureKind::Flag, Values::Real(vec![1.0, 2.0]));
        assert_eq!(issues, [None, Some(DataIssue::OutOfRange)]);
    }
}
