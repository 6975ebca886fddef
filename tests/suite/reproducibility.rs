//! Same seed, same bytes.

use crate::program::{fixture, succeed, text};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use whis_lab::detector;

fn report(extra: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = fixture("");
    let mut arguments = vec!["compare", "--data", text(&fixtures), "--format", "json", "--protocol", "all"];
    arguments.extend(extra);
    succeed(folder.path(), &arguments).stdout
}

#[test]
fn the_report_has_the_same_bytes_twice_and_on_one_and_two_threads() {
    let first = report(&["--threads", "1"]);
    assert_eq!(first, report(&["--threads", "1"]));
    assert_eq!(first, report(&["--threads", "2"]));
}

#[test]
fn another_seed_gives_another_report() {
    assert_ne!(report(&["--seed", "1"]), report(&["--seed", "2"]));
}

#[test]
fn another_detector_in_the_list_moves_no_number() {
    let runs = |detectors: &str| -> Vec<Value> {
        let report: Value = serde_json::from_str(&report(&["--detectors", detectors])).unwrap();
        let tables = report["tables"].as_array().unwrap().clone();
        let runs = tables.iter().flat_map(|table| table["runs"].as_array().unwrap().clone());
        let mut runs: Vec<Value> = runs.filter(|run| run["detector"] == "isolation-forest").collect();
        // Holm's correction counts the detectors.
        runs.iter_mut().for_each(|run| run["against_chance"]["p_holm"] = Value::Null);
        runs
    };
    assert_eq!(runs("isolation-forest"), runs("lof,one-class-svm,isolation-forest"));
}

const ROWS: usize = 240;

/// Rows with ties, copies, a gap, two levels first seen in one order and equal times.
fn rows() -> Vec<String> {
    let row = |row: usize| {
        let bad = row % 12 == 5;
        let gap = row.is_multiple_of(29);
        let x = if gap { String::new() } else { format!("{}", (row * 7919 % 53) as f64 / 7.0) };
        let y = if bad { 40 + row % 9 } else { row % 6 };
        let (day, kind) = (1 + row / 10, ["web", "app", "old"][row * row % 7 % 3]);
        format!("2026-01-{day:02}T00:00:00Z,{x},{y},{kind},{}", u8::from(bad))
    };
    (0..ROWS).map(row).collect()
}

fn write(path: &Path, rows: &[String]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("at,x,y,kind,bad\n{}\n", rows.join("\n"))).unwrap();
}

/// The same rows in several orders and files: each a folder in which `t` is the table, and the last one under another
/// name.
fn variants() -> (TempDir, Vec<&'static str>) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let rows = rows();
    let reversed: Vec<String> = rows.iter().rev().cloned().collect();
    let shuffled: Vec<String> = (0..ROWS).map(|row| rows[row * 77 % ROWS].clone()).collect();
    write(&path("file/t.csv"), &rows);
    write(&path("reversed/t.csv"), &reversed);
    write(&path("shuffled/t.csv"), &shuffled);
    write(&path("swapped/t/1.csv"), &rows[100..]);
    write(&path("swapped/t/2.csv"), &rows[..100]);
    write(&path("renamed/other.csv"), &rows);
    let files = ["file/t.csv", "reversed/t.csv", "shuffled/t.csv", "swapped/t", "renamed/other.csv"];
    (folder, files.to_vec())
}

/// Fail where a text is not that of the first file, but for the name of the table.
fn expect_equal(what: &str, texts: Vec<(&str, String)>) {
    for (file, text) in &texts[1..] {
        assert!(
            text.replace("\"other\"", "\"t\"") == texts[0].1,
            "{what}: {file} differs from {}",
            texts[0].0
        );
    }
}

#[test]
fn the_order_and_the_name_of_a_file_change_no_number_of_any_detector_and_protocol() {
    let (folder, files) = variants();
    for extra in [&["--fit-rows", "100", "--encoding", "frequency"][..], &["--detectors", "all"]] {
        let tables = |file: &&'static str| {
            let data = ["compare", "--file", file, "--label", "bad", "--time", "at", "--format", "json"];
            let method = ["--protocol", "all", "--runs", "2"];
            let ran = succeed(folder.path(), &[&data[..], &method[..], extra].concat());
            // What is left out says where the numbers come from: the command and the digests of the files.
            let report: Value = serde_json::from_str(&ran.stdout).unwrap();
            assert!(report["tables"].as_array().unwrap().len() >= 4, "every protocol");
            (*file, report["tables"].to_string())
        };
        let reports = files.iter().map(tables).collect();
        expect_equal(&extra.join(" "), reports);
    }
}

#[test]
fn the_order_and_the_name_of_a_file_change_no_byte_of_a_model() {
    let (folder, files) = variants();
    for detector in detector::all_detectors() {
        let model = |file: &&'static str| {
            let data = ["train", "--file", file, "--label", "bad", "--time", "at", "--out", "m.whis"];
            succeed(folder.path(), &[&data[..], &["--detector", detector.entry.id]].concat());
            let text = fs::read_to_string(folder.path().join("m.whis")).unwrap();
            // The envelope holds the digest of the body, which holds the name of the table.
            (*file, text.split_once("\"body\":").unwrap().1.to_owned())
        };
        expect_equal(detector.entry.id, files.iter().map(model).collect());
    }
}
