//! A CSV file in chunks of complete lines.

use super::header::Header;
use super::record::{Dialect, Quotes};
use crate::error::{Error, Result};
use crate::table::io::encoding::TextReader;
use crate::table::io::files;
use crate::table::io::repairs::Repairs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A chunk of complete lines.
#[derive(Debug)]
pub struct Chunk {
    pub bytes: Vec<u8>,
    /// The number of the first line, starting at 1.
    pub line: u64,
    pub repairs: Repairs,
}

/// The chunks of a file, in order.
pub struct Chunks {
    path: PathBuf,
    reader: TextReader<Box<dyn Read + Send>>,
    header: Header,
    /// The bytes after the last complete line.
    rest: Vec<u8>,
    /// Empty rows that are skipped if no other row follows.
    empty: Vec<u8>,
    /// The number of the first line of the next chunk.
    line: u64,
    ended: bool,
    repairs: Repairs,
    /// The number of bytes per read.
    size: usize,
}

/// The longest line, in bytes.
const LONGEST_LINE: usize = 64 << 20;

impl std::fmt::Debug for Chunks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chunks").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Chunks {
    /// Open a file behind its header. What is skipped between its rows is added to `repairs`.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn open(path: &Path, header: &Header, size: usize, repairs: &Repairs) -> Result<Self> {
        let mut chunks = Chunks {
            path: path.to_owned(),
            reader: files::open_text(path)?,
            header: header.clone(),
            rest: Vec::new(),
            empty: Vec::new(),
            line: 1,
            ended: false,
            repairs: repairs.clone(),
            size,
        };
        chunks.skip_header()?;
        Ok(chunks)
    }

    /// Skip the lines before the records.
    fn skip_header(&mut self) -> Result<()> {
        let mut first = self.more()?;
        first.drain(..first.len() - files::unmarked(&first).len());
        let ends = first.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        let end = match self.header.lines() {
            0 => 0,
            lines => ends.take(lines).last().unwrap_or(first.len()),
        };
        self.rest.splice(..0, first.split_off(end));
        self.line += self.header.lines() as u64;
        Ok(())
    }

    /// The next chunk; `None` at the end.
    ///
    /// # Errors
    /// If the file cannot be read, or a line is too long.
    pub fn next(&mut self) -> Result<Option<Chunk>> {
        let mut bytes = Vec::new();
        while bytes.is_empty() {
            let more = self.more()?;
            if more.is_empty() {
                self.finish();
                return Ok(None);
            }
            bytes = std::mem::take(&mut self.empty);
            bytes.extend(more);
            let rows = self.end_of_rows(&bytes);
            if bytes.len() - rows < LONGEST_LINE {
                self.empty = bytes.split_off(rows);
            }
        }
        let line = self.line;
        self.line += bytes.iter().filter(|&&byte| byte == b'\n').count() as u64;
        // In a table of one column, a blank line is a row with a missing value.
        let bytes = if self.header.names.len() == 1 { with_quoted_blank_lines(&bytes) } else { bytes };
        Ok(Some(Chunk { bytes, line, repairs: self.repairs.clone() }))
    }

    /// The position after the last row with a value. In a table of one column, every row counts.
    fn end_of_rows(&self, bytes: &[u8]) -> usize {
        if self.header.names.len() == 1 {
            return bytes.len();
        }
        let is_blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == self.header.dialect.delimiter;
        let end = bytes.iter().rposition(|byte| !is_blank(byte)).map_or(0, |last| last + 1);
        match bytes[end..].iter().position(|&byte| byte == b'\n') {
            _ if end == 0 => 0,
            Some(line_end) => end + line_end + 1,
            None => bytes.len(),
        }
    }

    /// Add what was skipped to the repairs.
    fn finish(&mut self) {
        let empty = std::mem::take(&mut self.empty);
        let is_row = |line: &&[u8]| !matches!(line.strip_suffix(b"\r").unwrap_or(line), b"");
        let rows = empty.split(|&byte| byte == b'\n').filter(is_row).count();
        self.repairs.add_empty_rows(rows as u64);
        if let Some(line) = self.reader.not_utf8() {
            self.repairs.add_not_utf8(&self.path, line);
        }
    }

    /// The next complete lines; empty at the end.
    fn more(&mut self) -> Result<Vec<u8>> {
        let mut lines = std::mem::take(&mut self.rest);
        loop {
            if !self.ended && lines.len() < self.size {
                self.read(&mut lines, self.size)?;
            }
            if self.ended {
                return Ok(lines);
            }
            if let Some(end) = self.last_line_end(&lines) {
                self.rest = lines.split_off(end);
                return Ok(lines);
            }
            if lines.len() > LONGEST_LINE {
                let line = self.line;
                let problem = format!("line {line}: the next 64 MiB hold no line end; is a quote left open?");
                return Err(Error::input(&self.path, problem));
            }
            let longer = lines.len() + self.size;
            self.read(&mut lines, longer)?;
        }
    }

    /// Read until the buffer has this number of bytes, or the file ends.
    fn read(&mut self, lines: &mut Vec<u8>, bytes: usize) -> Result<()> {
        let missing = bytes.saturating_sub(lines.len()) as u64;
        let read =
            (&mut self.reader).take(missing).read_to_end(lines).map_err(|e| Error::input(&self.path, e))?;
        self.ended = (read as u64) < missing;
        Ok(())
    }

    /// The position after the last line end outside quotes.
    fn last_line_end(&self, bytes: &[u8]) -> Option<usize> {
        let mut quotes = Quotes::new(self.header.dialect);
        let ends = bytes.iter().enumerate().filter(|(_, byte)| quotes.end_with(**byte));
        ends.last().map(|(at, _)| at + 1)
    }
}

fn with_quoted_blank_lines(lines: &[u8]) -> Vec<u8> {
    let mut quotes = Quotes::new(Dialect::default());
    let split = lines.split_inclusive(|&byte| quotes.end_with(byte));
    split.flat_map(|line| if matches!(line, b"\n" | b"\r\n") { b"\"\"\n" } else { line }).copied().collect()
}
