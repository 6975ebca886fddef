//! The one error type: what was wrong, where, with which value, and the way out.

use std::path::{Path, PathBuf};

/// Everything that can stop a run. Each of these ends the program with exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder that cannot be read, or does not hold what its name says.
    #[error("{}: {reason}", path.display())]
    Input { path: PathBuf, reason: String },

    /// A file that cannot be written; what stood there before is untouched.
    #[error("{}: cannot be written: {reason}; nothing was changed there", path.display())]
    Output { path: PathBuf, reason: String },

    /// A column the table should have and does not.
    #[error("{table}: there is no column `{column}`{}; it has {}", did_you_mean(nearest), listed(has))]
    MissingColumn { table: String, column: String, nearest: Option<String>, has: Vec<String> },

    /// A column that is there but holds something else than was asked for.
    #[error("{table}: column `{column}` {problem}")]
    Column { table: String, column: String, problem: String },

    /// A table as a whole that cannot be worked on.
    #[error("{table}: {problem}")]
    Table { table: String, problem: String },

    /// A detector's parameter outside its range.
    #[error("{detector}: `{field}` must be {expected}, but is {value}")]
    Parameter { detector: &'static str, field: &'static str, value: String, expected: &'static str },

    /// A name that is in no list of ours: a detector, a table, a level.
    #[error("there is no {kind} `{name}`{}; there are {}", did_you_mean(nearest), listed(has))]
    UnknownName { kind: &'static str, name: String, nearest: Option<String>, has: Vec<String> },

    /// A request that contradicts itself or asks for what the table cannot give.
    #[error("{0}")]
    Request(String),
}

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn input(path: impl AsRef<Path>, reason: impl ToString) -> Self {
        Error::Input { path: path.as_ref().to_path_buf(), reason: reason.to_string() }
    }

    pub(crate) fn output(path: impl AsRef<Path>, reason: impl ToString) -> Self {
        Error::Output { path: path.as_ref().to_path_buf(), reason: reason.to_string() }
    }

    pub(crate) fn column(table: &str, column: &str, problem: impl ToString) -> Self {
        Error::Column { table: table.to_owned(), column: column.to_owned(), problem: problem.to_string() }
    }

    pub(crate) fn table(table: &str, problem: impl ToString) -> Self {
        Error::Table { table: table.to_owned(), problem: problem.to_string() }
    }

    pub(crate) fn missing_column(table: &str, column: &str, has: Vec<String>) -> Self {
        Error::MissingColumn {
            table: table.to_owned(),
            column: column.to_owned(),
            nearest: nearest(column, &has),
            has,
        }
    }

    pub(crate) fn unknown_name(kind: &'static str, name: &str, has: Vec<String>) -> Self {
        Error::UnknownName { kind, name: name.to_owned(), nearest: nearest(name, &has), has }
    }
}

/// A text from outside, safe to print: control characters written out, so that it neither breaks the line nor
/// reaches the terminal as a command, and cut where it is long.
pub fn printable(text: &str, longest: usize) -> String {
    let mut shown = String::new();
    for c in text.chars().take(longest) {
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    if text.chars().nth(longest).is_some() {
        shown.push('…');
    }
    shown
}

/// How many names an error lists before it says how many more there are.
const LISTED_AT_MOST: usize = 24;

/// How much of a name or value an error shows.
pub const LONGEST_NAME: usize = 60;

fn listed(names: &[String]) -> String {
    let names_shown = names.iter().take(LISTED_AT_MOST).map(|name| printable(name, LONGEST_NAME));
    let mut shown = names_shown.collect::<Vec<_>>().join(", ");
    if names.is_empty() {
        shown.push_str("none");
    }
    if names.len() > LISTED_AT_MOST {
        shown += &format!(" and {} more", names.len() - LISTED_AT_MOST);
    }
    shown
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default()
}

/// The known name closest to a mistyped one, where it is close enough to be meant.
fn nearest(name: &str, known: &[String]) -> Option<String> {
    const CLOSE_ENOUGH: f64 = 0.7;
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(similarity, _)| *similarity >= CLOSE_ENOUGH)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_column_names_the_nearest_one() {
        let has = vec!["hour_of_day".to_owned(), "is_admin".to_owned()];
        let text = Error::missing_column("auth_events", "hour_of_dya", has).to_string();
        assert!(text.contains("did you mean `hour_of_day`?"), "{text}");
    }

    #[test]
    fn a_name_like_no_other_gets_no_suggestion() {
        let text = Error::unknown_name("detector", "zzz", vec!["lof".to_owned()]).to_string();
        assert_eq!(text, "there is no detector `zzz`; there are lof");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(printable("a\nb\u{1b}[2J", 60), "a\\nb\\u{1b}[2J");
        assert_eq!(printable("abcdef", 3), "abc…");
    }

    #[test]
    fn a_long_list_of_names_is_cut() {
        let has = (0..40).map(|i| format!("f{i}")).collect();
        let text = Error::missing_column("t", "label", has).to_string();
        assert!(text.ends_with("f23 and 16 more"), "{text}");
    }
}
