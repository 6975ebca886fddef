//! `whis-lab score`: the same bits from every input, a policy for everything that training did not hold, and no half
//! file.

use crate::program::{Ran, fixture, forest_of_two_features, refusal, run, succeed, text, warnings};
use serde_json::{Map, Value};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use tempfile::TempDir;
use whis_lab::report::count;
use whis_lab::schema::Kind;
use whis_lab::table::{Batches, Values};

/// A model of the fixtures' auth table.
fn auth_model() -> &'static str {
    static MODEL: OnceLock<(TempDir, String)> = OnceLock::new();
    let (_, path) = MODEL.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let fixtures = fixture("");
        let arguments = ["train", "--data", text(&fixtures), "--table", "auth", "--out", "auth.whis"];
        succeed(folder.path(), &arguments);
        let path = text(&folder.path().join("auth.whis")).to_owned();
        (folder, path)
    });
    path
}

fn score(folder: &Path, arguments: &[&str]) -> Ran {
    succeed(folder, &[&["score", "--model", "m.whis"], arguments].concat())
}

/// The message of a run that is refused.
#[track_caller]
fn refuse(folder: &Path, arguments: &[&str]) -> String {
    refusal(&run(folder, &[&["score", "--model", "m.whis"], arguments].concat()))
}

/// The warnings of a run are these, each from its start on.
#[track_caller]
fn assert_warnings(ran: &Ran, expected: &[&str]) {
    let found = warnings(ran);
    let agree = found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected));
    assert!(agree && found.len() == expected.len(), "{found:#?} instead of {expected:#?}");
}

fn objects(lines: &str) -> Vec<Map<String, Value>> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The scores of a Parquet or CSV file, as bits.
fn bits(file: &Path, column: &str) -> Vec<u64> {
    let mut found = Vec::new();
    for batch in Batches::open(file, 1_000, true).unwrap() {
        match batch.unwrap().feature(column, Kind::Numeric).unwrap().unwrap().values {
            Values::Real(numbers) => found.extend(numbers.iter().map(|x| x.to_bits())),
            other => panic!("{column} holds {other:?}"),
        }
    }
    found
}

fn bits_of_lines(file: &Path, column: &str) -> Vec<u64> {
    let objects = objects(&fs::read_to_string(file).unwrap());
    objects.iter().map(|object| object[column].as_f64().unwrap().to_bits()).collect()
}

#[test]
fn parquet_csv_and_json_lines_score_the_same_down_to_the_last_bit() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str| folder.path().join(name);
    let table = fixture("auth_events.parquet");
    let score = |arguments: &[&str]| {
        succeed(folder.path(), &[&["score", "-q", "--model", auth_model()], arguments].concat())
    };
    score(&[text(&table), "--out", "a.parquet"]);
    score(&[text(&table), "--out", "a.csv"]);
    score(&[text(&table), "--out", "a.jsonl"]);
    score(&["a.csv", "--prefix", "b_", "--out", "b.csv"]);
    score(&["a.jsonl", "--prefix", "b_", "--out", "b.jsonl"]);
    let expected = bits(&of("a.parquet"), "score");
    assert!(expected.len() > 10_000);
    assert_eq!(bits(&of("a.csv"), "score"), expected);
    assert_eq!(bits(&of("b.csv"), "b_score"), expected);
    assert_eq!(bits_of_lines(&of("a.jsonl"), "score"), expected);
    assert_eq!(bits_of_lines(&of("b.jsonl"), "b_score"), expected);
    let lines = fs::read_to_string(of("a.jsonl")).unwrap();
    let mut child = spawn(folder.path(), &["score", "-q", "--model", auth_model(), "--prefix", "c_", "-"]);
    let mut stdin = child.stdin.take().unwrap();
    let writer = thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let piped = objects(std::str::from_utf8(&output.stdout).unwrap());
    assert!(
        piped
            .iter()
            .all(|object| object["score"] == object["c_score"] && object["severity"] == object["c_severity"])
    );
    assert_eq!(piped.len(), expected.len());
}

