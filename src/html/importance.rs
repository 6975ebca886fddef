//! The section of the page with the importance of each feature for each detector.

use crate::report::{Estimate, FeatureImportance, Run, count};
use maud::{Markup, html};

/// One table per detector with feature importance.
pub(super) fn tables(runs: &[Run]) -> Markup {
    html! {
        @if runs.iter().any(|run| run.importance.is_some()) {
            details {
                summary { "Feature importance" }
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
                table {
                    caption { (run.detector) ": each feature shuffled " (importance.repeats) " times on "
                        (count(importance.rows)) " rows; mean and 95 % interval" }
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
            td .number { (feature.rank_correlation.map_or("–".to_owned(), |rho| format!("{rho:+.3}"))) }
            td .number { (feature.pearson.map_or("–".to_owned(), |r| format!("{r:.3}"))) }
            td .number { (estimate(feature.ranking_fall)) }
            td .number { (estimate(feature.auc_fall)) }
        }
    }
}

fn estimate(estimate: Option<Estimate>) -> String {
    let text = |e: Estimate| format!("{:+.4} ({:+.4} to {:+.4})", e.mean, e.interval.low, e.interval.high);
    estimate.map_or("–".to_owned(), text)
}
