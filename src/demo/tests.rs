//! What a generated store promises: the same from the same seed, attacks at their rate, nothing that
//! gives the label away by itself.

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
    for table in &store(1, FEWEST_USERS, 42).tables {
        assert!(suspicious_rate(table) > 0.0, "{}", table.name);
    }
}

#[test]
fn a_store_that_is_too_small_or_too_large_is_refused() {
    for (days, users) in [(0, 100), (1, 4), (u32::MAX, u32::MAX), (3650, 100_000)] {
        let refused = generate(&Options { days, users, seed: 42 });
        let text = refused.unwrap_err().to_string();
        assert!(text.contains("days") && text.contains("users"), "{text}");
    }
}

#[test]
fn the_rows_asked_for_are_roughly_the_rows_given() {
    for (wanted, days) in [(20_000, 7), (50_000, 30), (10_000, 1)] {
        let options = Options::for_auth_rows(wanted, days, 42);
        let given = events(&options).unwrap().logons.len() as f64;
        assert!((given / wanted as f64 - 1.0).abs() < 0.1, "{given} of {wanted}");
    }
}

#[test]
fn attacks_change_nobodys_working_day() {
    let options = Options { days: 3, users: 12, seed: 42 };
    let quiet = normal(&options).1.into_events();
    let mut all = events(&options).unwrap();
    all.logons.retain(|logon| logon.suspicious == Some(false));
    all.process_starts.retain(|start| start.suspicious == Some(false));
    all.admin_changes.retain(|change| change.suspicious == Some(false));
    assert_eq!(all.logons, quiet.logons);
    assert_eq!(all.process_starts, quiet.process_starts);
    assert_eq!(all.admin_changes, quiet.admin_changes);
}

#[test]
fn no_feature_gives_the_label_away_by_itself() {
    for seed in [42, 1, 2, 7] {
        for table in &store(30, 100, seed).tables {
            let features = table.columns.iter().filter(|column| column.name != "is_suspicious");
            for column in features {
                let auc = auc(&numbers(&column.values), labels(table));
                let what = format!("{}.{} of seed {seed}: {auc}", table.name, column.name);
                assert!((0.07..=0.93).contains(&auc), "{what}");
            }
        }
    }
}

/// The values of a column as numbers; names by their alphabetical order.
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

/// The probability that a suspicious value is above a normal one, ties counting half.
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
