//! What is compared, and how: ensembles, settings that are tried, experiment files, limits.

use crate::program::{fixture, refusal, run, succeed, text};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The report of a comparison on the auth table of the fixtures.
fn compared(folder: &Path, arguments: &[&str]) -> Value {
    let fixtures = fixture("");
    let mut all = vec!["compare", "--table", "auth", "--data", text(&fixtures), "--format", "json"];
    all.extend(arguments);
    serde_json::from_str(&succeed(folder, &all).stdout).unwrap()
}

fn run_of<'a>(report: &'a Value, detector: &str) -> &'a Value {
    let runs = report["tables"][0]["runs"].as_array().unwrap();
    runs.iter().find(|run| run["detector"] == detector).unwrap_or_else(|| panic!("{detector} did not run"))
}

fn kinds(report: &Value) -> Vec<&str> {
    let warnings = report["tables"][0]["warnings"].as_array().unwrap();
    warnings.iter().map(|warning| warning["kind"].as_str().unwrap()).collect()
}

#[test]
fn an_ensemble_takes_part_beside_its_members_and_moves_none_of_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    // Holm's correction counts the detectors.
    let run_of = |report: &Value, detector: &str| {
        let mut run = run_of(report, detector).clone();
        run["against_chance"]["p_holm"] = Value::Null;
        run
    };
    let alone = compared(folder.path(), &["--detectors", "isolation-forest,lof"]);
    let ensemble = "mean(isolation-forest,lof)";
    let together = compared(folder.path(), &["--detectors", &format!("lof,isolation-forest,{ensemble}")]);
    for member in ["isolation-forest", "lof"] {
        assert_eq!(run_of(&alone, member), run_of(&together, member));
    }
    let only = compared(folder.path(), &["--detectors", ensemble]);
    assert_eq!(run_of(&only, ensemble), run_of(&together, ensemble));
}

#[test]
fn an_ensemble_is_scored_on_rows_that_it_never_saw() {
    let folder = tempfile::tempdir().unwrap();
    for combination in ["mean-rank", "max-standard", "mean-probability", "aom"] {
        let ensemble = format!("{combination}(isolation-forest,lof)");
        let report = compared(folder.path(), &["--protocol", "holdout", "--detectors", &ensemble]);
        let auc = run_of(&report, &ensemble)["auc"].as_f64().unwrap();
        assert!(auc > 0.6, "{ensemble}: {auc}");
    }
}

#[test]
fn a_grid_marks_the_choice_as_made_on_labels() {
    let folder = tempfile::tempdir().unwrap();
    let report = compared(folder.path(), &["--detectors", "lof", "--grid", "k=5,20"]);
    assert_eq!(run_of(&report, "lof(k=5)")["parameters"]["k"], 5);
    assert_eq!(run_of(&report, "lof(k=20)")["parameters"]["k"], 20);
    assert!(kinds(&report).contains(&"chosen-on-labels"));
    let single = compared(folder.path(), &["--detectors", "lof", "--params", "k=5"]);
    assert_eq!(run_of(&single, "lof")["auc"], run_of(&report, "lof(k=5)")["auc"]);
    assert!(!kinds(&single).contains(&"chosen-on-labels"));
}

#[test]
fn the_settings_of_a_grid_are_chosen_on_training_rows_or_not_tested() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--detectors", "lof,hbos", "--grid", "lof.k=5,20,50", "--protocol"];
    for (protocol, is_nested) in [("in-sample", false), ("clean", false), ("holdout", true), ("time", true)] {
        let report = compared(folder.path(), &[&arguments[..], &[protocol]].concat());
        let runs = report["tables"][0]["runs"].as_array().unwrap();
        let selections =
            runs.iter().filter_map(|run| Some((run["detector"].as_str()?, run.get("selection")?)));
        let selections: Vec<(&str, &Value)> = selections.collect();
        let chosen: Vec<&str> =
            selections.iter().filter(|(_, own)| own["is_chosen"] == true).map(|(name, _)| *name).collect();
        assert_eq!((selections.len(), chosen.len()), if is_nested { (3, 1) } else { (0, 0) }, "{protocol}");
        let highest =
            selections.iter().map(|(_, own)| own["training_auc"].as_f64().unwrap()).fold(0.0, f64::max);
        assert!(selections.iter().all(|(_, own)| own["is_chosen"] == (own["training_auc"] == highest)));
        for pair in report["tables"][0]["differences"].as_array().unwrap() {
            let is_free = |name: &Value| name == "hbos" || chosen.contains(&name.as_str().unwrap());
            let is_tested = is_free(&pair["better"]) && is_free(&pair["worse"]);
            assert_eq!(pair["p_holm"].is_number(), is_tested, "{protocol}: {pair}");
            let untested = if is_nested { "not-chosen" } else { "tried-on-these-rows" };
            assert_eq!(pair["claim"] == untested, !is_tested, "{protocol}: {pair}");
        }
    }
}

