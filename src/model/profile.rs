//! The profile of training data: what a model keeps to notice that new data differ. It holds counts on fixed bins and no
//! row, and has a bounded size.
//!
//! A [`DailyCounts`] counts the rows of each day on the bins of a profile; training and monitoring count with the same code.

use super::feature::{FeatureKind, FeatureModel};
use crate::metrics::jensen_shannon;
use crate::table::{Column, Table, Values, is_number};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The profile of the training data of a table.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// One per feature, in order; then the score, and the hour of the time (UTC).
    pub sketches: Vec<Sketch>,
    /// The number of rows of each workday and each weekend day, at most [`Profile::DAYS`] each.
    pub rows: [Vec<u64>; 2],
    /// The number of rows above the threshold on the same days.
    pub alerts: [Vec<u64>; 2],
    /// The number of rows of each hour of the week, from Monday 00:00 UTC; empty without times.
    pub hours: Vec<u64>,
}

/// The values of a feature in training.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Sketch {
    /// The feature, or [`Profile::SCORE`] or [`Profile::HOUR`].
    pub name: String,
    /// The smallest value of each bin of numbers, and the largest value; empty for a category.
    pub edges: Vec<f64>,
    /// The number of rows in each bin on workdays and on weekend days. Numbers: below all edges, each bin, above all
    /// edges. Categories: each level, other levels. Last the missing values.
    pub counts: [Vec<u64>; 2],
    /// The Jensen–Shannon distance of each day from the other days of its kind.
    pub distances: [Vec<f64>; 2],
    /// The mean and the standard deviation of the numbers.
    pub moments: [f64; 2],
}

/// The rows of a day on the bins of a profile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DayCounts {
    /// The number of rows.
    pub rows: u64,
    /// The number of rows above the threshold.
    pub alerts: u64,
    /// The number of rows of each hour (UTC).
    pub hours: [u64; 24],
    /// The counts of each sketch.
    pub bins: Vec<Vec<u64>>,
    /// The number of values, their sum and the sum of their squares, of each sketch.
    pub sums: Vec<[f64; 3]>,
}

/// The rows of each day, by the number of the day since 1970-01-01 (UTC). Without times, all rows are day 0.
pub type DailyCounts = BTreeMap<i64, DayCounts>;

const HOUR: i64 = 3_600_000_000;

impl Profile {
    /// The name of the sketch of the scores.
    pub const SCORE: &str = "(score)";
    /// The name of the sketch of the hours.
    pub const HOUR: &str = "(hour)";
    /// The largest number of days of a kind that keep a distance.
    pub const DAYS: usize = 366;
    /// The largest number of bins of numbers.
    const BINS: usize = 24;

    /// The profile of a table and the scores of its rows.
    pub(super) fn of(features: &[FeatureModel], table: &Table, scores: &[f64], threshold: f64) -> Self {
        let mut sketches: Vec<Sketch> = features
            .iter()
            .zip(&table.features)
            .map(|(feature, column)| Sketch::of(feature, column))
            .collect();
        sketches.push(Sketch::numbers(Self::SCORE, scores.to_vec()));
        sketches.push(Sketch { edges: (0..24).map(f64::from).collect(), ..Sketch::empty(Self::HOUR) });
        let mut profile =
            Profile { sketches, rows: Default::default(), alerts: Default::default(), hours: Vec::new() };
        let columns: Vec<&Column> = table.features.iter().collect();
        let daily_counts =
            profile.daily_counts(features, &columns, table.times.as_deref(), scores, threshold);
        profile.learn(features, &daily_counts, table.times.is_some());
        profile
    }

    /// The number of training days with rows; 0 without times.
    pub fn days(&self) -> usize {
        self.rows[0].len() + self.rows[1].len()
    }

    /// Count rows by day. `columns` are the features in order.
    pub fn daily_counts(
        &self,
        features: &[FeatureModel],
        columns: &[&Column],
        times: Option<&[i64]>,
        scores: &[f64],
        threshold: f64,
    ) -> DailyCounts {
        let mut daily_counts = DailyCounts::new();
        let mut days: Vec<i64> = Vec::with_capacity(scores.len());
        for (row, &score) in scores.iter().enumerate() {
            let hour = times.map_or(0, |times| times[row].div_euclid(HOUR));
            days.push(hour.div_euclid(24));
            let day = daily_counts.entry(hour.div_euclid(24)).or_insert_with(|| self.empty_day(features));
            day.rows += 1;
            day.alerts += u64::from(score > threshold);
            day.hours[hour.rem_euclid(24) as usize] += 1;
        }
        for (at, (feature, column)) in features.iter().zip(columns).enumerate() {
            let place = self.sketches[at].places(feature, column);
            let is_number_column = feature.levels().is_none();
            self.count(at, &days, &mut daily_counts, |row| {
                (place(row), if is_number_column { column.values.real(row) } else { f64::NAN })
            });
        }
        let score = features.len();
        self.count(score, &days, &mut daily_counts, |row| {
            (self.sketches[score].place_of_number(scores[row]), scores[row])
        });
        if times.is_some() {
            for day in daily_counts.values_mut() {
                let hours = day.hours;
                day.bins[score + 1][1..25].copy_from_slice(&hours);
            }
        }
        daily_counts
    }

