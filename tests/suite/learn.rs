//! Learning from verdicts: `whis-lab learn`, and the spreadsheet of `whis-lab score --top`.

use crate::program::{Ran, refusal, run, succeed, warnings};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A folder with `events.csv` of 400 rows, in which 20 rows have a large x and 20 a small one, and with a model `m.whis`.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let x = |row: usize| match row % 20 {
        3 => 60.0 + (row % 7) as f64,
        9 => -60.0 - (row % 7) as f64,
        _ => (row * 13 % 41) as f64 / 4.0,
    };
    let row = |row: usize| {
        let (x, attack) = (x(row), usize::from(row % 20 == 3));
        let at = format!("2026-03-{:02} {:02}:00:00", 2 + row / 80, row % 24);
        format!("{row},{at},{x},{},{attack}\n", row * 7 % 31)
    };
    let rows: String = (0..400).map(row).collect();
    fs::write(folder.path().join("events.csv"), format!("id,at,x,y,attack\n{rows}")).unwrap();
    let train =
        ["train", "-q", "--file", "events.csv", "--features", "x,y", "--label", "attack", "--contamination"];
    succeed(folder.path(), &[&train[..], &["0.05", "--out", "m.whis"]].concat());
    folder
}

/// Score to `review.csv`, and judge each of its rows: a large x is suspicious. Every fifth row stays empty.
fn review(folder: &Path) -> String {
    let score = ["score", "-q", "--model", "m.whis", "events.csv", "--top", "8", "--by", "day"];
    succeed(folder, &[&score[..], &["--out", "review.csv"]].concat());
    let text = fs::read_to_string(folder.join("review.csv")).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert_eq!(header[header.len() - 2..], ["row_key", "verdict"]);
    let judged = lines.enumerate().map(|(at, line)| {
        assert!(line.ends_with(','), "an empty verdict: {line}");
        let x: f64 = line.split(',').nth(2).unwrap().parse().unwrap();
        let verdict = if x > 30.0 { "suspicious" } else { "normal" };
        format!("{line}{}\n", if at % 5 == 4 { "" } else { verdict })
    });
    let text = header.join(",") + "\n" + &judged.collect::<String>();
    fs::write(folder.join("review.csv"), &text).unwrap();
    text
}

fn learn(folder: &Path, arguments: &[&str]) -> Ran {
    run(folder, &[&["learn", "--model", "m.whis", "--data", "events.csv"], arguments].concat())
}

