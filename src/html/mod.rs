//! A report as one self-contained HTML page: tables, charts, findings and warnings. The page needs no
//! network, follows the reader's light or dark setting, and can be printed.

mod alerts;
mod answer;
mod comparison;
mod data;
mod drift;
mod feedback;
mod head;
mod importance;
mod ranks;
mod text;

pub use alerts::{AlertPage, alerts};
pub use drift::drift;

use crate::error::is_printable;
use crate::plot::{self, Chart, ImageFormat, Size};
use crate::report::{
    ProtocolMatrix, Report, TableFeedback, TableReport, count, protocol_matrices, suspicious, verdicts,
};
use head::head;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use text::sentence;

/// Sorts tables and shows the values of charts under the pointer. The page is readable without it.
const SCRIPT: &str = include_str!("script.js");

/// The page of a report and of simulated reviews. `command` is the command line that the page names as its source.
pub fn render(report: &Report, reviews: &[TableFeedback], command: &str) -> String {
    let groups = by_table(report);
    let matrices = protocol_matrices(report);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head(&format!("Anomaly detectors compared: {}", table_names(report, reviews)), ""))
            body {
                a .skip href="#main" { "Skip to the results" }
                (contents(&groups, &matrices, reviews))
                header {
                    h1 { "Anomaly detectors compared" }
                    @for group in &groups {
                        (answer::of(&group.iter().map(|(_, table)| *table).collect::<Vec<_>>()))
                    }
                    (source(report, command))
                }
                main #main {
                    @for (at, ranks) in report.ranks.iter().enumerate() { (ranks::section(ranks, at)) }
                    @for (at, matrix) in matrices.iter().enumerate() {
                        section #{ "protocols-" (at) } {
                            h2 { (matrix.table) " " small { "protocols side by side" } }
                            (comparison::protocols(matrix))
                        }
                    }
                    @for (nth, (at, table)) in groups.iter().flat_map(|group| group.iter().enumerate()) {
                        (section(table, *at, nth == 0))
                    }
                    @for (at, table) in reviews.iter().enumerate() { (feedback::section(table, at)) }
                }
                footer { (how_to_read()) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    visible(&page.into_string())
}

/// The reports of each table, with their place in the report.
fn by_table(report: &Report) -> Vec<Vec<(usize, &TableReport)>> {
    let mut groups: Vec<Vec<(usize, &TableReport)>> = Vec::new();
    for (at, table) in report.tables.iter().enumerate() {
        match groups.last_mut() {
            Some(group) if group[0].1.table == table.table => group.push((at, table)),
            _ => groups.push(vec![(at, table)]),
        }
    }
    groups
}

fn table_names(report: &Report, reviews: &[TableFeedback]) -> String {
    let compared = report.tables.iter().map(|table| table.table.as_str());
    let reviewed = reviews.iter().map(|table| table.table.as_str());
    let mut names: Vec<&str> = Vec::new();
    compared.chain(reviewed).for_each(|name| {
        if !names.contains(&name) {
            names.push(name)
        }
    });
    names.join(", ")
}

/// The contents: above the page, and at its side on a wide screen.
fn contents(
    groups: &[Vec<(usize, &TableReport)>],
    matrices: &[ProtocolMatrix],
    reviews: &[TableFeedback],
) -> Markup {
    html! {
        nav .contents aria-label="Contents" {
            div {
                h2 { "Contents" }
                ul {
                    li { a href="#main" { "Results" } }
                    @for (at, matrix) in matrices.iter().enumerate() {
                        li { a href={ "#protocols-" (at) } { (matrix.table) ", protocols" } }
                    }
                    @for (at, table) in groups.iter().flatten() {
                        li { a href={ "#table-" (at) } { (table.table) ", " (table.protocol.id()) } }
                    }
                    @for (at, table) in reviews.iter().enumerate() {
                        li { a href={ "#feedback-" (at) } { (table.table) ", feedback" } }
                    }
                    li { a href="#how-to-read" { "How numbers can mislead" } }
                }
            }
        }
    }
}

fn source(report: &Report, command: &str) -> Markup {
    html! {
        dl .facts {
            div { dt { "made by" } dd { code { (sentence(command)) } } }
            div { dt { "version" } dd { "whis-lab " (env!("CARGO_PKG_VERSION")) ", report format " (report.format) } }
            @if !report.tables.is_empty() { div { dt { "seed" } dd { (report.seed) } } }
            @for file in report.provenance.iter().flat_map(|made| &made.files) {
                div { dt { "data" } dd { (file.name) ", SHA-256 " code { (file.sha256) } } }
            }
        }
    }
}

/// The results of a table under one protocol. The charts of the data are in the first section of a table only.
/// A page in which control characters and marks that change the direction of text are escaped.
fn visible(page: &str) -> String {
    let mut text = String::with_capacity(page.len());
    for c in page.chars() {
        if matches!(c, '\n' | '\t') || is_printable(c) {
            text.push(c)
        } else {
            text.extend(c.escape_default())
        }
    }
    text
}

fn section(table: &TableReport, at: usize, is_first: bool) -> Markup {
    html! {
        section #{ "table-" (at) } {
            h2 { (table.table) " " small { (table.protocol.id()) } }
            p { (sentence(&about(table))) }
            (comparison::tables(table))
            (list("findings", "What was found", &table.findings))
            (list("verdicts", "Which detector ranks better", &verdicts(table)))
            (list("warnings", "Be careful", &table.warnings.iter().map(|note| note.text.clone()).collect::<Vec<_>>()))
            div .charts {
                @for kind in Chart::ALL {
                    @if is_first || !kind.is_of_the_data() { (figure(table, kind)) }
                }
            }
            @if let (true, Some(exploration)) = (is_first, &table.exploration) {
                (data::what_it_looks_like(exploration))
            }
            (importance::tables(&table.runs, table.few_suspicious()))
            (parameters(table))
        }
    }
}

fn about(table: &TableReport) -> String {
    let parts = match table.scored_rows != table.train_rows {
        true => format!(" ({} and {} rows)", count(table.train_rows as u64), count(table.scored_rows as u64)),
        false => String::new(),
    };
    let groups = table.groups.as_ref().and_then(|groups| groups.line(table.suspicious_rows));
    let groups = groups
        .map(|line| format!(" {line}.").replace(" groups:", " Groups:").replace('`', ""))
        .unwrap_or_default();
    format!(
        "{} rows, {} distinct, {} features, {}.{groups} Protocol {}: {}{parts}. Threshold: {}.",
        count(table.rows as u64),
        count(table.distinct_rows as u64),
        table.features.len(),
        suspicious(table.suspicious_rows.map(|rows| rows as u64), table.suspicious_rate),
        table.protocol.id(),
        table.protocol.meaning(),
        table.threshold_words()
    )
}

fn list(class: &str, title: &str, lines: &[String]) -> Markup {
    html! {
        @if !lines.is_empty() {
            div class=(class) {
                h3 { (title) }
                ul { @for line in lines { li { (sentence(line)) } } }
            }
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
                div { dt { "threshold" } dd { (table.threshold_words()) } }
                @for run in &table.runs {
                    div { dt { (run.detector) } dd { code { (run.parameters.to_string()) } } }
                }
            }
        }
    }
}

fn how_to_read() -> Markup {
    html! {
        h2 #how-to-read { "How these numbers can mislead" }
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
        let page = render(&Report::new(1, vec![]), &[], "whis-lab report --file '<script>x'");
        assert!(page.contains("&lt;script&gt;x") && !page.contains("<script>x"));
    }
}
