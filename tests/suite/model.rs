//! A model from training to its last explanation, through the program.

use crate::program::{fixture, run, succeed, text};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// The notebook's two events: an administrator at three in the morning after five failures, and a colleague at ten.
const STRANGE: &str = r#"{"hour_of_day":3,"is_weekend":true,"fail_count_1h":5,"success_after_fail_15m":true,"is_admin":true,"is_off_hours":true,"asset_class":"server"}"#;
const NORMAL: &str = r#"{"hour_of_day":10,"is_weekend":false,"fail_count_1h":0,"success_after_fail_15m":false,"is_admin":false,"is_off_hours":false,"asset_class":"workstation"}"#;

/// A model of the fixtures, of few trees, as `model.whis` in a folder.
fn train(folder: &Path, extra: &[&str]) {
    let fixtures = fixture("");
    let arguments = ["train", "-q", "--data", text(&fixtures), "--out", "model.whis"];
    succeed(folder, &[&arguments[..], extra].concat());
}

fn explain(folder: &Path, table: &str, row: &str) -> Value {
    let arguments = ["explain", "--model", "model.whis", "--table", table, "--format", "json", row];
    serde_json::from_str(&succeed(folder, &arguments).stdout).unwrap()
}

/// The one line of a refusal.
#[track_caller]
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let ran = run(folder, arguments);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    ran.stderr
}

#[test]
fn a_model_is_trained_inspected_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), &[]);
    let shown = succeed(folder.path(), &["inspect", "model.whis"]).stdout;
    for words in
        ["3 tables", "auth_events: ", "process_events: ", "admin_events: ", "golden rows score as", "time"]
    {
        assert!(shown.contains(words), "`{words}` is not in {shown}");
    }
    let admin = r#"{"method":"gui","off_hours":true,"recent_4625s_actor_1h":4}"#;
    let ran = succeed(folder.path(), &["explain", "--model", "model.whis", "--table", "admin", admin]);
    for words in
        ["admin_events, isolation-forest: score", "recent_4625s_actor_1h", "█", "of the difference gone"]
    {
        assert!(ran.stdout.contains(words), "`{words}` is not in {}", ran.stdout);
    }
}

#[test]
fn the_notebooks_two_events_come_out_far_apart() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["train", "--table", "auth", "--out", "model.whis"]);
    let [strange, normal] = [STRANGE, NORMAL].map(|row| explain(folder.path(), "auth", row));
    let severity = |found: &Value| found["row"]["severity"].as_f64().unwrap();
    assert!(severity(&strange) > 99.0 && severity(&normal) < 50.0, "{strange} {normal}");
    assert_eq!((&strange["row"]["flagged"], &normal["row"]["flagged"]), (&json!(true), &json!(false)));
    assert_eq!(strange["contributions"][0]["feature"], "fail_count_1h");
    assert_eq!(strange["contributions"][0]["value"], 5.0);
    assert_eq!(strange["contributions"][0]["typical"], 0.0);
}

#[test]
fn contributions_sum_to_the_distance_from_the_typical_row() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), &["--table", "auth"]);
    let found = explain(folder.path(), "auth", STRANGE);
    let contributions = found["contributions"].as_array().unwrap();
    let sum: f64 = contributions.iter().map(|c| c["contribution"].as_f64().unwrap()).sum();
    let score = |row: &str| found[row]["score"].as_f64().unwrap();
    assert!((sum - (score("row") - score("typical"))).abs() < 1e-12, "{found}");
    assert!(found["without"]["row"]["score"].as_f64().unwrap() < score("row"), "{found}");
}

