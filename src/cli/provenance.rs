//! What made a report, from the command line and the input files.

use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::report::{Provenance, SourceFile};
use crate::table;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Flags that change no number of a report, with a value.
const WITH_VALUE: [&str; 7] =
    ["--out", "--threads", "--format", "--metrics", "--plot-format", "--size", "--scores"];

/// Flags that change no number of a report, without a value.
const ALONE: [&str; 2] = ["--quiet", "-q"];

/// The provenance of a report on these files. The date is left out unless the report differs from run to run
/// anyway.
///
/// # Errors
/// If a file cannot be read.
pub fn of(files: &[PathBuf], with_date: bool) -> Result<Provenance> {
    Ok(Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command: command(),
        files: files.iter().map(|file| source(file)).collect::<Result<_>>()?,
        date: if with_date { now() } else { None },
    })
}

/// The command line of this process.
pub fn command() -> String {
    let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    recorded(words)
}

/// The words that decide the numbers, as a command line without the folders of absolute paths.
fn recorded(words: impl Iterator<Item = String>) -> String {
    let (mut kept, mut is_value) = (vec!["whis-lab".to_owned()], false);
    for word in words {
        let flag = word.split('=').next().unwrap_or_default();
        let drops_value = WITH_VALUE.contains(&flag);
        if !is_value && !drops_value && !ALONE.contains(&flag) {
            kept.push(quoted(&without_folder(&word)));
        }
        is_value = !is_value && drops_value && !word.contains('=');
    }
    kept.join(" ")
}

/// An absolute path as the name of its file; other words unchanged.
fn without_folder(word: &str) -> String {
    let name = |path: &str| {
        let path = Path::new(path);
        let name = path.file_name().filter(|_| path.is_absolute());
        name.map(|name| name.to_string_lossy().into_owned())
    };
    match word.split_once('=').filter(|(flag, _)| flag.starts_with("--")) {
        Some((flag, value)) => format!("{flag}={}", name(value).unwrap_or_else(|| value.to_owned())),
        None => name(word).unwrap_or_else(|| word.to_owned()),
    }
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_.,/:=%+@".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

fn source(path: &Path) -> Result<SourceFile> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(SourceFile { name, sha256: sha256(path)? })
}

fn sha256(path: &Path) -> Result<String> {
    const CHUNK: usize = 1 << 20;
    let mut file = File::open(path).map_err(|e| Error::input(path, e))?;
    let (mut digest, mut buffer) = (Digest::new(), vec![0; CHUNK]);
    loop {
        match file.read(&mut buffer).map_err(|e| Error::input(path, e))? {
            0 => return Ok(digest.hex()),
            bytes => digest.update(&buffer[..bytes]),
        }
    }
}

fn now() -> Option<String> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    table::rfc3339(i64::try_from(seconds).ok()?.checked_mul(1_000_000)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_line(line: &str) -> String {
        recorded(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn flags_that_change_no_number_are_left_out() {
        let line = "compare --table auth --out x --threads=2 -q --format json --seed 7";
        assert_eq!(of_line(line), "whis-lab compare --table auth --seed 7");
        assert_eq!(of_line("compare --out --table"), "whis-lab compare");
    }

    #[cfg(unix)]
    #[test]
    fn a_path_of_the_machine_is_a_name() {
        assert_eq!(
            of_line("compare --file /home/me/t.csv --data=/srv/store --label class!=0"),
            "whis-lab compare --file t.csv --data=store --label 'class!=0'"
        );
        assert_eq!(of_line("compare --file days/t.csv"), "whis-lab compare --file days/t.csv");
    }
}
