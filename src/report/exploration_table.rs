//! The tables of an exploration: numbers, groups, hours.

use super::number::{UNDEFINED, count, fixed, percent, significant};
use super::text::lines;
use crate::explore::{Exploration, FeatureKind, FeatureSummary, Group, Grouping};
use comfy_table::{CellAlignment, Table, presets};

/// Where an exploration is read. A terminal shows as much as a screen or two hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Terminal,
    Markdown,
}

/// The longest name of a feature, and of a value, that a terminal shows whole.
const FEATURE: usize = 22;
const VALUE: usize = 20;
/// The widest table of numbers that keeps its quartiles in a terminal, in columns.
const WIDTH: usize = 98;
/// How many groups of a feature are shown one by one.
const GROUPS: usize = 6;
/// The longest bar, in characters.
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

    /// How many numeric features and how many lines of groups are shown.
    fn most(self) -> (usize, usize) {
        match self {
            Form::Terminal => (12, 18),
            Form::Markdown => (usize::MAX, usize::MAX),
        }
    }

    /// A feature's name.
    pub fn feature(self, name: &str) -> String {
        self.name(name, FEATURE)
    }

    /// A name from the data, cut in a terminal, without what could steer one or break a table.
    fn name(self, name: &str, most: usize) -> String {
        let printable = name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
        match self {
            Form::Markdown => printable.collect::<String>().replace('|', "\\|"),
            Form::Terminal if name.chars().count() > most => shortened(&printable.collect::<Vec<_>>(), most),
            Form::Terminal => printable.collect(),
        }
    }
}

/// A name without its middle: names that begin alike often end differently.
fn shortened(name: &[char], most: usize) -> String {
    let (begin, end) = (most / 2, most - most / 2 - 1);
    name[..begin].iter().chain(&['…']).chain(&name[name.len() - end..]).collect()
}

/// Mean, deviation and quartiles of the numeric features, and what was left out; `None` where there are none. In a
/// terminal that would be too wide, the outer quartiles are left out.
pub(super) fn numbers(exploration: &Exploration, form: Form) -> Option<String> {
    let of_kind = |feature: &&FeatureSummary| feature.kind == FeatureKind::Number;
    let features: Vec<&FeatureSummary> = exploration.features.iter().filter(of_kind).collect();
    if features.is_empty() {
        return None;
    }
    let (most, _) = form.most();
    let shown = &features[..features.len().min(most)];
    let labelled = exploration.suspicious_rows.is_some();
    let mut table = number_table(shown, labelled, true, form);
    if form == Form::Terminal && table.lines().any(|line| line.chars().count() > WIDTH) {
        table = number_table(shown, labelled, false, form);
    }
    Some(aligned(table, &[0]) + &left_out(features.len() - shown.len(), "numeric features"))
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

/// The groups of categories and booleans; `None` where there are none.
pub(super) fn groups(exploration: &Exploration, form: Form) -> Option<String> {
    if exploration.by_category.is_empty() {
        return None;
    }
    let labelled = exploration.suspicious_rows.is_some();
    let mut header = vec!["category", "value", "rows", "share"];
    header.extend(labelled.then_some(["suspicious", "rate", "r, V"]).into_iter().flatten());
    let mut table = form.table(&header);
    let (_, most) = form.most();
    let (mut shown, mut features) = (0, 0);
    for grouping in &exploration.by_category {
        let rows = group_rows(grouping, exploration, form);
        if shown + rows.len() > most {
            break;
        }
        shown += rows.len();
        features += 1;
        table.add_rows(rows);
    }
    let rest = exploration.by_category.len() - features;
    Some(aligned(table, &[0, 1]) + &left_out(rest, "categories and booleans"))
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

/// Rows by hour: in a terminal as bars, the morning beside the evening. `None` where no hour is known.
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
        return Some(aligned(table, &[]));
    }
    let mut table = form.table(&[header.as_slice(), header.as_slice()].concat());
    let (morning, evening) = hours.split_at(hours.len() / 2);
    table.add_rows(morning.iter().zip(evening).map(|(a, b)| [cells(a), cells(b)].concat()));
    Some(aligned(table, &[2, header.len() + 2]))
}

/// A bar of eighths, as long as its share of the most.
fn bar(value: u64, most: u64) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (value as f64 / most.max(1) as f64 * (8 * BAR) as f64).ceil() as usize;
    let bar = "█".repeat(eighths / 8) + PARTS[eighths % 8];
    format!("{bar:<BAR$}")
}

/// A table's text, every column but some aligned to the right.
fn aligned(mut table: Table, left: &[usize]) -> String {
    for (at, column) in table.column_iter_mut().enumerate() {
        let side = if left.contains(&at) { CellAlignment::Left } else { CellAlignment::Right };
        column.set_cell_alignment(side);
    }
    lines(&table)
}

fn left_out(features: usize, kind: &str) -> String {
    if features == 0 {
        return String::new();
    }
    format!("\n … {features} more {kind}: --format markdown shows all")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_share() {
        assert_eq!(bar(1, 1).trim_end(), "█".repeat(BAR));
        assert_eq!(bar(1, 2).trim_end(), "█".repeat(BAR / 2));
        assert_eq!(bar(1, 1_000_000).trim_end(), "▏", "few is not none");
        assert_eq!(bar(0, 0).trim_end(), "");
    }

    #[test]
    fn names_cannot_steer_a_terminal_or_break_a_table() {
        assert_eq!(Form::Terminal.name("a\u{1b}[2Jb", 9), "a\u{fffd}[2Jb");
        assert_eq!(Form::Markdown.name("a|b\nc", 9), "a\\|b\u{fffd}c");
    }

    #[test]
    fn a_terminal_cuts_the_middle_of_long_names_and_markdown_does_not() {
        let long = "failed_logons_of_this_user_in_the_hour_before";
        assert_eq!(Form::Terminal.feature(long), "failed_logo…our_before");
        assert_eq!(Form::Markdown.feature(long), long);
    }
}
