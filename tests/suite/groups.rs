//! Groups of rows: attacks, episodes, users, hosts and days, which intervals and tests count once.

use crate::program::{fixture, refusal, run, succeed, text, warnings};
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use whis_lab::table::{Groups, Request, Table, Wanted, read};

const PAIR: [&str; 4] = ["--detectors", "hbos,ecod", "--out", "none"];

fn report(folder: &Path, arguments: &[&str]) -> Value {
    let all = [&["compare", "-q", "--format", "json"], &PAIR[..], arguments].concat();
    let mut report: Value = serde_json::from_str(&succeed(folder, &all).stdout).unwrap();
    report["tables"][0].take()
}

fn width(table: &Value) -> f64 {
    let interval = &table["runs"][0]["auc_interval"];
    interval[1].as_f64().unwrap() - interval[0].as_f64().unwrap()
}

/// Rows of `attacks` attacks of five rows each, and 300 normal rows.
fn rows(attacks: usize, header: &str) -> String {
    let mut csv = format!("{header}\n");
    for row in 0..300 + 5 * attacks {
        let attack = row.checked_sub(300).map(|row| row / 5);
        let name = attack.map(|attack| format!("a{attack}")).unwrap_or_default();
        let time = 1_736_000_000 + 60 * row + attack.unwrap_or_default() * 86_400;
        let value = (row * 7919 % 97) + 30 * usize::from(attack.is_some_and(|attack| attack % 2 == 0));
        writeln!(csv, "{time},{name},anna,{value},{},{}", row * 31 % 13, u8::from(attack.is_some())).unwrap();
    }
    csv
}

#[test]
fn the_head_of_a_table_names_the_attacks_and_the_user_can_choose_others() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = fixture("");
    let store = ["--table", "auth", "--data", text(&fixtures)];
    let of = |group: &str| report(folder.path(), &[&store[..], &["--group", group]].concat());
    let (attacks, alone) = (report(folder.path(), &store), of("none"));
    assert_eq!(
        (&attacks["groups"]["kind"], &attacks["groups"]["column"]),
        (&"attack".into(), &"attack_id".into())
    );
    assert!(attacks["groups"]["suspicious"].as_u64() < attacks["suspicious_rows"].as_u64());
    assert_eq!(alone["groups"], Value::Null);
    assert_eq!(attacks["runs"][0]["auc"], alone["runs"][0]["auc"]);
    assert!(width(&attacks) > width(&alone));
    for (group, column) in
        [("user", "user_hash"), ("host", "host"), ("day", "ts"), ("event_code", "event_code")]
    {
        assert_eq!(of(group)["groups"]["column"], column);
    }
    let head = succeed(folder.path(), &[&["compare", "-q"], &PAIR[..], &store].concat()).stdout;
    assert!(head.lines().nth(1).unwrap().ends_with("attacks: the rows of one `attack_id`"), "{head}");
    let unknown = run(folder.path(), &[&["compare", "-q", "--group", "hots"], &PAIR[..], &store].concat());
    assert!(refusal(&unknown).ends_with("name the column of groups with --group"), "{unknown:?}");
}

#[test]
fn fewer_than_five_attacks_allow_no_claim() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.csv"), rows(3, "ts,attack_id,host,x,y,bad")).unwrap();
    let file = ["--file", "t.csv", "--label", "bad", "--time", "ts"];
    let ran = succeed(folder.path(), &[&["compare", "-q"], &PAIR[..], &file].concat());
    assert!(ran.stdout.contains("not tested: 3 attacks"), "{}", ran.stdout);
    assert!(warnings(&ran).iter().any(|line| line.contains("`attack_id` is left out")), "{}", ran.stderr);
    let table = report(folder.path(), &file);
    assert_eq!(table["differences"][0]["claim"], "too-few-groups");
    assert!(!table["features"].as_array().unwrap().contains(&"attack_id".into()));
}

#[test]
fn without_attacks_suspicious_rows_close_in_time_are_episodes() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.csv"), rows(6, "ts,name,host,x,y,bad")).unwrap();
    let arguments = ["--file", "t.csv", "--label", "bad", "--time", "ts", "--features", "x,y"];
    let table = report(folder.path(), &arguments);
    assert_eq!((&table["groups"]["kind"], &table["groups"]["suspicious"]), (&"episode".into(), &6.into()));
    assert_ne!(table["differences"][0]["p"], Value::Null);
    let days = report(folder.path(), &[&arguments[..], &["--group", "day"]].concat());
    assert_eq!(days["groups"]["kind"], "day");
}

fn table(path: &Path) -> Table {
    let wanted = |column: &str| Some(Wanted { column: column.to_owned(), required: true });
    let request =
        Request { table: "t".into(), label: wanted("bad"), time: wanted("ts"), ..Request::default() };
    read(path, &request).unwrap()
}

#[test]
fn groups_are_the_same_in_every_format_and_order_and_survive_a_choice_of_rows() {
    let folder = tempfile::tempdir().unwrap();
    let csv = rows(4, "ts,attack_id,host,x,y,bad");
    let (header, lines) = csv.split_once('\n').unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("t.csv"), &csv).unwrap();
    let reversed: Vec<&str> = lines.lines().rev().collect();
    fs::write(path("r.csv"), format!("{header}\n{}\n", reversed.join("\n"))).unwrap();
    let object = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let attack = if fields[1].is_empty() { "null".to_owned() } else { format!("{:?}", fields[1]) };
        let [ts, x, y, bad] = [0, 3, 4, 5].map(|at| fields[at]);
        format!(
            "{{\"ts\":{ts},\"attack_id\":{attack},\"host\":\"anna\",\"x\":{x},\"y\":{y},\"bad\":{bad}}}\n"
        )
    };
    fs::write(path("t.jsonl"), lines.lines().map(object).collect::<String>()).unwrap();
    let own = table(&path("t.csv"));
    let groups = own.groups.clone().unwrap();
    assert_eq!((groups.codes[0], groups.codes[300], groups.codes[319]), (Groups::ALONE, 0, 3));
    assert_eq!(table(&path("t.jsonl")).groups.unwrap(), groups);
    let mut codes = table(&path("r.csv")).groups.unwrap().codes;
    codes.reverse();
    assert_eq!(codes, groups.codes);
    assert_eq!(own.take(&[319, 0]).groups.unwrap().codes, [3, Groups::ALONE]);
}
