//! Splits CSV records into fields: RFC 4180, with other common separators and escapes.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// The dialect of a CSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The separator between fields.
    pub delimiter: u8,
    /// Whether `\"` is a quote inside quotes, as Spark and MySQL write it.
    pub backslash: bool,
    /// Whether numbers have a decimal comma.
    pub decimal_comma: bool,
    /// Between the thousands of a number.
    pub thousands: Option<u8>,
}

impl Default for Dialect {
    fn default() -> Self {
        Dialect { delimiter: b',', backslash: false, decimal_comma: false, thousands: None }
    }
}

/// The fields of a record. Its memory is reused for each record.
#[derive(Debug)]
pub struct RecordReader {
    dialect: Dialect,
    reader: Box<Reader>,
    text: Vec<u8>,
    ends: Vec<usize>,
    fields: usize,
}

impl RecordReader {
    /// A reader of records in this dialect.
    pub fn new(dialect: Dialect) -> Self {
        let reader = builder(dialect).build();
        RecordReader {
            dialect,
            reader: Box::new(reader),
            text: vec![0; 1 << 10],
            ends: vec![0; 64],
            fields: 0,
        }
    }

    /// Read the fields of the record at the start of the bytes. Returns its number of bytes, 0 at the end.
    /// Blank lines before the record are part of it.
    pub fn read(&mut self, bytes: &[u8]) -> usize {
        let (mut read, mut text, mut ends) = (0, 0, 0);
        loop {
            let (result, bytes_read, written, fields) =
                self.reader.read_record(&bytes[read..], &mut self.text[text..], &mut self.ends[ends..]);
            (read, text, ends) = (read + bytes_read, text + written, ends + fields);
            match result {
                // The record ends with the bytes; a second call without bytes confirms it.
                ReadRecordResult::InputEmpty => (),
                ReadRecordResult::OutputFull => self.text.resize(2 * self.text.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record => break,
                ReadRecordResult::End => {
                    self.fields = 0;
                    return 0;
                }
            }
        }
        self.fields = ends;
        read
    }

    /// Read a single record.
    pub fn read_one(&mut self, record: &[u8]) {
        *self.reader = builder(self.dialect).build();
        if self.read(record) == 0 {
            (self.fields, self.ends[0]) = (1, 0);
        }
    }

    /// What is wrong with the quotes of a record, in words.
    ///
    /// # Errors
    /// If the record leaves a quote open, or has text behind a closing quote.
    pub fn check_quotes(&self, record: &[u8]) -> Result<(), String> {
        if !record.contains(&b'"') {
            return Ok(());
        }
        let mut quotes = Quotes::new(self.dialect);
        for &byte in record {
            quotes.end_with(byte);
        }
        match quotes.is_open() {
            true => Err("leaves a quote open".to_owned()),
            false if quotes.is_malformed => Err("has text behind the quotes of a field".to_owned()),
            false => Ok(()),
        }
    }

    /// The number of fields.
    pub fn fields(&self) -> usize {
        self.fields
    }

    /// A field as bytes. The field must exist.
    pub fn field(&self, at: usize) -> &[u8] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.text[start..self.ends[at]]
    }

    /// A field as text.
    ///
    /// # Errors
    /// In words, if it is not UTF-8.
    pub fn text(&self, at: usize) -> Result<&str, String> {
        std::str::from_utf8(self.field(at)).map_err(|_| NOT_UTF8.to_owned())
    }

    /// All fields as text.
    ///
    /// # Errors
    /// In words, if one is not UTF-8.
    pub fn texts(&self) -> Result<Vec<String>, String> {
        (0..self.fields).map(|at| self.text(at).map(str::to_owned)).collect()
    }
}

pub(super) const NOT_UTF8: &str = "is not UTF-8 text; convert it with iconv -f latin1 -t utf-8";

fn builder(dialect: Dialect) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.delimiter(dialect.delimiter).escape(dialect.backslash.then_some(b'\\'));
    builder
}

/// The names of a list such as `a,"b, c"`: as in CSV, a name with a comma is in quotes.
///
/// # Errors
/// In words, if a quote is left open.
pub fn names(list: &str) -> Result<Vec<String>, String> {
    let mut reader = RecordReader::new(Dialect::default());
    reader.read_one(list.as_bytes());
    reader.check_quotes(list.as_bytes())?;
    reader.texts()
}

/// Text as one field between commas, in quotes if it needs them.
pub fn field(text: &str) -> String {
    field_between(text, b',')
}

