//! What a value can be that training did not hold.

use super::{Policies, Policy};
use crate::model::{FeatureKind, FeatureModel};
use crate::table::{Categories, Column, Values};

/// How a value differs from what training held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    Missing,
    /// A level that training did not hold.
    Unknown,
    /// Below the lowest number of training or above the highest; for a flag, neither 0 nor 1.
    OutOfRange,
}

impl Oddity {
    pub(super) const ALL: [Oddity; 3] = [Oddity::Missing, Oddity::Unknown, Oddity::OutOfRange];

    pub(super) fn policy(self, policies: &Policies) -> Policy {
        match self {
            Oddity::Missing => policies.missing,
            Oddity::Unknown => policies.unknown,
            Oddity::OutOfRange => policies.out_of_range,
        }
    }

    /// What is wrong, and which flag lets it pass.
    pub(super) fn refusal(self, feature: &FeatureModel) -> String {
        match self {
            Oddity::Missing => {
                "has no value; --on-missing impute takes the mean, or the commonest level".to_owned()
            }
            Oddity::Unknown => {
                "holds a level that training did not; --on-unknown impute scores it all the same".to_owned()
            }
            Oddity::OutOfRange => {
                let (low, high) = range(&feature.kind);
                format!(
                    "lies outside of {low} to {high}, the range of training; --on-out-of-range keep scores it"
                )
            }
        }
    }
}

/// What is odd about each value of a feature's column, row by row.
pub(super) fn oddities<'a>(
    feature: &FeatureModel,
    column: &'a Column,
) -> Box<dyn Iterator<Item = Option<Oddity>> + 'a> {
    let (low, high) = range(&feature.kind);
    match &column.values {
        Values::Text(text) => {
            let known = known(text, feature.levels().unwrap_or_default());
            let code = move |&code: &u32| match known.get(code as usize) {
                None => Some(Oddity::Missing),
                Some(false) => Some(Oddity::Unknown),
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

fn numeric(number: f64, low: f64, high: f64) -> Option<Oddity> {
    match number {
        _ if !number.is_finite() => Some(Oddity::Missing),
        _ if number < low || number > high => Some(Oddity::OutOfRange),
        _ => None,
    }
}

/// For each level of a column whether training held it.
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

    fn found(kind: FeatureKind, values: Values) -> Vec<Option<Oddity>> {
        let feature = FeatureModel { name: "f".into(), kind, typical: Cell::Missing };
        oddities(&feature, &Column { name: "f".into(), values }).collect()
    }

    #[test]
    fn numbers_are_held_against_the_range_of_training() {
        let values = Values::Real(vec![0.0, 2.0, -0.1, 2.1, f64::NAN, f64::INFINITY]);
        let (out, missing) = (Some(Oddity::OutOfRange), Some(Oddity::Missing));
        let odd = found(FeatureKind::Number { low: 0.0, high: 2.0 }, values);
        assert_eq!(odd, [None, None, out, out, missing, missing]);
    }

    #[test]
    fn levels_are_held_against_those_of_training() {
        let values = Values::Text([Some("b"), None, Some("x"), Some("a")].into_iter().collect());
        let odd = found(FeatureKind::Category { levels: vec!["a".into(), "b".into()] }, values);
        assert_eq!(odd, [None, Some(Oddity::Missing), Some(Oddity::Unknown), None]);
    }

    #[test]
    fn a_flag_of_two_is_out_of_range() {
        let odd = found(FeatureKind::Flag, Values::Real(vec![1.0, 2.0]));
        assert_eq!(odd, [None, Some(Oddity::OutOfRange)]);
    }
}
