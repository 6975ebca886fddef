//! Cuts a text into events: objects of JSON and elements of XML, wherever lines end.

use std::io::{BufRead, Result};

/// A longer event is rejected.
const LONGEST: usize = 64 << 20;

/// An event as text, and where it begins.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    /// The number of its first line, from 1.
    pub line: u64,
    /// The text; the kind of fault if it is none.
    pub content: std::result::Result<&'a str, &'static str>,
}

/// The events of a text.
#[derive(Debug)]
pub(super) struct Pieces<R> {
    text: R,
    buffer: Vec<u8>,
    /// The number of the next line.
    line: u64,
    /// Where the rest of the last line begins in the buffer.
    rest: usize,
}

impl<R: BufRead> Pieces<R> {
    pub(super) fn new(text: R) -> Self {
        Pieces { text, buffer: Vec::new(), line: 1, rest: 0 }
    }

    /// The next event; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Piece<'_>>> {
        self.buffer.drain(..self.rest);
        self.rest = 0;
        // Only a line that is no whole event is looked at byte by byte.
        loop {
            if self.buffer.is_empty() && !self.more()? {
                return Ok(None);
            }
            let skipped = self.buffer.iter().take_while(|byte| is_between(**byte)).count();
            self.line += newlines(&self.buffer[..skipped]);
            self.buffer.drain(..skipped);
            if self.buffer.is_empty() {
                continue;
            }
            if let Some(opened) = wrapper(&self.buffer) {
                self.buffer.drain(..opened);
                continue;
            }
            break;
        }
        let line = self.line;
        let end = match self.buffer[0] {
            b'{' => self.end_of_object()?,
            b'<' => self.end_of_element()?,
            _ => Err("not an event"),
        };
        let (end, content) = match end {
            Ok(end) => (end, Ok(())),
            Err(kind) => (self.end_of_line(), Err(kind)),
        };
        self.rest = end;
        self.line += newlines(&self.buffer[..end]);
        let content =
            content.and_then(|()| std::str::from_utf8(&self.buffer[..end]).map_err(|_| "not UTF-8"));
        Ok(Some(Piece { line, content }))
    }

    /// Read one more line into the buffer; false at the end.
    fn more(&mut self) -> Result<bool> {
        let before = self.buffer.len();
        let room = (LONGEST + 1).saturating_sub(before) as u64;
        std::io::Read::take(&mut self.text, room).read_until(b'\n', &mut self.buffer)?;
        Ok(self.buffer.len() > before)
    }

    fn end_of_line(&self) -> usize {
        self.buffer.iter().position(|byte| *byte == b'\n').map_or(self.buffer.len(), |at| at + 1)
    }

    /// The end of the object at the start of the buffer.
    fn end_of_object(&mut self) -> Result<std::result::Result<usize, &'static str>> {
        let (mut at, mut depth, mut in_text, mut is_escaped) = (0, 0_usize, false, false);
        let mut is_first_line = true;
        loop {
            while at < self.buffer.len() {
                let byte = self.buffer[at];
                at += 1;
                match byte {
                    _ if is_escaped => is_escaped = false,
                    b'\\' if in_text => is_escaped = true,
                    b'"' => in_text = !in_text,
                    b'\n' if in_text => return Ok(Err("not JSON")),
                    _ if in_text => {}
                    // After a line that is cut, the next event begins at the start of a line.
                    b'\n' if std::mem::take(&mut is_first_line) => {
                        if at == self.buffer.len() {
                            self.more()?;
                        }
                        if self.buffer[at..].starts_with(b"{\"") {
                            return Ok(Err("not JSON"));
                        }
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return Ok(Ok(at));
                        }
                    }
                    _ => {}
                }
            }
            if at >= LONGEST {
                return Ok(Err("longer than 64 MiB"));
            }
            if !self.more()? {
                return Ok(Err("cut off"));
            }
        }
    }

    /// The end of the element `Event` at the start of the buffer.
    fn end_of_element(&mut self) -> Result<std::result::Result<usize, &'static str>> {
        const END: &[u8] = b"</Event>";
        let mut from = 0;
        loop {
            if let Some(at) = find(&self.buffer[from..], END) {
                return Ok(Ok(from + at + END.len()));
            }
            from = self.buffer.len().saturating_sub(END.len());
            if self.buffer.len() >= LONGEST {
                return Ok(Err("longer than 64 MiB"));
            }
            if !self.more()? {
                return Ok(Err("cut off"));
            }
        }
    }
}

/// The length of what opens or closes a list around events, at the start of a text: the declaration of XML, `<Events>`, or
/// `{"Records":[`. `None` if an event or something else follows.
fn wrapper(text: &[u8]) -> Option<usize> {
    let end_of_tag = || text.iter().position(|byte| *byte == b'>').map(|at| at + 1);
    match text {
        [b'<', b'?' | b'!' | b'/', ..] => end_of_tag(),
        [b'<', ..] if !is_element(text, b"Event") => end_of_tag(),
        [b'}', ..] => Some(1),
        [b'{', ..] => {
            let inside = text[1..].trim_ascii_start().strip_prefix(b"\"Records\"")?;
            let list = inside.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"[")?;
            Some(text.len() - list.len())
        }
        _ => None,
    }
}

fn is_element(text: &[u8], name: &[u8]) -> bool {
    let rest = text[1..].strip_prefix(name);
    rest.is_some_and(|rest| rest.first().is_none_or(|byte| b" \t\r\n>/".contains(byte)))
}

/// Bytes between events.
fn is_between(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b',' | b'[' | b']')
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<String> {
        let mut pieces = Pieces::new(text.as_bytes());
        let mut found = Vec::new();
        while let Some(piece) = pieces.next().unwrap() {
            found.push(match piece.content {
                Ok(text) => format!("{} {text}", piece.line),
                Err(kind) => format!("{} {kind}", piece.line),
            });
        }
        found
    }

    #[test]
    fn objects_are_cut_wherever_lines_end() {
        let expected = ["1 {\"a\":1}", "2 {\"b\":\"}{\\\"\"}"];
        assert_eq!(pieces("{\"a\":1}\n{\"b\":\"}{\\\"\"}\n"), expected);
        assert_eq!(pieces("[{\"a\":1},\r\n{\"b\":\"}{\\\"\"}]"), expected);
        assert_eq!(pieces("{\"Records\": [{\"a\":1},\n{\"b\":\"}{\\\"\"}]}\n"), expected);
        assert_eq!(pieces("\n\n{\n\"a\":\n1}{}"), ["3 {\n\"a\":\n1}", "5 {}"]);
    }

    #[test]
    fn elements_are_cut() {
        let text =
            "<?xml version=\"1.0\"?>\n<Events>\n<Event a=\"1\"><b/></Event><Event>\n</Event></Events>\n";
        assert_eq!(pieces(text), ["3 <Event a=\"1\"><b/></Event>", "3 <Event>\n</Event>"]);
    }

    #[test]
    fn a_bad_line_is_one_piece_and_the_rest_is_read() {
        assert_eq!(pieces("{\"a\":1}\nx,y\n{\"b\":2}"), ["1 {\"a\":1}", "2 not an event", "3 {\"b\":2}"]);
        assert_eq!(pieces("{\"a\":\"x\n{\"b\":2}\n"), ["1 not JSON", "2 {\"b\":2}"]);
        assert_eq!(pieces("{\"a\":1}\n{\"b\":"), ["1 {\"a\":1}", "2 cut off"]);
        assert_eq!(pieces("{\"a\":\n{\"b\":2}\n"), ["1 not JSON", "2 {\"b\":2}"]);
    }
}
