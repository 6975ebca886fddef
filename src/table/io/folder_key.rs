//! Columns that folders name: `day=2026-03-02/proto=tcp`, as Hive and Spark write them.

use crate::error::{Error, LONGEST_NAME, Result, printable};
use std::path::{Component, Path};

/// The value of a column in all rows of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderKey {
    pub name: String,
    /// `None` is a missing value.
    pub value: Option<String>,
}

/// The name that stands for a missing value.
const MISSING: &str = "__HIVE_DEFAULT_PARTITION__";

/// The columns that the folders of a path name, from the outermost one.
///
/// # Errors
/// If two folders name the same column.
pub fn keys_of(file: &Path) -> Result<Vec<FolderKey>> {
    let mut keys: Vec<FolderKey> = Vec::new();
    let folders = file.parent().into_iter().flat_map(Path::components);
    for key in folders.filter_map(|folder| key_of(&folder)) {
        if keys.iter().any(|other| other.name == key.name) {
            let problem =
                format!("two of its folders name the column `{}`", printable(&key.name, LONGEST_NAME));
            return Err(Error::input(file, problem));
        }
        keys.push(key);
    }
    Ok(keys)
}

fn key_of(folder: &Component) -> Option<FolderKey> {
    let Component::Normal(folder) = folder else { return None };
    let folder = folder.to_string_lossy();
    let (name, value) = folder.split_once('=').filter(|(name, _)| !name.is_empty())?;
    // Blanks around a value mean nothing, as in a cell of CSV.
    let value = Some(decoded(value).trim().to_owned()).filter(|value| !value.is_empty() && value != MISSING);
    Some(FolderKey { name: decoded(name), value })
}

/// Text without percent signs of a URL: `t%2Fp` is `t/p`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|code| first == b'%' && code.iter().all(u8::is_ascii_hexdigit));
        let code = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        match code {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(file: &str) -> Vec<(String, Option<String>)> {
        let keys = keys_of(Path::new(file)).unwrap();
        keys.into_iter().map(|key| (key.name, key.value)).collect()
    }

    #[test]
    fn folders_name_columns_and_values() {
        let key = |name: &str, value: Option<&str>| (name.to_owned(), value.map(str::to_owned));
        assert_eq!(
            keys("/t/year=2026/x/proto=tcp/a=b.csv"),
            [key("year", Some("2026")), key("proto", Some("tcp"))]
        );
        assert_eq!(keys("p=__HIVE_DEFAULT_PARTITION__/q=/=r/a.csv"), [key("p", None), key("q", None)]);
        assert_eq!(keys("a%20b=x%3Dy%C3%BC%/a.csv"), [key("a b", Some("x=y\u{fc}%"))]);
        assert_eq!(keys("a=New%20York%20/b=%0Ax/t.csv"), [key("a", Some("New York")), key("b", Some("x"))]);
        assert_eq!(keys("a=b=c/t.csv"), [key("a", Some("b=c"))]);
    }

    #[test]
    fn a_column_of_two_folders_is_an_error() {
        let error = keys_of(Path::new("a=1/a=2/t.csv")).unwrap_err().to_string();
        assert_eq!(error, "a=1/a=2/t.csv: two of its folders name the column `a`");
    }
}
