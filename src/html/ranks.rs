//! The detectors over several tables: mean ranks, tests, and their diagram.

use super::text::{sentence, whole_percentages};
use crate::plot::{self, ImageFormat, Size};
use crate::report::{Ranks, counted, fixed, rank_conclusions};
use maud::{Markup, PreEscaped, html};

/// The section of the ranks under one protocol.
pub(super) fn section(ranks: &Ranks, at: usize) -> Markup {
    let diagram =
        Size::new(900, 600).ok().and_then(|size| plot::draw_ranks(ranks, ImageFormat::Svg, size).ok());
    let diagram = diagram.and_then(|bytes| String::from_utf8(bytes).ok());
    let caption = format!(
        "{}; 1 is the highest AUC of a table",
        counted(ranks.units.len() as u64, "table counts", "tables count")
    );
    html! {
        section #{ "ranks-" (at) } {
            h2 { "Ranks over tables " small { (ranks.protocol.id()) } }
            div .scroll tabindex="0" role="region" aria-label="Ranks" {
                table .sortable {
                    caption { (whole_percentages(&caption)) }
                    thead { tr {
                        th scope="col" { "detector" }
                        @for name in ["mean rank", "best on", "median AUC"] { th .number scope="col" { (name) } }
                    } }
                    tbody { @for ranked in &ranks.detectors { tr {
                        th scope="row" { (ranked.detector) }
                        td .number { (format!("{:.2}", ranked.mean_rank)) }
                        td .number { (ranked.wins) }
                        td .number { (fixed(ranked.median_auc())) }
                    } } }
                }
            }
            ul { @for line in rank_conclusions(ranks) { li { (sentence(&line)) } } }
            @if let Some(svg) = diagram {
                div .charts { figure tabindex="0" { (PreEscaped(super::inline(&svg))) } }
            }
        }
    }
}
