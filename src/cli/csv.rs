//! The flags that say how CSV is read, if not as detected.

use crate::error::{Error, Result};
use crate::table::CsvOptions;
use clap::Args;

/// What a user knows about a CSV.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct CsvFlags {
    /// Separator of the columns of CSV: a character, or comma, semicolon, tab, pipe, space [default: detected]
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// Decimal mark of numbers in CSV: ',' or '.' [default: detected]
    #[arg(long, value_name = "MARK", value_parser = decimal)]
    decimal: Option<u8>,
    /// The first line of CSV is a row, not a header: the columns are called column_1, column_2, …
    #[arg(long)]
    no_header: bool,
}

impl CsvFlags {
    /// How CSV is read.
    pub fn options(self) -> CsvOptions {
        CsvOptions { delimiter: self.delimiter, decimal: self.decimal, no_header: self.no_header }
    }

    /// Refuse the flags where the input is not CSV.
    ///
    /// # Errors
    /// If a flag is set; the error is the flag and `why`.
    pub fn refuse(self, why: &str) -> Result<()> {
        let flags = [
            ("--delimiter", self.delimiter.is_some()),
            ("--decimal", self.decimal.is_some()),
            ("--no-header", self.no_header),
        ];
        match flags.into_iter().find(|(_, is_set)| *is_set) {
            Some((flag, _)) => Err(Error::Request(format!("{flag} {why}"))),
            None => Ok(()),
        }
    }
}

/// A separator as people write it.
fn delimiter(text: &str) -> Result<u8, String> {
    match (text, text.as_bytes()) {
        ("comma", _) => Ok(b','),
        ("semicolon", _) => Ok(b';'),
        ("tab" | "\\t", _) => Ok(b'\t'),
        ("pipe", _) => Ok(b'|'),
        ("space", _) => Ok(b' '),
        (_, [b'"' | b'\n' | b'\r']) => Err("a quote or a line end cannot separate columns".to_owned()),
        (_, [byte]) if byte.is_ascii() && !byte.is_ascii_alphanumeric() => Ok(*byte),
        _ => Err("expected one ASCII character that is no letter or digit, or a name such as tab".to_owned()),
    }
}

fn decimal(text: &str) -> Result<u8, String> {
    match text {
        "," | "comma" => Ok(b','),
        "." | "point" => Ok(b'.'),
        _ => Err("expected ',' or '.'".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_have_names() {
        let read = |text| delimiter(text).ok().map(char::from);
        assert_eq!(
            ["tab", "\\t", "\t", ";", "semicolon", "^"].map(read),
            ["\t", "\t", "\t", ";", ";", "^"].map(|c| c.chars().next())
        );
        assert_eq!(["", "ab", "a", "\"", "é"].map(read), [None; 5]);
    }
}
