//! What was repaired while a table was read.

use crate::error::{LONGEST_NAME, printable};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What was skipped or decoded while CSV files were read. Clones share their counts.
#[derive(Clone, Debug, Default)]
pub struct Repairs(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    header_lines: u64,
    empty_rows: u64,
    /// The first line that is not UTF-8, and its file.
    not_utf8: Option<(PathBuf, u64)>,
}

impl Repairs {
    /// Add header lines among the rows, which are skipped.
    pub(crate) fn add_header_lines(&self, lines: u64) {
        self.change(|counts| counts.header_lines += lines);
    }

    /// Add empty rows at the end of a file, which are skipped.
    pub(crate) fn add_empty_rows(&self, rows: u64) {
        self.change(|counts| counts.empty_rows += rows);
    }

    /// Add a file whose first line that is not UTF-8 has this number.
    pub(crate) fn add_not_utf8(&self, file: &Path, line: u64) {
        self.change(|counts| {
            counts.not_utf8.get_or_insert_with(|| (file.to_owned(), line));
        });
    }

    fn change(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What a reader should know, as sentences.
    pub fn notes(&self) -> Vec<String> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let skipped = |count: u64, one: &str, several: &str| match count {
            0 => None,
            1 => Some(format!("{one} is skipped")),
            count => Some(format!("{count} {several} are skipped")),
        };
        let header_lines =
            skipped(counts.header_lines, "1 header line among the rows", "header lines among the rows");
        let empty_rows = skipped(counts.empty_rows, "1 empty row at the end", "empty rows at the end");
        let not_utf8 = counts.not_utf8.as_ref().map(|(file, line)| {
            let file = printable(&file.display().to_string(), LONGEST_NAME);
            format!("line {line} of {file} is not UTF-8: such characters are read as Windows-1252")
        });
        header_lines.into_iter().chain(empty_rows).chain(not_utf8).collect()
    }
}
