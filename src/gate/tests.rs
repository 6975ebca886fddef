//! The gate on simulated detectors: what it must find, and what it must not.

use super::baseline::{Baseline, Scope};
use super::check::Check;
use super::finding::Outcome;
use super::measurement::{MODEL, Measured, Measurement, Metric};
use super::sample::TableRows;
use crate::report::Protocol;
use crate::schema::Encoding;
use crate::seed::Seed;
use crate::table::{Column, Table, Values};
use rand::Rng;
use std::sync::Arc;

const ROWS: usize = 4_000;
const SUSPICIOUS: usize = 200;
const SEEDS: usize = 5;

fn rows(from: f64) -> Arc<TableRows> {
    let values = (0..ROWS).map(|row| from + row as f64).collect();
    let table = Table {
        name: "auth".into(),
        features: vec![Column { name: "x".into(), values: Values::Real(values) }],
        labels: Some((0..ROWS).map(|row| row < SUSPICIOUS).collect()),
        ..Table::default()
    };
    Arc::new(TableRows::new(&table, vec![true; ROWS], format!("data from {from}")))
}

/// Scores of a detector: what is true of each row and, for each seed, an error that moves all suspicious rows and one of
/// each row. Suspicious rows are `shift` higher.
fn detector(shift: f64, seed: u64) -> Vec<Vec<f64>> {
    let mut truth = Seed::new(1).rng();
    let truth: Vec<f64> = (0..ROWS).map(|_| truth.r#gen::<f64>()).collect();
    let mut rng = Seed::new(seed).derive("errors").rng();
    let of_seed = |_| {
        let luck = 0.05 * (rng.r#gen::<f64>() - 0.5);
        let mut own = |row: usize| {
            let shift = if row < SUSPICIOUS { shift + luck } else { 0.0 };
            truth[row] + shift + 0.1 * rng.r#gen::<f64>()
        };
        (0..ROWS).map(&mut own).collect()
    };
    (0..SEEDS).map(of_seed).collect()
}

fn measurement(rows: &Arc<TableRows>, scores: &[Vec<f64>]) -> Measurement {
    let scores: Vec<&[f64]> = scores.iter().map(Vec::as_slice).collect();
    Measurement::of(rows, &scores, 0.05).unwrap()
}

fn run(rows: &Arc<TableRows>, detectors: &[(&str, Vec<Vec<f64>>)]) -> Measured {
    let entry = |(name, scores): &(&str, Vec<Vec<f64>>)| {
        (("auth".to_owned(), (*name).to_owned()), measurement(rows, scores))
    };
    detectors.iter().map(entry).collect()
}

/// A baseline, written and read as JSON.
fn baseline(measured: &Measured) -> Baseline {
    let mut baseline = Baseline::new(42, 0.15, Protocol::InSample, Encoding::OneHot);
    baseline.record(measured, &Scope::default());
    serde_json::from_str(&serde_json::to_string(&baseline).unwrap()).unwrap()
}

fn check(baseline: &Baseline, measured: &Measured) -> Check {
    baseline.check(measured, &Scope::default())
}

fn outcomes(check: &Check) -> Vec<Outcome> {
    check.findings.iter().map(|finding| finding.outcome()).collect()
}

#[test]
fn the_same_scores_are_ok() {
    let run = run(&rows(0.0), &[("a", detector(0.4, 1))]);
    let check = check(&baseline(&run), &run);
    assert_eq!(outcomes(&check), [Outcome::Ok]);
    assert!(check.findings[0].checks.iter().all(|check| check.outcome == Outcome::Ok && check.is_paired));
    assert_eq!(check.findings[0].checks.len(), 3);
}

#[test]
fn other_seeds_fail_in_at_most_5_percent_of_the_runs() {
    let rows = rows(0.0);
    let baseline = baseline(&run(&rows, &[("a", detector(0.4, 0))]));
    let failed = |seed| check(&baseline, &run(&rows, &[("a", detector(0.4, seed))])).failed();
    let failures: usize = (1..=100).map(failed).sum();
    assert!(failures <= 5, "{failures} of 100");
}

#[test]
fn a_fall_of_two_hundredths_is_found_in_90_percent_of_the_runs() {
    let rows = rows(0.0);
    let (strong, weak) = (detector(0.4, 0), detector(0.37, 0));
    let fall = measurement(&rows, &strong).value(Metric::Auc).unwrap()
        - measurement(&rows, &weak).value(Metric::Auc).unwrap();
    assert!((0.015..0.022).contains(&fall), "{fall}");
    let baseline = baseline(&run(&rows, &[("a", strong)]));
    let found = |seed| check(&baseline, &run(&rows, &[("a", detector(0.37, seed))])).failed();
    let found: usize = (1..=50).map(found).sum();
    assert!(found >= 45, "{found} of 50");
    let better = check(&baseline, &run(&rows, &[("a", detector(0.43, 1))]));
    assert_eq!(outcomes(&better), [Outcome::Better]);
}

#[test]
fn changed_data_are_said_and_a_fall_on_them_is_found() {
    let (old, new) = (rows(0.0), rows(0.5));
    let baseline = baseline(&run(&old, &[("a", detector(0.4, 1))]));
    let same = check(&baseline, &run(&new, &[("a", detector(0.4, 1))]));
    assert_eq!((outcomes(&same), same.failed()), (vec![Outcome::DataChanged], 0));
    assert!(same.findings[0].checks[0].is_paired, "the rows have the same numbers and labels");
    let worse = check(&baseline, &run(&new, &[("a", detector(0.3, 1))]));
    assert_eq!(outcomes(&worse), [Outcome::Worse]);
}

#[test]
fn without_recorded_scores_the_test_is_unpaired() {
    let rows = rows(0.0);
    let mut baseline = baseline(&run(&rows, &[("a", detector(0.4, 1))]));
    let entry = baseline.tables.get_mut("auth").unwrap().get_mut("a").unwrap();
    (entry.sample, entry.average_precision, entry.recall) = (None, None, None);
    entry.scores.clear();
    let same = check(&baseline, &run(&rows, &[("a", detector(0.4, 1))]));
    assert_eq!((outcomes(&same), same.without_scores), (vec![Outcome::CannotTell], 1));
    assert!(same.findings[0].to_string().contains("the change may be −0.0"), "{}", same.findings[0]);
    let worse = check(&baseline, &run(&rows, &[("a", detector(0.2, 1))]));
    assert_eq!(outcomes(&worse), [Outcome::Worse]);
}

#[test]
fn entries_on_one_side_only_fail() {
    let rows = rows(0.0);
    let check =
        check(&baseline(&run(&rows, &[("a", detector(0.4, 1))])), &run(&rows, &[("b", detector(0.4, 1))]));
    assert_eq!((outcomes(&check), check.failed()), (vec![Outcome::Gone, Outcome::New], 2));
    assert!(check.findings[0].to_string().starts_with("GONE         auth a: recorded 0."));
}

#[test]
fn an_auc_that_is_no_longer_defined_is_worse() {
    let rows = rows(0.0);
    let baseline = baseline(&run(&rows, &[("a", detector(0.4, 1))]));
    let mut run = run(&rows, &[("a", detector(0.4, 1))]);
    run.values_mut().next().unwrap().metrics.remove(&Metric::Auc);
    assert_eq!(outcomes(&check(&baseline, &run)), [Outcome::Worse]);
}

#[test]
fn small_falls_add_up_until_the_data_change() {
    let rows_of = rows;
    let rows = rows(0.0);
    let mut baseline = baseline(&run(&rows, &[("a", detector(0.4, 1))]));
    let first = baseline.tables["auth"]["a"].auc.unwrap();
    for shift in [0.395, 0.39] {
        baseline.record(&run(&rows, &[("a", detector(shift, 1))]), &Scope::default());
    }
    let last = baseline.tables["auth"]["a"].auc.unwrap();
    assert_eq!(baseline.falls(), [("auth", "a", first - last, 2)]);
    baseline.record(&run(&rows_of(0.5), &[("a", detector(0.3, 1))]), &Scope::default());
    assert!(baseline.falls().is_empty() && baseline.samples.len() == 1);
}

fn scope(tables: Option<&[&str]>, detectors: Option<&[&str]>) -> Scope {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    Scope { tables: tables.map(owned), detectors: detectors.map(owned) }
}

#[test]
fn what_was_not_asked_for_is_skipped_counted_and_left_by_a_record() {
    let rows = rows(0.0);
    let both = run(&rows, &[("a", detector(0.4, 1)), ("b", detector(0.4, 1)), (MODEL, detector(0.4, 1))]);
    let mut baseline = baseline(&both);
    let one = run(&rows, &[("a", detector(0.4, 1))]);
    let check = baseline.check(&one, &scope(Some(&["auth"]), Some(&["a"])));
    assert_eq!(check.summary(), "1 entry, 0 failed, 2 skipped");
    assert_eq!(baseline.check(&one, &scope(None, None)).summary(), "2 entries, 1 failed, 1 skipped");
    let model = run(&rows, &[(MODEL, detector(0.2, 1))]);
    let check = baseline.check(&model, &scope(None, Some(&[MODEL])));
    assert_eq!(check.summary(), "1 entry, 1 failed, 2 skipped");
    baseline.record(&one, &scope(Some(&["auth"]), None));
    let left: Vec<_> = baseline.entries().map(|(_, detector, _)| detector.to_owned()).collect();
    assert_eq!(left, ["a", MODEL]);
}
