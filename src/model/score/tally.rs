//! What a run of scoring met, in numbers.

use super::oddity::{Oddity, oddities};
use crate::model::{Assessment, FeatureModel};
use crate::table::Column;
use std::time::Duration;

/// Counts of rows, and per feature of values that training did not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows or lines that were read, blank lines not among them.
    pub read: u64,
    pub scored: u64,
    pub flagged: u64,
    /// Lines that could not be scored.
    pub rejected: u64,
    /// How long the model itself took; reading, checking and writing are not in it.
    pub in_model: Duration,
    /// In the order of the model's features.
    pub features: Vec<FeatureTally>,
}

/// Counts of one feature's values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeatureTally {
    pub feature: String,
    /// Whether the table has no such column.
    pub absent: bool,
    pub missing: u64,
    pub unknown: u64,
    pub out_of_range: u64,
}

impl Tally {
    /// Nothing met yet.
    pub fn new(features: &[FeatureModel]) -> Self {
        let feature = |feature: &FeatureModel| FeatureTally {
            feature: feature.name.clone(),
            ..FeatureTally::default()
        };
        Tally { features: features.iter().map(feature).collect(), ..Tally::default() }
    }

    pub(super) fn count(&mut self, features: &[FeatureModel], columns: &[Column], found: &[Assessment]) {
        self.scored += found.len() as u64;
        self.flagged += found.iter().filter(|row| row.flagged).count() as u64;
        for ((tally, feature), column) in self.features.iter_mut().zip(features).zip(columns) {
            for oddity in oddities(feature, column).flatten() {
                *tally.of(oddity) += 1;
            }
        }
    }
}

impl FeatureTally {
    fn of(&mut self, oddity: Oddity) -> &mut u64 {
        match oddity {
            Oddity::Missing => &mut self.missing,
            Oddity::Unknown => &mut self.unknown,
            Oddity::OutOfRange => &mut self.out_of_range,
        }
    }
}
