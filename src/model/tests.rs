//! The life of a model: fit, pack, unpack, score and explain.

use super::fit::FittedParts;
use super::*;
use crate::detector::{self, DetectorSpec, Settings};
use crate::digest::sha256;
use crate::metrics::ThresholdRule;
use crate::preprocess::Preprocessor;
use crate::schema::Encoding;
use crate::seed::Seed;
use crate::table::{Categories, Column, Table, Values};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const ROWS: usize = 240;

/// Numbers, flags and categories; `noise` is constant, and the last six rows are anomalous.
fn table() -> Table {
    let odd = |row: usize| row >= ROWS - 6;
    let column = |name: &str, values: Values| Column { name: name.into(), values };
    let real = |value: &dyn Fn(usize) -> f64| Values::Real((0..ROWS).map(value).collect());
    let words: Categories = (0..ROWS)
        .map(|row| {
            Some(if odd(row) { "server" } else { ["laptop", "workstation"][usize::from(row % 3 > 0)] })
        })
        .collect();
    Table {
        name: "t".into(),
        features: vec![
            column("fails", real(&|row| if odd(row) { 9.0 } else { (row % 2) as f64 })),
            column("hour", real(&|row| 8.0 + (row * 7 % 10) as f64)),
            column("admin", Values::Flag((0..ROWS).map(odd).collect())),
            column("noise", real(&|_| 1.0)),
            column("asset", Values::Text(words)),
        ],
        labels: Some((0..ROWS).map(odd).collect()),
        times: Some((0..ROWS as i64).map(|row| row * 1_000_000).collect()),
        ..Table::default()
    }
}

fn options(id: &str, parameters: Value) -> TrainOptions {
    TrainOptions {
        detector: DetectorSpec::parse(id).unwrap().with(parameters.as_object().unwrap_or(&Map::new())),
        encoding: Encoding::OneHot,
        threshold: ThresholdRule::Contamination(0.05),
        ..TrainOptions::default()
    }
}

fn model(table: &Table, options: &TrainOptions) -> Result<TableModel> {
    let (preprocessor, prepared) = Preprocessor::fit(table, options.encoding)?;
    let seed = Seed::new(options.seed);
    let fitted = options.detector.fit(&Settings::new(64 << 20), &prepared.deduplicated.rows, seed)?;
    let measurements = Vec::new();
    TableModel::new(
        table,
        options,
        FittedParts { preprocessor, prepared, fitted, sample: None, measurements },
    )
}

fn fitted(id: &str) -> TableModel {
    model(&table(), &options(id, Value::Null)).unwrap()
}

/// A model with a short file.
fn small() -> Model {
    let options = options("isolation-forest", json!({"trees": 2, "sample": 8}));
    Model::new(&[model(&table(), &options).unwrap()]).unwrap()
}

fn row(model: &TableModel, row: Value) -> Vec<Column> {
    model.row(&row.to_string()).unwrap()
}

fn normal() -> Value {
    json!({"fails": 0, "hour": 12, "admin": false, "noise": 1, "asset": "workstation"})
}

fn strange() -> Value {
    json!({"fails": 60, "hour": 12, "admin": true, "noise": 1, "asset": "server"})
}

/// A model file with a changed body and a correct digest.
fn resealed(change: impl FnOnce(&mut Value)) -> Result<Model> {
    let mut file: Value = serde_json::from_str(&small().text).unwrap();
    change(&mut file["body"]);
    sealed(&file["body"].to_string())
}

