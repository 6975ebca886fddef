use super::*;
use crate::model::verdict::{RowKeys, Verdict};
use crate::model::{Model, TrainOptions, train};
use crate::table::{Column, Table, Values};
use std::collections::BTreeMap;

/// Two numbers and a kind: most rows are in a cloud, 12 are far to the right and 12 far to the left.
fn table() -> Table {
    let rows = 600_usize;
    let noise = |row: usize, prime: usize| ((row * prime) % 101) as f64 / 50.0 - 1.0;
    let x = |row: usize| match row {
        0..12 => 5.0 + noise(row, 7),
        12..24 => -5.0 + noise(row, 7),
        _ => noise(row, 7),
    };
    let column = |name: &str, values: Values| Column { name: name.into(), values };
    let kinds = (0..rows).map(|row| Some(["a", "b"][row % 2]));
    Table {
        name: "t".into(),
        features: vec![
            column("x", Values::Real((0..rows).map(x).collect())),
            column("y", Values::Real((0..rows).map(|row| noise(row, 13)).collect())),
            column("kind", Values::Text(kinds.collect())),
        ],
        ..Table::default()
    }
}

fn model() -> TableModel {
    let options = TrainOptions {
        threshold: crate::metrics::ThresholdRule::Contamination(0.04),
        ..TrainOptions::default()
    };
    train(&table(), &options).unwrap().model
}

fn record(row: usize, verdict: Verdict, analyst: &str, day: i64) -> VerdictRecord {
    let table = table();
    VerdictRecord {
        table: None,
        row: RowKeys::new(&table.features).of(row).text(),
        verdict,
        time: Some(day * 86_400_000_000),
        analyst: Some(analyst.to_owned()),
        note: None,
        values: BTreeMap::new(),
    }
}

/// Half of the rows to the right are suspicious, half of those to the left are normal.
fn records() -> Vec<VerdictRecord> {
    let right = (0..6).map(|row| record(row, Verdict::Suspicious, "ana", row as i64));
    right.chain((12..18).map(|row| record(row, Verdict::Normal, "bo", row as i64))).collect()
}

fn taught(model: &TableModel, records: &[VerdictRecord], options: &LearnOptions) -> Learned {
    learn(model, records, &LearnData::of(model, table()), options).unwrap()
}

/// The file of a model.
fn bytes(model: &TableModel) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.whis");
    Model::new(std::slice::from_ref(model)).unwrap().write(&path).unwrap();
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn rows_like_those_called_suspicious_rise_and_others_fall() {
    let model = model();
    let learned = taught(&model, &records(), &LearnOptions::default());
    let scores = learned.model.score(&table().features).unwrap();
    let flagged = |rows: std::ops::Range<usize>| rows.filter(|&row| scores[row].flagged).count();
    assert_eq!((flagged(6..12), flagged(18..24)), (6, 0));
    let card = learned.model.card().taught.as_ref().unwrap();
    assert_eq!((card.suspicious_rows, card.normal_rows, card.verdicts.len()), (6, 6, 12));
    let gain = card.gain.as_ref().unwrap();
    assert!(gain.taught_auc > 0.9 && gain.taught_auc > gain.untaught_auc, "{gain:?}");
    assert!(
        card.changes.no_longer_flagged_rows > 0 && card.changes.newly_flagged_rows > 0,
        "{:?}",
        card.changes
    );
    // At most 4 % of 600 rows.
    assert!((1..=24).contains(&card.changes.flagged_rows));
}

#[test]
fn a_forgotten_verdict_leaves_no_byte() {
    let model = model();
    let (all, options) = (records(), LearnOptions::default());
    let with_all = taught(&model, &all, &options).model;
    let without_first = taught(&model, &all[1..], &options).model;
    let forget = LearnOptions { without: vec![all[0].row.clone()], ..options.clone() };
    assert_eq!(bytes(&taught(&with_all, &[], &forget).model), bytes(&without_first));
    assert_eq!(bytes(&taught(&model, &all, &forget).model), bytes(&without_first));
    let forget_all =
        LearnOptions { without: all.iter().map(|own| own.row.clone()).collect(), ..options.clone() };
    assert_eq!(bytes(&taught(&with_all, &[], &forget_all).model), bytes(&model));
    let unknown = LearnOptions { without: vec!["row-0000".to_owned()], ..options };
    let data = LearnData::of(&model, table());
    let error = learn(&with_all, &[], &data, &unknown).unwrap_err().to_string();
    assert_eq!(error, "there is no verdict on a row `row-0000`");
}

