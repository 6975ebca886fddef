//! The files of a table: from paths as people give them to part files, with the columns that folders name.

use super::files::{self, EXTENSIONS};
use super::folder_key::{FolderKey, keys_of};
use crate::error::{Error, LONGEST_NAME, Result, printable};
use crate::files::regular_file;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// The paths of one table: files, patterns, and folders of part files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paths(Vec<PathBuf>);

/// A file of a table.
#[derive(Clone, Debug)]
pub(super) struct PartFile {
    pub path: PathBuf,
    /// The columns that its folders name, such as `day=2026-03-02`.
    pub keys: Vec<FolderKey>,
}

/// All files of a table.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub files: Vec<PartFile>,
    /// What a reader should know, as sentences.
    pub notes: Vec<String>,
}

/// Folders in folders, at most.
const DEEPEST: usize = 16;

impl PartFile {
    /// Check that no folder names a column that the file has, too.
    ///
    /// # Errors
    /// If one does.
    pub fn check_names(&self, own: &[&String]) -> Result<()> {
        match self.keys.iter().find(|key| own.contains(&&key.name)) {
            Some(key) => {
                let name = printable(&key.name, LONGEST_NAME);
                let folder = format!("{name}={}", key.value.as_deref().unwrap_or_default());
                let problem = format!(
                    "has a column `{name}`, and its folder `{}` names one, too; rename the folder, or drop the column",
                    printable(&folder, LONGEST_NAME)
                );
                Err(Error::input(&self.path, problem))
            }
            None => Ok(()),
        }
    }
}

impl From<&Path> for Paths {
    fn from(path: &Path) -> Self {
        Paths(vec![path.to_owned()])
    }
}

impl From<&PathBuf> for Paths {
    fn from(path: &PathBuf) -> Self {
        Paths(vec![path.clone()])
    }
}

impl From<&[PathBuf]> for Paths {
    fn from(paths: &[PathBuf]) -> Self {
        Paths(paths.to_vec())
    }
}

impl From<&Vec<PathBuf>> for Paths {
    fn from(paths: &Vec<PathBuf>) -> Self {
        Paths(paths.clone())
    }
}

impl From<&Paths> for Paths {
    fn from(paths: &Paths) -> Self {
        paths.clone()
    }
}

impl Paths {
    /// The files, in the order of the paths; those of a pattern or a folder are sorted.
    ///
    /// # Errors
    /// If a path does not exist, a pattern matches no file, or a folder holds no part file.
    pub fn files(&self) -> Result<Vec<PathBuf>> {
        Ok(self.parts()?.files.into_iter().map(|file| file.path).collect())
    }

    /// Whether this is stdin, which people write as `-`.
    ///
    /// # Errors
    /// If there are other paths beside it.
    pub fn is_stdin(&self) -> Result<bool> {
        match self.0.iter().any(|path| path == Path::new("-")) {
            true if self.0.len() > 1 => {
                Err(Error::Request("- is stdin, which is read alone, without other files".to_owned()))
            }
            is_stdin => Ok(is_stdin),
        }
    }

    /// Whether folders name columns of the table.
    ///
    /// # Errors
    /// As [`Paths::files`].
    pub fn have_folder_keys(&self) -> Result<bool> {
        Ok(self.parts()?.files.iter().any(|file| !file.keys.is_empty()))
    }

    /// What errors about the whole table name: the path, or the first one and the number of the others.
    pub fn label(&self) -> PathBuf {
        match self.0.as_slice() {
            [] => PathBuf::new(),
            [path] => path.clone(),
            [first, others @ ..] => PathBuf::from(format!("{} and {} more", first.display(), others.len())),
        }
    }

