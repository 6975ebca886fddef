//! Behavioural baselines: `whis-lab baseline`, `timeline` and `risk`.

use crate::program::{refusal, run, succeed};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const HEADER: &str = "ts,user_hash,src_ip_hash,host,is_success,hour_of_day,is_weekend,is_off_hours,fail_count_1h,\
    success_after_fail_15m,is_admin,asset_class,is_suspicious\n";

/// Logons of five users at their own hosts, every two hours of the given days of January 2026.
fn logons(days: std::ops::Range<u32>) -> String {
    let mut text = String::new();
    for day in days {
        for hour in (8..18).step_by(2) {
            for user in 0..5 {
                let host = if hour == 12 { 99 } else { user };
                text += &format!(
                    "2026-01-{:02}T{hour:02}:0{user}:00Z,u{user},s{user},h{host},true,{hour},false,false,0,false,false,\
                     workstation,false\n",
                    day + 1
                );
            }
        }
    }
    text
}

fn write(folder: &Path, store: &str, rows: &str) {
    fs::create_dir_all(folder.join(store)).unwrap();
    fs::write(folder.join(store).join("auth_events.csv"), format!("{HEADER}{rows}")).unwrap();
}

/// The attack: user 0 comes from a new address to many hosts at night.
fn attack(label: bool) -> String {
    let row = |host: u32| {
        format!("2026-01-20T23:0{host}:00Z,u0,evil,x{host},true,23,false,true,0,false,true,server,{label}\n")
    };
    (0..6).map(row).collect()
}

fn store() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "store", &(logons(0..20) + &attack(true)));
    folder
}

fn baseline(folder: &Path, arguments: &[&str]) -> String {
    succeed(folder, &[&["baseline", "-q"], arguments].concat()).stdout
}

#[test]
fn the_new_store_has_columns_that_compare_uses() {
    let folder = store();
    let text = baseline(folder.path(), &["--data", "store", "--out", "new"]);
    assert!(text.contains("auth_events: 506 rows, "), "{text}");
    assert!(text.contains("first_user_host") && text.contains("user_hours: "), "{text}");
    let compare = [
        "compare",
        "--table",
        "auth",
        "--detectors",
        "hbos",
        "--runs",
        "1",
        "--out",
        "none",
        "--format",
        "json",
    ];
    let features = |data: &[&str]| {
        let ran = succeed(folder.path(), &[&compare[..], data].concat());
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        (report["tables"][0]["features"].as_array().unwrap().len(), report["tables"][0]["rows"].clone())
    };
    let (old, rows) = features(&["--data", "store"]);
    let (new, _) = features(&["--data", "new"]);
    assert!(new > old + 10, "{old} {new}");
    let (_, later) = features(&["--data", "new", "--warm-up", "7d"]);
    assert_eq!((rows, later), (506.into(), (13 * 25 + 6).into()));
    // The hours are a table like any other, and its schema is beside it.
    let ran = succeed(
        folder.path(),
        &["compare", "--file", "new/user_hours.parquet", "--detectors", "hbos", "--out", "none"],
    );
    assert!(ran.stderr.contains("are those of new/user_hours.schema.json"), "{}", ran.stderr);
    assert!(ran.stdout.contains("user_hours: "), "{}", ran.stdout);
}

#[test]
fn a_state_goes_on_as_if_it_were_one_run() {
    let folder = store();
    write(folder.path(), "first", &logons(0..9));
    write(folder.path(), "second", &(logons(9..20) + &attack(true)));
    baseline(folder.path(), &["--data", "store", "--out", "whole", "--state", "whole.state"]);
    baseline(folder.path(), &["--data", "first", "--out", "first2", "--state", "parts.state"]);
    baseline(folder.path(), &["--data", "second", "--out", "second2", "--state", "parts.state"]);
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert!(read("whole.state") == read("parts.state"), "the states differ");
    // The risk of the attack is that of one run: the history is known.
    let risk = |data: &str| {
        let ran = succeed(folder.path(), &["risk", "--data", data, "--warm-up", "0d", "--format", "json"]);
        let risks: Value = serde_json::from_str(&ran.stdout).unwrap();
        risks["risks"][0]["entity"].clone()
    };
    assert_eq!((risk("whole"), risk("second2")), ("u0".into(), "u0".into()));
    let ran = run(
        folder.path(),
        &["baseline", "-q", "--data", "first", "--out", "again", "--state", "parts.state"],
    );
    assert!(refusal(&ran).contains("these rows would count twice"));
    assert!(!folder.path().join("again/auth_events.parquet").exists());
}

