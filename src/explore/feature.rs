//! The summary of one feature.

use super::association::{cramers_v, point_biserial};
use super::kind::kind;
use super::spread::{mean, quantile, std};
use super::{FeatureKind, FeatureSummary, group, share};
use crate::table::{Categories, Column, Values};

/// The summary of a feature.
pub(super) fn summary(column: &Column, labels: Option<&[bool]>) -> FeatureSummary {
    match &column.values {
        Values::Text(text) => of_categories(&column.name, text, labels),
        values => of_numbers(&column.name, kind(values), &values.reals(), labels),
    }
}

fn of_numbers(name: &str, kind: FeatureKind, values: &[f64], labels: Option<&[bool]>) -> FeatureSummary {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let (mut distinct, mut most_frequent) = (0, 0);
    for equal in sorted.chunk_by(|a, b| a == b) {
        distinct += 1;
        most_frequent = most_frequent.max(equal.len() as u64);
    }
    let count = sorted.len() as u64;
    FeatureSummary {
        name: name.to_owned(),
        kind,
        count,
        missing: values.len() as u64 - count,
        infinite: values.iter().filter(|value| value.is_infinite()).count() as u64,
        distinct,
        commonest_share: share(most_frequent, count).unwrap_or_default(),
        mean: mean(&sorted),
        std: std(&sorted),
        min: sorted.first().copied(),
        q25: quantile(&sorted, 0.25),
        median: quantile(&sorted, 0.5),
        q75: quantile(&sorted, 0.75),
        max: sorted.last().copied(),
        association: labels.and_then(|labels| point_biserial(values, labels)),
    }
}

fn of_categories(name: &str, text: &Categories, labels: Option<&[bool]>) -> FeatureSummary {
    let code = |row: usize| Some(text.codes[row] as usize).filter(|&code| code < text.levels.len());
    let levels = group::class_counts(text.levels.len(), (0..text.codes.len()).map(code), labels);
    let sizes = || levels.iter().map(|level| level[0] + level[1]);
    let count: u64 = sizes().sum();
    FeatureSummary {
        name: name.to_owned(),
        kind: FeatureKind::Category,
        count,
        missing: text.codes.len() as u64 - count,
        infinite: 0,
        distinct: sizes().filter(|&rows| rows > 0).count() as u64,
        commonest_share: share(sizes().max().unwrap_or(0), count).unwrap_or_default(),
        mean: None,
        std: None,
        min: None,
        q25: None,
        median: None,
        q75: None,
        max: None,
        association: labels.and_then(|_| cramers_v(&levels)),
    }
}
