//! The rows whose scores a baseline keeps, so that two runs are compared row by row.
//!
//! A sample of each class is enough: it estimates the variance of a difference, while the difference itself counts
//! every row. Rows are chosen by a hash of their values, so the order of the rows does not matter.

use crate::table::{Table, Values};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The largest number of rows of each class. 250 give a standard error to about 4.5 % of itself.
const LARGEST: usize = 250;

/// A table of a run and its scored rows.
#[derive(Clone, Debug)]
pub struct TableRows {
    /// The digest of the whole table.
    pub data: String,
    /// Whether each row is suspicious.
    pub labels: Vec<bool>,
    /// Whether each row is scored.
    pub is_scored: Vec<bool>,
    /// The group of each row; `None` if rows are independent.
    pub(super) groups: Option<Vec<u32>>,
    /// The row numbers of the sample, suspicious and normal.
    pub(super) sample: [Vec<u32>; 2],
    /// The hash of the values of the sample.
    pub(super) hash: u64,
}

/// The sample of a table in a baseline.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(super) struct Sample {
    /// The digest of the table.
    pub data: String,
    /// The number of rows of the table.
    pub rows: usize,
    /// The numbers of scored rows, suspicious and normal.
    pub scored: [usize; 2],
    /// The hash of the values of the sampled rows, in hexadecimal.
    pub values: String,
    /// The numbers of the suspicious rows of the sample, from 0.
    suspicious: String,
    /// The numbers of the normal rows of the sample, from 0.
    normal: String,
}

/// How the rows of a run are matched with those of a baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairing {
    /// The same values.
    Values,
    /// The same row numbers and labels; some values differ.
    RowNumbers,
    /// Other rows: the test is unpaired.
    None,
}

impl TableRows {
    /// The rows of a labeled table, of which some are scored, and the digest of the table.
    pub fn new(table: &Table, is_scored: Vec<bool>, data: String) -> Self {
        let labels = table.labels.clone().unwrap_or_default();
        let mut copies: HashMap<u64, u64> = HashMap::new();
        let mut keys: [Vec<(u64, u32)>; 2] = Default::default();
        for (row, hash) in hashes(table).into_iter().enumerate().filter(|&(row, _)| is_scored[row]) {
            let suspicious = labels.get(row).copied().unwrap_or_default();
            let hash = mixed(hash, u64::from(suspicious));
            // Each copy of a row has a key of its own, so that all rows are equally likely.
            let copy = copies.entry(hash).or_default();
            keys[usize::from(!suspicious)].push((mixed(hash, *copy), row as u32));
            *copy += 1;
        }
        for class in &mut keys {
            class.sort_unstable();
            class.truncate(LARGEST);
        }
        let hash = keys.iter().flatten().fold(0, |hash, &(key, _)| mixed(hash, key));
        let sample = keys.map(|class| class.into_iter().map(|(_, row)| row).collect());
        let groups = table.groups.as_ref().map(|groups| groups.codes.clone());
        TableRows { data, labels, is_scored, groups, sample, hash }
    }

    /// The numbers of scored rows, suspicious and normal.
    pub(super) fn scored(&self) -> [usize; 2] {
        let rows = || self.labels.iter().zip(&self.is_scored).filter(|&(_, &is_scored)| is_scored);
        let suspicious = rows().filter(|&(&label, _)| label).count();
        [suspicious, rows().count() - suspicious]
    }
}

impl Sample {
    pub fn of(rows: &TableRows) -> Self {
        let numbers = |rows: &[u32]| rows.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
        Sample {
            data: rows.data.clone(),
            rows: rows.labels.len(),
            scored: rows.scored(),
            values: format!("{:016x}", rows.hash),
            suspicious: numbers(&rows.sample[0]),
            normal: numbers(&rows.sample[1]),
        }
    }

    /// The name of the sample in a baseline.
    pub fn id(&self) -> String {
        let scored = mixed(self.scored[0] as u64, self.scored[1] as u64);
        let data = self.data.bytes().fold(scored, |hash, byte| mixed(hash, u64::from(byte)));
        let values = self.values.bytes().fold(data, |hash, byte| mixed(hash, u64::from(byte)));
        format!("{:08x}", values >> 32)
    }

