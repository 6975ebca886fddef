//! Thresholds without labels: the rule of `--threshold` in compare, train and score, and whether its promise is kept.

use crate::program::{fixture, refusal, run, succeed, text, warnings};
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Scores of the exponential distribution, by a fixed hash of the row (SplitMix64) and a seed.
fn exponential(rows: u64, seed: u64) -> impl Iterator<Item = f64> {
    let mixed = |z: u64| {
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let share = move |row: u64| mixed((row + 1 + seed * rows).wrapping_mul(0x9e37_79b9_7f4a_7c15)) >> 11;
    (0..rows).map(move |row| -((share(row) as f64 + 0.5) / (1_u64 << 53) as f64).ln())
}

/// A table of 4,000 rows on eight days, with a column of continuous values; `shift` is added to them.
fn write_table(path: &Path, shift: f64) {
    let mut csv = "time,x,y\n".to_owned();
    for (row, (x, y)) in exponential(4_000, 1).zip(exponential(4_000, 2)).enumerate() {
        writeln!(csv, "2026-03-{:02}T10:00:{:02}Z,{},{}", 1 + row / 500, row % 60, x + shift, y).unwrap();
    }
    fs::write(path, csv).unwrap();
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_table(&folder.path().join("rows.csv"), 0.0);
    write_table(&folder.path().join("later.csv"), 1.5);
    folder
}

fn train(folder: &Path, rule: &str) -> String {
    // The k-th distances of two mutual neighbors are equal, so knn has no tail.
    let detector = if rule.starts_with("tail") { "lof" } else { "knn" };
    let arguments =
        ["train", "--file", "rows.csv", "--features", "x,y", "--detector", detector, "--out", "m.whis"];
    succeed(folder, &[&arguments[..], &["--threshold", rule]].concat()).stdout
}

#[test]
fn the_card_names_the_rule_and_its_promise() {
    let folder = folder();
    let tail = train(folder.path(), "tail=1e-3");
    for words in [
        "by tail=0.001 flags",
        "promise: 0.10 % of new rows",
        "Anderson–Darling",
        "95 % interval of the threshold",
    ] {
        assert!(tail.contains(words), "`{words}` is not in {tail}");
    }
    let mad = train(folder.path(), "mad=3.5");
    assert!(mad.contains("by mad=3.5 flags") && mad.contains("as measured on the training rows"), "{mad}");
    let fdr = train(folder.path(), "fdr=0.1");
    assert!(
        fdr.contains("threshold by fdr=0.1, for each batch") && fdr.contains("1,200 calibration rows"),
        "{fdr}"
    );
    assert_eq!(succeed(folder.path(), &["inspect", "m.whis"]).stdout.matches("fdr=0.1").count(), 1);
}

#[test]
fn a_neighbor_model_says_what_it_does_with_its_training_rows() {
    let folder = folder();
    let shown = train(folder.path(), "contamination=0.1");
    let line = shown.lines().find(|line| line.starts_with("scored like new rows")).unwrap();
    let stated: u64 = line.split(' ').nth(4).unwrap().replace(',', "").parse().unwrap();
    let scored = succeed(folder.path(), &["score", "--model", "m.whis", "rows.csv", "--out", "s.csv"]);
    let rows = fs::read_to_string(folder.path().join("s.csv")).unwrap();
    let flagged = rows.lines().filter(|line| line.contains(",true,")).count() as u64;
    assert_eq!(stated, flagged, "{line}\n{}", scored.stderr);
    assert!(stated < 400, "{line}");
}

#[test]
fn later_rows_that_break_the_promise_are_a_warning() {
    let folder = folder();
    train(folder.path(), "contamination=0.05");
    let score = |file: &str, extra: &[&str]| {
        succeed(folder.path(), &[&["score", "--model", "m.whis", file, "--out", "s.jsonl"], extra].concat())
    };
    let kept = score("rows.csv", &[]);
    assert!(!kept.stderr.contains("warning"), "{}", kept.stderr);
    assert!(kept.stderr.contains("8 days keep the promise"), "{}", kept.stderr);
    let broken = score("later.csv", &[]);
    let text = warnings(&broken).join("\n");
    assert!(text.contains("promised; by day") && text.contains("0 of 8 days keep"), "{text}");
    let all = score("rows.csv", &["--threshold", "-5"]);
    assert!(warnings(&all).join("\n").contains("all 4,000 rows are flagged"), "{}", all.stderr);
}

#[test]
fn a_false_discovery_rate_needs_a_batch_and_enough_calibration_rows() {
    let folder = folder();
    train(folder.path(), "fdr=0.1");
    let score = |file: &str| succeed(folder.path(), &["score", "--model", "m.whis", file, "--out", "s.csv"]);
    // Few of the same rows are beyond the calibration rows.
    let same = score("rows.csv");
    assert!(same.stderr.contains("calibration part is too small"), "{}", same.stderr);
    fs::write(
        folder.path().join("far.csv"),
        format!("time,x,y\n{}", "2026-03-01T10:00:00Z,90,90\n".repeat(9)),
    )
    .unwrap();
    let far = score("far.csv");
    assert!(
        far.stderr.contains("for this batch of 9 rows") && far.stderr.contains("9 flagged"),
        "{}",
        far.stderr
    );
    fs::write(folder.path().join("rows.jsonl"), "{\"x\":1,\"y\":1}\n").unwrap();
    let stream = refusal(&run(folder.path(), &["score", "--model", "m.whis", "rows.jsonl"]));
    assert!(stream.contains("needs a batch of rows"), "{stream}");
    train(folder.path(), "tail=1e-3");
    let other =
        refusal(&run(folder.path(), &["score", "--model", "m.whis", "rows.csv", "--threshold", "fdr=0.1"]));
    assert!(other.contains("train it with --threshold fdr=RATE"), "{other}");
}

#[test]
fn a_comparison_over_time_tells_the_promised_and_the_realised_rate_by_day() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = fixture("");
    let compare = |extra: &[&str]| {
        let arguments = [
            "compare",
            "-q",
            "--data",
            text(&fixtures),
            "--table",
            "auth",
            "--detectors",
            "knn",
            "--out",
            "none",
        ];
        run(folder.path(), &[&arguments[..], extra].concat())
    };
    let ran = compare(&["--protocol", "time", "--threshold", "budget=5/day", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let table = &report["tables"][0];
    assert_eq!(table["threshold_rule"], "budget=5/day");
    let rate = &table["runs"][0]["alert_rate"];
    let flagged: u64 =
        rate["days"].as_array().unwrap().iter().map(|day| day["flagged"].as_u64().unwrap()).sum();
    assert_eq!(flagged, table["runs"][0]["flagged_rows"].as_u64().unwrap());
    assert!(rate["promised"].as_f64().unwrap() > 0.0);
    assert!(refusal(&compare(&["--threshold", "fdr=0.1"])).contains("use --protocol holdout, time or clean"));
    assert!(refusal(&compare(&["--threshold", "tail=1e-3"])).contains("have no tail to fit"));
    let all = compare(&["--protocol", "all", "--threshold", "fdr=0.1", "--format", "json"]);
    let report: Value = serde_json::from_str(&all.stdout).unwrap();
    assert_eq!(report["tables"][0]["protocol"], "holdout");
    assert!(report["tables"][0]["contamination"].is_null());
}
