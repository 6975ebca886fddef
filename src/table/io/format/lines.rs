//! Lines of a stream, each of bounded length: objects of JSON, or records of CSV.

use super::record::{Dialect, Quotes};
use std::io::{self, BufRead, BufReader, Read};

/// The longest line in memory, in bytes.
const LONGEST_LINE: usize = 16 << 20;

/// The number of bytes per read; a pipe may return fewer.
const BUFFER: usize = 256 << 10;

/// Lines of a stream, each of bounded length.
#[derive(Debug)]
pub struct LineReader<R> {
    stream: BufReader<R>,
    /// The number of line ends so far.
    ends: u64,
    /// The dialect, if a line end in quotes is part of a line.
    quotes: Option<Dialect>,
    /// A line that was put back.
    next: Option<(u64, Text)>,
}

/// An unchanged line.
#[derive(Debug, PartialEq, Eq)]
pub enum Text {
    /// Without its line end.
    Whole(Vec<u8>),
    /// A line of more than 16 MiB, which is dropped.
    TooLong,
}

impl<R: Read> LineReader<R> {
    /// The lines of a stream from its current position.
    pub fn new(stream: R) -> Self {
        LineReader { stream: BufReader::with_capacity(BUFFER, stream), ends: 0, quotes: None, next: None }
    }

    /// The records of a CSV stream: a line that ends in quotes continues in the next one.
    pub fn of_records(stream: R) -> Self {
        LineReader { quotes: Some(Dialect::default()), ..LineReader::new(stream) }
    }

    /// What is here of the stream without taking it; waits until there is something.
    ///
    /// # Errors
    /// If the stream cannot be read.
    pub fn peek(&mut self) -> io::Result<&[u8]> {
        self.stream.fill_buf()
    }

    /// The stream.
    pub fn source(&self) -> &R {
        self.stream.get_ref()
    }

    /// Put a line back: it is the next one.
    pub fn put_back(&mut self, line: (u64, Text)) {
        self.next = Some(line);
    }

    /// Use this dialect for the following records.
    pub fn set_dialect(&mut self, dialect: Dialect) {
        self.quotes = Some(dialect);
    }

    /// The next line and its number, starting at 1; `None` at the end. Waits for the stream if needed.
    ///
    /// # Errors
    /// If the stream cannot be read.
    pub fn next_line(&mut self) -> io::Result<Option<(u64, Text)>> {
        if let Some(next) = self.next.take() {
            return Ok(Some(next));
        }
        let (mut line, mut too_long, mut ended) = (Vec::new(), false, false);
        let mut quotes = self.quotes.map(Quotes::new);
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
                // A quote is probably unclosed: the next line is a new record.
                end = end_of(buffer, None);
                line = Vec::new();
            }
            let part = &buffer[..end.unwrap_or(buffer.len())];
            if !too_long {
                line.extend_from_slice(part);
            }
            let read = end.map_or(part.len(), |end| end + 1);
            if self.quotes.is_some() {
                self.ends += part.iter().filter(|&&byte| byte == b'\n').count() as u64;
            }
            self.stream.consume(read);
            ended = end.is_some();
        }
        self.ends += 1;
        Ok(Some((number, if too_long { Text::TooLong } else { Text::Whole(line) })))
    }

    /// Whether the next line is in memory, so that no wait is needed.
    pub fn is_ready(&self) -> bool {
        self.next.is_some() || end_of(self.stream.buffer(), self.quotes.map(Quotes::new).as_mut()).is_some()
    }
}

/// The position of the end of a line; with quotes, of a record.
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
    fn the_last_line_needs_no_line_end() {
        let whole = |text: &str| Text::Whole(text.as_bytes().to_vec());
        assert_eq!(lines(b"a\n\nb"), [(1, whole("a")), (2, whole("")), (3, whole("b"))]);
        assert!(lines(b"").is_empty());
    }

    #[test]
    fn a_record_continues_after_a_line_end_in_quotes() {
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
    fn an_unclosed_quote_loses_one_record_and_not_the_stream() {
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
    fn a_line_without_end_is_dropped() {
        let mut text = vec![b'x'; LONGEST_LINE + 1];
        text.extend_from_slice(b"\nnext");
        assert_eq!(lines(&text), [(1, Text::TooLong), (2, Text::Whole(b"next".to_vec()))]);
    }
}
