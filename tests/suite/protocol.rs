//! Nothing is learned from the rows that are scored: whatever they hold, what was learned stays the same.

use crate::program::{succeed, warnings};
use serde_json::{Value, json};
use whis_lab::detector;
use whis_lab::experiment::{self, Plan, Protocols, Silent};
use whis_lab::report::{Protocol, Report};
use whis_lab::table::{Column, Table, Values};

const ROWS: usize = 400;

/// A table whose last three tenths lie in the future.
fn table() -> Table {
    let number = |row: usize| ((row * 7919) % 101) as f64 / 10.0;
    let level = |row: usize| Some(["a", "b", "c"][row % 3]);
    Table {
        name: "t".into(),
        features: vec![
            Column { name: "x".into(), values: Values::Real((0..ROWS).map(number).collect()) },
            Column { name: "c".into(), values: Values::Text((0..ROWS).map(level).collect()) },
        ],
        labels: Some((0..ROWS).map(|row| row % 13 == 0).collect()),
        times: Some((0..ROWS as i64).collect()),
        ..Table::default()
    }
}

fn compare(table: &Table, protocol: Protocols) -> Report {
    let plan = Plan { protocols: protocol, ..Plan::new(detector::all_detectors()) };
    experiment::compare(std::slice::from_ref(table), &plan, &Silent).unwrap()
}

fn thresholds(report: &Report) -> Vec<(String, u64)> {
    let mut found: Vec<_> =
        report.tables[0].runs.iter().map(|run| (run.detector.clone(), run.threshold.to_bits())).collect();
    found.sort();
    found
}

/// The table with every value of the future made extreme, and levels in it that the past never had.
fn poisoned(mut table: Table) -> Table {
    let past = ROWS * 7 / 10;
    for column in &mut table.features {
        match &mut column.values {
            Values::Real(values) => values[past..].fill(1e6),
            Values::Text(text) => {
                text.levels.push("poison".into());
                text.codes[past..].fill(3);
            }
            _ => unreachable!("the table has numbers and text only"),
        }
    }
    table
}

#[test]
fn poisoning_the_future_changes_nothing_that_was_learned() {
    let time = Protocols::One(Protocol::Time);
    let (clean, poisoned) = (compare(&table(), time), compare(&poisoned(table()), time));
    assert_eq!(thresholds(&clean), thresholds(&poisoned));
    assert_ne!(clean.tables[0].runs, poisoned.tables[0].runs, "the poison was scored");
    assert_eq!(poisoned.tables[0].unseen_levels["c"], ROWS * 3 / 10);
    assert!(poisoned.tables[0].warnings.iter().any(|note| note.kind == "unseen-levels"));
}

#[test]
fn poisoning_shows_where_the_same_rows_are_learned_from() {
    let same = Protocols::One(Protocol::InSample);
    assert_ne!(thresholds(&compare(&table(), same)), thresholds(&compare(&poisoned(table()), same)));
}

#[test]
fn every_protocol_is_in_the_report_and_over_its_table() {
    let report = compare(&table(), Protocols::All);
    let protocols: Vec<Protocol> = report.tables.iter().map(|table| table.protocol).collect();
    assert_eq!(protocols, Protocol::ALL);
    let text = whis_lab::report::terminal(&report);
    for protocol in Protocol::ALL {
        assert!(text.contains(&format!("protocol {}:", protocol.id())), "{text}");
    }
}

#[test]
fn a_protocol_the_table_does_not_allow_is_left_out_of_all() {
    let table = Table { times: None, ..table() };
    let report = compare(&table, Protocols::All);
    let protocols: Vec<Protocol> = report.tables.iter().map(|table| table.protocol).collect();
    assert_eq!(protocols, [Protocol::InSample, Protocol::Holdout, Protocol::Clean]);
    let first = |note: &&whis_lab::report::Note| note.text.starts_with("protocol ");
    let said: Vec<_> = report.tables.iter().flat_map(|table| &table.warnings).filter(first).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].text.starts_with("protocol time is left out: there is no time column"), "{said:?}");
}

