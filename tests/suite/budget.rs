//! `compare --budget`: the alerts of each day, and the attacks among them.

use crate::program::{fixture, refusal, run, succeed, text};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const ROWS: usize = 600;

/// Rows every 20 minutes from 2025-03-01, in six attacks of four rows, of which some are far from the others.
fn rows() -> Vec<String> {
    let row = |row: usize| {
        let minutes = row * 20;
        let time =
            format!("2025-03-{:02}T{:02}:{:02}:00Z", 1 + minutes / 1_440, minutes / 60 % 24, minutes % 60);
        let attack = (row % 100 < 4).then_some(row / 100);
        let noise = |step: usize| ((row * row * step + 31 * row) % 10_007) as f64 / 1_000.0;
        let far = if attack.is_some_and(|attack| attack % 2 == 0) { 12.0 } else { 0.0 };
        let name = attack.map_or(String::new(), |attack| format!("a{attack}"));
        let (x, y) = (noise(7_919) + far, noise(104_729));
        format!("{time},{x},{y},{name},{}\n", u8::from(attack.is_some()))
    };
    (0..ROWS).map(row).collect()
}

fn write(folder: &Path, name: &str, rows: &[String]) {
    fs::write(folder.join(name), format!("ts,x,y,attack_id,bad\n{}", rows.concat())).unwrap();
}

const BASE: [&str; 10] =
    ["compare", "-q", "--label", "bad", "--features", "x,y", "--detectors", "knn,hbos", "--out", "none"];

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let ran = succeed(folder, &[&BASE[..], &["--format", "json"], arguments].concat());
    serde_json::from_str(&ran.stdout).unwrap()
}

fn budget_of<'a>(report: &'a Value, detector: &str) -> &'a Value {
    let runs = report["tables"][0]["runs"].as_array().unwrap();
    &runs.iter().find(|run| run["detector"] == detector).unwrap()["budget"]
}

#[test]
fn the_attacks_found_can_be_computed_again_from_the_scores() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "t.csv", &rows());
    let arguments = ["--file", "t.csv", "--budget", "3/day", "--scores", "scores.csv"];
    let report = json(folder.path(), &arguments);
    let scores = fs::read_to_string(folder.path().join("scores.csv")).unwrap();
    let mut lines = scores.lines();
    let column = lines.next().unwrap().split(',').position(|name| name == "knn").unwrap();
    let scores: Vec<f64> = lines.map(|line| line.split(',').nth(column).unwrap().parse().unwrap()).collect();
    let mut days: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    (0..ROWS).for_each(|row| days.entry(row * 20 / 1_440).or_default().push(row));
    let mut found = [false; 6];
    for rows in days.values_mut() {
        rows.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
        rows[..3].iter().filter(|row| *row % 100 < 4).for_each(|row| found[row / 100] = true);
    }
    let found = found.iter().filter(|found| **found).count();
    let own = budget_of(&report, "knn");
    assert_eq!(own["tied_alerts"], 0, "without ties the answer is unique");
    assert!(0 < found && found < 6, "{found}");
    assert_eq!(own["attacks_found"], found);
    assert_eq!(own["alerts"], 3 * days.len());
    let table = &report["tables"][0]["budget"];
    assert_eq!((&table["unit"], &table["attacks"]), (&"attack".into(), &6.into()));
    assert_eq!(own["attacks"].as_array().unwrap().len(), 6);
    // The curve over all budgets has the same share at this one.
    let curve = own["by_budget"].as_array().unwrap();
    let at_3 = curve.iter().rev().find(|point| point[0].as_f64().unwrap() <= 3.0).unwrap();
    assert_eq!(at_3[1], own["found"]);
}

#[test]
fn the_order_of_rows_changes_no_alert() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = rows();
    write(folder.path(), "t.csv", &rows);
    rows.reverse();
    fs::create_dir(folder.path().join("r")).unwrap();
    write(folder.path(), "r/t.csv", &rows);
    let of = |file: &str| json(folder.path(), &["--file", file, "--budget", "2/day"]);
    let (forward, reversed) = (of("t.csv"), of("r/t.csv"));
    assert_ne!(budget_of(&forward, "hbos")["tied_alerts"], 0, "there are ties to break");
    for detector in ["knn", "hbos"] {
        assert_eq!(budget_of(&forward, detector), budget_of(&reversed, detector), "{detector}");
    }
}

