//! What a comparison gives back beside its table: scores of every row, other formats, its provenance.

use crate::program::{fixture, refusal, run, succeed, text, warnings};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use whis_lab::table::{self, CsvOptions, Features, Request};

/// `compare` on the admin table of the fixtures, whose report is not written.
fn admin(folder: &Path, arguments: &[&str]) -> String {
    let fixtures = fixture("");
    let all = ["compare", "-q", "--table", "admin", "--data", text(&fixtures), "--out", "none"];
    succeed(folder, &[&all[..], arguments].concat()).stdout
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&admin(folder, &[arguments, &["--format", "json"]].concat())).unwrap()
}

/// The records of a CSV without quotes, each as its fields by name.
fn records(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let record = |line: &str| {
        let fields =
            names.iter().zip(line.split(',')).map(|(name, field)| ((*name).to_owned(), field.to_owned()));
        fields.collect()
    };
    lines.map(record).collect()
}

/// The share of pairs in which the suspicious row scores higher; equal scores count one half.
fn auc(rows: &[(f64, bool)]) -> f64 {
    let of = |class: bool| rows.iter().filter(move |row| row.1 == class).map(|row| row.0);
    let win = |a: f64, b: f64| if a > b { 1.0 } else { f64::from(u8::from(a == b)) / 2.0 };
    let wins: f64 = of(true).map(|a| of(false).map(|b| win(a, b)).sum::<f64>()).sum();
    wins / (of(true).count() * of(false).count()) as f64
}

const DETECTORS: [&str; 2] = ["--detectors", "isolation-forest,lof"];
const ONE_SEED: [&str; 2] = ["--runs", "1"];

#[test]
fn every_auc_can_be_computed_again_from_the_scores() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--protocol", "all", "--scores", "scores.csv"];
    let report = json(folder.path(), &[&arguments[..], &DETECTORS].concat());
    let scores = records(&fs::read_to_string(folder.path().join("scores.csv")).unwrap());
    let tables = report["tables"].as_array().unwrap();
    assert_eq!(tables.len(), 4, "the demo table allows every protocol");
    let all_rows = tables[0]["rows"].as_u64().unwrap() as usize;
    assert_eq!(scores.len(), 4 * all_rows);
    for table in tables {
        let own: Vec<_> = scores.iter().filter(|row| table["protocol"] == row["protocol"].as_str()).collect();
        let numbers = own.iter().map(|row| row["row"].parse::<usize>().unwrap());
        assert!(numbers.eq(1..=all_rows), "rows are numbered from 1, in order");
        let test: Vec<_> = own.iter().filter(|row| row["is_test"] == "true").collect();
        assert_eq!(table["scored_rows"], test.len());
        for run in table["runs"].as_array().unwrap() {
            // The report has the mean over the seeds.
            let detector = run["detector"].as_str().unwrap();
            let seeds = own[0]
                .keys()
                .filter(|name| *name == detector || name.starts_with(&format!("{detector} seed ")));
            let of_seed = |name: &String| {
                let score =
                    |row: &&&BTreeMap<String, String>| (row[name].parse().unwrap(), row["label"] == "1");
                auc(&test.iter().map(score).collect::<Vec<_>>())
            };
            let aucs: Vec<f64> = seeds.map(of_seed).collect();
            assert_eq!(aucs.len(), if detector == "lof" { 1 } else { 5 });
            let expected = run["auc"].as_f64().unwrap();
            let again = aucs.iter().sum::<f64>() / aucs.len() as f64;
            assert!((again - expected).abs() <= 1e-12, "{}: {again}, {expected}", table["protocol"]);
        }
    }
    let trained = |protocol: &str| {
        scores.iter().filter(|row| row["protocol"] == protocol && row["lof"].is_empty()).count()
    };
    assert!(trained("holdout") == 0 && trained("clean") > 0, "a row in neither part has no score");
}