#[test]
fn a_risk_says_who_and_why() {
    let folder = store();
    baseline(folder.path(), &["--data", "store", "--out", "new"]);
    let ran = succeed(folder.path(), &["risk", "--data", "new", "--out", "risk.csv"]);
    let first = ran.stdout.lines().nth(3).unwrap();
    assert!(first.contains("2026-01-20  u0") && first.contains("from this address"), "{}", ran.stdout);
    let written = fs::read_to_string(folder.path().join("risk.csv")).unwrap();
    assert!(written.starts_with("day,user,risk,rows,reasons,attack_ids\n2026-01-20,u0,"), "{written}");
    let ran = succeed(
        folder.path(),
        &["risk", "--data", "new", "--by", "host", "--budget", "2/day", "--format", "json"],
    );
    let risks: Value = serde_json::from_str(&ran.stdout).unwrap();
    let days: Vec<&str> =
        risks["risks"].as_array().unwrap().iter().map(|risk| risk["day"].as_str().unwrap()).collect();
    assert!(days.iter().all(|day| days.iter().filter(|other| other == &day).count() <= 2));
    assert_eq!(risks["risks"][0]["day"], "2026-01-20");
}

#[test]
fn no_label_is_read() {
    let folder = store();
    write(
        folder.path(),
        "other",
        &(logons(0..20) + &attack(false)).replace("workstation,false", "workstation,true"),
    );
    let risks = ["store", "other"].map(|store| {
        let out = format!("{store}2");
        baseline(folder.path(), &["--data", store, "--out", &out]);
        succeed(folder.path(), &["risk", "--data", &out, "--format", "json"]).stdout
    });
    assert_eq!(risks[0], risks[1]);
}

#[test]
fn a_timeline_shows_the_hours_above_the_usual() {
    let folder = store();
    baseline(folder.path(), &["--data", "store", "--out", "new"]);
    let ran = succeed(
        folder.path(),
        &["timeline", "--data", "new", "--measure", "hosts,logons", "--out", "a.parquet"],
    );
    let first = ran.stdout.lines().nth(3).unwrap();
    assert!(first.contains("2026-01-20 23:00  u0"), "{}", ran.stdout);
    let one = succeed(folder.path(), &["timeline", "--data", "new", "--entity-id", "u3", "--format", "json"]);
    let timeline: Value = serde_json::from_str(&one.stdout).unwrap();
    assert_eq!(timeline["alerts"].as_array().unwrap().len(), 0);
    let text = refusal(&run(folder.path(), &["timeline", "--data", "new", "--measure", "logon"]));
    assert!(text.contains("did you mean `logons`?"), "{text}");
    let text = refusal(&run(folder.path(), &["timeline", "--data", "new", "--entity-id", "nobody"]));
    assert!(text.contains("is of the user `nobody`"), "{text}");
}

#[test]
fn the_list_of_columns_can_be_changed() {
    let folder = store();
    let list = succeed(folder.path(), &["baseline", "--list"]).stdout;
    let mut columns: Vec<Value> = serde_json::from_str(&list).unwrap();
    columns.retain(|column| column["name"] == "hosts_of_user_1h");
    columns[0]["name"] = "hosts_of_user_2h".into();
    columns[0]["span"] = "2h".into();
    fs::write(folder.path().join("own.json"), serde_json::to_string(&columns).unwrap()).unwrap();
    let arguments = ["--data", "store", "--out", "new", "--columns", "own.json", "--no-hours"];
    let text = baseline(folder.path(), &arguments);
    assert!(text.contains("1 new columns") && text.contains("hosts_of_user_2h"), "{text}");
    assert!(!folder.path().join("new/user_hours.parquet").exists());
    fs::write(folder.path().join("own.json"), list.replace("\"180d\"", "\"180x\"")).unwrap();
    let text = refusal(&run(folder.path(), &[&["baseline"], &arguments[..]].concat()));
    assert!(text.contains("own.json") && text.contains("30d, 24h and 15m are"), "{text}");
}

#[test]
fn groups_of_users_can_be_given() {
    let folder = store();
    fs::write(folder.path().join("groups.csv"), "user,group\nu0,a\nu1,a\nu2,b\n").unwrap();
    baseline(folder.path(), &["--data", "store", "--out", "new", "--groups", "groups.csv"]);
    fs::write(folder.path().join("groups.csv"), "name,group\nu0,a\n").unwrap();
    let ran = run(folder.path(), &["baseline", "--data", "store", "--out", "new2", "--groups", "groups.csv"]);
    assert!(refusal(&ran).contains("there is no column `user`"));
}

