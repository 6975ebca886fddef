//! The statistics of a scoring run.

use super::alerts::{MICROSECONDS_IN_DAY, MOST_KEPT};
use super::data_issue::{DataIssue, data_issues};
use crate::model::{Assessment, FeatureModel};
use crate::table::{Categories, Column, Note, Repairs, Values, rfc3339};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// The numbers of rows, and per feature the numbers of data issues.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScoreStats {
    /// Rows or lines read, without blank lines.
    pub read: u64,
    /// Rows with a score.
    pub scored: u64,
    /// Rows with a score above the threshold.
    pub flagged: u64,
    /// Lines that cannot be scored.
    pub rejected: u64,
    /// The time in the model, without reading, checking and writing.
    pub in_model: Duration,
    /// The statistics of each feature, in the order of the model.
    pub features: Vec<FeatureStats>,
    /// What was guessed, skipped or decoded in the input.
    pub notes: Vec<Note>,
    /// By days since 1970 in UTC; `None` if the time column is unknown.
    days: Option<BTreeMap<i64, [u64; 2]>>,
    /// The flagged rows of each entity.
    entities: HashMap<String, u64>,
}

/// The rows of one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DayStats {
    /// The day in UTC, as in `2026-03-29`.
    pub day: String,
    /// Rows with a score.
    pub scored: u64,
    /// Rows with a score above the threshold.
    pub flagged: u64,
}

/// The data issues of one feature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeatureStats {
    /// The feature's name.
    pub feature: String,
    /// Whether the table has no such column.
    pub absent: bool,
    /// The number of scored rows with no value, NaN or an infinite number.
    pub missing: u64,
    /// The number of scored rows with a level that training did not contain.
    pub unknown: u64,
    /// The number of scored rows with a value outside the range of training.
    pub out_of_range: u64,
}

impl ScoreStats {
    /// Empty statistics for these features.
    pub fn new(features: &[FeatureModel]) -> Self {
        let feature = |feature: &FeatureModel| FeatureStats {
            feature: feature.name.clone(),
            ..FeatureStats::default()
        };
        ScoreStats { features: features.iter().map(feature).collect(), ..ScoreStats::default() }
    }

    /// These statistics with notes on what was skipped or decoded.
    #[must_use]
    pub(super) fn with_repairs(mut self, repairs: &Repairs) -> Self {
        self.notes.extend(repairs.notes().into_iter().map(Note::from));
        self
    }

    /// The rows of each day that has one; `None` if the time column is unknown. Rows without a time are in no day.
    pub fn days(&self) -> Option<Vec<DayStats>> {
        let day = |(&day, &[scored, flagged]): (&i64, &[u64; 2])| {
            let time = rfc3339(day.saturating_mul(MICROSECONDS_IN_DAY)).unwrap_or_default();
            DayStats { day: time.split('T').next().unwrap_or_default().to_owned(), scored, flagged }
        };
        Some(self.days.as_ref()?.iter().map(day).collect())
    }

    /// Count the rows of each day, by their points in time.
    pub(super) fn count_days(&mut self, times: &[i64], rows: &[Assessment]) {
        let days = self.days.get_or_insert_default();
        for (time, row) in times.iter().zip(rows).filter(|(time, _)| **time != Values::NO_TIME) {
            let [scored, flagged] = days.entry(time.div_euclid(MICROSECONDS_IN_DAY)).or_default();
            *scored += 1;
            *flagged += u64::from(row.flagged);
        }
    }

    /// The entities with the most flagged rows first, and their numbers. Equal numbers are in order of the names.
    pub fn entities(&self) -> Vec<(&str, u64)> {
        let mut entities: Vec<(&str, u64)> =
            self.entities.iter().map(|(name, rows)| (name.as_str(), *rows)).collect();
        entities.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        entities
    }

    /// Count the flagged rows of each entity. Of very many entities, the later ones are left out.
    pub(super) fn count_entities(&mut self, names: &[Categories], rows: &[Assessment]) {
        for (row, _) in rows.iter().enumerate().filter(|(_, row)| row.flagged) {
            let parts = names.iter().map(|name| name.level(row).unwrap_or("(missing)"));
            let entity = parts.collect::<Vec<_>>().join(", ");
            if self.entities.len() < MOST_KEPT || self.entities.contains_key(&entity) {
                *self.entities.entry(entity).or_default() += 1;
            }
        }
    }

    /// Go on with another model: the features that both have keep their numbers, and come first.
    pub(super) fn go_on_with(&mut self, features: &[FeatureModel]) {
        let mut old = std::mem::take(&mut self.features);
        for feature in features {
            let at = old.iter().position(|stats| stats.feature == feature.name);
            let fresh = || FeatureStats { feature: feature.name.clone(), ..FeatureStats::default() };
            self.features.push(at.map_or_else(fresh, |at| old.remove(at)));
        }
        self.features.append(&mut old);
    }

    pub(super) fn count(&mut self, features: &[FeatureModel], columns: &[Column], rows: &[Assessment]) {
        self.scored += rows.len() as u64;
        self.flagged += rows.iter().filter(|row| row.flagged).count() as u64;
        for ((stats, feature), column) in self.features.iter_mut().zip(features).zip(columns) {
            for data_issue in data_issues(feature, column).flatten() {
                *stats.of(data_issue) += 1;
            }
        }
    }
}

impl FeatureStats {
    fn of(&mut self, data_issue: DataIssue) -> &mut u64 {
        match data_issue {
            DataIssue::Missing => &mut self.missing,
            DataIssue::Unknown => &mut self.unknown,
            DataIssue::OutOfRange => &mut self.out_of_range,
        }
    }
}
