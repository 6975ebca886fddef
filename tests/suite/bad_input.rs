//! Bad input gets exit code 2 and one clear line, and nothing is lost.

use crate::program::{fixture, run, text};
use std::fs;

/// Run, and expect a refusal of one line; that line.
fn refused(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), arguments);
    assert_eq!(ran.code, 2, "{arguments:?} gave {ran:?}");
    assert_eq!(ran.stdout, "", "{arguments:?}");
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(lines.len(), 1, "{arguments:?} gave {}", ran.stderr);
    assert!(!folder.path().join("results").exists(), "{arguments:?} wrote results");
    lines[0].to_owned()
}

fn bad(file: &str, label: &str) -> String {
    refused(&["compare", "-q", "--file", text(&fixture("bad").join(file)), "--label", label])
}

fn bad_auth(file: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(fixture("bad").join(file), folder.path().join("auth_events.parquet")).unwrap();
    refused(&["compare", "-q", "--table", "auth", "--data", text(folder.path())])
}

#[track_caller]
fn assert_says(line: &str, words: &[&str]) {
    for word in words {
        assert!(line.contains(word), "`{word}` is not in: {line}");
    }
}

#[test]
fn a_truncated_file() {
    assert_says(
        &bad("truncated.parquet", "is_suspicious"),
        &["truncated.parquet", "not a readable Parquet file"],
    );
}

#[test]
fn a_file_of_no_bytes() {
    assert_says(
        &bad("zero_bytes.parquet", "is_suspicious"),
        &["zero_bytes.parquet", "not a readable Parquet file"],
    );
}

#[test]
fn text_that_calls_itself_parquet() {
    assert_says(&bad("text.parquet", "is_suspicious"), &["text.parquet", "not a readable Parquet file"]);
}

#[test]
fn a_feature_of_the_wrong_type() {
    assert_says(
        &bad_auth("wrong_type.parquet"),
        &["`hour_of_day`", "holds `late` where a number is expected in row 1"],
    );
}

#[test]
fn a_missing_feature() {
    assert_says(&bad_auth("missing_column.parquet"), &["no column `fail_count_1h`", "it has"]);
}

#[test]
fn a_label_with_gaps() {
    assert_says(&bad_auth("null_label.parquet"), &["`is_suspicious`", "no value in row 3"]);
}

#[test]
fn one_class_only() {
    assert_says(&bad_auth("one_class.parquet"), &["every row is normal", "AUC"]);
}

#[test]
fn no_rows() {
    assert_says(&bad_auth("empty.parquet"), &["the table has no rows"]);
}

#[test]
fn one_row() {
    assert_says(&bad_auth("one_row.parquet"), &["every row is"]);
}

#[test]
fn a_ragged_csv() {
    assert_says(
        &bad("ragged.csv", "label"),
        &["ragged.csv", "line 3", "holds 4 fields where the header has 2"],
    );
}

#[test]
fn a_missing_file_and_a_missing_folder() {
    assert_says(&refused(&["compare", "--file", "nowhere.parquet", "--label", "y"]), &["nowhere.parquet"]);
    assert_says(&refused(&["compare", "--data", "nowhere"]), &["nowhere", "no such folder"]);
}

#[test]
fn a_label_that_is_not_there_names_the_nearest_column() {
    let file = fixture("auth_events.parquet");
    let line = refused(&["compare", "--file", text(&file), "--label", "is_suspicous"]);
    assert_says(&line, &["no column `is_suspicous`", "did you mean `is_suspicious`?"]);
}

#[test]
fn numbers_out_of_range() {
    for (flag, value) in
        [("--contamination", "0.9"), ("--test-share", "1"), ("--runs", "0"), ("--threads", "0")]
    {
        assert_says(&refused(&["compare", "-q", flag, value]), &[flag.trim_start_matches('-')]);
    }
}

