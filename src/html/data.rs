//! The section of the page that describes the data.

use super::text::{sentence, whole_percentages};
use crate::explore::{Exploration, FeatureKind, FeatureSummary, Grouping};
use crate::report::{count, counted, percent, significant};
use maud::{Markup, html};

/// The rows, features, categories and gaps of a table.
pub(super) fn what_it_looks_like(table: &Exploration) -> Markup {
    html! {
        details {
            summary { "What the data looks like" }
            p { (sentence(&rows(table)))
                @if let Some([from, to]) = &table.time_range { " From " (from) " to " (to) "." }
                @for gap in &table.gaps { " No rows from " (gap.from) " to " (gap.to) "." } }
            (features(&table.features))
            @for grouping in &table.by_category { (groups(grouping)) }
        }
    }
}

fn rows(table: &Exploration) -> String {
    format!(
        "{}, {} distinct; the most frequent row is {} of all.",
        counted(table.rows, "row", "rows"),
        count(table.distinct_rows),
        percent(table.commonest_row_share)
    )
}

fn features(features: &[FeatureSummary]) -> Markup {
    let head = [
        "missing",
        "distinct",
        "most frequent",
        "mean",
        "std",
        "min",
        "25 %",
        "50 %",
        "75 %",
        "max",
        "with label",
    ];
    html! {
        div .scroll tabindex="0" role="region" aria-label="Features" {
            table .sortable {
                caption { "Features; the last column is the correlation with the label (Cramér's V for categories)" }
                thead { tr { th scope="col" { "feature" } @for name in head { th .number scope="col" { (whole_percentages(name)) } } } }
                tbody { @for feature in features { (row(feature)) } }
            }
        }
    }
}

fn row(feature: &FeatureSummary) -> Markup {
    let numbers =
        [feature.mean, feature.std, feature.min, feature.q25, feature.median, feature.q75, feature.max];
    html! {
        tr {
            th scope="row" { (feature.name) }
            td .number { (count(feature.missing)) }
            td .number { (count(feature.distinct)) }
            td .number { (percent(feature.commonest_share)) }
            @for number in numbers { td .number { (number.map_or("–".to_owned(), significant)) } }
            td .number { (feature.association.map_or("–".to_owned(), |value| association(feature.kind, value))) }
        }
    }
}

fn groups(grouping: &Grouping) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label=(grouping.feature) {
            table .sortable {
                caption { (grouping.feature) }
                thead { tr {
                    th scope="col" { "value" }
                    @for name in ["rows", "suspicious", "rate"] { th .number scope="col" { (name) } }
                } }
                tbody { @for group in &grouping.groups { tr {
                    th scope="row" { (group.name) }
                    td .number { (count(group.rows)) }
                    td .number { (group.suspicious.map_or("–".to_owned(), count)) }
                    td .number { (group.suspicious.map_or("–".to_owned(), |n| percent(n as f64 / group.rows.max(1) as f64))) }
                } } }
            }
        }
    }
}

/// The correlation with its sign; Cramér's V of a category has none.
fn association(kind: FeatureKind, value: f64) -> String {
    match kind {
        FeatureKind::Category => format!("{value:.3}"),
        FeatureKind::Boolean | FeatureKind::Number => format!("{value:+.3}"),
    }
}
