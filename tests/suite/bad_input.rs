//! Bad input gets exit code 2 and one clear line, and nothing is lost.

use crate::program::{Ran, fixture, refusal, run, succeed, text, warnings};
use serde_json::{Value, json};
use std::fs;
use whis_lab::explore::{Exploration, FeatureKind};

/// The message of a run that is refused and writes nothing.
#[track_caller]
fn refused(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let message = refusal(&run(folder.path(), arguments));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{arguments:?} wrote files");
    message
}

/// The problem of a file of `fixtures/bad`: the message after the path of the file.
#[track_caller]
fn bad(file: &str, label: &str) -> String {
    let path = fixture("bad").join(file);
    after(&refused(&["compare", "-q", "--file", text(&path), "--label", label]), text(&path))
}

/// The message for a file in the place of the demo's auth table, whose path is `FILE`.
#[track_caller]
fn bad_auth(file: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auth_events.parquet");
    fs::copy(fixture("bad").join(file), &path).unwrap();
    let message = refused(&["compare", "-q", "--table", "auth", "--data", text(folder.path())]);
    message.replace(text(&path), "FILE")
}

/// The rest of a message that starts with a path.
#[track_caller]
fn after(message: &str, path: &str) -> String {
    let rest = message.strip_prefix(path).and_then(|rest| rest.strip_prefix(": "));
    rest.unwrap_or_else(|| panic!("{message} does not start with {path}")).to_owned()
}

/// The message has all of these words and none of those.
#[track_caller]
fn assert_says(message: &str, words: &[&str], others: &[&str]) {
    for word in words {
        assert!(message.contains(word), "`{word}` is not in: {message}");
    }
    for other in others {
        assert!(!message.contains(other), "`{other}` is in: {message}");
    }
}

/// The reason after these words is that of the Parquet library.
const NO_PARQUET: &str = "not a readable Parquet file: ";

#[test]
fn a_truncated_file() {
    let problem = bad("truncated.parquet", "is_suspicious");
    assert!(problem.starts_with(NO_PARQUET) && problem.len() > NO_PARQUET.len(), "{problem}");
}

#[test]
fn a_column_with_fewer_values_than_rows() {
    let problem = "the file is damaged: column `ts` has 30 values in 60 rows";
    assert_eq!(bad("short_column.parquet", "is_suspicious"), problem);
    let folder = tempfile::tempdir().unwrap();
    let (good, short) = (fixture("bad/one_class.parquet"), fixture("bad/short_column.parquet"));
    succeed(folder.path(), &["train", "--file", text(&good), "--label", "is_suspicious", "--out", "m.whis"]);
    for command in [
        &["explore", "--file", text(&short), "--features", "is_admin"][..],
        &["train", "--file", text(&short), "--out", "n.whis"],
        &["score", "--model", "m.whis", text(&short), "--out", "o.csv"],
        &["score", "--model", "m.whis", text(&short), "--out", "o.csv", "--top", "3"],
    ] {
        assert_eq!(after(&refusal(&run(folder.path(), command)), text(&short)), problem, "{command:?}");
    }
}

#[test]
fn an_encrypted_file() {
    let folder = tempfile::tempdir().unwrap();
    let expected = "is an encrypted Parquet file; decrypt it with the program and the keys that wrote it";
    for name in ["t.parquet", "t.bin"] {
        fs::write(folder.path().join(name), b"PARE\x15\x00\x00PARE").unwrap();
        assert_eq!(after(&refusal(&run(folder.path(), &["explore", "--file", name])), name), expected);
    }
}

#[test]
fn a_file_of_no_bytes() {
    let problem = bad("zero_bytes.parquet", "is_suspicious");
    assert!(problem.starts_with(NO_PARQUET) && problem.len() > NO_PARQUET.len(), "{problem}");
}

#[test]
fn text_that_calls_itself_parquet() {
    let problem = bad("text.parquet", "is_suspicious");
    assert!(problem.starts_with(NO_PARQUET) && problem.len() > NO_PARQUET.len(), "{problem}");
}

#[test]
fn a_feature_of_the_wrong_type() {
    assert_eq!(
        bad_auth("wrong_type.parquet"),
        "auth_events: column `hour_of_day` holds `late` where a number is expected in row 1"
    );
}

