//! How much the rows of a table repeat themselves.

use crate::table::{Column, Values};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::{BuildHasher, Hasher};

/// How many different rows there are, and how often the commonest of them occurs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Repetition {
    pub distinct: u64,
    pub commonest: u64,
}

impl Repetition {
    /// Rows are equal where every value is: −0 is 0, and a missing value equals a missing value.
    pub fn of(columns: &[Column]) -> Self {
        let rows = columns.first().map_or(0, |column| column.values.len());
        let hasher = DefaultHashBuilder::default();
        let hash = |row: usize| hash_row(&hasher, columns, row);
        let mut slots: HashTable<(usize, u64)> = HashTable::new();
        let mut commonest = 0;
        for row in 0..rows {
            let entry = slots.entry(
                hash(row),
                |&(first, _)| {
                    columns.iter().all(|column| key(&column.values, first) == key(&column.values, row))
                },
                |&(first, _)| hash(first),
            );
            let mut slot = entry.or_insert((row, 0));
            slot.get_mut().1 += 1;
            commonest = commonest.max(slot.get().1);
        }
        Repetition { distinct: slots.len() as u64, commonest }
    }
}

fn hash_row(builder: &DefaultHashBuilder, columns: &[Column], row: usize) -> u64 {
    let mut hasher = builder.build_hasher();
    for column in columns {
        hasher.write_u64(key(&column.values, row));
    }
    hasher.finish()
}

/// Bits that are the same for two rows of a column where their values are.
fn key(values: &Values, row: usize) -> u64 {
    match values {
        Values::Flag(v) => u64::from(v[row]),
        Values::Real(v) if v[row].is_nan() => f64::NAN.to_bits(),
        Values::Real(v) => (v[row] + 0.0).to_bits(),
        Values::Text(text) => u64::from(text.codes[row]),
        Values::Time(v) | Values::Integer(v) => v[row] as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reals(values: &[f64]) -> Column {
        Column { name: "x".into(), values: Values::Real(values.to_vec()) }
    }

    #[test]
    fn rows_are_equal_where_all_their_values_are() {
        let columns = [reals(&[1.0, 1.0, 1.0, 2.0]), reals(&[5.0, 6.0, 5.0, 5.0])];
        assert_eq!(Repetition::of(&columns), Repetition { distinct: 3, commonest: 2 });
    }

    #[test]
    fn missing_equals_missing_and_negative_zero_is_zero() {
        assert_eq!(Repetition::of(&[reals(&[f64::NAN, -f64::NAN])]).distinct, 1);
        assert_eq!(Repetition::of(&[reals(&[0.0, -0.0])]).distinct, 1);
    }

    #[test]
    fn a_table_without_rows_repeats_nothing() {
        assert_eq!(Repetition::of(&[]), Repetition::default());
    }
}
