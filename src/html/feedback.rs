//! What verdicts of an analyst would buy: simulated reviews of a table.

use super::text::{sentence, whole_percentages};
use crate::plot::{self, ImageFormat, Size};
use crate::report::{FEEDBACK_HEADS, TableFeedback};
use maud::{Markup, PreEscaped, html};

/// The section of one table.
pub(super) fn section(table: &TableFeedback, at: usize) -> Markup {
    let chart =
        Size::new(900, 600).ok().and_then(|size| plot::draw_discovery(table, ImageFormat::Svg, size).ok());
    let chart = chart.and_then(|bytes| String::from_utf8(bytes).ok());
    let heading = table.heading();
    html! {
        section #{ "feedback-" (at) } {
            h2 { (table.table) " " small { "feedback" } }
            p { (sentence(&(heading.join("; ") + "."))) }
            div .scroll tabindex="0" role="region" aria-label="Feedback" {
                table .sortable {
                    caption { (whole_percentages(&caption(table))) }
                    thead { tr {
                        th scope="col" { "detector" }
                        @for name in &FEEDBACK_HEADS[1..] { th .number scope="col" { (name) } }
                    } }
                    tbody { @for detector in &table.detectors { tr {
                        @for (place, cell) in detector.cells().iter().enumerate() {
                            @if place == 0 { th scope="row" { (cell) } } @else { td .number { (cell) } }
                        }
                    } } }
                }
            }
            div .findings { ul { li { (sentence(&table.conclusion())) } } }
            @if let Some(svg) = chart {
                div .charts { figure tabindex="0" { (PreEscaped(super::inline(&svg))) } }
            }
        }
    }
}

fn caption(table: &TableFeedback) -> String {
    format!(
        "After {} verdicts: suspicious rows found if the detector learns, in its untaught order, and at random; AP and AUC on \
         the half that is never shown",
        table.verdicts
    )
}
