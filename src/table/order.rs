//! The canonical order of the rows of a table: it depends on what the rows hold and not on their order in a file, the
//! name of a file, or the number of files.

use super::{Categories, Column, Table, Values};
use crate::rows::RowHash;
use rayon::prelude::*;

impl Table {
    /// The row indices in canonical order: by a hash of features and label, then by a hash of its time and group.
    /// Rows that are equal in all of it follow each other; nothing tells them apart. In O(n log n).
    ///
    /// Two different rows share a 64-bit hash once in about 37 million tables of a million rows; only then does their
    /// order in the file count.
    pub fn canonical_order(&self) -> Vec<usize> {
        let columns: Vec<Hashes> = self.features.iter().map(Hashes::of).collect();
        let key = |row: usize| {
            let features = columns.iter().fold(RowHash::default(), |hash, column| column.hashed(hash, row));
            let label = self.labels.as_ref().map(|labels| u64::from(labels[row]));
            let time = self.times.as_ref().map(|times| times[row] as u64);
            let group = self.groups.as_ref().map(|groups| u64::from(groups.codes[row]));
            let others = with(with(RowHash::default(), time), group);
            (with(features, label).value(), others.value(), row)
        };
        let mut keys: Vec<(u64, u64, usize)> = (0..self.rows()).into_par_iter().map(key).collect();
        keys.par_sort_unstable();
        keys.into_iter().map(|(_, _, row)| row).collect()
    }
}

fn with(hash: RowHash, value: Option<u64>) -> RowHash {
    value.map_or(hash, |value| hash.with(value))
}

/// How the values of a column enter the hash of a row. Flags, integers and reals of the same value are equal, as they are
/// for a detector.
enum Hashes<'a> {
    Numbers(&'a Values),
    /// The hash of each level, and of no level.
    Levels(&'a Categories, Vec<u64>, u64),
}

impl<'a> Hashes<'a> {
    fn of(column: &'a Column) -> Self {
        match &column.values {
            Values::Text(text) => {
                let level = |level: &String| RowHash::default().text(level).value();
                Hashes::Levels(text, text.levels.iter().map(level).collect(), RowHash::default().value())
            }
            values => Hashes::Numbers(values),
        }
    }

    fn hashed(&self, hash: RowHash, row: usize) -> RowHash {
        match self {
            Hashes::Numbers(values) => hash.number(values.real(row)),
            Hashes::Levels(text, levels, missing) => {
                hash.with(levels.get(text.codes[row] as usize).copied().unwrap_or(*missing))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let number = |row: usize| if row.is_multiple_of(11) { f64::NAN } else { (row % 5) as f64 };
        let level = |row: usize| (!row.is_multiple_of(7)).then(|| ["a", "b", "c"][row % 3]);
        Table {
            features: vec![
                Column { name: "x".into(), values: Values::Real((0..200).map(number).collect()) },
                Column { name: "c".into(), values: Values::Text((0..200).map(level).collect()) },
            ],
            labels: Some((0..200).map(|row| row % 10 == 0).collect()),
            times: Some((0..200).map(|row| row / 2).collect()),
            ..Table::default()
        }
    }

    /// The rows in canonical order, as text.
    fn ordered(table: &Table) -> Vec<String> {
        let (x, c) = (&table.features[0].values, &table.features[1].values);
        let level = |row: usize| match c {
            Values::Text(text) => text.level(row),
            _ => None,
        };
        let row = |row: usize| {
            let time = table.times.as_ref().map(|times| times[row]);
            let label = table.labels.as_ref().map(|labels| labels[row]);
            format!("{:?} {:?} {label:?} {time:?}", x.real(row), level(row))
        };
        table.canonical_order().into_iter().map(row).collect()
    }

    #[test]
    fn the_order_in_the_file_does_not_matter() {
        let table = table();
        let reversed: Vec<usize> = (0..200).rev().collect();
        let shuffled: Vec<usize> = (0..200).map(|row| row * 77 % 200).collect();
        assert_eq!(ordered(&table), ordered(&table.take(&reversed)));
        let mut shuffled = table.take(&shuffled);
        assert_eq!(ordered(&table), ordered(&shuffled));
        // Codes follow the first appearance of a level.
        let Values::Text(text) = &mut shuffled.features[1].values else { panic!("levels are text") };
        *text = (0..200).map(|row| text.level(row)).collect();
        assert_eq!(ordered(&table), ordered(&shuffled));
    }

    #[test]
    fn features_and_label_come_before_time() {
        let table = table();
        let untimed = Table { times: None, ..table.clone() };
        let without_time = |row: &String| row.rsplit_once(' ').map(|(row, _)| row.to_owned());
        let timed: Vec<_> = ordered(&table).iter().map(without_time).collect();
        assert_eq!(timed, ordered(&untimed).iter().map(without_time).collect::<Vec<_>>());
    }
}