#[track_caller]
fn learned(folder: &Path, arguments: &[&str]) -> Ran {
    let ran = learn(folder, arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran
}

fn auc(folder: &Path, model: &str) -> f64 {
    let arguments = ["evaluate", "-q", "--model", model, "--file", "events.csv", "--label", "attack"];
    let ran = succeed(folder, &[&arguments[..], &["--format", "json"]].concat());
    serde_json::from_str::<Value>(&ran.stdout).unwrap()["models"][0]["auc"].as_f64().unwrap()
}

#[test]
fn a_reviewed_spreadsheet_teaches_the_model() {
    let folder = folder();
    let folder = folder.path();
    review(folder);
    let arguments = ["--verdicts", "review.csv", "--analyst", "ana", "--out", "m2.whis"];
    let ran = learned(folder, &arguments);
    assert!(ran.stdout.contains("taught by ") && ran.stdout.contains("by ana ("), "{}", ran.stdout);
    assert!(ran.stdout.contains("5-fold cross-validation"), "{}", ran.stdout);
    assert!(ran.stderr.contains("no verdict"), "{}", ran.stderr);
    assert!(warnings(&ran).is_empty(), "{}", ran.stderr);
    let (before, after) = (auc(folder, "m.whis"), auc(folder, "m2.whis"));
    assert!(before < 0.99 && after > before + 0.01, "{before} {after}");
    let shown = succeed(folder, &["inspect", "m2.whis"]).stdout;
    assert!(shown.contains("AUC on the judged rows: untaught"), "{shown}");
    let shown = succeed(folder, &["explain", "--model", "m2.whis", "{\"x\":63,\"y\":3}"]).stdout;
    assert!(shown.contains("of the score comes from verdicts: "), "{shown}");
    // Reviewed rows that are scored again keep their verdicts, and get no second column.
    let again = ["score", "-q", "--model", "m2.whis", "review.csv", "--top", "3", "--prefix", "n_"];
    succeed(folder, &[&again[..], &["--out", "again.csv"]].concat());
    let header = fs::read_to_string(folder.join("again.csv")).unwrap().lines().next().unwrap().to_owned();
    assert_eq!(header.matches("verdict").count(), 1, "{header}");
}

#[test]
fn a_forgotten_verdict_leaves_no_byte_in_the_file() {
    let folder = folder();
    let folder = folder.path();
    let text = review(folder);
    let judged: Vec<&str> = text.lines().filter(|line| line.ends_with("suspicious")).collect();
    let key = judged[0].rsplit(',').nth(1).unwrap();
    let others: String =
        text.lines().filter(|line| !line.contains(key)).map(|line| line.to_owned() + "\n").collect();
    fs::write(folder.join("others.csv"), others).unwrap();
    learned(folder, &["--verdicts", "review.csv", "--out", "m2.whis"]);
    learned(folder, &["--verdicts", "others.csv", "--out", "expected.whis"]);
    let forget =
        ["learn", "--model", "m2.whis", "--data", "events.csv", "--without", &key[..12], "--out", "m3.whis"];
    succeed(folder, &forget);
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    assert!(read("m3.whis") == read("expected.whis") && read("m3.whis") != read("m2.whis"));
}

#[test]
fn rows_are_found_by_the_columns_of_a_key() {
    let folder = folder();
    let folder = folder.path();
    fs::write(folder.join("tickets.csv"), "id,verdict\n3,s\n9,n\n23,tp\n29,fp\n999,s\n").unwrap();
    let ran = learned(folder, &["--verdicts", "tickets.csv", "--key", "id", "--out", "m2.whis"]);
    let warning = "1 verdict is about rows that are neither in the data nor in the model, such as `999`";
    assert!(warnings(&ran)[0].contains(warning), "{}", ran.stderr);
    assert!(ran.stdout.contains("4 distinct rows: 2 suspicious, 2 normal"), "{}", ran.stdout);
}

#[test]
fn verdicts_that_are_all_suspicious_are_a_warning() {
    let folder = folder();
    let folder = folder.path();
    fs::write(folder.join("tickets.csv"), "id,verdict\n3,s\n23,s\n").unwrap();
    let ran = learned(folder, &["--verdicts", "tickets.csv", "--key", "id", "--out", "m2.whis"]);
    assert!(warnings(&ran)[0].contains("every verdict is suspicious"), "{}", ran.stderr);
}

#[test]
fn analysts_who_contradict_each_other_are_named() {
    let folder = folder();
    let folder = folder.path();
    let line = |analyst: &str, verdict: &str, hour: u32| {
        format!(
            "{{\"row\":\"3\",\"verdict\":\"{verdict}\",\"analyst\":\"{analyst}\",\"time\":\"2026-03-07T{hour:02}:00:00Z\"}}\n"
        )
    };
    fs::write(folder.join("ana.jsonl"), line("ana", "suspicious", 9)).unwrap();
    fs::write(folder.join("bo.jsonl"), line("bo", "normal", 10)).unwrap();
    let files = ["--verdicts", "ana.jsonl,bo.jsonl", "--key", "id", "--out", "m2.whis"];
    let ran = learned(folder, &files);
    let warning = warnings(&ran)[0];
    assert!(warning.contains("is suspicious to ana, normal to bo: normal counts"), "{warning}");
    let refused = refusal(&learn(folder, &[&files[..], &["--conflicts", "error"]].concat()));
    assert!(refused.contains("suspicious to ana"), "{refused}");
}

#[test]
fn wrong_files_are_refused_and_nothing_is_written() {
    let folder = folder();
    let folder = folder.path();
    fs::write(folder.join("bad.csv"), "id,verdict\n3,maybe\n").unwrap();
    fs::write(folder.join("empty.jsonl"), "").unwrap();
    fs::write(folder.join("other.csv"), "id,verdict\n5000,s\n").unwrap();
    for (file, problem) in [
        ("bad.csv", "row 1: unknown verdict `maybe`; use suspicious, normal or unsure"),
        ("events.csv", "there is no column `verdict`"),
        ("m.whis", "not a verdict"),
        ("empty.jsonl", "there is no verdict"),
        ("other.csv", "none of 1 verdicts is about a row of the data"),
        ("missing.csv", "missing.csv"),
    ] {
        let refused = refusal(&learn(folder, &["--verdicts", file, "--key", "id", "--out", "m2.whis"]));
        assert!(refused.contains(problem), "{file}: {refused}");
    }
    let refused = refusal(&learn(folder, &["--without", "row-00000000", "--out", "m2.whis"]));
    assert_eq!(refused, "there is no verdict on a row `row-00000000`");
    assert!(!folder.join("m2.whis").exists());
}
