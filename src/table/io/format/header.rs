//! The header of a CSV, and the dialect that its first lines show: separators, escapes, and how numbers are written.

use super::first_line::{is_row, looks_like_row};
use super::record::{Dialect, Quotes, RecordReader};
use crate::error::{Hint, LONGEST_NAME, printable};
use crate::table::io::files;
use crate::table::io::options::CsvOptions;
use crate::table::note::Note;
use std::collections::HashSet;

/// The column names and the dialect of the records.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// The column names, in order.
    pub names: Vec<String>,
    /// The separator, escapes and decimal mark of the records.
    pub dialect: Dialect,
    /// The number of lines before the records, including the header.
    lines: usize,
    /// The header as it is in the file; empty if the file has none.
    texts: Vec<String>,
    /// What is guessed or left out.
    pub notes: Vec<Note>,
}

impl Dialect {
    /// What is unusual about the dialect, in words.
    fn note(self, options: CsvOptions) -> Option<String> {
        let mut notes = Vec::new();
        if options.delimiter.is_none() && !matches!(self.delimiter, b',' | b'\t') {
            notes.push(format!("the columns are separated by {:?}", char::from(self.delimiter)));
        }
        if options.decimal.is_none() && self.decimal_comma {
            notes.push("decimals by a comma".to_owned());
        }
        if let Some(thousands) = self.thousands {
            notes.push(format!("thousands by {:?}", char::from(thousands)));
        }
        (!notes.is_empty()).then(|| notes.join(", "))
    }

    /// Text for [`crate::table::value`]: a decimal comma becomes a point.
    pub fn plain<'a>(self, text: &'a str, number: &'a mut String) -> &'a str {
        let is_plain = !self.decimal_comma && self.thousands.is_none();
        if is_plain || !text.contains([',', '.']) {
            return text;
        }
        let thousands = self.thousands.map(char::from).filter(|separator| is_grouped(text, *separator));
        number.clear();
        let digits = text.chars().filter(|c| Some(*c) != thousands);
        number.extend(digits.map(|c| if self.decimal_comma && c == ',' { '.' } else { c }));
        if number.trim().parse::<f64>().is_ok() { number } else { text }
    }
}

impl Header {
    /// The header of a CSV that starts with these bytes.
    ///
    /// # Errors
    /// If there is no header; the error is a sentence.
    pub fn of(sample: &[u8], options: CsvOptions) -> Result<Self, String> {
        let sample = files::unmarked(sample);
        let mut notes = Vec::new();
        let (skipped, delimiter) = preamble(sample, &mut notes);
        let body = &sample[skipped..];
        if sample.contains(&b'\r') && !sample.contains(&b'\n') {
            return Err("its lines end in a carriage return alone; convert them to line feeds".to_owned());
        }
        if body.iter().all(u8::is_ascii_whitespace) {
            return Err("the file is empty".to_owned());
        }
        let dialect = dialect(body, options.delimiter.or(delimiter), options.decimal);
        let mut reader = RecordReader::new(dialect);
        let length = reader.read(body);
        let mut texts = reader.texts().map_err(|problem| format!("the header {problem}"))?;
        let is_missing = options.no_header || is_row(&texts);
        let names = match is_missing {
            true => (1..=texts.len()).map(|nth| format!("column_{nth}")).collect(),
            false => unique(named(&texts), &mut notes),
        };
        if is_missing {
            texts.clear();
        }
        let mut notes: Vec<Note> = notes.into_iter().map(Note::from).collect();
        notes.extend(note_on_header(body, dialect, is_missing).filter(|_| !options.no_header));
        notes.extend(dialect.note(options).map(Note::from));
        let above = &sample[..if is_missing { skipped } else { skipped + length }];
        // A record ends at the carriage return of CR LF; its line feed comes after it.
        let is_cut = above.ends_with(b"\r");
        let ends = above.iter().filter(|&&byte| byte == b'\n').count() + usize::from(is_cut);
        Ok(Header { names, dialect, lines: if is_missing { ends } else { ends.max(1) }, texts, notes })
    }

