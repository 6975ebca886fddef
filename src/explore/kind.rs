//! The kind of a feature.

use super::FeatureKind;
use crate::table::Values;

/// The kind of a column. Numbers with exactly the values 0 and 1 are booleans.
pub(super) fn kind(values: &Values) -> FeatureKind {
    match values {
        Values::Text(_) => FeatureKind::Category,
        Values::Flag(_) => FeatureKind::Boolean,
        Values::Real(v) if are_zeros_and_ones(v) => FeatureKind::Boolean,
        Values::Real(_) | Values::Integer(_) | Values::Time(_) => FeatureKind::Number,
    }
}

/// Whether 0 and 1 both occur, and no other value. A column of zeros may be a count that was never above 0.
fn are_zeros_and_ones(values: &[f64]) -> bool {
    let only = values.iter().all(|&value| value.is_nan() || value == 0.0 || value == 1.0);
    only && values.contains(&0.0) && values.contains(&1.0)
}
