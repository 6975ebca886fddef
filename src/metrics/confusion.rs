//! The confusion matrix of a threshold, with precision, recall and F1.

use super::scored::Scored;
use serde::{Deserialize, Serialize};

/// The confusion matrix, in expanded rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// Positives that are flagged.
    pub true_positives: u64,
    /// Negatives that are flagged.
    pub false_positives: u64,
    /// Negatives that are not flagged.
    pub true_negatives: u64,
    /// Positives that are not flagged.
    pub false_negatives: u64,
}

impl Confusion {
    /// Flag every row with a score strictly above the threshold, as `predict` in scikit-learn does with
    /// `offset_`. A constant score therefore flags no row.
    pub fn at(scored: &Scored, threshold: f64) -> Self {
        let mut confusion = Confusion::default();
        for (score, positives, negatives) in scored.rows() {
            confusion.add(score > threshold, positives, negatives);
        }
        confusion
    }

    /// The confusion matrix of rows that are flagged already, each with its label.
    pub fn of(rows: impl Iterator<Item = (bool, bool)>) -> Self {
        let mut confusion = Confusion::default();
        for (flagged, is_positive) in rows {
            let (of_positives, of_negatives) = confusion.cells(flagged);
            *(if is_positive { of_positives } else { of_negatives }) += 1;
        }
        confusion
    }

    /// The number of flagged rows.
    pub fn flagged(&self) -> u64 {
        self.true_positives + self.false_positives
    }

    /// The share of positives among the flagged rows, in [0, 1]. `None` if no row is flagged.
    pub fn precision(&self) -> Option<f64> {
        share(self.true_positives, self.flagged())
    }

    /// The share of flagged rows among the positives, in [0, 1]. `None` without positives.
    pub fn recall(&self) -> Option<f64> {
        share(self.true_positives, self.true_positives + self.false_negatives)
    }

    /// The harmonic mean of precision and recall, in [0, 1]: 2 TP / (2 TP + FP + FN). `None` only for 0/0,
    /// without flagged rows and without positives. With positives but no flagged rows, precision is `None`
    /// and F1 is 0.
    pub fn f1(&self) -> Option<f64> {
        let numerator = 2 * self.true_positives;
        share(numerator, numerator + self.false_positives + self.false_negatives)
    }

    /// Count rows of the same values.
    pub(super) fn add(&mut self, is_flagged: bool, positives: u32, negatives: u32) {
        let (of_positives, of_negatives) = self.cells(is_flagged);
        *of_positives += u64::from(positives);
        *of_negatives += u64::from(negatives);
    }

    fn cells(&mut self, flagged: bool) -> (&mut u64, &mut u64) {
        if flagged {
            (&mut self.true_positives, &mut self.false_positives)
        } else {
            (&mut self.false_negatives, &mut self.true_negatives)
        }
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::reference::{assert_close, cases, ranked};

    #[test]
    fn precision_recall_and_f1_equal_scikit_learns() {
        for case in cases() {
            case.check(|ranking| {
                for at in &case.confusion {
                    let confusion = Confusion::at(&ranking.scored(), at.threshold);
                    let what = format!("{} at {}", case.name, at.threshold);
                    assert_eq!(confusion, at.counts, "{what}");
                    assert_close(confusion.precision(), at.precision, &what);
                    assert_close(confusion.recall(), at.recall, &what);
                    assert_close(confusion.f1(), at.f1, &what);
                }
            });
        }
    }

    #[test]
    fn a_score_at_the_threshold_is_not_flagged() {
        ranked(&[1.0, 2.0], &[true, true], |ranking| {
            assert_eq!(Confusion::at(&ranking.scored(), 1.0).flagged(), 1);
        });
    }

    #[test]
    fn flagging_nothing_has_no_precision_but_misses_everything() {
        ranked(&[1.0, 2.0], &[true, false], |ranking| {
            let confusion = Confusion::at(&ranking.scored(), 2.0);
            assert_eq!(confusion.precision(), None);
            assert_eq!(confusion.recall(), Some(0.0));
            assert_eq!(confusion.f1(), Some(0.0));
        });
    }

    #[test]
    fn flags_and_labels_are_counted_as_scores_above_a_threshold() {
        let (scores, labels) = ([1.0, 2.0, 3.0, 4.0], [true, false, false, true]);
        ranked(&scores, &labels, |ranking| {
            let flags = scores.iter().map(|&score| score > 2.5).zip(labels);
            assert_eq!(Confusion::of(flags), Confusion::at(&ranking.scored(), 2.5));
        });
    }

    #[test]
    fn without_positives_there_is_no_recall() {
        ranked(&[1.0, 2.0], &[false, false], |ranking| {
            assert_eq!(Confusion::at(&ranking.scored(), 1.0).recall(), None);
            assert_eq!(Confusion::at(&ranking.scored(), 2.0).f1(), None);
        });
    }
}
