//! Scores sorted once, for all metrics that need an order.

use super::scored::Scored;

/// The rows of a [`Scored`] by descending score. Rows with equal scores form one tie.
#[derive(Clone, Debug)]
pub struct Ranking<'a> {
    scored: Scored<'a>,
    ties: Vec<Tie>,
    /// For each distinct row, the index of its tie; 0 for a row without label counts.
    tie_of: Vec<u32>,
}

/// The label counts of all rows with the same score. −0 and 0 are the same score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tie {
    pub score: f64,
    pub positives: u64,
    pub negatives: u64,
}

impl<'a> Ranking<'a> {
    /// Sort the rows in O(n log n): the only sort that the metrics of one detector need.
    pub fn new(scored: Scored<'a>) -> Self {
        let has_rows = |row: usize| scored.positives()[row] > 0 || scored.negatives()[row] > 0;
        let mut order = descending(scored.scores());
        order.retain(|&(_, row)| has_rows(row as usize));
        let mut ties = Vec::new();
        let mut tie_of = vec![0; scored.scores().len()];
        for rows in order.chunk_by(|(a, _), (b, _)| a == b) {
            rows.iter().for_each(|&(_, row)| tie_of[row as usize] = ties.len() as u32);
            ties.push(Tie::of(rows, scored));
        }
        Ranking { scored, ties, tie_of }
    }

    /// The scores and label counts.
    pub fn scored(&self) -> Scored<'a> {
        self.scored
    }

    /// The number of positives, in expanded rows.
    pub fn positives(&self) -> u64 {
        self.ties.iter().map(|tie| tie.positives).sum()
    }

    /// The number of negatives, in expanded rows.
    pub fn negatives(&self) -> u64 {
        self.ties.iter().map(|tie| tie.negatives).sum()
    }

    /// The ties by descending score.
    pub(super) fn ties(&self) -> &[Tie] {
        &self.ties
    }

    /// For each distinct row, the index of its tie.
    pub(super) fn tie_of(&self) -> &[u32] {
        &self.tie_of
    }

    /// The score of each tie, with the positives and negatives at or above it.
    pub(super) fn cumulative(&self) -> impl Iterator<Item = Tie> + '_ {
        let start = Tie { score: 0.0, positives: 0, negatives: 0 };
        self.ties.iter().scan(start, |sum, tie| {
            sum.score = tie.score;
            sum.positives += tie.positives;
            sum.negatives += tie.negatives;
            Some(*sum)
        })
    }
}

impl Tie {
    /// The tie of some rows with equal scores, at least one, as (score, row index).
    fn of(rows: &[(f64, u32)], scored: Scored) -> Self {
        let sum = |counts: &[u32]| rows.iter().map(|&(_, row)| u64::from(counts[row as usize])).sum::<u64>();
        Tie { score: rows[0].0, positives: sum(scored.positives()), negatives: sum(scored.negatives()) }
    }
}

/// The scores in descending order, each with its row index. On finite scores, the total order separates only
/// 0 and −0, and keeps them adjacent.
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
    fn equal_scores_share_a_tie_and_rows_without_counts_are_ignored() {
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
    fn without_rows_there_are_no_ties() {
        let counts = LabelCounts::default();
        assert!(Ranking::new(Scored::new(&[], &counts).unwrap()).ties().is_empty());
    }
}
