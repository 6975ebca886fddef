//! Groups of rows with a common value.

use super::kind::kind;
use super::{FeatureKind, Group, Grouping};
use crate::table::{Column, Values};
use std::cmp::Reverse;

/// The number of groups per feature; the rest is summed.
const GROUPS: usize = 50;
const MISSING: &str = "(missing)";
const OTHER: &str = "(other)";

/// The groups of a category or a boolean; `None` for numbers.
pub(super) fn grouping(column: &Column, labels: Option<&[bool]>) -> Option<Grouping> {
    let (codes, mut names) = codes_and_names(&column.values)?;
    let missing = names.len();
    names.push(MISSING.to_owned());
    let counts =
        class_counts(names.len(), codes.into_iter().map(|code| Some((code as usize).min(missing))), labels);
    let groups =
        names.into_iter().zip(counts).map(|(name, counts)| Group::new(name, counts, labels.is_some()));
    let mut groups: Vec<Group> = groups.filter(|group| group.rows > 0).collect();
    groups.sort_by(|a, b| (Reverse(a.rows), &a.name).cmp(&(Reverse(b.rows), &b.name)));
    if groups.len() > GROUPS {
        let rest = groups.split_off(GROUPS);
        groups.push(Group::sum(OTHER, &rest));
    }
    Some(Grouping { feature: column.name.clone(), groups })
}

/// The number of normal and suspicious rows of each group. Without labels, every row counts as normal. A row
/// without a group is not counted.
pub(super) fn class_counts(
    groups: usize,
    of_rows: impl Iterator<Item = Option<usize>>,
    labels: Option<&[bool]>,
) -> Vec<[u64; 2]> {
    let mut counts = vec![[0, 0]; groups];
    for (row, group) in of_rows.enumerate() {
        if let Some(group) = group {
            counts[group][usize::from(is_suspicious(labels, row))] += 1;
        }
    }
    counts
}

/// Whether a row has the label suspicious; false without labels.
pub(super) fn is_suspicious(labels: Option<&[bool]>, row: usize) -> bool {
    labels.is_some_and(|labels| labels[row])
}

impl Group {
    /// A group of normal and suspicious rows.
    pub(super) fn new(name: String, [normal, suspicious]: [u64; 2], labelled: bool) -> Self {
        Group { name, rows: normal + suspicious, suspicious: labelled.then_some(suspicious) }
    }

    /// The sum of several groups.
    pub fn sum(name: &str, groups: &[Group]) -> Self {
        Group {
            name: name.to_owned(),
            rows: groups.iter().map(|group| group.rows).sum(),
            suspicious: groups.iter().map(|group| group.suspicious).sum(),
        }
    }
}

/// The code of each row and the name of each code; `None` for numbers. Codes without a name are missing
/// values.
fn codes_and_names(values: &Values) -> Option<(Vec<u32>, Vec<String>)> {
    let owned = |names: [&str; 2]| names.map(str::to_owned).to_vec();
    match values {
        Values::Text(text) => Some((text.codes.clone(), text.levels.clone())),
        Values::Flag(flags) => {
            Some((flags.iter().map(|&flag| flag.into()).collect(), owned(["false", "true"])))
        }
        values if kind(values) == FeatureKind::Boolean => {
            let code = |value: &f64| if value.is_nan() { u32::MAX } else { u32::from(*value != 0.0) };
            Some((values.reals().iter().map(code).collect(), owned(["0", "1"])))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: impl Iterator<Item = Option<String>>) -> Column {
        Column { name: "c".into(), values: Values::Text(words.collect()) }
    }

    #[test]
    fn groups_are_ordered_by_size_and_then_by_name() {
        let column =
            words(["b", "a", "c", "c", ""].map(|w| (!w.is_empty()).then(|| w.to_owned())).into_iter());
        let groups = grouping(&column, Some(&[true, false, true, true, false])).unwrap().groups;
        let actual: Vec<_> = groups.iter().map(|g| (g.name.as_str(), g.rows, g.suspicious)).collect();
        let expected = [("c", 2, Some(2)), ("(missing)", 1, Some(0)), ("a", 1, Some(0)), ("b", 1, Some(1))];
        assert_eq!(actual, expected);
    }

    #[test]
    fn groups_beyond_the_fiftieth_are_summed() {
        let column =
            words((0..60_u32).flat_map(|level| vec![Some(format!("{level:02}")); 60 - level as usize]));
        let groups = grouping(&column, None).unwrap().groups;
        assert_eq!(groups.len(), 51);
        assert_eq!(groups[50], Group { name: "(other)".into(), rows: (1..=10).sum(), suspicious: None });
    }

    #[test]
    fn numbers_are_grouped_only_if_they_are_0_and_1() {
        let column = |values: &[f64]| Column { name: "x".into(), values: Values::Real(values.to_vec()) };
        let groups = grouping(&column(&[1.0, f64::NAN, 1.0, 0.0]), None).unwrap().groups;
        let actual: Vec<_> = groups.iter().map(|g| (g.name.as_str(), g.rows)).collect();
        assert_eq!(actual, [("1", 2), ("(missing)", 1), ("0", 1)]);
        assert_eq!(grouping(&column(&[1.0, 0.5]), None), None);
        assert_eq!(grouping(&column(&[0.0, 0.0]), None), None, "it may be a count that was never above 0");
        assert_eq!(grouping(&column(&[f64::NAN]), None), None);
    }
}
