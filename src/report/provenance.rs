//! What made a report: the version, the command, and the input files by name and digest. No path of the
//! machine is part of it.

use crate::error::printable;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What made a report.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct Provenance {
    /// The version of whis-lab.
    pub version: String,
    /// The command line. Arguments that change no number are left out, and an absolute path is the name of
    /// its file.
    pub command: String,
    /// The input files; empty for the demo store.
    pub files: Vec<SourceFile>,
    /// When the report was made (RFC 3339, UTC); only with timings, because it differs from run to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// An input file.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize, PartialEq)]
pub struct SourceFile {
    /// The name without folders.
    pub name: String,
    /// The SHA-256 of the bytes, in hexadecimal.
    pub sha256: String,
}

impl Provenance {
    /// Add the files of another report.
    pub fn add(&mut self, other: Provenance) {
        let new = other.files.into_iter().filter(|file| !self.files.contains(file));
        let new: Vec<SourceFile> = new.collect();
        self.files.extend(new);
    }

    /// The version, and the files with the start of their digests; `None` without files.
    pub(super) fn line(&self) -> Option<String> {
        const SHOWN: usize = 3;
        let file =
            |file: &SourceFile| format!("{} (SHA-256 {}…)", shown(&file.name), shortened(&file.sha256));
        let mut files: Vec<String> = self.files.iter().take(SHOWN).map(file).collect();
        if self.files.len() > SHOWN {
            files.push(format!("{} more files", self.files.len() - SHOWN));
        }
        (!files.is_empty()).then(|| format!("data: {}; whis-lab {}", files.join(", "), self.version))
    }

    /// Everything, as items of a Markdown list.
    pub(super) fn items(&self) -> Vec<String> {
        let made = format!("made by `{}`, whis-lab {}", code(&self.command), self.version);
        let file = |file: &SourceFile| format!("read `{}`, SHA-256 {}", code(&file.name), file.sha256);
        let date = self.date.iter().map(|date| format!("on {date}"));
        [made].into_iter().chain(self.files.iter().map(file)).chain(date).collect()
    }
}

/// A name or a command line on one line, without control characters.
fn shown(text: &str) -> String {
    const LONGEST: usize = 1_000;
    printable(text, LONGEST)
}

/// Text between backticks in Markdown.
fn code(text: &str) -> String {
    shown(text).replace('`', "'")
}

/// The first characters of a digest, enough to tell files apart.
fn shortened(sha256: &str) -> String {
    sha256.chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_files_are_named_and_more_are_counted() {
        let file = |at: usize| SourceFile { name: format!("{at}.csv"), sha256: "ab".repeat(32) };
        let of = |files: usize| Provenance {
            version: "1.0.0".into(),
            command: "whis-lab compare".into(),
            files: (0..files).map(file).collect(),
            date: None,
        };
        assert_eq!(of(0).line(), None);
        let one = "data: 0.csv (SHA-256 abababababab…); whis-lab 1.0.0";
        assert_eq!(of(1).line().as_deref(), Some(one));
        let forged = SourceFile { name: "a`\n# b".into(), sha256: "ab".into() };
        let items = Provenance { files: vec![forged], ..of(0) }.items();
        assert_eq!(items[1], "read `a'\\n# b`, SHA-256 ab");
        assert!(of(5).line().is_some_and(|line| line.contains(", 2 more files; ")));
    }
}
