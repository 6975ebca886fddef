//! Peaks over threshold (Siffer et al., "Anomaly Detection in Streams with Extreme Value Theory", KDD 2017): a generalized
//! Pareto distribution of the highest scores gives the threshold of a share that is too small to be counted.

use super::pareto::Pareto;
use super::runs::cluster_maxima;
use crate::metrics::ranking::descending;
use crate::seed::Seed;
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The distribution of the scores above a high score.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Tail {
    /// The score at which the tail starts.
    pub start: f64,
    /// The shape ξ of the generalized Pareto distribution.
    pub shape: f64,
    /// Its scale σ, above 0.
    pub scale: f64,
    /// The number of rows.
    pub rows: u64,
    /// The number of rows that score above the start.
    pub exceedances: u64,
    /// The number of independent ones among them: clusters in time, or all of them without times.
    pub clusters: u64,
}

/// The excesses that a tail was fitted on, ascending.
#[derive(Clone, Debug)]
pub struct Excesses(Vec<f64>);

/// How well a tail fits, and how sure its threshold is.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct TailCheck {
    /// The Anderson–Darling distance of the excesses.
    pub anderson_darling: f64,
    /// The share of samples from the fitted tail with a larger distance, in [0, 1]. A small one says that it does not fit.
    pub p: f64,
    /// The 95 % interval of the threshold, from samples of the fitted tail.
    pub threshold: [f64; 2],
}

/// Why scores have no tail to fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NoTail {
    /// Too few rows are in the tail.
    Few {
        /// The number of independent rows there.
        rows: u64,
    },
    /// The scores are not continuous.
    Tied {
        /// The number of rows in the tail with the score of another row.
        tied: u64,
        /// The number of rows in the tail.
        rows: u64,
    },
}

/// With fewer rows than this, a fit says little.
const FEWEST: u64 = 100;

/// The share of the rows in the tail, and the largest number.
const TAIL: f64 = 0.1;
const MOST: u64 = 2_000;

/// The largest share of tied rows.
const TIED: f64 = 0.01;

/// The precision of the normal distribution that keeps the shape near 0: a standard deviation of 0.1.
const PRIOR: f64 = 100.0;

/// The number of samples behind an interval and a p-value.
const SAMPLES: u64 = 200;

impl Tail {
    /// Fit the tail of scores, each repeated `weights` times: the highest tenth of the rows, at most 2,000. `in_time`
    /// holds the score of each row in order of time; then each cluster of high scores counts once.
    ///
    /// # Errors
    /// If more than 1 % of the rows in the tail are tied, or it has fewer than 100 rows or clusters.
    pub fn fit(scores: &[f64], weights: &[u32], in_time: Option<&[f64]>) -> Result<(Self, Excesses), NoTail> {
        let rows = weights.iter().map(|&weight| u64::from(weight)).sum::<u64>();
        let size = ((rows as f64 * TAIL) as u64).min(MOST);
        let (start, highest) = highest(scores, weights, size);
        let exceedances = highest.iter().map(|(_, rows)| rows).sum();
        let tied: u64 = highest.iter().map(|(_, rows)| rows).filter(|&&rows| rows > 1).sum();
        if tied as f64 > TIED * exceedances as f64 || (exceedances < FEWEST && size >= FEWEST) {
            // A score that many rows have can also leave no row above it.
            return Err(NoTail::Tied { tied: tied.max(size - exceedances), rows: size });
        }
        let peaks = match in_time {
            Some(in_time) => cluster_maxima(in_time, start),
            None => highest.iter().flat_map(|&(score, rows)| (0..rows).map(move |_| score)).collect(),
        };
        let mut excesses: Vec<f64> = peaks.iter().map(|score| score - start).collect();
        let clusters = excesses.len() as u64;
        if clusters < FEWEST {
            return Err(NoTail::Few { rows: clusters });
        }
        excesses.sort_unstable_by(f64::total_cmp);
        let Pareto { shape, scale } = Pareto::fit(&excesses, PRIOR);
        Ok((Tail { start, shape, scale, rows, exceedances, clusters }, Excesses(excesses)))
    }

    /// The largest share of rows that the tail gives a threshold for.
    pub fn most(&self) -> f64 {
        self.exceedances as f64 / self.rows as f64
    }

    /// The score that this share of rows exceeds, in (0, [`Tail::most`]].
    pub fn threshold(&self, share: f64) -> f64 {
        self.threshold_of(self.pareto(), share)
    }

    /// The goodness of fit, and the interval of the threshold of a share: both from samples of the fitted tail, each
    /// fitted again (a parametric bootstrap, because the distribution is fitted on the same excesses).
    pub fn check(&self, Excesses(excesses): &Excesses, share: f64, seed: Seed) -> TailCheck {
        let fitted = self.pareto();
        let distance = fitted.anderson_darling(excesses);
        let (mut larger, mut thresholds) = (0, Vec::new());
        for sample in 0..SAMPLES {
            let mut rng = seed.nth(sample).rng();
            let mut own: Vec<f64> = excesses
                .iter()
                .map(|_| fitted.quantile(1.0 - rng.gen_range(0.0..1.0)).max(f64::MIN_POSITIVE))
                .collect();
            own.sort_unstable_by(f64::total_cmp);
            let again = Pareto::fit(&own, PRIOR);
            larger += u64::from(again.anderson_darling(&own) > distance);
            thresholds.push(self.threshold_of(again, share));
        }
        thresholds.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| thresholds[(share * (SAMPLES - 1) as f64).round() as usize];
        TailCheck {
            anderson_darling: distance,
            p: larger as f64 / SAMPLES as f64,
            threshold: [at(0.025), at(0.975)],
        }
    }

