//! Text in other encodings as UTF-8, while it is read: UTF-16 with a byte order mark, and bytes of Windows-1252.

use std::io::{self, Read};

/// A reader of UTF-8.
#[derive(Debug)]
pub struct TextReader<R> {
    source: R,
    encoding: Option<Encoding>,
    /// Whether bytes that are not UTF-8 are read as Windows-1252; otherwise they are passed on.
    repairs: bool,
    /// Bytes that are not decoded yet.
    raw: Vec<u8>,
    /// The text that is not returned yet starts at `position`.
    text: Vec<u8>,
    position: usize,
    ended: bool,
    /// The number of line ends, until there is a line that is not UTF-8.
    line_ends: u64,
    not_utf8: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
enum Encoding {
    Utf8,
    Utf16 { decode: fn([u8; 2]) -> u16 },
}

/// The number of bytes per read; a pipe may return fewer.
const BUFFER: usize = 256 << 10;

/// The characters of the bytes 0x80 to 0x9f in Windows-1252. Five bytes have none and stay control characters, as in the
/// WHATWG encoding standard.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

impl<R: Read> TextReader<R> {
    /// A reader of UTF-8, UTF-16 with a byte order mark, or Windows-1252. Each byte that is not UTF-8 is read as
    /// Windows-1252, so that a row means the same in any part of a file.
    pub fn new(source: R) -> Self {
        TextReader {
            source,
            encoding: None,
            repairs: true,
            raw: Vec::new(),
            text: Vec::new(),
            position: 0,
            ended: false,
            line_ends: 0,
            not_utf8: None,
        }
    }

    /// A reader of UTF-8 or UTF-16 with a byte order mark. Bytes that are not UTF-8 are passed on.
    pub fn strict(source: R) -> Self {
        TextReader { repairs: false, ..TextReader::new(source) }
    }

    /// The first line that is not UTF-8, starting at 1, in what was read so far.
    pub fn not_utf8(&self) -> Option<u64> {
        self.not_utf8
    }

    /// Read and decode until there is text, or the source ends.
    fn fill(&mut self) -> io::Result<()> {
        self.text.clear();
        self.position = 0;
        while self.text.is_empty() && !self.ended {
            let before = self.raw.len();
            self.raw.resize(before + BUFFER, 0);
            let read = self.source.read(&mut self.raw[before..]);
            self.raw.truncate(before + *read.as_ref().unwrap_or(&0));
            match read {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                read => self.ended = read? == 0,
            }
            // Two bytes tell the encodings apart.
            if self.raw.len() > 1 || self.ended {
                self.decode();
            }
        }
        Ok(())
    }

    /// Read without a copy. `None` if the bytes are not all UTF-8: then they are decoded.
    fn read_directly(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let length = self.source.read(buffer)?;
        let bytes = &buffer[..length];
        if !self.repairs || std::str::from_utf8(bytes).is_ok() {
            if self.not_utf8.is_none() {
                self.line_ends += line_ends(bytes);
            }
            return Ok(Some(length));
        }
        self.raw.extend_from_slice(bytes);
        self.text.clear();
        self.position = 0;
        self.decode();
        if self.text.is_empty() {
            self.fill()?;
        }
        Ok(None)
    }

    fn decode(&mut self) {
        match *self.encoding.get_or_insert_with(|| encoding_of(&self.raw)) {
            Encoding::Utf16 { decode } => self.decode_utf16(decode),
            Encoding::Utf8 if self.repairs => self.decode_utf8(),
            Encoding::Utf8 => std::mem::swap(&mut self.raw, &mut self.text),
        }
    }

    fn decode_utf16(&mut self, decode: fn([u8; 2]) -> u16) {
        let (pairs, _) = self.raw.as_chunks::<2>();
        let mut units: Vec<u16> = pairs.iter().map(|pair| decode(*pair)).collect();
        // A pair of surrogates may continue in the next read.
        if !self.ended && units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
            units.pop();
        }
        self.raw.drain(..2 * units.len());
        let chars = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
        self.text.extend(chars.collect::<String>().bytes());
    }

