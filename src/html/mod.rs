//! A report as one self-contained HTML page: tables, charts, findings and warnings. The page needs no
//! network, follows the reader's light or dark setting, and can be printed.

mod data;
mod importance;

use crate::metrics::Interval;
use crate::plot::{self, Chart, ImageFormat, Size};
use crate::report::{Report, Run, TableReport, count, fixed, percent, verdicts};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");

/// The page of a report. `command` is the command line that the page names as its source.
pub fn render(report: &Report, command: &str) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content=(concat!("whis-lab ", env!("CARGO_PKG_VERSION")));
                title { "Anomaly detectors compared: " (table_names(report)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a .skip href="#main" { "Skip to the results" }
                header { (head(report, command)) }
                main #main {
                    @for change in &report.winner_changes {
                        p .finding { (change.to_string()) }
                    }
                    @for (at, table) in report.tables.iter().enumerate() { (section(table, at)) }
                }
                footer { (how_to_read()) }
            }
        }
    };
    page.into_string()
}

fn table_names(report: &Report) -> String {
    let mut names: Vec<&str> = report.tables.iter().map(|table| table.table.as_str()).collect();
    names.dedup();
    names.join(", ")
}

fn head(report: &Report, command: &str) -> Markup {
    html! {
        h1 { "Anomaly detectors compared" }
        dl .facts {
            div { dt { "made by" } dd { code { (command) } } }
            div { dt { "version" } dd { "whis-lab " (env!("CARGO_PKG_VERSION")) ", report format " (report.format) } }
            div { dt { "seed" } dd { (report.seed) } }
            @for file in report.provenance.iter().flat_map(|made| &made.files) {
                div { dt { "data" } dd { (file.name) ", SHA-256 " code { (file.sha256) } } }
            }
        }
        nav aria-label="Tables" {
            ul { @for (at, table) in report.tables.iter().enumerate() {
                li { a href={ "#table-" (at) } { (table.table) ", " (table.protocol.id()) } }
            } }
        }
    }
}

fn section(table: &TableReport, at: usize) -> Markup {
    html! {
        section #{ "table-" (at) } {
            h2 { (table.table) " " small { (table.protocol.id()) } }
            p { (count(table.rows as u64)) " rows, " (count(table.distinct_rows as u64)) " distinct, "
                (table.features.len()) " features, " (suspicious(table)) ". "
                "Protocol " b { (table.protocol.id()) } ": " (table.protocol.meaning())
                @if table.scored_rows != table.train_rows {
                    " (" (count(table.train_rows as u64)) " and " (count(table.scored_rows as u64)) " rows)"
                }
                ". At most the highest " (percent(table.contamination)) " of the training scores are flagged." }
            (list("findings", "What was found", &table.findings))
            (comparison(table))
            (list("verdicts", "Which detector ranks better", &verdicts(table)))
            (list("warnings", "Be careful", &table.warnings.iter().map(|note| note.text.clone()).collect::<Vec<_>>()))
            div .charts { @for kind in Chart::ALL { (figure(table, kind)) } }
            @if let Some(exploration) = &table.exploration { (data::what_it_looks_like(exploration)) }
            (importance::tables(&table.runs))
            (parameters(table))
        }
    }
}

fn suspicious(table: &TableReport) -> String {
    match (table.suspicious_rows, table.suspicious_rate) {
        (Some(rows), Some(rate)) => format!("{} suspicious ({})", percent(rate), count(rows as u64)),
        _ => "no labels".to_owned(),
    }
}

fn list(class: &str, title: &str, lines: &[String]) -> Markup {
    html! {
        @if !lines.is_empty() {
            div class=(class) {
                h3 { (title) }
                ul { @for line in lines { li { (line) } } }
            }
        }
    }
}

fn comparison(table: &TableReport) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label="Comparison" {
            table {
                caption { "Best AUC first; 95 % intervals by DeLong" }
                thead { tr {
                    th scope="col" { "detector" }
                    @for name in ["AUC", "95 % interval", "AP", "precision", "recall", "F1", "flagged", "threshold"] {
                        th .number scope="col" { (name) }
                    }
                } }
                tbody { @for run in &table.runs { (row(run)) } }
            }
        }
    }
}

fn row(run: &Run) -> Markup {
    let interval = |Interval { low, high }| format!("{low:.4} to {high:.4}");
    html! {
        tr {
            th scope="row" { (run.detector) }
            td .number { (fixed(run.auc)) }
            td .number { (run.auc_interval.map_or("–".to_owned(), interval)) }
            @for value in [run.average_precision, run.precision, run.recall, run.f1] {
                td .number { (fixed(value)) }
            }
            td .number { (count(run.flagged_rows)) }
            td .number { (format!("{:.5}", run.threshold)) }
        }
    }
}

/// A chart; nothing if the report lacks its data.
fn figure(table: &TableReport, kind: Chart) -> Markup {
    let size = Size::new(900, 600).ok();
    let bytes = size.and_then(|size| plot::draw(kind, table, ImageFormat::Svg, size).ok());
    let svg = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    html! {
        @if let Some(svg) = svg {
            figure tabindex="0" id={ (table.table) "-" (table.protocol.id()) "-" (kind.id()) } { (PreEscaped(inline(&svg))) }
        }
    }
}

/// The `<svg>` element without the XML declaration of a standalone file.
fn inline(svg: &str) -> &str {
    svg.find("<svg").map_or(svg, |at| &svg[at..])
}

fn parameters(table: &TableReport) -> Markup {
    html! {
        details {
            summary { "Parameters" }
            dl .facts {
                div { dt { "encoding" } dd { (serde_json::json!(table.encoding).as_str().unwrap_or_default()) } }
                div { dt { "contamination" } dd { (table.contamination) } }
                @for run in &table.runs {
                    div { dt { (run.detector) } dd { code { (run.parameters.to_string()) } } }
                }
            }
        }
    }
}

fn how_to_read() -> Markup {
    html! {
        h2 { "How these numbers can mislead" }
        ul {
            li { "In sample, detectors are scored on their training rows. Holdout, time and clean use other rows." }
            li { "An interval says how much a result may change with other rows, but not with other attacks." }
            li { "AUC weights all false-positive rates equally, but only low ones are usable: see the zoomed curve." }
            li { "Precision and recall hold for one threshold. Another contamination gives other values." }
            li { "A feature that is important for a score is not the cause of an attack." }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_svg_element_goes_into_the_page() {
        assert_eq!(inline("<?xml version=\"1.0\"?>\n<svg a=\"b\"></svg>"), "<svg a=\"b\"></svg>");
    }

    #[test]
    fn text_from_outside_is_escaped() {
        let page = render(&Report::new(1, vec![]), "whis-lab report --file '<script>'");
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"));
    }
}
