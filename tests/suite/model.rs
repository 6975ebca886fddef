//! A model from training to its last explanation, through the program.

use crate::program::{fixture, refusal, run, succeed, text, warnings};
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

/// The message of a run that is refused.
#[track_caller]
fn refused(folder: &Path, arguments: &[&str]) -> String {
    refusal(&run(folder, arguments))
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
        let number = said.split(' ').next().unwrap();
        let warning = |protocol: &str, all: &str| {
            format!(
                "t, {protocol}: lof: fitted on a random sample of {number} of {all} distinct rows because of \
                 a limit; all rows are scored"
            )
        };
        let sampled = warnings(&ran).into_iter().filter(|line| line.contains("random sample"));
        let expected = [warning("in-sample", "3,000"), warning("holdout", "2,100")];
        assert_eq!(sampled.collect::<Vec<_>>(), expected);
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
        let arguments = [&arguments[..], &["--contamination", "0.15"]].concat();
        let ran = succeed(folder.path(), &arguments);
        assert_eq!(ran.stdout.matches("not measured: metrics need labels of both classes").count(), 1);
        assert!(!ran.stdout.contains("AUC") && !ran.stdout.contains("NaN"), "{}", ran.stdout);
        assert!(warnings(&ran).is_empty(), "{}", ran.stderr);
        let row = r#"{"x":400,"kind":"c"}"#;
        let ran = succeed(folder.path(), &["explain", "--model", "t.whis", row]);
        assert!(ran.stdout.contains("t, ensemble: score"), "{}", ran.stdout);
    }
}

/// 40 days with 30 rows each; the last row of a day is far from the others.
fn export(with_times: bool) -> String {
    let mut csv = String::from(if with_times { "at,bytes,kind\n" } else { "bytes,kind\n" });
    for row in 0..1_200 {
        if with_times {
            csv += &format!("2026-{:02}-{:02}T10:00:00Z,", 1 + row / 30 / 20, 1 + row / 30 % 20);
        }
        let bytes = if row % 30 == 29 { 9_000 + row } else { row * 37 % 500 };
        csv += &format!("{bytes},{}\n", ["a", "b", "c"][row % 3]);
    }
    csv
}

fn card(folder: &Path) -> Value {
    let ran = succeed(folder, &["inspect", "t.whis", "--format", "json"]);
    serde_json::from_str::<Value>(&ran.stdout).unwrap()["tables"][0].take()
}

#[test]
fn without_labels_the_ensemble_and_a_budget_are_the_default_and_said() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.csv"), export(true)).unwrap();
    let train = ["train", "--file", "t.csv", "--out", "t.whis"];
    let ran = succeed(folder.path(), &train);
    assert!(
        ran.stderr
            .contains("t: there are no labels of both classes, so the detector is ensemble and at most 15 %")
    );
    let ran = succeed(folder.path(), &[&train[..], &["--alerts-per-day", "1"]].concat());
    assert!(ran.stdout.contains("flags 40 of the training rows, 1 a day; limit: 1 a day"), "{}", ran.stdout);
    assert_eq!(card(folder.path())["alerts_per_day"], 1.0);

    fs::write(folder.path().join("t.csv"), export(false)).unwrap();
    let ran = succeed(folder.path(), &train);
    assert!(ran.stderr.contains("at most 1.0 % of the rows are flagged"), "{}", ran.stderr);
    let ran =
        succeed(folder.path(), &[&train[..], &["--detector", "hbos", "--contamination", "0.1"]].concat());
    assert!(!ran.stderr.contains("no labels"), "{}", ran.stderr);
    assert_eq!(card(folder.path())["detector"], "hbos");
    let error = run(folder.path(), &[&train[..], &["--alerts-per-day", "1"]].concat()).stderr;
    assert!(error.contains("no column holds points in time") && error.contains("--time"), "{error}");
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
    for (row, message) in [
        (
            STRANGE.replace(":5", ":\"five\""),
            "the row: `fail_count_1h` holds `five` where a number is expected",
        ),
        (
            r#"{"hour":3}"#.to_owned(),
            "the row: has no value of any feature; they are hour_of_day, is_weekend, is_off_hours, \
             fail_count_1h, success_after_fail_15m, is_admin, asset_class",
        ),
        ("[1]".to_owned(), "the row: must be an object, but is a list"),
    ] {
        assert_eq!(said(auth, &row), message);
    }
    let message = said(auth, "{hour");
    assert!(message.starts_with("the row: not JSON: `{hour` ("), "{message}");
    assert!(!message.contains("line 1") && !message.contains("any feature"), "{message}");
    let without = STRANGE.replace(r#""is_weekend":true,"#, "");
    let ran = succeed(folder.path(), &["explain", "--model", "model.whis", "--table", "auth", &without]);
    assert_eq!(ran.stderr.lines().filter(|line| line.contains(" is missing")).count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("`is_weekend` is missing"), "{}", ran.stderr);
    assert_eq!(
        said(&[], STRANGE),
        "this model has several tables: auth_events, process_events, admin_events; choose one with --table"
    );
    let message = said(&["--table", "auht"], STRANGE);
    assert!(
        message.contains("`auht` in this model (did you mean `auth`?); there are auth, process, admin"),
        "{message}"
    );
    assert_eq!(message.matches("did you mean").count(), 1, "{message}");
}

