//! The properties of a demo store: deterministic, with attacks at their rate, and without a feature that
//! reveals the label.

use super::*;
use crate::table::Values;

fn store(days: u32, users: u32, seed: u64) -> Store {
    generate(&Options { days, users, seed }).unwrap()
}

fn rows(table: &Table) -> usize {
    labels(table).len()
}

fn labels(table: &Table) -> &[bool] {
    match &table.columns.iter().find(|column| column.name == "is_suspicious").unwrap().values {
        Values::Flag(labels) => labels,
        other => panic!("the label is {other:?}"),
    }
}

fn suspicious_rate(table: &Table) -> f64 {
    labels(table).iter().filter(|&&label| label).count() as f64 / rows(table) as f64
}

#[test]
fn the_same_seed_gives_the_same_store_and_another_seed_another() {
    assert_eq!(store(3, 12, 42), store(3, 12, 42));
    assert_ne!(store(3, 12, 42), store(3, 12, 43));
}

#[test]
fn attacks_are_between_one_and_three_percent_of_every_table() {
    for (days, users) in [(30, 100), (7, 20)] {
        for seed in [42, 1, 2, 7] {
            for table in &store(days, users, seed).tables {
                let rate = suspicious_rate(table);
                let what = format!("{} of {users} users, {days} days, seed {seed}: {rate}", table.name);
                assert!((0.01..=0.03).contains(&rate), "{what}");
            }
        }
    }
}

#[test]
fn the_smallest_store_has_attacks_in_every_table() {
    for table in &store(1, MIN_USERS, 42).tables {
        assert!(suspicious_rate(table) > 0.0, "{}", table.name);
    }
}

#[test]
fn a_store_that_is_too_small_or_too_large_is_an_error() {
    for (days, users) in [(0, 100), (1, 4), (u32::MAX, u32::MAX), (3650, 100_000)] {
        let text = generate(&Options { days, users, seed: 42 }).unwrap_err().to_string();
        assert!(text.contains("day") && text.contains("users"), "{text}");
    }
}

#[test]
fn a_store_has_about_the_requested_number_of_rows() {
    for (target, days) in [(20_000, 7), (50_000, 30), (10_000, 1)] {
        let options = Options::for_auth_rows(target, days, 42);
        let rows = events(&options).unwrap().logons.len() as f64;
        assert!((rows / target as f64 - 1.0).abs() < 0.1, "{rows} of {target}");
    }
}

#[test]
fn attacks_do_not_change_normal_events() {
    let options = Options { days: 3, users: 12, seed: 42 };
    let normal = normal(&options).1.into_events();
    let mut all = events(&options).unwrap();
    all.logons.retain(|logon| logon.suspicious == Some(false));
    all.process_starts.retain(|start| start.suspicious == Some(false));
    all.admin_changes.retain(|change| change.suspicious == Some(false));
    assert_eq!(all.logons, normal.logons);
    assert_eq!(all.process_starts, normal.process_starts);
    assert_eq!(all.admin_changes, normal.admin_changes);
}

#[test]
fn no_feature_alone_reveals_the_label() {
    for seed in [42, 1, 2, 7] {
        for table in &store(30, 100, seed).tables {
            let of_labels = ["is_suspicious", "attack_id"];
            for column in table.columns.iter().filter(|column| !of_labels.contains(&column.name.as_str())) {
                let auc = auc(&numbers(&column.values), labels(table));
                let what = format!("{}.{} of seed {seed}: {auc}", table.name, column.name);
                assert!((0.07..=0.93).contains(&auc), "{what}");
            }
        }
    }
}

/// The values of a column as numbers; categories by their alphabetical order.
fn numbers(values: &Values) -> Vec<f64> {
    match values {
        Values::Time(values) | Values::Integer(values) => values.iter().map(|&v| v as f64).collect(),
        Values::Flag(values) => values.iter().map(|&v| f64::from(u8::from(v))).collect(),
        Values::Real(values) => values.clone(),
        Values::Text(text) => {
            let mut sorted: Vec<&String> = text.levels.iter().collect();
            sorted.sort();
            let rank = |code: &u32| match text.levels.get(*code as usize) {
                Some(level) => sorted.binary_search(&level).unwrap() as f64,
                None => -1.0,
            };
            text.codes.iter().map(rank).collect()
        }
    }
}

/// The AUC: the share of pairs in which the suspicious value is above the normal one. Ties count one half.
fn auc(values: &[f64], labels: &[bool]) -> f64 {
    let mut rows: Vec<(f64, bool)> = values.iter().copied().zip(labels.iter().copied()).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut normal, mut suspicious) = (0.0, 0.0, 0.0);
    for ties in rows.chunk_by(|a, b| a.0 == b.0) {
        let hits = ties.iter().filter(|(_, label)| *label).count() as f64;
        let others = ties.len() as f64 - hits;
        below += hits * (normal + others / 2.0);
        normal += others;
        suspicious += hits;
    }
    below / (normal * suspicious)
}
