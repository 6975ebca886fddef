//! How often the intervals of average precision and partial AUC contain the true value, and how often the paired test
//! of the average precision finds a difference between equals: simulated tables as in `coverage.rs`.

use super::measure::Measure;
use super::reference::ranked;
use super::{LabelCounts, Ranking, Scored};
use crate::seed::Seed;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

const DRAWS: usize = 2_000;
const AUCS: [f64; 4] = [0.7, 0.9, 0.95, 0.99];

/// Scores of negatives are standard normal. Those of positives are normal with a higher mean, or a mixture: the share
/// `found` has a score above every negative, and the others score as negatives do.
#[derive(Clone, Copy, Debug)]
struct Cell {
    positives: usize,
    negatives: usize,
    auc: f64,
    is_mixture: bool,
}

impl Cell {
    fn all(positives: &[usize], negatives: &[usize]) -> Vec<Cell> {
        let sizes = positives.iter().flat_map(|&m| negatives.iter().map(move |&n| (m, n)));
        let kinds = || AUCS.iter().flat_map(|&auc| [false, true].map(|is_mixture| (auc, is_mixture)));
        sizes
            .flat_map(|(positives, negatives)| {
                kinds().map(move |(auc, is_mixture)| Cell { positives, negatives, auc, is_mixture })
            })
            .collect()
    }

    fn found(&self) -> f64 {
        2.0 * self.auc - 1.0
    }

    fn shift(&self) -> f64 {
        2.0_f64.sqrt() * Normal::standard().inverse_cdf(self.auc)
    }

