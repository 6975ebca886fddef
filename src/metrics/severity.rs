//! Severity: the percentile of a score among the training scores, from 0 to 100. Severities of different
//! detectors and tables are comparable.

use serde::{Deserialize, Serialize};

/// The distribution function of the training scores as at most `MOST_KNOTS` knots: a score, and the share
/// of training rows with a lower score (equal scores count half).
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(transparent)]
pub struct Severity(Vec<[f64; 2]>);

const MOST_KNOTS: usize = 201;

/// The number of knots at even shares of the rows. The other knots become denser towards the highest scores.
const EVEN_KNOTS: u32 = 160;

impl Severity {
    /// Fit the scores of distinct training rows with their weights. There must be at least one row.
    ///
    /// The share of a score counts rows with an equal score half, so a score that many rows have lies in
    /// their middle.
    pub fn of(scores: &[f64], weights: &[u32]) -> Self {
        let shares = shares(scores, weights);
        let at = |share: f64| shares.partition_point(|[_, own]| *own < share).min(shares.len() - 1);
        let even = (0..=EVEN_KNOTS).map(|knot| f64::from(knot) / f64::from(EVEN_KNOTS));
        let tail = (EVEN_KNOTS + 1..MOST_KNOTS as u32 - 1)
            .map(|knot| 1.0 - (-0.5 * f64::from(knot - EVEN_KNOTS)).exp2() / f64::from(EVEN_KNOTS));
        let mut knots: Vec<usize> = even.chain(tail).map(at).chain([0, shares.len() - 1]).collect();
        knots.sort_unstable();
        knots.dedup();
        Severity(knots.into_iter().map(|knot| shares[knot]).collect())
    }

    /// The severity of a finite score, in [0, 100]: the percentage of training rows with a lower score,
    /// interpolated between knots. It never decreases as the score increases.
    ///
    /// Above the highest training score it approaches 100, below the lowest it approaches 0. The unit of
    /// distance is that from the median to the farther end: one unit beyond the end, half of the rest is
    /// covered.
    pub fn at(&self, score: f64) -> f64 {
        let knots = &self.0;
        let [lowest, highest] = [knots[0], knots[knots.len() - 1]];
        let share = match knots.partition_point(|[own, _]| *own <= score) {
            0 => lowest[1] / (1.0 + self.beyond(lowest[0] - score)),
            next if next == knots.len() => 1.0 - (1.0 - highest[1]) / (1.0 + self.beyond(score - highest[0])),
            next => between(knots[next - 1], knots[next], score),
        };
        100.0 * share
    }

    /// The share of training rows that score higher than this, equal scores counted half, in (0, 1).
    pub fn tail(&self, score: f64) -> f64 {
        (1.0 - self.at(score) / 100.0).max(f64::MIN_POSITIVE)
    }

    /// The score that a share of rows exceeds, in (0, 1): the inverse of [`Severity::tail`] among the training scores.
    /// Beyond the highest of them each factor of ten adds the distance from the median to the farther end.
    pub fn score_at_tail(&self, tail: f64) -> f64 {
        let knots = &self.0;
        let share = 1.0 - tail;
        let [highest, most] = knots[knots.len() - 1];
        match knots.partition_point(|[_, own]| *own <= share) {
            0 => knots[0][0],
            next if next == knots.len() => {
                let factor = ((1.0 - most) / tail.max(f64::MIN_POSITIVE)).max(1.0);
                highest + factor.log10() * self.unit()
            }
            next => {
                let ([low, from], [high, to]) = (knots[next - 1], knots[next]);
                low + (high - low) * ((share - from) / (to - from))
            }
        }
    }

    /// A distance beyond the training scores, in units of the distance from their median to the farther end.
    fn beyond(&self, distance: f64) -> f64 {
        distance / self.unit()
    }

    /// The distance from the median of the training scores to the farther end.
    fn unit(&self) -> f64 {
        let knots = &self.0;
        let median = knots[knots.partition_point(|[_, share]| *share < 0.5).min(knots.len() - 1)][0];
        let unit = (knots[knots.len() - 1][0] - median).max(median - knots[0][0]);
        if unit > 0.0 { unit } else { median.abs().max(1.0) }
    }

