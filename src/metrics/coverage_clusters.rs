//! How often the intervals of AUC and recall contain the true value if the positives are events of a few
//! attacks, how often a difference of two detectors is found, and how often noise is better than chance.
//!
//! Each attack has 8 events. The scores of its events are normal and correlated: the attack's own value is a share `rho`
//! of their variance. Negatives are independent and standard normal.

use super::chance::chance_test;
use super::flagged::Flagged;
use super::group_counts::GroupCounts;
use super::ranking::Ranking;
use super::scored::{LabelCounts, Scored};
use super::seeds::{auc_interval_over_seeds, paired_test_over_seeds};
use crate::seed::Seed;
use crate::table::Groups;
use rand::Rng;
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

const DRAWS: usize = 2_000;
const EVENTS: usize = 8;
const NEGATIVES: usize = 500;

/// Attacks of correlated events, and normal rows.
struct Table {
    attacks: usize,
    correlation: f64,
}

impl Table {
    fn rows(&self) -> usize {
        self.attacks * EVENTS + NEGATIVES
    }

    fn is_positive(&self, row: usize) -> bool {
        row < self.attacks * EVENTS
    }

    fn labels(&self) -> Vec<bool> {
        (0..self.rows()).map(|row| self.is_positive(row)).collect()
    }

    fn groups(&self) -> GroupCounts {
        let code = |row| if self.is_positive(row) { (row / EVENTS) as u32 } else { Groups::ALONE };
        let codes: Vec<u32> = (0..self.rows()).map(code).collect();
        let index: Vec<u32> = (0..self.rows() as u32).collect();
        GroupCounts::deduplicated(&codes, &self.labels(), &index)
    }

    /// Standard normal values, those of one attack correlated.
    fn draw(&self, rng: &mut impl Rng) -> Vec<f64> {
        let normal = Normal::standard();
        let mut gaussian = || normal.inverse_cdf(rng.gen_range(1e-12..1.0));
        let attacks: Vec<f64> = (0..self.attacks).map(|_| gaussian()).collect();
        let value = |row: usize| match self.is_positive(row) {
            true => {
                self.correlation.sqrt() * attacks[row / EVENTS] + (1.0 - self.correlation).sqrt() * gaussian()
            }
            false => gaussian(),
        };
        (0..self.rows()).map(value).collect()
    }

    /// The values with the positives raised so that the AUC is `auc`.
    fn raised(&self, values: &[f64], auc: f64) -> Vec<f64> {
        let shift = 2.0_f64.sqrt() * Normal::standard().inverse_cdf(auc);
        let raise = |(row, value): (usize, &f64)| if self.is_positive(row) { value + shift } else { *value };
        values.iter().enumerate().map(raise).collect()
    }

    fn coverage(&self, auc: f64) -> f64 {
        let mut rng = Seed::new(11).derive(&format!("{} {} {auc}", self.attacks, self.correlation)).rng();
        let (counts, groups) = (LabelCounts::plain(&self.labels()), self.groups());
        let is_hit = |_: &usize| {
            let scores = self.raised(&self.draw(&mut rng), auc);
            let ranking = Ranking::new(Scored::new(&scores, &counts).unwrap());
            let interval = auc_interval_over_seeds(&[ranking], Some(&groups)).unwrap();
            interval.low <= auc && auc <= interval.high
        };
        (0..DRAWS).filter(is_hit).count() as f64 / DRAWS as f64
    }

    /// The share of tables whose interval of recall holds the true recall.
    fn coverage_of_recall(&self, recall: f64) -> f64 {
        let mut rng = Seed::new(13).derive(&format!("{} {} {recall}", self.attacks, self.correlation)).rng();
        let (counts, groups) = (LabelCounts::plain(&self.labels()), self.groups());
        let threshold = Normal::standard().inverse_cdf(1.0 - recall);
        let is_hit = |_: &usize| {
            let flags: Vec<bool> = self.draw(&mut rng).iter().map(|&score| score > threshold).collect();
            let interval = Flagged::of(&flags, &counts, Some(&groups)).recall_interval().unwrap();
            interval.low <= recall && recall <= interval.high
        };
        (0..DRAWS).filter(is_hit).count() as f64 / DRAWS as f64
    }

    /// The shares of tables of noise in which a detector is better than chance at 2.5 % and at 5 %.
    fn false_alarms(&self) -> [f64; 2] {
        let mut rng = Seed::new(14).derive(&format!("{} {}", self.attacks, self.correlation)).rng();
        let (counts, groups) = (LabelCounts::plain(&self.labels()), self.groups());
        let mut p = |_| {
            let scores = self.draw(&mut rng);
            let ranking = Ranking::new(Scored::new(&scores, &counts).unwrap());
            chance_test(&[ranking], Some(&groups)).unwrap().p
        };
        let p: Vec<f64> = (0..DRAWS).map(&mut p).collect();
        [0.025, 0.05].map(|level| p.iter().filter(|p| **p < level).count() as f64 / DRAWS as f64)
    }

