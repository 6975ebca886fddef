//! The digest of a row: a key that needs no column of ids, and that a spreadsheet does not change.

use crate::digest::Digest;
use crate::table::{Column, Values, is_number};
use std::fmt::Write;

/// The digest of the names and values of the features of a row: the first 96 bits of a SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowDigest([u8; LENGTH]);

const LENGTH: usize = 12;

/// What the text of a digest starts with. A spreadsheet never takes it for a number.
const PREFIX: &str = "row-";

/// The digests of the rows of some columns.
#[derive(Clone, Debug)]
pub struct RowKeys<'a> {
    columns: &'a [Column],
    /// The digest of the names.
    names: Digest,
}

impl<'a> RowKeys<'a> {
    /// The keys of the rows of these columns, one column per feature of a model in order.
    pub fn new(columns: &'a [Column]) -> Self {
        let mut names = Digest::new();
        for column in columns {
            names.update(&(column.name.len() as u64).to_le_bytes());
            names.update(column.name.as_bytes());
        }
        RowKeys { columns, names }
    }

    /// The digest of a row. Equal values have equal digests, whatever the file format.
    pub fn of(&self, row: usize) -> RowDigest {
        let mut bytes = Vec::with_capacity(16 * self.columns.len());
        for column in self.columns {
            push_value(&mut bytes, &column.values, row);
        }
        let mut digest = self.names.clone();
        digest.update(&bytes);
        let mut short = [0; LENGTH];
        short.copy_from_slice(&digest.bytes()[..LENGTH]);
        RowDigest(short)
    }
}

fn push_value(bytes: &mut Vec<u8>, values: &Values, row: usize) {
    const MISSING: u8 = 0;
    const NUMBER: u8 = 1;
    const LEVEL: u8 = 2;
    match values {
        Values::Text(text) => match text.level(row) {
            None => bytes.push(MISSING),
            Some(level) => {
                bytes.push(LEVEL);
                bytes.extend((level.len() as u64).to_le_bytes());
                bytes.extend(level.as_bytes());
            }
        },
        values => match values.real(row) {
            number if is_number(number) => {
                bytes.push(NUMBER);
                // −0 equals 0.
                bytes.extend((number + 0.0).to_le_bytes());
            }
            _ => bytes.push(MISSING),
        },
    }
}

impl RowDigest {
    /// The digest as text: `row-` and 24 hexadecimal digits.
    pub fn text(self) -> String {
        let mut text = PREFIX.to_owned();
        for byte in self.0 {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// The digest with this text; `None` if it is another kind of key.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().strip_prefix(PREFIX)?;
        let is_hex = digits.len() == 2 * LENGTH && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let mut bytes = [0; LENGTH];
        for (at, byte) in bytes.iter_mut().enumerate().filter(|_| is_hex) {
            *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()?;
        }
        is_hex.then_some(RowDigest(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(number: Values, level: Option<&str>) -> Vec<Column> {
        let text = Values::Text(std::iter::once(level).collect());
        vec![Column { name: "x".into(), values: number }, Column { name: "kind".into(), values: text }]
    }

    #[test]
    fn equal_values_of_another_type_have_the_same_key() {
        let of = |columns: Vec<Column>| RowKeys::new(&columns).of(0);
        let key = of(columns(Values::Real(vec![1.0]), Some("a")));
        assert_eq!(key, of(columns(Values::Integer(vec![1]), Some("a"))));
        assert_eq!(key, of(columns(Values::Flag(vec![true]), Some("a"))));
        assert_ne!(key, of(columns(Values::Real(vec![1.5]), Some("a"))));
        assert_ne!(key, of(columns(Values::Real(vec![1.0]), None)));
        let infinite = of(columns(Values::Real(vec![f64::INFINITY]), Some("a")));
        assert_eq!(infinite, of(columns(Values::Real(vec![f64::NAN]), Some("a"))));
    }

    #[test]
    fn a_key_is_read_from_its_text() {
        let key = RowKeys::new(&columns(Values::Real(vec![1.0]), Some("a"))).of(0);
        assert_eq!(RowDigest::parse(&key.text()), Some(key));
        let (upper, short) = (key.text().to_uppercase(), &key.text()[..20]);
        let unknown = ["17", "row-17", upper.as_str(), short, "row-éééééééééééé"];
        assert!(unknown.iter().all(|text| RowDigest::parse(text).is_none()));
    }
}
