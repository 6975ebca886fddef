//! The reference scores of a member: its training scores, which put its new scores on the common scale.

use crate::detector::linalg::weighted_mean;
use serde::{Deserialize, Serialize};

/// Maps the scores of one member to a scale that all members share.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reference {
    mean: f64,
    /// The standard deviation of the expanded training scores; 0 if they are all equal.
    deviation: f64,
    /// For [`Scale::Rank`] only.
    #[serde(skip_serializing_if = "Option::is_none")]
    ranks: Option<Ranks>,
}

/// The distinct training scores in ascending order. Each has the share of training rows that score lower;
/// rows with an equal score count half.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Ranks {
    scores: Vec<f64>,
    shares: Vec<f64>,
}

/// The common scale of all members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    /// The share of training rows that score lower, in (0, 1).
    Rank,
    /// The distance from the mean in standard deviations.
    Standard,
    /// Gaussian scaling: max(0, erf((s − mean) / (sqrt(2) · deviation))), Kriegel, Kröger, Schubert & Zimek,
    /// "Interpreting and Unifying Outlier Scores", SDM 2011, section 4.2.
    Probability,
}

impl Reference {
    /// From one score and one weight per distinct training row.
    pub(super) fn new(scale: Scale, scores: &[f64], weights: &[u32]) -> Self {
        // Squares of large scores overflow, so the largest score is the unit.
        let largest = scores.iter().fold(0.0_f64, |largest, score| largest.max(score.abs()));
        let unit = if largest > 0.0 { largest } else { 1.0 };
        let mean = weighted_mean(scores.iter().map(|score| score / unit), weights);
        let variance = weighted_mean(scores.iter().map(|score| (score / unit - mean).powi(2)), weights);
        let ranks = (scale == Scale::Rank).then(|| Ranks::new(scores, weights));
        Reference { mean: mean * unit, deviation: variance.sqrt() * unit, ranks }
    }

    /// A score on the common scale; always finite.
    pub(super) fn scaled(&self, scale: Scale, score: f64) -> f64 {
        match (scale, &self.ranks) {
            (Scale::Rank, Some(ranks)) => ranks.of(score, self.deviation),
            (Scale::Probability, _) => libm::erf(self.standard(score) / std::f64::consts::SQRT_2).max(0.0),
            _ => self.standard(score),
        }
    }

    fn standard(&self, score: f64) -> f64 {
        /// The relative deviation of equal scores that rounding alone can cause.
        const NOISE: f64 = 1e-12;
        if self.deviation > NOISE * self.mean.abs() {
            ((score - self.mean) / self.deviation).clamp(-1e150, 1e150)
        } else {
            0.0
        }
    }

    /// Whether the values of a loaded model are consistent.
    pub(super) fn is_valid(&self, scale: Scale) -> bool {
        let ranks = self.ranks.as_ref().map_or(scale != Scale::Rank, Ranks::is_valid);
        self.mean.is_finite() && self.deviation.is_finite() && self.deviation >= 0.0 && ranks
    }
}

impl Ranks {
    fn new(scores: &[f64], weights: &[u32]) -> Self {
        let total: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_unstable_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        let (mut ranks, mut lower_rows) = (Ranks { scores: Vec::new(), shares: Vec::new() }, 0.0);
        for equal in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
            let rows: f64 = equal.iter().map(|&row| f64::from(weights[row])).sum();
            ranks.scores.push(scores[equal[0]]);
            ranks.shares.push((lower_rows + rows / 2.0) / total);
            lower_rows += rows;
        }
        ranks
    }

    /// The share of training rows that score lower.
    ///
    /// Between two training scores, the share is interpolated. Beyond the extremes it approaches 0 and 1 at
    /// the rate of the training scores' deviation, so a more extreme score still ranks higher.
    fn of(&self, score: f64, deviation: f64) -> f64 {
        let tail = |beyond: f64| if deviation > 0.0 { (-beyond / deviation).exp() } else { 0.0 };
        let last = self.scores.len() - 1;
        let above = self.scores.partition_point(|&known| known <= score);
        if above == 0 {
            return self.shares[0] * tail(self.scores[0] - score);
        }
        let (low, low_share) = (self.scores[above - 1], self.shares[above - 1]);
        if above > last {
            return 1.0 - (1.0 - low_share) * tail(score - low);
        }
        let (high, high_share) = (self.scores[above], self.shares[above]);
        // Halving keeps the difference of two large numbers finite.
        let fraction = (score / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
        low_share + fraction * (high_share - low_share)
    }

    fn is_valid(&self) -> bool {
        let ascending = |values: &[f64]| values.windows(2).all(|pair| pair[0] < pair[1]);
        let share = |share: &f64| (0.0..=1.0).contains(share);
        !self.scores.is_empty()
            && self.scores.len() == self.shares.len()
            && self.scores.iter().all(|score| score.is_finite())
            && self.shares.iter().all(share)
            && ascending(&self.scores)
            && ascending(&self.shares)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_count_every_copy_and_half_of_the_equal_rows() {
        let reference = Reference::new(Scale::Rank, &[3.0, 1.0, 2.0], &[1, 2, 1]);
        let of = |score| reference.scaled(Scale::Rank, score);
        assert_eq!([of(1.0), of(2.0), of(3.0)], [0.25, 0.625, 0.875]);
        assert_eq!(of(1.5), 0.4375);
    }

    #[test]
    fn ranks_continue_beyond_the_extremes() {
        let reference = Reference::new(Scale::Rank, &[0.0, 1.0], &[1, 1]);
        let of = |score| reference.scaled(Scale::Rank, score);
        assert!(of(1.0) < of(1.5) && of(1.5) < of(2.0) && of(2.0) < 1.0);
        assert!(of(-2.0) < of(-1.0) && of(-1.0) < of(0.0) && of(-2.0) > 0.0);
    }

    #[test]
    fn standard_scores_use_the_deviation_of_the_expanded_rows() {
        // Mean 1 and population standard deviation sqrt(3) of 0, 0, 0, 4.
        let reference = Reference::new(Scale::Standard, &[0.0, 4.0], &[3, 1]);
        assert!((reference.scaled(Scale::Standard, 4.0) - 3.0_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn probabilities_follow_gaussian_scaling() {
        // scipy 1.17: erf(1 / sqrt(2)) = 0.6826894921370859, of a score one deviation above the mean.
        let reference = Reference::new(Scale::Probability, &[-1.0, 1.0], &[1, 1]);
        assert!((reference.scaled(Scale::Probability, 1.0) - 0.682_689_492_137_085_9).abs() < 1e-15);
        assert_eq!(reference.scaled(Scale::Probability, -1.0), 0.0);
    }

    #[test]
    fn a_constant_member_scores_zero() {
        let reference = Reference::new(Scale::Standard, &[0.1, 0.1, 0.1], &[1, 7, 3]);
        assert_eq!(reference.scaled(Scale::Standard, 5.0), 0.0);
    }

    #[test]
    fn huge_scores_stay_finite() {
        let scores = [-1e300, 0.0, 1e300];
        for scale in [Scale::Rank, Scale::Standard, Scale::Probability] {
            let reference = Reference::new(scale, &scores, &[1, 1, 1]);
            for score in [-f64::MAX, -1e300, 1.0, 1e300, f64::MAX] {
                let scaled = reference.scaled(scale, score);
                assert!(scaled.is_finite(), "{scale:?} {score}");
            }
        }
    }
}