#[test]
fn shards_and_threads_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str| folder.path().join(name);
    let score = |arguments: &[&str]| {
        succeed(folder.path(), &[&["score", "-q", "--model", auth_model()], arguments].concat())
    };
    score(&[text(&fixture("auth_events.parquet")), "--out", "whole.csv", "--prefix", "w_"]);
    let whole = fs::read_to_string(of("whole.csv")).unwrap();
    let (header, rows) = whole.split_once('\n').unwrap();
    let middle = rows[..rows.len() / 3].rfind('\n').unwrap() + 1;
    fs::create_dir(of("shards")).unwrap();
    fs::write(of("shards/1.csv"), format!("{header}\n{}", &rows[..middle])).unwrap();
    fs::write(of("shards/2.csv"), format!("{header}\n{}", &rows[middle..])).unwrap();
    score(&["shards/1.csv", "--out", "1.csv"]);
    score(&["shards/2.csv", "--out", "2.csv"]);
    for (input, out) in [("shards", "both.csv"), ("shards/*.csv", "glob.csv")] {
        score(&[input, "--threads", "1", "--out", out]);
        assert_eq!(bits(&of(out), "score"), bits(&of("whole.csv"), "w_score"));
    }
    let both = fs::read_to_string(of("both.csv")).unwrap();
    let second = fs::read_to_string(of("2.csv")).unwrap();
    let merged = fs::read_to_string(of("1.csv")).unwrap() + second.split_once('\n').unwrap().1;
    assert!(both == merged, "shards that are scored apart are the whole");
}

/// The names of a process's threads.
#[cfg(target_os = "linux")]
fn threads_of(child: &Child) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{}/task", child.id())).unwrap();
    tasks.map(|task| fs::read_to_string(task.unwrap().path().join("comm")).unwrap()).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn one_thread_is_one_thread_for_tables_too() {
    let folder = tempfile::tempdir().unwrap();
    let table = fixture("auth_events.parquet");
    for (n, most) in [("1", 4), ("3", 10)] {
        let arguments = ["score", "--threads", n, "--model", auth_model(), text(&table)];
        let mut child = spawn(folder.path(), &arguments);
        // More than a pipe holds is still to come, so the program waits for its reader.
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut String::new()).unwrap();
        let threads = threads_of(&child);
        let of_polars = threads.iter().filter(|name| name.starts_with("polars")).count();
        assert_eq!(of_polars.to_string(), n, "{threads:?}");
        // With one: the program's own, one each for scoring and for tables, which it waits for, and one for Ctrl-C.
        assert!(threads.len() <= most, "{threads:?}");
        drop(out);
        child.wait().unwrap();
    }
}

#[test]
fn nothing_is_shown_of_a_run_where_nobody_looks_on() {
    let folder = forest_of_two_features();
    fs::write(folder.path().join("new.csv"), "x,kind\n3,a\n").unwrap();
    let ran = score(folder.path(), &["new.csv", "--out", "out.csv"]);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    assert!(!ran.stderr.contains('\u{1b}') && !ran.stderr.contains('█'), "{}", ran.stderr);
}

#[test]
fn every_column_is_passed_on_and_the_new_ones_are_added() {
    let folder = forest_of_two_features();
    fs::write(folder.path().join("new.csv"), "id,x,kind\nfirst,3,a\nsecond,1000,b\n").unwrap();
    score(folder.path(), &["new.csv", "--out", "out.csv"]);
    let out = fs::read_to_string(folder.path().join("out.csv")).unwrap();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "id,x,kind,score,severity,flagged,unseen,missing");
    assert!(lines[1].starts_with("first,3,a,0.") && lines[1].ends_with(",false,,"), "{out}");
    assert!(lines[2].starts_with("second,1000,b,0.") && lines[2].ends_with(",true,,"), "{out}");
}

#[test]
fn what_training_did_not_hold_is_counted_per_feature() {
    let folder = forest_of_two_features();
    fs::write(folder.path().join("new.csv"), "x,kind\n3,a\n,new\n11,\n-1,b\nNaN,b\n").unwrap();
    let ran = score(folder.path(), &["new.csv", "--out", "out.parquet"]);
    assert!(ran.stderr.starts_with("5 rows read, 5 scored, "), "{}", ran.stderr);
    assert!(!ran.stderr.contains("rejected"), "{}", ran.stderr);
    let missing = "missing (imputed as the training mean or most frequent level)";
    let x = format!("`x`: 2 {missing}, 2 outside the range of training");
    let kind = format!("`kind`: 1 {missing}, 1 of a level that training did not hold");
    assert_eq!(warnings(&ran), [x, kind]);
}

