//! What becomes of a record.

use super::super::found::Found;

/// What becomes of a kept record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ingest) enum Fate {
    /// A row.
    Row,
    /// A part of the row of another record.
    Merged,
    /// A copy of another record.
    Duplicate,
    /// Nothing: there is no row that it could be a part of.
    Ignored,
}

/// Indices of the records that are still rows.
pub(super) fn rows_left<'a>(
    found: &'a [Found],
    fates: &'a [Fate],
) -> impl Iterator<Item = (usize, &'a Found)> {
    found.iter().enumerate().filter(|(index, _)| fates[*index] == Fate::Row)
}
