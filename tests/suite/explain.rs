//! `whis-lab explain --file`: rows of a file, by the numbers that `whis-lab score` uses.

use crate::program::{forest_of_two_features, refusal, run, succeed};
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

/// A folder with a model of a number x and a category `kind`, and five rows in `new.csv`, `new.jsonl` and `new.parquet`.
fn small() -> TempDir {
    let folder = forest_of_two_features();
    let rows = [("3", "a"), ("40", "b"), ("5", "z"), ("", "a"), ("6", "b")];
    let csv: String = rows.iter().map(|(x, kind)| format!("id,{x},{kind}\n")).collect();
    fs::write(folder.path().join("new.csv"), format!("id,x,kind\n{csv}")).unwrap();
    let number = |x: &str| if x.is_empty() { "null".to_owned() } else { x.to_owned() };
    let lines = rows.iter().map(|(x, kind)| format!("{{\"x\":{},\"kind\":\"{kind}\"}}\n", number(x)));
    fs::write(folder.path().join("new.jsonl"), lines.collect::<String>()).unwrap();
    let arguments = ["score", "--model", "m.whis", "new.csv", "--prefix", "old_", "--out", "new.parquet"];
    succeed(folder.path(), &arguments);
    folder
}

#[test]
fn a_row_of_a_file_is_explained_as_the_same_object_is() {
    let folder = small();
    let explain = |of: &[&str]| {
        let arguments = [&["explain", "--model", "m.whis", "--format", "json"], of].concat();
        serde_json::from_str::<Value>(&succeed(folder.path(), &arguments).stdout).unwrap()
    };
    let objects = ["{\"x\":3,\"kind\":\"a\"}", "{\"x\":40,\"kind\":\"b\"}", "{\"x\":5,\"kind\":\"z\"}"];
    for file in ["new.csv", "new.jsonl", "new.parquet"] {
        for (number, object) in ["1", "2", "3"].iter().zip(objects) {
            assert_eq!(explain(&["--file", file, "--row", number]), explain(&[object]), "{file} {number}");
        }
        let several = explain(&["--file", file, "--row", "3", "--row", "1"]);
        assert_eq!(several, Value::from(vec![explain(&[objects[2]]), explain(&[objects[0]])]), "{file}");
    }
}

#[test]
fn the_place_of_each_row_is_said() {
    let folder = small();
    let ran = succeed(folder.path(), &["explain", "--model", "m.whis", "--file", "new.csv", "--row", "2,4"]);
    assert!(
        ran.stdout.starts_with("new.csv, row 2\ntrain, ") && ran.stdout.contains("\nnew.csv, row 4\ntrain, ")
    );
    assert!(ran.stderr.starts_with("new.csv, row 4: `x` is missing"), "{}", ran.stderr);
    let ran = succeed(folder.path(), &["explain", "--model", "m.whis", "--file", "new.jsonl", "--row", "2"]);
    assert!(ran.stdout.starts_with("new.jsonl, line 2\n"), "{}", ran.stdout);
}

#[test]
fn a_row_that_cannot_be_explained_is_named() {
    let folder = small();
    fs::write(folder.path().join("bad.csv"), "x,kind\n3,a\nhigh,a\n").unwrap();
    fs::write(folder.path().join("other.csv"), "y\n3\n").unwrap();
    let refused = |file: &str, row: &str| {
        refusal(&run(folder.path(), &["explain", "--model", "m.whis", "--file", file, "--row", row]))
    };
    assert_eq!(refused("new.csv", "6"), "new.csv: there is no row 6");
    assert_eq!(refused("new.jsonl", "7"), "new.jsonl: there is no row 7");
    assert!(refused("bad.csv", "2").contains("row 2"), "{}", refused("bad.csv", "2"));
    assert!(refused("other.csv", "1").contains("has no value of any feature; they are x, kind"));
    for arguments in [&["--file", "new.csv"][..], &["--row", "1"], &["--file", "new.csv", "--row", "0"], &[]]
    {
        let ran = run(folder.path(), &[&["explain", "--model", "m.whis"], arguments].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}");
    }
}
