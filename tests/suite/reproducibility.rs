//! Same seed, same bytes.

use crate::program::{fixture, succeed, text};
use serde_json::Value;

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
        runs.filter(|run| run["detector"] == "isolation-forest").collect()
    };
    assert_eq!(runs("isolation-forest"), runs("lof,one-class-svm,isolation-forest"));
}