    /// The scores of one table, positives last.
    fn draw(&self, rng: &mut ChaCha8Rng) -> Vec<f64> {
        let normal = Normal::standard();
        let mut gaussian = |_| normal.inverse_cdf(rng.gen_range(1e-12..1.0));
        let scores: Vec<f64> = (0..self.negatives + self.positives).map(&mut gaussian).collect();
        let luck: Vec<f64> = (0..scores.len()).map(|_| rng.r#gen()).collect();
        let moved = |(row, (score, luck)): (usize, (f64, f64))| match row < self.negatives {
            true => score,
            false if !self.is_mixture => score + self.shift(),
            false if luck < self.found() => 100.0,
            false => score,
        };
        scores.into_iter().zip(luck).enumerate().map(moved).collect()
    }

    fn labels(&self) -> Vec<bool> {
        (0..self.negatives + self.positives).map(|row| row >= self.negatives).collect()
    }

    /// The true measure on the scale of the interval: the mean over the positives, or over the false-positive rates.
    fn truth(&self, measure: Measure) -> f64 {
        const STEPS: usize = 100_000;
        let normal = Normal::standard();
        let share = self.positives as f64 / (self.positives + self.negatives) as f64;
        let found = if self.is_mixture { self.found() } else { 0.0 };
        let shift = if self.is_mixture { 0.0 } else { self.shift() };
        let points = (0..STEPS).map(|step| (step as f64 + 0.5) / STEPS as f64);
        let mean = |value: &dyn Fn(f64) -> f64| points.map(value).sum::<f64>() / STEPS as f64;
        match measure {
            Measure::AveragePrecision => {
                // The rates at the score that a share of the unfound positives exceeds.
                found
                    + (1.0 - found)
                        * mean(&|rate| {
                            let fpr = normal.cdf(normal.inverse_cdf(rate) - shift);
                            let tpr = found + (1.0 - found) * rate;
                            share * tpr / (share * tpr + (1.0 - share) * fpr)
                        })
            }
            Measure::PartialAuc(max_fpr) => {
                let rate = mean(&|rate| normal.cdf(normal.inverse_cdf(rate * max_fpr) + shift));
                super::top::standardized(found + (1.0 - found) * rate, max_fpr)
            }
        }
    }

    /// The share of tables whose interval holds the truth, and the least width.
    fn coverage(&self, measure: Measure) -> (f64, f64) {
        let mut rng = Seed::new(11).derive(&format!("{self:?} {measure:?}")).rng();
        let (truth, labels) = (self.truth(measure), self.labels());
        let (mut hits, mut least) = (0, f64::INFINITY);
        for _ in 0..DRAWS {
            ranked(&self.draw(&mut rng), &labels, |ranking| {
                let interval =
                    measure.estimate(std::slice::from_ref(ranking), None).unwrap().interval().unwrap();
                hits += usize::from(interval.low <= truth && truth <= interval.high + 1e-12);
                least = least.min(interval.high - interval.low);
            });
        }
        (hits as f64 / DRAWS as f64, least)
    }
}

fn check(cells: Vec<Cell>, measure: Measure, at_least: f64) {
    let results: Vec<(Cell, (f64, f64))> =
        cells.into_par_iter().map(|cell| (cell, cell.coverage(measure))).collect();
    let worst = results.iter().min_by(|a, b| a.1.0.total_cmp(&b.1.0)).unwrap();
    println!("{measure:?}: lowest coverage {:.3} in {:?}", worst.1.0, worst.0);
    for (cell, (coverage, least)) in &results {
        assert!(*coverage >= at_least && *least > 0.0, "{measure:?}, {cell:?}: {coverage} {least}");
    }
}

#[test]
fn the_interval_of_the_average_precision_covers_it_with_few_positives_too() {
    check(Cell::all(&[3, 5, 10, 20, 50], &[200, 1_000]), Measure::AveragePrecision, 0.92);
}

#[test]
fn the_interval_of_the_partial_auc_covers_it_with_few_positives_too() {
    check(Cell::all(&[3, 10, 50], &[200, 1_000]), Measure::PartialAuc(0.05), 0.92);
    check(Cell::all(&[5, 50], &[1_000]), Measure::PartialAuc(0.01), 0.92);
}

/// The share of pairs of detectors with p < 0.05. Half of the chance of a score is common to both detectors. The second
/// ranks positives `lead` higher.
fn rejections(cell: Cell, lead: f64, draws: usize) -> f64 {
    let mut rng = Seed::new(12).derive(&format!("{cell:?} {lead}")).rng();
    let labels = cell.labels();
    let counts = LabelCounts::plain(&labels);
    let negatives_only = Cell { auc: 0.5, is_mixture: false, ..cell };
    let mut found = 0;
    for _ in 0..draws {
        let common = negatives_only.draw(&mut rng);
        let own = |lead: f64, rng: &mut ChaCha8Rng| -> Vec<f64> {
            let scores = negatives_only.draw(rng);
            let rows = scores.iter().zip(&common).zip(&labels);
            let place = |is_positive: bool| if is_positive { cell.shift() + lead } else { 0.0 };
            rows.map(|((a, b), &label)| (a + b) / 2.0_f64.sqrt() + place(label)).collect()
        };
        let (a, b) = (own(0.0, &mut rng), own(lead, &mut rng));
        let [a, b] = [&a, &b].map(|scores| [Ranking::new(Scored::new(scores, &counts).unwrap())]);
        let estimate = |rankings| Measure::AveragePrecision.estimate(rankings, None).unwrap();
        let test = estimate(&a).paired_test(&estimate(&b)).unwrap().unwrap();
        found += usize::from(test.p < 0.05);
    }
    found as f64 / draws as f64
}

#[test]
fn equally_good_detectors_differ_in_at_most_about_5_percent_of_the_pairs() {
    let cells: Vec<Cell> =
        Cell::all(&[5, 20, 100], &[500]).into_iter().filter(|cell| !cell.is_mixture).collect();
    let shares: Vec<(Cell, f64)> =
        cells.into_par_iter().map(|cell| (cell, rejections(cell, 0.0, 2_000))).collect();
    for (cell, share) in shares {
        println!("{cell:?}: {share}");
        assert!(share <= 0.065, "{cell:?}: {share}");
    }
}

#[test]
fn a_better_top_of_the_list_is_found() {
    let cell = Cell { positives: 100, negatives: 2_000, auc: 0.9, is_mixture: false };
    let share = rejections(cell, 0.5, 300);
    assert!(share >= 0.8, "{share}");
}