#[test]
fn in_sample_numbers_are_those_of_compare() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), &["--detector", "lof", "--params", "k=7", "--seed", "3"]);
    let arguments = ["inspect", "model.whis", "--format", "json"];
    let model: Value = serde_json::from_str(&succeed(folder.path(), &arguments).stdout).unwrap();
    let fixtures = fixture("");
    let arguments =
        ["compare", "--data", text(&fixtures), "--detectors", "lof", "--params", "lof.k=7", "--seed", "3"];
    let arguments = [&arguments[..], &["--format", "json"]].concat();
    let report: Value = serde_json::from_str(&succeed(folder.path(), &arguments).stdout).unwrap();
    for (card, table) in model["tables"].as_array().unwrap().iter().zip(report["tables"].as_array().unwrap())
    {
        let (own, run) = (&card["measurements"][0], &table["runs"][0]);
        for key in ["auc", "auc_interval", "average_precision", "precision", "recall", "f1", "flagged_rows"] {
            assert_eq!(own[key], run[key], "{key} of {}", card["table"]);
        }
        assert_eq!((&card["threshold"], &card["parameters"]), (&run["threshold"], &run["parameters"]));
        assert_eq!(own["protocol"], "in-sample");
        assert_eq!(card["measurements"][1]["protocol"], "time");
    }
}

#[test]
fn a_limit_fits_a_sample_and_the_card_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String =
        (0..3_000).map(|row| format!("{},{},{}\n", row * 7919 % 3001, row % 7, row % 10 == 0)).collect();
    fs::write(folder.path().join("t.csv"), format!("x,y,bad\n{rows}")).unwrap();
    let file = ["--file", "t.csv", "--label", "bad"];
    for (limit, said, distinct) in [
        (&["--fit-rows", "200"][..], "200 distinct rows; limit: 200 rows", 200),
        (&["--time-limit", "0.000001"], "1,000 distinct rows; limit: 0.000001 s", 1_000),
    ] {
        let train = [&["train", "--out", "t.whis", "--detector", "lof"], &file[..], limit].concat();
        let ran = succeed(folder.path(), &train);
        assert!(
            ran.stdout.contains("fitted on a random sample with ") && ran.stdout.contains(said),
            "{}",
            ran.stdout
        );
        assert!(ran.stderr.contains("warning"), "{}", ran.stderr);
        let shown = succeed(folder.path(), &["inspect", "t.whis"]).stdout;
        assert!(shown.contains(said), "{shown}");
        let shown = succeed(folder.path(), &["inspect", "t.whis", "--format", "json"]).stdout;
        let card = serde_json::from_str::<Value>(&shown).unwrap()["tables"][0].take();
        assert_eq!(card["training"]["sample"]["distinct_rows"], distinct);
        assert_eq!(card["training"]["rows"], 3_000);
        let compare = [&["compare", "--format", "json", "--detectors", "lof"], &file[..], limit].concat();
        let report: Value = serde_json::from_str(&succeed(folder.path(), &compare).stdout).unwrap();
        let run = &report["tables"][0]["runs"][0];
        assert_eq!((&card["threshold"], &card["measurements"][0]["auc"]), (&run["threshold"], &run["auc"]));
        succeed(folder.path(), &["score", "--model", "t.whis", "t.csv", "--out", "scored.csv"]);
    }
    let all = [&["train", "--out", "t.whis", "--fit-rows", "3000"], &file[..]].concat();
    assert!(!succeed(folder.path(), &all).stdout.contains("random sample"), "no row is left out");
}

#[test]
fn a_model_has_the_same_bytes_twice_and_on_one_and_two_threads() {
    let model = |threads: &str| {
        let folder = tempfile::tempdir().unwrap();
        train(folder.path(), &["--threads", threads]);
        fs::read(folder.path().join("model.whis")).unwrap()
    };
    let first = model("1");
    assert!(first == model("1"));
    assert!(first == model("2"));
}

#[test]
fn tables_without_labels_or_with_one_class_train_just_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..80).map(|row| format!("{},{},0\n", row % 9, ["a", "b"][row % 2])).collect();
    fs::write(folder.path().join("t.csv"), format!("x,kind,bad\n{rows}")).unwrap();
    for label in [&[][..], &["--label", "bad"]] {
        let arguments =
            [&["train", "--file", "t.csv", "--features", "x,kind", "--out", "t.whis"], label].concat();
        let ran = succeed(folder.path(), &arguments);
        assert!(ran.stdout.contains("not measured"), "{}", ran.stdout);
        assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
        let row = r#"{"x":400,"kind":"c"}"#;
        let ran = succeed(folder.path(), &["explain", "--model", "t.whis", row]);
        assert!(ran.stdout.contains("t, isolation-forest: score"), "{}", ran.stdout);
    }
}