    /// The name of the table: the stem of its path; of several paths what their stems have in common, or the
    /// name of their folder, or nothing.
    pub fn name(&self) -> String {
        let [first, others @ ..] = self.0.as_slice() else { return String::new() };
        let stem = files::stem(first);
        if others.is_empty() {
            return stem;
        }
        let mut common = stem.as_str();
        for other in others {
            let other = files::stem(other);
            let same = common.char_indices().zip(other.chars()).find(|((_, a), b)| a != b);
            let end = same.map_or(common.len().min(other.len()), |((at, _), _)| at);
            common = &common[..end];
        }
        let common = common.trim_end_matches(|c: char| "-_. ".contains(c) || c.is_ascii_digit());
        let folder =
            first.parent().filter(|folder| others.iter().all(|other| other.parent() == Some(folder)));
        match folder.and_then(Path::file_name) {
            Some(folder) if common.is_empty() => folder.to_string_lossy().into_owned(),
            _ => common.to_owned(),
        }
    }

    /// The files with the columns that their folders name.
    ///
    /// # Errors
    /// As [`Paths::files`].
    pub(super) fn parts(&self) -> Result<Parts> {
        let mut found = Found::default();
        for path in &self.0 {
            found.add(path)?;
        }
        found.finish()
    }
}

/// The files that are found so far.
#[derive(Default)]
struct Found {
    files: Vec<PathBuf>,
    /// Part files whose names start with `.` or `_`.
    hidden: Vec<PathBuf>,
    /// Files with an unknown extension.
    foreign: Vec<PathBuf>,
    /// Folders beside part files.
    beside: Vec<PathBuf>,
}

impl Found {
    /// Add the files of a path.
    fn add(&mut self, path: &Path) -> Result<()> {
        if path.is_dir() {
            let before = self.files.len();
            self.walk(path, 0)?;
            return match self.files.len() > before {
                true => Ok(()),
                false => Err(self.no_file_in(path)),
            };
        }
        if path.exists() || !path.to_string_lossy().contains(['*', '?', '[']) {
            regular_file(path)?;
            self.files.push(path.to_owned());
            return Ok(());
        }
        let matches = glob::glob(&path.to_string_lossy());
        let matches = matches.map_err(|e| Error::input(path, format!("not a pattern: {e}")))?;
        let mut files: Vec<PathBuf> = matches.filter_map(Result::ok).filter(|file| file.is_file()).collect();
        files.sort();
        match files.is_empty() {
            true => Err(Error::input(path, "no file matches this pattern")),
            false => {
                self.files.extend(files);
                Ok(())
            }
        }
    }

    fn no_file_in(&self, folder: &Path) -> Error {
        let mut problem = format!("the folder holds no .{} file", EXTENSIONS.join(", no ."));
        if let Some(hidden) = self.hidden.first() {
            problem += &format!("; names that start with . or _ are not read, such as {}", shown(hidden));
        }
        Error::input(folder, problem)
    }

    /// Add the part files of a folder, and of the folders in it if they name columns or if there are no other
    /// part files.
    fn walk(&mut self, folder: &Path, depth: usize) -> Result<()> {
        refuse_logged_tables(folder)?;
        let failed = |e| Error::input(folder, e);
        let entries = std::fs::read_dir(folder).map_err(failed)?;
        let mut paths: Vec<PathBuf> =
            entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>().map_err(failed)?;
        paths.sort();
        let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) =
            paths.into_iter().partition(|path| path.is_dir());
        let before = self.files.len();
        for file in files {
            self.add_file(file)?;
        }
        let has_parts = self.files.len() > before;
        for inner in folders.into_iter().filter(|inner| !is_hidden(inner)) {
            if has_parts && !name_of(&inner).contains('=') {
                self.beside.push(inner);
            } else if depth == DEEPEST {
                return Err(Error::input(inner, format!("more than {DEEPEST} folders deep")));
            } else {
                self.walk(&inner, depth + 1)?;
            }
        }
        Ok(())
    }

    fn add_file(&mut self, file: PathBuf) -> Result<()> {
        let is_part = files::extension(&file).is_some_and(|ending| EXTENSIONS.contains(&ending.as_str()));
        match (is_part, is_hidden(&file)) {
            (true, false) => {
                regular_file(&file)?;
                self.files.push(file);
            }
            (true, true) => self.hidden.push(file),
            (false, false) => self.foreign.push(file),
            // Marks of the writer, such as _SUCCESS and .part-0.parquet.crc.
            (false, true) => (),
        }
        Ok(())
    }

    fn finish(self) -> Result<Parts> {
        let mut notes = Vec::new();
        let files = filled(once_each(self.files, &mut notes), &mut notes);
        let files: Vec<PartFile> = files
            .into_iter()
            .map(|path| Ok(PartFile { keys: keys_of(&path)?, path }))
            .collect::<Result<_>>()?;
        for (found, why) in [
            (&self.hidden, "its name starts with . or _"),
            (&self.foreign, "its extension is not one of a table"),
            (&self.beside, "it is a folder beside part files"),
        ] {
            if let [first, others @ ..] = found.as_slice() {
                let more = match others.len() {
                    0 => String::new(),
                    others => format!(", and {others} more like it"),
                };
                notes.push(format!("{} is not read: {why}{more}", shown(first)));
            }
        }
        notes.extend(keys_note(&files));
        Ok(Parts { files, notes })
    }
}

