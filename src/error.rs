//! The error type of this crate: what is wrong, where, with which value. A [`Hint`] names a way out.

pub(crate) mod json;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Everything that can stop a run. Each variant ends the program with exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder that cannot be read or has the wrong content.
    #[error("{}: {reason}", path.display())]
    Input {
        /// The file or folder.
        path: PathBuf,
        /// Why it cannot be used.
        reason: String,
    },

    /// A file that cannot be written; an older file at that path is unchanged.
    #[error("{}: cannot be written: {reason}; nothing was changed there", path.display())]
    Output {
        /// The file to write.
        path: PathBuf,
        /// Why it cannot be written.
        reason: String,
    },

    /// A column that the table lacks.
    #[error("{table}: there is no column `{column}`{}; it has {}", did_you_mean(nearest), listed(has))]
    MissingColumn {
        /// The table's name.
        table: String,
        /// The missing column.
        column: String,
        /// The most similar column of the table; `None` if no name is similar enough.
        nearest: Option<String>,
        /// The columns of the table.
        has: Vec<String>,
    },

    /// A column with values that cannot be used.
    #[error("{table}: column `{column}` {problem}")]
    Column {
        /// The table's name.
        table: String,
        /// The column's name.
        column: String,
        /// What is wrong with its values.
        problem: String,
    },

    /// A table that cannot be used.
    #[error("{table}: {problem}")]
    Table {
        /// The table's name.
        table: String,
        /// What is wrong with it.
        problem: String,
    },

    /// A detector's parameter outside its range.
    #[error("{detector}: `{field}` must be {expected}, but is {value}")]
    Parameter {
        /// The detector's id.
        detector: &'static str,
        /// The parameter's name.
        field: &'static str,
        /// The value outside the range.
        value: String,
        /// The range of the parameter.
        expected: &'static str,
    },

    /// The name of an unknown detector, table or level.
    #[error("{}{}; {}", no_such(kind, name), did_you_mean(nearest), available(has))]
    UnknownName {
        /// What the name stands for, such as `detector`.
        kind: &'static str,
        /// The unknown name.
        name: String,
        /// The most similar known name; `None` if no name is similar enough.
        nearest: Option<String>,
        /// The known names.
        has: Vec<String>,
    },

    /// A request that contradicts itself, or that the table cannot satisfy.
    #[error("{0}")]
    Request(String),

    /// An error with a way out. `Display` shows the error alone.
    #[error("{error}")]
    Hinted {
        /// The error, without the way out.
        error: Box<Error>,
        /// The way out.
        hint: Hint,
    },
}

/// A way out of a problem, without the words of an interface: the command line spells it as flags.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Hint {
    /// Set the contamination to this share, in (0, 0.5].
    Contamination(f64),
    /// Name the label column; `Some` is a column that looks like it.
    NameLabel(Option<String>),
    /// Say which values of a numeric label column are suspicious: those above 0, or this one.
    LabelNumber {
        /// The label column.
        column: String,
        /// A value that occurs in the column.
        value: f64,
    },
    /// Say which values of a label column are suspicious; this one is probably normal.
    LabelWord {
        /// The label column.
        column: String,
        /// The most frequent value.
        value: String,
    },
    /// Read a single file and no label.
    OmitLabel,
    /// Name the feature columns.
    NameFeatures,
    /// Say that these columns of numbers hold categories.
    Categorical(Vec<String>),
    /// Remove this column from the features.
    OmitFeature(String),
    /// Say that a CSV has no header.
    NoHeader,
    /// Name the time column.
    NameTime,
    /// Give the number of alerts a day.
    NameBudget,
    /// Name the column of groups.
    NameGroup,
    /// Read a single file in place of a store.
    UseFile,
    /// Choose one table of a model.
    ChooseTable,
    /// Judge rows in a spreadsheet instead of at a terminal.
    ReviewInSpreadsheet,
    /// Encode categories by their frequency, or use fewer features.
    FrequencyEncoding,
    /// Fit and score the same rows.
    InSample,
    /// Score rows that were not fitted.
    Holdout,
    /// Fit normal rows only.
    Clean,
    /// Set the threshold by a share of the rows or a number of rows a day.
    AnotherThreshold,
    /// Train a model with this rule of the threshold.
    TrainByRule(String),
    /// Impute missing values: the mean, or the most frequent level.
    ImputeMissing,
    /// Score levels that training did not contain.
    ImputeUnknown,
    /// Score numbers outside the range of training.
    KeepOutOfRange,
    /// Add a prefix to the names of the new columns.
    Prefix,
    /// Record the results as the new baseline.
    Bless,
    /// Let this detector count copies of a row as neighbors of their own, or use a smaller k.
    CountCopies(String),
    /// Run this detector, which the report lacks.
    RunDetector(String),
    /// Draw this chart from the data in place of a report.
    PlotAgain {
        /// The chart's id, such as `roc`.
        chart: String,
    },
}

