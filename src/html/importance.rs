//! The section of the page with the importance of each feature for each detector.

use crate::report::{Estimate, FeatureImportance, Run, count};
use maud::{Markup, html};

/// One table per detector with feature importance.
pub(super) fn tables(runs: &[Run], few: Option<String>) -> Markup {
    html! {
        @if runs.iter().any(|run| run.importance.is_some()) {
            details {
                summary { "Feature importance" }
                @if let Some(few) = few { p { (few) "." } }
                @for run in runs { (table(run)) }
            }
        }
    }
}

fn table(run: &Run) -> Markup {
    let head = ["rank correlation", "|Pearson|", "fall of the ranking", "fall of the AUC"];
    html! {
        @if let Some(importance) = &run.importance {
            div .scroll tabindex="0" role="region" aria-label={ "Importance, " (run.detector) } {
                table .sortable {
                    caption { (run.detector) ": each feature shuffled " (importance.repeats) " times on "
                        (count(importance.rows)) " rows; mean and 95\u{a0}% interval by shuffles and rows" }
                    thead { tr { th scope="col" { "feature" } @for name in head { th .number scope="col" { (name) } } } }
                    tbody { @for feature in &importance.features { (row(feature)) } }
                }
            }
        }
    }
}

fn row(feature: &FeatureImportance) -> Markup {
    html! {
        tr {
            th scope="row" { (feature.feature) }
            td .number { (rank_correlation(feature)) }
            td .number { (feature.pearson.map_or("–".to_owned(), |r| format!("{r:.3}"))) }
            td .number { (estimate(feature.ranking_fall)) }
            td .number { (estimate(feature.auc_fall)) }
        }
    }
}

/// The rank correlation; that of a category is by level and without sign.
fn rank_correlation(feature: &FeatureImportance) -> String {
    let by_level = feature.level_correlation.map(|rho| format!("{rho:.3} by level"));
    feature.rank_correlation.map(|rho| format!("{rho:+.3}")).or(by_level).unwrap_or("–".to_owned())
}

fn estimate(estimate: Option<Estimate>) -> String {
    let text = |e: Estimate| format!("{:+.4} ({:+.4} to {:+.4})", e.mean, e.interval.low, e.interval.high);
    estimate.map_or("–".to_owned(), text)
}
