//! The confusion matrix of a threshold, with precision, recall and F1.

use super::interval::Interval;
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
            let (of_positives, of_negatives) = confusion.cells(score > threshold);
            *of_positives += u64::from(positives);
            *of_negatives += u64::from(negatives);
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

    /// The 95 % interval of the precision (Wilson), which assumes independent rows.
    pub fn precision_interval(&self) -> Option<Interval> {
        Interval::of_share(self.true_positives, self.flagged())
    }

    /// The 95 % interval of the recall (Wilson), which assumes independent rows.
    pub fn recall_interval(&self) -> Option<Interval> {
        Interval::of_share(self.true_positives, self.true_positives + self.false_negatives)
    }

    /// The 95 % interval of F1, which assumes independent rows: F1 is 2 s / (1 + s), where s is the share of
    /// true positives among the rows that are flagged or positive (Hand, Christen & Kirielle, Machine Learning
    /// 2021), and s has a Wilson interval.
    pub fn f1_interval(&self) -> Option<Interval> {
        let flagged_or_positive = self.flagged() + self.false_negatives;
        let share = Interval::of_share(self.true_positives, flagged_or_positive)?;
        let f1 = |share: f64| 2.0 * share / (1.0 + share);
        Some(Interval { low: f1(share.low), high: f1(share.high) })
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
    fn the_intervals_hold_their_metrics() {
        let confusion =
            Confusion { true_positives: 8, false_positives: 2, true_negatives: 70, false_negatives: 6 };
        let holds = |interval: Option<Interval>, value: Option<f64>| {
            interval.zip(value).is_some_and(|(interval, value)| interval.low < value && value < interval.high)
        };
        assert_eq!(confusion.precision_interval(), Interval::of_share(8, 10));
        assert!(holds(confusion.recall_interval(), confusion.recall()));
        assert!(holds(confusion.f1_interval(), confusion.f1()));
        assert_eq!(Confusion::default().f1_interval(), None);
    }

    #[test]
    fn without_positives_there_is_no_recall() {
        ranked(&[1.0, 2.0], &[false, false], |ranking| {
            assert_eq!(Confusion::at(&ranking.scored(), 1.0).recall(), None);
            assert_eq!(Confusion::at(&ranking.scored(), 2.0).f1(), None);
        });
    }
}
