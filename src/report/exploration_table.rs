//! The tables of an exploration: numbers, groups and hours.

use super::number::{UNDEFINED, count, counted, fixed, percent, significant};
use super::text::lines;
use crate::error::is_printable;
use crate::explore::{Exploration, FeatureKind, FeatureSummary, Group, Grouping};
use comfy_table::{CellAlignment, Table, presets};

/// Where an exploration is shown. A terminal shows one or two screens; Markdown shows everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Terminal,
    Markdown,
}

/// The longest feature name, and the longest value, that a terminal shows in full, in characters.
const FEATURE: usize = 22;
const VALUE: usize = 20;
/// The widest table of numbers in a terminal that keeps its outer quartiles, in characters.
const WIDTH: usize = 98;
/// The number of groups shown per feature.
const GROUPS: usize = 6;
/// The length of the longest bar, in characters.
const BAR: usize = 12;

impl Form {
    fn table(self, header: &[&str]) -> Table {
        let mut table = Table::new();
        let style = match self {
            Form::Terminal => presets::NOTHING,
            Form::Markdown => presets::ASCII_MARKDOWN,
        };
        table.load_style(style).set_header(header);
        table
    }

    /// The largest number of numeric features, and of lines of groups.
    fn limits(self) -> (usize, usize) {
        match self {
            Form::Terminal => (12, 18),
            Form::Markdown => (usize::MAX, usize::MAX),
        }
    }

    /// The name of a feature, shortened in a terminal.
    pub fn feature(self, name: &str) -> String {
        self.name(name, FEATURE)
    }

    /// A name from the data, shortened in a terminal. Control characters and `|` are replaced, because they
    /// could control a terminal or break a table.
    fn name(self, name: &str, most: usize) -> String {
        let printable = name.chars().map(|c| if is_printable(c) { c } else { '\u{fffd}' });
        match self {
            Form::Markdown => printable.collect::<String>().replace('|', "\\|"),
            Form::Terminal if name.chars().count() > most => shorten(&printable.collect::<Vec<_>>(), most),
            Form::Terminal => printable.collect(),
        }
    }
}

/// A name without its middle, because names with equal beginnings often differ at the end.
fn shorten(name: &[char], most: usize) -> String {
    let (begin, end) = (most / 2, most - most / 2 - 1);
    name[..begin].iter().chain(&['…']).chain(&name[name.len() - end..]).collect()
}

/// Mean, standard deviation and quartiles of the numeric features; `None` if there are none. A table too wide
/// for the terminal has no outer quartiles.
pub(super) fn numbers(exploration: &Exploration, form: Form) -> Option<String> {
    let of_kind = |feature: &&FeatureSummary| feature.kind == FeatureKind::Number;
    let features: Vec<&FeatureSummary> = exploration.features.iter().filter(of_kind).collect();
    if features.is_empty() {
        return None;
    }
    let (most, _) = form.limits();
    let shown = &features[..features.len().min(most)];
    let labelled = exploration.suspicious_rows.is_some();
    let mut table = number_table(shown, labelled, true, form);
    if form == Form::Terminal && table.lines().any(|line| line.chars().count() > WIDTH) {
        table = number_table(shown, labelled, false, form);
    }
    let rest = features.len() - shown.len();
    Some(align(table, &[0]) + &omission(rest, "more numeric feature", "more numeric features"))
}

fn number_table(features: &[&FeatureSummary], labelled: bool, quartiles: bool, form: Form) -> Table {
    let mut header = vec!["number", "distinct", "mean", "std", "min"];
    header.extend(quartiles.then_some("25 %"));
    header.push("median");
    header.extend(quartiles.then_some("75 %"));
    header.push("max");
    header.extend(labelled.then_some("r"));
    let mut table = form.table(&header);
    table.add_rows(features.iter().map(|feature| number_cells(feature, labelled, quartiles, form)));
    table
}

fn number_cells(feature: &FeatureSummary, labelled: bool, quartiles: bool, form: Form) -> Vec<String> {
    let FeatureSummary { mean, std, min, q25, median, q75, max, .. } = *feature;
    let number = |value: Option<f64>| value.map_or(UNDEFINED.to_owned(), significant);
    let mut cells = vec![form.feature(&feature.name), count(feature.distinct)];
    cells.extend([mean, std, min].map(number));
    cells.extend(quartiles.then(|| number(q25)));
    cells.push(number(median));
    cells.extend(quartiles.then(|| number(q75)));
    cells.push(number(max));
    cells.extend(labelled.then(|| fixed(feature.association)));
    cells
}

/// The groups of categories and booleans; `None` if there are none.
pub(super) fn groups(exploration: &Exploration, form: Form) -> Option<String> {
    if exploration.by_category.is_empty() {
        return None;
    }
    let labelled = exploration.suspicious_rows.is_some();
    let mut header = vec!["category", "value", "rows", "share"];
    header.extend(labelled.then_some(["suspicious", "rate", "r, V"]).into_iter().flatten());
    let mut table = form.table(&header);
    let (_, most) = form.limits();
    let (mut lines, mut features) = (0, 0);
    for grouping in &exploration.by_category {
        let rows = group_rows(grouping, exploration, form);
        if lines + rows.len() > most {
            break;
        }
        lines += rows.len();
        features += 1;
        table.add_rows(rows);
    }
    let rest = exploration.by_category.len() - features;
    Some(align(table, &[0, 1]) + &omission(rest, "more category or boolean", "more categories and booleans"))
}