#[test]
fn scores_in_parquet_are_those_in_csv() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["scores.csv", "scores.parquet"] {
        admin(folder.path(), &[&["--scores", file][..], &DETECTORS].concat());
    }
    let lof = |file: &str| {
        let features = Features::Named(vec!["row".into(), "lof".into()]);
        let request = Request {
            table: "t".into(),
            features,
            label: None,
            time: None,
            categorical: vec![],
            time_features: false,
            csv: CsvOptions::default(),
            ..Request::default()
        };
        table::read(&folder.path().join(file), &request).unwrap().features
    };
    assert_eq!(lof("scores.csv"), lof("scores.parquet"));
    let arguments = ["compare", "-q", "--table", "admin", "--scores", "scores.txt"];
    assert_eq!(refusal(&run(folder.path(), &arguments)), "--scores scores.txt: use .parquet or .csv");
}

#[test]
fn a_training_row_finds_itself_in_score_but_not_in_compare() {
    let folder = tempfile::tempdir().unwrap();
    let file = fixture("admin_events.parquet");
    admin(folder.path(), &[&["--scores", "in-sample.csv"][..], &DETECTORS].concat());
    let in_sample = records(&fs::read_to_string(folder.path().join("in-sample.csv")).unwrap());
    let differing = |detector: &str| {
        let data = ["--data", text(file.parent().unwrap()), "--table", "admin"];
        let train = ["train", "-q", "--out", "m.whis", "--detector", detector];
        succeed(folder.path(), &[&train[..], &data].concat());
        let score =
            ["score", "-q", "--model", "m.whis", text(&file), "--out", "s.csv", "--columns", "method"];
        succeed(folder.path(), &score);
        let scored = records(&fs::read_to_string(folder.path().join("s.csv")).unwrap());
        assert_eq!(scored.len(), in_sample.len());
        let number = |row: &BTreeMap<String, String>, name: &str| row[name].parse::<f64>().unwrap();
        scored.iter().zip(&in_sample).filter(|(a, b)| number(a, "score") != number(b, detector)).count()
    };
    assert_eq!(differing("isolation-forest"), 0);
    assert!(differing("lof") > 0);
}

#[test]
fn the_top_of_the_ranking_is_in_json_always_and_in_the_table_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        json(folder.path(), &[arguments, &DETECTORS, &ONE_SEED].concat())["tables"][0]["runs"][0].clone()
    };
    let plain = run(&[]);
    let ks: Vec<u64> =
        plain["precision_at_k"].as_array().unwrap().iter().map(|at| at["k"].as_u64().unwrap()).collect();
    assert_eq!(ks, [10, 50, 100]);
    let partial = plain["partial_auc"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&partial));
    let own = run(&["--at-k", "5,100000", "--max-fpr", "1"]);
    assert!((own["partial_auc"].as_f64().unwrap() - own["auc"].as_f64().unwrap()).abs() < 1e-12);
    assert_eq!(own["precision_at_k"][1]["precision"], Value::Null, "there are fewer rows");
    let head = |arguments: &[&str]| {
        let table = admin(folder.path(), &[arguments, &DETECTORS, &ONE_SEED].concat());
        table.lines().find(|line| line.trim_start().starts_with("detector ")).unwrap().to_owned()
    };
    assert!(!head(&[]).contains("P@"));
    let top = head(&["--metrics", "top"]);
    assert!(top.contains("pAUC 0.01") && top.contains("P@100") && !top.contains("recall"), "{top}");
    assert!(head(&["--at-k", "20"]).contains(" P@20 "));
    let refused = |arguments: &[&str]| {
        let all = ["compare", "-q", "--table", "admin", "--out", "none"];
        refusal(&crate::program::run(folder.path(), &[&all[..], arguments].concat()))
    };
    assert_eq!(refused(&["--max-fpr", "0"]), "max-fpr must be above 0 and at most 1, but is 0");
    assert_eq!(refused(&["--at-k", "0"]), "at-k must be at least 1, but is 0");
}

