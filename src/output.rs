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
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(|e| Error::output(folder, e))?;
    let unfinished = Unfinished::new(folder).map_err(|e| Error::output(path, e))?;
    unfinished.fill(fill).map_err(|e| Error::output(path, e))?;
    unfinished.persist(path).map_err(|e| Error::output(path, e))
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

/// Remove what is being written at this moment: for a program that is about to be interrupted.
pub fn discard_unfinished() {
    for path in UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        // Nothing is left to tell a failure to.
        let _ = fs::remove_file(path);
    }
}

struct Unfinished {
    file: NamedTempFile,
    _listed: Listed,
}

/// The entry of a temporary file in the list of those that stand on the disk.
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

    fn fill(&self, fill: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>) -> io::Result<()> {
        let mut buffer = BufWriter::new(self.file.as_file());
        fill(&mut buffer)?;
        buffer.flush()?;
        drop(buffer);
        self.file.as_file().sync_all()
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
    fn missing_folders_are_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/c.txt");
        write_whole(&path, |out| out.write_all(b"whole")).unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), "whole");
    }
}
