//! The digest of training data. It covers values, not bytes of files, so the same rows have the same digest
//! in any order, any file format and any number of files.

use crate::digest::Digest;
use crate::table::{Table, Values};

/// The SHA-256 of the names and values of features and labels, by column, with the rows in canonical order, in
/// hexadecimal.
pub fn of(table: &Table) -> String {
    let order = table.canonical_order();
    let mut digest = Writer { digest: Digest::new(), buffer: Vec::new() };
    digest.count(table.features.len());
    for column in &table.features {
        digest.text(&column.name);
        digest.count(column.values.len());
        match &column.values {
            Values::Text(text) => {
                order.iter().for_each(|&row| digest.level(text.level(row)));
            }
            // Flags, integers and reals of the same value are equal for a detector.
            values => order.iter().for_each(|&row| digest.number(values.real(row))),
        }
    }
    if let Some(labels) = &table.labels {
        order.iter().for_each(|&row| digest.bytes(&[u8::from(labels[row])]));
    }
    digest.finish()
}

/// A buffered writer into a digest.
struct Writer {
    digest: Digest,
    buffer: Vec<u8>,
}

impl Writer {
    fn bytes(&mut self, bytes: &[u8]) {
        const CHUNK: usize = 1 << 16;
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK {
            self.digest.update(&self.buffer);
            self.buffer.clear();
        }
    }

    fn count(&mut self, count: usize) {
        self.bytes(&(count as u64).to_le_bytes());
    }

    fn number(&mut self, number: f64) {
        // All NaN are equal, and -0 equals 0.
        let number = if number.is_nan() { f64::NAN } else { number + 0.0 };
        self.bytes(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.bytes(text.as_bytes());
    }

    fn level(&mut self, level: Option<&str>) {
        match level {
            Some(level) => self.text(level),
            None => self.count(usize::MAX),
        }
    }

    fn finish(mut self) -> String {
        self.digest.update(&self.buffer);
        self.digest.hex()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Categories, Column};

    fn table(values: Values, labels: Option<Vec<bool>>) -> Table {
        let features = vec![Column { name: "x".into(), values }];
        Table { name: "t".into(), features, labels, times: None, ..Table::default() }
    }

    #[test]
    fn the_order_of_the_levels_does_not_matter() {
        let coded = |levels: [&str; 2], codes: [u32; 3]| {
            let levels = levels.map(str::to_owned).to_vec();
            of(&table(Values::Text(Categories { codes: codes.to_vec(), levels }), None))
        };
        assert_eq!(coded(["a", "b"], [0, 1, 1]), coded(["b", "a"], [1, 0, 0]));
        assert_ne!(coded(["a", "b"], [0, 1, 1]), coded(["a", "b"], [1, 0, 0]));
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter() {
        let rows = |values: [f64; 3], labels: [bool; 3], times: [i64; 3]| {
            let table = table(Values::Real(values.to_vec()), Some(labels.to_vec()));
            of(&Table { times: Some(times.to_vec()), ..table })
        };
        let digest = rows([1.0, 2.0, 2.0], [false, true, false], [7, 8, 9]);
        assert_eq!(digest, rows([2.0, 1.0, 2.0], [false, false, true], [1, 2, 3]));
        assert_ne!(digest, rows([1.0, 2.0, 2.0], [true, false, false], [7, 8, 9]));
    }

    #[test]
    fn a_value_a_label_and_a_name_each_change_the_digest() {
        let values = || Values::Real(vec![1.0, 2.0]);
        let digest = of(&table(values(), None));
        assert_eq!(digest, of(&table(Values::Integer(vec![1, 2]), None)));
        assert_ne!(digest, of(&table(Values::Real(vec![1.0, 2.5]), None)));
        assert_ne!(digest, of(&table(values(), Some(vec![false, true]))));
        let mut renamed = table(values(), None);
        renamed.features[0].name = "y".into();
        assert_ne!(digest, of(&renamed));
    }
}
