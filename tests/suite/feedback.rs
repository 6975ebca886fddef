//! What verdicts would buy: `compare --protocol feedback` and `plot discovery`.

use crate::program::{refusal, run, succeed};
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

/// A folder with `events.csv`: large values are attacks, and as many small ones are rare and normal.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let x = |row: usize| match row % 20 {
        3 => 60.0 + (row / 20) as f64 / 7.0,
        9 => -60.0 - (row / 20) as f64 / 7.0,
        _ => (row * 13 % 41) as f64 / 4.0,
    };
    let row = |row: usize| format!("{},{},{}\n", x(row), row * 7 % 31, usize::from(row % 20 == 3));
    let rows: String = (0..600).map(row).collect();
    fs::write(folder.path().join("events.csv"), format!("x,y,attack\n{rows}")).unwrap();
    folder
}

const REVIEW: [&str; 9] = [
    "--file",
    "events.csv",
    "--label",
    "attack",
    "--protocol",
    "feedback",
    "--detectors",
    "isolation-forest,hbos",
    "--runs",
];

#[test]
fn verdicts_find_more_than_the_untaught_order() {
    let folder = folder();
    let arguments =
        [&["compare", "-q"], &REVIEW[..], &["3", "--budget", "20", "--batch", "5", "--plots"]].concat();
    let ran = succeed(folder.path(), &arguments);
    assert!(ran.stdout.contains("gives 20 verdicts, learned 5 at a time"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("isolation-forest") && ran.stdout.contains("gains most: AP +"),
        "{}",
        ran.stdout
    );
    let text = fs::read_to_string(folder.path().join("results/events/feedback.json")).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    for detector in report["tables"][0]["detectors"].as_array().unwrap() {
        let last = detector["discovery"].as_array().unwrap().last().unwrap();
        let mean = |key: &str| last[key]["mean"].as_f64().unwrap();
        assert!(mean("taught") > mean("untaught") - 1.0, "{detector}");
        assert!(mean("taught") > last["random"].as_f64().unwrap(), "{detector}");
    }
    assert!(folder.path().join("results/events/discovery.svg").exists());
}

#[test]
fn the_answer_is_the_same_twice_and_has_all_formats() {
    let folder = folder();
    let of = |format: &str| {
        let arguments =
            [&["compare", "-q"], &REVIEW[..], &["2", "--budget", "10", "--format", format]].concat();
        succeed(folder.path(), &arguments).stdout
    };
    assert_eq!(of("json"), of("json"));
    assert!(of("markdown").contains("| isolation-forest |"));
    assert!(of("csv").starts_with("table,detector,verdicts,taught"));
}

#[test]
fn the_chart_is_drawn_alone() {
    let folder = folder();
    let arguments =
        [&["plot", "discovery"], &REVIEW[..], &["2", "--budget", "10", "--format", "png"]].concat();
    succeed(folder.path(), &arguments);
    assert!(folder.path().join("results/events/discovery.png").exists());
}

#[test]
fn the_page_shows_what_verdicts_find() {
    let folder = folder();
    let page_of = |arguments: &[&str]| {
        succeed(folder.path(), arguments);
        fs::read_to_string(folder.path().join("page.html")).unwrap()
    };
    let study = [&REVIEW[..], &["2", "--budget", "10"]].concat();
    let own = page_of(&[&["report", "-q", "--out", "page.html"], &study[..]].concat());
    for words in
        ["events <small>feedback", "AP untaught", "gains most", "what verdicts find", "95 % interval"]
    {
        assert!(own.replace('\u{a0}', " ").contains(words), "{words}");
    }
    // Beside a comparison, from the files of both.
    let plots = ["--plots", "--format", "json"];
    succeed(folder.path(), &[&["compare", "-q"], &study[..], &plots[..]].concat());
    let compared = ["compare", "-q", "--file", "events.csv", "--label", "attack", "--detectors", "hbos"];
    succeed(folder.path(), &[&compared[..], &plots[..]].concat());
    let files = ["results/events/report.json", "results/events/feedback.json"];
    let both = page_of(&["report", "-q", "--out", "page.html", "--report", files[0], "--report", files[1]]);
    assert!(both.contains("#feedback-0") && both.contains("#table-0"), "contents of both");
}

#[test]
fn impossible_requests_are_refused() {
    let folder = folder();
    let refused = |arguments: &[&str], words: &str| {
        let refusal = refusal(&run(folder.path(), arguments));
        assert!(refusal.contains(words), "{refusal}");
    };
    let with = |command: &[&'static str], more: &[&'static str]| [command, &REVIEW[..], more].concat();
    refused(&with(&["compare"], &["1", "--budget", "20/day"]), "it is a number of verdicts");
    refused(&with(&["compare"], &["1", "--batch", "0"]), "--batch must be at least 1");
    refused(&with(&["compare"], &["1", "--format", "latex"]), "no LaTeX table");
    refused(&with(&["plot", "roc"], &["1"]), "protocol feedback is one of `compare`");
    refused(&with(&["plot", "discovery,roc"], &["1"]), "comes alone");
    refused(&["plot", "discovery", "--file", "events.csv", "--label", "attack"], "needs --protocol feedback");
    refused(&["compare", "--file", "events.csv", "--label", "attack", "--budget", "20"], "such as 50/day");
    refused(
        &["compare", "--file", "events.csv", "--features", "x,y", "--protocol", "feedback"],
        "played by the label",
    );
}
