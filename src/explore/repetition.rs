//! How often rows of a table repeat.

use crate::table::{Column, Values};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::{BuildHasher, Hasher};

/// The number of distinct rows, and of occurrences of the most frequent row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Repetition {
    pub distinct: u64,
    pub most_frequent: u64,
}

impl Repetition {
    /// Two rows are equal if all their values are. −0 equals 0, and missing values equal each other.
    pub fn of(columns: &[Column]) -> Self {
        let rows = columns.first().map_or(0, |column| column.values.len());
        let hasher = DefaultHashBuilder::default();
        let hash = |row: usize| hash_row(&hasher, columns, row);
        let mut slots: HashTable<(usize, u64)> = HashTable::new();
        let mut most_frequent = 0;
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
            most_frequent = most_frequent.max(slot.get().1);
        }
        Repetition { distinct: slots.len() as u64, most_frequent }
    }
}

fn hash_row(builder: &DefaultHashBuilder, columns: &[Column], row: usize) -> u64 {
    let mut hasher = builder.build_hasher();
    for column in columns {
        hasher.write_u64(key(&column.values, row));
    }
    hasher.finish()
}

/// Bits that are equal for two rows of a column if their values are equal.
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
    fn rows_are_equal_if_all_their_values_are() {
        let columns = [reals(&[1.0, 1.0, 1.0, 2.0]), reals(&[5.0, 6.0, 5.0, 5.0])];
        assert_eq!(Repetition::of(&columns), Repetition { distinct: 3, most_frequent: 2 });
    }

    #[test]
    fn missing_values_are_equal_and_negative_zero_is_zero() {
        assert_eq!(Repetition::of(&[reals(&[f64::NAN, -f64::NAN])]).distinct, 1);
        assert_eq!(Repetition::of(&[reals(&[0.0, -0.0])]).distinct, 1);
    }

    #[test]
    fn a_table_without_columns_has_no_repetition() {
        assert_eq!(Repetition::of(&[]), Repetition::default());
    }
}