    fn count(
        &self,
        sketch: usize,
        days: &[i64],
        daily_counts: &mut DailyCounts,
        value: impl Fn(usize) -> (usize, f64),
    ) {
        let mut row = 0;
        // Rows of a day are mostly adjacent: one look-up for a run of them.
        while row < days.len() {
            let day = days[row];
            let Some(counts) = daily_counts.get_mut(&day) else { return };
            while row < days.len() && days[row] == day {
                let (bin, number) = value(row);
                counts.bins[sketch][bin] += 1;
                if is_number(number) {
                    let [n, sum, squares] = &mut counts.sums[sketch];
                    *n += 1.0;
                    *sum += number;
                    *squares += number * number;
                }
                row += 1;
            }
        }
    }

    fn empty_day(&self, features: &[FeatureModel]) -> DayCounts {
        let bins = |(at, sketch): (usize, &Sketch)| vec![0; sketch.bins(features.get(at))];
        DayCounts {
            bins: self.sketches.iter().enumerate().map(bins).collect(),
            sums: vec![[0.0; 3]; self.sketches.len()],
            ..DayCounts::default()
        }
    }

    /// Keep the counts of the training days, and the distance of each from the others.
    fn learn(&mut self, features: &[FeatureModel], daily_counts: &DailyCounts, has_times: bool) {
        for (at, sketch) in self.sketches.iter_mut().enumerate() {
            sketch.counts = [0, 1].map(|_| vec![0; sketch.bins(features.get(at))]);
            for (&day, counts) in daily_counts {
                add(&mut sketch.counts[Self::kind_of(day)], &counts.bins[at]);
            }
        }
        if !has_times {
            return;
        }
        self.hours = vec![0; 168];
        for (&day, counts) in daily_counts {
            let first = 24 * weekday(day);
            add(&mut self.hours[first..first + 24], &counts.hours);
            let kind = Self::kind_of(day);
            if self.rows[kind].len() < Self::DAYS {
                self.rows[kind].push(counts.rows);
                self.alerts[kind].push(counts.alerts);
            }
        }
        let usual = [0, 1].map(|kind| self.usual_rows(kind));
        for (at, sketch) in self.sketches.iter_mut().enumerate() {
            for (&day, counts) in daily_counts {
                let kind = Self::kind_of(day);
                if counts.rows as f64 * 5.0 < usual[kind] || sketch.distances[kind].len() >= Self::DAYS {
                    continue;
                }
                let mut others = sketch.counts[kind].clone();
                others.iter_mut().zip(&counts.bins[at]).for_each(|(all, own)| *all -= own);
                sketch.distances[kind].extend(jensen_shannon(&others, &counts.bins[at]));
            }
        }
    }

    /// The median number of rows on days of a kind; 0 without any.
    pub fn usual_rows(&self, kind: usize) -> f64 {
        let mut rows = self.rows[kind].clone();
        rows.sort_unstable();
        rows.get(rows.len() / 2).map_or(0.0, |&rows| rows as f64)
    }

    /// 0 for a workday, and 1 for Saturday and Sunday.
    pub fn kind_of(day: i64) -> usize {
        usize::from(weekday(day) >= 5)
    }

    /// Whether training can produce this profile.
    pub(super) fn is_valid(&self, features: &[FeatureModel]) -> bool {
        let bounded = |sketch: &Sketch| sketch.distances.iter().all(|own| own.len() <= Self::DAYS);
        let increase = |sketch: &Sketch| sketch.edges.windows(2).all(|pair| pair[0] < pair[1]);
        self.sketches.len() == features.len() + 2
            && (self.hours.is_empty() || self.hours.len() == 168)
            && self.rows.iter().zip(&self.alerts).all(|(rows, alerts)| rows.len() == alerts.len())
            && self.sketches.iter().enumerate().all(|(at, sketch)| {
                let bins = sketch.bins(features.get(at));
                let is_named = features.get(at).is_none_or(|feature| feature.name == sketch.name);
                let fits = sketch.counts.iter().all(|counts| counts.len() == bins);
                is_named && fits && bounded(sketch) && increase(sketch)
            })
    }
}

