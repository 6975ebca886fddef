//! `whis-lab score --rejects` on tables: one bad cell costs its row and not the run.

use crate::program::{Ran, forest_of_two_features, refusal, run, succeed, warnings};
use std::fs;
use std::path::Path;

fn score(folder: &Path, arguments: &[&str]) -> Ran {
    succeed(folder, &[&["score", "--model", "m.whis", "--rejects", "bad"], arguments].concat())
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

const CSV: &str = "id,x,kind\n1,3,a\n2,high,a\n3,4,b\n4,5,\"b\nb\"\n5,1e,\"b\"\n6,7,z\n";

#[test]
fn a_bad_cell_of_a_csv_file_costs_its_row() {
    let folder = forest_of_two_features();
    fs::write(folder.path().join("new.csv"), CSV).unwrap();
    let refused = refusal(&run(folder.path(), &["score", "--model", "m.whis", "new.csv"]));
    assert!(refused.contains("`x`") && refused.contains("high"), "{refused}");
    for out in ["o.csv", "o.jsonl", "o.parquet"] {
        let ran = score(folder.path(), &["new.csv", "--out", out]);
        assert!(
            ran.stderr.contains("6 rows read, 4 scored") && ran.stderr.contains(", 2 rejected"),
            "{}",
            ran.stderr
        );
        assert_eq!(
            warnings(&ran)[..2].iter().filter(|text| text.contains("`x`")).count(),
            2,
            "{}",
            ran.stderr
        );
        let bad = read(folder.path(), "bad");
        let quoted = if out == "o.csv" { "\"b\"" } else { "b" };
        assert_eq!(bad, format!("2,high,a\n5,1e,{quoted}\n"), "{out}");
        fs::remove_file(folder.path().join("bad")).unwrap();
    }
    // What is scored is scored as without the bad rows.
    let good = CSV.replace("2,high,a\n", "").replace("5,1e,\"b\"\n", "");
    fs::write(folder.path().join("good.csv"), good).unwrap();
    succeed(folder.path(), &["score", "--model", "m.whis", "good.csv", "--out", "g.jsonl"]);
    // With a text among its numbers, a column is passed on as text.
    let scores = |file: &str| -> Vec<String> {
        let lines = read(folder.path(), file);
        lines.lines().map(|line| line[line.find("\"score\"").unwrap()..].to_owned()).collect()
    };
    assert_eq!(scores("g.jsonl"), scores("o.jsonl"));
}

#[test]
fn a_record_of_a_csv_file_that_is_no_row_costs_itself() {
    let folder = forest_of_two_features();
    fs::write(folder.path().join("new.csv"), "x,kind\n3,a\n4\n5,b,c,d\n6,b\n").unwrap();
    let ran = score(folder.path(), &["new.csv", "--out", "o.csv"]);
    assert!(
        ran.stderr.contains("4 rows read, 2 scored") && ran.stderr.contains("2 rejected"),
        "{}",
        ran.stderr
    );
    assert_eq!(read(folder.path(), "bad"), "4\n5,b,c,d\n");
}

#[test]
fn a_bad_cell_of_a_parquet_file_costs_its_row_as_a_json_line() {
    let folder = forest_of_two_features();
    let convert = "x,kind,id\n3,a,1\n4,b,2\n5,z,3\n";
    fs::write(folder.path().join("typed.csv"), convert).unwrap();
    succeed(
        folder.path(),
        &["score", "--model", "m.whis", "--prefix", "p_", "typed.csv", "--out", "new.parquet"],
    );
    let arguments = ["new.parquet", "--on-unknown", "error", "--columns", "id", "--out", "o.jsonl"];
    let ran = score(folder.path(), &arguments);
    assert!(
        ran.stderr.contains("3 rows read, 2 scored") && ran.stderr.contains("1 rejected"),
        "{}",
        ran.stderr
    );
    assert!(warnings(&ran)[0].starts_with("new.parquet, row 3: `kind` holds a level"), "{}", ran.stderr);
    let bad = read(folder.path(), "bad");
    assert!(bad.starts_with("{\"x\":5,\"kind\":\"z\",\"id\":3,") && bad.lines().count() == 1, "{bad}");
    assert_eq!(read(folder.path(), "o.jsonl").lines().count(), 2);
}

#[test]
fn the_highest_scores_and_a_daily_budget_leave_bad_rows_out() {
    let folder = forest_of_two_features();
    let rows: String = (0..20)
        .map(|row| format!("2025-01-{:02},{}\n", 6 + row % 2, ["3,a", "x,b", "90,a"][row % 3]))
        .collect();
    fs::write(folder.path().join("new.csv"), format!("at,x,kind\n{rows}")).unwrap();
    let ran = score(folder.path(), &["new.csv", "--top", "2", "--alerts-per-day", "2", "--out", "top.csv"]);
    assert!(ran.stderr.contains("7 rejected"), "{}", ran.stderr);
    assert_eq!(read(folder.path(), "bad").lines().count(), 7);
    assert_eq!(read(folder.path(), "top.csv").lines().count(), 3);
}

#[test]
fn a_column_of_another_type_still_ends_the_run() {
    let folder = forest_of_two_features();
    fs::write(folder.path().join("new.csv"), "x\n3\n").unwrap();
    let refused =
        refusal(&run(folder.path(), &["score", "--model", "m.whis", "new.csv", "--rejects", "bad"]));
    assert!(refused.contains("there is no column `kind`"), "{refused}");
}