    /// The row numbers in a run of this sample, suspicious and normal. Empty if other rows were scored.
    pub fn find(&self, run: &TableRows) -> (Pairing, [Vec<u32>; 2]) {
        if self.scored == run.scored() && self.values == format!("{:016x}", run.hash) {
            return (Pairing::Values, run.sample.clone());
        }
        let numbers = |text: &str| text.split(' ').map(str::parse).collect::<Result<Vec<u32>, _>>();
        let (Ok(suspicious), Ok(normal)) = (numbers(&self.suspicious), numbers(&self.normal)) else {
            return (Pairing::None, Default::default());
        };
        let is_same = |row: &u32, label: bool| {
            let row = *row as usize;
            run.labels.get(row) == Some(&label) && run.is_scored.get(row) == Some(&true)
        };
        let are_same = self.rows == run.labels.len()
            && self.scored == run.scored()
            && suspicious.iter().all(|row| is_same(row, true))
            && normal.iter().all(|row| is_same(row, false));
        if are_same {
            (Pairing::RowNumbers, [suspicious, normal])
        } else {
            (Pairing::None, Default::default())
        }
    }
}

/// One hash per row, of the values of its features.
fn hashes(table: &Table) -> Vec<u64> {
    let mut hashes = vec![0; table.rows()];
    for column in &table.features {
        let of_text = |text: &str| text.bytes().fold(0, |hash, byte| mixed(hash, u64::from(byte)));
        match &column.values {
            Values::Text(text) => {
                let levels: Vec<u64> = text.levels.iter().map(|level| of_text(level)).collect();
                for (hash, &code) in hashes.iter_mut().zip(&text.codes) {
                    *hash = mixed(*hash, levels.get(code as usize).copied().unwrap_or(u64::MAX));
                }
            }
            values => {
                for (row, hash) in hashes.iter_mut().enumerate() {
                    let real = values.real(row);
                    // All NaN are equal, and −0 equals 0.
                    let real = if real.is_nan() { f64::NAN } else { real + 0.0 };
                    *hash = mixed(*hash, real.to_bits());
                }
            }
        }
    }
    hashes
}

/// A hash of two numbers, with the finalizer of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014).
fn mixed(hash: u64, value: u64) -> u64 {
    let z = hash.rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ value;
    let z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Column;

    fn rows(values: &[f64], labels: &[bool]) -> TableRows {
        let features = vec![Column { name: "x".into(), values: Values::Real(values.to_vec()) }];
        let table = Table { name: "t".into(), features, labels: Some(labels.to_vec()), ..Table::default() };
        TableRows::new(&table, vec![true; labels.len()], "digest".into())
    }

    fn many() -> (Vec<f64>, Vec<bool>) {
        (0..4_000).map(|row| (f64::from(row % 700), row % 5 == 0)).unzip()
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter() {
        let (values, labels) = many();
        let (mut reversed, mut labels_too) = (values.clone(), labels.clone());
        reversed.reverse();
        labels_too.reverse();
        let (first, second) = (rows(&values, &labels), rows(&reversed, &labels_too));
        let (pairing, found) = Sample::of(&first).find(&second);
        assert_eq!(pairing, Pairing::Values);
        for (before, found) in first.sample.iter().zip(&found) {
            assert_eq!(found.len(), LARGEST);
            let of_first = before.iter().map(|&row| values[row as usize]);
            assert!(of_first.eq(found.iter().map(|&row| reversed[row as usize])));
        }
    }

    #[test]
    fn rows_with_some_other_values_are_matched_by_their_numbers() {
        let (values, labels) = many();
        let sample = Sample::of(&rows(&values, &labels));
        let noisy: Vec<f64> = values.iter().map(|value| if *value < 30.0 { -1.0 } else { *value }).collect();
        let (pairing, found) = sample.find(&rows(&noisy, &labels));
        assert_eq!((pairing, found), (Pairing::RowNumbers, rows(&values, &labels).sample));
        let mut other = labels.clone();
        other.rotate_left(1);
        assert_eq!(sample.find(&rows(&noisy, &other)).0, Pairing::None);
        assert_eq!(sample.find(&rows(&values[1..], &labels[1..])).0, Pairing::None);
    }

    #[test]
    fn copies_of_a_row_are_as_likely_as_other_rows() {
        let values: Vec<f64> = (0..4_000).map(|row| if row < 2_000 { 0.5 } else { f64::from(row) }).collect();
        let sample = rows(&values, &vec![false; 4_000]).sample;
        let copies = sample[1].iter().filter(|&&row| row < 2_000).count();
        assert!((100..150).contains(&copies), "{copies}");
    }
}
