//! Features of the time column: the same hours from every format, at training and at scoring.

use crate::program::{Ran, refusal, run, succeed, warnings};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// 400 sessions of office hours in `train.csv`, and a model of them.
fn trained(zone: &str) -> (TempDir, Ran) {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "at,x\n".to_owned();
    for row in 0..400 {
        let (day, hour) = (1 + row % 28, 8 + row * 7 % 10);
        writeln!(text, "2026-03-{day:02} {hour:02}:15:00{zone},{}", row * 37 % 11).unwrap();
    }
    fs::write(folder.path().join("train.csv"), text).unwrap();
    let train = ["train", "--file", "train.csv", "--time-features", "--detector", "hbos", "--out", "m.whis"];
    let ran = succeed(folder.path(), &train);
    (folder, ran)
}

/// The lines of the scored rows of a file.
fn scored(folder: &Path, input: &str, out: &str) -> Vec<String> {
    succeed(folder, &["score", "--model", "m.whis", input, "--out", out, "--on-missing", "impute"]);
    fs::read_to_string(folder.join(out)).unwrap().lines().map(str::to_owned).collect()
}

/// The scores of JSON lines.
fn scores(lines: &[String]) -> Vec<f64> {
    let score =
        |line: &String| serde_json::from_str::<serde_json::Value>(line).unwrap()["score"].as_f64().unwrap();
    lines.iter().map(score).collect()
}

#[test]
fn the_output_names_the_features_of_the_time() {
    let (folder, ran) = trained("");
    let said = "features from the time column `at`: hour_of_day, day_of_week, is_off_hours";
    assert!(warnings(&ran).iter().any(|line| line.ends_with(said)), "{}", ran.stderr);
    let inspected = succeed(folder.path(), &["inspect", "m.whis"]).stdout;
    assert!(inspected.contains(&said.replace('`', "")), "{inspected}");
}

#[test]
fn csv_json_lines_and_parquet_have_the_same_hours() {
    let (folder, _) = trained("");
    let rows = ["2026-03-02 09:15:00", "2026-03-02 03:15:00", "2026-03-08 22:00:00"];
    let csv: String = rows.iter().map(|at| format!("{at},3\n")).collect();
    fs::write(folder.path().join("new.csv"), format!("at,x\n{csv}")).unwrap();
    let lines: String = rows.iter().map(|at| format!("{{\"x\":3,\"at\":\"{at}\"}}\n")).collect();
    fs::write(folder.path().join("new.jsonl"), lines).unwrap();
    let of_csv = scores(&scored(folder.path(), "new.csv", "a.jsonl"));
    assert!(of_csv[1] > of_csv[0] && of_csv[2] > of_csv[0], "odd hours score higher: {of_csv:?}");
    assert_eq!(of_csv, scores(&scored(folder.path(), "new.jsonl", "b.jsonl")));
    succeed(
        folder.path(),
        &["score", "--model", "m.whis", "new.csv", "--out", "new.parquet", "--prefix", "old_"],
    );
    assert_eq!(of_csv, scores(&scored(folder.path(), "new.parquet", "c.jsonl")));
}

#[test]
fn an_offset_says_which_hour_it_is() {
    let (folder, _) = trained("+05:30");
    let new = "at,x\n2026-03-02T09:15:00+05:30,3\n2026-03-02T09:15:00-08:00,3\n2026-03-02T03:45:00Z,3\n";
    fs::write(folder.path().join("new.csv"), new).unwrap();
    let [here, there, utc] = scores(&scored(folder.path(), "new.csv", "a.jsonl"))[..] else {
        panic!("three rows")
    };
    assert!(here == there && utc > here, "{here} {there} {utc}");
}

#[test]
fn a_row_without_a_time_lacks_its_features() {
    let (folder, _) = trained("");
    fs::write(folder.path().join("new.csv"), "at,x\n,3\n").unwrap();
    let lines = scored(folder.path(), "new.csv", "a.csv");
    assert!(lines[1].ends_with(",hour_of_day; day_of_week; is_off_hours"), "{lines:?}");
    fs::write(folder.path().join("none.csv"), "x\n3\n").unwrap();
    let message =
        refusal(&run(folder.path(), &["score", "-q", "--model", "m.whis", "none.csv", "--out", "b.csv"]));
    assert!(message.starts_with("train: there is no column `at`"), "{message}");
}

#[test]
fn a_column_of_that_name_and_a_table_without_times_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..60).map(|row| format!("2026-03-02 {:02}:00:00,{}\n", row % 24, row % 5)).collect();
    fs::write(folder.path().join("t.csv"), format!("at,day_of_week\n{rows}")).unwrap();
    let train = ["train", "--file", "t.csv", "--time-features", "--detector", "hbos", "--out", "m.whis"];
    let ran = succeed(folder.path(), &train);
    let said = "`day_of_week` is not made from the time: the file has a column of this name";
    assert!(warnings(&ran).iter().any(|line| line.ends_with(said)), "{}", ran.stderr);
    let rows: String = (0..60).map(|row| format!("{},{}\n", row % 7, row % 5)).collect();
    fs::write(folder.path().join("t.csv"), format!("x,y\n{rows}")).unwrap();
    let message = refusal(&run(folder.path(), &train));
    let said = "t: there is no time column for features of the time; name the time column with --time";
    assert_eq!(message, said);
}