/// The files without those that are named again.
fn once_each(files: Vec<PathBuf>, notes: &mut Vec<String>) -> Vec<PathBuf> {
    let mut seen = HashSet::new();
    let is_new = |file: &PathBuf| {
        let is_new = seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone()));
        if !is_new {
            notes.push(format!("{} is named twice, and read once", shown(file)));
        }
        is_new
    };
    files.into_iter().filter(is_new).collect()
}

/// The files without empty text files, which some programs write for parts without rows.
fn filled(files: Vec<PathBuf>, notes: &mut Vec<String>) -> Vec<PathBuf> {
    let is_empty = |file: &PathBuf| {
        files::extension(file).as_deref() != Some("parquet") && file.metadata().is_ok_and(|of| of.len() == 0)
    };
    if files.len() == 1 || files.iter().all(is_empty) {
        return files;
    }
    let (empty, filled): (Vec<PathBuf>, Vec<PathBuf>) = files.into_iter().partition(is_empty);
    notes.extend(empty.iter().map(|file| format!("{} is empty: it has no row", shown(file))));
    filled
}

/// A note on the columns that folders name.
fn keys_note(files: &[PartFile]) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for key in files.iter().flat_map(|file| &file.keys) {
        let name = format!("`{}`", printable(&key.name, LONGEST_NAME));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    match names.as_slice() {
        [] => None,
        [name] => Some(format!("{name} is a column: folders are named by its values")),
        names => Some(format!("{} are columns: folders are named by their values", names.join(", "))),
    }
}

/// Refuse a folder whose log says which of its files are part of the table.
fn refuse_logged_tables(folder: &Path) -> Result<()> {
    let logs =
        [("_delta_log", "a Delta"), (".hoodie", "a Hudi"), ("metadata/version-hint.text", "an Iceberg")];
    match logs.iter().find(|(log, _)| folder.join(log).exists()) {
        Some((_, kind)) => {
            let problem = format!(
                "is {kind} table, whose log says which of its files are deleted; write it as plain Parquet first"
            );
            Err(Error::input(folder, problem))
        }
        None => Ok(()),
    }
}

