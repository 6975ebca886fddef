//! Files of verdicts: JSON lines, or a table with a column `verdict`.

use super::record::{Verdict, VerdictRecord, parse_time};
use crate::error::{Error, LONGEST_NAME, Result, json, printable};
use crate::files;
use crate::table::{self, Batch, Batches, Categories, CsvOptions, FileFormat, field};
use std::collections::BTreeMap;
use std::path::Path;

/// The column of a table of verdicts that holds the digest of the row.
pub const ROW_KEY: &str = "row_key";

/// The column of a table of verdicts that holds the verdict.
pub const VERDICT: &str = "verdict";

/// The content of a file of verdicts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VerdictFile {
    /// The verdicts in their order.
    pub records: Vec<VerdictRecord>,
    /// The number of rows without a verdict.
    pub unjudged: usize,
    /// What a reader should know: lines that were cut off.
    pub notes: Vec<String>,
}

/// Read a file of verdicts. In a table, `key` names the columns that identify a row; without them, or if the table lacks
/// them, it is the column `row_key`.
///
/// # Errors
/// If the file cannot be read, has no verdicts column, or holds an unknown verdict or a time that cannot be read. The
/// error names the row.
pub fn read(path: &Path, key: &[String]) -> Result<VerdictFile> {
    files::regular_file(path)?;
    match table::format_of(path)? {
        FileFormat::Json => read_lines(path),
        _ => read_table(path, key),
    }
}

/// The key of a row from the values of the columns that identify it; `None` if all are missing.
pub fn key_of(columns: &[Categories], row: usize) -> Option<String> {
    let values: Vec<Option<&str>> = columns.iter().map(|column| column.level(row)).collect();
    let text = |value: &Option<&str>| field(value.unwrap_or_default());
    values.iter().any(Option::is_some).then(|| values.iter().map(text).collect::<Vec<_>>().join(","))
}

fn read_lines(path: &Path) -> Result<VerdictFile> {
    let text = files::text(path)?;
    let mut found = VerdictFile::default();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str::<VerdictRecord>(line) {
            Ok(record) => found.records.push(record),
            // A crash while it was written.
            Err(error) if error.is_eof() => {
                found.notes.push(format!("{}: line {} is cut off, and left out", path.display(), at + 1));
            }
            Err(error) => {
                let problem = format!("line {}: not a verdict: {}", at + 1, json::reason(&error));
                return Err(Error::input(path, problem));
            }
        }
    }
    Ok(found)
}

fn read_table(path: &Path, key: &[String]) -> Result<VerdictFile> {
    const ROWS: usize = 1 << 16;
    let batches = Batches::open_as(path, ROWS, false, CsvOptions::default())?;
    let names = batches.names();
    let has = |name: &str| names.iter().any(|own| own == name);
    if !has(VERDICT) {
        return Err(Error::missing_column(&path.display().to_string(), VERDICT, names));
    }
    let has_key = !key.is_empty() && key.iter().all(|name| has(name));
    let key = if has_key { key.to_vec() } else { vec![ROW_KEY.to_owned()] };
    if let Some(name) = key.iter().find(|name| !has(name)) {
        return Err(Error::missing_column(&path.display().to_string(), name, names));
    }
    let mut found = VerdictFile::default();
    for batch in batches {
        read_batch(&batch?, &key, &mut found)?;
    }
    Ok(found)
}