    /// The share of tables in which the second detector is better with p < 0.05. Both detectors rank by the same
    /// values, each with an error of its own, as detectors of the same features do.
    fn power(&self, first: f64, second: f64, draws: usize) -> f64 {
        const COMMON: f64 = 0.9;
        let mut rng = Seed::new(12).derive(&format!("{} {} {second}", self.attacks, self.correlation)).rng();
        let (counts, groups) = (LabelCounts::plain(&self.labels()), self.groups());
        let is_found = |_: &usize| {
            let common = self.draw(&mut rng);
            let mut scores = |auc: f64| {
                let own = self.draw(&mut rng);
                let value = |(a, b): (&f64, f64)| COMMON.sqrt() * a + (1.0 - COMMON).sqrt() * b;
                self.raised(&common.iter().zip(own).map(value).collect::<Vec<f64>>(), auc)
            };
            let (a, b) = (scores(first), scores(second));
            let ranking = |scores| [Ranking::new(Scored::new(scores, &counts).unwrap())];
            paired_test_over_seeds(&ranking(&a), &ranking(&b), Some(&groups)).unwrap().unwrap().p < 0.05
        };
        (0..draws).filter(is_found).count() as f64 / draws as f64
    }
}

#[test]
fn the_interval_covers_the_auc_of_a_few_attacks() {
    let mut cells = Vec::new();
    for (attacks, correlation) in [5, 10, 20, 64].into_iter().flat_map(|k| [(k, 0.5), (k, 0.9)]) {
        cells.extend([0.7, 0.8, 0.9, 0.95].map(|auc| (Table { attacks, correlation }, auc)));
    }
    let coverage: Vec<f64> = cells.par_iter().map(|(table, auc)| table.coverage(*auc)).collect();
    for ((table, auc), coverage) in cells.iter().zip(&coverage) {
        println!("{} attacks, correlation {}, AUC {auc}: {coverage:.3}", table.attacks, table.correlation);
    }
    let lowest = coverage.iter().copied().fold(1.0, f64::min);
    let mean = coverage.iter().sum::<f64>() / coverage.len() as f64;
    assert!(lowest >= 0.87 && mean >= 0.92, "lowest {lowest}, mean {mean}");
}

#[test]
fn a_detector_with_a_higher_auc_is_found() {
    let table = Table { attacks: 64, correlation: 0.5 };
    let found = table.power(0.85, 0.88, 500);
    let by_chance = table.power(0.85, 0.85, 2_000);
    assert!(found >= 0.80 && by_chance <= 0.065, "found {found}, by chance {by_chance}");
}

fn tables() -> impl Iterator<Item = (usize, f64)> {
    [5, 10, 20, 64].into_iter().flat_map(|attacks| [(attacks, 0.5), (attacks, 0.9)])
}

#[test]
fn the_interval_of_recall_covers_it_with_a_few_attacks() {
    let cells: Vec<(Table, f64)> = tables()
        .flat_map(|(attacks, correlation)| [0.5, 0.8, 0.95].map(|r| (Table { attacks, correlation }, r)))
        .collect();
    let coverage: Vec<f64> = cells.par_iter().map(|(table, r)| table.coverage_of_recall(*r)).collect();
    for ((table, recall), coverage) in cells.iter().zip(&coverage) {
        println!("{} attacks, {}, recall {recall}: {coverage:.3}", table.attacks, table.correlation);
    }
    let lowest = coverage.iter().copied().fold(1.0, f64::min);
    let mean = coverage.iter().sum::<f64>() / coverage.len() as f64;
    assert!(lowest >= 0.93 && mean >= 0.95, "lowest {lowest}, mean {mean}");
}

#[test]
fn noise_is_rarely_better_than_chance() {
    let of = |(attacks, correlation)| Table { attacks, correlation };
    let cells: Vec<Table> = tables().chain([(5, 1.0), (64, 0.0)]).map(of).collect();
    let shares: Vec<[f64; 2]> = cells.par_iter().map(Table::false_alarms).collect();
    for (table, shares) in cells.iter().zip(&shares) {
        println!("{} attacks, correlation {}: {shares:?}", table.attacks, table.correlation);
        assert!(shares[0] <= 0.033 && shares[1] <= 0.060, "{} attacks: {shares:?}", table.attacks);
    }
}
