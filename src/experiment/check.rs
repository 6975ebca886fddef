//! What a reader must know before trusting a number: the warnings of one table under one protocol.

use super::Bench;
use super::measure::Measured;
use crate::report::{LeakKind, TableReport, Warning};
use crate::table::{Column, Table, Values};
use std::collections::BTreeMap;

/// Fewer suspicious rows than this make every metric a matter of single rows.
const FEW_POSITIVES: u64 = 10;

/// A contamination of more than so many times the rate is worth a word.
const FAR_ABOVE: f64 = 2.0;

/// Every warning, those about the table first.
pub fn warnings(table: &Table, bench: &Bench, report: &TableReport, measured: &[Measured]) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = table.notes.iter().cloned().map(Warning::Table).collect();
    warnings.extend(of_features(table));
    warnings.extend(made_up(report));
    warnings.extend(of_labels(report));
    warnings.extend(measured.iter().flat_map(|measured| of_scores(measured, bench)));
    warnings.extend(chosen_on_labels(measured));
    warnings
}

/// For each detector of which several settings were tried, the setting that the labels prefer.
fn chosen_on_labels(ranked: &[Measured]) -> Vec<Warning> {
    let mut tried: BTreeMap<&'static str, Vec<&Measured>> = BTreeMap::new();
    for measured in ranked.iter().filter(|m| m.contender.of_grid && m.run.auc.is_some()) {
        tried.entry(measured.contender.entry.id).or_default().push(measured);
    }
    tried.retain(|_, settings| settings.len() > 1);
    let warning = |(detector, settings): (&'static str, Vec<&Measured>)| Warning::ChosenOnLabels {
        chosen: settings[0].contender.name.clone(),
        detector,
        settings: settings.len(),
    };
    tried.into_iter().map(warning).collect()
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

/// Whether a column equals the label, or separates the classes perfectly on its own: by a bound, by its values, or by
/// having one.
fn leak(column: &Column, labels: &[bool]) -> Option<Warning> {
    let positives = labels.iter().filter(|&&label| label).count();
    let (values, label) = (column.values.reals(), |label: bool| f64::from(u8::from(label)));
    let text = matches!(column.values, Values::Text(_));
    let equal =
        |turned: bool| !text && values.iter().zip(labels).all(|(value, &l)| *value == label(l != turned));
    let how = match () {
        () if equal(false) => LeakKind::EqualsLabel,
        () if equal(true) => LeakKind::OppositeOfLabel,
        // A few rows are easily separated by accident.
        () if positives.min(labels.len() - positives) < FEWEST_TO_SEPARATE => return None,
        () if !text && a_bound_separates(&values, labels) => LeakKind::Separates,
        () if values_are_pure(&values, labels, positives) => LeakKind::Separates,
        () => return None,
    };
    Some(Warning::Leak { column: column.name.clone(), how })
}

/// With fewer rows than this in a class, perfect separation says little.
const FEWEST_TO_SEPARATE: usize = 5;

/// Whether all suspicious rows with a value lie on one side of all normal ones with a value.
fn a_bound_separates(values: &[f64], labels: &[bool]) -> bool {
    let range = |wanted: bool| {
        let of_class =
            values.iter().zip(labels).filter(|(value, label)| **label == wanted && !value.is_nan());
        of_class.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (value, _)| {
            (low.min(*value), high.max(*value))
        })
    };
    let (normal, suspicious) = (range(false), range(true));
    let both = normal.0 <= normal.1 && suspicious.0 <= suspicious.1;
    both && (normal.1 < suspicious.0 || suspicious.1 < normal.0)
}

/// Whether each value, a missing one among them, holds one class only, and one of the classes has so few values
/// that this is no accident of identifiers.
fn values_are_pure(values: &[f64], labels: &[bool], positives: usize) -> bool {
    let mut classes: BTreeMap<u64, [bool; 2]> = BTreeMap::new();
    let few = positives.min(labels.len() - positives) / 2;
    for (value, &label) in values.iter().zip(labels) {
        let value = if value.is_nan() { f64::NAN } else { value + 0.0 };
        let seen = classes.entry(value.to_bits()).or_default();
        seen[usize::from(label)] = true;
        if *seen == [true, true] || classes.len() > MOST_VALUES {
            return false;
        }
    }
    let of = |class: usize| classes.values().filter(|seen| seen[class]).count();
    of(0).min(of(1)) <= few.max(1)
}

/// A column with more different values is not looked through for purity.
const MOST_VALUES: usize = 10_000;

fn made_up(report: &TableReport) -> Vec<Warning> {
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
    if report.contamination > FAR_ABOVE * rate {
        warnings.push(Warning::ContaminationFarAbove { contamination: report.contamination, rate });
    }
    warnings
}

/// A feature whose name says that it is the label.
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

fn of_scores(measured: &Measured, bench: &Bench) -> Vec<Warning> {
    let detector = || measured.contender.name.clone();
    let weights = &bench.scored().folded.rows.weights;
    let mut warnings = Vec::new();
    let highest = measured.scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let lowest = measured.scores.iter().copied().fold(f64::INFINITY, f64::min);
    let total: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
    let tied = measured.scores.iter().zip(weights).filter(|(score, _)| **score == highest);
    let share = tied.map(|(_, &weight)| u64::from(weight)).sum::<u64>() as f64 / total as f64;
    if highest == lowest {
        warnings.push(Warning::ConstantScore { detector: detector() });
    } else if share > SATURATED && total > 1 {
        warnings.push(Warning::SaturatedScore { detector: detector(), share });
    }
    if let (Some(auc), Some(interval)) = (measured.run.auc, measured.run.auc_interval)
        && interval.high < 0.5
    {
        warnings.push(Warning::InvertedScore { detector: detector(), auc });
    }
    if measured.run.flagged_rows == 0 && highest > lowest {
        warnings.push(Warning::NothingFlagged { detector: detector() });
    }
    let distinct = bench.train.folded.rows.len();
    let sampled = |rows| Warning::FittedOnSample { detector: detector(), rows, distinct };
    warnings.extend(measured.run.sampled_rows.map(sampled));
    warnings.extend(duplicates_beyond_k(measured, bench));
    warnings.extend(few_distinct_for_k(measured, bench));
    warnings
}

/// More rows than this share at the very top cannot be called a ranking.
const SATURATED: f64 = 0.05;

/// For detectors that count neighbours: whether some row has more copies than neighbours are asked for.
fn duplicates_beyond_k(measured: &Measured, bench: &Bench) -> Option<Warning> {
    let parameters = &measured.run.parameters;
    let k = parameters.get("k")?.as_u64()?;
    let distinct = parameters.get("duplicates").is_some_and(|duplicates| duplicates == "distinct");
    let commonest = bench.train.folded.rows.largest_weight();
    let detector = measured.contender.name.clone();
    (u64::from(commonest) > k).then_some(Warning::DuplicatesBeyondK { detector, k, commonest, distinct })
}

/// For detectors that count neighbours: whether they are so many of all distinct rows that nothing is local.
fn few_distinct_for_k(measured: &Measured, bench: &Bench) -> Option<Warning> {
    const LOCAL: f64 = 0.25;
    let k = measured.run.parameters.get("k")?.as_u64()?;
    let distinct = bench.train.folded.rows.len();
    let detector = measured.contender.name.clone();
    (k as f64 > LOCAL * distinct as f64).then_some(Warning::FewDistinctForK { detector, k, distinct })
}
