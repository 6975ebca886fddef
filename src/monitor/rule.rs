//! Which days are unusual, and which runs of them are drift.
//!
//! A day is unusual if its adjusted p-value is at most [`LEVEL`] and it is further out than every training day of its kind.
//! Drift is two unusual days of one feature among three consecutive days with enough rows. The
//! adjustment supposes that the logarithms of the distances of days are independent and normal. Those of rare events are
//! not, so that runs without drift occur more often than that; `docs/monitor.md` says how often.

use super::monitored::{DayFeature, ROWS, Rule};
use crate::metrics::{UsualRange, benjamini_hochberg, jensen_shannon, psi};
use crate::model::{DailyCounts, DayCounts, Profile, Sketch};

/// The largest share of false days among the unusual days.
const LEVEL: f64 = 0.05;

/// The conventional limit of the PSI.
const CONVENTIONAL: f64 = 0.25;

/// The smallest number of rows that the conventional limit judges.
const ENOUGH_ROWS: u64 = 200;

/// Added to distances before the logarithm, so that a distance of 0 has one.
const OFFSET: f64 = 0.01;

/// The smallest day-to-day standard deviation of the logarithms of distances, and of numbers of rows.
const FLOORS: [f64; 2] = [0.15, 0.05];

/// The days, each with a cell per feature.
#[derive(Debug)]
pub(super) struct Judged {
    pub rule: Rule,
    pub names: Vec<String>,
    pub cells: Vec<Vec<Cell>>,
    pub few_rows: Vec<bool>,
}

/// A feature on a day.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cell {
    pub distance: Option<f64>,
    pub size: Option<f64>,
    pub p: Option<f64>,
    /// Whether it is further out than every training day.
    pub is_outside: bool,
    pub unusual: bool,
}

/// The rows of a feature in training and in a period, both of workdays if there are any, else of weekend days.
#[derive(Debug)]
pub(super) struct Period {
    pub reference: Vec<u64>,
    pub current: Vec<u64>,
    pub mean: Option<f64>,
    pub deviation: Option<f64>,
}

impl Cell {
    pub fn named(&self, name: &str) -> DayFeature {
        let Cell { distance, size, p, unusual, .. } = *self;
        DayFeature { feature: name.to_owned(), distance, size, p, unusual }
    }
}

impl Judged {
    /// The first day of the first run of a feature, as a position.
    pub fn run(&self, feature: usize) -> Option<usize> {
        let judged: Vec<usize> =
            (0..self.cells.len()).filter(|&day| !self.few_rows[day] || self.names[feature] == ROWS).collect();
        let is_unusual = |day: &&usize| self.cells[**day][feature].unusual;
        if judged.len() == 1 && self.rule == Rule::Conventional {
            return judged.iter().find(is_unusual).copied();
        }
        judged
            .windows(3.min(judged.len().max(2)))
            .find(|days| days.iter().filter(is_unusual).count() >= 2)
            .and_then(|days| days.iter().find(is_unusual).copied())
    }
}

/// Judge each feature on each day. A taught model has other scores than those of its profile, so they are left out.
pub(super) fn judge(
    profile: &Profile,
    daily_counts: &DailyCounts,
    has_times: bool,
    is_taught: bool,
) -> Judged {
    let rule = if has_times && profile.days() >= 7 { Rule::TrainingDays } else { Rule::Conventional };
    let mut names: Vec<String> = profile.sketches.iter().map(|sketch| sketch.name.clone()).collect();
    names.push(ROWS.to_owned());
    let few_rows: Vec<bool> =
        daily_counts.iter().map(|(&day, own)| has_few_rows(profile, rule, day, own)).collect();
    let is_left_out = |at: usize| is_taught && names[at] == Profile::SCORE;
    let mut cells = vec![vec![Cell::default(); names.len()]; daily_counts.len()];
    for at in (0..names.len()).filter(|&at| !is_left_out(at)) {
        let range = range(profile, at, rule);
        for (place, (&day, counts)) in daily_counts.iter().enumerate() {
            if !few_rows[place] || at == profile.sketches.len() {
                cells[place][at] = cell(profile, at, range.as_ref(), day, counts);
            }
        }
    }
    adjust(&mut cells);
    Judged { rule, names, cells, few_rows }
}

