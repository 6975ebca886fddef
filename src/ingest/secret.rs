//! The key that hides names in a store. It is never kept in the store.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use rand::RngCore;
use rand::rngs::OsRng;

use crate::digest::Key;
use crate::error::{Error, Result};

/// The variable with the key.
const VARIABLE: &str = "WHIS_LAB_KEY";
const FILE: &str = "ingest.key";

/// Where a key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A file that the user names.
    Named(PathBuf),
    /// The variable `WHIS_LAB_KEY`.
    Variable,
    /// The file in the user's folder of settings, as it was.
    Kept(PathBuf),
    /// The same file, made now.
    Made(PathBuf),
}

/// The key: of a named file, else of the variable `WHIS_LAB_KEY`, else of a file in the user's folder of settings, which is
/// made with random bytes if it does not exist.
///
/// # Errors
/// If a file cannot be read or made, or a key has fewer than 16 bytes.
pub fn key(file: Option<&Path>) -> Result<(Key, KeySource)> {
    match (file, env::var(VARIABLE)) {
        (Some(file), _) => Ok((read(file)?, KeySource::Named(file.to_owned()))),
        (None, Ok(secret)) => {
            let of = || format!("the variable {VARIABLE}");
            Ok((
                checked(secret.trim().as_bytes()).map_err(|e| Error::Request(format!("{} {e}", of())))?,
                KeySource::Variable,
            ))
        }
        (None, Err(_)) => kept(&settings()?.join(FILE)),
    }
}

/// The user's folder of settings of this program.
fn settings() -> Result<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let home = || folder("HOME").map(|home| home.join(".config"));
    let settings = folder("XDG_CONFIG_HOME").or_else(|| folder("APPDATA")).or_else(home);
    settings.map(|folder| folder.join("whis-lab")).ok_or_else(|| {
        Error::Request("there is no folder for the key that hides names; name a file with a key".to_owned())
    })
}

fn kept(file: &Path) -> Result<(Key, KeySource)> {
    if file.exists() {
        return Ok((read(file)?, KeySource::Kept(file.to_owned())));
    }
    let mut secret = [0; 32];
    OsRng.try_fill_bytes(&mut secret).map_err(|e| Error::input(file, e))?;
    let text: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(|e| Error::input(folder, e))?;
    }
    match private(file).and_then(|mut out| io::Write::write_all(&mut out, text.as_bytes())) {
        Ok(()) => Ok((Key::new(text.as_bytes()), KeySource::Made(file.to_owned()))),
        // Another run was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Ok((read(file)?, KeySource::Kept(file.to_owned())))
        }
        Err(error) => Err(Error::input(file, error)),
    }
}

/// A new file that only its owner can read.
fn private(file: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

fn read(file: &Path) -> Result<Key> {
    let secret = fs::read(file).map_err(|e| Error::input(file, e))?;
    checked(secret.trim_ascii()).map_err(|e| Error::input(file, e))
}

fn checked(secret: &[u8]) -> Result<Key, String> {
    const SHORTEST: usize = 16;
    match secret.len() {
        0..SHORTEST => Err(format!("has a key of {} bytes; at least {SHORTEST} are needed", secret.len())),
        _ => Ok(Key::new(secret)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_kept_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/ingest.key");
        let (made, source) = kept(&file).unwrap();
        assert_eq!(source, KeySource::Made(file.clone()));
        let (again, source) = kept(&file).unwrap();
        assert_eq!(source, KeySource::Kept(file.clone()));
        assert_eq!(made.hide("anna"), again.hide("anna"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_short_key_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "short\n").unwrap();
        assert!(key(Some(file.path())).unwrap_err().to_string().contains("a key of 5 bytes"));
    }
}
