//! `evaluate`: a model, two models, or scores from elsewhere on labeled rows.

use crate::program::{fixture, refusal, run, succeed, text};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// A folder with two models of the auth table of the fixtures.
fn trained() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (model, detector) in [("a.whis", "isolation-forest"), ("b.whis", "lof")] {
        let fixtures = fixture("");
        let data = ["train", "-q", "--data", text(&fixtures), "--table", "auth"];
        succeed(folder.path(), &[&data[..], &["--detector", detector, "--out", model]].concat());
    }
    folder
}

fn evaluated(folder: &Path, arguments: &[&str]) -> Value {
    let all = [&["evaluate", "-q", "--format", "json"][..], arguments].concat();
    serde_json::from_str(&succeed(folder, &all).stdout).unwrap()
}

#[test]
fn a_model_has_the_numbers_of_a_comparison_and_more() {
    let folder = trained();
    let (file, fixtures) = (fixture("auth_events.parquet"), fixture(""));
    let answer = evaluated(folder.path(), &["--model", "a.whis", "--file", text(&file)]);
    let compared =
        ["compare", "-q", "--table", "auth", "--data", text(&fixtures), "--out", "none", "--format", "json"];
    let ran = succeed(
        folder.path(),
        &[&compared[..], &["--detectors", "isolation-forest", "--runs", "1"]].concat(),
    );
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let (model, run) = (&answer["models"][0], &report["tables"][0]["runs"][0]);
    for key in [
        "detector",
        "auc",
        "auc_interval",
        "partial_auc",
        "average_precision",
        "precision_at_k",
        "precision",
        "recall",
        "f1",
        "threshold",
        "flagged_rows",
    ] {
        assert_eq!(model[key], run[key], "{key}");
    }
    for key in ["average_precision", "precision", "recall", "f1"] {
        let (value, interval) = (model[key].as_f64().unwrap(), &model[&format!("{key}_interval")]);
        let ends = [&interval[0], &interval[1]].map(|end| end.as_f64().unwrap());
        assert!(ends[0] <= value && value <= ends[1], "{key}: {value} {ends:?}");
    }
    let count = |key: &str| model["confusion"][key].as_u64().unwrap();
    let rows = count("true_positives")
        + count("false_positives")
        + count("true_negatives")
        + count("false_negatives");
    assert_eq!((answer["rows"].as_u64(), answer["days"].as_u64()), (Some(rows), Some(31)));
    let flagged = count("true_positives") + count("false_positives");
    assert_eq!(model["flagged_per_day"].as_f64().unwrap(), flagged as f64 / 31.0);
}

#[test]
fn two_models_are_compared_on_the_same_rows() {
    let folder = trained();
    let file = fixture("auth_events.parquet");
    let arguments = ["--model", "a.whis", "--against", "b.whis", "--file", text(&file)];
    let answer = evaluated(folder.path(), &arguments);
    let pair = &answer["comparison"];
    let precisions = [0, 1].map(|at| answer["models"][at]["average_precision"].as_f64().unwrap());
    let difference = pair["average_precision_difference"].as_f64().unwrap();
    assert!((difference - (precisions[0] - precisions[1])).abs() < 1e-12, "{difference}");
    assert!((0.0..=1.0).contains(&pair["average_precision_p"].as_f64().unwrap()));
    let aucs = [0, 1].map(|at| answer["models"][at]["auc"].as_f64().unwrap());
    assert!((pair["auc_difference"].as_f64().unwrap() - (aucs[0] - aucs[1])).abs() < 1e-12);
    let flagged = [0, 1].map(|at| answer["models"][at]["flagged_rows"].as_u64().unwrap());
    let count = |key: &str| pair[key].as_u64().unwrap();
    assert_eq!(count("flagged_by_both") + count("flagged_by_first"), flagged[0]);
    assert_eq!(count("flagged_by_both") + count("flagged_by_second"), flagged[1]);
    let shown = succeed(folder.path(), &[&["evaluate", "-q"][..], &arguments].concat()).stdout;
    for part in ["auth_events: ", "a.whis", "b.whis", "AUC", "flagged a day", "both flag ", " (95 % "] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    let same = ["--model", "a.whis", "--against", "a.whis", "--file", text(&file)];
    let same = succeed(folder.path(), &[&["evaluate", "-q"][..], &same].concat()).stdout;
    assert!(same.contains("a.whis (model) and a.whis (against) cannot be told apart: AUC +0.0000"), "{same}");
}

