//! Warnings about the scores of a detector.

use crate::experiment::evaluate::Evaluation;
use crate::experiment::prepared_split::PreparedSplit;
use crate::report::Warning;
use std::collections::BTreeMap;

/// The warnings about the scores of a detector.
pub(super) fn warnings(evaluation: &Evaluation, prepared: &PreparedSplit) -> Vec<Warning> {
    let detector = || evaluation.spec.name.clone();
    let weights = &prepared.scored().deduplicated.rows.weights;
    let mut warnings = Vec::new();
    let highest = evaluation.scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let lowest = evaluation.scores.iter().copied().fold(f64::INFINITY, f64::min);
    let total: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
    let tied = evaluation.scores.iter().zip(weights).filter(|(score, _)| **score == highest);
    let share = tied.map(|(_, &weight)| u64::from(weight)).sum::<u64>() as f64 / total as f64;
    if highest == lowest {
        warnings.push(Warning::ConstantScore { detector: detector() });
    } else if share > SATURATED && total > 1 {
        warnings.push(Warning::SaturatedScore { detector: detector(), share });
    }
    if let (Some(auc), Some(interval)) = (evaluation.run.auc, evaluation.run.auc_interval)
        && interval.high < 0.5
    {
        warnings.push(Warning::InvertedScore { detector: detector(), auc });
    }
    if evaluation.run.flagged_rows == 0 && highest > lowest && evaluation.discoveries.is_none() {
        warnings.push(Warning::NothingFlagged { detector: detector() });
    }
    let distinct = prepared.train.deduplicated.rows.len();
    let sampled = |rows| Warning::FittedOnSample { detector: detector(), rows, distinct };
    warnings.extend(evaluation.run.sampled_rows.map(sampled));
    warnings.extend(duplicates_beyond_k(evaluation, prepared));
    warnings.extend(few_distinct_for_k(evaluation, prepared));
    warnings
}

/// If a larger share of the rows than this has the highest score, the ranking is saturated.
const SATURATED: f64 = 0.05;

/// For neighbor detectors: whether a row has more copies than k.
fn duplicates_beyond_k(evaluation: &Evaluation, prepared: &PreparedSplit) -> Option<Warning> {
    let parameters = &evaluation.run.parameters;
    let k = parameters.get("k")?.as_u64()?;
    let distinct = parameters.get("duplicates").is_some_and(|duplicates| duplicates == "distinct");
    let copies = prepared.train.deduplicated.rows.largest_weight();
    let detector = evaluation.spec.name.clone();
    (u64::from(copies) > k).then_some(Warning::DuplicatesBeyondK { detector, k, copies, distinct })
}

/// For neighbor detectors: whether k is such a large share of the distinct rows that no neighborhood is
/// local.
fn few_distinct_for_k(evaluation: &Evaluation, prepared: &PreparedSplit) -> Option<Warning> {
    const LOCAL: f64 = 0.25;
    let k = evaluation.run.parameters.get("k")?.as_u64()?;
    let distinct = prepared.train.deduplicated.rows.len();
    let detector = evaluation.spec.name.clone();
    (k as f64 > LOCAL * distinct as f64).then_some(Warning::FewDistinctForK { detector, k, distinct })
}

/// For each detector with several settings, the setting with the highest AUC.
pub(super) fn chosen_on_labels(ranked: &[Evaluation]) -> Vec<Warning> {
    let mut grids: BTreeMap<&'static str, Vec<&Evaluation>> = BTreeMap::new();
    for evaluation in ranked.iter().filter(|e| e.spec.of_grid && e.run.auc.is_some()) {
        grids.entry(evaluation.spec.entry.id).or_default().push(evaluation);
    }
    // A setting that the training rows choose is not chosen with the labels that measure it.
    let is_chosen = |setting: &Evaluation| setting.run.selection.is_some_and(|selection| selection.is_chosen);
    grids.retain(|_, settings| settings.len() > 1 && !is_chosen(settings[0]));
    let warning = |(detector, settings): (&'static str, Vec<&Evaluation>)| Warning::ChosenOnLabels {
        chosen: settings[0].spec.name.clone(),
        detector,
        settings: settings.len(),
    };
    grids.into_iter().map(warning).collect()
}

/// If the detector with the highest AUC is not the same for every seed: how often each is the best.
pub(super) fn best_by_seed(ranked: &[Evaluation]) -> Option<Warning> {
    let seeds = 1 + ranked.iter().map(|evaluation| evaluation.other_seeds.len()).max()?;
    // A deterministic detector has the same AUC for every seed.
    let auc = |evaluation: &Evaluation, seed: usize| match seed.checked_sub(1) {
        Some(other) => evaluation.other_seeds.get(other).map_or(evaluation.first_auc, |other| other.run.auc),
        None => evaluation.first_auc,
    };
    let mut wins = vec![0; ranked.len()];
    for seed in 0..seeds {
        let aucs =
            ranked.iter().enumerate().filter_map(|(at, evaluation)| Some((auc(evaluation, seed)?, at)));
        // Of equal AUCs, that of the better rank counts.
        let (_, best) = aucs.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))?;
        wins[best] += 1;
    }
    let winners: Vec<(String, usize)> = ranked
        .iter()
        .zip(wins)
        .filter(|(_, wins)| *wins > 0)
        .map(|(evaluation, wins)| (evaluation.spec.name.clone(), wins))
        .collect();
    (winners.len() > 1).then_some(Warning::BestChangesWithSeed { winners, seeds })
}