    /// Whether [`Severity::of`] can return this: scores and shares increase, and shares are in (0, 1).
    pub fn is_valid(&self) -> bool {
        let inside = |[score, share]: &[f64; 2]| score.is_finite() && *share > 0.0 && *share < 1.0;
        (1..=MOST_KNOTS).contains(&self.0.len())
            && self.0.iter().all(inside)
            && self.0.is_sorted_by(|a, b| a[0] < b[0] && a[1] < b[1])
    }
}

/// The distinct scores, ascending, each with the share of rows below it plus half of those at it.
fn shares(scores: &[f64], weights: &[u32]) -> Vec<[f64; 2]> {
    let mut rows: Vec<(f64, u64)> =
        scores.iter().copied().zip(weights.iter().map(|&w| u64::from(w))).collect();
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    // -0 equals 0.
    rows.dedup_by(|next, previous| {
        next.0 == previous.0 && {
            previous.1 += next.1;
            true
        }
    });
    let total: u64 = rows.iter().map(|(_, weight)| weight).sum();
    let mut below = 0;
    let share = |(score, weight): (f64, u64)| {
        let middle = below as f64 + weight as f64 / 2.0;
        below += weight;
        [score, middle / total as f64]
    };
    rows.into_iter().map(share).collect()
}

/// The share at a score between two knots.
fn between([low, from]: [f64; 2], [high, to]: [f64; 2], score: f64) -> f64 {
    // Halve first: the difference of two finite numbers can be infinite.
    let part = (score / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
    (from + (to - from) * part).min(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_median_has_severity_50() {
        let severity = Severity::of(&[1.0, 2.0, 3.0], &[1, 1, 1]);
        assert_eq!(severity.at(2.0), 50.0);
        assert!((severity.at(1.5) - 100.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_score_of_many_rows_lies_in_their_middle() {
        let severity = Severity::of(&[0.0, 1.0], &[90, 10]);
        assert_eq!((severity.at(0.0), severity.at(1.0)), (45.0, 95.0));
    }

    #[test]
    fn a_constant_score_has_severity_50_and_others_lie_on_its_sides() {
        let severity = Severity::of(&[7.0], &[100]);
        assert_eq!(severity.at(7.0), 50.0);
        assert!(severity.at(6.0) < 50.0 && severity.at(8.0) > 50.0);
    }

    #[test]
    fn scores_above_the_highest_stay_below_100() {
        let severity = Severity::of(&[0.0, 1.0, 2.0], &[1, 1, 1]);
        let at: Vec<f64> = [2.0, 3.0, 1e3, 1e9].map(|score| severity.at(score)).to_vec();
        assert!(at.is_sorted_by(|a, b| a < b) && at[3] < 100.0, "{at:?}");
        // One unit above the highest score, half of the rest to 100 is covered.
        assert!((100.0 - at[1]) * 2.0 - (100.0 - at[0]) < 1e-9);
        assert!(severity.at(-5.0) > 0.0 && severity.at(-5.0) < severity.at(0.0));
    }

    #[test]
    fn the_highest_scores_of_a_large_table_have_different_severities() {
        let scores: Vec<f64> = (0..100_000).map(f64::from).collect();
        let severity = Severity::of(&scores, &vec![1; scores.len()]);
        assert!(severity.is_valid() && severity.0.len() <= MOST_KNOTS);
        for (score, expected) in [(50_000.0, 50.0), (99_000.0, 99.0), (99_990.0, 99.99)] {
            assert!((severity.at(score) - expected).abs() < 0.01, "{score}: {}", severity.at(score));
        }
    }

    proptest! {
        #[test]
        fn severity_never_decreases_with_the_score(
            scores in prop::collection::vec(prop_oneof![-1e3..1e3, Just(0.0), Just(-0.0), Just(f64::MAX), Just(f64::MIN)], 1..300),
            weight in 1..1000_u32,
            mut queries in prop::collection::vec(prop_oneof![-2e3..2e3, Just(f64::MAX), Just(f64::MIN)], 2..50),
        ) {
            let severity = Severity::of(&scores, &vec![weight; scores.len()]);
            prop_assert!(severity.is_valid());
            queries.extend(&scores);
            queries.sort_unstable_by(f64::total_cmp);
            let severities: Vec<f64> = queries.iter().map(|&score| severity.at(score)).collect();
            prop_assert!(severities.is_sorted(), "{severities:?}");
            prop_assert!(severities.iter().all(|s| (0.0..=100.0).contains(s)));
        }
    }
}
