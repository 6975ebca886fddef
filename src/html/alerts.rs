//! The alerts of a scoring run as one self-contained HTML page: the rows themselves with their reasons, the alerts of each
//! day and entity, and what the threshold means.

use super::head::head;
use crate::error::printable;
use crate::model::TableModel;
use crate::model::score::ScoreStats;
use crate::report::{count, counted, percent, significant};
use maud::{DOCTYPE, Markup, html};
use serde_json::{Map, Value};

const ALERT_STYLE: &str = include_str!("alerts.css");

/// What the page shows.
#[derive(Debug)]
pub struct AlertPage<'a> {
    /// The command line that made the page.
    pub command: String,
    /// The model file, and its SHA-256.
    pub model_file: [String; 2],
    /// The input files, and the SHA-256 of each.
    pub inputs: Vec<[String; 2]>,
    /// The model, with the threshold of the run.
    pub model: &'a TableModel,
    /// The numbers of rows.
    pub stats: &'a ScoreStats,
    /// The columns that name the entity; empty if none is named.
    pub entity: Vec<String>,
    /// The columns of a row to show, in order.
    pub columns: Vec<String>,
    /// The prefix of the names of the new columns.
    pub prefix: String,
    /// The rows with all columns.
    pub rows: Vec<Map<String, Value>>,
    /// The number of rows that are not in the page.
    pub left_out: u64,
}

/// The longest text of a value, in characters.
const LONGEST: usize = 200;

/// The largest number of entities in the page.
const ENTITIES: usize = 50;

/// The page as HTML.
pub fn alerts(page: &AlertPage) -> String {
    let title = format!("Alerts: {}", page.model.name());
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head(&title, ALERT_STYLE))
            body {
                a .skip href="#main" { "Skip to the rows" }
                header { h1 { (title) } (answer(page)) }
                (by_day(page))
                (by_entity(page))
                main #main { (rows(page)) }
                footer { (provenance(page)) (how_to_read()) }
            }
        }
    };
    page.into_string()
}

/// How many rows are flagged, and what the threshold means.
fn answer(page: &AlertPage) -> Markup {
    let ScoreStats { scored, flagged, rejected, .. } = *page.stats;
    let days = page.stats.days().unwrap_or_default().len() as u64;
    let share = if scored > 0 { flagged as f64 / scored as f64 } else { 0.0 };
    html! {
        p .answer {
            b { (count(flagged)) } " of " (counted(scored, "row", "rows")) " are flagged " span .whole { "(" (percent(share)) ")" }
            @if days > 0 {
                ": " b { (significant(flagged as f64 / days as f64)) } " a day on " (counted(days, "day", "days"))
            }
            "." @if rejected > 0 { " " (counted(rejected, "row", "rows")) " could not be scored." }
        }
        p {
            @if page.model.threshold() == f64::NEG_INFINITY { "The threshold flags all rows." }
            @else {
                "A row is flagged if its score is above " (significant(page.model.threshold())) ", as it is for "
                (percent(page.model.share_above_threshold())) " of the training rows."
            }
        }
    }
}

fn by_day(page: &AlertPage) -> Markup {
    let days = page.stats.days().unwrap_or_default();
    let most = days.iter().map(|day| day.flagged).max().unwrap_or_default();
    let day = |day: &str, scored: u64, flagged: u64| {
        html! { tr {
            th .whole scope="row" { (day) }
            td .number { (count(flagged)) }
            td .number { (count(scored)) }
            td .wide { (bar(flagged as f64 / most.max(1) as f64)) }
        } }
    };
    html! {
        @if !days.is_empty() {
            section { h2 { "Alerts by day" small { " UTC" } }
                div .scroll.tall tabindex="0" role="region" aria-label="Alerts by day" { table {
                    thead { tr {
                        th scope="col" { "day" } th .number scope="col" { "flagged" } th .number scope="col" { "rows" }
                        th { }
                    } }
                    tbody { @for own in &days { (day(&own.day, own.scored, own.flagged)) } }
                } }
            }
        }
    }
}

fn by_entity(page: &AlertPage) -> Markup {
    let entities = page.stats.entities();
    let most = entities.first().map_or(1, |(_, rows)| *rows);
    let name = page.entity.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    html! {
        @if !entities.is_empty() {
            section { h2 { "Alerts by " (name) }
                div .scroll.tall tabindex="0" role="region" aria-label="Alerts by entity" { table {
                    thead { tr { th scope="col" { (name) } th .number scope="col" { "flagged" } th { } } }
                    tbody { @for (entity, rows) in entities.iter().take(ENTITIES) { tr {
                        th scope="row" { (shown(entity)) }
                        td .number { (count(*rows)) }
                        td .wide { (bar(*rows as f64 / most.max(1) as f64)) }
                    } } }
                } }
                @if entities.len() > ENTITIES {
                    p { "And " (count((entities.len() - ENTITIES) as u64)) " more with fewer alerts." }
                }
            }
        }
    }
}

/// A bar of this share of the width, in [0, 1].
fn bar(share: f64) -> Markup {
    html! { span .bar style=(format!("width:{:.1}%", 100.0 * share.clamp(0.0, 1.0))) { } }
}

