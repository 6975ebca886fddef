//! Logs to a store: `whis-lab ingest`.

use crate::program::{fixture, refusal, run, succeed, warnings};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::Path;
use tempfile::TempDir;

const LOGS: [&str; 2] = ["security.jsonl.gz", "sysmon.json"];

/// A folder with the made logs of `fixtures/logs`.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in LOGS.into_iter().chain(["hosts.csv", "labels.csv"]) {
        fs::copy(fixture("logs").join(name), folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("key"), "a key of this test only").unwrap();
    folder
}

fn report(store: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(store.join("ingest.json")).unwrap()).unwrap()
}

fn ingest(folder: &Path, arguments: &[&str]) -> Value {
    succeed(folder, &[&["ingest", "-q", "--out", "store"], arguments].concat());
    report(&folder.join("store"))
}

fn tables(store: &Path) -> Vec<Vec<u8>> {
    ["auth_events", "process_events", "admin_events"]
        .map(|table| fs::read(store.join(format!("{table}.parquet"))).unwrap())
        .to_vec()
}

#[test]
fn a_store_of_logs_can_be_compared() {
    let folder = folder();
    let [auth, process] = LOGS;
    let labelled = ["--labels", "labels.csv", "--assets", "hosts.csv", "--key-file", "key"];
    let report = ingest(folder.path(), &[&[auth, process], &labelled[..]].concat());
    assert_eq!(report["rows"], serde_json::json!({ "auth": 183, "process": 166, "admin": 2 }));
    // Ten logons, two starts and a new account belong to the attack.
    assert_eq!(report["labels"]["suspicious"], 13);
    for file in report["files"].as_array().unwrap() {
        let sum = |part: &Value| part.as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum::<u64>();
        let number = |key: &str| file[key].as_u64().unwrap();
        let parts = sum(&file["rows"]) + number("merged") + sum(&file["ignored"]) + number("duplicates");
        assert_eq!(number("records"), parts + sum(&file["rejected"]), "{file}");
    }
    let ran = succeed(folder.path(), &["compare", "-q", "--data", "store", "--table", "auth"]);
    assert!(ran.stdout.contains("10 suspicious rows in 1 attack"), "{}", ran.stdout);
}

#[test]
fn the_same_logs_give_the_same_store_in_any_archive_and_order() {
    let folder = folder();
    let path = folder.path();
    ingest(path, &["security.jsonl.gz", "sysmon.json", "--plain"]);
    let expected = strip_files(path);
    ingest(path, &["sysmon.json", "security.jsonl.gz", "--plain"]);
    assert_eq!(strip_files(path), expected);
    let sysmon = fs::read(path.join("sysmon.json")).unwrap();
    let security = fs::read(path.join("security.jsonl.gz")).unwrap();
    let mut zip = zip::ZipWriter::new(fs::File::create(path.join("logs.zip")).unwrap());
    let stored = zip::write::SimpleFileOptions::default();
    for (name, content) in
        [("a/sysmon.json", &sysmon), ("__MACOSX/a/._sysmon.json", &vec![0, 5]), ("b/security.gz", &security)]
    {
        zip.start_file(name, stored).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap();
    let report = ingest(path, &["logs.zip", "--plain"]);
    assert_eq!(strip_files(path), expected);
    assert_eq!(report["files"][0]["skipped"]["a file of the system"], 1);
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in [("sysmon.json", &sysmon), ("security.jsonl.gz", &security)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, name, &content[..]).unwrap();
    }
    let tar = tar.into_inner().unwrap();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&tar).unwrap();
    fs::write(path.join("no-extension"), gz.finish().unwrap()).unwrap();
    ingest(path, &["no-extension", "--plain"]);
    assert_eq!(strip_files(path), expected);
}

/// The tables without the names of the inputs.
fn strip_files(folder: &Path) -> Vec<String> {
    let features =
        ["hour_of_day,fail_count_1h,is_admin,event_code", "cmd_len,rare_parent_child_7d", "off_hours"];
    let tables = ["auth_events", "process_events", "admin_events"];
    tables
        .iter()
        .zip(features)
        .map(|(table, features)| {
            let file = format!("store/{table}.parquet");
            let ran = succeed(folder, &["explore", "-q", "--file", &file, "--features", features]);
            ran.stdout.lines().filter(|line| !line.contains("SHA-256")).collect::<Vec<_>>().join("\n")
        })
        .collect()
}

#[test]
fn a_file_given_twice_is_counted_once() {
    let folder = folder();
    fs::copy(folder.path().join("sysmon.json"), folder.path().join("copy.json")).unwrap();
    let report = ingest(folder.path(), &["sysmon.json", "copy.json", "--plain"]);
    assert_eq!(report["rows"]["process"], 166);
    let duplicates: Vec<_> =
        report["files"].as_array().unwrap().iter().map(|f| f["duplicates"].clone()).collect();
    assert_eq!(duplicates, [0, 166]);
}

