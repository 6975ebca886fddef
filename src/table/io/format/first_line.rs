//! Whether the first line of a CSV is a header or a row.

use super::record::{Dialect, RecordReader};
use crate::table::io::time::TimeText;

/// The number of records that are compared with the first one.
const RECORDS: usize = 1_000;

/// Whether the fields of a first line are values: most of them numbers.
pub(super) fn is_row(fields: &[String]) -> bool {
    let numbers = fields.iter().filter(|field| is_number(field)).count();
    2 * numbers > fields.len()
}

/// Whether a CSV that starts with these bytes seems to have no header: most fields of the first line are numbers, times,
/// or words that their column has again.
pub(super) fn looks_like_row(body: &[u8], dialect: Dialect) -> bool {
    let mut reader = RecordReader::new(dialect);
    let length = reader.read(body);
    let Ok(first) = reader.texts() else { return false };
    let mut is_value: Vec<bool> =
        first.iter().map(|field| is_number(field) || TimeText::parse(field).is_some()).collect();
    let mut rest = &body[length..];
    for _ in 0..RECORDS {
        let length = reader.read(rest);
        if length == 0 {
            break;
        }
        rest = &rest[length..];
        let fields = reader.fields().min(first.len());
        let is_same = |at: usize| reader.field(at).trim_ascii() == first[at].trim().as_bytes();
        // A repeated header is no evidence.
        if fields == first.len() && (0..fields).all(is_same) {
            continue;
        }
        for at in 0..fields {
            is_value[at] |= is_same(at) && !first[at].trim().is_empty();
        }
    }
    2 * is_value.iter().filter(|is_value| **is_value).count() > first.len()
}

fn is_number(field: &str) -> bool {
    field.trim().parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_line_like_the_others_looks_like_a_row() {
        let looks = |text: &str| looks_like_row(text.as_bytes(), Dialect::default());
        assert!(looks("2026-03-01,anna,AT\n2026-03-02,ben,DE\n2026-03-02,anna,AT\n"));
        assert!(looks("tcp,http,SF,1\ntcp,smtp,SF,2\n"));
        for header in
            ["day,user,country\n2026-03-02,anna,AT\n", "a,b\na,b\n1,2\na,b\n", "a,2019\nx,5\n", "a\n", ""]
        {
            assert!(!looks(header), "{header}");
        }
    }
}