#[test]
fn what_cannot_be_done_is_said() {
    let folder = store();
    let refused =
        |arguments: &[&str]| refusal(&run(folder.path(), &[&["baseline", "-q"], arguments].concat()));
    baseline(folder.path(), &["--data", "store", "--out", "new", "--state", "a.state"]);
    assert!(refused(&["--data", "new", "--out", "newer"]).contains("is there already"));
    assert!(refused(&["--data", "nowhere", "--out", "newer"]).contains("no such folder"));
    fs::create_dir(folder.path().join("empty")).unwrap();
    assert!(refused(&["--data", "empty", "--out", "newer"]).contains("has no auth_events.parquet"));
    write(folder.path(), "unsorted", &(attack(true) + &logons(0..2)));
    assert!(refused(&["--data", "unsorted", "--out", "newer"]).contains("row 7: the row is earlier"));
    write(folder.path(), "timeless", &logons(0..1).replace("2026-01-01T08:00:00Z", ""));
    assert!(refused(&["--data", "timeless", "--out", "newer"]).contains("the row has no time"));
    write(folder.path(), "later", &logons(25..27));
    let state = ["--data", "later", "--out", "newer", "--state", "a.state"];
    assert!(refused(&[&state[..], &["--settling", "2d"]].concat()).contains("other settings"));
    let mut bytes = fs::read(folder.path().join("a.state")).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(folder.path().join("a.state"), bytes).unwrap();
    assert!(refused(&state).contains("the state is damaged"));
    fs::write(folder.path().join("a.state"), "text").unwrap();
    assert!(refused(&state).contains("not the state of a baseline"));
    assert!(!folder.path().join("newer/auth_events.parquet").exists());
    let text = refusal(&run(folder.path(), &["risk", "--data", "store"]));
    assert!(text.contains("no baseline columns"), "{text}");
    let text = refusal(&run(folder.path(), &["timeline", "--data", "store"]));
    assert!(text.contains("has no user_hours"), "{text}");
    fs::write(folder.path().join("t.csv"), "a,b\n1,2\n3,4\n").unwrap();
    let text =
        refusal(&run(folder.path(), &["compare", "--file", "t.csv", "--warm-up", "7d", "--out", "none"]));
    assert!(text.contains("--warm-up"), "{text}");
}

#[test]
fn charts_show_an_entity_and_the_warm_up() {
    let folder = store();
    baseline(folder.path(), &["--data", "store", "--out", "new"]);
    let plot = ["plot", "timeline,heatmap,novelty,entity", "--data", "new", "--out", "charts"];
    let ran = succeed(folder.path(), &plot);
    assert!(ran.stderr.contains("the user with the highest risk: u0"), "{}", ran.stderr);
    let read =
        |name: &str| fs::read_to_string(folder.path().join(format!("charts/baseline/{name}.svg"))).unwrap();
    assert!(read("timeline").contains("user u0: logons by the hour"));
    assert!(read("heatmap").contains("all other users, the mean"));
    assert!(read("novelty").contains("user on host: "));
    assert!(read("entity").contains("x5 · 1 logon"));
    let refused = |arguments: &[&str]| refusal(&run(folder.path(), &[&["plot", "-q"], arguments].concat()));
    assert!(refused(&["heatmap"]).contains("needs --data"));
    assert!(refused(&["heatmap,roc", "--data", "new"]).contains("draw them apart"));
    assert!(refused(&["entity", "--data", "new", "--entity-id", "nobody"]).contains("`nobody`"));
    assert!(refused(&["timeline", "--data", "new", "--measure", "logon"]).contains("did you mean `logons`?"));
    assert!(refused(&["novelty", "--data", "store"]).contains("no first-seen flags"));
}

#[test]
fn the_output_is_not_the_input() {
    let folder = store();
    succeed(folder.path(), &["generate", "--out", "demo", "--days", "4", "--users", "5"]);
    let before = fs::read(folder.path().join("demo/auth_events.parquet")).unwrap();
    let text = refusal(&run(folder.path(), &["baseline", "-q", "--data", "demo", "--out", "demo"]));
    assert!(text.contains("one of the files that this run reads"), "{text}");
    assert_eq!(before, fs::read(folder.path().join("demo/auth_events.parquet")).unwrap());
}

#[test]
fn threads_change_no_byte() {
    let folder = store();
    for threads in ["1", "2"] {
        let out = format!("new{threads}");
        baseline(
            folder.path(),
            &["--data", "store", "--out", &out, "--threads", threads, "--state", &(out.clone() + ".state")],
        );
    }
    for file in ["auth_events.parquet", "user_hours.parquet", "baseline.json"] {
        let read = |out: &str| fs::read(folder.path().join(out).join(file)).unwrap();
        assert!(read("new1") == read("new2"), "{file}");
    }
    let state = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert!(state("new1.state") == state("new2.state"));
}
