//! Which columns of a file become features, and which rows have a label.

use crate::program::{Ran, refusal, run, succeed, warnings};
use serde_json::{Value, json};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Run a comparison of `t.csv` with more arguments. Returns the table of its report, and the run.
#[track_caller]
fn compared(folder: &Path, more: &[&str]) -> (Value, Ran) {
    let file = ["compare", "--file", "t.csv", "--detectors", "hbos", "--format", "json", "--out", "none"];
    let ran = succeed(folder, &[&file[..], more].concat());
    let mut report: Value = serde_json::from_str(&ran.stdout).unwrap();
    (report["tables"][0].take(), ran)
}

#[track_caller]
fn assert_warned(ran: &Ran, words: &str) {
    assert!(warnings(ran).iter().any(|line| line.contains(words)), "`{words}` is not in {}", ran.stderr);
}

/// 200 events with codes and columns that identify rows: one row in ten is suspicious.
fn events() -> String {
    let codes = [4624, 4625, 4672, 4720, 1102];
    let mut text = "RecordID,session_id,epoch,bytes,bytes,EventID,y\n".to_owned();
    for row in 0..200 {
        let (session, bytes, code) = (row * 37 % 200, row * row % 91, codes[row % 5]);
        let epoch = 1_772_000_000 + row * 7919 % 86_400;
        writeln!(
            text,
            "{},{session},{epoch},{bytes},{bytes},{code},{}",
            9_000 - row,
            u8::from(row % 10 == 3)
        )
        .unwrap();
    }
    text
}

#[test]
fn columns_that_identify_rows_are_no_features() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.csv"), events()).unwrap();
    let (table, ran) = compared(folder.path(), &["--label", "y"]);
    assert_eq!(table["features"], json!(["bytes", "EventID"]));
    for words in [
        "`RecordID` is left out: it counts down from row to row; name the columns to use with --features",
        "`session_id` is left out: it is an identifier: nearly every row has its own number",
        "`epoch` is left out: it holds times, in seconds since 1970; name the time column with --time",
        "`bytes.1` is left out: it repeats another column, name and values",
        "`EventID` (5 values) looks like a code, but is read as a number; if they are names, use --categorical EventID",
    ] {
        assert_warned(&ran, words);
    }
    let names = "RecordID,session_id,epoch";
    let (table, _) = compared(folder.path(), &["--label", "y", "--features", names]);
    assert_eq!(table["features"], json!(["RecordID", "session_id", "epoch"]));
}

#[test]
fn codes_are_categories_on_request_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.csv"), events()).unwrap();
    let train = ["train", "--file", "t.csv", "--label", "y", "--categorical", "EventID", "--out", "m.whis"];
    let ran = succeed(folder.path(), &[&train[..], &["--features", "bytes,EventID"]].concat());
    assert!(!ran.stderr.contains("looks like a code"), "{}", ran.stderr);
    assert!(succeed(folder.path(), &["inspect", "m.whis"]).stdout.contains("1102, 4624, 4625"));
    fs::write(folder.path().join("new.csv"), "bytes,EventID\n3,4625\n3,4626\n3,4625.0\n").unwrap();
    let lines = "{\"bytes\":3,\"EventID\":4625}\n{\"bytes\":3,\"EventID\":4626}\n{\"bytes\":3,\"EventID\":\"4625\"}\n";
    fs::write(folder.path().join("new.jsonl"), lines).unwrap();
    for input in ["new.csv", "new.jsonl"] {
        succeed(folder.path(), &["score", "--model", "m.whis", input, "--out", "out.jsonl"]);
        let out = fs::read_to_string(folder.path().join("out.jsonl")).unwrap();
        let unseen: Vec<bool> = out.lines().map(|line| line.contains("\"unseen\":[\"EventID\"]")).collect();
        assert_eq!(unseen, [false, true, false], "{input}: {out}");
    }
}

#[test]
fn a_category_that_is_no_feature_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.csv"), events()).unwrap();
    let refused = |more: &[&str]| {
        let compare = ["compare", "-q", "--file", "t.csv", "--label", "y"];
        refusal(&run(folder.path(), &[&compare[..], more].concat()))
    };
    let message = refused(&["--categorical", "EventId"]);
    assert!(message.contains("no column `EventId` (did you mean `EventID`?)"), "{message}");
    for more in [&["--categorical", "y"][..], &["--categorical", "EventID", "--features", "bytes"]] {
        assert!(refused(more).contains("cannot be a category: it is not one of the features"));
    }
}

#[test]
fn a_repeated_column_with_other_values_is_a_feature() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..40).map(|row| format!("{},{},{}\n", row % 7, row % 5, row % 2)).collect();
    fs::write(folder.path().join("t.csv"), format!("a,a,y\n{rows}")).unwrap();
    let (table, ran) = compared(folder.path(), &["--label", "y"]);
    assert_eq!(table["features"], json!(["a", "a.1"]));
    assert_warned(&ran, "column `a` occurs again; that one is called `a.1`");
}

#[test]
fn rows_without_a_label_are_left_out_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let rows = |label: fn(usize) -> &'static str| -> String {
        (0..60).map(|row| format!("{},{}\n", row * row % 17, label(row))).collect()
    };
    let text = rows(|row| ["benign", "benign", "scan", "", "NA"][row % 5]);
    fs::write(folder.path().join("t.csv"), format!("x,class\n{text}")).unwrap();
    let (table, ran) = compared(folder.path(), &["--label", "class!=benign"]);
    assert_eq!((&table["rows"], &table["suspicious_rows"]), (&json!(36), &json!(12)));
    assert_warned(&ran, "24 of 60 rows are left out: their label `class` has no value");

    let text = rows(|_| "");
    fs::write(folder.path().join("t.csv"), format!("x,class\n{text}")).unwrap();
    for command in ["compare", "explore"] {
        let ran =
            succeed(folder.path(), &[command, "--file", "t.csv", "--label", "class", "--format", "json"]);
        assert_warned(&ran, "the label `class` has no value in any row: there are no labels");
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(answer["tables"][0]["rows"], json!(60), "{command}");
    }
}

#[test]
fn gate_says_which_rows_it_leaves_out() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    fs::create_dir(&store).unwrap();
    let head =
        "ts,hour_of_day,is_weekend,is_off_hours,fail_count_1h,success_after_fail_15m,is_admin,asset_class";
    let label = |row: usize| ["0", "1", "0", "", "0"][row % 5];
    let row = |row: usize| format!("{row},{},0,0,{},0,0,laptop,{}\n", row % 24, row * 7 % 9, label(row));
    let rows: String = (0..100).map(row).collect();
    fs::write(store.join("auth_events.csv"), format!("{head},is_suspicious\n{rows}")).unwrap();
    let gate = ["gate", "--data", "store", "--baseline", "b.json", "--detectors", "hbos", "--bless"];
    let ran = succeed(folder.path(), &gate);
    assert_warned(&ran, "auth_events: 20 of 100 rows are left out: their label `is_suspicious` has no value");
}

#[test]
fn the_hint_on_a_label_never_takes_the_majority_for_suspicious() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..60).map(|row| format!("{row},{}\n", if row % 5 == 0 { 1 } else { 2 })).collect();
    fs::write(folder.path().join("t.csv"), format!("x,class\n{rows}")).unwrap();
    let message = refusal(&run(folder.path(), &["compare", "-q", "--file", "t.csv", "--label", "class"]));
    assert!(message.contains("`2` (48), `1` (12)") && message.contains("--label 'class!=2'"), "{message}");
    assert!(!message.contains("class=2"), "{message}");
}