#[test]
fn no_name_leaves_unless_it_is_asked_for() {
    let folder = folder();
    let [auth, process] = LOGS;
    let ran = succeed(folder.path(), &["ingest", auth, process, "--out", "store", "--key-file", "key"]);
    let mut written: Vec<Vec<u8>> = tables(&folder.path().join("store"));
    written.push(fs::read(folder.path().join("store/ingest.json")).unwrap());
    written.push((ran.stdout + &ran.stderr).into_bytes());
    // Parquet is compressed: the values are looked at as CSV.
    for table in ["auth_events", "process_events", "admin_events"] {
        let file = format!("store/{table}.parquet");
        let model = ["train", "-q", "--file", &file, "--features", "record_id", "--out", "m.whis"];
        succeed(folder.path(), &model);
        succeed(folder.path(), &["score", "-q", "--model", "m.whis", &file, "--out", "rows.csv"]);
        written.push(fs::read(folder.path().join("rows.csv")).unwrap());
    }
    let secrets =
        ["anna", "boris", "emil", "helper", "10.0.0.66", "S3cret", "report.docx", "dwBoAG8AYQBtAGkA"];
    for secret in secrets {
        let hidden = |content: &Vec<u8>| !content.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(written.iter().all(hidden), "{secret}");
    }
    let hidden = tables(&folder.path().join("store"));
    fs::write(folder.path().join("key"), "another key of this test").unwrap();
    ingest(folder.path(), &[auth, process, "--key-file", "key"]);
    assert_ne!(tables(&folder.path().join("store")), hidden, "the key matters");
}

#[test]
fn windows_before_the_beginning_of_a_log_are_missing_and_not_zero() {
    let folder = folder();
    ingest(folder.path(), &["security.jsonl.gz", "--plain"]);
    let compare = ["compare", "--data", "store", "--table", "auth", "--detectors", "hbos"];
    let ran = succeed(folder.path(), &compare);
    assert!(
        warnings(&ran).iter().any(|w| w.contains("`fail_count_1h` has no usable value")),
        "{}",
        ran.stderr
    );
    ingest(folder.path(), &["security.jsonl.gz", "--plain", "--warm-up", "zero"]);
    let ran = succeed(folder.path(), &compare);
    assert!(!ran.stderr.contains("fail_count_1h"), "{}", ran.stderr);
}

/// A link that leads in a circle, one that leads nowhere, and a pipe.
#[cfg(unix)]
#[test]
fn links_and_pipes_neither_hang_nor_count_twice() {
    let folder = folder();
    let logs = folder.path().join("logs");
    fs::create_dir(&logs).unwrap();
    fs::copy(folder.path().join("sysmon.json"), logs.join("sysmon.json")).unwrap();
    std::os::unix::fs::symlink(&logs, logs.join("circle")).unwrap();
    std::os::unix::fs::symlink("nowhere", logs.join("dangling")).unwrap();
    let report = ingest(folder.path(), &["logs", "--plain"]);
    assert_eq!(report["files"].as_array().unwrap().len(), 1);
    let ran = run(folder.path(), &["ingest", "/dev/null", "--plain", "--out", "other"]);
    assert!(refusal(&ran).contains("not a regular file"), "{}", ran.stderr);
}

#[test]
fn a_survey_writes_nothing() {
    let folder = folder();
    let before = fs::read_dir(folder.path()).unwrap().count();
    let ran = succeed(folder.path(), &["ingest", "--survey", "sysmon.json", "security.jsonl.gz"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before);
    assert!(ran.stdout.contains("rows: 183 auth, 166 process, 2 admin"), "{}", ran.stdout);
}

#[test]
fn bad_records_are_counted_and_the_rest_is_read() {
    let folder = folder();
    let path = folder.path();
    let whole = fs::read_to_string(path.join("sysmon.json")).unwrap();
    let bad = whole.replacen("},\n{", "},\nx\n{\"EventID\":1}\n{\"a\":\n{", 1);
    fs::write(path.join("bad.json"), bad).unwrap();
    let report = ingest(path, &["bad.json", "--plain"]);
    let file = &report["files"][0];
    assert!(report["rows"]["process"].as_u64().unwrap() >= 165 - 1, "{file}");
    assert!(file["rejected"]["not an event"].as_u64().unwrap() >= 1, "{file}");
    let ran = run(path, &["ingest", "bad.json", "--plain", "--out", "other", "--max-rejects", "0.1%"]);
    assert!(refusal(&ran).contains("cannot be read; nothing was written"), "{}", ran.stderr);
    assert!(!path.join("other").exists());
}

#[test]
fn impossible_requests_are_refused() {
    let folder = folder();
    fs::create_dir(folder.path().join("empty")).unwrap();
    fs::write(folder.path().join("short"), "key").unwrap();
    fs::write(folder.path().join("rules.csv"), "label,host\nevil,a\n").unwrap();
    let refused = |arguments: &[&str], words: &str| {
        let arguments = [&["ingest", "--out", "store"], arguments].concat();
        let refusal = refusal(&run(folder.path(), &arguments));
        assert!(refusal.contains(words), "{refusal}");
        assert!(!folder.path().join("store").exists());
    };
    refused(&["absent.evtx", "--plain"], "absent.evtx");
    refused(&["empty", "--plain"], "there are no files in these folders");
    refused(&["hosts.csv", "--plain"], "no file holds a record of a known format");
    fs::write(folder.path().join("brackets.json"), "[[[[").unwrap();
    refused(&["brackets.json", "--plain"], "no event in it");
    refused(&["sysmon.json", "--key-file", "short"], "a key of 3 bytes; at least 16 are needed");
    refused(&["sysmon.json", "--plain", "--labels", "rules.csv"], "`evil` is no label");
    refused(&["sysmon.json", "--plain", "--zone", "Mars/Base"], "`Mars/Base`");
    refused(&["sysmon.json", "--plain", "--office-hours", "20-07"], "no working hours");
    refused(&["sysmon.json", "--plain", "--max-rejects", "many"], "no share of records");
}
