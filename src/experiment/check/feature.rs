//! Warnings about features: constant ones, and values that are imputed.

use super::leak;
use crate::report::{TableReport, Warning};
use crate::table::{Table, Values};

/// The warnings about features with one value, and about those that reveal the label.
pub(super) fn warnings(table: &Table) -> Vec<Warning> {
    let constant = table.features.iter().filter(|column| is_constant(&column.values));
    let constant = constant.map(|column| Warning::ConstantFeature { feature: column.name.clone() });
    let labels = table.labels.as_deref().filter(|_| table.has_both_classes());
    let leaks = labels.map_or_else(Vec::new, |labels| leak::warnings(table, labels));
    constant.chain(leaks).collect()
}

fn is_constant(values: &Values) -> bool {
    match values {
        Values::Text(text) => text.codes.windows(2).all(|pair| pair[0] == pair[1]),
        Values::Flag(flags) => flags.windows(2).all(|pair| pair[0] == pair[1]),
        values => values.reals().windows(2).all(|pair| pair[0] == pair[1]),
    }
}

/// The warnings about imputed values.
pub(super) fn imputed(report: &TableReport) -> Vec<Warning> {
    let missing =
        report.missing.iter().map(|(feature, &rows)| Warning::Missing { feature: feature.clone(), rows });
    let unseen = report
        .unseen_levels
        .iter()
        .map(|(feature, &rows)| Warning::UnseenLevels { feature: feature.clone(), rows });
    missing.chain(unseen).collect()
}