#[test]
fn a_scored_file_is_measured_as_its_model() {
    let folder = trained();
    let file = fixture("auth_events.parquet");
    let by_model = evaluated(folder.path(), &["--model", "a.whis", "--file", text(&file)]);
    for out in ["scored.csv", "scored.parquet"] {
        succeed(folder.path(), &["score", "-q", "--model", "a.whis", text(&file), "--out", out]);
        let by_file = evaluated(folder.path(), &["--scores", out, "--label", "is_suspicious"]);
        for key in ["auc", "auc_interval", "average_precision", "f1", "confusion"] {
            assert_eq!(by_file["models"][0][key], by_model["models"][0][key], "{out}: {key}");
        }
    }
    let threshold = by_model["models"][0]["threshold"].to_string();
    let arguments = ["--scores", "scored.parquet", "--label", "is_suspicious", "--threshold", &threshold];
    let at_threshold = evaluated(folder.path(), &arguments);
    assert_eq!(at_threshold["models"][0]["confusion"], by_model["models"][0]["confusion"]);
}

#[test]
fn scores_without_flags_have_no_precision() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "1,0.5\n0,0.25\n0,0.75\n1,1\n0,0\n";
    fs::write(folder.path().join("t.csv"), format!("y,p\n{rows}")).unwrap();
    let arguments = ["--scores", "t.csv", "--label", "y", "--score", "p", "--at-k", "1,2"];
    let answer = evaluated(folder.path(), &arguments);
    let model = &answer["models"][0];
    assert_eq!(model["auc"].as_f64(), Some(5.0 / 6.0));
    assert_eq!((&model["precision"], &model["confusion"]), (&Value::Null, &Value::Null));
    assert_eq!(model["precision_at_k"][1]["precision"].as_f64(), Some(0.5));
    let csv = ["evaluate", "-q", "--format", "csv", "--out", "e.csv"];
    succeed(folder.path(), &[&csv[..], &arguments].concat());
    let written = fs::read_to_string(folder.path().join("e.csv")).unwrap();
    let fields = written.lines().map(|line| line.split(',').count()).collect::<Vec<_>>();
    assert_eq!(fields, [47, 47], "{written}");
    let markdown =
        succeed(folder.path(), &[&["evaluate", "-q", "--format", "markdown"][..], &arguments].concat());
    assert!(markdown.stdout.contains("| AUC | 0.8333 | "), "{}", markdown.stdout);
}

#[test]
fn what_cannot_be_measured_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.csv"), "y,p,word\n1,0.5,a\n0,,b\n").unwrap();
    let refused =
        |arguments: &[&str]| refusal(&run(folder.path(), &[&["evaluate", "-q"][..], arguments].concat()));
    let scores = |more: &[&str]| refused(&[&["--scores", "t.csv"][..], more].concat());
    assert_eq!(scores(&[]), "t: metrics need labels; name the label column with --label");
    assert_eq!(scores(&["--label", "y", "--score", "p"]), "t: column `p` has no number in row 2");
    assert_eq!(
        scores(&["--label", "y", "--score", "word"]),
        "t: column `word` holds text, and scores are numbers"
    );
    let missing = scores(&["--label", "y"]);
    assert!(missing.starts_with("t.csv: there is no column `score`"), "{missing}");
    assert_eq!(
        scores(&["--label", "y", "--score", "p", "--out", "t.csv"]),
        "t.csv: cannot be written: it is one of the files that this run reads or writes; nothing was changed there"
    );
}
