//! Dividing a table into the rows that are learned from and the rows that are scored.

use crate::error::{Error, Result};
use crate::report::Protocol;
use crate::seed::Seed;
use crate::table::Table;
use rand::seq::SliceRandom;
use std::borrow::Cow;

/// Row numbers of the two parts, each in the order of the table.
#[derive(Clone, Debug, PartialEq)]
pub enum Split {
    /// The same rows are learned from and scored.
    Whole,
    Parts {
        train: Vec<usize>,
        test: Vec<usize>,
    },
}

impl Split {
    /// Divide a table as a protocol says; `test_share` of the rows are scored.
    ///
    /// # Errors
    /// Where the table cannot be divided so: no times, no labels, or too few rows.
    pub fn new(table: &Table, protocol: Protocol, test_share: f64, seed: Seed) -> Result<Self> {
        match protocol {
            Protocol::InSample => Ok(Split::Whole),
            Protocol::Time => by_time(table, test_share),
            Protocol::Holdout => at_random(table, test_share, seed),
            Protocol::Clean => normal_only(table, at_random(table, test_share, seed)?),
        }
    }

    /// The rows to learn from.
    pub fn train<'a>(&self, table: &'a Table) -> Cow<'a, Table> {
        match self {
            Split::Whole => Cow::Borrowed(table),
            Split::Parts { train, .. } => Cow::Owned(table.take(train)),
        }
    }

    /// The rows to score, where they are others than those learned from.
    pub fn test(&self, table: &Table) -> Option<Table> {
        match self {
            Split::Whole => None,
            Split::Parts { test, .. } => Some(table.take(test)),
        }
    }
}

/// The same share of suspicious and of normal rows in both parts. Labels divide the rows and go no further.
fn at_random(table: &Table, test_share: f64, seed: Seed) -> Result<Split> {
    let mut rng = seed.derive("holdout").rng();
    let label = |row: &usize| table.labels.as_ref().is_some_and(|labels| labels[*row]);
    let (suspicious, normal): (Vec<usize>, Vec<usize>) = (0..table.rows()).partition(label);
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for mut class in [normal, suspicious] {
        class.shuffle(&mut rng);
        let scored = (class.len() as f64 * test_share).round() as usize;
        test.extend_from_slice(&class[..scored]);
        train.extend_from_slice(&class[scored..]);
    }
    parts(table, train, test)
}

fn normal_only(table: &Table, split: Split) -> Result<Split> {
    let Some(labels) = &table.labels else {
        return Err(Error::table(
            &table.name,
            "--protocol clean needs a label column to tell normal rows apart",
        ));
    };
    match split {
        Split::Whole => Ok(Split::Whole),
        Split::Parts { mut train, test } => {
            train.retain(|&row| !labels[row]);
            parts(table, train, test)
        }
    }
}

/// The past and the future; rows of the same moment are never divided.
fn by_time(table: &Table, test_share: f64) -> Result<Split> {
    let Some(times) = &table.times else {
        return Err(Error::table(&table.name, "--protocol time needs a time column; name it with --time"));
    };
    let mut sorted = times.clone();
    sorted.sort_unstable();
    if sorted.first() == sorted.last() {
        return Err(Error::table(
            &table.name,
            "all rows have the same time, so there is no past and no future",
        ));
    }
    let past = (sorted.len() as f64 * (1.0 - test_share)).round() as usize;
    let cut = sorted[past.min(sorted.len() - 1)];
    let (train, test) = (0..table.rows()).partition(|&row| times[row] < cut);
    parts(table, train, test)
}

fn parts(table: &Table, mut train: Vec<usize>, mut test: Vec<usize>) -> Result<Split> {
    if train.is_empty() || test.is_empty() {
        let problem = format!(
            "{} rows and this --test-share leave {} to learn from and {} to score; use --protocol in-sample",
            table.rows(),
            train.len(),
            test.len()
        );
        return Err(Error::table(&table.name, problem));
    }
    train.sort_unstable();
    test.sort_unstable();
    Ok(Split::Parts { train, test })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Column, Values};

    fn table(times: &[i64], labels: &[bool]) -> Table {
        let values = Values::Real(times.iter().map(|&t| t as f64).collect());
        Table {
            name: "t".into(),
            features: vec![Column { name: "x".into(), values }],
            labels: Some(labels.to_vec()),
            times: Some(times.to_vec()),
            notes: vec![],
        }
    }

    fn divided(table: &Table, protocol: Protocol, share: f64) -> (Vec<usize>, Vec<usize>) {
        match Split::new(table, protocol, share, Seed::new(1)).unwrap() {
            Split::Parts { train, test } => (train, test),
            Split::Whole => panic!("the table is divided"),
        }
    }

    #[test]
    fn the_past_lies_strictly_before_the_future() {
        let table = table(&[5, 1, 3, 3, 3, 9], &[false; 6]);
        let (train, test) = divided(&table, Protocol::Time, 0.5);
        assert_eq!((train, test), (vec![1], vec![0, 2, 3, 4, 5]));
    }

    #[test]
    fn a_holdout_keeps_the_rate_in_both_parts() {
        let labels: Vec<bool> = (0..100).map(|row| row % 10 == 0).collect();
        let table = table(&(0..100).collect::<Vec<_>>(), &labels);
        let (train, test) = divided(&table, Protocol::Holdout, 0.3);
        let suspicious = |rows: &[usize]| rows.iter().filter(|&&row| labels[row]).count();
        assert_eq!((train.len(), suspicious(&train), test.len(), suspicious(&test)), (70, 7, 30, 3));
    }

    #[test]
    fn a_clean_part_holds_no_suspicious_row() {
        let labels: Vec<bool> = (0..100).map(|row| row % 10 == 0).collect();
        let table = table(&(0..100).collect::<Vec<_>>(), &labels);
        let (train, test) = divided(&table, Protocol::Clean, 0.3);
        assert!(train.iter().all(|&row| !labels[row]));
        assert!(test.iter().any(|&row| labels[row]));
    }

    #[test]
    fn one_moment_cannot_be_divided() {
        let error = Split::new(&table(&[7, 7], &[false; 2]), Protocol::Time, 0.5, Seed::new(1)).unwrap_err();
        assert!(error.to_string().contains("the same time"), "{error}");
    }
}
