//! Scores sorted once, for all the metrics that need an order.

use super::scored::Scored;

/// The rows of a [`Scored`] from the most to the least anomalous, equal scores tied together.
#[derive(Clone, Debug)]
pub struct Ranking<'a> {
    scored: Scored<'a>,
    ties: Vec<Tie>,
    /// For each distinct row, the index of its tie; 0 for a row that stands for none.
    tie_of: Vec<u32>,
}

/// All the rows of one score. −0 and 0 are one score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tie {
    pub score: f64,
    pub positives: u64,
    pub negatives: u64,
}

impl<'a> Ranking<'a> {
    /// Sort the rows: O(n log n), and the only sorting the metrics of one detector need.
    pub fn new(scored: Scored<'a>) -> Self {
        let mut ties: Vec<Tie> = Vec::new();
        let mut tie_of = vec![0; scored.scores().len()];
        for (score, row) in descending(scored.scores()) {
            let (positives, negatives) = (scored.positives()[row as usize], scored.negatives()[row as usize]);
            if positives == 0 && negatives == 0 {
                continue;
            }
            if ties.last().is_none_or(|tie| tie.score != score) {
                ties.push(Tie::empty(score));
            }
            tie_of[row as usize] = ties.len() as u32 - 1;
            ties.last_mut().into_iter().for_each(|tie| tie.add(positives, negatives));
        }
        Ranking { scored, ties, tie_of }
    }

    /// What was ranked.
    pub fn scored(&self) -> Scored<'a> {
        self.scored
    }

    /// How many positives there are, unfolded.
    pub fn positives(&self) -> u64 {
        self.ties.iter().map(|tie| tie.positives).sum()
    }

    /// How many negatives there are, unfolded.
    pub fn negatives(&self) -> u64 {
        self.ties.iter().map(|tie| tie.negatives).sum()
    }

    /// The ties by falling score.
    pub(super) fn ties(&self) -> &[Tie] {
        &self.ties
    }

    /// For each distinct row, the index of its tie.
    pub(super) fn tie_of(&self) -> &[u32] {
        &self.tie_of
    }

    /// Each tie with the positives and negatives down to and including it.
    pub(super) fn cumulative(&self) -> impl Iterator<Item = Tie> + '_ {
        self.ties.iter().scan(Tie::empty(0.0), |sum, tie| {
            sum.score = tie.score;
            sum.positives += tie.positives;
            sum.negatives += tie.negatives;
            Some(*sum)
        })
    }
}

impl Tie {
    fn empty(score: f64) -> Self {
        Tie { score, positives: 0, negatives: 0 }
    }

    fn add(&mut self, positives: u32, negatives: u32) {
        self.positives += u64::from(positives);
        self.negatives += u64::from(negatives);
    }
}

/// Scores, the highest first, each with its index. On finite scores the total order parts only 0 and −0, which
/// stay neighbours.
pub(super) fn descending(scores: &[f64]) -> Vec<(f64, u32)> {
    let mut order: Vec<(f64, u32)> = scores.iter().zip(0..).map(|(&score, row)| (score, row)).collect();
    order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::LabelCounts;

    #[test]
    fn equal_scores_share_a_tie_and_rows_of_none_are_left_out() {
        let counts = LabelCounts { positives: vec![1, 2, 0, 0], negatives: vec![0, 1, 3, 0] };
        let scores = [-0.0, 5.0, 0.0, 9.0];
        let ranking = Ranking::new(Scored::new(&scores, &counts).unwrap());
        let pairs: Vec<_> =
            ranking.ties().iter().map(|tie| (tie.score, tie.positives, tie.negatives)).collect();
        assert_eq!(pairs, [(5.0, 2, 1), (0.0, 1, 3)]);
        assert_eq!(ranking.tie_of(), [1, 0, 1, 0]);
        assert_eq!((ranking.positives(), ranking.negatives()), (3, 4));
    }

    #[test]
    fn no_rows_are_no_ties() {
        let counts = LabelCounts::default();
        assert!(Ranking::new(Scored::new(&[], &counts).unwrap()).ties().is_empty());
    }
}
