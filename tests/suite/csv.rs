//! CSV as people have it: separators, headers, encodings, times, and values that are nearly numbers.

use crate::program::{Ran, refusal, run, succeed, text, warnings};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;
use whis_lab::table::{Column, CsvOptions, Request, Table, Values, read};

/// A folder with a file of these bytes, `t.csv`.
fn folder(bytes: impl AsRef<[u8]>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.csv"), bytes).unwrap();
    folder
}

fn table_of(name: &str, bytes: impl AsRef<[u8]>, csv: CsvOptions) -> Table {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    read(&path, &Request { table: "t".into(), csv, ..Request::default() }).unwrap()
}

fn table(bytes: impl AsRef<[u8]>) -> Table {
    table_of("t.csv", bytes, CsvOptions::default())
}

/// The notes of a table in one text.
fn notes(table: &Table) -> String {
    table.notes.iter().map(|note| note.text.clone() + "\n").collect()
}

fn numbers(column: &Column) -> Vec<f64> {
    match &column.values {
        Values::Text(_) => panic!("`{}` is text", column.name),
        values => values.reals(),
    }
}

/// A run with this text on stdin.
fn piped(folder: &Path, arguments: &[&str], input: &[u8]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_whis-lab"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Rows without a header: a decimal comma, a separator that is not detected, and a word.
fn headerless() -> String {
    (0..80).map(|row| format!("n{row}^{},5^{}\n", row % 7, ["tcp", "udp"][row % 2])).collect()
}

const KNOWN: [&str; 5] = ["--delimiter", "^", "--decimal", ",", "--no-header"];

#[test]
fn flags_say_how_csv_is_read() {
    let folder = folder(headerless());
    let explore = succeed(folder.path(), &[&["explore", "--file", "t.csv"], &KNOWN[..]].concat());
    assert!(explore.stdout.starts_with("t: 80 rows, 14 distinct, 2 features"), "{}", explore.stdout);
    assert_eq!(warnings(&explore).len(), 1, "only the identifier is left out: {}", explore.stderr);
    assert!(explore.stderr.contains("`column_1` is left out"), "{}", explore.stderr);
    for (arguments, message) in [
        (["explore", "--delimiter", ";"], "--delimiter needs --file or --data: the demo store is not CSV"),
        (["compare", "--no-header", "-q"], "--no-header needs --file or --data: the demo store is not CSV"),
    ] {
        assert_eq!(refusal(&run(folder.path(), &arguments)), message);
    }
}

#[test]
fn a_model_of_a_file_without_header_scores_one_as_a_file_and_on_stdin() {
    let folder = folder(headerless());
    let train = ["train", "--file", "t.csv", "--out", "m.whis"];
    succeed(folder.path(), &[&train, &KNOWN[..]].concat());
    let score = ["score", "--model", "m.whis", "--format", "csv"];
    let file = succeed(folder.path(), &[&score, &KNOWN[..], &["t.csv"]].concat());
    assert!(file.stdout.starts_with("column_1,column_2,column_3,score,"), "{}", file.stdout);
    assert_eq!(file.stdout.lines().count(), 81);
    let stdin = [&score, &KNOWN[..], &["--input-format", "csv", "-"]].concat();
    let stream = piped(folder.path(), &stdin, headerless().as_bytes());
    assert_eq!(stream.stdout.lines().count(), 81, "{}", stream.stderr);
    let severity = |line: &str, delimiter| line.split(delimiter).nth(4).map(str::to_owned);
    for (file, stream) in file.stdout.lines().zip(stream.stdout.lines()).skip(1) {
        assert_eq!(severity(file, ','), severity(stream, '^'), "{file} and {stream}");
    }
    let without = run(folder.path(), &[&score[..], &["--delimiter", "^", "t.csv"]].concat());
    assert!(
        without.code == 2 && without.stderr.contains("there is no column `column_2`"),
        "{}",
        without.stderr
    );
    assert!(
        without.stderr.ends_with("; if the first line is a row, use --no-header\n"),
        "{}",
        without.stderr
    );
    let message = refusal(&run(folder.path(), &["score", "--model", "m.whis", "--no-header", "-"]));
    assert_eq!(message, "--no-header is for CSV, and the input is JSON lines");
}

#[test]
fn a_first_line_that_looks_like_a_row_is_said() {
    let rows = "2026-03-01,anna,AT\n2026-03-02,ben,DE\n2026-03-02,anna,AT\n2026-03-03,ben,AT\n";
    let found = table(rows);
    assert_eq!(found.rows(), 3);
    assert!(notes(&found).contains("the first line is read as names of columns, but looks like a row"));
    let known = table_of("t.csv", rows, CsvOptions { no_header: true, ..CsvOptions::default() });
    assert_eq!((known.rows(), known.feature_names().join(" ")), (4, "column_2 column_3".to_owned()));
    assert!(!notes(&known).contains("first line"), "{}", notes(&known));
    assert!(!notes(&table(format!("day,user,country\n{rows}"))).contains("first line"));
}

#[test]
fn header_lines_and_empty_rows_are_skipped_and_counted() {
    let csv = "n,word\n5,a\n2,b\nn,word\n9,a\n,\n2,b\n,\n , \n";
    let found = table(csv);
    assert_eq!(numbers(&found.features[0])[..3], [5.0, 2.0, 9.0]);
    assert_eq!(found.rows(), 5, "the empty row in the middle is a row");
    assert!(
        notes(&found)
            .contains("1 header line among the rows is skipped\n2 empty rows at the end are skipped\n")
    );

    let folder = folder(csv);
    succeed(folder.path(), &["train", "--file", "t.csv", "--out", "m.whis"]);
    let score = ["score", "--model", "m.whis", "--format", "csv"];
    let file = succeed(folder.path(), &[&score[..], &["t.csv"]].concat());
    assert_eq!(file.stdout.lines().count(), 6, "{}", file.stdout);
    for words in ["1 header line among the rows is skipped", "2 empty rows at the end are skipped"] {
        assert!(warnings(&file).contains(&words), "{}", file.stderr);
    }
    let stream =
        piped(folder.path(), &[&score[..], &["--input-format", "csv", "-"]].concat(), csv.as_bytes());
    assert!(warnings(&stream).contains(&"1 header line among the rows is skipped"), "{}", stream.stderr);
    assert!(!stream.stdout.contains("n,word,0") && !stream.stderr.contains("expected"), "{}", stream.stdout);
}

#[test]
fn windows_1252_and_utf16_are_read() {
    let csv = "naïve,city\n5,Zürich\n2,Köln\n9,„Wien“\n2,Zürich\n";
    let expected = table(csv);
    // Windows-1252: é is 0xe9, and the quotes are 0x84 and 0x93.
    let windows: Vec<u8> = csv
        .chars()
        .map(|c| match c {
            '„' => 0x84,
            '“' => 0x93,
            c => u8::try_from(u32::from(c)).unwrap(),
        })
        .collect();
    let found = table(&windows);
    assert_eq!(found.features, expected.features);
    assert!(notes(&found).contains("line 1 of ") && notes(&found).contains("read as Windows-1252"));
    let later = [&b"n,city\n1,Wien\n2,Wien\n3,K\xf6ln\n"[..]].concat();
    assert!(notes(&table(later)).contains("line 4 of "));
    for encode in [u16::to_le_bytes, u16::to_be_bytes] {
        let utf16 = |text: &str| -> Vec<u8> {
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(encode).collect()
        };
        let found = table(utf16(csv));
        assert_eq!((&found.features, notes(&found)), (&expected.features, notes(&expected)));
        let lines = utf16("{\"n\": 1, \"city\": \"Köln\"}\n{\"n\": 2, \"city\": \"Wien\"}\n");
        assert_eq!(table_of("t.jsonl", lines, CsvOptions::default()).rows(), 2);
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.jsonl"), b"{\"n\": 1}\n{\"city\": \"K\xf6ln\"}\n").unwrap();
    let message = refusal(&run(folder.path(), &["explore", "--file", "t.jsonl"]));
    assert!(message.starts_with("t.jsonl: line 2: "), "{message}");
}

#[test]
fn times_of_logs_are_times() {
    let times = |format: &str| {
        let row = |row: u32| format!("{},{}\n", format.replace("%%", &format!("{row:02}")), row % 7);
        table("at,n\n".to_owned() + &(10..40).map(row).collect::<String>()).times.map(|times| times[0])
    };
    const AT: i64 = 1_772_445_610_000_000; // 2026-03-02T10:00:10Z
    for (format, expected) in [
        ("2026-03-02 10:00:%%", AT),
        ("2026-03-02T12:00:%%+02:00", AT),
        ("2026-03-02 15:30:%%.850 +05:30", AT + 850_000),
        ("2026-03-02T15:30:%%+0530", AT),
        ("2026-03-02 19:00:%%.000 +09:00", AT),
        ("2026-03-02 10:00:%%Z", AT),
        ("2026-03-02 10:00:%% UTC", AT),
        ("\"2026-03-02 10:00:%%,850\"", AT + 850_000),
        ("02/Mar/2026:10:00:%% +0000", AT),
        ("[02/Mar/2026:10:00:%% +0000]", AT),
        ("Mar 02 2026 10:00:%%", AT),
        ("Mon Mar  2 10:00:%% 2026", AT),
        ("03/02/2026 10:00:%% AM", AT),
    ] {
        assert_eq!(times(format), Some(expected), "{format}");
    }
    assert_eq!(times("03/02/2026 10:00:%%"), None);
}

#[test]
fn a_guessed_order_of_day_and_month_is_said() {
    let rows = |half: &str| {
        let row = |row: u32| format!("03/02/2026 10:00:{row}{half},{}\n", row % 7);
        table(
            "at,n\n".to_owned()
                + &(10..59).map(row).collect::<String>()
                + "03/02/2026 10:01:00"
                + half
                + ",9\n",
        )
    };
    assert!(
        notes(&rows(" AM"))
            .contains("`at` are read with the month first, because their times have AM and PM")
    );
    let unsure = notes(&rows(""));
    assert!(unsure.contains("a category, not a number or time: its dates do not show whether"), "{unsure}");
    assert!(unsure.contains("a day after the 12th would show it"), "{unsure}");
}

#[test]
fn durations_and_times_of_day_are_seconds_in_every_format() {
    let found = table("idle,n\n00:01:23,4\n\"1 day, 2:03:04\",4\n,2\n");
    let seconds = numbers(&found.features[0]);
    assert_eq!((&seconds[..2], seconds[2].is_nan()), (&[83.0, 93_784.0][..], true));
    assert!(
        notes(&found).contains("`idle` holds durations or times of day: it is read as numbers of seconds")
    );
    let lines = "{\"idle\":\"00:01:23\"}\n{\"idle\":\"14:05:09\"}\n";
    let json = table_of("t.jsonl", lines, CsvOptions::default());
    assert_eq!(numbers(&json.features[0]), [83.0, 50_709.0]);

    let csv: String = (0..50).map(|row| format!("00:{:02}:{:02}\n", row * 13 % 60, row * 7 % 60)).collect();
    let folder = folder(format!("idle\n{csv}"));
    succeed(folder.path(), &["train", "--file", "t.csv", "--out", "m.whis"]);
    let text = succeed(folder.path(), &["score", "--model", "m.whis", "--format", "csv", "t.csv"]);
    let number = piped(
        folder.path(),
        &["score", "--model", "m.whis", "-"],
        b"{\"idle\": 0.0}\n{\"idle\": \"00:00:00\"}\n",
    );
    assert!(text.stdout.contains("\n00:00:00,") && text.stdout.lines().count() == 51, "{}", text.stdout);
    let severities: Vec<&str> = number.stdout.split("\"severity\":").skip(1).map(|rest| &rest[..6]).collect();
    assert_eq!(severities.len(), 2, "{}", number.stderr);
    assert_eq!(severities[0], severities[1]);
}

#[test]
fn a_column_that_is_nearly_a_number_or_a_time_names_what_prevents_it() {
    let column = |good: &str, bad: &str| {
        let row = |row: u32| format!("{},{}\n", if row % 12 == 3 { bad } else { good }, row % 7);
        table("x,n\n".to_owned() + &(0..60).map(row).collect::<String>())
    };
    let numbers = notes(&column("5", "high"));
    let expected = "`x` is a category, not a number or time: it is a number or a time in 55 of 60 rows, but `high` in row 4";
    assert!(numbers.contains(expected), "{numbers}");
    assert!(notes(&column("2026-03-02", "soon")).contains("but `soon` in row 4"));
    assert!(notes(&column("12%", "5%")).contains("its numbers have a sign, as in `12%`; remove it"));
    assert!(
        notes(&column("Mar  2 10:00:00", "Mar  2 10:01:00"))
            .contains("its times have no year, as in `Mar  2 1")
    );
    assert_eq!(notes(&column("tcp", "udp")), "", "words are words");
    let missing = ["<NA>", "n/a", "#DIV/0!", "nan", "None", "NaT", "-", "?", "NULL", "--"];
    for mark in missing {
        let table = column("5", mark);
        assert!(numbers_of(&table)[3].is_nan() && notes(&table).is_empty(), "{mark}: {}", notes(&table));
    }
}

fn numbers_of(table: &Table) -> Vec<f64> {
    numbers(&table.features[0])
}

#[test]
fn one_number_that_is_too_large_costs_its_row_and_not_the_file() {
    let row = |row: u32| {
        format!("{},{}\n", if row == 7 { "1e400".to_owned() } else { (row % 9).to_string() }, row % 5)
    };
    let folder = folder("x,n\n".to_owned() + &(0..80).map(row).collect::<String>());
    let train = succeed(folder.path(), &["train", "--file", "t.csv", "--out", "m.whis"]);
    assert!(train.stderr.contains("`x`"), "{}", train.stderr);
    let score = succeed(folder.path(), &["score", "--model", "m.whis", "t.csv"]);
    assert_eq!(score.stdout.lines().count(), 80);
    assert!(score.stderr.contains("`x`: 1 missing"), "{}", score.stderr);
}

#[test]
fn thousands_are_removed_from_numbers_only() {
    let german = table("ip;bytes\n10.0.0.1;1.234,5\n10.0.0.2;2,25\n10.0.0.1;12.345,0\n");
    assert_eq!(numbers(&german.features[1]), [1234.5, 2.25, 12345.0]);
    assert!(matches!(&german.features[0].values, Values::Text(_)));
}

#[test]
fn names_cannot_control_the_terminal() {
    let folder = folder("n,\u{1b}[2J\u{202e}x,\u{1b}[2J\u{202e}y\n5,a,-\n2,b,-\n");
    let ran = succeed(folder.path(), &["explore", "--file", text(&folder.path().join("t.csv"))]);
    assert!(!ran.stdout.contains(['\u{1b}', '\u{202e}']), "{:?}", ran.stdout);
    assert!(!ran.stderr.contains(['\u{1b}', '\u{202e}']), "{:?}", ran.stderr);
}
