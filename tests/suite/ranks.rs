//! Detectors over several tables: `compare --files`.

use crate::program::{refusal, run, succeed};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Tables on which one feature tells suspicious rows apart and another does not.
fn write_tables(folder: &Path, names: &[&str]) {
    for (at, name) in names.iter().enumerate() {
        let row = |row: usize| {
            let is_bad = row.is_multiple_of(20);
            let noise = (row * (7 + 2 * at)) % 31;
            let value = if is_bad { 40 + noise } else { noise };
            format!("{value},{},{}\n", (row * 13 + at) % 17, u8::from(is_bad))
        };
        let rows: String = (0..240).map(row).collect();
        fs::write(folder.join(format!("{name}.csv")), format!("x,z,bad\n{rows}")).unwrap();
    }
}

const DETECTORS: [&str; 4] = ["--detectors", "hbos,lof,one-class-svm", "--out", "none"];

fn compared(folder: &Path, arguments: &[&str]) -> (String, String) {
    let base = ["compare", "-q", "--label", "bad"];
    let ran = succeed(folder, &[&base[..], &DETECTORS, arguments].concat());
    (ran.stdout, ran.stderr)
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&compared(folder, &[arguments, &["--format", "json"]].concat()).0).unwrap()
}

#[test]
fn each_file_is_a_table_and_detectors_are_ranked_over_them() {
    let folder = tempfile::tempdir().unwrap();
    write_tables(folder.path(), &["alpha", "beta", "gamma"]);
    let files = ["--files", "alpha.csv", "beta.csv", "gamma.csv"];
    let report = json(folder.path(), &files);
    let tables = report["tables"].as_array().unwrap();
    assert_eq!(tables.len(), 3);
    let ranks = &report["ranks"][0];
    assert_eq!(ranks["units"].as_array().unwrap().len(), 3);
    assert_eq!(ranks["pairs"].as_array().unwrap().len(), 3);
    for ranked in ranks["detectors"].as_array().unwrap() {
        let aucs = ranked["aucs"].as_array().unwrap().iter();
        let of_tables = tables.iter().map(|table| {
            let runs = table["runs"].as_array().unwrap();
            &runs.iter().find(|run| run["detector"] == ranked["detector"]).unwrap()["auc"]
        });
        assert!(aucs.eq(of_tables), "the AUCs are those of the tables");
    }
    let mean_ranks = ranks["detectors"].as_array().unwrap().iter().map(|d| d["mean_rank"].as_f64().unwrap());
    assert!((mean_ranks.sum::<f64>() - 6.0).abs() < 1e-12, "mean ranks of three detectors");
    let pattern = json(folder.path(), &["--files", "*.csv"]);
    assert_eq!((&pattern["tables"], &pattern["ranks"]), (&report["tables"], &report["ranks"]));
    let one = json(folder.path(), &["--file", "alpha.csv"]);
    assert_eq!(one.get("ranks"), None);
    assert_eq!(one["tables"][0]["runs"], tables[0]["runs"], "other tables change no figure");
}

#[test]
fn text_and_markdown_end_with_the_ranks() {
    let folder = tempfile::tempdir().unwrap();
    write_tables(folder.path(), &["alpha", "beta", "gamma"]);
    let text = compared(folder.path(), &["--files", "*.csv"]).0;
    assert!(text.contains("3 tables, protocol in-sample: the unit is the table"), "{text}");
    assert!(text.contains("mean rank") && text.contains("smallest p is 0.250"), "{text}");
    let markdown = compared(folder.path(), &["--files", "*.csv", "--format", "markdown"]).0;
    assert!(markdown.contains("## ranks over tables (in-sample)"), "{markdown}");
    assert!(!markdown[markdown.find("## ranks").unwrap()..].contains("AP"), "AP is not averaged over tables");
}

#[test]
fn related_tables_count_once() {
    let folder = tempfile::tempdir().unwrap();
    write_tables(folder.path(), &["web_1", "web_2", "mail"]);
    let files = ["--files", "web_1.csv", "web_2.csv", "mail.csv"];
    let alone = [&["compare", "--label", "bad"], &DETECTORS[..], &files].concat();
    let alone = succeed(folder.path(), &alone).stderr;
    let joined = json(folder.path(), &[&files[..], &["--related", "web_*"]].concat());
    assert_eq!(joined["ranks"][0]["units"], serde_json::json!([["web_1", "web_2"], ["mail"]]));
    let (_, unused) = compared(folder.path(), &[&files[..], &["--related", "x*"]].concat());
    assert!(unused.contains("--related x* fits fewer than two tables"), "{unused}");
    assert!(alone.contains("web_1 and web_2 count as two tables") && alone.contains("--related"), "{alone}");
}

#[test]
fn ten_tables_have_a_diagram_and_fewer_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    write_tables(folder.path(), &names);
    let base = ["--files", "*.csv", "--label", "bad", "--detectors", "hbos,lof"];
    succeed(folder.path(), &[&["plot", "ranks", "-q", "--out", "charts"], &base[..]].concat());
    let drawn = fs::read_to_string(folder.path().join("charts/ranks.svg")).unwrap();
    assert!(drawn.contains("Mean ranks over 10 tables") && drawn.contains("hbos"));
    let all = json(folder.path(), &["--files", "*.csv"]);
    fs::write(folder.path().join("all.json"), all.to_string()).unwrap();
    succeed(
        folder.path(),
        &["plot", "ranks", "-q", "--report", "all.json", "--format", "png", "--out", "again"],
    );
    assert!(folder.path().join("again/ranks.png").exists());
    succeed(folder.path(), &[&["report", "-q", "--out", "page.html"], &base[..]].concat());
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.contains("Ranks over tables") && page.contains("Mean ranks over 10 tables"));
    fs::remove_file(folder.path().join("j.csv")).unwrap();
    let said =
        refusal(&run(folder.path(), &[&["plot", "ranks", "-q", "--out", "charts"], &base[..]].concat()));
    assert_eq!(said, "a diagram of ranks needs at least 10 tables that count, but there are 9");
    let one = ["plot", "ranks", "-q", "--file", "a.csv", "--label", "bad", "--detectors", "hbos,lof"];
    assert!(refusal(&run(folder.path(), &one)).starts_with("ranks need several tables"));
}

#[test]
fn files_with_the_same_name_or_with_a_store_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("more")).unwrap();
    write_tables(folder.path(), &["alpha"]);
    write_tables(&folder.path().join("more"), &["alpha"]);
    let files = ["compare", "--label", "bad", "--files", "alpha.csv", "more/alpha.csv"];
    let said = refusal(&run(folder.path(), &files));
    assert_eq!(said, "more/alpha.csv: is a table `alpha`, as alpha.csv is; rename one of them");
    let said = refusal(&run(folder.path(), &["compare", "--related", "a*"]));
    assert_eq!(said, "--related needs --files: it is about several tables");
}

#[test]
fn an_experiment_file_names_the_tables() {
    let folder = tempfile::tempdir().unwrap();
    write_tables(folder.path(), &["alpha", "beta"]);
    let study = "files = ['alpha.csv', 'beta.csv']\nlabel = 'bad'\ndetectors = ['hbos', 'lof']";
    fs::write(folder.path().join("study.toml"), study).unwrap();
    let ran = succeed(
        folder.path(),
        &["compare", "-q", "--experiment", "study.toml", "--format", "json", "--out", "none"],
    );
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["ranks"][0]["units"], serde_json::json!([["alpha"], ["beta"]]));
}
