//! The choice among the settings of a grid by the labels of the training rows. The scored rows have no part in it, so a
//! test on them is one of a setting that was chosen before.

use super::evaluate::Evaluation;
use super::prepared_split::PreparedSplit;
use crate::error::Result;
use crate::metrics::{self, LabelCounts, Ranking, Scored};
use crate::report::Selection;

/// For each detector with a grid, choose the setting with the highest AUC of the training rows, the mean over the seeds.
/// Without scored rows of their own, or without training rows of both classes, there is no choice.
///
/// # Errors
/// If a score is not finite.
pub fn choose(evaluations: &mut [Evaluation], prepared: &PreparedSplit) -> Result<()> {
    let (Some(_), Some(labels)) = (&prepared.scored, &prepared.train.labels) else { return Ok(()) };
    for evaluation in evaluations.iter_mut().filter(|evaluation| evaluation.spec.of_grid) {
        let auc = training_auc(evaluation, labels)?;
        evaluation.run.selection = auc.map(|training_auc| Selection { training_auc, is_chosen: false });
    }
    let mut ids: Vec<&'static str> = evaluations.iter().map(|evaluation| evaluation.spec.entry.id).collect();
    ids.dedup();
    for id in ids {
        let of_grid = evaluations.iter_mut().filter(|evaluation| evaluation.spec.entry.id == id);
        let selections = of_grid.filter_map(|evaluation| evaluation.run.selection.as_mut());
        // The first of equal settings.
        let best =
            selections.reduce(|best, own| if own.training_auc > best.training_auc { own } else { best });
        if let Some(best) = best {
            best.is_chosen = true;
        }
    }
    Ok(())
}

fn training_auc(evaluation: &Evaluation, labels: &LabelCounts) -> Result<Option<f64>> {
    let others = evaluation.other_seeds.iter().map(|other| &other.train_scores);
    let mut aucs = Vec::new();
    for scores in std::iter::once(&evaluation.train_scores).chain(others) {
        aucs.push(metrics::auc(&Ranking::new(Scored::new(scores, labels)?)));
    }
    let aucs: Option<Vec<f64>> = aucs.into_iter().collect();
    Ok(aucs.map(|aucs| aucs.iter().sum::<f64>() / aucs.len() as f64))
}