#[test]
fn a_missing_feature() {
    assert_eq!(
        bad_auth("missing_column.parquet"),
        "FILE: there is no column `fail_count_1h`; it has ts, hour_of_day, is_weekend, is_off_hours, \
         success_after_fail_15m, is_admin, asset_class, is_suspicious"
    );
}

#[test]
fn one_class_only() {
    let message = bad_auth("one_class.parquet");
    assert!(message.starts_with("auth_events: every row is normal by its label, "), "{message}");
    assert_says(&message, &["AUC", "no --label"], &["suspicious", "no rows"]);
}

#[test]
fn no_rows() {
    assert_eq!(bad_auth("empty.parquet"), "FILE: the table has no rows");
}

#[test]
fn one_row() {
    let message = bad_auth("one_row.parquet");
    assert!(message.starts_with("auth_events: every row is suspicious by its label, "), "{message}");
    assert_says(&message, &["AUC", "no --label"], &["normal", "no rows"]);
}

#[test]
fn a_ragged_csv() {
    assert_eq!(bad("ragged.csv", "label"), "line 3: the record holds 4 fields where the header has 2");
}

#[test]
fn a_missing_file_and_a_missing_folder() {
    let message = refused(&["compare", "--file", "nowhere.parquet", "--label", "y"]);
    // The reason is that of the operating system.
    assert!(!after(&message, "nowhere.parquet").is_empty(), "{message}");
    assert_says(&message, &[], &["Parquet", "column", "`y`"]);
    assert_eq!(refused(&["compare", "--data", "nowhere"]), "nowhere: no such folder");
}

#[test]
fn a_label_that_is_not_there_names_the_nearest_column() {
    let file = fixture("auth_events.parquet");
    let message = refused(&["compare", "--file", text(&file), "--label", "is_suspicous"]);
    let problem = after(&message, text(&file));
    let answer = "there is no column `is_suspicous` (did you mean `is_suspicious`?); it has ts, user_hash, ";
    assert!(problem.starts_with(answer), "{problem}");
    assert_eq!(problem.matches("did you mean").count(), 1, "{problem}");
}

#[test]
fn numbers_out_of_range() {
    for (flag, value, message) in [
        ("--contamination", "0.9", "contamination must be above 0 and at most 0.5, but is 0.9"),
        ("--test-share", "1", "test-share must be between 0 and 1, but is 1"),
        ("--runs", "0", "runs must be between 1 and 10000, but is 0"),
        ("--threads", "0", "--threads must be between 1 and 1024, but is 0"),
    ] {
        assert_eq!(refused(&["compare", "-q", flag, value]), message);
    }
}

#[test]
fn a_time_protocol_without_times() {
    let line = |row: usize| format!("{},{}", row % 9, row % 2);
    assert_eq!(
        bad_csv("x,bad", line, &["--label", "bad", "--protocol", "time"]),
        "t: there is no time column, which tells the past from the future; name the time column with --time"
    );
}

#[test]
fn a_folder_that_cannot_be_written_to() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("results"), "a file stands here").unwrap();
    let ran = run(folder.path(), &["compare", "-q", "--table", "admin", "--data", text(&fixture(""))]);
    // The answer comes first: it does not need the folder.
    assert!(ran.stdout.starts_with("admin_events: ") && ran.code == 2, "{ran:?}");
    let message = ran.stderr.lines().find_map(|line| line.strip_prefix("error: ")).unwrap();
    assert!(message.starts_with("results") && message.ends_with("; nothing was changed there"), "{message}");
    assert_says(message, &["cannot be written: "], &["wrote", "auth", ".part", ".whis-lab"]);
    assert_eq!(fs::read_to_string(folder.path().join("results")).unwrap(), "a file stands here");
}

/// A CSV of 60 lines under a header, refused by `compare` with more arguments.
#[track_caller]
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
    let message = refused(&["compare", "--file", text(&file), "--schema", text(&schema)]);
    let problem = after(&message, text(&schema));
    assert!(problem.starts_with("the schema's table name \"../x\" must be 1 to 100 letters, "), "{problem}");
    assert_says(&problem, &[], &["no column", "cannot be written", "auth_events"]);
}