#[test]
fn a_row_may_come_through_stdin() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), &["--table", "auth", "--params", "trees=5"]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_whis-lab"))
        .args(["explain", "--model", "model.whis", "--format", "json", "-"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(STRANGE.as_bytes()).unwrap();
    let stdout = child.wait_with_output().unwrap().stdout;
    assert_eq!(String::from_utf8(stdout).unwrap(), {
        succeed(folder.path(), &["explain", "--model", "model.whis", "--format", "json", STRANGE]).stdout
    });
}

#[test]
fn a_row_that_is_not_of_the_table_is_refused_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), &["--params", "trees=2"]);
    let said = |table: &[&str], row: &str| {
        refused(folder.path(), &[&["explain", "--model", "model.whis"], table, &[row]].concat())
    };
    let auth = &["--table", "auth"];
    for (row, words) in [
        (STRANGE.replace(":5", ":\"five\""), "`fail_count_1h` holds `five` where a number is expected"),
        (r#"{"hour":3}"#.to_owned(), "has no value of any feature"),
        ("[1]".to_owned(), "expected an object"),
        ("{hour".to_owned(), "not JSON"),
    ] {
        let line = said(auth, &row);
        assert!(line.contains(words), "`{words}` is not in {line}");
    }
    let without = STRANGE.replace(r#""is_weekend":true,"#, "");
    let ran = succeed(folder.path(), &["explain", "--model", "model.whis", "--table", "auth", &without]);
    assert!(ran.stderr.contains("no value of `is_weekend`"), "{}", ran.stderr);
    assert!(said(&[], STRANGE).contains("--table"));
    assert!(said(&["--table", "auht"], STRANGE).contains("did you mean `auth`?"));
}

#[test]
fn a_damaged_file_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), &["--table", "admin", "--params", "trees=2"]);
    let path = folder.path().join("model.whis");
    let whole = fs::read_to_string(&path).unwrap();
    let newer = whole.replacen("\"version\":1", "\"version\":9", 1);
    for (damaged, words) in [
        (whole[..whole.len() / 2].to_owned(), "damaged"),
        (whole.replacen("off_hours", "off_hourz", 1), "SHA-256"),
        (newer, "newer whis-lab"),
        ("PAR1".to_owned(), "not a whis-lab model"),
        (String::new(), "not a whis-lab model"),
        ("[".repeat(100_000), "not a whis-lab model"),
    ] {
        fs::write(&path, damaged).unwrap();
        for command in [&["inspect", "model.whis"][..], &["explain", "--model", "model.whis", "{}"]] {
            let line = refused(folder.path(), command);
            assert!(line.contains("model.whis") && line.contains(words), "`{words}` is not in {line}");
        }
    }
    fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(refused(folder.path(), &["inspect", "model.whis"]).contains("UTF-8"));
    assert!(refused(folder.path(), &["inspect", "/dev/zero"]).contains("not a regular file"));
}

#[test]
fn a_model_that_cannot_be_written_leaves_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "in the way").unwrap();
    let fixtures = fixture("");
    let arguments = ["train", "-q", "--data", text(&fixtures), "--out", "file/model.whis"];
    assert!(refused(folder.path(), &arguments).contains("cannot be written"));
    fs::write(folder.path().join("model.whis"), "old").unwrap();
    let arguments = ["train", "-q", "--data", text(&fixtures), "--out", "model.whis", "--params", "trees=0"];
    assert!(refused(folder.path(), &arguments).contains("`trees`"));
    assert_eq!(fs::read_to_string(folder.path().join("model.whis")).unwrap(), "old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left behind");
}
