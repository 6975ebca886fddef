//! Which rows an analyst judges next.

use super::Learner;
use ndarray::Array1;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// How many rows to show, and which.
#[derive(Clone, Copy, Debug)]
pub struct Questions {
    /// The number of rows to show.
    pub batch: usize,
    /// The share of them that is nearest to the threshold, in [0, 1]. The others have the highest scores.
    pub explore: f64,
    /// The score above which a row is flagged.
    pub threshold: f64,
}

impl Learner<'_> {
    /// The distinct rows to show next, from the scores of all distinct rows. None of the rows in `asked` is among them.
    /// Returns fewer than a batch if the rows run out. Ties go to the row with the lower values.
    pub fn next_questions(
        &self,
        scores: &Array1<f64>,
        asked: &BTreeSet<usize>,
        next: Questions,
    ) -> Vec<usize> {
        let explored = (next.batch as f64 * next.explore.clamp(0.0, 1.0)).round() as usize;
        let highest = |row: usize| -scores[row];
        let nearest = |row: usize| (scores[row] - next.threshold).abs();
        let mut questions = self.first(next.batch - explored, scores.len(), asked, highest);
        let asked: BTreeSet<usize> = asked.iter().chain(&questions).copied().collect();
        questions.extend(self.first(explored, scores.len(), &asked, nearest));
        questions
    }

    /// The rows with the highest scores, for [`Learner::refresh`] between two questions.
    pub fn shortlist(&self, scores: &Array1<f64>, asked: &BTreeSet<usize>, length: usize) -> Vec<usize> {
        self.first(length, scores.len(), asked, |row| -scores[row])
    }

    /// The first rows by a key, without those in `asked`.
    fn first(
        &self,
        amount: usize,
        rows: usize,
        asked: &BTreeSet<usize>,
        key: impl Fn(usize) -> f64,
    ) -> Vec<usize> {
        if amount == 0 {
            return Vec::new();
        }
        let mut is_asked = vec![false; rows];
        asked.iter().filter(|row| **row < rows).for_each(|&row| is_asked[row] = true);
        let order =
            |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then_with(|| self.order(a.1, b.1));
        // Most rows are behind the first rows known so far and cost one comparison.
        let (mut first, mut limit) = (Vec::new(), f64::INFINITY);
        for row in (0..rows).filter(|&row| !is_asked[row]) {
            let key = key(row);
            if key > limit {
                continue;
            }
            first.push((key, row));
            if first.len() >= amount.saturating_mul(2) {
                limit = first.select_nth_unstable_by(amount - 1, order).1.0;
                first.truncate(amount);
            }
        }
        first.sort_by(order);
        first.truncate(amount);
        first.into_iter().map(|(_, row)| row).collect()
    }

    /// The order of two rows by their values.
    fn order(&self, a: usize, b: usize) -> Ordering {
        let rows = self.rows.points.row(a).into_iter().zip(self.rows.points.row(b));
        rows.map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}
