//! Atomic writes: data goes to a temporary file in the target's folder, which is then renamed to the target.

use crate::error::{Error, Result};
use same_file::Handle;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tempfile::NamedTempFile;

/// The temporary files that exist now.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Write a file atomically: the output of `fill` is moved to `path` once all of it is on disk. Missing
/// folders are created.
///
/// # Errors
/// If the folder cannot be created or written to, or the disk is full. An older file at `path` is then
/// unchanged.
pub fn write_whole(path: &Path, fill: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>) -> Result<()> {
    let whole = Whole::create(path)?;
    let mut buffer = BufWriter::new(whole.unfinished.file.as_file());
    fill(&mut buffer).and_then(|()| buffer.flush()).map_err(|e| Error::output(path, e))?;
    drop(buffer);
    whole.finish()
}

/// A file that is written in pieces and appears at its path when it is finished.
#[derive(Debug)]
pub struct Whole {
    unfinished: Unfinished,
    path: PathBuf,
}

impl Whole {
    /// Start a file; missing folders are created. Dropping it unfinished deletes the temporary file.
    ///
    /// # Errors
    /// If `path` is a folder or a device, or if its folder cannot be created or written to.
    pub fn create(path: &Path) -> Result<Self> {
        if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(Error::output(path, "not a regular file"));
        }
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder).map_err(|e| Error::output(folder, e))?;
        let unfinished = Unfinished::new(folder).map_err(|e| Error::output(path, e))?;
        Ok(Whole { unfinished, path: path.to_owned() })
    }

    /// Move the finished file to its path.
    ///
    /// # Errors
    /// If the data cannot be written to disk completely. An older file at the path is then unchanged.
    pub fn finish(self) -> Result<()> {
        let synced = self.unfinished.file.as_file().sync_all();
        synced.and_then(|()| self.unfinished.persist(&self.path)).map_err(|e| Error::output(&self.path, e))
    }
}

impl Write for Whole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unfinished.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unfinished.file.flush()
    }
}

/// Check that a file can be written here, before its content is computed. The check leaves no file.
///
/// # Errors
/// If the nearest existing parent is not a folder or cannot be written to.
pub fn check(path: &Path) -> Result<()> {
    let here = Path::new(".");
    let mut folder = path.parent().unwrap_or(here);
    while !folder.as_os_str().is_empty() && fs::symlink_metadata(folder).is_err() {
        folder = folder.parent().unwrap_or(here);
    }
    let folder = if folder.as_os_str().is_empty() { here } else { folder };
    Unfinished::new(folder).map(drop).map_err(|e| Error::output(path, e))
}

/// Check that an output file is not one of the input files.
///
/// # Errors
/// If it is one of them, by the same name or another one.
pub fn apart(path: &Path, read: &[PathBuf]) -> Result<()> {
    let same = |input: &PathBuf| path == input || same_file::is_same_file(path, input).unwrap_or(false);
    let is_stdin = || {
        let handles = Handle::stdin().and_then(|stdin| Ok((stdin, Handle::from_path(path)?)));
        path.is_file() && handles.is_ok_and(|(stdin, file)| stdin == file)
    };
    match read.iter().any(same) || is_stdin() {
        true => Err(Error::output(path, "it is one of the files that this run reads or writes")),
        false => Ok(()),
    }
}

/// Delete all temporary files, before an interrupted program ends.
pub fn discard_unfinished() {
    for path in UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        // The program is ending: a failure cannot be reported.
        let _ = fs::remove_file(path);
    }
}

#[derive(Debug)]
struct Unfinished {
    file: NamedTempFile,
    _entry: Entry,
}

/// The entry of a temporary file in [`UNFINISHED`].
#[derive(Debug)]
struct Entry(PathBuf);

impl Unfinished {
    fn new(folder: &Path) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".whis-lab-").suffix(".part");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder)?;
        let entry = Entry::new(file.path());
        Ok(Unfinished { file, _entry: entry })
    }

    fn persist(self, path: &Path) -> io::Result<()> {
        self.file.persist(path).map(drop).map_err(|e| e.error)
    }
}

impl Entry {
    fn new(path: &Path) -> Self {
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_owned());
        Entry(path.to_owned())
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).retain(|other| *other != self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_file_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let [data, link, other] = ["data", "link", "other"].map(|name| folder.path().join(name));
        fs::write(&data, "rows").unwrap();
        fs::hard_link(&data, &link).unwrap();
        assert!(apart(&link, std::slice::from_ref(&data)).is_err());
        assert!(apart(&other, std::slice::from_ref(&other)).is_err());
        assert!(apart(&other, &[data, link]).is_ok());
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        fs::write(&path, "old").unwrap();
        let failing = |out: &mut BufWriter<&File>| {
            out.write_all(b"half")?;
            Err(io::Error::other("disk full"))
        };
        let reason = "cannot be written: disk full; nothing was changed there";
        let error = write_whole(&path, failing).unwrap_err();
        assert_eq!(error.to_string(), format!("{}: {reason}", path.display()));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_unfinished_file_is_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scored.csv");
        let mut whole = Whole::create(&path).unwrap();
        whole.write_all(b"half").unwrap();
        drop(whole);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let mut whole = Whole::create(&path).unwrap();
        whole.write_all(b"whole").unwrap();
        whole.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
    }

    #[test]
    fn a_folder_is_not_replaced_by_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let reason = "cannot be written: not a regular file; nothing was changed there";
        let error = Whole::create(folder.path()).unwrap_err();
        assert_eq!(error.to_string(), format!("{}: {reason}", folder.path().display()));
    }

    #[test]
    fn missing_folders_are_created() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/c.txt");
        write_whole(&path, |out| out.write_all(b"whole")).unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), "whole");
    }
}