fn rows(page: &AlertPage) -> Markup {
    html! {
        h2 { "The rows" }
        @if page.left_out > 0 {
            p .cut { "The first " (count(page.rows.len() as u64)) " are shown, and "
                (count(page.left_out)) " more are left out." }
        }
        @if page.rows.is_empty() { p { "No row is flagged." } }
        ol .alerts { @for row in &page.rows { li { (alert(page, row)) } } }
    }
}

fn alert(page: &AlertPage, row: &Map<String, Value>) -> Markup {
    let new = |name: &str| row.get(&format!("{}{name}", page.prefix));
    let number = |name: &str| new(name).and_then(Value::as_f64);
    let text = |name: &str| new(name).filter(|value| !value.is_null()).map(value_text);
    let times = new("count").and_then(Value::as_u64).filter(|&times| times > 1);
    let is_flagged = new("flagged").and_then(Value::as_bool).unwrap_or_default();
    let reasons = new("explanation").and_then(Value::as_array);
    html! {
        p .head {
            b { "severity " (severity(number("severity"))) }
            " · score " (number("score").map_or("–".to_owned(), significant))
            @if !is_flagged { " · not flagged" }
            @if let Some(times) = times { " · " b { (count(times)) " times" } }
            @if let (Some(first), Some(last)) = (text("first"), text("last")) {
                @if times.is_some() { ", " (first) " to " (last) }
            }
        }
        dl .values { @for name in &page.columns { @if let Some(value) = row.get(name) {
            div { dt { (shown(name)) } dd { (value_text(value)) } }
        } } }
        @if let Some(reasons) = reasons { (explanation(reasons)) }
        (names(new("unseen"), "never seen in training"))
        (names(new("missing"), "without a value"))
    }
}

/// A severity that is below 100 is not shown as 100.
fn severity(severity: Option<f64>) -> String {
    match severity {
        None => "–".to_owned(),
        Some(severity) if (99.995..100.0).contains(&severity) => format!("{severity:.4}"),
        Some(severity) => format!("{severity:.2}"),
    }
}

/// The features that moved the score, each as a sentence with a bar.
fn explanation(reasons: &[Value]) -> Markup {
    let moved = |reason: &Value| reason["contribution"].as_f64().unwrap_or_default();
    let most = reasons.iter().map(moved).fold(0.0, |most: f64, own| most.max(own.abs()));
    html! {
        ul .reasons { @for reason in reasons { li {
            span { b { (value_text(&reason["feature"])) } " is " b { (value_text(&reason["value"])) }
                ", typical is " (value_text(&reason["typical"])) ": "
                @if moved(reason) < 0.0 { "lowers" } @else { "raises" } " the score by "
                (significant(moved(reason).abs())) }
            (bar(if most > 0.0 { moved(reason).abs() / most } else { 0.0 }))
        } } }
    }
}

fn names(list: Option<&Value>, what: &str) -> Markup {
    let names = match list {
        Some(Value::Array(names)) => names.iter().map(value_text).collect::<Vec<_>>().join("; "),
        Some(Value::String(names)) => shown(names),
        _ => String::new(),
    };
    html! { @if !names.is_empty() { p .new { (names) ": " (what) } } }
}

/// A value as text that can neither end its element nor change the direction of the page.
fn value_text(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => shown(text),
        Value::Number(number) if number.is_f64() => number.as_f64().map_or("–".to_owned(), plain),
        other => shown(&other.to_string()),
    }
}

/// A whole number without decimals, another one with as many as it has.
fn plain(number: f64) -> String {
    number.to_string()
}

fn shown(text: &str) -> String {
    printable(text, LONGEST)
}

fn provenance(page: &AlertPage) -> Markup {
    let card = page.model.card();
    let [file, sha256] = &page.model_file;
    html! {
        h2 { "Where this is from" }
        dl .facts {
            div { dt { "made by" } dd { code { (shown(&page.command)) } } }
            div { dt { "version" } dd { "whis-lab " (env!("CARGO_PKG_VERSION")) } }
            div { dt { "model" } dd { (shown(file)) ", SHA-256 " code { (sha256) } } }
            div { dt { "table" } dd { (shown(&card.table)) ", " (shown(&card.detector)) ", trained on "
                (counted(card.training.rows as u64, "row", "rows")) } }
            @for [file, sha256] in &page.inputs {
                div { dt { "input" } dd { (shown(file)) ", SHA-256 " code { (sha256) } } }
            }
        }
    }
}

fn how_to_read() -> Markup {
    html! {
        h2 { "How to read this" }
        ul {
            li { "Severity is the percentage of training rows that score lower. It is not the probability of an attack." }
            li { "An explanation compares the row with the typical row, and says what moved the score, not what happened." }
            li { "Rows with equal features are one entry with a number of times; repeats of one behaviour, if they are grouped." }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_leaves_its_element_or_turns_the_text() {
        for text in
            ["</script><script>alert(1)</script>", "\" onload=\"x", "a\u{202e}b", "line\nbreak\u{1b}[31m"]
        {
            let markup = html! { p title=(shown(text)) { (value_text(&Value::from(text))) } }.into_string();
            assert!(!markup.contains("<script") && markup.matches('"').count() == 2, "{markup}");
            assert!(!markup.contains(['\u{202e}', '\n', '\u{1b}']), "{markup}");
        }
    }

    #[test]
    fn a_severity_below_100_is_not_shown_as_100() {
        assert_eq!([12.345, 99.999, 100.0].map(|own| severity(Some(own))), ["12.35", "99.9990", "100.00"]);
    }
}