/// The result of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn input(path: impl AsRef<Path>, reason: impl ToString) -> Self {
        Error::Input { path: path.as_ref().to_path_buf(), reason: without_code(reason.to_string()) }
    }

    pub(crate) fn output(path: impl AsRef<Path>, reason: impl ToString) -> Self {
        Error::Output { path: path.as_ref().to_path_buf(), reason: without_code(reason.to_string()) }
    }

    pub(crate) fn column(table: &str, column: &str, problem: impl ToString) -> Self {
        Error::Column { table: table.to_owned(), column: column.to_owned(), problem: problem.to_string() }
    }

    pub(crate) fn table(table: &str, problem: impl ToString) -> Self {
        Error::Table { table: table.to_owned(), problem: problem.to_string() }
    }

    pub(crate) fn missing_column(table: &str, column: &str, has: Vec<String>) -> Self {
        let nearest = nearest(column, &has);
        let error = Error::MissingColumn { table: table.to_owned(), column: column.to_owned(), nearest, has };
        // The names of columns without a header.
        let nth = column.strip_prefix("column_").and_then(|nth| nth.parse::<usize>().ok());
        if nth.is_some() { error.with_hint(Hint::NoHeader) } else { error }
    }

    pub(crate) fn unknown_name(kind: &'static str, name: &str, has: Vec<String>) -> Self {
        Error::UnknownName { kind, name: name.to_owned(), nearest: nearest(name, &has), has }
    }

    /// This error with a way out.
    #[must_use]
    pub fn with_hint(self, hint: Hint) -> Self {
        Error::Hinted { error: Box::new(self), hint }
    }

    /// The way out; `None` if there is no known one.
    pub fn hint(&self) -> Option<&Hint> {
        match self {
            Error::Hinted { hint, .. } => Some(hint),
            _ => None,
        }
    }

    /// This error without its hint.
    pub fn without_hint(&self) -> &Error {
        match self {
            Error::Hinted { error, .. } => error.without_hint(),
            other => other,
        }
    }
}

/// Text from outside, safe to print: control characters and marks that change the direction of text are escaped, so that
/// no text breaks the line, controls the terminal or shows other words. Text of more than `longest` characters is cut.
pub fn printable(text: &str, longest: usize) -> String {
    let mut shown = String::new();
    for c in text.chars().take(longest) {
        if is_printable(c) { shown.push(c) } else { shown.extend(c.escape_default()) }
    }
    if text.chars().nth(longest).is_some() {
        shown.push('…');
    }
    shown
}

/// Whether a character shows as itself: no control character, line separator, direction mark or invisible character.
pub(crate) fn is_printable(c: char) -> bool {
    let is_invisible = matches!(
        c,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    );
    !c.is_control() && !is_invisible
}

/// The largest number of names that an error lists.
const LISTED_AT_MOST: usize = 24;

/// The largest number of characters of a name or value that an error shows.
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

/// "there is no table `x` in this model"; `kind` is "table" or "table in this model".
fn no_such(kind: &str, name: &str) -> String {
    let (kind, place) =
        kind.split_once(" in ").map_or((kind, String::new()), |(kind, place)| (kind, format!(" in {place}")));
    match name {
        "" => format!("the name of a {kind} is empty"),
        name => format!("there is no {kind} `{}`{place}", printable(name, LONGEST_NAME)),
    }
}

fn available(names: &[String]) -> String {
    let verb = if names.len() == 1 { "is only" } else { "are" };
    format!("there {verb} {}", listed(names))
}

/// The message of the operating system without its number: "Permission denied (os error 13)".
fn without_code(reason: String) -> String {
    match reason.rsplit_once(" (os error ") {
        Some((text, code)) if code.ends_with(')') => text.to_owned(),
        _ => reason,
    }
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default()
}

/// The known name that is most similar to a mistyped one; `None` if no name is similar enough.
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
        assert_eq!(
            text,
            "auth_events: there is no column `hour_of_dya` (did you mean `hour_of_day`?); it has \
             hour_of_day, is_admin"
        );
    }

    #[test]
    fn a_name_like_no_other_gets_no_suggestion() {
        let text = Error::unknown_name("detector", "zzz", vec!["lof".to_owned()]).to_string();
        assert_eq!(text, "there is no detector `zzz`; there is only lof");
    }

    #[test]
    fn the_place_of_a_name_comes_after_it() {
        let has = || vec!["auth".to_owned(), "admin".to_owned()];
        let text = Error::unknown_name("table in this model", "zzz", has()).to_string();
        assert_eq!(text, "there is no table `zzz` in this model; there are auth, admin");
        let text = Error::unknown_name("detector", "", has()).to_string();
        assert_eq!(text, "the name of a detector is empty; there are auth, admin");
    }

    #[test]
    fn numbers_of_the_operating_system_are_left_out() {
        let denied = std::io::Error::from_raw_os_error(13);
        assert!(denied.to_string().contains("(os error 13)"));
        let text = Error::input("x.csv", denied).to_string();
        assert!(text.starts_with("x.csv: ") && !text.contains("os error"), "{text}");
    }

    #[test]
    fn a_hint_is_not_part_of_the_text() {
        let error = Error::table("t", "there is no time column").with_hint(Hint::NameTime);
        assert_eq!(error.to_string(), "t: there is no time column");
        assert_eq!(error.hint(), Some(&Hint::NameTime));
        assert_eq!(error.without_hint().hint(), None);
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(printable("a\nb\u{1b}[2J", 60), "a\\nb\\u{1b}[2J");
        assert_eq!(printable("abcdef", 3), "abc…");
        assert_eq!(printable("a\u{202e}b\u{200b}\u{2028}é", 60), "a\\u{202e}b\\u{200b}\\u{2028}é");
    }

    #[test]
    fn a_long_list_of_names_is_cut() {
        let has = (0..40).map(|i| format!("f{i}")).collect();
        let text = Error::missing_column("t", "label", has).to_string();
        assert!(text.ends_with("f23 and 16 more") && !text.contains("f24"), "{text}");
        assert!(text.starts_with("t: there is no column `label`; it has f0, f1, "), "{text}");
    }
}