#[test]
fn a_damaged_file_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), &["--table", "admin", "--params", "trees=2"]);
    let path = folder.path().join("model.whis");
    let whole = fs::read_to_string(&path).unwrap();
    let newer = whole.replacen("\"version\":1", "\"version\":9", 1);
    let changed = "the model is damaged: its SHA-256 does not match; get a new copy of the file";
    for (damaged, problem) in [
        (
            whole[..whole.len() / 2].to_owned(),
            "the model is damaged: the file is cut off; get a new copy of the file",
        ),
        (whole.replacen("off_hours", "off_hourz", 1), changed),
        (newer, "written by a newer whis-lab in format 9, and this one reads 1: update it"),
        ("PAR1".to_owned(), "not a whis-lab model"),
        ("{\"format\": 1}".to_owned(), "not a whis-lab model, but other JSON"),
        (String::new(), "not a whis-lab model: the file is empty"),
        ("[".repeat(100_000), "not a whis-lab model"),
    ] {
        fs::write(&path, damaged).unwrap();
        let message = refused(folder.path(), &["inspect", "model.whis"]);
        assert_eq!(message, refused(folder.path(), &["explain", "--model", "model.whis", "{}"]));
        assert_eq!(message, format!("model.whis: {problem}"));
    }
    fs::write(&path, [0xff, 0xfe]).unwrap();
    let message = refused(folder.path(), &["inspect", "model.whis"]);
    assert_eq!(message, "model.whis: not a whis-lab model, but binary data");
    assert_eq!(refused(folder.path(), &["inspect", "/dev/zero"]), "/dev/zero: not a regular file");
}

#[test]
fn a_model_that_cannot_be_written_leaves_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "in the way").unwrap();
    let fixtures = fixture("");
    let arguments = ["train", "-q", "--data", text(&fixtures), "--out", "file/model.whis"];
    let message = refused(folder.path(), &arguments);
    assert!(message.starts_with("file/model.whis: cannot be written: "), "{message}");
    assert!(message.ends_with("; nothing was changed there"), "{message}");
    fs::write(folder.path().join("model.whis"), "old").unwrap();
    let arguments = ["train", "-q", "--data", text(&fixtures), "--out", "model.whis", "--params", "trees=0"];
    assert_eq!(
        refused(folder.path(), &arguments),
        "isolation-forest: `trees` must be between 1 and 100000, but is 0"
    );
    assert_eq!(fs::read_to_string(folder.path().join("model.whis")).unwrap(), "old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left behind");
}
