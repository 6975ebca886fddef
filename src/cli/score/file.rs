//! The files that scoring reads and writes.

use super::StreamFormat;
use crate::error::{Error, Result};
use crate::files;
use crate::progress::Count;
use crate::model::score::Rejected;
use crate::table::{self, Format};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// What the input is.
pub enum Inputs {
    /// JSON lines on stdin.
    Stdin,
    /// CSV on stdin.
    Records,
    /// JSON lines in files.
    Lines(Vec<PathBuf>),
    /// Parquet or CSV.
    Table,
}

impl Inputs {
    /// The files that are read.
    pub fn files(&self, path: &Path) -> Result<Vec<PathBuf>> {
        match self {
            Inputs::Stdin | Inputs::Records => Ok(Vec::new()),
            Inputs::Lines(files) => Ok(files.clone()),
            Inputs::Table => table::parts(path),
        }
    }

    /// What a path is; the format is that of stdin, where it is said.
    pub fn of(path: &Path, format: Option<StreamFormat>) -> Result<Self> {
        match format {
            Some(StreamFormat::Csv) if path == Path::new("-") => return Ok(Inputs::Records),
            _ if path == Path::new("-") => return Ok(Inputs::Stdin),
            Some(_) => {
                let problem = "--input-format is for stdin; a file says its format by its ending";
                return Err(Error::Request(problem.to_owned()));
            }
            None => (),
        }
        let files = table::parts_of(path, &["parquet", "csv", "jsonl", "ndjson"])?;
        let lines = files.iter().filter(|file| is_json_lines(file)).count();
        match lines {
            0 => Ok(Inputs::Table),
            n if n == files.len() => Ok(Inputs::Lines(files)),
            _ => Err(Error::input(path, "holds JSON lines and tables; score one after the other")),
        }
    }
}

/// The file of rejected lines. It is written as they come, for a stream may never end, behind those of earlier runs.
pub struct Rejects<'a> {
    path: &'a Path,
    file: File,
}

impl<'a> Rejects<'a> {
    pub fn create(path: &'a Path) -> Result<Self> {
        files::check(path)?;
        let file = File::options().append(true).create(true).open(path);
        let file = file.map_err(|e| Error::output(path, e))?;
        Ok(Rejects { path, file })
    }

    pub fn write(&mut self, line: Rejected) -> Result<()> {
        let Some(text) = line.text else { return Ok(()) };
        let text = [text, b"\n"].concat();
        self.file.write_all(&text).map_err(|e| Error::output(self.path, e))
    }
}

/// A stream whose lines are counted as they are read.
pub struct Counted<R> {
    pub input: R,
    pub lines: Count,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.input.read(buffer)?;
        let lines = buffer.iter().take(bytes).filter(|&&byte| byte == b'\n').count();
        self.lines.add(lines as u64);
        Ok(bytes)
    }
}

/// By its name; a single file may have the ending of plain JSON, too.
fn is_json_lines(file: &Path) -> bool {
    let json = || file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    format_of(file).is_ok_and(|format| format == Format::JsonLines) || json()
}

/// The format that a file's ending says.
pub fn format_of(file: &Path) -> Result<Format> {
    let ending = file.extension().unwrap_or_default().to_ascii_lowercase();
    match ending.to_str() {
        Some("parquet") => Ok(Format::Parquet),
        Some("csv") => Ok(Format::Csv),
        Some("jsonl" | "ndjson") => Ok(Format::JsonLines),
        _ => Err(Error::Request(format!(
            "{}: the ending says no format; use .parquet, .csv or .jsonl, or --format",
            file.display()
        ))),
    }
}

/// Files of JSON lines, one behind the other, each on a line of its own.
pub fn in_sequence(files: &[PathBuf]) -> Result<Box<dyn Read>> {
    let mut all: Box<dyn Read> = Box::new(io::empty());
    for path in files {
        files::regular_file(path)?;
        let file = File::open(path).map_err(|e| Error::input(path, e))?;
        all = Box::new(all.chain(file).chain(&b"\n"[..]));
    }
    Ok(all)
}
