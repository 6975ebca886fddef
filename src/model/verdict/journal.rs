//! A file of verdicts that grows: each verdict is on disk before the next one is asked for.

use super::record::VerdictRecord;
use crate::error::{Error, Result};
use crate::files;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// An open file of verdicts in JSON lines, to append to.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Open or create a file. If its last line has no end, the next verdict starts on a new line.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn open(path: &Path) -> Result<Self> {
        files::check(path)?;
        let refused = |e: std::io::Error| Error::output(path, e);
        let mut file = File::options().read(true).append(true).create(true).open(path).map_err(refused)?;
        let mut last = [b'\n'];
        if file.metadata().map_err(refused)?.len() > 0 {
            file.seek(SeekFrom::End(-1)).and_then(|_| file.read_exact(&mut last)).map_err(refused)?;
        }
        if last != [b'\n'] {
            file.write_all(b"\n").map_err(refused)?;
        }
        Ok(Journal { path: path.to_owned(), file })
    }

    /// Append a verdict. When this returns, it is on disk.
    ///
    /// # Errors
    /// If the verdict cannot be written.
    pub fn append(&mut self, record: &VerdictRecord) -> Result<()> {
        let refused = |e: std::io::Error| Error::output(&self.path, e);
        let line = serde_json::to_string(record).map_err(|e| Error::output(&self.path, e))? + "\n";
        self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data()).map_err(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Verdict, read};
    use super::*;
    use std::collections::BTreeMap;

    fn record(row: &str) -> VerdictRecord {
        VerdictRecord {
            table: Some("t".to_owned()),
            row: row.to_owned(),
            verdict: Verdict::Normal,
            time: Some(1_000_000),
            analyst: Some("ana".to_owned()),
            note: None,
            values: BTreeMap::new(),
        }
    }

    #[test]
    fn verdicts_are_appended_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("verdicts.jsonl");
        Journal::open(&path).unwrap().append(&record("1")).unwrap();
        Journal::open(&path).unwrap().append(&record("2")).unwrap();
        assert_eq!(read(&path, &[]).unwrap().records, [record("1"), record("2")]);
    }

    #[test]
    fn a_cut_off_line_does_not_spoil_the_next_verdict() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("verdicts.jsonl");
        std::fs::write(&path, "{\"row\":\"1\",\"verd").unwrap();
        Journal::open(&path).unwrap().append(&record("2")).unwrap();
        let found = read(&path, &[]).unwrap();
        assert_eq!((found.records, found.notes.len()), (vec![record("2")], 1));
    }
}