/// A model file with this body and a correct digest.
fn sealed(body: &str) -> Result<Model> {
    let head = format!(r#"{{"format":"whis-lab model","version":1,"sha256":"{}""#, sha256(body.as_bytes()));
    let model = Model::from_text(format!("{head},\"body\":{body}}}\n"))?;
    model.check()?;
    Ok(model)
}

#[test]
fn every_detector_is_packed_unpacked_and_explained() {
    for entry in detector::ALL {
        let before = fitted(entry.id);
        let model = Model::new(std::slice::from_ref(&before)).unwrap();
        let after = model.table(None).unwrap();
        assert_eq!(
            before.score(&table().features).unwrap(),
            after.score(&table().features).unwrap(),
            "{}",
            entry.id
        );
        let explanation = after.explain(&row(after, strange()), 0, 3).unwrap();
        let sum: f64 = explanation.contributions.iter().map(|c| c.contribution).sum();
        let distance = explanation.row.score - explanation.typical.score;
        assert!((sum - distance).abs() < 1e-9, "{}: {sum} and {distance}", entry.id);
        assert!(distance > 0.0, "{}", entry.id);
        assert!(explanation.without.row.score < explanation.row.score, "{}", entry.id);
    }
}

#[test]
fn a_row_scores_the_same_alone_in_a_batch_and_on_any_number_of_threads() {
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    for entry in detector::ALL {
        let model = fitted(entry.id);
        let features = table().features;
        let batch = pool(1).install(|| model.score(&features).unwrap());
        assert_eq!(batch, pool(3).install(|| model.score(&features).unwrap()), "{}", entry.id);
        for at in [0, 100, ROWS - 1] {
            let alone: Vec<Column> = features.iter().map(|column| column.take(&[at])).collect();
            assert_eq!(model.score(&alone).unwrap()[0], batch[at], "{} row {at}", entry.id);
        }
    }
}

#[test]
fn the_strange_is_flagged_and_severe_and_the_normal_is_not() {
    for entry in detector::ALL {
        let model = fitted(entry.id);
        let [strange, normal] =
            [strange(), normal()].map(|event| model.score(&row(&model, event)).unwrap()[0]);
        assert!(strange.severity > 95.0 && normal.severity < 95.0, "{}: {strange:?} {normal:?}", entry.id);
        assert!(!normal.flagged, "{}", entry.id);
    }
}

#[test]
fn what_is_typical_contributes_nothing() {
    let model = fitted("isolation-forest");
    let explanation = model.explain(&row(&model, strange()), 0, 5).unwrap();
    for quiet in explanation.contributions.iter().filter(|c| c.value == c.typical) {
        assert_eq!(quiet.contribution, 0.0, "{quiet:?}");
    }
    let leading = &explanation.contributions[0];
    assert!(["fails", "admin", "asset"].contains(&leading.feature.as_str()), "{leading:?}");
    let typical =
        model.explain(&model.columns(&[model.features().iter().map(|f| f.typical.clone()).collect()]), 0, 3);
    assert!(typical.unwrap().contributions.iter().all(|c| c.contribution == 0.0));
}

#[test]
fn unseen_levels_and_values_are_scored_and_explained() {
    let model = fitted("isolation-forest");
    let unseen = json!({"fails": 1e300, "hour": null, "admin": true, "noise": -1e308, "asset": "toaster"});
    let explanation = model.explain(&row(&model, unseen), 0, 3).unwrap();
    assert_eq!(explanation.contributions.len(), 5);
    let asset = explanation.contributions.iter().find(|c| c.feature == "asset").unwrap();
    assert_eq!(
        (&asset.value, &asset.typical),
        (&Cell::Level("toaster".into()), &Cell::Level("workstation".into()))
    );
}

/// A table with this number of features, and a row that is anomalous in the sixth.
fn wide(features: usize) -> (Table, Vec<Cell>) {
    let column = |at: usize| Column {
        name: format!("x{at}"),
        values: Values::Real((0..ROWS).map(|row| ((row * (at + 3)) % 17) as f64).collect()),
    };
    let columns = (0..features).map(column).collect();
    let odd = (0..features).map(|at| Cell::Number(if at == 5 { 90.0 } else { 1.5 })).collect();
    (Table { name: "wide".into(), features: columns, labels: None, times: None, ..Table::default() }, odd)
}

fn explained(id: &str, features: usize) -> Explanation {
    let (table, odd) = wide(features);
    let model = model(&table, &options(id, Value::Null)).unwrap();
    let explanation = model.explain(&model.columns(&[odd]), 0, 1).unwrap();
    let sum: f64 = explanation.contributions.iter().map(|c| c.contribution).sum();
    assert!((sum - (explanation.row.score - explanation.typical.score)).abs() < 1e-9, "{id}: {sum}");
    explanation
}

#[test]
fn many_features_are_sampled_with_an_error() {
    let explanation = explained("lof", 14);
    assert!(matches!(explanation.method, Method::Sampled { permutations } if permutations > 100));
    assert_eq!(explanation.contributions[0].feature, "x5");
    assert!(explanation.contributions.iter().all(|c| c.standard_error.is_some_and(|e| e < 1.0)));
}

#[test]
fn many_features_of_an_isolation_forest_are_explained_without_an_error() {
    let explanation = explained("isolation-forest", 120);
    assert_eq!(explanation.method, Method::PathLengths { trees: 100 });
    assert!(explanation.contributions.iter().all(|c| c.standard_error.is_none()));
    let said = super::explained(&explanation);
    assert!(
        said.contains("exact Shapley values of the path length in 100 trees") && !said.contains('±'),
        "{said}"
    );
}

#[test]
fn few_features_of_an_isolation_forest_are_explained_by_every_coalition() {
    assert!(matches!(explained("isolation-forest", 10).method, Method::Exact { .. }));
}

#[test]
fn path_length_shares_approximate_score_shares() {
    let (table, odd) = wide(10);
    let model = model(&table, &options("isolation-forest", Value::Null)).unwrap();
    let exact = model.explain(&model.columns(std::slice::from_ref(&odd)), 0, 1).unwrap();
    let (points, _) = model.preprocessor.rows(&model.columns(&[odd, table_typical(&model)]));
    let spans: Vec<_> = model.preprocessor.spans().into_iter().map(|(_, columns)| columns).collect();
    let attribution = model.detector.attribution(points.row(0), points.row(1), &spans).unwrap();
    let distance = exact.row.score - exact.typical.score;
    for c in &exact.contributions {
        let at = model.features().iter().position(|feature| feature.name == c.feature).unwrap();
        let share = attribution.contributions[at];
        let gap = (share - c.contribution).abs();
        assert!(gap < 0.1 * distance, "{}: {share} and {}", c.feature, c.contribution);
    }
}

fn table_typical(model: &TableModel) -> Vec<Cell> {
    model.features().iter().map(|feature| feature.typical.clone()).collect()
}

#[test]
fn columns_that_are_not_the_features_are_refused() {
    let model = fitted("isolation-forest");
    let features = table().features;
    let said = |columns: &[Column]| model.score(columns).unwrap_err().to_string();
    assert!(said(&features[..4]).contains("5 features"));
    let mut swapped = features.clone();
    swapped.swap(0, 1);
    assert!(said(&swapped).contains("`fails`"));
    let mut words = features.clone();
    words[0].values = words[4].values.clone();
    assert!(said(&words).contains("where a number is expected"), "{}", said(&words));
    let mut ragged = features;
    ragged[2].values = Values::Flag(vec![true]);
    assert!(said(&ragged).contains("equal length"));
}

#[test]
fn a_row_is_read_as_a_line_of_a_stream_is() {
    let model = fitted("isolation-forest");
    let row = |change: &dyn Fn(&mut Value)| {
        let mut event = normal();
        change(&mut event);
        model.row(&event.to_string()).map_err(|e| e.to_string())
    };
    let absent = row(&|event| drop(event.as_object_mut().unwrap().remove("fails"))).unwrap();
    assert_eq!(model.missing_in(&absent).collect::<Vec<_>>(), ["fails"]);
    let wrong = row(&|event| event["hour"] = "noon".into()).unwrap_err();
    assert!(wrong.contains("`hour`") && wrong.contains("a number is expected"), "{wrong}");
    assert_eq!(row(&|event| event["score"] = 0.4.into()), row(&|_| ()));
    // What a stream takes is taken here, too.
    assert!(row(&|event| event["fails"] = "-".into()).is_ok());
    assert!(row(&|event| event["admin"] = 2.into()).is_ok());
    assert!(model.row("{}").unwrap_err().to_string().contains("no value of any feature"));
    assert!(model.row("[1]").is_err());
}

#[test]
fn tables_are_found_by_their_short_names() {
    let named = |name: &str| {
        let table = Table { name: name.into(), ..table() };
        model(&table, &options("isolation-forest", json!({"trees": 2}))).unwrap()
    };
    let model = Model::new(&[named("auth_events"), named("admin_events")]).unwrap();
    assert_eq!(model.table(Some("auth")).unwrap().name(), "auth_events");
    assert_eq!(model.table(Some("admin_events")).unwrap().name(), "admin_events");
    let error = model.table(None).unwrap_err();
    assert_eq!(error.to_string(), "this model has several tables: auth_events, admin_events");
    assert_eq!(error.hint(), Some(&Hint::ChooseTable));
    let unknown = model.table(Some("auht")).unwrap_err().to_string();
    assert!(
        unknown.ends_with("`auht` in this model (did you mean `auth`?); there are auth, admin"),
        "{unknown}"
    );
    assert!(Model::new(&[named("auth_events"), named("auth")]).is_err(), "one short name for two tables");
    assert!(Model::new(&[]).is_err());
}

#[test]
fn every_flipped_byte_is_refused() {
    let whole = small().text;
    for at in 0..whole.len() {
        for mask in [0x01, 0x10, 0xff] {
            let mut damaged = whole.clone().into_bytes();
            damaged[at] ^= mask;
            // Reading refuses bytes that are not text.
            let Ok(text) = String::from_utf8(damaged) else { continue };
            assert!(Model::from_text(text).is_err(), "byte {at} ^ {mask}");
        }
    }
}

#[test]
fn every_truncation_is_refused() {
    let whole = small().text;
    for length in 0..whole.len() {
        assert!(Model::from_text(whole[..length].to_owned()).is_err(), "{length} bytes");
    }
    assert!(Model::from_text(whole.clone() + " ").is_err());
    assert!(Model::from_text(whole.clone()).is_ok());
}

#[test]
fn the_error_says_what_a_file_is() {
    let said = |text: &str| Model::from_text(text.to_owned()).unwrap_err().to_string();
    let newer = small().text.replacen("\"version\":1", "\"version\":2", 1);
    assert!(said(&newer).contains("written by a newer whis-lab"), "{}", said(&newer));
    let other_form = r#"{"format":"whis-lab model","version":7,"chunks":[1,2]}"#;
    assert!(said(other_form).contains("newer"), "{}", said(other_form));
    assert!(said("").contains("not a whis-lab model"));
    assert!(said("{}").contains("not a whis-lab model"));
    let damaged = small().text.replacen("workstation", "workstatiom", 1);
    assert!(said(&damaged).contains("SHA-256"));
}

#[test]
fn nesting_is_refused_at_any_depth() {
    for opening in ["[", "{\"a\":"] {
        let deep = opening.repeat(1_000_000);
        assert!(Model::from_text(deep.clone()).is_err());
        assert!(sealed(&deep).is_err());
        let body = format!("{}0{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(sealed(&body).is_err());
        let state =
            resealed(|_| ()).unwrap().text.replacen("\"state\":{", &format!("\"state\":{{\"x\":{body},"), 1);
        let start = state.find("\"body\":").unwrap() + "\"body\":".len();
        assert!(sealed(&state[start..state.len() - 2]).is_err());
    }
}

#[test]
fn an_inconsistent_body_is_refused_with_its_reason() {
    assert!(resealed(|_| ()).is_ok());
    // A state lists its nodes in visiting order, so it cannot contain a cycle, but it can end too early.
    let endless = json!({"features": [0, 0, 0], "thresholds": [0.5, 0.5, 0.5], "path_lengths": []});
    let changes: [(&str, Value, &str); 23] = [
        ("/tables", json!([]), "no table"),
        ("/tables/0/card/table", json!("../x"), "plain name"),
        ("/tables/0/card/features/0/name", json!("hour"), "not those of its encoder"),
        ("/tables/0/card/features/0/typical", json!("word"), "a feature is not sound"),
        ("/tables/0/card/features/0/typical", json!(1e300), "a feature is not sound"),
        ("/tables/0/card/features/4/kind/category/levels/0", json!("zebra"), "not those of its encoder"),
        ("/tables/0/card/features", json!([]), "a feature is not sound"),
        ("/tables/0/card/contamination", json!(7), "threshold"),
        ("/tables/0/entry", json!("oracle"), "there is no detector `oracle`"),
        ("/tables/0/card/training/rows", json!(0), "its rows are not sound"),
        ("/tables/0/card/training/data_sha256", json!("\u{1b}[2J"), "digest"),
        ("/tables/0/preparation/scaler/scales", json!([1.0]), "scaler"),
        ("/tables/0/preparation/scaler/scales/0", json!(-1.0), "scaler"),
        ("/tables/0/preparation/encoder/features/4/fill/category/commonest", json!(99), "encoder"),
        ("/tables/0/preparation/encoder/features/4/fill/category/frequencies", json!([]), "encoder"),
        ("/tables/0/severity/0/0", json!(1e9), "quantiles"),
        ("/tables/0/severity", json!([]), "quantiles"),
        ("/tables/0/goldens", json!([]), "golden"),
        ("/tables/0/goldens/0/row/0", json!("word"), "golden"),
        ("/tables/0/goldens/0/score", json!(0.123), "a golden row scores"),
        ("/tables/0/state/features", json!(70), "other columns"),
        ("/tables/0/state/trees/0", endless, "not a fitted model"),
        ("/tables/0/state/sample", json!(-1), "not a fitted model"),
    ];
    for (path, value, problem) in changes {
        let error = resealed(|body| *body.pointer_mut(path).unwrap() = value).unwrap_err().to_string();
        assert!(error.contains(problem), "{path}: {error}");
    }
}

/// Replace numbers of a detector's state by hostile ones, one at a time: the model is refused or scores
/// finite numbers.
#[test]
fn a_hostile_state_is_never_a_panic() {
    for entry in detector::ALL {
        let text = Model::new(&[fitted(entry.id)]).unwrap().text;
        let file: Value = serde_json::from_str(&text).unwrap();
        let mut paths = Vec::new();
        numbers(&file["body"]["tables"][0]["state"], "/tables/0/state".to_owned(), &mut paths);
        let step = (paths.len() / 24).max(1);
        let ends = paths.iter().rev().take(4);
        for path in paths.iter().step_by(step).chain(ends) {
            for hostile in [json!(1e308), json!(-1e308), json!(0), json!(-1), json!(u64::MAX), json!(null)] {
                let mut body = file["body"].clone();
                *body.pointer_mut(path).unwrap() = hostile;
                if let Ok(model) = sealed(&body.to_string()) {
                    let model = model.table(None).unwrap();
                    drop(model.score(&row(model, strange())));
                    drop(model.explain(&row(model, strange()), 0, 3));
                }
            }
        }
    }
}

/// Collect the paths of all numbers in a value.
fn numbers(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::Number(_) => paths.push(path),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| numbers(item, format!("{path}/{at}"), paths));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(key, item)| numbers(item, format!("{path}/{key}"), paths));
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_body_cut_and_pasted_is_never_a_panic(from in 0.0..1.0_f64, to in 0.0..1.0_f64, at in 0.0..1.0_f64) {
        let text = small().text;
        let body = &text[text.find("\"body\":").unwrap() + 7..text.len() - 2];
        let place = |share: f64| (body.len() as f64 * share) as usize;
        let (from, to) = (place(from.min(to)), place(from.max(to)));
        let pasted = [&body[..place(at)], &body[from..to], &body[place(at)..]].concat();
        let cut = [&body[..from], &body[to..]].concat();
        for body in [pasted, cut] {
            if let Ok(model) = sealed(&body) {
                drop(model.table(None).unwrap().score(&table().features));
            }
        }
    }

    #[test]
    fn any_text_is_refused(text in "\\PC{0,200}") {
        prop_assert!(Model::from_text(text).is_err());
    }
}

#[test]
fn the_same_data_and_seed_give_the_same_file_on_any_number_of_threads() {
    let file = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Model::new(&[fitted("isolation-forest")]).unwrap().text)
    };
    assert_eq!(file(1), file(1));
    assert_eq!(file(1), file(3));
}