fn has_few_rows(profile: &Profile, rule: Rule, day: i64, counts: &DayCounts) -> bool {
    match rule {
        Rule::TrainingDays => (counts.rows as f64) * 5.0 < profile.usual_rows(Profile::kind_of(day)),
        Rule::Conventional => counts.rows < ENOUGH_ROWS,
    }
}

fn range(profile: &Profile, at: usize, rule: Rule) -> Option<UsualRange> {
    if rule == Rule::Conventional {
        return None;
    }
    match profile.sketches.get(at) {
        Some(sketch) => {
            let [work, weekend] = &sketch.distances;
            UsualRange::of([work, weekend], OFFSET, FLOORS[0])
        }
        None => {
            let rows = [0, 1].map(|kind| profile.rows[kind].iter().map(|&n| n as f64).collect::<Vec<_>>());
            UsualRange::of([&rows[0], &rows[1]], 1.0, FLOORS[1])
        }
    }
}

fn cell(profile: &Profile, at: usize, range: Option<&UsualRange>, day: i64, counts: &DayCounts) -> Cell {
    let kind = Profile::kind_of(day);
    match (profile.sketches.get(at), range) {
        (Some(sketch), Some(range)) => {
            let Some(distance) = jensen_shannon(&sketch.counts[kind], &counts.bins[at]) else {
                return Cell::default();
            };
            Cell {
                distance: Some(distance),
                size: range.standardized(distance, kind),
                p: range.p_value(distance, kind, false),
                is_outside: distance > range.most(kind),
                unusual: false,
            }
        }
        (Some(sketch), None) => {
            let all = sketch.all();
            let index = psi(&all, &counts.bins[at]).filter(|_| counts.rows >= ENOUGH_ROWS);
            let unusual = index.is_some_and(|index| index > CONVENTIONAL);
            Cell { distance: jensen_shannon(&all, &counts.bins[at]), unusual, ..Cell::default() }
        }
        (None, Some(range)) => {
            let rows = counts.rows as f64;
            let p = range.p_value(rows, kind, true);
            let size = range.standardized(rows, kind);
            Cell { distance: Some(rows), size, p, is_outside: true, unusual: false }
        }
        (None, None) => Cell { distance: Some(counts.rows as f64), ..Cell::default() },
    }
}

/// Adjust the p-values over features and days, and mark the unusual cells.
fn adjust(cells: &mut [Vec<Cell>]) {
    let mut judged: Vec<&mut Cell> = cells.iter_mut().flatten().filter(|cell| cell.p.is_some()).collect();
    let p: Vec<f64> = judged.iter().filter_map(|cell| cell.p).collect();
    for (cell, adjusted) in judged.iter_mut().zip(benjamini_hochberg(&p)) {
        cell.p = Some(adjusted);
        cell.unusual = adjusted <= LEVEL && cell.is_outside;
    }
}

/// The counts of a feature from a day on, as a position.
pub(super) fn period(sketch: &Sketch, at: usize, daily_counts: &DailyCounts, since: usize) -> Period {
    let days: Vec<(&i64, &DayCounts)> = daily_counts.iter().skip(since).collect();
    let of_kind = |kind: usize| days.iter().any(|(day, _)| Profile::kind_of(**day) == kind);
    let has_training = |kind: usize| sketch.counts[kind].iter().any(|&count| count > 0);
    let kind = [0, 1].into_iter().find(|&kind| of_kind(kind) && has_training(kind));
    let reference = kind.map_or_else(|| sketch.all(), |kind| sketch.counts[kind].clone());
    let mut current = vec![0; reference.len()];
    let [mut n, mut sum, mut squares] = [0.0; 3];
    for (day, counts) in days {
        if kind.is_none_or(|kind| Profile::kind_of(*day) == kind) {
            current.iter_mut().zip(&counts.bins[at]).for_each(|(all, own)| *all += own);
        }
        let own = counts.sums[at];
        (n, sum, squares) = (n + own[0], sum + own[1], squares + own[2]);
    }
    let mean = (n > 0.0).then(|| sum / n);
    let deviation = mean.map(|mean| (squares / n - mean * mean).max(0.0).sqrt());
    Period { reference, current, mean, deviation }
}
