//! The demo store on disk.

use crate::program::{refusal, run, succeed};
use serde_json::Value;
use std::fs;

#[test]
fn a_generated_store_can_be_compared_and_describes_itself() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["generate", "--out", "store", "--days", "5", "--users", "10"]);
    for table in ["auth_events", "process_events", "admin_events"] {
        let json = fs::read_to_string(folder.path().join("store").join(format!("{table}.json"))).unwrap();
        let metadata: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(metadata["table"], table);
        assert!(metadata["rows"].as_u64().unwrap() > 0);
        assert!(metadata["time_range"][0].as_str().unwrap().starts_with("2025-01-06T"));
        assert!(metadata["columns"].as_array().unwrap().iter().any(|column| column["name"] == "schema_ver"));
    }
    succeed(folder.path(), &["compare", "--data", "store"]);
}

#[test]
fn the_same_seed_gives_the_same_files() {
    let folder = tempfile::tempdir().unwrap();
    for (out, seed) in [("a", "3"), ("b", "3"), ("c", "4")] {
        succeed(folder.path(), &["generate", "--out", out, "--days", "3", "--users", "8", "--seed", seed]);
    }
    let read = |out: &str| fs::read(folder.path().join(out).join("process_events.parquet")).unwrap();
    assert_eq!(read("a"), read("b"));
    assert_ne!(read("a"), read("c"));
}

#[test]
fn a_store_too_small_to_simulate_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), &["generate", "--out", "store", "--users", "0"]);
    assert_eq!(
        refusal(&ran),
        "a demo store needs at least 1 day and 5 users, but the request is for 30 days and 0 users"
    );
    assert!(!folder.path().join("store").exists());
}