impl Sketch {
    fn empty(name: &str) -> Self {
        Sketch {
            name: name.to_owned(),
            edges: Vec::new(),
            counts: Default::default(),
            distances: Default::default(),
            moments: [0.0; 2],
        }
    }

    fn of(feature: &FeatureModel, column: &Column) -> Self {
        match feature.kind {
            FeatureKind::Category { .. } => Sketch::empty(&feature.name),
            _ => Sketch::numbers(&feature.name, column.values.reals()),
        }
    }

    fn numbers(name: &str, mut values: Vec<f64>) -> Self {
        values.retain(|&value| is_number(value));
        values.sort_unstable_by(f64::total_cmp);
        let mut distinct: Vec<f64> = values.iter().map(|value| value + 0.0).collect();
        distinct.dedup();
        let edges = if distinct.len() <= Profile::BINS {
            distinct
        } else {
            let last = values.len() - 1;
            let mut edges: Vec<f64> =
                (0..=Profile::BINS).map(|part| values[part * last / Profile::BINS] + 0.0).collect();
            edges.dedup();
            edges
        };
        let n = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
        Sketch { edges, moments: [mean, variance.sqrt()], ..Sketch::empty(name) }
    }

    /// The number of bins, missing values included.
    pub fn bins(&self, feature: Option<&FeatureModel>) -> usize {
        match feature.and_then(FeatureModel::levels) {
            Some(levels) => levels.len() + 2,
            None => self.edges.len() + 3,
        }
    }

    /// The counts of all training rows.
    pub fn all(&self) -> Vec<u64> {
        let mut all = self.counts[0].clone();
        add(&mut all, &self.counts[1]);
        all
    }

    fn place_of_number(&self, value: f64) -> usize {
        match self.edges.last() {
            _ if !is_number(value) => self.edges.len() + 2,
            Some(&last) if value > last => self.edges.len() + 1,
            _ => self.edges.partition_point(|&edge| edge <= value),
        }
    }

    /// The bin of each row of a column.
    fn places<'a>(
        &'a self,
        feature: &'a FeatureModel,
        column: &'a Column,
    ) -> Box<dyn Fn(usize) -> usize + 'a> {
        match (feature.levels(), &column.values) {
            (Some(levels), Values::Text(text)) => {
                let known: HashMap<&str, usize> =
                    levels.iter().enumerate().map(|(at, level)| (level.as_str(), at)).collect();
                let place = |level: &String| known.get(level.as_str()).copied().unwrap_or(levels.len());
                let places: Vec<usize> = text.levels.iter().map(place).collect();
                let missing = levels.len() + 1;
                Box::new(move |row| places.get(text.codes[row] as usize).copied().unwrap_or(missing))
            }
            (Some(levels), _) => Box::new(move |_| levels.len()),
            (None, values) => Box::new(move |row| self.place_of_number(values.real(row))),
        }
    }
}

/// 0 for Monday to 6 for Sunday; 1970-01-01 was a Thursday.
fn weekday(day: i64) -> usize {
    (day + 3).rem_euclid(7) as usize
}

fn add(all: &mut [u64], own: &[u64]) {
    all.iter_mut().zip(own).for_each(|(all, own)| *all += own);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_below_above_and_missing_have_bins_of_their_own() {
        let sketch = Sketch::numbers("x", vec![1.0, 2.0, 2.0, 5.0, f64::NAN]);
        assert_eq!(sketch.edges, [1.0, 2.0, 5.0]);
        let places: Vec<_> =
            [0.5, 1.0, 1.5, 2.0, 5.0, 5.1, f64::NAN].map(|value| sketch.place_of_number(value)).to_vec();
        assert_eq!(places, [0, 1, 1, 2, 3, 4, 5]);
        let many = Sketch::numbers("y", (0..10_000).map(f64::from).collect());
        assert_eq!((many.edges.len(), many.edges[0], many.edges[24]), (25, 0.0, 9_999.0));
    }

    #[test]
    fn days_are_workdays_or_weekend_days() {
        // 1970-01-01 was a Thursday.
        assert_eq!((0..7).map(Profile::kind_of).collect::<Vec<_>>(), [0, 0, 1, 1, 0, 0, 0]);
    }
}
