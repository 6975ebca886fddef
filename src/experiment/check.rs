//! The warnings about one table under one protocol: what a reader must know before trusting a number.

use super::evaluate::Evaluation;
use super::prepared_split::PreparedSplit;
use crate::report::{LeakKind, TableReport, Warning};
use crate::table::{Column, Table, Values};
use std::collections::BTreeMap;

/// With fewer suspicious rows than this, single rows decide every metric.
const FEW_POSITIVES: u64 = 10;

/// A contamination above this multiple of the suspicious rate gets a warning, and a rate above this multiple
/// of the contamination.
const FAR: f64 = 2.0;

/// All warnings, those about the table first.
pub fn warnings(
    table: &Table,
    prepared: &PreparedSplit,
    report: &TableReport,
    evaluations: &[Evaluation],
) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = table.notes.iter().cloned().map(Warning::Table).collect();
    warnings.extend(of_features(table));
    warnings.extend(imputed(report));
    warnings.extend(of_labels(report));
    warnings.extend(evaluations.iter().flat_map(|evaluation| of_scores(evaluation, prepared)));
    warnings.extend(chosen_on_labels(evaluations));
    warnings
}

/// For each detector with several settings, the setting with the highest AUC.
fn chosen_on_labels(ranked: &[Evaluation]) -> Vec<Warning> {
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

fn of_features(table: &Table) -> Vec<Warning> {
    let labels = table.labels.as_deref().filter(|labels| labels.contains(&true) && labels.contains(&false));
    let leak = |column: &Column| leak(column, labels?);
    let constant = |column: &Column| {
        is_constant(&column.values).then(|| Warning::ConstantFeature { feature: column.name.clone() })
    };
    table.features.iter().filter_map(|column| constant(column).or_else(|| leak(column))).collect()
}

fn is_constant(values: &Values) -> bool {
    match values {
        Values::Text(text) => text.codes.windows(2).all(|pair| pair[0] == pair[1]),
        Values::Flag(flags) => flags.windows(2).all(|pair| pair[0] == pair[1]),
        values => values.reals().windows(2).all(|pair| pair[0] == pair[1]),
    }
}

/// Whether a column equals the label or separates the classes perfectly: by a bound, by its values, or by
/// missing values.
fn leak(column: &Column, labels: &[bool]) -> Option<Warning> {
    let positives = labels.iter().filter(|&&label| label).count();
    let (values, label) = (column.values.reals(), |label: bool| f64::from(u8::from(label)));
    let text = matches!(column.values, Values::Text(_));
    let equal =
        |inverted: bool| !text && values.iter().zip(labels).all(|(value, &l)| *value == label(l != inverted));
    let how = match () {
        () if equal(false) => LeakKind::EqualsLabel,
        () if equal(true) => LeakKind::OppositeOfLabel,
        // A few rows are easily separated by chance.
        () if positives.min(labels.len() - positives) < FEWEST_TO_SEPARATE => return None,
        () if !text && a_bound_separates(&values, labels) => LeakKind::Separates,
        () if values_are_pure(&values, labels, positives) => LeakKind::Separates,
        () => return None,
    };
    Some(Warning::Leak { column: column.name.clone(), how })
}

/// With fewer rows than this in a class, perfect separation says little.
const FEWEST_TO_SEPARATE: usize = 5;

/// Whether a bound separates all suspicious values from all normal values. Missing values are ignored.
fn a_bound_separates(values: &[f64], labels: &[bool]) -> bool {
    let range = |class: bool| {
        let of_class = values.iter().zip(labels).filter(|(value, label)| **label == class && !value.is_nan());
        of_class.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (value, _)| {
            (low.min(*value), high.max(*value))
        })
    };
    let (normal, suspicious) = (range(false), range(true));
    let both = normal.0 <= normal.1 && suspicious.0 <= suspicious.1;
    both && (normal.1 < suspicious.0 || suspicious.1 < normal.0)
}

/// Whether the rows of each value, missing included, have one class only. One class must have few distinct
/// values: a column of identifiers is pure by chance.
fn values_are_pure(values: &[f64], labels: &[bool], positives: usize) -> bool {
    let mut classes: BTreeMap<u64, [bool; 2]> = BTreeMap::new();
    let few = positives.min(labels.len() - positives) / 2;
    for (value, &label) in values.iter().zip(labels) {
        let value = if value.is_nan() { f64::NAN } else { value + 0.0 };
        let occurs = classes.entry(value.to_bits()).or_default();
        occurs[usize::from(label)] = true;
        if *occurs == [true, true] || classes.len() > MOST_VALUES {
            return false;
        }
    }
    let of = |class: usize| classes.values().filter(|occurs| occurs[class]).count();
    of(0).min(of(1)) <= few.max(1)
}

/// The purity check skips columns with more distinct values than this.
const MOST_VALUES: usize = 10_000;

fn imputed(report: &TableReport) -> Vec<Warning> {
    let missing =
        report.missing.iter().map(|(feature, &rows)| Warning::Missing { feature: feature.clone(), rows });
    let unseen = report
        .unseen_levels
        .iter()
        .map(|(feature, &rows)| Warning::UnseenLevels { feature: feature.clone(), rows });
    missing.chain(unseen).collect()
}

fn of_labels(report: &TableReport) -> Vec<Warning> {
    let Some(suspicious) = report.scored_suspicious_rows else {
        return vec![Warning::NoLabels { candidate: label_candidate(&report.features) }];
    };
    if suspicious == 0 || suspicious == report.scored_rows {
        return vec![Warning::OneClass { suspicious: suspicious > 0 }];
    }
    let mut warnings = Vec::new();
    let (positives, rate) = (suspicious as u64, suspicious as f64 / report.scored_rows as f64);
    if positives < FEW_POSITIVES {
        warnings.push(Warning::FewPositives { positives });
    }
    if rate > 0.5 {
        warnings.push(Warning::SuspiciousMajority { rate });
    }
    warnings.extend(limit_of_threshold(report, rate));
    warnings
}

/// If far more or far fewer rows are flagged than are suspicious: the limit of precision or recall. It holds
/// for every detector of the report that flags a row.
fn limit_of_threshold(report: &TableReport, rate: f64) -> Option<Warning> {
    let shares = report.runs.iter().map(|run| run.flagged_rows as f64 / report.scored_rows as f64);
    let shares: Vec<f64> = shares.filter(|&share| share > 0.0).collect();
    let low = shares.iter().copied().reduce(f64::min)?;
    let high = shares.iter().copied().reduce(f64::max)?;
    let flagged = [low, high];
    if report.contamination > FAR * rate && low > rate {
        return Some(Warning::ContaminationFarAbove { flagged, rate });
    }
    (report.contamination * FAR < rate && high < rate)
        .then_some(Warning::ContaminationFarBelow { flagged, rate })
}

/// A feature with a name that is typical of labels.
fn label_candidate(features: &[String]) -> Option<String> {
    const NAMES: [&str; 10] = [
        "label",
        "is_suspicious",
        "is_attack",
        "is_anomaly",
        "attack",
        "anomaly",
        "outlier",
        "target",
        "class",
        "y",
    ];
    features.iter().find(|name| NAMES.contains(&name.to_ascii_lowercase().as_str())).cloned()
}

fn of_scores(evaluation: &Evaluation, prepared: &PreparedSplit) -> Vec<Warning> {
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
    if evaluation.run.flagged_rows == 0 && highest > lowest {
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
