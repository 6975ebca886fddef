//! Splits a table into training and scored rows.

use super::group_split::by_group;
use crate::error::{Error, Hint, Result};
use crate::report::Protocol;
use crate::seed::Seed;
use crate::table::Table;
use rand::seq::SliceRandom;
use std::borrow::Cow;

/// The row indices of the two parts, each ascending.
#[derive(Clone, Debug, PartialEq)]
pub enum Split {
    /// Train on all rows and score the same rows.
    Whole,
    Parts {
        train: Vec<usize>,
        test: Vec<usize>,
    },
}

impl Split {
    /// Split a table by a protocol. `test_share`, in (0, 1), is the share of scored rows.
    ///
    /// # Errors
    /// If the table lacks the times or labels that the protocol needs, or has too few rows.
    pub fn new(table: &Table, protocol: Protocol, test_share: f64, seed: Seed) -> Result<Self> {
        match protocol {
            Protocol::InSample => Ok(Split::Whole),
            Protocol::Time => by_time(table, test_share),
            Protocol::Holdout => at_random(table, test_share, seed),
            Protocol::Group => {
                let (train, test) = by_group(table, test_share, seed)?;
                parts(table, train, test)
            }
            Protocol::Clean => normal_only(table, at_random(table, test_share, seed)?),
        }
    }

    /// The training rows.
    pub fn train<'a>(&self, table: &'a Table) -> Cow<'a, Table> {
        match self {
            Split::Whole => Cow::Borrowed(table),
            Split::Parts { train, .. } => Cow::Owned(table.take(train)),
        }
    }

    /// The scored rows; `None` if they are the training rows.
    pub fn test(&self, table: &Table) -> Option<Table> {
        match self {
            Split::Whole => None,
            Split::Parts { test, .. } => Some(table.take(test)),
        }
    }
}

/// A random split of training rows into rows to fit and calibration rows, which no fit sees. It uses no label.
///
/// # Errors
/// If there are too few rows.
pub fn calibration_parts(train: &Table, seed: Seed) -> Result<(Table, Table)> {
    /// The share of calibration rows: a smaller part can find less.
    const SHARE: f64 = 0.3;
    let unlabeled = Table { labels: None, ..train.clone() };
    let split = at_random(&unlabeled, SHARE, seed.derive("calibration"))?;
    let calibration = split.test(train).unwrap_or_default();
    Ok((split.train(train).into_owned(), calibration))
}

/// A stratified random split: both parts have the same share of suspicious rows. Labels have no other use here. Rows
/// are drawn in canonical order, so that the order of the file does not choose the split.
fn at_random(table: &Table, test_share: f64, seed: Seed) -> Result<Split> {
    let mut rng = seed.derive("holdout").rng();
    let label = |row: &usize| table.labels.as_ref().is_some_and(|labels| labels[*row]);
    let (suspicious, normal): (Vec<usize>, Vec<usize>) = table.canonical_order().into_iter().partition(label);
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
        let problem = "there is no label column, which tells normal rows apart";
        return Err(Error::table(&table.name, problem).with_hint(Hint::NameLabel(None)));
    };
    match split {
        Split::Whole => Ok(Split::Whole),
        Split::Parts { mut train, test } => {
            train.retain(|&row| !labels[row]);
            parts(table, train, test)
        }
    }
}

/// Split by time. Rows with the same time are in the same part. If the training part would have no row, because many
/// rows have the first time, it has the rows of the first time.
fn by_time(table: &Table, test_share: f64) -> Result<Split> {
    let Some(times) = &table.times else {
        let problem = "there is no time column, which tells the past from the future";
        return Err(Error::table(&table.name, problem).with_hint(Hint::NameTime));
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
    let second = sorted[sorted.partition_point(|time| *time == sorted[0])];
    let cut = sorted[past.min(sorted.len() - 1)].max(second);
    let (train, test) = (0..table.rows()).partition(|&row| times[row] < cut);
    parts(table, train, test)
}

fn parts(table: &Table, mut train: Vec<usize>, mut test: Vec<usize>) -> Result<Split> {
    if train.is_empty() || test.is_empty() {
        let problem = format!(
            "with this test share, {} rows leave {} to train on and {} to score",
            table.rows(),
            train.len(),
            test.len()
        );
        return Err(Error::table(&table.name, problem).with_hint(Hint::InSample));
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
            ..Table::default()
        }
    }

    fn parts_of(table: &Table, protocol: Protocol, share: f64) -> (Vec<usize>, Vec<usize>) {
        match Split::new(table, protocol, share, Seed::new(1)).unwrap() {
            Split::Parts { train, test } => (train, test),
            Split::Whole => panic!("the table is split"),
        }
    }

    #[test]
    fn the_past_lies_strictly_before_the_future() {
        let table = table(&[5, 1, 3, 3, 3, 9], &[false; 6]);
        let (train, test) = parts_of(&table, Protocol::Time, 0.5);
        assert_eq!((train, test), (vec![1], vec![0, 2, 3, 4, 5]));
    }

    #[test]
    fn the_past_has_a_row_if_most_rows_have_the_first_time() {
        let table = table(&[4, 1, 1, 1, 1, 2], &[false; 6]);
        assert_eq!(parts_of(&table, Protocol::Time, 0.5), (vec![1, 2, 3, 4], vec![0, 5]));
        let table = self::table(&[1, 2, 3, 4, 5, 6], &[false; 6]);
        assert_eq!(parts_of(&table, Protocol::Time, 0.99), (vec![0], vec![1, 2, 3, 4, 5]));
    }

    #[test]
    fn a_holdout_keeps_the_rate_in_both_parts() {
        let labels: Vec<bool> = (0..100).map(|row| row % 10 == 0).collect();
        let table = table(&(0..100).collect::<Vec<_>>(), &labels);
        let (train, test) = parts_of(&table, Protocol::Holdout, 0.3);
        let suspicious = |rows: &[usize]| rows.iter().filter(|&&row| labels[row]).count();
        assert_eq!((train.len(), suspicious(&train), test.len(), suspicious(&test)), (70, 7, 30, 3));
    }

    #[test]
    fn the_clean_training_part_has_no_suspicious_row() {
        let labels: Vec<bool> = (0..100).map(|row| row % 10 == 0).collect();
        let table = table(&(0..100).collect::<Vec<_>>(), &labels);
        let (train, test) = parts_of(&table, Protocol::Clean, 0.3);
        assert!(train.iter().all(|&row| !labels[row]));
        assert!(test.iter().any(|&row| labels[row]));
    }

    #[test]
    fn rows_of_one_time_cannot_be_split() {
        let error = Split::new(&table(&[7, 7], &[false; 2]), Protocol::Time, 0.5, Seed::new(1)).unwrap_err();
        assert_eq!(error.to_string(), "t: all rows have the same time, so there is no past and no future");
    }
}