    /// The header of a stream that begins with these bytes.
    ///
    /// # Errors
    /// If it is not a header; the error is a sentence.
    pub fn of_stream(sample: &[u8], options: CsvOptions) -> Result<Self, String> {
        match files::format_of_bytes(sample) {
            _ if sample.starts_with(&[0x1f, 0x8b]) || sample.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) => {
                Err("is compressed; unpack it first".to_owned())
            }
            Ok(files::FileFormat::Parquet) => Err("is a Parquet file; give it by its name".to_owned()),
            Ok(_) => Header::of(sample, options),
            Err(_) if sample.is_empty() => Err("there is no header".to_owned()),
            Err(problem) => Err(problem),
        }
    }

    /// The number of lines above the records.
    pub fn lines(&self) -> usize {
        self.lines
    }

    /// Whether a record is the header again, as in files that were appended to each other.
    pub fn is_repeated_in(&self, record: &RecordReader) -> bool {
        let is_same =
            |at: usize| files::unmarked(record.field(at)).trim_ascii() == self.texts[at].trim().as_bytes();
        let columns = self.texts.len();
        columns > 1 && record.fields() == columns && (0..columns).all(is_same)
    }

    /// The column index of each name; `None` if there is no such column.
    pub fn positions(&self, names: &[&str]) -> Vec<Option<usize>> {
        names.iter().map(|name| self.names.iter().position(|own| own == name)).collect()
    }
}

/// The number of bytes before the header, and the separator that they name: `sep=;` of spreadsheets, and
/// comments.
fn preamble(sample: &[u8], notes: &mut Vec<String>) -> (usize, Option<u8>) {
    let line_end = |from: usize| {
        let end = sample[from..].iter().position(|&byte| byte == b'\n');
        end.map_or(sample.len(), |end| from + end + 1)
    };
    let first = line_end(0);
    let text = sample[..first].trim_ascii();
    if let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] = text {
        return (first, Some(*delimiter));
    }
    let mut skipped = 0;
    while sample[skipped..].starts_with(b"#")
        && !is_header_with_hash(&sample[skipped..], line_end(skipped) - skipped)
    {
        skipped = line_end(skipped);
    }
    if skipped > 0 {
        notes.push("the lines that begin with # above the header are comments".to_owned());
    }
    (skipped, None)
}

/// Whether a line that starts with # is the header: the next line has as many separators.
fn is_header_with_hash(bytes: &[u8], end: usize) -> bool {
    let next = bytes[end..].split(|&byte| byte == b'\n').next().unwrap_or_default();
    let count = |line: &[u8], delimiter: u8| line.iter().filter(|&&byte| byte == delimiter).count();
    DELIMITERS.iter().any(|&delimiter| {
        let own = count(&bytes[..end], delimiter);
        own > 0 && own == count(next, delimiter)
    })
}

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// A note on a first line that is taken for a row, or may be one.
fn note_on_header(body: &[u8], dialect: Dialect, is_missing: bool) -> Option<Note> {
    if is_missing {
        let text = "the first line holds numbers, so there is no header: the columns are called column_1, column_2, …";
        return Some(text.into());
    }
    looks_like_row(body, dialect).then(|| Note {
        text: "the first line is read as names of columns, but looks like a row".to_owned(),
        hint: Some(Hint::NoHeader),
    })
}

/// The dialect of a CSV that starts with a header.
fn dialect(body: &[u8], named: Option<u8>, decimal: Option<u8>) -> Dialect {
    let delimiter = named.unwrap_or_else(|| delimiter(body));
    let escaped = |window: &[u8]| {
        window[0] == b'\\'
            && window[1] == b'"'
            && window[2] != delimiter
            && !matches!(window[2], b'\n' | b'\r' | b'"')
    };
    let dialect = Dialect { delimiter, backslash: body.windows(3).any(escaped), ..Dialect::default() };
    number_style(body, dialect, decimal)
}

