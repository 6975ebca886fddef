//! An exploration for people: as tables in the terminal, or as Markdown.

use super::exploration_table::{self as table, Form};
use super::exploration_words as words;
use super::text::indented;
use crate::explore::Exploration;

/// An exploration for a terminal: within 100 columns, and some 60 lines.
pub fn exploration_terminal(exploration: &Exploration) -> String {
    let form = Form::Terminal;
    let mut sections = vec![words::heading(exploration).join("\n")];
    sections.extend(features(exploration, form).map(|text| indented(&text)));
    let hours = table::hours(exploration, form);
    sections.extend(hours.map(|table| format!("  {}\n\n{}", words::hours(exploration), indented(&table))));
    sections.extend(words::days(exploration).map(|lines| listed("  ", &lines)));
    let findings = words::findings(exploration, form);
    sections.extend((!findings.is_empty()).then(|| listed("  ", &findings)));
    sections.join("\n\n") + "\n"
}

/// An exploration as GitHub-flavoured Markdown, with every feature.
pub fn exploration_markdown(exploration: &Exploration) -> String {
    let form = Form::Markdown;
    let mut sections = vec![format!("## {}", exploration.table), words::heading(exploration).join("  \n")];
    sections.extend(features(exploration, form));
    let hours = table::hours(exploration, form);
    sections.extend(hours.map(|table| format!("### {}\n\n{table}", capitalised(words::hours(exploration)))));
    sections.extend(words::days(exploration).map(|lines| format!("```text\n{}\n```", lines.join("\n"))));
    let findings = words::findings(exploration, form);
    sections.extend((!findings.is_empty()).then(|| listed("- ", &findings)));
    sections.join("\n\n") + "\n"
}

/// The tables of numbers and of groups, and what their last column is.
fn features(exploration: &Exploration, form: Form) -> impl Iterator<Item = String> {
    let tables = [table::numbers(exploration, form), table::groups(exploration, form)];
    let note = words::association(exploration).map(|note| match form {
        Form::Terminal => format!(" {note}"),
        Form::Markdown => note,
    });
    tables.into_iter().chain([note]).flatten()
}

fn listed(mark: &str, lines: &[String]) -> String {
    lines.iter().map(|line| format!("{mark}{line}")).collect::<Vec<_>>().join("\n")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
