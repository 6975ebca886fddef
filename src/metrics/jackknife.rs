//! How much each row moves the average precision and the partial AUC: the influence functions of both at the rows of a
//! ranking (Hampel, JASA 1974). Their variance over the rows is that of the infinitesimal jackknife (Efron, SIAM 1982).
//! For the whole AUC they are the structural components of DeLong.
//!
//! The number of rows of each class is fixed, as in the test of DeLong, so the share of positives is, too. An influence
//! is meant up to a constant for each class, which a variance does not see.

use super::ranking::Ranking;

/// The influence of one positive and of one negative row with the same score.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Influence {
    pub of_positive: f64,
    pub of_negative: f64,
}

/// The influences on the average precision, one per tie. With S positives and F negatives at or above a score, the
/// average precision is the mean over the positives of S / (S + F). A row changes the term of its own score and,
/// through S or F, that of every lower one.
pub(super) fn on_average_precision(ranking: &Ranking) -> Vec<Influence> {
    let negatives_per_positive = ranking.negatives() as f64 / ranking.positives().max(1) as f64;
    let steps: Vec<(f64, f64, f64)> = ranking
        .ties()
        .iter()
        .zip(ranking.cumulative())
        .map(|(tie, sum)| (tie.positives as f64, sum.positives as f64, sum.negatives as f64))
        .collect();
    let mut influences = vec![Influence::default(); steps.len()];
    let (mut by_positives, mut by_negatives) = (0.0, 0.0);
    for ((positives, above, false_above), influence) in steps.into_iter().zip(&mut influences).rev() {
        let flagged = above + false_above;
        by_positives += positives * false_above / (flagged * flagged);
        by_negatives += positives * above / (flagged * flagged);
        *influence = Influence {
            of_positive: above / flagged + by_positives,
            of_negative: -by_negatives * negatives_per_positive,
        };
    }
    influences
}

/// The influences on the mean true-positive rate up to a false-positive rate in (0, 1], one per tie. A positive counts
/// by the rates at which it is found; a negative by how far the true-positive rate at its score is below that at the
/// limit, because another negative above the limit moves the limit (Dodd & Pepe, Biometrics 2003).
pub(super) fn on_partial_auc(ranking: &Ranking, max_fpr: f64) -> Vec<Influence> {
    let (positives, negatives) = (ranking.positives() as f64, ranking.negatives() as f64);
    let limit = max_fpr * negatives;
    let mut at_limit = 0.0;
    let mut parts = Vec::with_capacity(ranking.ties().len());
    for (tie, sum) in ranking.ties().iter().zip(ranking.cumulative()) {
        let (high, wide) = (tie.positives as f64, tie.negatives as f64);
        let (left, below) = (sum.negatives as f64 - wide, sum.positives as f64 - high);
        let room = (limit - left).max(0.0);
        // The share of the tie that is within the limit. Its line rises from the left to the right.
        let within = if wide > 0.0 { (room / wide).min(1.0) } else { f64::from(u8::from(room > 0.0)) };
        if within > 0.0 {
            at_limit = below + within * high;
        }
        // The mean room to the right of a positive of the tie.
        let found = within * (room - within * wide / 2.0);
        parts.push((found / limit, within, below + within * high / 2.0));
    }
    let influence = |(of_positive, within, height): (f64, f64, f64)| Influence {
        of_positive,
        of_negative: within * (height - at_limit) / (positives * max_fpr),
    };
    parts.into_iter().map(influence).collect()
}