    /// Whether [`Tail::fit`] can return this.
    pub fn is_valid(&self) -> bool {
        self.start.is_finite()
            && self.shape.is_finite()
            && self.scale.is_finite()
            && self.scale > 0.0
            && self.clusters >= FEWEST
            && self.clusters <= self.exceedances
            && self.exceedances <= self.rows
    }

    fn pareto(&self) -> Pareto {
        Pareto { shape: self.shape, scale: self.scale }
    }

    fn threshold_of(&self, pareto: Pareto, share: f64) -> f64 {
        self.start + pareto.quantile((share / self.most()).min(1.0))
    }
}

/// The score below the highest `size` rows, and the distinct scores above it with their rows.
fn highest(scores: &[f64], weights: &[u32], size: u64) -> (f64, Vec<(f64, u64)>) {
    let mut highest: Vec<(f64, u64)> = Vec::new();
    let mut rows = 0;
    for (score, row) in descending(scores) {
        let weight = u64::from(weights[row as usize]);
        match highest.last_mut() {
            Some(last) if last.0 == score => last.1 += weight,
            _ if rows > size => break,
            _ => highest.push((score, weight)),
        }
        rows += weight;
    }
    let start = highest.pop().map_or(0.0, |(score, _)| score);
    (start, highest)
}

impl fmt::Display for NoTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoTail::Few { rows } => {
                write!(
                    f,
                    "only {rows} independent rows are in the tail of the scores, and a fit needs {FEWEST}"
                )
            }
            NoTail::Tied { tied, rows } => write!(
                f,
                "{tied} of the {rows} highest rows have the score of another row: the scores are not continuous, so \
                 they have no tail to fit"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores of a distribution, by its quantile function.
    fn scores(rows: usize, seed: u64, quantile: impl Fn(f64) -> f64) -> Vec<f64> {
        let mut rng = Seed::new(seed).rng();
        (0..rows).map(|_| quantile(1.0 - rng.gen_range(0.0..1.0))).collect()
    }

    fn fitted(scores: &[f64]) -> Result<(Tail, Excesses), NoTail> {
        Tail::fit(scores, &vec![1; scores.len()], None)
    }

    /// The share of samples of 10,000 rows with a realised share within a factor of the promised one.
    fn kept(promised: f64, factor: f64, quantile: fn(f64) -> f64, survival: fn(f64) -> f64) -> f64 {
        let is_kept = |seed: &u64| {
            let (tail, _) = fitted(&scores(10_000, *seed, quantile)).unwrap();
            let ratio = survival(tail.threshold(promised)) / promised;
            (1.0 / factor..=factor).contains(&ratio)
        };
        (0..100).filter(is_kept).count() as f64 / 100.0
    }

    #[test]
    fn a_thousandth_is_kept_within_a_factor_of_two() {
        assert!(kept(1e-3, 2.0, |p| -p.ln(), |x| (-x).exp()) >= 0.9);
        assert!(kept(1e-3, 2.0, |p| p.powf(-0.2), |x| x.powf(-5.0)) >= 0.9);
    }

    /// The promise is one row of those in the sample: see results/thresholds.md.
    #[test]
    fn one_row_in_the_sample_is_kept_within_a_factor_of_four() {
        assert!(kept(1e-4, 4.0, |p| -p.ln(), |x| (-x).exp()) >= 0.9);
        assert!(kept(1e-4, 4.0, |p| p.powf(-0.2), |x| x.powf(-5.0)) >= 0.9);
    }

    #[test]
    fn the_interval_covers_the_true_threshold() {
        let truth = -1e-4_f64.ln();
        let covers = |seed: &u64| {
            let (tail, excesses) = fitted(&scores(5_000, *seed, |p| -p.ln())).unwrap();
            let [low, high] = tail.check(&excesses, 1e-4, Seed::new(*seed)).threshold;
            low <= truth && truth <= high
        };
        assert!((0..20).filter(covers).count() >= 17);
    }

    #[test]
    fn a_tail_that_does_not_fit_has_a_small_p() {
        let (tail, excesses) = fitted(&scores(10_000, 3, |p| -p.ln())).unwrap();
        assert!(tail.check(&excesses, 1e-4, Seed::new(1)).p > 0.05);
        // Two groups of scores.
        let two = scores(10_000, 3, |p| if p < 0.05 { 100.0 - p } else { -p.ln() });
        let (tail, excesses) = fitted(&two).unwrap();
        assert!(tail.check(&excesses, 1e-4, Seed::new(1)).p < 0.05);
    }

    #[test]
    fn tied_and_few_scores_are_refused() {
        let tied: Vec<f64> = (0..10_000).map(|row| f64::from(row % 500)).collect();
        assert!(matches!(fitted(&tied), Err(NoTail::Tied { .. })));
        assert!(matches!(fitted(&[1.0; 5_000]), Err(NoTail::Tied { .. })));
        assert_eq!(fitted(&scores(900, 1, |p| -p.ln())).unwrap_err(), NoTail::Few { rows: 90 });
    }

    #[test]
    fn clusters_in_time_count_once() {
        let own = scores(4_000, 5, |p| -p.ln());
        // Each score and four that are a little lower: runs of five rows.
        let runs: Vec<f64> =
            own.iter().flat_map(|&x| (0..5).map(move |step| x - 1e-3 * f64::from(step))).collect();
        let (tail, _) = Tail::fit(&runs, &vec![1; runs.len()], Some(&runs)).unwrap();
        assert!(tail.clusters * 4 < tail.exceedances, "{tail:?}");
    }
}