#[test]
fn repeated_splits_measure_the_chance_of_the_split() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--detectors", "hbos,one-class-svm", "--protocol", "holdout", "--splits"];
    let once = compared(folder.path(), &[&arguments[..], &["1"]].concat());
    let five = compared(folder.path(), &[&arguments[..], &["5"]].concat());
    assert_eq!(once["tables"][0]["runs"][0].get("over_splits"), None);
    let (mut means, runs) = (Vec::new(), five["tables"][0]["runs"].as_array().unwrap());
    for run in runs {
        let (auc, over) = (run["auc"].as_f64().unwrap(), &run["over_splits"]);
        assert_eq!((over["runs"].as_u64(), over["mean"].as_f64()), (Some(5), Some(auc)));
        assert!(over["sd"].as_f64().unwrap() > 0.0, "the splits differ");
        let [low, high] = [0, 1].map(|end| run["auc_interval"][end].as_f64().unwrap());
        assert!(low < auc && auc < high);
        means.push(auc);
    }
    let difference = five["tables"][0]["differences"][0]["auc_difference"].as_f64().unwrap();
    assert!((difference - (means[0] - means[1])).abs() < 1e-12, "{difference} {means:?}");
    let refused = |arguments: &[&str]| {
        refusal(&run(folder.path(), &[&["compare", "-q", "--splits", "3"], arguments].concat()))
    };
    assert!(refused(&[]).starts_with("splits repeats a random split"));
    assert!(
        refused(&["--protocol", "holdout", "--grid", "lof.k=5,9"]).starts_with("splits cannot repeat a grid")
    );
}

#[test]
fn holm_counts_the_pairs_of_all_tables_and_protocols_of_a_call() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--detectors", "lof,hbos,one-class-svm", "--protocol"];
    let one = compared(folder.path(), &[&arguments[..], &["in-sample"]].concat());
    let all = compared(folder.path(), &[&arguments[..], &["all"]].concat());
    let tables = |report: &Value| report["tables"].as_array().unwrap().clone();
    assert_eq!(one["tables"][0]["tested_pairs"], 3);
    assert!(tables(&all).iter().all(|table| table["tested_pairs"] == 12));
    let pairs = tables(&all).into_iter().flat_map(|table| table["differences"].as_array().unwrap().clone());
    let smallest = pairs.map(|pair| (pair["p"].as_f64().unwrap(), pair["p_holm"].as_f64().unwrap()));
    let (p, corrected) = smallest.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    assert!((corrected - (12.0 * p).min(1.0)).abs() < 1e-15, "{p} {corrected}");
}

#[test]
fn the_margin_of_equivalence_is_printed_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--detectors", "lof,hbos", "--equivalence"];
    let wide = compared(folder.path(), &[&arguments[..], &["0.5"]].concat());
    assert_eq!(wide["tables"][0]["equivalence"], 0.5);
    let refused = ["compare", "-q", "--table", "admin", "--equivalence", "0"];
    assert_eq!(
        refusal(&run(folder.path(), &refused)),
        "equivalence must be above 0 and at most 0.5, but is 0"
    );
}

#[test]
fn a_limit_fits_a_sample_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let report = compared(folder.path(), &["--detectors", "lof", "--fit-rows", "300"]);
    let sampled = run_of(&report, "lof")["sampled_rows"].as_u64().unwrap();
    assert!((50..=300).contains(&sampled), "{sampled}");
    assert!(kinds(&report).contains(&"fitted-on-sample"));
    assert_eq!(report["tables"][0]["scored_rows"], report["tables"][0]["rows"]);
    let unlimited = compared(folder.path(), &["--detectors", "lof", "--time-limit", "3600"]);
    assert!(run_of(&unlimited, "lof").get("sampled_rows").is_none());
}

#[test]
fn an_experiment_file_says_what_flags_would() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("studies")).unwrap();
    fs::copy(fixture("auth_events.parquet"), folder.path().join("studies/auth_events.parquet")).unwrap();
    let file =
        "data = '.'\ntable = ['auth']\ndetectors = ['lof']\ncontamination = 0.02\n[params.lof]\nk = 9\n";
    fs::write(folder.path().join("studies/lof.toml"), file).unwrap();
    let arguments = ["compare", "--experiment", "studies/lof.toml", "--format", "json"];
    let from_file = succeed(folder.path(), &arguments).stdout;
    let flags = ["--detectors", "lof", "--params", "lof.k=9", "--contamination", "0.02"];
    let from_flags = compared(folder.path(), &flags);
    let from_file: Value = serde_json::from_str(&from_file).unwrap();
    assert_eq!(from_file["tables"], from_flags["tables"]);
}

#[test]
fn wrong_studies_are_refused_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let refused =
        |arguments: &[&str]| refusal(&run(folder.path(), &[&["compare", "-q"], arguments].concat()));
    for (arguments, message) in [
        (&["--detectors", "mean(lof)"][..], "ensemble: `members` must be 2 to 32 detectors, but is 1"),
        (&["--detectors", "lof", "--grid", "q=1,2"], "lof has no parameter `q`; it has `k`, `duplicates`"),
        (&["--detectors", "lof", "--time-limit", "0"], "time-limit must be above 0 seconds, but is 0"),
        (
            &["--params", "k=3"],
            "`k=3` names no detector; write ID.k=3 with one of the ids isolation-forest, one-class-svm, lof, \
             autoencoder",
        ),
    ] {
        assert_eq!(refused(arguments), message);
    }
    let unknown = refused(&["--detectors", "mean(lof,knm)"]);
    let answer = "there is no detector `knm` (did you mean `knn`?); there are isolation-forest, ";
    assert!(unknown.starts_with(answer) && !unknown.contains("combination"), "{unknown}");
    let unknown = refused(&["--detectors", "ensemble(lof,lof)"]);
    assert!(unknown.starts_with("there is no combination `ensemble`; there are mean, max, "), "{unknown}");
    assert!(!unknown.contains("no detector") && !unknown.contains("did you mean"), "{unknown}");
    // The reason is that of the operating system.
    let missing = refused(&["--experiment", "nowhere.toml"]);
    assert!(missing.starts_with("nowhere.toml: ") && !missing.contains("TOML"), "{missing}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is written");
}