#[test]
fn devices_and_pipes_are_not_waited_for() {
    for arguments in [
        &["compare", "--file", "/dev/zero", "--label", "y"][..],
        &["compare", "--file", "x.csv", "--schema", "/dev/zero"],
        &["gate", "--baseline", "/dev/zero"],
    ] {
        assert_eq!(refused(arguments), "/dev/zero: not a regular file");
    }
}

#[test]
fn a_column_that_occurs_twice_is_renamed_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..60).map(|row| format!("{},{},{}\n", row * 7 % 60, row % 2, row % 7)).collect();
    fs::write(folder.path().join("t.csv"), format!("x,y,x\n{rows}")).unwrap();
    let ran = run(folder.path(), &["compare", "--file", "t.csv", "--label", "y", "--detectors", "hbos"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let again: Vec<&str> = warnings(&ran).into_iter().filter(|line| line.contains("`x`")).collect();
    assert_eq!(again, ["t, in-sample: column `x` occurs again; that one is called `x.1`"]);
    assert!(ran.stdout.starts_with("t: 60 rows, 60 distinct, 2 features, "), "{}", ran.stdout);
}

#[test]
fn a_grid_of_a_million_settings() {
    let values: Vec<String> = (1..=1000).map(|value| value.to_string()).collect();
    let [trees, sample] =
        ["trees", "sample"].map(|name| format!("isolation-forest.{name}={}", values.join(",")));
    let said =
        refused(&["compare", "-q", "--detectors", "isolation-forest", "--grid", &trees, "--grid", &sample]);
    assert_eq!(said, "the grid has 1000000 settings, but at most 1000 are allowed; try fewer values");
}

#[test]
fn the_index_of_a_data_frame_is_no_feature() {
    let folder = tempfile::tempdir().unwrap();
    for (index, reason) in [
        ("", "it numbers the rows"),
        ("Unnamed: 0", "it numbers the rows"),
        ("__index_level_0__", "it numbers the rows"),
        ("n", "it counts up from row to row"),
    ] {
        let rows: String = (0..60).map(|row| format!("{row},{},{}\n", row * 7 % 9, row % 2)).collect();
        fs::write(folder.path().join("t.csv"), format!("{index},x,y\n{rows}")).unwrap();
        let ran =
            succeed(folder.path(), &["compare", "--file", "t.csv", "--label", "y", "--detectors", "hbos"]);
        assert!(ran.stdout.contains(" 1 feature,"), "{index}: {}", ran.stdout);
        assert!(ran.stderr.contains(&format!("is left out: {reason}")), "{}", ran.stderr);
    }
}

#[test]
fn a_name_with_a_comma_is_named_in_quotes() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..60).map(|row| format!("{},{},{}\n", row % 7, row * 7 % 9, row % 2)).collect();
    fs::write(folder.path().join("t.csv"), format!("\"total, s\",x,y\n{rows}")).unwrap();
    let of = |names: &str| {
        let file = ["compare", "--file", "t.csv", "--label", "y", "--detectors", "hbos", "--format", "json"];
        let ran = succeed(folder.path(), &[&file[..], &["--features", names]].concat());
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        report["tables"][0]["features"].clone()
    };
    assert_eq!(of("\"total, s\",x"), json!(["total, s", "x"]));
    assert_eq!(of("x"), json!(["x"]));
}

#[test]
fn a_delta_table_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("t/_delta_log")).unwrap();
    fs::write(folder.path().join("t/part.csv"), "x,y\n1,2\n").unwrap();
    let said = refusal(&run(folder.path(), &["explore", "--file", "t"]));
    assert!(said.contains("is a Delta table"), "{said}");
}

#[test]
fn numbers_as_large_as_doubles_are_missing() {
    let folder = tempfile::tempdir().unwrap();
    let row = |row: usize| format!("{},{},{}\n", ["1e308", "-1e308", "2", "3"][row % 4], row % 9, row % 2);
    let rows: String = (0..80).map(row).collect();
    fs::write(folder.path().join("t.csv"), format!("x,z,y\n{rows}")).unwrap();
    let all = ["compare", "--file", "t.csv", "--label", "y", "--detectors", "all", "--format", "json"];
    let report: Value = serde_json::from_str(&succeed(folder.path(), &all).stdout).unwrap();
    assert_eq!(report["tables"][0]["missing"], json!({"x": 40}));
}

