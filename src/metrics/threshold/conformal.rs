//! Conformal p-values of a batch, and the threshold that keeps the false discovery rate (Bates, Candès, Lei, Romano &
//! Sesia, "Testing for Outliers with Conformal p-values", Annals of Statistics 2023; Benjamini & Hochberg, JRSS B 1995).
//!
//! The calibration rows are normal and were not fitted. Then the p-value of a normal row is uniform or larger, and the
//! p-values of a batch depend on each other in a way that the procedure allows.

use crate::metrics::ranking::descending;
use serde::{Deserialize, Serialize};

/// The scores of calibration rows.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    rows: u64,
    /// The distinct scores, descending, at least one.
    scores: Vec<f64>,
    /// For each of them the number of rows with at least this score.
    at_least: Vec<u64>,
}

/// The rows of a batch by their p-values. Its memory does not grow with the batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch<'a> {
    calibration: &'a Calibration,
    /// For each number of distinct calibration scores that are at least as high, the number of rows.
    rows: Vec<u64>,
}

impl Calibration {
    /// The scores of calibration rows, each repeated `weights` times; `None` without rows.
    pub fn of(scores: &[f64], weights: &[u32]) -> Option<Self> {
        let mut calibration = Calibration { rows: 0, scores: Vec::new(), at_least: Vec::new() };
        for (score, row) in descending(scores).into_iter().filter(|(_, row)| weights[*row as usize] > 0) {
            calibration.rows += u64::from(weights[row as usize]);
            match calibration.at_least.last_mut() {
                Some(last) if calibration.scores.last() == Some(&score) => *last = calibration.rows,
                _ => {
                    calibration.scores.push(score);
                    calibration.at_least.push(calibration.rows);
                }
            }
        }
        (calibration.rows > 0).then_some(calibration)
    }

    /// The number of calibration rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The highest calibration score.
    pub fn highest(&self) -> f64 {
        self.scores[0]
    }

    /// The p-value of a score, in (0, 1]: the share of calibration rows with at least this score, the row itself
    /// counted. A tie counts against the alert.
    pub fn p_value(&self, score: f64) -> f64 {
        self.p_at(self.level(score))
    }

    /// The smallest share of a batch that must score above all calibration rows before a row is flagged at this rate.
    pub fn least_share(&self, rate: f64) -> f64 {
        1.0 / (rate * (self.rows + 1) as f64)
    }

    /// An empty batch.
    pub fn batch(&self) -> Batch<'_> {
        Batch { calibration: self, rows: vec![0; self.scores.len() + 1] }
    }

    /// Whether [`Calibration::of`] can return this.
    pub fn is_valid(&self) -> bool {
        !self.scores.is_empty()
            && self.scores.len() == self.at_least.len()
            && self.scores.iter().all(|score| score.is_finite())
            && self.scores.is_sorted_by(|a, b| a > b)
            && self.at_least[0] >= 1
            && self.at_least.is_sorted_by(|a, b| a < b)
            && self.at_least.last() == Some(&self.rows)
    }

    /// The number of distinct calibration scores that are at least as high.
    fn level(&self, score: f64) -> usize {
        self.scores.partition_point(|own| *own >= score)
    }

    fn p_at(&self, level: usize) -> f64 {
        let at_least = level.checked_sub(1).map_or(0, |last| self.at_least[last]);
        (1 + at_least) as f64 / (self.rows + 1) as f64
    }
}

impl Batch<'_> {
    /// Add rows of equal score.
    pub fn add(&mut self, score: f64, rows: u64) {
        self.rows[self.calibration.level(score)] += rows;
    }

    /// The number of rows.
    pub fn len(&self) -> u64 {
        self.rows.iter().sum()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of rows that score above all calibration rows.
    pub fn above_all(&self) -> u64 {
        self.rows[0]
    }

    /// The number of rows that must score above all calibration rows before one is flagged at this rate.
    pub fn least(&self, rate: f64) -> u64 {
        (self.calibration.least_share(rate) * self.len() as f64 * (1.0 - 1e-12)).ceil() as u64
    }

    /// The threshold that keeps the false discovery rate in (0, 1): rows with a higher score are flagged. `None` if no
    /// row is.
    pub fn threshold(&self, rate: f64) -> Option<f64> {
        let (all, mut flagged, mut last) = (self.len() as f64, 0, None);
        for (level, rows) in self.rows.iter().enumerate() {
            flagged += rows;
            // One rounding in each: an integer on both sides compares as such.
            if *rows > 0 && self.calibration.p_at(level) * all <= rate * flagged as f64 * (1.0 + 1e-12) {
                last = Some(level);
            }
        }
        // The rows of the last level score below all calibration rows.
        last.map(|level| self.calibration.scores.get(level).copied().unwrap_or(f64::NEG_INFINITY))
    }
}

