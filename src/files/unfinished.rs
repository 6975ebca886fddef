//! Temporary files of atomic writes: each is deleted unless it is finished, also if the program is interrupted.
//!
//! A killed program cannot delete its own. Each temporary file is locked while its program runs, so the next
//! write to the same folder recognizes abandoned ones and deletes them.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, TryLockError};
use tempfile::NamedTempFile;

/// The temporary files that exist now.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

const PREFIX: &str = ".whis-lab-";
const SUFFIX: &str = ".part";

/// A temporary file. Dropping it deletes the file.
#[derive(Debug)]
pub(super) struct Unfinished {
    file: NamedTempFile,
    _entry: Entry,
}

/// The entry of a temporary file in [`UNFINISHED`].
#[derive(Debug)]
struct Entry(PathBuf);

/// Delete all temporary files, before an interrupted program ends.
pub fn discard_unfinished() {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).drain(..).for_each(|path| remove(&path));
}

/// Delete all temporary files, without waiting and without allocating memory. A list that another thread
/// changes right now is left alone.
pub fn discard_unfinished_without_memory() {
    let unfinished = match UNFINISHED.try_lock() {
        Ok(unfinished) => unfinished,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return,
    };
    unfinished.iter().for_each(|path| remove(path));
}

/// Delete a file. The program is ending: a failure cannot be reported.
fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

/// Delete the temporary files that killed programs left in a folder. What cannot be deleted stays.
#[cfg(unix)]
pub(super) fn remove_abandoned(folder: &Path) {
    let is_ours = |name: &str| name.starts_with(PREFIX) && name.ends_with(SUFFIX);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(is_ours) && is_abandoned(&entry).unwrap_or(false) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Locks of this system also keep others from reading. Its temporary files stay.
#[cfg(not(unix))]
pub(super) fn remove_abandoned(_: &Path) {}

#[cfg(unix)]
fn is_abandoned(entry: &fs::DirEntry) -> io::Result<bool> {
    /// A younger file may not be locked yet.
    const YOUNGEST: std::time::Duration = std::time::Duration::from_secs(60);
    let metadata = fs::symlink_metadata(entry.path())?;
    let is_young = metadata.modified()?.elapsed().is_ok_and(|age| age < YOUNGEST);
    Ok(metadata.is_file() && !is_young && File::open(entry.path())?.try_lock().is_ok())
}

impl Unfinished {
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder).map_err(without_path)?;
        // Without locks, as on some network file systems, abandoned files stay.
        #[cfg(unix)]
        let _ = file.as_file().try_lock();
        let entry = Entry::new(file.path());
        Ok(Unfinished { file, _entry: entry })
    }

    pub(super) fn file(&self) -> &File {
        self.file.as_file()
    }

    pub(super) fn persist(self, path: &Path) -> io::Result<()> {
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

/// The error without the path of the temporary file, which means nothing to users.
fn without_path(error: io::Error) -> io::Error {
    let text = error.to_string();
    match text.rsplit_once(" at path \"") {
        Some((reason, _)) => io::Error::new(error.kind(), reason),
        None => error,
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    #[test]
    fn abandoned_files_are_deleted_and_those_of_running_programs_stay() {
        let folder = tempfile::tempdir().unwrap();
        let running = Unfinished::new(folder.path()).unwrap();
        let file = |name: &str| File::create(folder.path().join(name)).unwrap();
        let (abandoned, young, other) = (file(".whis-lab-a.part"), file(".whis-lab-b.part"), file("c.part"));
        let long_ago = SystemTime::now() - Duration::from_secs(3600);
        [running.file(), &abandoned, &other].iter().for_each(|file| file.set_modified(long_ago).unwrap());
        drop((abandoned, young, other));
        remove_abandoned(folder.path());
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(left.len(), 3, "{left:?}");
        assert!(!left.contains(&folder.path().join(".whis-lab-a.part")), "{left:?}");
    }
}
