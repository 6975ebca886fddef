//! The input and output files of scoring.

use crate::error::{Error, Result};
use crate::files;
use crate::model::score::Rejected;
use crate::progress::Count;
use crate::table::{self, FileFormat, OutputFormat};
use clap::ValueEnum;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// What comes on stdin.
#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
pub enum StreamFormat {
    /// CSV with a header
    Csv,
    /// JSON lines
    Jsonl,
}

/// The kind of the input.
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
    /// The input files.
    pub fn files(&self, path: &Path) -> Result<Vec<PathBuf>> {
        match self {
            Inputs::Stdin | Inputs::Records => Ok(Vec::new()),
            Inputs::Lines(files) => Ok(files.clone()),
            Inputs::Table => table::parts(path),
        }
    }

    /// The kind of an input path. `format` is that of stdin, if the flag is set.
    pub fn of(path: &Path, format: Option<StreamFormat>) -> Result<Self> {
        match format {
            Some(StreamFormat::Csv) if path == Path::new("-") => return Ok(Inputs::Records),
            _ if path == Path::new("-") => return Ok(Inputs::Stdin),
            Some(_) => {
                let problem = "--input-format is for stdin; the format of a file is detected";
                return Err(Error::Request(problem.to_owned()));
            }
            None => (),
        }
        let files = table::parts(path)?;
        let formats = files.iter().map(|file| table::format_of(file)).collect::<Result<Vec<_>>>()?;
        let lines = formats.iter().filter(|&&format| format == FileFormat::Json).count();
        match lines {
            0 => Ok(Inputs::Table),
            n if n == files.len() => Ok(Inputs::Lines(files)),
            _ => Err(Error::input(path, "has both JSON lines and tables; score them separately")),
        }
    }
}

/// The file of rejected lines. Lines are appended at once, because a stream may never end.
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

/// A reader that counts lines.
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

/// The output format by the extension of a file.
pub fn format_of(file: &Path) -> Result<OutputFormat> {
    OutputFormat::of_name(file).ok_or_else(|| {
        Error::Request(format!(
            "{}: unknown extension; use .parquet, .csv or .jsonl, or --format",
            file.display()
        ))
    })
}

/// The JSON objects of the files as one stream of lines. Each file starts on a new line.
pub fn in_sequence(files: &[PathBuf]) -> Result<Box<dyn Read>> {
    let mut all: Box<dyn Read> = Box::new(io::empty());
    for path in files {
        all = Box::new(all.chain(table::open_lines(path)?).chain(&b"\n"[..]));
    }
    Ok(all)
}
