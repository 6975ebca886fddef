//! The types that a column can have.

use super::time::DateOrder;

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnType {
    /// All values are missing.
    Empty,
    Flag,
    Integer,
    Real,
    /// Durations or times of day: numbers of seconds.
    Duration,
    Time {
        order: DateOrder,
        zoned: bool,
    },
    Text,
}