#[test]
fn each_policy_ends_a_table_at_the_first_such_value() {
    let folder = forest_of_two_features();
    for (rows, flag, problem, hint) in [
        (
            "3,a\n,b",
            "--on-missing",
            "row 2: column `x` has no value",
            "--on-missing impute uses the mean or the most frequent level",
        ),
        (
            "3,a\n4,z",
            "--on-unknown",
            "row 2: column `kind` holds a level that training did not",
            "--on-unknown impute scores it anyway",
        ),
        (
            "3,a\n4,a\n99,b",
            "--on-out-of-range",
            "row 3: column `x` lies outside of 0 to 9, the range of training",
            "--on-out-of-range keep scores it anyway",
        ),
    ] {
        fs::write(folder.path().join("new.csv"), format!("x,kind\n{rows}\n")).unwrap();
        let message = refuse(folder.path(), &["new.csv", "--out", "out.csv", flag, "error"]);
        assert_eq!(message, format!("new.csv, {problem}; {hint}"));
        assert!(!folder.path().join("out.csv").exists());
        score(folder.path(), &["new.csv", "--out", "fine.csv"]);
    }
}

#[test]
fn a_missing_column_is_an_error_unless_it_is_to_be_imputed() {
    let folder = forest_of_two_features();
    fs::write(folder.path().join("new.csv"), "x,kin\n3,a\n").unwrap();
    let message = refuse(folder.path(), &["new.csv"]);
    assert_eq!(message, "train: there is no column `kind` (did you mean `kin`?); it has x, kin");
    let ran = score(folder.path(), &["new.csv", "--on-missing", "impute"]);
    assert_warnings(&ran, &["`kind` is not in the table: every row is scored with "]);
    assert!(objects(&ran.stdout)[0]["score"].is_number());
}

#[test]
fn text_where_training_had_numbers_is_an_error_that_names_the_column() {
    let folder = forest_of_two_features();
    fs::write(folder.path().join("new.csv"), "x,kind\nmany,a\n").unwrap();
    let message = refuse(folder.path(), &["new.csv"]);
    assert_eq!(message, "new.csv: column `x` holds `many` where a number is expected in row 1");
}

#[test]
fn a_column_that_is_there_already_needs_a_prefix() {
    let folder = forest_of_two_features();
    fs::write(folder.path().join("new.csv"), "x,kind,score\n3,a,1\n").unwrap();
    assert_eq!(
        refuse(folder.path(), &["new.csv"]),
        "train: column `score` is in the table already; --prefix changes the names of the new columns"
    );
    let ran = score(folder.path(), &["new.csv", "--prefix", "new_"]);
    let row = &objects(&ran.stdout)[0];
    assert!(row["score"] == 1 && row["new_score"].is_number() && row["new_flagged"].is_boolean());
}

#[test]
fn alerts_alone_are_written_with_what_moved_them() {
    let folder = forest_of_two_features();
    fs::write(folder.path().join("new.csv"), "x,kind\n3,a\n1000,b\n4,b\n").unwrap();
    let arguments = ["new.csv", "--only", "flagged", "--explain", "1"];
    let ran = score(folder.path(), &arguments);
    let rows = objects(&ran.stdout);
    assert_eq!((rows.len(), &rows[0]["x"]), (1, &1000.into()));
    let explanation = rows[0]["explanation"].as_array().unwrap();
    assert_eq!((explanation.len(), &explanation[0]["feature"]), (1, &"x".into()));
    score(folder.path(), &[&arguments[..], &["--out", "alerts.csv"]].concat());
    let csv = fs::read_to_string(folder.path().join("alerts.csv")).unwrap();
    assert!(csv.contains("x = 1,000 (typical ") && csv.contains("): +"), "{csv}");
    let line = r#"{"x":1000,"kind":"b"}"#;
    fs::write(folder.path().join("new.jsonl"), format!("{{\"x\":3,\"kind\":\"a\"}}\n{line}\n")).unwrap();
    let lines = score(folder.path(), &[&["new.jsonl"], &arguments[1..]].concat()).stdout;
    assert_eq!(objects(&lines)[0]["explanation"], rows[0]["explanation"]);
}

