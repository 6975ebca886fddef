//! JSON lines: one object a line, of which some fields are wanted.

mod object;

pub use object::{Cell, Fields};

use std::io::{self, BufRead, BufReader, Read};

/// A longer line is not kept in memory.
const LONGEST_LINE: usize = 16 << 20;

/// How much is asked for at once; a pipe gives what it has.
const BUFFER: usize = 256 << 10;

/// Lines of a stream, each of bounded length.
#[derive(Debug)]
pub struct LineReader<R> {
    stream: BufReader<R>,
    number: u64,
}

/// A line as it was read.
#[derive(Debug, PartialEq, Eq)]
pub enum Text {
    /// Without its line end.
    Whole(Vec<u8>),
    /// More than 16 MiB, which are gone.
    TooLong,
}

impl<R: Read> LineReader<R> {
    /// The lines of a stream from where it stands.
    pub fn new(stream: R) -> Self {
        LineReader { stream: BufReader::with_capacity(BUFFER, stream), number: 0 }
    }

    /// The next line and its number, from 1; `None` at the end. Waits where the stream has none yet.
    ///
    /// # Errors
    /// Where the stream cannot be read.
    pub fn next_line(&mut self) -> io::Result<Option<(u64, Text)>> {
        let (mut line, mut too_long, mut ended) = (Vec::new(), false, false);
        while !ended {
            let buffer = match self.stream.fill_buf() {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                buffer => buffer?,
            };
            if buffer.is_empty() {
                match line.is_empty() && !too_long {
                    true => return Ok(None),
                    false => break,
                }
            }
            let end = buffer.iter().position(|&byte| byte == b'\n');
            let part = &buffer[..end.unwrap_or(buffer.len())];
            too_long |= line.len() + part.len() > LONGEST_LINE;
            if too_long {
                line = Vec::new()
            } else {
                line.extend_from_slice(part)
            }
            let read = end.map_or(part.len(), |end| end + 1);
            self.stream.consume(read);
            ended = end.is_some();
        }
        self.number += 1;
        Ok(Some((self.number, if too_long { Text::TooLong } else { Text::Whole(line) })))
    }

    /// Whether the next line is here already, so that nobody has to be waited for.
    pub fn is_ready(&self) -> bool {
        self.stream.buffer().contains(&b'\n')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Vec<(u64, Text)> {
        let mut reader = LineReader::new(text);
        std::iter::from_fn(|| reader.next_line().unwrap()).collect()
    }

    #[test]
    fn the_last_line_needs_no_end() {
        let whole = |text: &str| Text::Whole(text.as_bytes().to_vec());
        assert_eq!(lines(b"a\n\nb"), [(1, whole("a")), (2, whole("")), (3, whole("b"))]);
        assert!(lines(b"").is_empty());
    }

    #[test]
    fn a_line_without_end_is_not_kept() {
        let mut text = vec![b'x'; LONGEST_LINE + 1];
        text.extend_from_slice(b"\nnext");
        assert_eq!(lines(&text), [(1, Text::TooLong), (2, Text::Whole(b"next".to_vec()))]);
    }
}