#[test]
fn another_separator_is_found_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..60).map(|row| format!("{row},5;{}\n", row % 2)).collect();
    fs::write(folder.path().join("t.csv"), format!("x;y\n{rows}")).unwrap();
    let ran = run(folder.path(), &["compare", "--file", "t.csv", "--label", "y", "--detectors", "hbos"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(warnings(&ran), ["t, in-sample: the columns are separated by ';', decimals by a comma"]);
    // One number with a decimal comma, and not two features.
    assert!(ran.stdout.starts_with("t: 60 rows, 60 distinct, 1 feature, 50 % suspicious (30)\n"), "{ran:?}");
}

/// What `explore` finds in a CSV of 3,000 rows: column `x` is 1 but for its last value.
fn explored_with_last(value: &str) -> (Exploration, Ran) {
    let folder = tempfile::tempdir().unwrap();
    let last = |row: usize| if row == 2_999 { value } else { "1" };
    let line = |row: usize| format!("{},{},{}\n", last(row), row % 9, row % 2);
    let rows: String = (0..3_000).map(line).collect();
    fs::write(folder.path().join("t.csv"), format!("x,n,y\n{rows}")).unwrap();
    let ran = succeed(folder.path(), &["explore", "--file", "t.csv", "--label", "y", "--format", "json"]);
    let mut answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    (serde_json::from_value(answer["tables"][0].take()).unwrap(), ran)
}

#[test]
fn a_column_whose_last_values_are_of_another_type() {
    let word = "t: `x` is read as numbers: text counts as missing, in 1 of 3000 rows, such as \
                `word` in row 3000";
    for (value, kind, missing, distinct, largest, said) in [
        ("3.5", FeatureKind::Number, 0, 2, Some(3.5), None),
        ("-", FeatureKind::Number, 1, 1, Some(1.0), None),
        // An integer of more than 15 digits is an identifier.
        ("18446744073709551611", FeatureKind::Category, 0, 2, None, None),
        ("word", FeatureKind::Number, 1, 1, Some(1.0), Some(word)),
    ] {
        let (table, ran) = explored_with_last(value);
        let names: Vec<&str> = table.features.iter().map(|feature| feature.name.as_str()).collect();
        assert_eq!((names, table.rows), (vec!["x", "n"], 3_000), "{value}");
        assert_eq!(table.suspicious_rows, Some(1_500), "{value}");
        let x = &table.features[0];
        assert_eq!((x.kind, x.count, x.missing), (kind, 3_000 - missing, missing), "{value}");
        assert_eq!((x.distinct, x.max), (distinct, largest), "{value}");
        let n = &table.features[1];
        assert_eq!((n.kind, n.missing, n.distinct), (FeatureKind::Number, 0, 9), "{value}");
        assert_eq!(warnings(&ran), Vec::from_iter(said), "{value}");
    }
}

#[test]
fn a_column_whose_last_value_is_missing_has_one_imputed_value() {
    let folder = tempfile::tempdir().unwrap();
    let line = |row: usize| format!("{},{},{}\n", if row == 2_999 { "-" } else { "1" }, row % 9, row % 2);
    let rows: String = (0..3_000).map(line).collect();
    fs::write(folder.path().join("t.csv"), format!("x,n,y\n{rows}")).unwrap();
    let compared = |features: &str| -> Value {
        let arguments = ["--features", features, "--detectors", "hbos", "--format", "json"];
        let file = ["compare", "-q", "--file", "t.csv", "--label", "y"];
        let ran = succeed(folder.path(), &[&file[..], &arguments].concat());
        serde_json::from_str::<Value>(&ran.stdout).unwrap()["tables"][0].take()
    };
    let (both, alone) = (compared("x,n"), compared("n"));
    assert_eq!((&both["features"], &alone["features"]), (&json!(["x", "n"]), &json!(["n"])));
    assert_eq!((&both["missing"], &alone["missing"]), (&json!({"x": 1}), &json!({})));
    // The mean of a constant is the constant, so `x` says nothing about any row.
    assert_eq!((&both["distinct_rows"], &alone["distinct_rows"]), (&json!(9), &json!(9)));
    assert_eq!(both["runs"][0]["auc"], alone["runs"][0]["auc"]);
}

#[test]
fn milliseconds_in_place_of_seconds() {
    let line = |row| format!("{},{},{}", row % 7, 1_700_000_000_000_u64, row % 2);
    assert_eq!(
        bad_csv("x,t,y", line, &["--label", "y", "--time", "t", "--protocol", "time"]),
        "t: column `t` holds 1700000000000, which is not in the years 1900 to 2200 as seconds since 1970 \
         (milliseconds?), in row 1"
    );
}

#[test]
fn one_moment_has_no_future() {
    let line = |row| format!("{},1700000000,{}", row % 7, row % 2);
    assert_eq!(
        bad_csv("x,t,y", line, &["--label", "y", "--time", "t", "--protocol", "time"]),
        "t: all rows have the same time, so there is no past and no future"
    );
}

#[test]
fn features_named_twice_or_not_at_all() {
    let line = |row: usize| format!("{},{}", row % 7, row % 2);
    let said = |features: &str| bad_csv("x,y", line, &["--label", "y", "--features", features]);
    assert_eq!(said("x,x"), "--features names `x` twice");
    assert_eq!(said("x,"), "--features has an empty name");
}

#[test]
fn a_label_value_with_control_characters_stays_on_its_line() {
    let said = bad_csv("x,y", |row| format!("{row},\"a\u{1b}[2J\nb\""), &["--label", "y"]);
    assert_eq!(
        said,
        "t: column `y` is the label and is neither true nor false: `a\\u{1b}[2J\\nb` (60); say which values are \
         suspicious: --label 'y!=a\\u{1b}[2J\\nb' or --label 'y=VALUE|VALUE'"
    );
}

#[test]
fn parameters_out_of_range_name_their_field() {
    for (parameter, message) in [
        ("lof.k=0", "lof: `k` must be between 1 and 10000, but is 0"),
        ("lof.k=-1", "lof: `k` must be a whole number, 0 or more, but is -1"),
        ("lof.k=many", "lof: `k` must be a whole number, 0 or more, but is \"many\""),
        ("one-class-svm.nu=much", "one-class-svm: `nu` must be a number, but is \"much\""),
        ("isolation-forest.trees=0", "isolation-forest: `trees` must be between 1 and 100000, but is 0"),
        ("one-class-svm.nu=2", "one-class-svm: `nu` must be above 0 and at most 1, but is 2"),
        ("lof.duplicates=no", "lof: `duplicates` must be one of `distinct`, `copies`, but is \"no\""),
        ("lof.colour=red", "lof has no parameter `colour`; it has `k`, `duplicates`"),
    ] {
        assert_eq!(refused(&["compare", "-q", "--params", parameter]), message);
    }
    let message = refused(&["compare", "-q", "--params", "nearest.k=5"]);
    assert_says(&message, &["`nearest`", "isolation-forest"], &["`k`", "did you mean"]);
}

#[test]
fn a_baseline_that_would_pass_anything() {
    for (entry, problem) in [
        (
            r#"{"auc": -5, "tolerance": 0.1}"#,
            "auth_events lof: metrics and tolerances must be between 0 and 1",
        ),
        (
            r#"{"auc": 0.5, "tolerance": 1e9}"#,
            "auth_events lof: metrics and tolerances must be between 0 and 1",
        ),
        (r#"{"tolerance": 0.1}"#, "the field `auc` is missing"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.json");
        let tables = format!(r#"{{"auth_events": {{"lof": {entry}}}}}"#);
        let head = r#""format": 1, "seed": 42, "contamination": 0.15, "protocol": "in-sample", "encoding": "one-hot""#;
        fs::write(&path, format!(r#"{{{head}, "tables": {tables}}}"#)).unwrap();
        let said = after(&refused(&["gate", "--baseline", text(&path)]), text(&path));
        assert!(said.ends_with(problem), "{entry}: {said}");
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
        assert!(!ran.stderr.contains("panicked"), "byte {at}: {}", ran.stderr);
        match ran.code {
            0 => assert!(ran.stdout.starts_with("admin_events: 536 rows, "), "byte {at}: {ran:?}"),
            _ => assert!(!refusal(&ran).is_empty(), "byte {at}"),
        }
    }
}
