//! The digest of training data. It covers values, not bytes of files, so the same rows have the same digest
//! in any file format and any number of files.

use crate::digest::Digest;
use crate::table::{Table, Values};

/// The SHA-256 of the names and values of features and labels, in column and row order, in hexadecimal.
pub fn of(table: &Table) -> String {
    let mut digest = Writer { digest: Digest::new(), buffer: Vec::new() };
    digest.count(table.features.len());
    for column in &table.features {
        digest.text(&column.name);
        digest.count(column.values.len());
        match &column.values {
            Values::Text(text) => {
                (0..text.codes.len()).for_each(|row| digest.level(text.level(row)));
            }
            // Flags, integers and reals of the same value are equal for a detector.
            values => (0..values.len()).for_each(|row| digest.number(values.real(row))),
        }
    }
    for &label in table.labels.iter().flatten() {
        digest.bytes(&[u8::from(label)]);
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
        assert_ne!(coded(["a", "b"], [0, 1, 1]), coded(["a", "b"], [1, 0, 1]));
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