fn read_batch(batch: &Batch, key: &[String], found: &mut VerdictFile) -> Result<()> {
    let texts = |name: &str| match batch.has(name) {
        true => batch.texts(name).map(Some),
        false => Ok(None),
    };
    let verdicts = batch.texts(VERDICT)?;
    let keys = key.iter().map(|name| batch.texts(name)).collect::<Result<Vec<_>>>()?;
    let [table, times, analysts, notes] =
        [texts("verdict_table")?, texts("verdict_time")?, texts("analyst")?, texts("note")?];
    let owned = |column: &Option<Categories>, row| {
        column.as_ref().and_then(|column| column.level(row)).map(str::to_owned)
    };
    for row in 0..batch.rows() {
        let Some(word) = verdicts.level(row).filter(|word| !word.trim().is_empty()) else {
            found.unjudged += 1;
            continue;
        };
        let refused = |problem: String| Error::input(batch.place(row), problem);
        let verdict = Verdict::try_from(word.to_owned()).map_err(refused)?;
        let row_key = key_of(&keys, row)
            .ok_or_else(|| refused(format!("has a verdict and no value in `{}`", key.join(","))))?;
        found.records.push(VerdictRecord {
            table: owned(&table, row),
            row: row_key,
            verdict,
            time: owned(&times, row).map(|text| time_of(&text).map_err(refused)).transpose()?,
            analyst: owned(&analysts, row),
            note: owned(&notes, row),
            values: BTreeMap::new(),
        });
    }
    Ok(())
}

fn time_of(text: &str) -> Result<i64, String> {
    parse_time(text).ok_or_else(|| {
        let text = printable(text, LONGEST_NAME);
        format!("the verdict_time `{text}` cannot be read; use 2026-03-02T14:00:00Z")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn written(name: &str, text: &str) -> Result<VerdictFile> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        read(&path, &["id".to_owned()])
    }

    #[test]
    fn a_table_from_a_spreadsheet_is_read_and_empty_verdicts_are_counted() {
        let text = "id;verdict;analyst;verdict_time\n7;S;ana;2026-03-02 14:00\n8;;;\n9;normal;;\n";
        let found = written("review.csv", text).unwrap();
        let verdicts: Vec<_> =
            found.records.iter().map(|record| (record.row.as_str(), record.verdict)).collect();
        assert_eq!(verdicts, [("7", Verdict::Suspicious), ("9", Verdict::Normal)]);
        assert_eq!((found.unjudged, found.records[0].analyst.as_deref()), (1, Some("ana")));
        assert!(found.records[0].time.is_some() && found.records[1].time.is_none());
    }

    #[test]
    fn an_unknown_verdict_is_an_error_with_its_row() {
        let error = written("review.csv", "id,verdict\n7,s\n8,maybe\n").unwrap_err().to_string();
        assert!(error.contains("row 2: unknown verdict `maybe`; use suspicious"), "{error}");
        let error = written("v.jsonl", "{\"row\":\"7\",\"verdict\":\"maybe\"}\n").unwrap_err().to_string();
        assert!(error.contains("line 1: not a verdict: unknown verdict `maybe`"), "{error}");
    }

    #[test]
    fn a_file_without_verdicts_is_an_error() {
        let error = written("events.csv", "id,x\n7,1\n8,2\n").unwrap_err().to_string();
        assert!(error.contains("there is no column `verdict`"), "{error}");
        assert!(written("events.jsonl", "{\"id\":7,\"x\":1}\n").is_err());
        assert!(written("review.csv", "x,verdict\n1,s\n").unwrap_err().to_string().contains(ROW_KEY));
    }

    #[test]
    fn a_line_that_was_cut_off_costs_no_other() {
        let text =
            "{\"row\":\"7\",\"verdict\":\"s\"}\n{\"row\":\"8\",\"ver\n{\"row\":\"9\",\"verdict\":\"n\"}\n";
        let found = written("v.jsonl", text).unwrap();
        assert_eq!((found.records.len(), found.notes.len()), (2, 1));
        assert!(found.notes[0].contains("line 2 is cut off"), "{}", found.notes[0]);
    }

    #[test]
    fn several_columns_are_one_key() {
        let columns: Vec<Categories> =
            [[Some("a,b"), None], [Some("7"), None]].map(|column| column.into_iter().collect()).to_vec();
        assert_eq!(key_of(&columns, 0).as_deref(), Some("\"a,b\",7"));
        assert_eq!(key_of(&columns, 1), None);
    }
}