#[test]
fn precision_is_restated_at_another_prevalence() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [&["--prevalence", "1e-4"][..], &DETECTORS, &ONE_SEED].concat();
    let report = json(folder.path(), &arguments);
    let table = &report["tables"][0];
    let number = |value: &Value| value.as_f64().unwrap();
    let suspicious = number(&table["scored_suspicious_rows"]);
    let normal = number(&table["scored_rows"]) - suspicious;
    for run in table["runs"].as_array().unwrap() {
        let recall = number(&run["recall"]);
        let false_positive_rate = (number(&run["flagged_rows"]) - recall * suspicious) / normal;
        let expected = recall * 1e-4 / (recall * 1e-4 + false_positive_rate * (1.0 - 1e-4));
        let restated = &run["at_prevalence"];
        assert!((number(&restated["precision"]) - expected).abs() < 1e-12, "{restated}");
        let ends = [0, 1].map(|end| number(&restated["interval"][end]));
        // `lof` finds nothing here, so its precision is 0 everywhere.
        assert!(ends[0] <= expected && expected < ends[1], "{restated}");
        assert!(expected <= number(&run["precision"]) / 50.0, "the table has 2 % suspicious rows");
    }
    let text = admin(folder.path(), &["--prevalence", "1e-4"]);
    let table = text.lines().skip_while(|line| !line.trim_start().starts_with("detector "));
    assert!(table.take(5).all(|line| line.chars().count() <= 100), "{text}");
    assert!(text.contains(" at 0.0001 ") && text.contains("where a share of 0.0001 of the rows"), "{text}");
    assert!(!admin(folder.path(), &[DETECTORS, ONE_SEED].concat()).contains(" at 0.0001 "));
    let all = ["compare", "-q", "--table", "admin", "--out", "none", "--prevalence", "2"];
    let refused = refusal(&run(folder.path(), &all));
    assert_eq!(refused, "--prevalence 2: expected a share between 0 and 1, such as 1e-4");
}

#[test]
fn the_table_has_at_most_100_columns_and_the_top_has_the_interval_of_average_precision() {
    let folder = tempfile::tempdir().unwrap();
    for metrics in ["standard", "top"] {
        let text = admin(folder.path(), &["--runs", "2", "--metrics", metrics]);
        let table = text.lines().skip_while(|line| !line.trim_start().starts_with("detector "));
        for line in table.take(5) {
            assert!(line.chars().count() <= 100, "{metrics}: {line}");
        }
    }
    let report = json(folder.path(), &["--runs", "2"]);
    for run in report["tables"][0]["runs"].as_array().unwrap() {
        for key in ["average_precision", "partial_auc", "precision", "recall"] {
            let (value, interval) = (run[key].as_f64().unwrap(), &run[&format!("{key}_interval")]);
            let ends = [0, 1].map(|end| interval[end].as_f64().unwrap());
            assert!(ends[0] <= value && value <= ends[1] && ends[0] < ends[1], "{key}: {value} {ends:?}");
        }
    }
    for pair in report["tables"][0]["differences"].as_array().unwrap() {
        let value = |name: &Value| {
            let runs = report["tables"][0]["runs"].as_array().unwrap();
            let run = runs.iter().find(|run| run["detector"] == *name).unwrap();
            run["average_precision"].as_f64().unwrap()
        };
        let difference = pair["average_precision"]["difference"].as_f64().unwrap();
        assert!((difference - (value(&pair["better"]) - value(&pair["worse"]))).abs() < 1e-12, "{pair}");
        assert!(pair["average_precision"]["p_holm"].as_f64() >= pair["average_precision"]["p"].as_f64());
    }
}

#[test]
fn csv_has_one_record_per_run_and_latex_one_table() {
    let folder = tempfile::tempdir().unwrap();
    let report = json(folder.path(), &[DETECTORS, ONE_SEED].concat());
    let csv = records(&admin(folder.path(), &[&["--format", "csv"][..], &DETECTORS, &ONE_SEED].concat()));
    let runs = report["tables"][0]["runs"].as_array().unwrap();
    assert_eq!(csv.len(), runs.len());
    for (record, run) in csv.iter().zip(runs) {
        assert_eq!(run["detector"], record["detector"].as_str());
        for (field, key) in
            [("auc", &run["auc"]), ("auc_low", &run["auc_interval"][0]), ("threshold", &run["threshold"])]
        {
            assert_eq!(record[field].parse::<f64>().ok(), key.as_f64(), "{field}");
        }
    }
    let latex = admin(folder.path(), &[&["--format", "latex"][..], &DETECTORS, &ONE_SEED].concat());
    assert_eq!(latex.matches("\\begin{tabular}{lrrrrrr}").count(), 1, "{latex}");
    assert!(latex.contains("\\caption{admin\\_events: ") && latex.contains("95 \\% interval"), "{latex}");
}

