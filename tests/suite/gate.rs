//! The gate passes on what was recorded and fails on anything worse or missing.

use crate::program::{Ran, fixture, refusal, run, succeed, text};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The gate on the fixtures with a baseline changed by `change`.
fn gate(change: impl Fn(&mut Value)) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let mut baseline: Value =
        serde_json::from_str(&fs::read_to_string(fixture("baseline.json")).unwrap()).unwrap();
    change(&mut baseline);
    let path = folder.path().join("baseline.json");
    fs::write(&path, baseline.to_string()).unwrap();
    run(folder.path(), &["gate", "--data", text(&fixture("")), "--baseline", text(&path)])
}

/// The entries that are not as recorded, each with its mark.
fn marked(ran: &Ran) -> Vec<&str> {
    let entries = ran.stdout.lines().filter(|line| !line.starts_with("ok ") && !line.ends_with(" failed"));
    entries.map(|line| line.split(':').next().unwrap()).collect()
}

#[test]
fn the_recorded_baseline_passes_from_the_root_of_the_repository() {
    let ran = run(Path::new(env!("CARGO_MANIFEST_DIR")), &["gate"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(marked(&ran).is_empty(), "{}", ran.stdout);
    let all = format!("{} entries, 0 failed", 3 * whis_lab::detector::ALL.len());
    assert_eq!(ran.stdout.lines().last(), Some(all.as_str()));
}

#[test]
fn a_fall_below_the_tolerance_fails() {
    let ran = gate(|baseline| baseline["tables"]["auth_events"]["lof"]["auc"] = 0.999.into());
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert_eq!(marked(&ran), ["FELL  auth_events lof"]);
}

#[test]
fn a_rise_passes_and_is_pointed_out() {
    let ran = gate(|baseline| baseline["tables"]["auth_events"]["lof"]["auc"] = 0.1.into());
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(marked(&ran), ["rose  auth_events lof"]);
}

#[test]
fn an_entry_missing_on_either_side_fails() {
    let ran = gate(|baseline| drop(baseline["tables"]["auth_events"].as_object_mut().unwrap().remove("lof")));
    assert_eq!(ran.code, 1);
    assert_eq!(marked(&ran), ["NEW   auth_events lof"]);
    let ran = gate(|baseline| {
        baseline["tables"]["auth_events"]["retired"] = serde_json::json!({"auc": 0.5, "tolerance": 0.1});
    });
    assert_eq!(ran.code, 1);
    assert_eq!(marked(&ran), ["GONE  auth_events retired"]);
}

#[test]
fn blessing_records_what_is_found_and_keeps_tolerances() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("baseline.json");
    let fixtures = fixture("");
    let arguments = ["gate", "--data", text(&fixtures), "--baseline", text(&path)];
    let message = format!("{}: there is no such baseline; record it with --bless", text(&path));
    assert_eq!(refusal(&run(folder.path(), &arguments)), message);
    succeed(folder.path(), &[&arguments[..], &["--bless"]].concat());
    let mut baseline: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    baseline["tables"]["admin_events"]["lof"] = serde_json::json!({"auc": 0.99, "tolerance": 0.25});
    fs::write(&path, baseline.to_string()).unwrap();
    succeed(folder.path(), &[&arguments[..], &["--bless"]].concat());
    let baseline: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(baseline["tables"]["admin_events"]["lof"]["tolerance"], 0.25);
    assert_ne!(baseline["tables"]["admin_events"]["lof"]["auc"], 0.99);
    assert_eq!(run(folder.path(), &arguments).code, 0);
}

#[test]
fn a_baseline_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("b.json"), "{\"format\": 1}").unwrap();
    let ran = run(folder.path(), &["gate", "--data", text(&fixture("")), "--baseline", "b.json"]);
    let message = refusal(&ran);
    assert_eq!(message, "b.json: not a baseline: line 1, column 13: the field `seed` is missing");
}

#[test]
fn the_recorded_baseline_holds_every_detector_there_is() {
    let baseline: Value =
        serde_json::from_str(&fs::read_to_string(fixture("baseline.json")).unwrap()).unwrap();
    for (table, recorded) in baseline["tables"].as_object().unwrap() {
        for entry in whis_lab::detector::ALL {
            assert!(recorded.get(entry.id).is_some(), "{table} has no AUC of {}; gate --bless", entry.id);
        }
    }
}

#[test]
fn a_gate_may_run_some_detectors_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("baseline.json");
    let gate = |more: &[&str]| {
        let fixtures = fixture("");
        let mut all = vec!["gate", "--data", text(&fixtures), "--baseline", text(&path)];
        all.extend(more);
        run(folder.path(), &all)
    };
    assert_eq!(gate(&["--bless", "--detectors", "isolation-forest,mean(isolation-forest,lof)"]).code, 0);
    let ran = gate(&[]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.stdout.lines().last(), Some("6 entries, 0 failed"), "{}", ran.stdout);
}