    fn decode_utf8(&mut self) {
        let mut rest = self.raw.as_slice();
        while !rest.is_empty() {
            let (valid, invalid) = match std::str::from_utf8(rest) {
                Ok(text) => (text.len(), 0),
                Err(e) => match e.error_len() {
                    Some(invalid) => (e.valid_up_to(), invalid),
                    // A character may continue in the next read.
                    None if !self.ended => (e.valid_up_to(), 0),
                    None => (e.valid_up_to(), rest.len() - e.valid_up_to()),
                },
            };
            self.text.extend_from_slice(&rest[..valid]);
            if self.not_utf8.is_none() {
                self.line_ends += line_ends(&rest[..valid]);
                self.not_utf8 = (invalid > 0).then_some(self.line_ends + 1);
            }
            let bytes = &rest[valid..valid + invalid];
            self.text.extend(bytes.iter().map(|&byte| character(byte)).collect::<String>().bytes());
            rest = &rest[valid + invalid..];
            if invalid == 0 {
                break;
            }
        }
        let decoded = self.raw.len() - rest.len();
        self.raw.drain(..decoded);
    }
}

impl<R: Read> Read for TextReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let is_empty = self.position == self.text.len();
        if is_empty && self.raw.is_empty() && matches!(self.encoding, Some(Encoding::Utf8)) {
            if let Some(length) = self.read_directly(buffer)? {
                return Ok(length);
            }
        } else if is_empty {
            self.fill()?;
        }
        let text = &self.text[self.position..];
        let length = text.len().min(buffer.len());
        buffer[..length].copy_from_slice(&text[..length]);
        self.position += length;
        Ok(length)
    }
}

fn line_ends(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&byte| byte == b'\n').count() as u64
}

/// The encoding of text that starts with these bytes.
fn encoding_of(start: &[u8]) -> Encoding {
    match start {
        [0xff, 0xfe, ..] => Encoding::Utf16 { decode: u16::from_le_bytes },
        [0xfe, 0xff, ..] => Encoding::Utf16 { decode: u16::from_be_bytes },
        _ => Encoding::Utf8,
    }
}

/// The character of a byte in Windows-1252.
fn character(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
        byte => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A source that returns a few bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(self.0.len()).min(buffer.len());
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    fn decoded(bytes: &[u8], at_once: usize) -> (Vec<u8>, Option<u64>) {
        let mut reader = TextReader::new(Slow(bytes, at_once));
        let mut text = Vec::new();
        reader.read_to_end(&mut text).unwrap();
        (text, reader.not_utf8())
    }

    fn utf16(text: &str, encode: fn(u16) -> [u8; 2]) -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(encode).collect()
    }

    #[test]
    fn bytes_that_are_not_utf8_are_windows_1252() {
        // Reference: Python, b"...".decode("cp1252").
        for at_once in [1, 2, 7, 100] {
            let (text, line) = decoded(b"caf\xe9,\x80 5\n\xc3\xa9,\x93x\x94\n", at_once);
            assert_eq!(String::from_utf8(text).unwrap(), "café,€ 5\né,“x”\n");
            assert_eq!(line, Some(1));
            assert_eq!(decoded("a\né\nb".as_bytes(), at_once).1, None);
            assert_eq!(decoded(b"a\nb\nc\xe9", at_once).1, Some(3));
        }
    }

    #[test]
    fn utf16_is_read_in_both_byte_orders() {
        for encode in [u16::to_le_bytes, u16::to_be_bytes] {
            for at_once in [1, 3, 100] {
                let (text, line) = decoded(&utf16("a,é\n😀,2\n", encode), at_once);
                assert_eq!(String::from_utf8(text).unwrap(), "\u{feff}a,é\n😀,2\n");
                assert_eq!(line, None);
            }
        }
        assert_eq!(decoded(b"\xff\xfe\x00\xd8", 100).0, "\u{feff}\u{fffd}".as_bytes());
    }

    #[test]
    fn strict_text_keeps_other_bytes() {
        let mut text = Vec::new();
        TextReader::strict(&b"caf\xe9"[..]).read_to_end(&mut text).unwrap();
        assert_eq!(text, b"caf\xe9");
    }

    proptest! {
        #[test]
        fn text_is_unchanged_in_reads_of_any_size(text in any::<String>(), at_once in 1..9_usize) {
            prop_assert_eq!(decoded(text.as_bytes(), at_once), (text.into_bytes(), None));
        }

        #[test]
        fn all_bytes_become_text(bytes in prop::collection::vec(any::<u8>(), 0..60), at_once in 1..9_usize) {
            let (text, _) = decoded(&bytes, at_once);
            prop_assert!(std::str::from_utf8(&text).is_ok());
            prop_assert_eq!(text, decoded(&bytes, 1_000).0);
        }
    }
}
