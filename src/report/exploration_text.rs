//! An exploration as text: tables for the terminal, or Markdown.

use super::exploration_table::{self as table, Form};
use super::exploration_words as words;
use super::text::indent;
use crate::explore::Exploration;

/// An exploration for a terminal, at most 100 characters wide and about 60 lines long.
pub fn exploration_terminal(exploration: &Exploration) -> String {
    let form = Form::Terminal;
    let mut sections = vec![words::heading(exploration).join("\n")];
    sections.extend(features(exploration, form).map(|text| indent(&text)));
    let hours = table::hours(exploration, form);
    sections.extend(hours.map(|table| format!("  {}\n\n{}", words::hours(exploration), indent(&table))));
    sections.extend(words::days(exploration).map(|lines| bullets("  ", &lines)));
    let findings = words::findings(exploration, form);
    sections.extend((!findings.is_empty()).then(|| bullets("  ", &findings)));
    sections.join("\n\n") + "\n"
}

/// An exploration as GitHub Flavored Markdown, with every feature.
pub fn exploration_markdown(exploration: &Exploration) -> String {
    let form = Form::Markdown;
    let mut sections = vec![format!("## {}", exploration.table), words::heading(exploration).join("  \n")];
    sections.extend(features(exploration, form));
    let hours = table::hours(exploration, form);
    sections.extend(hours.map(|table| format!("### {}\n\n{table}", capitalize(words::hours(exploration)))));
    sections.extend(words::days(exploration).map(|lines| format!("```text\n{}\n```", lines.join("\n"))));
    let findings = words::findings(exploration, form);
    sections.extend((!findings.is_empty()).then(|| bullets("- ", &findings)));
    sections.join("\n\n") + "\n"
}

/// The tables of numbers and groups, and the meaning of their last column.
fn features(exploration: &Exploration, form: Form) -> impl Iterator<Item = String> {
    let tables = [table::numbers(exploration, form), table::groups(exploration, form)];
    let note = words::association(exploration).map(|note| match form {
        Form::Terminal => format!(" {note}"),
        Form::Markdown => note,
    });
    tables.into_iter().chain([note]).flatten()
}

fn bullets(mark: &str, lines: &[String]) -> String {
    lines.iter().map(|line| format!("{mark}{line}")).collect::<Vec<_>>().join("\n")
}

fn capitalize(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
