//! JSON lines: one object a line, of which some fields are wanted. The reader of lines reads those of CSV, too.

mod object;

pub use object::{Cell, Fields};

use super::csv::Quotes;
use std::io::{self, BufRead, BufReader, Read};

/// A longer line is not kept in memory.
const LONGEST_LINE: usize = 16 << 20;

/// How much is asked for at once; a pipe gives what it has.
const BUFFER: usize = 256 << 10;

/// Lines of a stream, each of bounded length.
#[derive(Debug)]
pub struct LineReader<R> {
    stream: BufReader<R>,
    /// How many line ends are behind.
    ends: u64,
    /// Whether a line end between quotes is part of a line.
    quotes: bool,
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
        LineReader { stream: BufReader::with_capacity(BUFFER, stream), ends: 0, quotes: false }
    }

    /// The records of a stream of CSV: a line that ends between quotes goes on in the next.
    pub fn of_records(stream: R) -> Self {
        LineReader { quotes: true, ..LineReader::new(stream) }
    }

    /// The next line and its number, from 1; `None` at the end. Waits where the stream has none yet.
    ///
    /// # Errors
    /// Where the stream cannot be read.
    pub fn next_line(&mut self) -> io::Result<Option<(u64, Text)>> {
        let (mut line, mut too_long, mut ended) = (Vec::new(), false, false);
        let mut quotes = self.quotes.then(Quotes::default);
        let number = self.ends + 1;
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
            let mut end = end_of(buffer, quotes.as_mut());
            too_long |= line.len() + end.unwrap_or(buffer.len()) > LONGEST_LINE;
            if too_long {
                // Where quotes count, one was most likely left open: the next line is another record.
                end = end_of(buffer, None);
                line = Vec::new();
            }
            let part = &buffer[..end.unwrap_or(buffer.len())];
            if !too_long {
                line.extend_from_slice(part);
            }
            let read = end.map_or(part.len(), |end| end + 1);
            if self.quotes {
                self.ends += part.iter().filter(|&&byte| byte == b'\n').count() as u64;
            }
            self.stream.consume(read);
            ended = end.is_some();
        }
        self.ends += 1;
        Ok(Some((number, if too_long { Text::TooLong } else { Text::Whole(line) })))
    }

    /// Whether the next line is here already, so that nobody has to be waited for.
    pub fn is_ready(&self) -> bool {
        end_of(self.stream.buffer(), self.quotes.then(Quotes::default).as_mut()).is_some()
    }
}

/// Where a line ends; with quotes, where a record does.
fn end_of(bytes: &[u8], quotes: Option<&mut Quotes>) -> Option<usize> {
    match quotes {
        None => bytes.iter().position(|&byte| byte == b'\n'),
        Some(quotes) => bytes.iter().position(|&byte| quotes.end_with(byte)),
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
    fn a_record_goes_on_behind_a_line_end_between_quotes() {
        let mut reader = LineReader::of_records(&b"a,\"b\nc\"\n5\"\n\"open\n"[..]);
        let whole = |text: &str| Text::Whole(text.as_bytes().to_vec());
        assert_eq!(reader.next_line().unwrap(), Some((1, whole("a,\"b\nc\""))));
        assert!(reader.is_ready());
        assert_eq!(reader.next_line().unwrap(), Some((3, whole("5\""))));
        assert!(!reader.is_ready());
        assert_eq!(reader.next_line().unwrap(), Some((4, whole("\"open\n"))));
        assert_eq!(reader.next_line().unwrap(), None);
    }

    #[test]
    fn an_open_quote_costs_what_is_too_long_and_not_the_stream() {
        let text = [&b"\""[..], &b"xxxxxxx\n".repeat(LONGEST_LINE / 8 + 1), b"fine\n"].concat();
        let mut reader = LineReader::of_records(&text[..]);
        assert_eq!(reader.next_line().unwrap(), Some((1, Text::TooLong)));
        let mut last = None;
        while let Some((_, line)) = reader.next_line().unwrap() {
            last = Some(line);
        }
        assert_eq!(last, Some(Text::Whole(b"fine".to_vec())));
    }

    #[test]
    fn a_line_without_end_is_not_kept() {
        let mut text = vec![b'x'; LONGEST_LINE + 1];
        text.extend_from_slice(b"\nnext");
        assert_eq!(lines(&text), [(1, Text::TooLong), (2, Text::Whole(b"next".to_vec()))]);
    }
}