#[test]
fn without_groups_each_suspicious_row_is_an_attack_and_the_answer_says_so() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "t.csv", &rows());
    let arguments = ["--file", "t.csv", "--budget", "3/day", "--group", "none"];
    let ran = succeed(folder.path(), &[&BASE[..], &arguments].concat());
    assert!(ran.stdout.contains("24 suspicious rows in 600 rows"), "{}", ran.stdout);
    assert!(ran.stdout.contains("each suspicious row counts as an attack"), "{}", ran.stdout);
    let report = json(folder.path(), &arguments);
    assert_eq!(report["tables"][0]["budget"]["attacks"], 24);
}

#[test]
fn a_table_without_times_or_labels_is_refused_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.csv"), "x,bad\n1,0\n2,1\n3,0\n4,0\n").unwrap();
    let refused =
        |arguments: &[&str]| refusal(&run(folder.path(), &[&["compare", "-q"], arguments].concat()));
    let said = refused(&["--file", "t.csv", "--label", "bad", "--budget", "5/day"]);
    assert!(said.contains("no time column") && said.ends_with("with --time"), "{said}");
    write(folder.path(), "u.csv", &rows());
    let said = refused(&["--file", "u.csv", "--features", "x,y", "--budget", "5/day"]);
    assert!(said.contains("no label column") && said.contains("--label"), "{said}");
    for wrong in ["5", "0/day", "5/week", "-1/day", "1.5/day"] {
        let budget = format!("--budget={wrong}");
        let ran = run(folder.path(), &["compare", "--file", "u.csv", &budget]);
        assert!(ran.code == 2 && ran.stderr.contains("such as 50/day"), "{wrong}: {}", ran.stderr);
    }
}

#[test]
fn an_experiment_file_sets_the_budget_and_both_charts_are_drawn_and_on_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = fixture("");
    fs::write(folder.path().join("s.toml"), "table = ['admin']\nbudget = '2/day'\ndetectors = ['hbos']")
        .unwrap();
    let study = ["--experiment", "s.toml", "--data", text(&fixtures)];
    succeed(folder.path(), &[&["plot", "budget,delay"], &study[..]].concat());
    for chart in ["budget", "delay"] {
        let svg = fs::read_to_string(folder.path().join(format!("results/admin/{chart}.svg"))).unwrap();
        assert!(svg.contains("hbos"), "{chart}");
    }
    succeed(folder.path(), &[&["report"], &study[..]].concat());
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    for part in ["budget 2/day", "days with an alert", "Time to detection", "Attacks found by alerts a day"] {
        assert!(page.contains(part), "{part}");
    }
    let ran = run(folder.path(), &["plot", "budget", "--table", "admin", "--data", text(&fixtures)]);
    assert!(refusal(&ran).ends_with("--budget 50/day"), "{}", ran.stderr);
}

#[test]
fn csv_latex_and_evaluate_have_the_budget_too() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "t.csv", &rows());
    let file = ["--file", "t.csv", "--budget", "3/day"];
    let report = json(folder.path(), &file);
    let own = budget_of(&report, "knn");
    let with =
        |format: &str| succeed(folder.path(), &[&BASE[..], &["--format", format], &file].concat()).stdout;
    let csv = with("csv");
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let knn = lines.find(|cells| cells[2] == "knn").unwrap();
    let cell = |name: &str| knn[header.iter().position(|own| *own == name).unwrap()];
    assert_eq!(knn.len(), header.len());
    assert_eq!((cell("budget_per_day"), cell("attacks")), ("3", "6"));
    for (name, key) in [("alerts", "alerts"), ("attacks_found", "attacks_found"), ("share_found", "found")] {
        assert_eq!(cell(name), own[key].to_string(), "{name}");
    }
    assert!(with("latex").contains("found at 3/day"));
    // The distance from the middle of the noise, as a score from elsewhere.
    let scored: Vec<String> = rows().iter().map(|row| row.replacen('\n', ",1\n", 1)).collect();
    fs::write(folder.path().join("s.csv"), format!("ts,x,y,attack_id,bad,flagged\n{}", scored.concat()))
        .unwrap();
    let arguments =
        ["evaluate", "-q", "--scores", "s.csv", "--score", "x", "--label", "bad", "--budget", "3/day"];
    let evaluated = succeed(folder.path(), &[&arguments[..], &["--format", "json"]].concat()).stdout;
    let evaluated: Value = serde_json::from_str(&evaluated).unwrap();
    let found = &evaluated["models"][0]["budget"]["attacks_found"];
    let shown = succeed(folder.path(), &arguments).stdout;
    assert!(shown.contains(&format!("{found} of 6")), "{shown}");
    let csv = succeed(folder.path(), &[&arguments[..], &["--format", "csv"]].concat()).stdout;
    let cells: Vec<usize> = csv.lines().map(|line| line.split(',').count()).collect();
    assert_eq!(cells[0], cells[1], "{csv}");
}
