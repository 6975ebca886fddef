//! Severity: where a score lies among those of training, from 0 to 100, so that scores of different detectors and
//! tables read alike.

use serde::{Deserialize, Serialize};

/// Knots of the training scores' distribution function, at most [`MOST_KNOTS`].
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(transparent)]
pub struct Severity(Vec<[f64; 2]>);

const MOST_KNOTS: usize = 201;

/// Knots spread evenly over the rows; the others stand closer and closer towards the highest scores.
const EVEN_KNOTS: u32 = 160;

impl Severity {
    /// Learn from the scores of distinct training rows, each repeated `weights` times; there is at least one.
    ///
    /// A knot is a score and the share of training rows that score lower, those that score the same counted half:
    /// a score that many rows share lies in the middle of them.
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

    /// The severity of a finite score: per cent of the training rows that score lower, interpolated between the
    /// knots. Above the highest training score it goes on towards 100, below the lowest towards 0, and has covered
    /// half the way left where the score is as far beyond as the farther of the two lies from the median. It never
    /// falls where the score rises, and rises with it as far as its digits allow.
    pub fn at(&self, score: f64) -> f64 {
        let knots = &self.0;
        let [lowest, highest] = [knots[0], knots[knots.len() - 1]];
        let share = match knots.partition_point(|[own, _]| *own <= score) {
            0 => lowest[1] / (1.0 + self.beyond(lowest[0] - score)),
            behind if behind == knots.len() => {
                1.0 - (1.0 - highest[1]) / (1.0 + self.beyond(score - highest[0]))
            }
            behind => between(knots[behind - 1], knots[behind], score),
        };
        100.0 * share
    }

    /// A distance beyond the training scores, in distances from their median to the farther end.
    fn beyond(&self, distance: f64) -> f64 {
        let knots = &self.0;
        let median = knots[knots.partition_point(|[_, share]| *share < 0.5).min(knots.len() - 1)][0];
        let unit = (knots[knots.len() - 1][0] - median).max(median - knots[0][0]);
        distance / if unit > 0.0 { unit } else { median.abs().max(1.0) }
    }

    /// Whether this can be what [`Severity::of`] gave: scores and shares both rise, and shares are inside (0, 1).
    pub fn is_valid(&self) -> bool {
        let inside = |[score, share]: &[f64; 2]| score.is_finite() && *share > 0.0 && *share < 1.0;
        (1..=MOST_KNOTS).contains(&self.0.len())
            && self.0.iter().all(inside)
            && self.0.is_sorted_by(|a, b| a[0] < b[0] && a[1] < b[1])
    }
}

/// Each different score, ascending, with the share of rows below it and half of those at it.
fn shares(scores: &[f64], weights: &[u32]) -> Vec<[f64; 2]> {
    let mut rows: Vec<(f64, u64)> =
        scores.iter().copied().zip(weights.iter().map(|&w| u64::from(w))).collect();
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    // -0 and 0 are the same score.
    rows.dedup_by(|next, kept| {
        next.0 == kept.0 && {
            kept.1 += next.1;
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
    // Halved, for the distance of two finite numbers need not be one.
    let part = (score / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
    (from + (to - from) * part).min(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_median_is_half_way() {
        let severity = Severity::of(&[1.0, 2.0, 3.0], &[1, 1, 1]);
        assert_eq!(severity.at(2.0), 50.0);
        assert!((severity.at(1.5) - 100.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_score_that_many_share_lies_in_their_middle() {
        let severity = Severity::of(&[0.0, 1.0], &[90, 10]);
        assert_eq!((severity.at(0.0), severity.at(1.0)), (45.0, 95.0));
    }

    #[test]
    fn a_constant_score_is_half_way_and_others_lie_on_their_sides() {
        let severity = Severity::of(&[7.0], &[100]);
        assert_eq!(severity.at(7.0), 50.0);
        assert!(severity.at(6.0) < 50.0 && severity.at(8.0) > 50.0);
    }

    #[test]
    fn beyond_the_highest_score_there_is_room_below_a_hundred() {
        let severity = Severity::of(&[0.0, 1.0, 2.0], &[1, 1, 1]);
        let at: Vec<f64> = [2.0, 3.0, 1e3, 1e9].map(|score| severity.at(score)).to_vec();
        assert!(at.is_sorted_by(|a, b| a < b) && at[3] < 100.0, "{at:?}");
        // Half of what is left to 100, as far above the highest as the median lies below it.
        assert!((100.0 - at[1]) * 2.0 - (100.0 - at[0]) < 1e-9);
        assert!(severity.at(-5.0) > 0.0 && severity.at(-5.0) < severity.at(0.0));
    }

    #[test]
    fn the_highest_scores_are_told_apart_in_a_large_table() {
        let scores: Vec<f64> = (0..100_000).map(f64::from).collect();
        let severity = Severity::of(&scores, &vec![1; scores.len()]);
        assert!(severity.is_valid() && severity.0.len() <= MOST_KNOTS);
        for (score, expected) in [(50_000.0, 50.0), (99_000.0, 99.0), (99_990.0, 99.99)] {
            assert!((severity.at(score) - expected).abs() < 0.01, "{score}: {}", severity.at(score));
        }
    }

    proptest! {
        #[test]
        fn severity_never_falls_where_the_score_rises(
            scores in prop::collection::vec(prop_oneof![-1e3..1e3, Just(0.0), Just(-0.0), Just(f64::MAX), Just(f64::MIN)], 1..300),
            weight in 1..1000_u32,
            mut asked in prop::collection::vec(prop_oneof![-2e3..2e3, Just(f64::MAX), Just(f64::MIN)], 2..50),
        ) {
            let severity = Severity::of(&scores, &vec![weight; scores.len()]);
            prop_assert!(severity.is_valid());
            asked.extend(&scores);
            asked.sort_unstable_by(f64::total_cmp);
            let found: Vec<f64> = asked.iter().map(|&score| severity.at(score)).collect();
            prop_assert!(found.is_sorted(), "{found:?}");
            prop_assert!(found.iter().all(|s| (0.0..=100.0).contains(s)));
        }
    }
}