#[test]
fn neither_the_order_nor_the_sessions_matter() {
    let model = model();
    let (all, options) = (records(), LearnOptions::default());
    let at_once = bytes(&taught(&model, &all, &options).model);
    let turned: Vec<VerdictRecord> = all.iter().rev().cloned().collect();
    assert_eq!(at_once, bytes(&taught(&model, &turned, &options).model));
    let first = taught(&model, &all[..5], &options).model;
    assert_eq!(at_once, bytes(&taught(&first, &all[5..], &options).model));
    assert_eq!(at_once, bytes(&taught(&first, &all, &options).model));
}

#[test]
fn a_taught_model_is_read_again_and_tests_itself() {
    let learned = taught(&model(), &records(), &LearnOptions::default());
    let file = Model::new(std::slice::from_ref(&learned.model)).unwrap();
    let read = file.table(None).unwrap();
    assert_eq!(read.score(&table().features).unwrap(), learned.model.score(&table().features).unwrap());
    assert_eq!(read.card(), learned.model.card());
    let explanation = read.explain(&table().take(&[7]).features, 0, 2).unwrap();
    let sum: f64 = explanation.contributions.iter().map(|own| own.contribution).sum();
    assert!((sum - (explanation.row.score - explanation.typical.score)).abs() < 1e-9);
}

#[test]
fn verdicts_that_cannot_be_learned_are_counted() {
    let model = model();
    let mut all = records();
    all.push(VerdictRecord { table: Some("other".to_owned()), ..all[0].clone() });
    all.push(VerdictRecord { row: "17".to_owned(), ..all[0].clone() });
    all.push(record(30, Verdict::Unsure, "ana", 1));
    let learned = taught(&model, &all, &LearnOptions::default());
    assert_eq!(
        (learned.other_table, learned.unknown.as_slice(), learned.unsure),
        (1, &["17".to_owned()][..], 1)
    );
    let data = LearnData::of(&model, table());
    let refused = |records: &[VerdictRecord]| {
        learn(&model, records, &data, &LearnOptions::default()).unwrap_err().to_string()
    };
    assert_eq!(refused(&all[12..13]), "t: all 1 verdicts are about other tables");
    assert!(refused(&all[12..14]).starts_with("t: none of 2 verdicts is about a row of the data"));
}

#[test]
fn a_record_with_its_values_needs_no_row_of_the_data() {
    let model = model();
    let cells: BTreeMap<String, crate::model::Cell> =
        serde_json::from_str(r#"{"x":9.5,"y":0.25,"kind":"a"}"#).unwrap();
    let own = VerdictRecord { row: "event 17".to_owned(), values: cells, ..records()[0].clone() };
    let learned = taught(&model, std::slice::from_ref(&own), &LearnOptions::default());
    let judged = &learned.model.card().taught.as_ref().unwrap().verdicts[0];
    assert_eq!(judged.key.as_deref(), Some("event 17"));
    let forget = LearnOptions { without: vec!["event 17".to_owned()], ..LearnOptions::default() };
    assert_eq!(bytes(&taught(&learned.model, &[], &forget).model), bytes(&model));
    // A record whose digest is not that of its values is not trusted.
    let wrong = VerdictRecord { row: format!("row-{}", "0".repeat(24)), ..own };
    let data = LearnData::of(&model, table());
    assert!(learn(&model, &[wrong], &data, &LearnOptions::default()).is_err());
}

#[test]
fn old_verdicts_count_less() {
    let model = model();
    let options = LearnOptions { half_life_days: Some(2.0), ..LearnOptions::default() };
    let learned = taught(&model, &records(), &options);
    let weights: Vec<f64> = learned.model.taught().unwrap().verdicts().iter().map(|own| own.weight).collect();
    let (least, most) = weights.iter().fold((1.0_f64, 0.0_f64), |(a, b), &w| (a.min(w), b.max(w)));
    // From day 0 to day 17.
    assert!((least - (-8.5_f64).exp2()).abs() < 1e-12 && most == 1.0, "{weights:?}");
}