#[cfg(test)]
mod tests {
    use super::super::reference::reference;
    use super::*;
    use crate::seed::Seed;
    use rand::Rng;

    #[test]
    fn p_values_and_flagged_rows_equal_those_of_scipy() {
        for case in &reference().conformal {
            let calibration = Calibration::of(&case.calibration, &vec![1; case.calibration.len()]).unwrap();
            let mut batch = calibration.batch();
            case.scores.iter().for_each(|&score| batch.add(score, 1));
            for (score, p) in case.scores.iter().zip(&case.p) {
                assert!((calibration.p_value(*score) - p).abs() < 1e-15);
            }
            let threshold = batch.threshold(case.rate).unwrap_or(f64::INFINITY);
            let flagged: Vec<bool> = case.scores.iter().map(|&score| score > threshold).collect();
            assert_eq!(flagged, case.flagged, "rate {}", case.rate);
        }
    }

    /// The mean share of normal rows among the flagged ones, and the mean share of anomalies that are flagged, over
    /// 2,000 draws of 500 rows. Anomalies score higher by 4 standard deviations.
    fn rates(calibration_rows: usize, anomalies: usize) -> [f64; 2] {
        const DRAWS: u64 = 2_000;
        let normal = |rng: &mut rand_chacha::ChaCha8Rng| {
            let (radius, angle) = (1.0 - rng.gen_range(0.0..1.0_f64), rng.gen_range(0.0..1.0_f64));
            (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
        };
        let mut sums = [0.0; 2];
        for draw in 0..DRAWS {
            let mut rng = Seed::new(7).nth(draw).rng();
            let own: Vec<f64> = (0..calibration_rows).map(|_| normal(&mut rng)).collect();
            let calibration = Calibration::of(&own, &vec![1; calibration_rows]).unwrap();
            let scores: Vec<f64> =
                (0..500).map(|row| normal(&mut rng) + if row < anomalies { 4.0 } else { 0.0 }).collect();
            let mut batch = calibration.batch();
            scores.iter().for_each(|&score| batch.add(score, 1));
            let threshold = batch.threshold(0.1).unwrap_or(f64::INFINITY);
            let flagged = |rows: &[f64]| rows.iter().filter(|&&score| score > threshold).count() as f64;
            let (found, all) = (flagged(&scores[..anomalies]), flagged(&scores));
            sums[0] += (all - found) / all.max(1.0);
            sums[1] += found / anomalies.max(1) as f64;
        }
        sums.map(|sum| sum / DRAWS as f64)
    }

    #[test]
    fn the_false_discovery_rate_is_kept() {
        assert!(rates(2_000, 0)[0] <= 0.11, "null: {:?}", rates(2_000, 0));
        let [fdr, power] = rates(2_000, 5);
        assert!(fdr <= 0.11 && power > 0.3, "1 % anomalies: {fdr} {power}");
    }

    #[test]
    fn a_calibration_part_can_be_too_small_to_find_anything() {
        // 500 rows at 0.1 need 500 / (0.1 · 101) = 50 rows above all 100 calibration rows, and there are 5 anomalies.
        let calibration = Calibration::of(&[0.0; 100], &[1; 100]).unwrap();
        let mut batch = calibration.batch();
        batch.add(-1.0, 495);
        batch.add(9.0, 5);
        assert_eq!((batch.least(0.1), batch.above_all()), (50, 5));
        assert_eq!(batch.threshold(0.1), None);
        assert!(rates(100, 5)[1] < 0.01);
    }

    #[test]
    fn a_tie_counts_against_the_alert() {
        let calibration = Calibration::of(&[1.0, 3.0, 2.0], &[1, 2, 1]).unwrap();
        assert!(calibration.is_valid());
        let p: Vec<f64> = [3.5, 3.0, 2.5, 1.0, 0.0].iter().map(|&score| calibration.p_value(score)).collect();
        assert_eq!(p, [0.2, 0.6, 0.6, 1.0, 1.0]);
    }
}
