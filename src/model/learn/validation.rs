//! What verdicts are worth on rows that were not learned: a cross-validation on the verdicts themselves.

use crate::detector::{FittedDetector, Learner, Verdict};
use crate::error::Result;
use crate::metrics::{self, LabelCounts, Ranking, Scored};
use crate::model::taught_card::Gain;
use ndarray::Array2;

const FOLDS: usize = 5;

/// Cross-validate verdicts in an order that does not depend on their rows' scores, such as that of their digests. `None`
/// with fewer than two verdicts of a class.
///
/// # Errors
/// If a score is not finite.
pub(super) fn gain(
    learner: &Learner,
    untaught: &dyn FittedDetector,
    verdicts: &[Verdict],
) -> Result<Option<Gain>> {
    let labels: Vec<bool> = verdicts.iter().map(|verdict| verdict.suspicious).collect();
    let suspicious = labels.iter().filter(|&&label| label).count();
    let folds = FOLDS.min(suspicious).min(labels.len() - suspicious);
    if folds < 2 {
        return Ok(None);
    }
    let fold_of = folds_of(&labels, folds);
    let mut taught = vec![0.0; verdicts.len()];
    for fold in 0..folds {
        let part = |is_held_out: bool| -> Vec<usize> {
            (0..verdicts.len()).filter(|&at| (fold_of[at] == fold) == is_held_out).collect()
        };
        let held_out = part(true);
        let others: Vec<Verdict> = part(false).into_iter().map(|at| verdicts[at].clone()).collect();
        let scores = learner.learn(&others)?.score(rows(verdicts, &held_out).view());
        held_out.into_iter().zip(scores).for_each(|(at, score)| taught[at] = score);
    }
    let all: Vec<usize> = (0..verdicts.len()).collect();
    let untaught = untaught.score(rows(verdicts, &all).view()).to_vec();
    let counts = LabelCounts::plain(&labels);
    let taught = Ranking::new(Scored::new(&taught, &counts)?);
    let untaught = Ranking::new(Scored::new(&untaught, &counts)?);
    let test = metrics::paired_test(&taught, &untaught)?;
    let aucs = metrics::auc(&taught).zip(metrics::auc(&untaught));
    Ok(test.zip(aucs).map(|(test, (taught_auc, untaught_auc))| Gain {
        folds,
        untaught_auc,
        taught_auc,
        interval: test.interval,
    }))
}

/// The part of each verdict. Each part has its share of both classes.
fn folds_of(labels: &[bool], folds: usize) -> Vec<usize> {
    let mut next = [0, 0];
    let fold = |&label: &bool| {
        let next = &mut next[usize::from(label)];
        *next += 1;
        (*next - 1) % folds
    };
    labels.iter().map(fold).collect()
}

fn rows(verdicts: &[Verdict], which: &[usize]) -> Array2<f64> {
    let columns = verdicts.first().map_or(0, |verdict| verdict.row.len());
    Array2::from_shape_fn((which.len(), columns), |(at, column)| verdicts[which[at]].row[column])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_both_classes() {
        let labels = [true, true, false, true, false, false, false];
        assert_eq!(folds_of(&labels, 2), [0, 1, 0, 0, 1, 0, 1]);
    }
}