fn is_hidden(path: &Path) -> bool {
    name_of(path).starts_with(['.', '_'])
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn shown(path: &Path) -> String {
    printable(&path.display().to_string(), 4 * LONGEST_NAME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{create_dir_all, write};

    /// A folder with these files.
    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            create_dir_all(path.parent().unwrap()).unwrap();
            write(path, "x\n1\n").unwrap();
        }
        folder
    }

    /// The files below a folder, and the notes without its path.
    fn found(folder: &Path) -> (Vec<String>, Vec<String>) {
        let parts = Paths::from(folder).parts().unwrap();
        let root = format!("{}/", folder.display());
        let files = parts.files.iter().map(|file| file.path.display().to_string().replace(&root, ""));
        (files.collect(), parts.notes.iter().map(|note| note.replace(&root, "")).collect())
    }

    #[test]
    fn the_part_files_of_a_folder_are_sorted_and_marks_are_passed_over() {
        let folder = folder(&["b.parquet", "a.csv.gz", "_SUCCESS", ".a.csv.crc", "_metadata"]);
        assert_eq!(found(folder.path()), (vec!["a.csv.gz".to_owned(), "b.parquet".to_owned()], vec![]));
    }

    #[test]
    fn what_looks_like_data_and_is_not_read_is_said() {
        let folder = folder(&["a.csv", "_b.csv", "old/c.csv", "d.log", "e.log"]);
        let (files, notes) = found(folder.path());
        assert_eq!(files, ["a.csv"]);
        let expected = [
            "_b.csv is not read: its name starts with . or _",
            "d.log is not read: its extension is not one of a table, and 1 more like it",
            "old is not read: it is a folder beside part files",
        ];
        assert_eq!(notes, expected);
    }

    #[test]
    fn folders_are_read_in_depth_and_may_name_columns() {
        let folder = folder(&["day=1/proto=t%2Fp/a.csv", "day=1/proto=udp/_SUCCESS", "day=2/a.csv"]);
        let parts = Paths::from(folder.path()).parts().unwrap();
        let keys = |file: &PartFile| -> Vec<(String, Option<String>)> {
            file.keys.iter().map(|key| (key.name.clone(), key.value.clone())).collect()
        };
        let key = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        assert_eq!(keys(&parts.files[0]), [key("day", "1"), key("proto", "t/p")]);
        assert_eq!(keys(&parts.files[1]), [key("day", "2")]);
        assert_eq!(parts.notes, ["`day`, `proto` are columns: folders are named by their values"]);
        let plain = folder_of_days();
        assert_eq!(found(plain.path()).0, ["01/a.csv", "02/a.csv"]);
    }

    fn folder_of_days() -> tempfile::TempDir {
        folder(&["01/a.csv", "02/a.csv"])
    }

    #[test]
    fn several_paths_are_one_list_and_a_file_counts_once() {
        let folder = folder(&["a.csv", "b.csv", "empty.csv"]);
        write(folder.path().join("empty.csv"), "").unwrap();
        let path = |name: &str| folder.path().join(name);
        let paths = vec![path("b.csv"), path("*.csv")];
        let parts = Paths::from(&paths).parts().unwrap();
        let names: Vec<String> = parts.files.iter().map(|file| name_of(&file.path)).collect();
        assert_eq!(names, ["b.csv", "a.csv"]);
        assert!(parts.notes[0].ends_with("b.csv is named twice, and read once"), "{:?}", parts.notes);
        assert!(parts.notes[1].ends_with("empty.csv is empty: it has no row"), "{:?}", parts.notes);
    }

    #[test]
    fn a_pattern_without_a_match_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let pattern = folder.path().join("part-*.parquet");
        let error = Paths::from(&pattern).parts().unwrap_err();
        assert_eq!(error.to_string(), format!("{}: no file matches this pattern", pattern.display()));
    }

    #[test]
    fn a_table_with_a_log_is_refused() {
        for (log, kind) in [("_delta_log/0.json", "Delta"), (".hoodie/x", "Hudi")] {
            let folder = folder(&["a.parquet", log]);
            let error = Paths::from(folder.path()).parts().unwrap_err().to_string();
            assert!(error.contains(kind), "{error}");
        }
    }

    #[test]
    fn several_files_are_named_by_what_their_names_share() {
        let name = |paths: &[&str]| Paths(paths.iter().map(PathBuf::from).collect()).name();
        assert_eq!(name(&["a/day-01.csv", "a/day-02.csv.gz"]), "day");
        assert_eq!(name(&["logs/monday.csv", "logs/tuesday.csv"]), "logs");
        assert_eq!(name(&["a/t.csv"]), "t");
        assert_eq!(name(&["a/x.csv", "b/y.csv"]), "");
        assert_eq!(Paths(vec!["a".into(), "b".into(), "c".into()]).label(), Path::new("a and 2 more"));
    }
}
