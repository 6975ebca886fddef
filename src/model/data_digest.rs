//! The digest of the data a model was trained on: of its values, so that the same rows are the same data in any
//! file format, however they are divided into files.

use crate::digest::Digest;
use crate::table::{Table, Values};

/// The SHA-256 of names and values of features and labels, in the order of columns and rows.
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
            // Flags, integers and reals of the same value are the same to a detector.
            values => (0..values.len()).for_each(|row| digest.number(values.real(row))),
        }
    }
    for &label in table.labels.iter().flatten() {
        digest.bytes(&[u8::from(label)]);
    }
    digest.finish()
}

/// Bytes on their way into a digest, gathered to large pieces.
struct Writer {
    digest: Digest,
    buffer: Vec<u8>,
}

impl Writer {
    fn bytes(&mut self, bytes: &[u8]) {
        const PIECE: usize = 1 << 16;
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE {
            self.digest.update(&self.buffer);
            self.buffer.clear();
        }
    }

    fn count(&mut self, count: usize) {
        self.bytes(&(count as u64).to_le_bytes());
    }

    fn number(&mut self, number: f64) {
        // One missing value is as good as another, and -0 is 0.
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
        Table { name: "t".into(), features, labels, times: None, notes: vec![] }
    }

    #[test]
    fn the_order_in_which_levels_are_listed_does_not_matter() {
        let coded = |levels: [&str; 2], codes: [u32; 3]| {
            let levels = levels.map(str::to_owned).to_vec();
            of(&table(Values::Text(Categories { codes: codes.to_vec(), levels }), None))
        };
        assert_eq!(coded(["a", "b"], [0, 1, 1]), coded(["b", "a"], [1, 0, 0]));
        assert_ne!(coded(["a", "b"], [0, 1, 1]), coded(["a", "b"], [1, 0, 1]));
    }

    #[test]
    fn a_value_a_label_and_a_name_each_make_other_data() {
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
