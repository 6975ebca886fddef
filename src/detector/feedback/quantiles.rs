//! The rank of an untaught score among those of the training rows.

use serde::{Deserialize, Serialize};

/// Quantiles of the untaught scores, from the lowest to the highest.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct Quantiles(Vec<f64>);

impl Quantiles {
    /// The number of intervals between the quantiles.
    const INTERVALS: u64 = 1024;

    /// Quantiles of finite scores with these weights; there is at least one score.
    pub fn new(scores: &[f64], weights: &[u32]) -> Self {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_unstable_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        let total: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
        let (mut quantiles, mut below) = (Vec::new(), 0);
        for row in order {
            below += u64::from(weights[row]);
            while quantiles.len() as u64 <= Self::INTERVALS
                && quantiles.len() as u64 * (total - 1) < below * Self::INTERVALS
            {
                quantiles.push(scores[row]);
            }
        }
        Quantiles(quantiles)
    }

    /// The share of training scores below a score, in [0, 1]; equal scores count half. Never decreases in the score.
    pub fn rank(&self, score: f64) -> f64 {
        let last = (self.0.len() - 1).max(1) as f64;
        let below = self.0.partition_point(|&quantile| quantile < score);
        let up_to = self.0.partition_point(|&quantile| quantile <= score);
        if below == up_to && 0 < below && below < self.0.len() {
            let (low, high) = (self.0[below - 1], self.0[below]);
            // Halving keeps the difference of two large numbers finite.
            let fraction = (score / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
            return (below as f64 - 1.0 + fraction) / last;
        }
        ((below as f64 + up_to as f64 - 1.0) / 2.0 / last).clamp(0.0, 1.0)
    }

    /// Whether a loaded value is valid.
    pub fn is_valid(&self) -> bool {
        !self.0.is_empty()
            && self.0.iter().all(|quantile| quantile.is_finite())
            && self.0.windows(2).all(|pair| pair[0] <= pair[1])
    }
}