#[test]
fn bad_lines_are_told_apart_and_the_rest_goes_on() {
    let folder = forest_of_two_features();
    let lines: [&[u8]; 13] = [
        b"\xef\xbb\xbf{\"x\": 3, \"kind\": \"a\"}\r",
        b"",
        b"{\"x\": 3,",
        b"[3]",
        b"{\"x\":\"many\",\"kind\":\"a\"}",
        b"{\"x\":\"5\",\"kind\":\"a\",\"note\":\"\\u00e9\"}",
        b"{\"x\":[3],\"kind\":\"a\"}",
        b"{\"x\":3,\"x\":4}",
        b"{\"x\":3,\"kind\":\"\xff\"}",
        b"{\"x\":3,\"score\":1}",
        b"{}",
        b"   ",
        b"{\"kind\":5,\"x\":\"-\"} ",
    ];
    fs::write(folder.path().join("new.jsonl"), lines.join(&b'\n')).unwrap();
    let ran = score(folder.path(), &["new.jsonl", "--rejects", "bad.jsonl"]);
    assert_eq!(objects(&ran.stdout).len(), 3, "{}", ran.stdout);
    assert!(ran.stdout.starts_with("{\"x\": 3, \"kind\": \"a\",\"score\":"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\\u00e9"), "{}", ran.stdout);
    let words = [
        "line 3: the JSON object is cut off",
        "line 4: must be an object, but is a list",
        "line 5: `x` holds `many` where a number is expected",
        "line 7: `x` holds a list",
        "line 8: `x` occurs twice",
        "line 9: not JSON: ",
        "line 10: `score` is there already; --prefix ",
        "line 11: has no value of any of the model's features",
        "`x`: 1 missing ",
        "`kind`: 1 of a level that training did not hold",
    ];
    assert_warnings(&ran, &words);
    assert!(ran.stderr.contains("\n11 rows read, 3 scored, 1 flagged, 8 rejected in "), "{}", ran.stderr);
    let rejected = fs::read(folder.path().join("bad.jsonl")).unwrap();
    let expected = [2, 3, 4, 6, 7, 8, 9, 10].map(|at: usize| [lines[at], b"\n"].concat()).concat();
    assert_eq!(rejected, expected);
}

#[test]
fn an_object_without_any_feature_is_scored_where_that_is_asked_for() {
    let folder = forest_of_two_features();
    fs::write(folder.path().join("new.jsonl"), "{}\n").unwrap();
    let ran = score(folder.path(), &["new.jsonl", "--on-missing", "impute"]);
    assert!(ran.stdout.starts_with("{\"score\":"), "{}", ran.stdout);
}

#[test]
fn the_objects_of_an_array_are_scored_like_lines() {
    let folder = forest_of_two_features();
    fs::write(folder.path().join("lines.jsonl"), "{\"x\":3,\"kind\":\"a\"}\n{\"x\":4,  \"kind\":\"b\"}\n")
        .unwrap();
    let array = "\u{feff}\n[{\"x\":3,\"kind\":\"a\"},\n {\"x\":4,\n \"kind\":\"b\"}]\n";
    fs::write(folder.path().join("array.json"), array).unwrap();
    let lines = score(folder.path(), &["lines.jsonl"]);
    assert_eq!(objects(&score(folder.path(), &["array.json"]).stdout), objects(&lines.stdout));
    fs::write(folder.path().join("cut.json"), &array[..30]).unwrap();
    assert!(refuse(folder.path(), &["cut.json"]).contains("not a JSON array of objects"));
}

#[test]
fn a_number_too_large_to_square_is_missing() {
    let folder = forest_of_two_features();
    fs::write(folder.path().join("new.csv"), "x,kind\n1.7976931348623157e308,a\n,a\n").unwrap();
    let ran = score(folder.path(), &["new.csv", "--format", "jsonl"]);
    let rows = objects(&ran.stdout);
    assert_eq!(rows[0]["score"], rows[1]["score"]);
    assert_eq!(rows[0]["missing"], serde_json::json!(["x"]));
}

#[cfg(unix)]
#[test]
fn the_file_behind_stdin_is_not_replaced() {
    let folder = forest_of_two_features();
    let line = "{\"x\":3,\"kind\":\"a\"}\n";
    fs::write(folder.path().join("in.jsonl"), line).unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_whis-lab"))
        .current_dir(folder.path())
        .args(["score", "--model", "m.whis", "-", "--out", "in.jsonl"])
        .stdin(fs::File::open(folder.path().join("in.jsonl")).unwrap())
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(2));
    assert_eq!(fs::read_to_string(folder.path().join("in.jsonl")).unwrap(), line);
}

#[test]
fn rejected_lines_of_an_earlier_run_are_kept() {
    let folder = forest_of_two_features();
    for word in ["first", "second"] {
        fs::write(folder.path().join("new.jsonl"), word).unwrap();
        score(folder.path(), &["new.jsonl", "--rejects", "bad.jsonl"]);
    }
    assert_eq!(fs::read_to_string(folder.path().join("bad.jsonl")).unwrap(), "first\nsecond\n");
}

#[test]
fn no_output_stands_in_the_place_of_an_input() {
    let folder = forest_of_two_features();
    fs::write(folder.path().join("new.jsonl"), "{\"x\":3,\"kind\":\"a\"}\n").unwrap();
    fs::copy(folder.path().join("train.csv"), folder.path().join("new.csv")).unwrap();
    let kept = ["m.whis", "new.csv", "new.jsonl", "train.csv"];
    let read = || kept.map(|name| fs::read(folder.path().join(name)).unwrap());
    let before = read();
    let in_the_way =
        "cannot be written: it is one of the files that this run reads or writes; nothing was changed there";
    for (name, arguments) in [
        ("new.jsonl", &["new.jsonl", "--rejects", "new.jsonl"][..]),
        ("./m.whis", &["new.jsonl", "--rejects", "./m.whis"]),
        ("o.jsonl", &["new.jsonl", "--out", "o.jsonl", "--rejects", "o.jsonl"]),
        ("new.jsonl", &["new.jsonl", "--out", "new.jsonl"]),
        ("new.csv", &["new.csv", "--out", "new.csv"]),
        ("m.whis", &["new.csv", "--out", "m.whis", "--format", "csv"]),
    ] {
        assert_eq!(refuse(folder.path(), arguments), format!("{name}: {in_the_way}"), "{arguments:?}");
    }
    for arguments in [
        ["train", "--file", "train.csv", "--out", "train.csv"],
        ["report", "--file", "train.csv", "--out", "train.csv"],
    ] {
        let message = refusal(&run(folder.path(), &arguments));
        assert_eq!(message, format!("train.csv: {in_the_way}"), "{arguments:?}");
    }
    assert_eq!(read(), before);
}

#[test]
fn a_policy_rejects_lines_and_not_the_run() {
    let folder = forest_of_two_features();
    let lines =
        "{\"x\":3,\"kind\":\"a\"}\n{\"kind\":\"a\"}\n{\"x\":99,\"kind\":\"z\"}\n{\"x\":4,\"kind\":\"b\"}\n";
    fs::write(folder.path().join("new.jsonl"), lines).unwrap();
    let strict = ["--on-missing", "error", "--on-out-of-range", "error", "--on-unknown", "error"];
    let ran = score(folder.path(), &[&["new.jsonl"], &strict[..]].concat());
    assert_eq!(objects(&ran.stdout).iter().map(|row| row["x"].as_i64().unwrap()).collect::<Vec<_>>(), [3, 4]);
    // No third warning: rejected rows are not counted as scored with a missing value.
    assert_warnings(
        &ran,
        &[
            "line 2: `x` has no value; --on-missing ",
            "line 3: `x` lies outside of 0 to 9, the range of training; ",
        ],
    );
}

#[test]
fn only_the_first_bad_lines_are_shown_and_all_are_counted() {
    let folder = forest_of_two_features();
    fs::write(folder.path().join("new.jsonl"), "nonsense\n".repeat(5_000)).unwrap();
    let ran = score(folder.path(), &["new.jsonl"]);
    let shown: Vec<String> = (1..=10).map(|line| format!("line {line}: not JSON: `nonsense` (")).collect();
    let rest = ["and 4,990 more lines like these"];
    assert_warnings(&ran, &shown.iter().map(String::as_str).chain(rest).collect::<Vec<_>>());
    assert!(
        ran.stderr.contains("\n5,000 rows read, 0 scored, 0 flagged, 5,000 rejected in "),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_csv_column_without_any_value_is_missing_and_not_text() {
    let folder = forest_of_two_features();
    fs::write(folder.path().join("new.csv"), "x,kind\n,a\n,b\n").unwrap();
    let ran = score(folder.path(), &["new.csv"]);
    assert_eq!(warnings(&ran), ["`x`: 2 missing (imputed as the training mean or most frequent level)"]);
    assert!(objects(&ran.stdout).iter().all(|row| row["x"].is_null()), "{}", ran.stdout);
}

#[test]
fn nothing_in_is_nothing_out() {
    let folder = forest_of_two_features();
    fs::write(folder.path().join("none.csv"), "x,kind\n").unwrap();
    fs::write(folder.path().join("none.jsonl"), "").unwrap();
    score(folder.path(), &["none.csv", "--out", "out.csv"]);
    assert_eq!(
        fs::read_to_string(folder.path().join("out.csv")).unwrap(),
        "x,kind,score,severity,flagged,unseen,missing\n"
    );
    score(folder.path(), &["none.csv", "--out", "out.parquet"]);
    assert_eq!(Batches::open(&folder.path().join("out.parquet"), 10, true).unwrap().names().len(), 7);
    assert_eq!(score(folder.path(), &["none.jsonl"]).stdout, "");
    fs::write(folder.path().join("empty.csv"), "").unwrap();
    assert_eq!(refuse(folder.path(), &["empty.csv"]), "empty.csv: the file is empty");
}

#[test]
fn requests_that_cannot_be_met_say_the_way_out() {
    let folder = forest_of_two_features();
    fs::write(folder.path().join("new.csv"), "x,kind\n3,a\n").unwrap();
    fs::write(folder.path().join("new.jsonl"), "{}\n").unwrap();
    let unknown = "unknown extension; use .parquet, .csv or .jsonl, or --format";
    for (arguments, message) in [
        (&["new.csv", "--out", "out.txt"][..], format!("out.txt: {unknown}")),
        (&["new.csv", "--out", "."], format!(".: {unknown}")),
        (
            &["new.csv", "--input-format", "csv"],
            "--input-format is for stdin; the format of a file is detected".to_owned(),
        ),
        (
            &["-", "--input-format", "csv", "--out", "out.jsonl"],
            "CSV on stdin gives CSV; use --out FILE.csv".to_owned(),
        ),
        (
            &["new.jsonl", "--out", "out.parquet"],
            "JSON lines give JSON lines, because objects may have different fields; use --out FILE.jsonl"
                .to_owned(),
        ),
    ] {
        assert_eq!(refuse(folder.path(), arguments), message, "{arguments:?}");
    }
    // The rest of these messages is that of the operating system, or a list.
    for (arguments, start, end) in [
        (&["new.csv", "--out", "new.jsonl/out.csv"][..], "new.jsonl", "; nothing was changed there"),
        (&["new.jsonl", "--rejects", "new.csv/bad.jsonl"], "new.csv", "; nothing was changed there"),
        (&["none.csv"], "none.csv: ", ""),
        (
            &["new.csv", "--table", "tarin"],
            "there is no table",
            "`tarin` in this model (did you mean `train`?); there is only train",
        ),
    ] {
        let message = refuse(folder.path(), arguments);
        assert!(message.starts_with(start) && message.ends_with(end), "{arguments:?}: {message}");
        let is_of_output = arguments.contains(&"--out") || arguments.contains(&"--rejects");
        assert_eq!(message.contains(": cannot be written: "), is_of_output, "{message}");
    }
    let ran = run(folder.path(), &["score", "--model", "m.whis", "new.csv", "--explain", "0"]);
    assert_eq!(refusal(&ran), "--explain must be between 1 and 65535, but is 0");
}

#[test]
fn a_damaged_parquet_file_is_never_a_panic_and_leaves_no_output() {
    let whole = fs::read(fixture("auth_events.parquet")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("auth_events.parquet");
    for at in (0..whole.len()).step_by(whole.len() / 40) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0xff;
        fs::write(&file, &damaged).unwrap();
        let arguments = ["score", "-q", "--model", auth_model(), "auth_events.parquet", "--out", "out.csv"];
        let ran = run(folder.path(), &arguments);
        assert!(ran.code == 0 || !refusal(&ran).is_empty(), "byte {at}: {}", ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "byte {at}: {}", ran.stderr);
        assert_eq!(ran.code == 0, folder.path().join("out.csv").exists(), "byte {at}: {}", ran.stderr);
        let _ = fs::remove_file(folder.path().join("out.csv"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "byte {at}");
    }
}

fn spawn(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_whis-lab"));
    command.args(arguments).current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The lines of a child's stdout as they come.
fn lines_of(child: &mut Child) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
    receive
}

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_line_comes_out_before_the_next_goes_in() {
    let folder = forest_of_two_features();
    let mut child = spawn(folder.path(), &["score", "-q", "--model", "m.whis", "-"]);
    let lines = lines_of(&mut child);
    let mut stdin = child.stdin.take().unwrap();
    for x in 0..5 {
        writeln!(stdin, "{{\"x\":{x},\"kind\":\"a\"}}").unwrap();
        let line = lines.recv_timeout(PATIENCE).unwrap();
        assert!(line.starts_with(&format!("{{\"x\":{x},")), "{line}");
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

/// What comes out where a text goes in.
fn piped(folder: &Path, arguments: &[&str], input: Vec<u8>) -> Ran {
    let mut child = spawn(folder, &[&["score", "--model", "m.whis"], arguments].concat());
    let mut stdin = child.stdin.take().unwrap();
    let writer = thread::spawn(move || stdin.write_all(&input).is_ok());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn csv_on_stdin_scores_as_the_file_does_and_is_passed_on_as_it_was() {
    let folder = forest_of_two_features();
    let records: String = (0..20_000)
        .map(|row| format!("\"a, {row}\",{}.50,{}\r\n", row % 12, ["a", "b", "c"][row % 3]))
        .collect();
    let text = format!("\u{feff}id,x,kind\r\n{records}");
    fs::write(folder.path().join("new.csv"), &text).unwrap();
    score(folder.path(), &["new.csv", "--out", "file.csv"]);
    let ran = piped(folder.path(), &["--input-format", "csv", "-"], text.into_bytes());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    fs::write(folder.path().join("stream.csv"), &ran.stdout).unwrap();
    for column in ["score", "severity"] {
        let [file, stream] = ["file.csv", "stream.csv"].map(|name| bits(&folder.path().join(name), column));
        assert!(file == stream && file.len() == 20_000, "{column}");
    }
    let mut lines = ran.stdout.lines();
    assert_eq!(lines.next(), Some("id,x,kind,score,severity,flagged,unseen,missing"));
    assert!(lines.next().unwrap().starts_with("\"a, 0\",0.50,a,0."), "{}", &ran.stdout[..200]);
    assert!(ran.stderr.starts_with("20,000 rows read, 20,000 scored, "), "{}", ran.stderr);
    // `x` is 9.5, 10.5 or 11.5 in three of twelve rows, and `kind` is `c` in one of three.
    let rows = |is_odd: fn(u64) -> bool| count((0..20_000).filter(|&row| is_odd(row)).count() as u64);
    let x = format!("`x`: {} outside the range of training", rows(|row| row % 12 >= 9));
    let kind = format!("`kind`: {} of a level that training did not hold", rows(|row| row % 3 == 2));
    // Such rows are flagged more often than the model promises.
    let [first, second, third] = warnings(&ran)[..] else { panic!("{}", ran.stderr) };
    assert_eq!((first, second), (x.as_str(), kind.as_str()));
    assert!(third.contains("of the rows are flagged, 10 % promised"), "{third}");
}

#[test]
fn bad_records_on_stdin_are_rejected_and_the_rest_goes_on() {
    let folder = forest_of_two_features();
    let text = b"x,note,kind\n3,,a\nmany,,a\n3,a\n\n4,\"two\nlines\",b\n5,\xff,a\n6,,\n7,\"open,a\n";
    let ran = piped(folder.path(), &["--input-format", "csv", "--rejects", "bad.csv", "-"], text.to_vec());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(
        ran.stdout.lines().count(),
        6,
        "a header, and four rows of which one has two lines: {}",
        ran.stdout
    );
    let words = [
        "line 3: `x` holds `many` where a number is expected",
        "line 4: holds 2 fields where the header has 3",
        "line 10: leaves a quote open",
        "line 8 of the stream is not UTF-8: such characters are read as Windows-1252",
        "`kind`: 1 missing ",
    ];
    assert_warnings(&ran, &words);
    assert!(ran.stdout.contains("\n5,\u{ff},a,"), "{}", ran.stdout);
    assert!(ran.stderr.contains("\n7 rows read, 4 scored, 1 flagged, 3 rejected in "), "{}", ran.stderr);
    let bad = fs::read(folder.path().join("bad.csv")).unwrap();
    assert!(bad.starts_with(b"many,,a\n3,a\n7,\"open,a\n"), "{bad:?}");
    let strict = ["--input-format", "csv", "--on-missing", "error", "--on-out-of-range", "error", "-"];
    let ran = piped(folder.path(), &strict, b"kind,x\na,3\nb,\nb,99\n".to_vec());
    assert_warnings(
        &ran,
        &[
            "line 3: `x` has no value; --on-missing ",
            "line 4: `x` lies outside of 0 to 9, the range of training; ",
        ],
    );
    assert_eq!(ran.stdout.lines().count(), 2, "{}", ran.stdout);
}

#[test]
fn a_header_on_stdin_must_hold_the_features_and_leave_the_new_names_free() {
    let folder = forest_of_two_features();
    let run = |extra: &[&str], text: &str| {
        piped(folder.path(), &[&["--input-format", "csv", "-"], extra].concat(), text.as_bytes().to_vec())
    };
    for (text, message) in [
        ("", "the lines: there is no header"),
        ("x,kin\n3,a\n", "train: there is no column `kind` (did you mean `kin`?); it has x, kin"),
        (
            "x,kind,score\n3,a,1\n",
            "train: column `score` is in the table already; --prefix changes the names of the new columns",
        ),
    ] {
        assert_eq!(refusal(&run(&[], text)), message);
    }
    let ran = run(&["--on-missing", "impute"], "x,kin\n3,a\n");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_warnings(&ran, &["`kind` is not in the table: every row is scored with "]);
    let ran = run(&["--explain", "1", "--only", "flagged"], "x,kind\n3,a\n1000,b\n");
    let mut lines = ran.stdout.lines();
    assert_eq!(lines.next(), Some("x,kind,score,severity,flagged,unseen,missing,explanation"));
    assert!(lines.next().unwrap().contains(",true,,,\"x = 1,000 (typical "), "{}", ran.stdout);
}

#[test]
fn a_record_comes_out_before_the_next_goes_in() {
    let folder = forest_of_two_features();
    let arguments = ["score", "-q", "--model", "m.whis", "--input-format", "csv", "-"];
    let mut child = spawn(folder.path(), &arguments);
    let lines = lines_of(&mut child);
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "x,kind").unwrap();
    assert_eq!(lines.recv_timeout(PATIENCE).unwrap(), "x,kind,score,severity,flagged,unseen,missing");
    for x in 0..5 {
        writeln!(stdin, "{x},a").unwrap();
        let line = lines.recv_timeout(PATIENCE).unwrap();
        assert!(line.starts_with(&format!("{x},a,0.")), "{line}");
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_no_half_file_and_a_pipe_what_was_scored() {
    let folder = forest_of_two_features();
    let before = fs::read_dir(folder.path()).unwrap().count();
    for out in [&["--out", "out.jsonl"][..], &[]] {
        let mut child = spawn(folder.path(), &[&["score", "-q", "--model", "m.whis", "-"], out].concat());
        let lines = lines_of(&mut child);
        let mut stdin = child.stdin.take().unwrap();
        writeln!(stdin, "{{\"x\":3,\"kind\":\"a\"}}").unwrap();
        if out.is_empty() {
            lines.recv_timeout(PATIENCE).unwrap();
        } else {
            let unfinished = || fs::read_dir(folder.path()).unwrap().count() > before;
            assert!((0..600).any(|_| unfinished() || {
                thread::sleep(Duration::from_millis(100));
                false
            }));
        }
        let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before, "{out:?}");
    }
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let table = fixture("auth_events.parquet");
    let mut child = spawn(folder.path(), &["score", "--model", auth_model(), text(&table)]);
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.contains("\"score\":"), "{first}");
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