/// Text as one field between delimiters, in quotes if it needs them.
pub fn field_between(text: &str, delimiter: u8) -> String {
    match text.contains([char::from(delimiter), '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

/// The state of quotes in a CSV. A quote opens at the start of a field only: in `5" disk` it is text.
#[derive(Clone, Copy, Debug)]
pub struct Quotes {
    dialect: Dialect,
    open: bool,
    /// Whether a quote at this position would open quotes.
    opens: bool,
    escaped: bool,
    /// Whether the byte before closed the quotes.
    closed: bool,
    /// Whether something other than a delimiter or a line end stood behind a closing quote.
    pub is_malformed: bool,
}

impl Quotes {
    pub fn new(dialect: Dialect) -> Self {
        Quotes { dialect, open: false, opens: true, escaped: false, closed: false, is_malformed: false }
    }

    /// Whether this position is inside quotes.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Advance by one byte. Returns whether it ends a record.
    #[inline]
    pub fn end_with(&mut self, byte: u8) -> bool {
        if self.escaped {
            self.escaped = false;
            return false;
        }
        let (was_open, opens) = (self.open, self.opens);
        self.is_malformed |=
            self.closed && byte != self.dialect.delimiter && !matches!(byte, b'"' | b'\n' | b'\r');
        self.closed = was_open && byte == b'"';
        self.escaped = was_open && self.dialect.backslash && byte == b'\\';
        self.open = if byte == b'"' { !was_open && opens } else { was_open };
        // The second of two quotes in a row opens again.
        self.opens =
            !self.open && (byte == self.dialect.delimiter || byte == b'\n' || byte == b'"' && was_open);
        byte == b'\n' && !self.open
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(dialect: Dialect, record: &str) -> Vec<String> {
        let mut reader = RecordReader::new(dialect);
        reader.read_one(record.as_bytes());
        reader.texts().unwrap()
    }

    #[test]
    fn fields_are_separated_by_commas_and_may_be_quoted() {
        let read = |text: &str| fields(Dialect::default(), text);
        assert_eq!(read("a,,\"b,\"\"c\"\"\nd\", e "), ["a", "", "b,\"c\"\nd", " e "]);
        assert_eq!(read(""), [""]);
        assert_eq!(read("a\"b,c"), ["a\"b", "c"]);
        assert_eq!(read("a,"), ["a", ""]);
    }

    #[test]
    fn a_dialect_has_its_own_separator_and_escape() {
        let dialect = Dialect { delimiter: b';', backslash: true, ..Dialect::default() };
        assert_eq!(fields(dialect, "1,5;\"say \\\"hi\\\"\";x"), ["1,5", "say \"hi\"", "x"]);
    }

    #[test]
    fn a_quote_opens_at_the_beginning_of_a_field_only() {
        let records = |text: &str| {
            let mut quotes = Quotes::new(Dialect::default());
            text.bytes().filter(|&byte| quotes.end_with(byte)).count()
        };
        for (text, ends) in [
            ("a,b\nc\n", 2),
            ("5\" disk\nx\n", 2),
            ("\"a\nb\"\nx\n", 2),
            ("a,\"b\"\"\n\"\"\",c\nx\n", 2),
            ("\"\",\"\"\n\"\"\n", 2),
            ("a,\"open\n", 0),
        ] {
            assert_eq!(records(text), ends, "{text}");
        }
    }

    #[test]
    fn text_that_is_not_utf8_says_so() {
        let mut reader = RecordReader::new(Dialect::default());
        reader.read_one(b"a,\xff");
        assert!(reader.text(0).is_ok() && reader.text(1).unwrap_err().contains("not UTF-8"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(texts in proptest::collection::vec(any::<String>(), 1..5)) {
            let record = texts.iter().map(|text| field(text)).collect::<Vec<_>>().join(",");
            prop_assume!(!record.is_empty() && !record.starts_with('\u{feff}'));
            prop_assert_eq!(fields(Dialect::default(), &record), texts);
        }

        #[test]
        fn no_bytes_are_a_panic(record in proptest::collection::vec(any::<u8>(), 0..100)) {
            let mut reader = RecordReader::new(Dialect { backslash: true, ..Dialect::default() });
            reader.read_one(&record);
            let mut rest = &record[..];
            while let read @ 1.. = reader.read(rest) {
                rest = &rest[read..];
            }
        }
    }
}
