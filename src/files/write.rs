//! Files are written whole or not at all: into a temporary file beside the target, then renamed over it.

use crate::error::{Error, Result};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use tempfile::NamedTempFile;

/// Temporary files that stand on the disk right now.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Write a file whole: what `fill` writes is moved to `path` only when all of it is on the disk. Missing folders
/// are made.
///
/// # Errors
/// Where the folder cannot be made or written to, or the disk is full; a file that stood there stays as it was.
pub fn write_whole(path: &Path, fill: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>) -> Result<()> {
    let whole = Whole::create(path)?;
    let mut buffer = BufWriter::new(whole.unfinished.file.as_file());
    fill(&mut buffer).and_then(|()| buffer.flush()).map_err(|e| Error::output(path, e))?;
    drop(buffer);
    whole.finish()
}

/// A file that is written little by little, and stands at its path only once it is finished.
#[derive(Debug)]
pub struct Whole {
    unfinished: Unfinished,
    path: PathBuf,
}

impl Whole {
    /// Begin a file; missing folders are made. It is gone again where it is not finished.
    ///
    /// # Errors
    /// Where something that is no file stands there, or the folder cannot be made or written to.
    pub fn create(path: &Path) -> Result<Self> {
        if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
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

    /// Move what was written to its path.
    ///
    /// # Errors
    /// Where not all of it comes to the disk; a file that stood there stays as it was.
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

/// Check that a file could be written here, before work is spent on what goes into it. Nothing is left behind.
///
/// # Errors
/// Where the nearest folder that is there is no folder, or cannot be written to.
pub fn check(path: &Path) -> Result<()> {
    let here = Path::new(".");
    let mut folder = path.parent().unwrap_or(here);
    while !folder.as_os_str().is_empty() && fs::symlink_metadata(folder).is_err() {
        folder = folder.parent().unwrap_or(here);
    }
    let folder = if folder.as_os_str().is_empty() { here } else { folder };
    Unfinished::new(folder).map(drop).map_err(|e| Error::output(path, e))
}

/// Check that a file that is about to be written is none of those that are read.
///
/// # Errors
/// Where it is, by this name or another one.
pub fn apart(path: &Path, read: &[PathBuf]) -> Result<()> {
    let same = |input: &PathBuf| path == input || same_file::is_same_file(path, input).unwrap_or(false);
    match read.iter().any(same) {
        true => Err(Error::output(path, "it is one of the files that this run reads or writes")),
        false => Ok(()),
    }
}

/// Remove what is being written at this moment: for a program that is about to be interrupted.
pub fn discard_unfinished() {
    for path in UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        // Nothing is left to tell a failure to.
        let _ = fs::remove_file(path);
    }
}

#[derive(Debug)]
struct Unfinished {
    file: NamedTempFile,
    _listed: Listed,
}

/// The entry of a temporary file in the list of those that stand on the disk.
#[derive(Debug)]
struct Listed(PathBuf);

impl Unfinished {
    fn new(folder: &Path) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".whis-lab-").suffix(".part");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder)?;
        let listed = Listed::new(file.path());
        Ok(Unfinished { file, _listed: listed })
    }

    fn persist(self, path: &Path) -> io::Result<()> {
        self.file.persist(path).map(drop).map_err(|e| e.error)
    }
}

impl Listed {
    fn new(path: &Path) -> Self {
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_owned());
        Listed(path.to_owned())
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).retain(|other| *other != self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_not_written_over_what_is_read() {
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
        assert!(write_whole(&path, failing).unwrap_err().to_string().contains("disk full"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_not_finished_is_nowhere() {
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
        assert!(Whole::create(folder.path()).unwrap_err().to_string().contains("not a regular file"));
    }

    #[test]
    fn missing_folders_are_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/c.txt");
        write_whole(&path, |out| out.write_all(b"whole")).unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), "whole");
    }
}