#[test]
fn a_report_names_its_version_command_and_files_and_no_path() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("day 1.csv");
    let rows: String = (0..200).map(|row| format!("{},{}\n", row % 9, u8::from(row % 50 == 0))).collect();
    fs::write(&copy, format!("x,bad\n{rows}")).unwrap();
    let report = |out: &str, more: &[&str]| {
        let arguments =
            ["compare", "-q", "--file", text(&copy), "--label", "bad", "--detectors", "hbos", "--out", out];
        succeed(folder.path(), &[&arguments[..], more].concat());
        fs::read_to_string(folder.path().join(out).join("day_1/report.json")).unwrap()
    };
    let first = report("a", &[]);
    assert_eq!(first, report("b", &["--threads", "1"]));
    assert!(!first.contains(text(folder.path())), "{first}");
    let made = serde_json::from_str::<Value>(&first).unwrap()["provenance"].clone();
    assert_eq!(made["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(made["command"], "whis-lab compare --file 'day 1.csv' --label bad --detectors hbos");
    assert_eq!(made["files"].as_array().unwrap().len(), 1);
    assert_eq!(made["files"][0]["name"], "day 1.csv");
    assert_eq!(made["files"][0]["sha256"], whis_lab::digest::sha256(&fs::read(&copy).unwrap()));
    assert!(made.get("date").is_none());
    let timed: Value = serde_json::from_str(&report("c", &["--timings"])).unwrap();
    assert!(timed["provenance"]["date"].as_str().unwrap().ends_with('Z'));
    let store = json(folder.path(), &DETECTORS);
    let names: Vec<&str> = store["provenance"]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["admin_events.parquet"], "the tables of the store that were not read are not named");
}

#[test]
fn out_none_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert!(admin(folder.path(), &DETECTORS).starts_with("admin_events: "));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let arguments = ["compare", "-q", "--table", "admin", "--out", "none", "--plots"];
    let message = "--plots needs a folder, but --out none writes no file";
    assert_eq!(refusal(&run(folder.path(), &arguments)), message);
}

#[test]
fn a_contamination_that_limits_precision_or_recall_is_called_out() {
    let folder = tempfile::tempdir().unwrap();
    let warned = |every: usize, contamination: &str| -> Vec<String> {
        let row =
            |row: usize| format!("{},{}\n", (row * 7919 % 1009).pow(2), u8::from(row.is_multiple_of(every)));
        fs::write(folder.path().join("t.csv"), format!("x,y\n{}", (0..1000).map(row).collect::<String>()))
            .unwrap();
        let arguments =
            ["compare", "--file", "t.csv", "--label", "y", "--detectors", "knn", "--out", "none", "--format"];
        let ran =
            succeed(folder.path(), &[&arguments[..], &["json", "--contamination", contamination]].concat());
        let limits = |line: &&str| line.contains("cannot exceed");
        warnings(&ran).into_iter().filter(limits).map(str::to_owned).collect()
    };
    let precision = "t, in-sample: 15 % of the rows are flagged but only 2.0 % are suspicious, so precision cannot \
                     exceed 0.133; try --contamination 0.02";
    assert_eq!(warned(50, "0.15"), [precision]);
    let recall = "t, in-sample: 10 % of the rows are flagged but 33 % are suspicious, so recall cannot exceed \
                  0.299; try --contamination 0.33";
    assert_eq!(warned(3, "0.1"), [recall]);
    assert!(warned(10, "0.1").is_empty());
}