/// The separator of the header for which most lines have the same count.
fn delimiter(body: &[u8]) -> u8 {
    const LINES: usize = 20;
    let lines = |delimiter: u8| {
        let mut quotes = Quotes::new(Dialect { delimiter, ..Dialect::default() });
        let mut counts: Vec<usize> = vec![0];
        for &byte in body {
            if quotes.end_with(byte) {
                counts.push(0);
            } else if byte == delimiter && !quotes.is_open() {
                *counts.last_mut().expect("there is a first line") += 1;
            }
            if counts.len() > LINES {
                break;
            }
        }
        counts
    };
    let agreement = |delimiter: u8| {
        let counts = lines(delimiter);
        let same = counts.iter().filter(|&&count| count == counts[0]).count();
        if counts[0] == 0 { 0 } else { same }
    };
    // Ties go to the first separator.
    let best = DELIMITERS.iter().rev().max_by_key(|&&delimiter| agreement(delimiter));
    best.copied().filter(|&delimiter| agreement(delimiter) > 0).unwrap_or(b',')
}

/// How numbers are written: with decimal commas or points, and with which separator of thousands.
fn number_style(body: &[u8], dialect: Dialect, decimal: Option<u8>) -> Dialect {
    let mut reader = RecordReader::new(dialect);
    let mut rest = &body[reader.read(body)..];
    let mut counts = NumberCounts::default();
    while let read @ 1.. = reader.read(rest) {
        rest = &rest[read..];
        (0..reader.fields()).filter_map(|at| reader.text(at).ok()).for_each(|text| counts.see(text.trim()));
    }
    let decimal_comma = decimal.map_or(counts.decimals[0] > counts.decimals[1], |mark| mark == b',');
    let (grouped, separator) =
        if decimal_comma { (counts.thousands[1], b'.') } else { (counts.thousands[0], b',') };
    let thousands = (grouped > 0).then_some(separator);
    Dialect { decimal_comma, thousands, ..dialect }
}

/// How many numbers of a sample are decimals with a comma and with a point, or have commas and points between thousands.
#[derive(Default)]
struct NumberCounts {
    decimals: [usize; 2],
    thousands: [usize; 2],
}

impl NumberCounts {
    fn see(&mut self, text: &str) {
        let text = text.strip_prefix('-').unwrap_or(text);
        if !text.starts_with(|c: char| c.is_ascii_digit()) {
            return;
        }
        for (at, (separator, other)) in [(',', '.'), ('.', ',')].into_iter().enumerate() {
            let (whole, part) = text.split_once(other).unwrap_or((text, ""));
            let groups: Vec<&str> = whole.split(separator).collect();
            let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            let is_grouped = groups.len() > 1
                && (1..=3).contains(&groups[0].len())
                && !groups[0].starts_with('0')
                && groups.iter().all(|group| is_digits(group))
                && groups[1..].iter().all(|group| group.len() == 3);
            self.thousands[at] += usize::from(is_grouped && is_digits(part));
            let is_decimal =
                groups.len() == 2 && groups.iter().all(|group| !group.is_empty() && is_digits(group));
            self.decimals[at] += usize::from(is_decimal && !is_grouped && !text.contains(other));
            self.decimals[1 - at] += usize::from(is_grouped && !part.is_empty() && is_digits(part));
        }
    }
}

/// Whether a separator of a number stands between thousands only: `10.0.0.1` is no number.
fn is_grouped(text: &str, separator: char) -> bool {
    let mut groups = text.trim().split(separator);
    let first = groups.next().unwrap_or_default().trim_start_matches(['-', '+']);
    let is_group = |group: &str| group.bytes().take_while(u8::is_ascii_digit).count() == 3;
    (1..=3).contains(&first.len()) && groups.all(is_group)
}

/// Unique names, as in pandas: the second `a` becomes `a.1`.
pub(in crate::table) fn unique(names: Vec<String>, notes: &mut Vec<String>) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    let mut taken = HashSet::new();
    for name in names {
        let mut own = name.clone();
        let mut nth = 0;
        while !taken.insert(own.clone()) {
            nth += 1;
            own = format!("{name}.{nth}");
        }
        if nth > 0 {
            notes.push(format!(
                "column `{}` occurs again; that one is called `{}`",
                printable(&name, LONGEST_NAME),
                printable(&own, LONGEST_NAME)
            ));
        }
        unique.push(own);
    }
    unique
}

