//! Where a table's files are: one file, a pattern, or a folder of part files.

use crate::error::{Error, Result};
use crate::files;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

const EXTENSIONS: [&str; 2] = ["parquet", "csv"];

/// The part files a path stands for, in order of their names.
///
/// # Errors
/// Where nothing is there, or nothing of a kind that can be read.
pub fn parts(path: &Path) -> Result<Vec<PathBuf>> {
    parts_of(path, &EXTENSIONS)
}

/// The part files a path stands for; of a folder those with one of some extensions.
///
/// # Errors
/// Where nothing is there, or nothing of a kind that can be read.
pub fn parts_of(path: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>> {
    if path.is_dir() {
        return in_folder(path, extensions);
    }
    if path.exists() || !path.to_string_lossy().contains(['*', '?', '[']) {
        files::regular_file(path)?;
        return Ok(vec![path.to_owned()]);
    }
    let pattern = path.to_string_lossy();
    let found = glob::glob(&pattern).map_err(|e| Error::input(path, format!("not a pattern: {e}")))?;
    let mut files: Vec<PathBuf> =
        found.filter_map(|entry| entry.ok()).filter(|file| file.is_file()).collect();
    files.sort();
    match files.is_empty() {
        true => Err(Error::input(path, "no file matches this pattern")),
        false => Ok(files),
    }
}

/// The path of a table in a store: `auth_events.parquet`, `auth_events.csv`, or the folder `auth_events`.
/// `None` where the store has no such table.
///
/// # Errors
/// Where the store is not a folder.
pub fn in_store(store: &Path, table: &str) -> Result<Option<PathBuf>> {
    if !store.is_dir() {
        let reason =
            if store.exists() { "not a folder; for a single file use --file" } else { "no such folder" };
        return Err(Error::input(store, reason));
    }
    let files = EXTENSIONS.iter().map(|extension| store.join(format!("{table}.{extension}")));
    Ok(files.chain([store.join(table)]).find(|path| path.exists()))
}

fn in_folder(folder: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(|e| Error::input(folder, e))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok())
        .map(|entry| entry.path())
        .filter(|file| {
            let known = |extension: &OsStr| extensions.iter().any(|e| extension.eq_ignore_ascii_case(e));
            file.extension().is_some_and(known)
        })
        .collect();
    files.sort();
    match files.is_empty() {
        true => {
            Err(Error::input(folder, format!("the folder holds no .{} file", extensions.join(" and no ."))))
        }
        false => files.iter().try_for_each(|file| files::regular_file(file)).map(|()| files),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::write;

    #[test]
    fn a_folder_stands_for_its_part_files_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.parquet", "a.parquet", "notes.txt"] {
            write(folder.path().join(name), "").unwrap();
        }
        let names: Vec<_> =
            parts(folder.path()).unwrap().iter().map(|p| p.file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["a.parquet", "b.parquet"]);
    }

    #[test]
    fn a_pattern_without_a_match_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = parts(&folder.path().join("part-*.parquet")).unwrap_err();
        assert!(error.to_string().contains("no file matches"), "{error}");
    }

    #[test]
    fn a_store_that_is_a_file_points_to_the_other_flag() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("auth_events.parquet");
        write(&file, "").unwrap();
        assert!(in_store(&file, "auth_events").unwrap_err().to_string().contains("--file"));
        assert_eq!(in_store(folder.path(), "auth_events").unwrap(), Some(file));
        assert_eq!(in_store(folder.path(), "admin_events").unwrap(), None);
    }
}