#[test]
fn a_time_protocol_without_times() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..50).map(|row| format!("{},{}\n", row % 9, row % 2)).collect();
    let file = folder.path().join("t.csv");
    fs::write(&file, format!("x,bad\n{rows}")).unwrap();
    let line = refused(&["compare", "--file", text(&file), "--label", "bad", "--protocol", "time"]);
    assert_says(&line, &["there is no time column", "--time"]);
}

#[test]
fn a_folder_that_cannot_be_written_to() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("results"), "a file stands here").unwrap();
    let ran = run(folder.path(), &["compare", "-q", "--table", "admin", "--data", text(&fixture(""))]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("cannot be written"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(folder.path().join("results")).unwrap(), "a file stands here");
}

/// A CSV of `rows` lines under a header, refused by `compare` with more arguments.
fn bad_csv(header: &str, line: impl Fn(usize) -> String, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.csv");
    fs::write(&file, format!("{header}\n{}", (0..60).map(|row| line(row) + "\n").collect::<String>()))
        .unwrap();
    refused(&[&["compare", "-q", "--file", text(&file)], arguments].concat())
}

#[test]
fn a_schema_cannot_write_outside_of_the_results() {
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("s.json");
    fs::write(&schema, r#"{"table":"../x","features":[{"name":"hour_of_day","kind":"numeric"}]}"#).unwrap();
    let file = fixture("auth_events.parquet");
    assert_says(&refused(&["compare", "--file", text(&file), "--schema", text(&schema)]), &["table name"]);
}

#[test]
fn devices_and_pipes_are_not_waited_for() {
    for arguments in [
        &["compare", "--file", "/dev/zero", "--label", "y"][..],
        &["compare", "--file", "x.csv", "--schema", "/dev/zero"],
        &["gate", "--baseline", "/dev/zero"],
    ] {
        assert_says(&refused(arguments), &["/dev/zero", "not a regular file"]);
    }
}

#[test]
fn a_column_that_occurs_twice_is_renamed_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..60).map(|row| format!("{row},{},{}\n", row % 2, row % 7)).collect();
    fs::write(folder.path().join("t.csv"), format!("x,y,x\n{rows}")).unwrap();
    let ran = run(folder.path(), &["compare", "--file", "t.csv", "--label", "y", "--detectors", "hbos"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert!(said.contains("column `x` occurs again; that one is called `x.1`"), "{said}");
}

#[test]
fn a_grid_of_a_million_settings() {
    let values: Vec<String> = (1..=1000).map(|value| value.to_string()).collect();
    let [trees, sample] =
        ["trees", "sample"].map(|name| format!("isolation-forest.{name}={}", values.join(",")));
    let said =
        refused(&["compare", "-q", "--detectors", "isolation-forest", "--grid", &trees, "--grid", &sample]);
    assert_says(&said, &["1000000 settings", "1000"]);
}

#[test]
fn another_separator_is_found_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..60).map(|row| format!("{row},5;{}\n", row % 2)).collect();
    fs::write(folder.path().join("t.csv"), format!("x;y\n{rows}")).unwrap();
    let ran = run(folder.path(), &["compare", "--file", "t.csv", "--label", "y", "--detectors", "hbos"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert!(said.contains("separated by ';', decimals by a comma"), "{said}");
}

#[test]
fn a_column_whose_last_values_are_of_another_type() {
    let last = |row: usize, value: &'static str| if row == 2_999 { value } else { "1" };
    let folder = tempfile::tempdir().unwrap();
    for (value, features) in [("3.5", "x,n"), ("-", "x,n"), ("18446744073709551611", "n"), ("word", "n")] {
        let file = folder.path().join("t.csv");
        let line = |row: usize| format!("{},{},{}\n", last(row, value), row % 9, row % 2);
        fs::write(&file, format!("x,n,y\n{}", (0..3_000).map(line).collect::<String>())).unwrap();
        let arguments = ["--label", "y", "--features", features, "--detectors", "hbos"];
        let ran = run(folder.path(), &[&["compare", "-q", "--file", text(&file)], &arguments[..]].concat());
        assert_eq!(ran.code, 0, "{value}: {ran:?}");
    }
}

#[test]
fn milliseconds_in_place_of_seconds() {
    let line = |row| format!("{},{},{}", row % 7, 1_700_000_000_000_u64, row % 2);
    let said = bad_csv("x,t,y", line, &["--label", "y", "--time", "t", "--protocol", "time"]);
    assert_says(&said, &["`t` holds", "1900 to 2200", "milliseconds?"]);
}

#[test]
fn one_moment_has_no_future() {
    let line = |row| format!("{},1700000000,{}", row % 7, row % 2);
    let said = bad_csv("x,t,y", line, &["--label", "y", "--time", "t", "--protocol", "time"]);
    assert_says(&said, &["all rows have the same time"]);
}

#[test]
fn features_named_twice_or_not_at_all() {
    let line = |row| format!("{},{}", row % 7, row % 2);
    assert_says(&bad_csv("x,y", line, &["--label", "y", "--features", "x,x"]), &["`x` twice"]);
    assert_says(&bad_csv("x,y", line, &["--label", "y", "--features", "x,"]), &["empty name"]);
}

#[test]
fn a_label_value_with_control_characters_stays_on_its_line() {
    let said = bad_csv("x,y", |row| format!("{row},\"a\u{1b}[2J\nb\""), &["--label", "y"]);
    assert_says(&said, &["`a\\u{1b}[2J\\nb`", "--label 'y="]);
}

#[test]
fn parameters_out_of_range_name_their_field() {
    for (parameter, words) in [
        ("lof.k=0", ["lof: `k`", "between 1 and 10000"]),
        ("lof.k=-1", ["lof: `k` cannot be -1", "whole number"]),
        ("lof.k=many", ["\"many\"", "whole number"]),
        ("one-class-svm.nu=much", ["\"much\"", "a number is expected"]),
        ("isolation-forest.trees=0", ["isolation-forest: `trees`", "between 1 and 100000"]),
        ("one-class-svm.nu=2", ["one-class-svm: `nu`", "2"]),
        ("nearest.k=5", ["`nearest`", "isolation-forest"]),
        ("lof.colour=red", ["lof has no parameter `colour`", "it has `k`, `duplicates`"]),
    ] {
        assert_says(&refused(&["compare", "-q", "--params", parameter]), &words);
    }
}

#[test]
fn a_baseline_that_would_pass_anything() {
    for entry in
        [r#"{"auc": -5, "tolerance": 0.1}"#, r#"{"auc": 0.5, "tolerance": 1e9}"#, r#"{"tolerance": 0.1}"#]
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.json");
        let tables = format!(r#"{{"auth_events": {{"lof": {entry}}}}}"#);
        let head = r#""format": 1, "seed": 42, "contamination": 0.15, "protocol": "in-sample", "encoding": "one-hot""#;
        fs::write(&path, format!(r#"{{{head}, "tables": {tables}}}"#)).unwrap();
        assert_says(&refused(&["gate", "--baseline", text(&path)]), &["b.json"]);
    }
}

/// A Parquet file with bytes turned over here and there is read or refused, but never a panic.
#[test]
fn damaged_bytes_are_never_a_panic() {
    let whole = fs::read(fixture("admin_events.parquet")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("admin_events.parquet");
    for at in (0..whole.len()).step_by(whole.len() / 60) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0xff;
        fs::write(&file, &damaged).unwrap();
        let ran = run(folder.path(), &["compare", "-q", "--table", "admin", "--data", "."]);
        assert!([0, 2].contains(&ran.code), "byte {at}: {ran:?}");
        assert!(!ran.stderr.contains("panicked"), "byte {at}: {}", ran.stderr);
    }
}
