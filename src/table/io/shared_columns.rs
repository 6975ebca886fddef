//! Whether the files of a table hold the same columns.

use crate::error::{Error, LONGEST_NAME, Result, printable};
use std::collections::HashSet;
use std::path::Path;

/// A file and the names of its columns.
pub(super) type NamedColumns<'a> = (&'a Path, Vec<&'a str>);

/// The largest number of columns, and of groups of files, that a message names.
const NAMED: usize = 6;

/// Notes on the columns that some files lack.
///
/// # Errors
/// If the files are different tables: a file shares at most half of its columns with most of the others.
pub(super) fn lacking(table: &Path, files: &[NamedColumns]) -> Result<Vec<String>> {
    let groups = groups(files);
    one_table(table, &groups)?;
    Ok(notes(files, &groups))
}

/// Files with the same columns.
struct Group<'a> {
    columns: HashSet<&'a str>,
    files: Vec<&'a NamedColumns<'a>>,
}

/// The files by their columns, in order of first appearance.
fn groups<'a>(files: &'a [NamedColumns<'a>]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group> = Vec::new();
    for file in files {
        let columns: HashSet<&str> = file.1.iter().copied().collect();
        match groups.iter_mut().find(|group| group.columns == columns) {
            Some(group) => group.files.push(file),
            None => groups.push(Group { columns, files: vec![file] }),
        }
    }
    groups
}

/// Check that each file shares most of its columns with the largest group, of which the first counts if there are
/// several.
fn one_table(table: &Path, groups: &[Group]) -> Result<()> {
    let Some(largest) = groups.iter().rev().max_by_key(|group| group.files.len()) else { return Ok(()) };
    let is_other = |group: &Group| {
        let shared = group.columns.intersection(&largest.columns).count();
        2 * shared <= group.columns.len().min(largest.columns.len())
    };
    if groups.len() == 1 || !groups.iter().any(|group| group.columns != largest.columns && is_other(group)) {
        return Ok(());
    }
    let mut texts: Vec<String> = groups.iter().take(NAMED).map(described).collect();
    if groups.len() > NAMED {
        texts.push(format!("{} more kinds of file", groups.len() - NAMED));
    }
    let problem =
        format!("the files are different tables: {}; read them one kind at a time", texts.join("; "));
    Err(Error::input(table, problem))
}

fn described(group: &Group) -> String {
    let Some((first, names)) = group.files.first() else { return String::new() };
    let more = match group.files.len() {
        1 => String::new(),
        files => format!(" and {} more", files - 1),
    };
    let has = if more.is_empty() { "has" } else { "have" };
    format!("{}{more} {has} {}", first.display(), listed(names, |name| printable(name, LONGEST_NAME)))
}

/// A note for each set of columns that the same files lack.
fn notes(files: &[NamedColumns], groups: &[Group]) -> Vec<String> {
    let mut names: Vec<&str> = Vec::new();
    let mut seen = HashSet::new();
    names.extend(files.iter().flat_map(|(_, names)| names).copied().filter(|name| seen.insert(*name)));
    let mut lacks: Vec<(Vec<usize>, Vec<&str>)> = Vec::new();
    for name in names {
        let without: Vec<usize> =
            (0..groups.len()).filter(|&group| !groups[group].columns.contains(name)).collect();
        match lacks.iter_mut().find(|(groups, _)| *groups == without) {
            _ if without.is_empty() => (),
            Some((_, names)) => names.push(name),
            None => lacks.push((without, vec![name])),
        }
    }
    let note = |(without, names): &(Vec<usize>, Vec<&str>)| {
        let lacking: Vec<&NamedColumns> =
            without.iter().flat_map(|&group| groups[group].files.iter().copied()).collect();
        let columns = listed(names, |name| format!("`{}`", printable(name, LONGEST_NAME)));
        match lacking.as_slice() {
            [(file, _)] => {
                format!("{} has no column {columns}: its rows have no value there", file.display())
            }
            lacking => format!(
                "{} of {} files, such as {}, have no column {columns}: their rows have no value there",
                lacking.len(),
                files.len(),
                lacking.first().map(|(file, _)| file.display().to_string()).unwrap_or_default()
            ),
        }
    };
    lacks.iter().map(note).collect()
}

fn listed(names: &[&str], shown: impl Fn(&str) -> String) -> String {
    let mut list: Vec<String> = names.iter().take(NAMED).map(|name| shown(name)).collect();
    if names.len() > NAMED {
        list.push(format!("{} more", names.len() - NAMED));
    }
    list.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(files: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let files: Vec<NamedColumns> =
            files.iter().map(|(file, names)| (Path::new(*file), names.split(' ').collect())).collect();
        lacking(Path::new("logs"), &files).map_err(|error| error.to_string())
    }

    #[test]
    fn a_note_names_the_files_and_the_columns_that_they_lack() {
        let notes = checked(&[("a", "x y v"), ("b", "x y"), ("c", "x y v"), ("d", "y x")]).unwrap();
        assert_eq!(notes, ["2 of 4 files, such as b, have no column `v`: their rows have no value there"]);
        let notes = checked(&[("a", "x y"), ("b", "x y v w")]).unwrap();
        assert_eq!(notes, ["a has no column `v`, `w`: its rows have no value there"]);
        assert_eq!(checked(&[("a", "x y"), ("b", "y x")]).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn different_logs_are_not_one_table() {
        let error = checked(&[("auth", "ts host user"), ("auth2", "ts host user"), ("dns", "ts query")]);
        let expected = "logs: the files are different tables: auth and 1 more have ts, host, user; dns has ts, query; \
                        read them one kind at a time";
        assert_eq!(error.unwrap_err(), expected);
    }
}
