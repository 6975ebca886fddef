//! A hash of the values of a row, which breaks ties without regard to the order of the rows.

use crate::digest::hash;
use crate::table::{Table, Values};

/// A hash of the features of each row.
pub(super) fn row_hashes(table: &Table) -> Vec<u64> {
    let mut hashes = vec![0; table.rows()];
    for column in &table.features {
        let levels: Vec<u64> = match &column.values {
            Values::Text(text) => {
                text.levels.iter().map(|level| hash(level.bytes().map(u64::from))).collect()
            }
            _ => Vec::new(),
        };
        for (row, own) in hashes.iter_mut().enumerate() {
            let word = match &column.values {
                Values::Text(text) => levels.get(text.codes[row] as usize).copied().unwrap_or(u64::MAX),
                // One 0, and one NaN.
                values => match values.real(row) {
                    value if value.is_nan() => u64::MAX,
                    value => (value + 0.0).to_bits(),
                },
            };
            *own = hash([*own, word].into_iter());
        }
    }
    hashes
}