/// Names without white space around them. As in pandas, a column without a name is called by its position.
fn named(names: &[String]) -> Vec<String> {
    let name = |(at, name): (usize, &String)| match name.trim() {
        "" => format!("Unnamed: {at}"),
        name => name.to_owned(),
    };
    names.iter().enumerate().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dialect_is_detected() {
        let dialect = |text: &str| Header::of(text.as_bytes(), CsvOptions::default()).unwrap().dialect;
        let plain = Dialect::default();
        assert_eq!(dialect("a,b;c\n1,2;3\n"), plain);
        assert_eq!(dialect("a\n1\n"), plain);
        assert_eq!(dialect("a;b\n1,5;x\n"), Dialect { delimiter: b';', decimal_comma: true, ..plain });
        assert_eq!(dialect("a;b\n1.5;2,5\n"), Dialect { delimiter: b';', ..plain });
        assert_eq!(dialect("a\tb\n1\t2\n").delimiter, b'\t');
        assert_eq!(dialect("a|b\n1|2\n").delimiter, b'|');
        assert!(dialect("a,b\n1,\"say \\\"hi\\\" now\"\n").backslash);
        assert!(!dialect("a,b\n\"C:\\dir\\\",\"x\"\n").backslash);
    }

    #[test]
    fn lines_before_the_header_are_skipped() {
        let header = |text: &str| Header::of(text.as_bytes(), CsvOptions::default()).unwrap();
        assert_eq!(header("sep=;\na;b\n1;2\n").names, ["a", "b"]);
        let comment = header("# made by x, on a day\n# y\na,b\n1,2\n");
        assert_eq!((comment.names, comment.lines, comment.notes.len()), (vec!["a".into(), "b".into()], 3, 1));
        assert_eq!(header("# made by x\r\n# y\r\na,b\r\n1,2\r\n").lines, 3);
        assert_eq!(header("a,\"b\nc\"\n1,2\n").lines, 2);
        assert_eq!(header("a,\"b\r\nc\"\r\n1,2\r\n").lines, 2);
        assert_eq!(header("#a,b\n1,2\n").names, ["#a", "b"]);
        assert_eq!(header(" a , b\n").names, ["a", "b"]);
    }

    #[test]
    fn repeated_names_are_numbered_as_pandas_does() {
        let header = Header::of(b"a,a,a.1,a\n", CsvOptions::default()).unwrap();
        assert_eq!(header.names, ["a", "a.1", "a.1.1", "a.2"]);
        assert_eq!(header.notes.len(), 3);
    }

    #[test]
    fn thousands_and_decimals_are_told_apart() {
        let dialect = |text: &str| Header::of(text.as_bytes(), CsvOptions::default()).unwrap().dialect;
        let style = |text: &str| (dialect(text).decimal_comma, dialect(text).thousands.map(char::from));
        assert_eq!(style("a;b\n1,5;2\n2,25;1\n"), (true, None));
        assert_eq!(style("a|b\n1,234|2\n275|1\n"), (false, Some(',')));
        assert_eq!(style("a;b\n1.234,5;x\n"), (true, Some('.')));
        assert_eq!(style("a,b\n\"1,234.5\",x\n"), (false, Some(',')));
        assert_eq!(style("a;b\n10.0.0.1;0.123\n"), (false, None));
        let mut number = String::new();
        let german = Dialect { decimal_comma: true, thousands: Some(b'.'), ..Dialect::default() };
        assert_eq!(german.plain("1.234,5", &mut number), "1234.5");
        assert_eq!(german.plain("a,b.c", &mut number), "a,b.c");
    }

    #[test]
    fn a_first_line_of_numbers_is_no_header() {
        let header = Header::of(b"0.5,1,tcp\n0.5,2,udp\n", CsvOptions::default()).unwrap();
        assert_eq!((header.names.join(" "), header.lines), ("column_1 column_2 column_3".to_owned(), 0));
        assert_eq!(Header::of(b",a\n0,1\n", CsvOptions::default()).unwrap().names, ["Unnamed: 0", "a"]);
        assert!(Header::of(b"a,b\r1,2\r", CsvOptions::default()).unwrap_err().contains("carriage return"));
    }
}