#[test]
fn folds_in_time_have_a_mean_and_an_interval() {
    let plan = Plan {
        protocols: Protocols::One(Protocol::Time),
        folds: Some(4),
        ..Plan::new(detector::default_detectors())
    };
    let report = experiment::compare(&[table()], &plan, &Silent).unwrap();
    for run in &report.tables[0].runs {
        let folds = run.folds.as_ref().unwrap();
        let aucs: Vec<f64> = folds.aucs.iter().copied().flatten().collect();
        let (mean, interval) = (folds.auc.unwrap().mean, folds.auc_interval.unwrap());
        assert_eq!(aucs.len(), 4);
        assert!((mean - aucs.iter().sum::<f64>() / 4.0).abs() < 1e-12);
        assert!(interval.low < mean && mean < interval.high);
    }
    assert!(whis_lab::report::terminal(&report).contains("(4 folds)"));
    // The folds change nothing else.
    let mut without = report;
    without.tables[0].runs.iter_mut().for_each(|run| run.folds = None);
    let plain = experiment::compare(&[table()], &Plan { folds: None, ..plan.clone() }, &Silent).unwrap();
    assert_eq!(without, plain);
    let in_sample = Plan { protocols: Protocols::One(Protocol::InSample), ..plan };
    let error = experiment::compare(&[table()], &in_sample, &Silent).unwrap_err().to_string();
    assert_eq!(error, "folds divide the time, so they need protocol time or all");
}

#[test]
fn the_first_datetime_is_the_time_where_features_are_named_too() {
    let folder = tempfile::tempdir().unwrap();
    let row = |row: usize| {
        format!("2026-01-{:02}T{:02}:00:00,{},{}\n", 1 + row / 24, row % 24, row % 9, row % 5 / 4)
    };
    let rows: String = (0..480).map(row).collect();
    std::fs::write(folder.path().join("t.csv"), format!("when,x,y\n{rows}")).unwrap();
    let compared = |more: &[&str]| -> Value {
        let file = ["compare", "--file", "t.csv", "--label", "y", "--features", "x", "--protocol", "time"];
        let options = ["--detectors", "hbos", "--format", "json"];
        let ran = succeed(folder.path(), &[&file[..], &options, more].concat());
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let report = compared(&[]);
    let table = &report["tables"][0];
    assert_eq!((&table["features"], &table["protocol"]), (&json!(["x"]), &json!("time")));
    assert_eq!((&table["train_rows"], &table["scored_rows"]), (&json!(336), &json!(144)));
    let suspicious = (336..480).filter(|row| row % 5 == 4).count();
    assert_eq!(table["scored_suspicious_rows"], json!(suspicious));
    assert_eq!(report["tables"], compared(&["--time", "when"])["tables"]);
}

#[test]
fn marks_for_a_missing_number_are_missing_and_words_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let row = |row: usize| {
        let word = |bad: &str| if row == 7 { bad.to_owned() } else { (row * 37 % 100).to_string() };
        format!("{},{},{}\n", word("-"), word("many"), row % 2)
    };
    let rows: String = (0..100).map(row).collect();
    std::fs::write(folder.path().join("t.csv"), format!("marked,spoilt,y\n{rows}")).unwrap();
    let said = "t, in-sample: `spoilt` is read as numbers: text counts as missing, in 1 of 100 \
                rows, such as `many` in row 8";
    for (label, features, suspicious, missing) in [
        ("marked=-", json!(["spoilt", "y"]), 1, json!({"spoilt": 1})),
        ("y", json!(["marked", "spoilt"]), 50, json!({"marked": 1, "spoilt": 1})),
    ] {
        let file = ["compare", "--file", "t.csv", "--label", label];
        let ran = succeed(folder.path(), &[&file[..], &["--detectors", "hbos", "--format", "json"]].concat());
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        let table = &report["tables"][0];
        assert_eq!((&table["features"], &table["missing"]), (&features, &missing), "{label}");
        assert_eq!(table["suspicious_rows"], json!(suspicious), "{label}");
        let named: Vec<&str> =
            warnings(&ran).into_iter().filter(|line| line.contains("as numbers")).collect();
        assert_eq!(named, [said], "{label}");
    }
}
