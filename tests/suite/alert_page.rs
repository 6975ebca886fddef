//! `whis-lab score --report`: the page of alerts.

use crate::program::{forest_of_two_features, refusal, run, succeed};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// What an attacker writes into a log.
const HOSTILE: [&str; 5] = [
    "</script><script>alert(1)</script>",
    "\" onmouseover=\"alert(1)",
    "<img src=x onerror=alert(1)>",
    "a\u{202e}gnp.exe",
    "=cmd|'/c calc'!A1",
];

/// A folder with a model, and `new.csv`: 60 rows of two days, and the hostile texts as users and kinds.
fn folder() -> TempDir {
    let folder = forest_of_two_features();
    let usual = (0..60).map(|n| format!("2025-01-{:02} 10:{n:02}:00,u{},{},a\n", 6 + n % 2, n % 4, n % 10));
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let hostile = HOSTILE.iter().map(|text| format!("2025-01-06 03:00:00,{0},99,{0}\n", quoted(text)));
    let rows: String = usual.chain(hostile).collect();
    fs::write(folder.path().join("new.csv"), format!("at,user,x,kind\n{rows}")).unwrap();
    folder
}

fn page(folder: &Path, flags: &[&str]) -> String {
    let arguments = ["score", "-q", "--model", "m.whis", "new.csv", "--out", "o.csv", "--report", "a.html"];
    succeed(folder, &[&arguments[..], flags].concat());
    fs::read_to_string(folder.join("a.html")).unwrap()
}

#[test]
fn the_page_shows_rows_with_reasons_days_entities_and_its_origin() {
    let folder = folder();
    let shown = page(folder.path(), &["--top", "3", "--by", "user"]);
    for part in [
        "Alerts by day",
        "Alerts by user",
        "2025-01-06",
        " is <b>99</b>",
        "never seen in training",
        "SHA-256",
    ] {
        assert!(shown.contains(part), "{part} is not in the page");
    }
    assert!(shown.contains("m.whis") && shown.contains("new.csv") && shown.contains("of the training rows"));
    assert!(
        !shown.contains("http") && !shown.contains("<script"),
        "the page needs the network or runs a script"
    );
    assert_eq!(shown, page(folder.path(), &["--top", "3", "--by", "user"]));
}

#[test]
fn without_top_the_page_has_the_flagged_rows() {
    let folder = folder();
    let shown = page(folder.path(), &["--threshold", "97%"]);
    let flagged = fs::read_to_string(folder.path().join("o.csv")).unwrap();
    let flagged = flagged.lines().filter(|line| line.contains(",true,")).count();
    assert!(flagged >= 5 && shown.matches("<li><p class=\"head\">").count() == flagged);
    let none = page(folder.path(), &["--threshold", "100%"]);
    assert!(none.contains("No row is flagged."));
    // The rows of the output are explained as before.
    let explained = page(folder.path(), &["--threshold", "97%", "--explain", "1", "--only", "flagged"]);
    assert!(explained.matches("<li><p class=\"head\">").count() == flagged);
}

#[test]
fn a_long_page_is_cut_and_says_so() {
    let folder = folder();
    let rows: String = (0..1_203).map(|n| format!("2025-01-06,u,{},z\n", 100 + n)).collect();
    fs::write(folder.path().join("new.csv"), format!("at,user,x,kind\n{rows}")).unwrap();
    let shown = page(folder.path(), &[]);
    assert!(shown.contains("The first 1,000 are shown, and 203 more are left out."));
}

#[test]
fn no_text_of_the_input_is_written_raw() {
    let folder = folder();
    let shown = page(folder.path(), &["--explain", "2"]);
    assert!(!shown.contains("<script") && !shown.contains("<img") && !shown.contains('\u{202e}'));
    assert!(!shown.contains("\" onmouseover="));
    // JSON lines and CSV hold the same texts, and each row is still one row.
    let arguments = ["score", "-q", "--model", "m.whis", "new.csv", "--explain", "2"];
    let lines = succeed(folder.path(), &arguments).stdout;
    let rows: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let users: Vec<&str> = rows.iter().rev().take(5).map(|row| row["user"].as_str().unwrap()).collect();
    assert!(rows.len() == 65 && users.iter().rev().eq(HOSTILE.iter()), "{users:?}");
    assert!(rows.iter().all(|row| row["flagged"].is_boolean() && row.as_object().unwrap().len() >= 9));
    succeed(folder.path(), &[&arguments[..], &["--out", "o.csv"]].concat());
    succeed(
        folder.path(),
        &["score", "-q", "--model", "m.whis", "o.csv", "--prefix", "p_", "--out", "again.jsonl"],
    );
    let again = fs::read_to_string(folder.path().join("again.jsonl")).unwrap();
    assert_eq!(again.lines().count(), 65);
}

#[test]
fn a_column_with_a_new_name_is_refused_in_every_format() {
    let folder = folder();
    for name in ["explanation", "score", "unseen"] {
        fs::write(folder.path().join("new.csv"), format!("x,kind,{name}\n3,a,\"0}}\n{{\"\n")).unwrap();
        for out in ["o.csv", "o.jsonl", "o.parquet"] {
            let arguments = ["score", "--model", "m.whis", "new.csv", "--explain", "1", "--out", out];
            let refused = refusal(&run(folder.path(), &arguments));
            assert!(refused.contains(&format!("column `{name}` is in the table already")), "{refused}");
        }
    }
}

#[test]
fn a_page_of_a_stream_is_refused_and_replaces_no_input() {
    let folder = folder();
    let refused = refusal(&run(folder.path(), &["score", "--model", "m.whis", "-", "--report", "a.html"]));
    assert!(refused.starts_with("--report shows all rows of a file"), "{refused}");
    let refused =
        refusal(&run(folder.path(), &["score", "--model", "m.whis", "new.csv", "--report", "new.csv"]));
    assert!(refused.contains("one of the files that this run reads"), "{refused}");
}
