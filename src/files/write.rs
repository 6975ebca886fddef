//! Atomic writes: data goes to a temporary file in the target's folder, which is then renamed to the target.

use super::unfinished::Unfinished;
use crate::error::{Error, Result};
use same_file::Handle;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Write a file atomically: the output of `fill` is moved to `path` once all of it is on disk. Missing
/// folders are created. A symbolic link at `path` stays, and the file that it names is replaced; the new file
/// has the permissions of the old one.
///
/// # Errors
/// If the folder cannot be created or written to, the old file is read-only, or the disk is full. An older
/// file at `path` is then unchanged.
pub fn write_whole(path: &Path, fill: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>) -> Result<()> {
    let whole = Whole::create(path)?;
    let mut buffer = BufWriter::new(whole.unfinished.file());
    fill(&mut buffer).and_then(|()| buffer.flush()).map_err(|e| Error::output(path, e))?;
    drop(buffer);
    whole.finish()
}

/// A file that is written in pieces and appears at its path when it is finished.
#[derive(Debug)]
pub struct Whole {
    unfinished: Unfinished,
    /// The path in messages.
    path: PathBuf,
    /// The file to replace: `path`, or what it links to.
    target: PathBuf,
}

impl Whole {
    /// Start a file; missing folders are created. Dropping it unfinished deletes the temporary file.
    ///
    /// # Errors
    /// If `path` is a folder, a device or a read-only file, or if its folder cannot be created or written to.
    pub fn create(path: &Path) -> Result<Self> {
        let target = replaceable(path)?;
        let folder = folder_of(&target);
        if target == path {
            fs::create_dir_all(folder).map_err(|e| Error::output(folder, e))?;
        }
        super::unfinished::remove_abandoned(folder);
        let unfinished = Unfinished::new(folder).map_err(|e| Error::output(path, e))?;
        Ok(Whole { unfinished, path: path.to_owned(), target })
    }

    /// A second handle of the file, for a writer that keeps its output.
    ///
    /// # Errors
    /// If the system has no more handles.
    pub fn writer(&self) -> Result<File> {
        self.unfinished.file().try_clone().map_err(|e| Error::output(&self.path, e))
    }

    /// Move the finished file to its path.
    ///
    /// # Errors
    /// If the data cannot be written to disk completely. An older file at the path is then unchanged.
    pub fn finish(self) -> Result<()> {
        let Whole { unfinished, path, target } = self;
        let kept = keep_permissions(unfinished.file(), &target);
        let synced = kept.and_then(|()| unfinished.file().sync_all());
        synced.and_then(|()| unfinished.persist(&target)).map_err(|e| Error::output(&path, e))
    }
}

impl Write for Whole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unfinished.file().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unfinished.file().flush()
    }
}

/// Check that a file can be written here, before its content is computed. The check leaves no file.
///
/// # Errors
/// If the file is read-only, or the nearest existing parent is not a folder or cannot be written to.
pub fn check(path: &Path) -> Result<()> {
    let here = Path::new(".");
    let target = replaceable(path)?;
    let mut folder = target.parent().unwrap_or(here);
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

/// The file that a write to `path` replaces or creates: `path`, or what it links to.
///
/// # Errors
/// If it is not a regular file, is read-only, or links lead to no file that can be created.
fn replaceable(path: &Path) -> Result<PathBuf> {
    let target = resolved(path)?;
    match fs::metadata(&target) {
        Ok(old) if !old.is_file() => Err(Error::output(path, "not a regular file")),
        Ok(old) if old.permissions().readonly() => Err(Error::output(path, "the file is read-only")),
        _ => Ok(target),
    }
}

/// `path`, or the end of its chain of symbolic links. The last file may be missing, its folder may not.
fn resolved(path: &Path) -> Result<PathBuf> {
    /// The limit of Linux.
    const MOST_LINKS: usize = 40;
    let mut target = path.to_owned();
    for _ in 0..=MOST_LINKS {
        let Ok(link) = fs::read_link(&target) else {
            if target != path && !folder_of(&target).is_dir() {
                let reason = format!("it links to {}, and that folder does not exist", target.display());
                return Err(Error::output(path, reason));
            }
            return Ok(target);
        };
        target = folder_of(&target).join(link);
    }
    Err(Error::output(path, "too many symbolic links"))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Give a file the permissions of the one that it replaces, if there is one.
#[cfg(unix)]
fn keep_permissions(file: &File, replaced: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
    /// Read, write and execute, without setuid and setgid.
    const ACCESS: u32 = 0o777;
    let Ok(old) = fs::metadata(replaced) else { return Ok(()) };
    // Only root may keep another owner. For others the new file is their own.
    let _ = fchown(file, Some(old.uid()), Some(old.gid()));
    file.set_permissions(fs::Permissions::from_mode(old.permissions().mode() & ACCESS))
}

/// Files of this system have no permission bits to keep.
#[cfg(not(unix))]
fn keep_permissions(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
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

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_its_file_is_replaced_with_its_permissions() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let [real, link, second] = ["v1.whis", "model.whis", "alias"].map(|name| folder.path().join(name));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("v1.whis", &link).unwrap();
        symlink(&link, &second).unwrap();
        write_whole(&second, |out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        assert!([&link, &second].iter().all(|link| link.is_symlink()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[cfg(unix)]
    #[test]
    fn a_dangling_link_gets_its_file_unless_the_folder_is_missing() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let [link, lost, circle] = ["link", "lost", "circle"].map(|name| folder.path().join(name));
        symlink("later.csv", &link).unwrap();
        write_whole(&link, |out| out.write_all(b"rows")).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("later.csv")).unwrap(), "rows");
        symlink("unmounted/later.csv", &lost).unwrap();
        symlink("circle", &circle).unwrap();
        for (path, reason) in [(&lost, "that folder does not exist"), (&circle, "too many symbolic links")] {
            assert!(check(path).unwrap_err().to_string().contains(reason));
            assert!(Whole::create(path).unwrap_err().to_string().contains(reason));
        }
    }

    #[test]
    fn a_read_only_file_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.whis");
        fs::write(&path, "old").unwrap();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        let reason = "cannot be written: the file is read-only; nothing was changed there";
        let expected = format!("{}: {reason}", path.display());
        assert_eq!(check(&path).unwrap_err().to_string(), expected);
        assert_eq!(write_whole(&path, |_| Ok(())).unwrap_err().to_string(), expected);
    }

    #[test]
    fn an_error_does_not_name_the_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "in the way").unwrap();
        let error = check(&file.join("y.csv")).unwrap_err().to_string();
        assert!(!error.contains(".part") && !error.contains("os error"), "{error}");
    }

    #[test]
    fn missing_folders_are_created() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/c.txt");
        write_whole(&path, |out| out.write_all(b"whole")).unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), "whole");
    }
}
