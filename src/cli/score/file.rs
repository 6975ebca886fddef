//! The input and output files of scoring.

use crate::cli::hint::with_hint;
use crate::cli::terminal::Terminal;
use crate::error::{Error, Result, printable};
use crate::files;
use crate::model::score::Rejected;
use crate::progress::Count;
use crate::report::count;
use crate::table::{self, Batch, FileFormat, Note, OutputFormat, Paths, Sink};
use clap::ValueEnum;
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

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
    /// A CSV file, record by record.
    RecordsOf(PathBuf),
    /// JSON lines in files.
    Lines(Vec<PathBuf>),
    /// Parquet, CSV, or JSON lines with a flag that needs all rows.
    Table,
}

impl Inputs {
    /// The input files.
    pub fn files(&self, paths: &Paths) -> Result<Vec<PathBuf>> {
        match self {
            Inputs::Stdin | Inputs::Records => Ok(Vec::new()),
            Inputs::Lines(files) => Ok(files.clone()),
            Inputs::RecordsOf(file) => Ok(vec![file.clone()]),
            Inputs::Table => paths.files(),
        }
    }

    /// The kind of the input. `format` is that of stdin, if the flag is set; `whole`: whether JSON lines are a table.
    pub fn of(paths: &Paths, format: Option<StreamFormat>, whole: bool) -> Result<Self> {
        let stdin = paths.is_stdin()?;
        match format {
            Some(StreamFormat::Csv) if stdin => return Ok(Inputs::Records),
            _ if stdin => return Ok(Inputs::Stdin),
            Some(_) => {
                let problem = "--input-format is for stdin; the format of a file is detected";
                return Err(Error::Request(problem.to_owned()));
            }
            None => (),
        }
        let files = paths.files()?;
        let formats = files.iter().map(|file| table::format_of(file)).collect::<Result<Vec<_>>>()?;
        // A line has no fields for the columns that folders name.
        let are_lines =
            formats.iter().all(|&format| format == FileFormat::Json) && !paths.have_folder_keys()?;
        Ok(if are_lines && !whole { Inputs::Lines(files) } else { Inputs::Table })
    }
}

/// Shows the first problems of rejected rows, and counts the others.
#[derive(Default)]
pub struct Shown(u64);

impl Shown {
    const MOST: u64 = 10;

    /// The largest number of characters of a problem.
    const LONGEST: usize = 400;

    pub fn show(&mut self, place: &str, problem: &Note, terminal: &Terminal) {
        if self.0 < Self::MOST {
            let text = with_hint(&printable(&problem.text, Self::LONGEST), problem.hint.as_ref());
            terminal.warning(&format!("{place}: {text}"));
        }
        self.0 += 1;
    }

    pub fn finish(&self, what: &str, terminal: &Terminal) {
        if self.0 > Self::MOST {
            terminal.warning(&format!("and {} more {what} like these", count(self.0 - Self::MOST)));
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
        self.append(&[text, b"\n"].concat())
    }

    /// Append the rows of a table: of CSV as records without a header, else as JSON lines.
    pub fn write_rows(&mut self, rows: &Batch, format: OutputFormat) -> Result<()> {
        let text = |rows: &Batch| -> io::Result<Vec<u8>> {
            let mut text = Vec::new();
            let mut sink = Sink::new(format, &mut text);
            sink.write(rows)?;
            sink.finish()?;
            Ok(text)
        };
        let head = text(&rows.take(&[])?).map_err(|e| Error::output(self.path, e))?.len();
        let all = text(rows).map_err(|e| Error::output(self.path, e))?;
        self.append(&all[head..])
    }

    fn append(&mut self, text: &[u8]) -> Result<()> {
        self.file.write_all(text).map_err(|e| Error::output(self.path, e))
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

/// The JSON objects of files as one stream of lines. Each file starts on a new line.
pub struct Sequence {
    files: Vec<PathBuf>,
    open: Option<Box<dyn Read>>,
    /// The position of the next file to open.
    next: usize,
    lines: u64,
    starts: FileStarts,
}

/// The number of lines of the stream before each file that is open so far.
pub type FileStarts = Rc<RefCell<Vec<(u64, PathBuf)>>>;

impl Sequence {
    /// The files in their order. `starts` grows while they are read.
    pub fn new(files: &[PathBuf], starts: FileStarts) -> Self {
        Sequence { files: files.to_vec(), open: None, next: 0, lines: 0, starts }
    }
}

impl Read for Sequence {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(open) = &mut self.open {
                let bytes = open.read(buffer)?;
                self.lines += buffer.iter().take(bytes).filter(|&&byte| byte == b'\n').count() as u64;
                if bytes > 0 || buffer.is_empty() {
                    return Ok(bytes);
                }
            }
            let Some(path) = self.files.get(self.next) else { return Ok(0) };
            let file = table::open_lines(path).map_err(|e| io::Error::other(e.to_string()))?;
            self.starts.borrow_mut().push((self.lines, path.clone()));
            self.open = Some(Box::new(file.chain(&b"\n"[..])));
            self.next += 1;
        }
    }
}

/// The place of a line of the stream: its file, if there are several, and its number there.
pub fn place_of(line: u64, starts: &FileStarts) -> String {
    let starts = starts.borrow();
    match starts.iter().rev().find(|(before, _)| *before < line) {
        Some((before, file)) if starts.len() > 1 => format!("{}, line {}", file.display(), line - before),
        _ => format!("line {line}"),
    }
}
