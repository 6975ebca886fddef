//! Reads files that users name: regular files only, and text of a bounded size.

use crate::error::{Error, Result};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// The largest schema or baseline, in bytes.
const LARGEST_TEXT: u64 = 16 << 20;

/// Check that a path is a regular file. Reading a pipe or a device may never end.
///
/// # Errors
/// If the path does not exist or is not a regular file.
pub fn regular_file(path: &Path) -> Result<()> {
    let metadata = fs::metadata(path).map_err(|e| Error::input(path, e))?;
    match metadata.is_file() {
        true => Ok(()),
        false if metadata.is_dir() => Err(Error::input(path, "it is a folder, but a file is expected")),
        false => Err(Error::input(path, "not a regular file")),
    }
}

/// The text of a file of at most 16 MiB.
///
/// # Errors
/// If the file cannot be read, is larger, or is not UTF-8.
pub fn text(path: &Path) -> Result<String> {
    text_up_to(path, LARGEST_TEXT)
}

/// The text of a file of at most `largest` bytes.
///
/// # Errors
/// If the file cannot be read, is larger, or is not UTF-8.
pub fn text_up_to(path: &Path, largest: u64) -> Result<String> {
    let bytes = bytes_up_to(path, largest)?;
    String::from_utf8(bytes).map_err(|_| Error::input(path, "not a text file, but binary data"))
}

/// The content of a file of at most `largest` bytes.
///
/// # Errors
/// If the file cannot be read or is larger.
pub fn bytes_up_to(path: &Path, largest: u64) -> Result<Vec<u8>> {
    const MEBIBYTE: u64 = 1 << 20;
    regular_file(path)?;
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| Error::input(path, e))?;
    let read = file.take(largest + 1).read_to_end(&mut bytes);
    match read.map_err(|e| Error::input(path, e))? as u64 {
        size if size > largest => {
            let reason = format!("larger than {} MiB, the limit for such a file", largest / MEBIBYTE);
            Err(Error::input(path, reason))
        }
        _ => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_not_read() {
        let error = text(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(error.to_string(), "/dev/zero: not a regular file");
    }

    #[test]
    fn a_folder_and_binary_data_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let reason = |path: &Path| match text(path).unwrap_err() {
            Error::Input { reason, .. } => reason,
            other => panic!("{other}"),
        };
        assert_eq!(reason(folder.path()), "it is a folder, but a file is expected");
        let path = folder.path().join("x");
        fs::write(&path, [0xff, 0xfe]).unwrap();
        assert_eq!(reason(&path), "not a text file, but binary data");
    }

    #[test]
    fn a_text_above_the_limit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.json");
        File::create(&path).unwrap().set_len(LARGEST_TEXT + 1).unwrap();
        let reason = "larger than 16 MiB, the limit for such a file";
        assert_eq!(text(&path).unwrap_err().to_string(), format!("{}: {reason}", path.display()));
    }
}