fn group_rows(grouping: &Grouping, exploration: &Exploration, form: Form) -> Vec<Vec<String>> {
    let mut groups = grouping.groups.clone();
    if groups.len() > GROUPS + 1 {
        let rest = groups.split_off(GROUPS);
        groups.push(Group::sum("(other)", &rest));
    }
    let feature = exploration.features.iter().find(|feature| feature.name == grouping.feature);
    let cells = |(at, group): (usize, &Group)| {
        let first = at == 0;
        let name = if first { form.feature(&grouping.feature) } else { String::new() };
        let mut cells = vec![name, form.name(&group.name, VALUE), count(group.rows)];
        cells.push(percent(group.rows as f64 / exploration.rows as f64));
        if let Some(suspicious) = group.suspicious {
            cells.extend([count(suspicious), rate(group)]);
            cells.push(feature.filter(|_| first).map_or(String::new(), association));
        }
        cells
    };
    groups.iter().enumerate().map(cells).collect()
}

fn association(feature: &FeatureSummary) -> String {
    let letter = if feature.kind == FeatureKind::Category { "V" } else { "r" };
    feature.association.map_or(UNDEFINED.to_owned(), |value| format!("{letter} {value:.4}"))
}

fn rate(group: &Group) -> String {
    match group.suspicious {
        Some(suspicious) if group.rows > 0 => percent(suspicious as f64 / group.rows as f64),
        _ => UNDEFINED.to_owned(),
    }
}

/// Rows by hour; `None` if no hour is known. A terminal shows bars, with morning and evening side by side.
pub(super) fn hours(exploration: &Exploration, form: Form) -> Option<String> {
    let hours = &exploration.by_hour;
    let most = hours.iter().map(|hour| hour.rows).max()?;
    let labelled = exploration.suspicious_rows.is_some();
    let mut header = vec!["hour", "rows"];
    header.extend((form == Form::Terminal).then_some(""));
    header.extend(labelled.then_some(["suspicious", "rate"]).into_iter().flatten());
    let cells = |hour: &Group| {
        let mut cells = vec![hour.name.clone(), count(hour.rows)];
        cells.extend((form == Form::Terminal).then(|| bar(hour.rows, most)));
        cells.extend(hour.suspicious.into_iter().flat_map(|suspicious| [count(suspicious), rate(hour)]));
        cells
    };
    if form == Form::Markdown {
        let mut table = form.table(&header);
        table.add_rows(hours.iter().map(cells));
        return Some(align(table, &[]));
    }
    let mut table = form.table(&[header.as_slice(), header.as_slice()].concat());
    let (morning, evening) = hours.split_at(hours.len() / 2);
    table.add_rows(morning.iter().zip(evening).map(|(a, b)| [cells(a), cells(b)].concat()));
    Some(align(table, &[2, header.len() + 2]))
}

/// A bar of length value / most, in eighths of a character.
fn bar(value: u64, most: u64) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (value as f64 / most.max(1) as f64 * (8 * BAR) as f64).ceil() as usize;
    let bar = "█".repeat(eighths / 8) + PARTS[eighths % 8];
    format!("{bar:<BAR$}")
}

/// Align a table and return its text. Columns are aligned to the right, except those in `left`.
fn align(mut table: Table, left: &[usize]) -> String {
    for (at, column) in table.column_iter_mut().enumerate() {
        let side = if left.contains(&at) { CellAlignment::Left } else { CellAlignment::Right };
        column.set_cell_alignment(side);
    }
    lines(&table)
}

/// A line with the number of features that are not shown; empty if all are.
fn omission(features: usize, one: &str, many: &str) -> String {
    if features == 0 {
        return String::new();
    }
    format!("\n … {}: the Markdown form shows all", counted(features as u64, one, many))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_a_bar_is_its_share() {
        assert_eq!(bar(1, 1).trim_end(), "█".repeat(BAR));
        assert_eq!(bar(1, 2).trim_end(), "█".repeat(BAR / 2));
        assert_eq!(bar(1, 1_000_000).trim_end(), "▏", "a small value is not 0");
        assert_eq!(bar(0, 0).trim_end(), "");
    }

    #[test]
    fn names_cannot_control_a_terminal_or_break_a_table() {
        assert_eq!(Form::Terminal.name("a\u{1b}[2Jb", 9), "a\u{fffd}[2Jb");
        assert_eq!(Form::Terminal.name("a\u{202e}b", 9), "a\u{fffd}b");
        assert_eq!(Form::Markdown.name("a|b\nc", 9), "a\\|b\u{fffd}c");
    }

    #[test]
    fn a_terminal_shortens_long_names_in_the_middle_and_markdown_does_not() {
        let long = "failed_logons_of_this_user_in_the_hour_before";
        assert_eq!(Form::Terminal.feature(long), "failed_logo…our_before");
        assert_eq!(Form::Markdown.feature(long), long);
    }
}
