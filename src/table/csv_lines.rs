//! CSV from a stream: a header that names the columns, and records whose values are text.

use super::csv::comma_separated;
use super::frame::once_each;
use super::json_lines::Cell;
use crate::error::{Error, Result};
use std::path::Path;

/// What a stream of CSV is called where a file would be named.
const NAME: &str = "the CSV";

/// The columns of a stream of CSV.
#[derive(Debug)]
pub struct Header {
    names: Vec<String>,
}

impl Header {
    /// The names of a header.
    ///
    /// # Errors
    /// Where the text is no header of a CSV table, or names a column twice.
    pub fn parse(record: &[u8]) -> Result<Self> {
        let no_text = match record {
            [0x1f, 0x8b, ..] => Some("is compressed; unpack it first"),
            [b'P', b'A', b'R', b'1', ..] => Some("is a Parquet file; give it by its name"),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("is UTF-16; make it UTF-8"),
            _ => None,
        };
        if let Some(problem) = no_text {
            return Err(Error::input(NAME, problem));
        }
        let names = fields(record).map_err(|problem| Error::input(NAME, format!("its header {problem}")))?;
        comma_separated(Path::new(NAME), &names)?;
        once_each(Path::new(NAME), &names)?;
        Ok(Header { names })
    }

    /// The names of the columns, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// For each wanted column where it stands; `None` where there is none of that name.
    pub fn places(&self, wanted: &[&str]) -> Vec<Option<usize>> {
        wanted.iter().map(|name| self.names.iter().position(|own| own == name)).collect()
    }

    /// The values of a record at some places, as text; missing where there is no place.
    ///
    /// # Errors
    /// In words, where the text is no record of this header.
    pub fn cells(&self, record: &[u8], places: &[Option<usize>]) -> Result<Vec<Cell>, String> {
        let mut fields = fields(record)?;
        if fields.len() != self.names.len() {
            return Err(format!("holds {} fields where the header has {}", fields.len(), self.names.len()));
        }
        let cell = |place: &Option<usize>| {
            place.map_or(Cell::Missing, |at| Cell::Text(std::mem::take(&mut fields[at])))
        };
        Ok(places.iter().map(cell).collect())
    }
}

/// The fields of a record: between commas, or between quotes, of which two stand for one (RFC 4180).
fn fields(record: &[u8]) -> Result<Vec<String>, String> {
    let mut rest = std::str::from_utf8(record).map_err(|_| "is not UTF-8 text".to_owned())?;
    let mut fields = Vec::new();
    loop {
        let (field, behind) = match rest.strip_prefix('"') {
            Some(quoted) => unquoted(quoted)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        fields.push(field);
        match behind.strip_prefix(',') {
            Some(next) => rest = next,
            None if behind.is_empty() => return Ok(fields),
            None => return Err(format!("has text behind the quotes of field {}", fields.len())),
        }
    }
}

/// A field from behind its opening quote, and what comes behind its closing one.
fn unquoted(text: &str) -> Result<(String, &str), String> {
    let mut field = String::new();
    let mut rest = text;
    while let Some(end) = rest.find('"') {
        field.push_str(&rest[..end]);
        match rest[end + 1..].strip_prefix('"') {
            Some(behind) => {
                field.push('"');
                rest = behind;
            }
            None => return Ok((field, &rest[end + 1..])),
        }
    }
    Err("leaves a quote open".to_owned())
}

/// Text as one field of a record, in quotes where it needs them.
pub fn field(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_stand_between_commas_or_quotes() {
        let read = |text: &str| fields(text.as_bytes());
        assert_eq!(read("a,,\"b,\"\"c\"\"\nd\", e ").unwrap(), ["a", "", "b,\"c\"\nd", " e "]);
        assert_eq!(read("").unwrap(), [""]);
        assert_eq!(read("a\"b,c").unwrap(), ["a\"b", "c"]);
        assert_eq!(read("\"a").unwrap_err(), "leaves a quote open");
        assert_eq!(read("x,\"a\"b").unwrap_err(), "has text behind the quotes of field 2");
        assert_eq!(fields(b"\xff").unwrap_err(), "is not UTF-8 text");
    }

    #[test]
    fn a_record_gives_its_values_in_the_order_that_is_wanted() {
        let header = Header::parse(b"a,b,\"c,d\"").unwrap();
        let places = header.places(&["c,d", "x", "a"]);
        let text = |text: &str| Cell::Text(text.to_owned());
        assert_eq!(header.cells(b"1,2,3", &places).unwrap(), [text("3"), Cell::Missing, text("1")]);
        let problem = header.cells(b"1,2", &places).unwrap_err();
        assert_eq!(problem, "holds 2 fields where the header has 3");
    }

    #[test]
    fn what_is_no_header_is_refused() {
        for (text, words) in [
            (&b"a;b"[..], "separated by ';'"),
            (b"a,b,a", "twice"),
            (b"\x1f\x8b\x08", "compressed"),
            (b"PAR1", "Parquet"),
            (b"\"a,b", "leaves a quote open"),
        ] {
            let error = Header::parse(text).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(texts in proptest::collection::vec(any::<String>(), 1..5)) {
            let record = texts.iter().map(|text| field(text)).collect::<Vec<_>>().join(",");
            prop_assert_eq!(fields(record.as_bytes()).unwrap(), texts);
        }

        #[test]
        fn no_bytes_are_a_panic(record in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = fields(&record);
        }
    }
}
