//! The gate passes on what was recorded, and fails on anything that is missing or worse.

use crate::program::{Ran, fixture, refusal, run, succeed, text};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The gate on the logons of the fixtures with LOF and a baseline changed by `change`.
fn gate(change: impl Fn(&mut Value)) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let mut baseline: Value =
        serde_json::from_str(&fs::read_to_string(fixture("baseline.json")).unwrap()).unwrap();
    change(&mut baseline);
    let path = folder.path().join("baseline.json");
    fs::write(&path, baseline.to_string()).unwrap();
    let part = ["--table", "auth", "--detectors", "lof"];
    run(
        folder.path(),
        &[&["gate", "--data", text(&fixture("")), "--baseline", text(&path)], &part[..]].concat(),
    )
}

/// The entries that are not as recorded, each with its mark.
fn marked(ran: &Ran) -> Vec<String> {
    let entries = ran.stdout.lines().filter(|line| !line.starts_with("ok ") && !line.contains(" failed"));
    let words = |line: &str| line.split(':').next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    entries.map(words).collect()
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
fn a_fall_fails() {
    let ran = gate(|baseline| baseline["tables"]["auth_events"]["lof"]["auc"] = 0.999.into());
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert_eq!(marked(&ran), ["WORSE auth_events lof"]);
}

#[test]
fn a_rise_passes_and_is_pointed_out() {
    let ran = gate(|baseline| baseline["tables"]["auth_events"]["lof"]["auc"] = 0.1.into());
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(marked(&ran), ["better auth_events lof"]);
}

#[test]
fn an_entry_missing_on_either_side_fails() {
    let ran = gate(|baseline| drop(baseline["tables"]["auth_events"].as_object_mut().unwrap().remove("lof")));
    assert_eq!(ran.code, 1);
    assert_eq!(marked(&ran), ["NEW auth_events lof"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flows.json");
    assert_eq!(on_flows(folder.path(), &["--detectors", "ecod", "--bless"]).code, 0);
    let mut baseline: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    baseline["tables"]["flows"]["retired"] = serde_json::json!({"auc": 0.5, "tolerance": 0.1});
    fs::write(&path, baseline.to_string()).unwrap();
    let ran = on_flows(folder.path(), &[]);
    assert_eq!(ran.code, 1);
    assert_eq!(marked(&ran), ["GONE flows retired"]);
}

#[test]
fn a_baseline_of_an_older_version_is_read_and_its_test_is_unpaired() {
    let ran = gate(|baseline| {
        baseline["format"] = 1.into();
        baseline.as_object_mut().unwrap().remove("samples");
        for entries in baseline["tables"].as_object_mut().unwrap().values_mut() {
            for entry in entries.as_object_mut().unwrap().values_mut() {
                *entry = serde_json::json!({"auc": entry["auc"], "tolerance": 0.005});
            }
        }
    });
    assert_eq!(
        (ran.code, marked(&ran)),
        (0, vec!["cannot tell auth_events lof".to_owned()]),
        "{}",
        ran.stderr
    );
    let note = "1 entry has no recorded scores, so the test is unpaired and finds large falls only; record it with --bless";
    assert!(ran.stderr.contains(note), "{}", ran.stderr);
}

#[test]
fn changed_values_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let rows = fs::read_to_string(fixture("flows.csv")).unwrap();
    let flows = folder.path().join("flows.csv");
    fs::write(&flows, &rows).unwrap();
    let gate = |more: &[&str]| {
        let base = ["gate", "--file", "flows.csv", "--label", "is_attack", "--baseline", "b.json"];
        run(folder.path(), &[&base, more].concat())
    };
    assert_eq!(gate(&["--detectors", "ecod", "--bless"]).code, 0);
    let mut lines: Vec<&str> = rows.lines().collect();
    let last = lines.pop().unwrap();
    lines.push(lines[1]);
    assert_ne!(last, lines[1]);
    fs::write(&flows, lines.join("\n") + "\n").unwrap();
    let ran = gate(&[]);
    assert_eq!((ran.code, marked(&ran)), (0, vec!["data changed flows ecod".to_owned()]), "{}", ran.stdout);
}

#[test]
fn blessing_records_what_is_found_and_keeps_tolerances() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("baseline.json");
    let fixtures = fixture("");
    let part = ["--table", "admin", "--detectors", "lof,ecod"];
    let arguments = [&["gate", "--data", text(&fixtures), "--baseline", text(&path)], &part[..]].concat();
    let message = format!("{}: there is no such baseline; record it with --bless", text(&path));
    assert_eq!(refusal(&run(folder.path(), &arguments)), message);
    succeed(folder.path(), &[&arguments[..], &["--bless"]].concat());
    let mut baseline: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    baseline["tables"]["admin_events"]["lof"] = serde_json::json!({"auc": 0.99, "tolerance": 0.25});
    fs::write(&path, baseline.to_string()).unwrap();
    let said = run(folder.path(), &[&arguments[..], &["--bless"]].concat()).stdout;
    assert!(said.contains("\nsince the first record: admin_events lof fell by 0.7"), "{said}");
    assert!(said.contains("\nsum of falls since the first record: 0.7"), "{said}");
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

#[test]
fn what_was_not_asked_for_is_skipped_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = fixture("");
    let all = 3 * whis_lab::detector::ALL.len();
    let gate = |more: &[&str]| {
        let ran = run(folder.path(), &[&["gate", "--data", text(&fixtures)], more].concat());
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        ran.stdout.lines().last().unwrap().to_owned()
    };
    let part = gate(&["--table", "auth", "--detectors", "lof,knn"]);
    assert_eq!(part, format!("2 entries, 0 failed, {} skipped", all - 2));
    assert_eq!(gate(&["--detectors", "lof"]), format!("3 entries, 0 failed, {} skipped", all - 3));
}

/// The gate on `fixtures/flows.csv` with a baseline in a folder.
fn on_flows(folder: &Path, more: &[&str]) -> Ran {
    let flows = fixture("flows.csv");
    let base = ["gate", "--file", text(&flows), "--label", "is_attack", "--baseline", "flows.json"];
    run(folder, &[&base, more].concat())
}

#[test]
fn the_gate_takes_a_file_and_leaves_other_tables_of_its_baseline() {
    let folder = tempfile::tempdir().unwrap();
    let baseline = folder.path().join("flows.json");
    fs::copy(fixture("baseline.json"), &baseline).unwrap();
    assert_eq!(on_flows(folder.path(), &["--detectors", "ecod,pca", "--bless"]).code, 0);
    let all = 3 * whis_lab::detector::ALL.len();
    let ran = on_flows(folder.path(), &["--detectors", "ecod"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let last = format!("1 entry, 0 failed, {} skipped", all + 1);
    assert_eq!(ran.stdout.lines().last(), Some(last.as_str()));
    let recorded: Value = serde_json::from_str(&fs::read_to_string(&baseline).unwrap()).unwrap();
    assert_eq!(recorded["tables"].as_object().unwrap().len(), 4);
}

#[test]
fn a_file_needs_a_baseline_and_labels() {
    let folder = tempfile::tempdir().unwrap();
    let flows = fixture("flows.csv");
    let ran = run(folder.path(), &["gate", "--file", text(&flows), "--label", "is_attack"]);
    assert_eq!(refusal(&ran), "--file needs --baseline FILE: the recorded results");
    let ran = run(folder.path(), &["gate", "--file", text(&flows), "--baseline", "b.json", "--bless"]);
    assert!(
        refusal(&ran).starts_with("flows: there are no labels, and the gate checks AUCs; "),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_model_is_held_against_its_recorded_auc() {
    let folder = tempfile::tempdir().unwrap();
    let flows = fixture("flows.csv");
    let train =
        ["train", "--file", text(&flows), "--label", "is_attack", "--detector", "pca", "--out", "m.whis"];
    succeed(folder.path(), &train);
    let model = ["--model", "m.whis"];
    assert_eq!(on_flows(folder.path(), &[&model[..], &["--bless"]].concat()).code, 0);
    let ran = on_flows(folder.path(), &model);
    assert_eq!((ran.code, ran.stdout.lines().last()), (0, Some("1 entry, 0 failed")), "{}", ran.stdout);
    let path = folder.path().join("flows.json");
    let mut baseline: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    baseline["models"]["flows"]["auc"] = 0.9999.into();
    fs::write(&path, baseline.to_string()).unwrap();
    let ran = on_flows(folder.path(), &model);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert_eq!(marked(&ran), ["WORSE flows model"]);
}

#[test]
fn a_file_of_another_name_is_checked_under_the_recorded_one() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("march.csv");
    fs::copy(fixture("flows.csv"), &copy).unwrap();
    let march = ["gate", "--file", "march.csv", "--label", "is_attack", "--baseline", "flows.json"];
    let checks = ["--detectors", "ecod", "--name", "flows"];
    assert_eq!(on_flows(folder.path(), &["--detectors", "ecod", "--bless"]).code, 0);
    let ran = run(folder.path(), &[&march[..], &checks].concat());
    assert_eq!((ran.code, ran.stdout.lines().last()), (0, Some("1 entry, 0 failed")), "{}", ran.stdout);
    assert_eq!(
        run(folder.path(), &[&march[..], &checks[..2]].concat()).code,
        1,
        "another name is not recorded"
    );
    succeed(folder.path(), &["train", "--file", "march.csv", "--label", "is_attack", "--out", "m.whis"]);
    let model = ["--model", "m.whis", "--name", "flows"];
    assert_eq!(on_flows(folder.path(), &[&model[..], &["--bless"]].concat()).code, 0);
    assert_eq!(run(folder.path(), &[&march[..], &model].concat()).code, 0);
}

#[test]
fn a_store_without_a_table_of_the_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (flows, store) = (fixture("flows.csv"), fixture(""));
    succeed(folder.path(), &["train", "--file", text(&flows), "--label", "is_attack", "--out", "m.whis"]);
    let ran = run(folder.path(), &["gate", "--data", text(&store), "--model", "m.whis"]);
    let problem = "m.whis: the store has no table of this model; name its rows with --file and --label";
    assert_eq!(refusal(&ran), problem);
}

#[test]
fn the_outcome_is_written_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(on_flows(folder.path(), &["--detectors", "ecod,pca", "--bless"]).code, 0);
    let path = folder.path().join("flows.json");
    let mut baseline: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    baseline["tables"]["flows"]["pca"]["auc"] = 0.9999.into();
    fs::write(&path, baseline.to_string()).unwrap();
    let gate = |format: &str| {
        let ran = on_flows(folder.path(), &["--format", format]);
        assert_eq!(ran.code, 1, "{}", ran.stdout);
        ran.stdout
    };
    let json: Value = serde_json::from_str(&gate("json")).unwrap();
    assert_eq!((&json["passed"], &json["failed"]), (&Value::Bool(false), &1.into()));
    assert_eq!(json["entries"][1]["outcome"], "worse");
    assert!(gate("github").starts_with("::error title=whis-lab gate::WORSE        flows pca: AUC "));
    let failure = "<testcase classname=\"flows\" name=\"pca\"><failure message=\"WORSE ";
    assert!(gate("junit").contains(failure));
}
