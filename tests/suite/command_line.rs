//! What the commands print, write and return.

use crate::program::{Ran, fixture, refusal, run, succeed, text, warnings};
use serde_json::Value;
use std::fs;

#[test]
fn compare_writes_a_report_per_table_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = fixture("");
    let ran = succeed(folder.path(), &["compare", "--data", text(&fixtures)]);
    assert_eq!(ran.stderr.lines().filter(|line| line.starts_with("wrote ")).count(), 3, "{}", ran.stderr);
    for table in ["auth", "process", "admin"] {
        assert!(folder.path().join("results").join(table).join("report.json").is_file());
        assert!(ran.stdout.contains(&format!("{table}_events:")), "{}", ran.stdout);
        assert!(ran.stderr.contains(&format!("wrote results/{table}/report.json")), "{}", ran.stderr);
    }
}

#[test]
fn the_json_holds_the_keys_that_others_rely_on() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = fixture("");
    let ran = succeed(
        folder.path(),
        &["compare", "--table", "auth", "--data", text(&fixtures), "--format", "json"],
    );
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&report["format"], &report["seed"]), (&1.into(), &42.into()));
    let table = &report["tables"][0];
    for key in ["table", "rows", "distinct_rows", "features", "suspicious_rate", "protocol", "warnings"] {
        assert!(!table[key].is_null(), "tables[0].{key}");
    }
    let keys =
        ["detector", "auc", "auc_interval", "average_precision", "precision", "recall", "f1", "threshold"];
    for run in table["runs"].as_array().unwrap() {
        for key in keys {
            assert!(run.get(key).is_some(), "tables[0].runs[].{key}");
        }
    }
    let written = fs::read_to_string(folder.path().join("results/auth/report.json")).unwrap();
    assert_eq!(written, ran.stdout, "the file and --format json are the same report");
}

#[test]
fn detectors_are_ranked_by_auc() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = fixture("");
    let ran = succeed(folder.path(), &["compare", "--data", text(&fixtures), "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    for table in report["tables"].as_array().unwrap() {
        let runs = table["runs"].as_array().unwrap();
        let aucs: Vec<f64> = runs.iter().map(|run| run["auc"].as_f64().unwrap()).collect();
        assert!(aucs.is_sorted_by(|a, b| a >= b), "{aucs:?}");
    }
}

#[test]
fn markdown_is_a_table_and_holds_the_warnings() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = fixture("");
    let arguments = ["compare", "--table", "auth", "--data", text(&fixtures), "--format", "markdown"];
    let ran = succeed(folder.path(), &arguments);
    assert_eq!(ran.stdout.matches("\n| detector").count(), 1, "{}", ran.stdout);
    assert!(ran.stdout.contains("\n- warning: "), "{}", ran.stdout);
    for other in ["\nwarning: ", "error: ", "NaN", "<table"] {
        assert!(!ran.stdout.contains(other), "{other} is in {}", ran.stdout);
    }
}

#[test]
fn piped_output_has_no_colour_and_no_progress() {
    let folder = tempfile::tempdir().unwrap();
    let ran = succeed(folder.path(), &["compare", "--data", text(&fixture(""))]);
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'));
}

#[test]
fn any_table_is_compared_without_a_schema() {
    let folder = tempfile::tempdir().unwrap();
    let rows = (0..60).map(|row| format!("{},{},{}\n", row % 7, ["a", "b"][row % 2], u8::from(row > 55)));
    fs::write(folder.path().join("t.csv"), format!("x,kind,bad\n{}", rows.collect::<String>())).unwrap();
    let ran = succeed(folder.path(), &["compare", "--file", "t.csv", "--label", "bad"]);
    let head = "t: 60 rows, 14 distinct, 2 features, 6.7 % suspicious (4)";
    assert_eq!(ran.stdout.lines().next(), Some(head));
    assert!(folder.path().join("results/t/report.json").is_file());
}

#[test]
fn a_table_without_labels_is_scored_and_not_measured() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..50).map(|row| format!("{},{}\n", row % 9, row % 4)).collect();
    fs::write(folder.path().join("t.csv"), format!("x,y\n{rows}")).unwrap();
    let ran = succeed(folder.path(), &["compare", "--file", "t.csv"]);
    assert_eq!(ran.stdout.lines().next(), Some("t: 50 rows, 36 distinct, 2 features, no labels"));
    let row = ran.stdout.lines().find(|line| line.trim_start().starts_with("lof ")).unwrap();
    assert_eq!(row.matches('–').count(), 5, "no metric of labels has a value: {row}");
    let hints: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("hint: ")).collect();
    assert_eq!(hints, ["hint: t, in-sample: name the label column with --label y"]);
}

#[test]
fn part_files_make_one_table() {
    let folder = tempfile::tempdir().unwrap();
    let parts = folder.path().join("parts");
    fs::create_dir(&parts).unwrap();
    let rows = |from: usize| {
        (from..from + 30).map(|row| format!("{},{}\n", row % 5, row % 10 / 9)).collect::<String>()
    };
    fs::write(parts.join("a.csv"), format!("x,bad\n{}", rows(0))).unwrap();
    fs::write(parts.join("b.csv"), format!("x,bad\n{}", rows(30))).unwrap();
    for path in ["parts", "parts/*.csv"] {
        let ran = succeed(folder.path(), &["compare", "--file", path, "--label", "bad"]);
        let (_, head) = ran.stdout.lines().next().unwrap().split_once(": ").unwrap();
        assert_eq!(head, "60 rows, 5 distinct, 1 feature, 10 % suspicious (6)", "{path}");
    }
}

#[test]
fn a_column_made_from_the_label_is_called_out() {
    let folder = tempfile::tempdir().unwrap();
    let rows = (0..160_u32).map(|row| {
        let bad = row.is_multiple_of(20);
        format!(
            "{},{},{},{}\n",
            row % 7,
            u8::from(bad),
            if bad { 9.5 } else { 1.0 + f64::from(row % 3) },
            u8::from(bad)
        )
    });
    fs::write(folder.path().join("t.csv"), format!("x,copy,trace,bad\n{}", rows.collect::<String>()))
        .unwrap();
    let arguments = ["compare", "--file", "t.csv", "--label", "bad", "--format"];
    let ran = succeed(folder.path(), &[&arguments[..], &["json"]].concat());
    let leaks = |ran: &Ran| -> Vec<String> {
        let omit = |line: &&str| line.contains("out of --features");
        warnings(ran).into_iter().filter(omit).map(str::to_owned).collect()
    };
    let copy = "t, in-sample: `copy` equals the label, so results with it are worthless; leave `copy` out of \
                --features";
    let trace = "t, in-sample: `trace` alone separates the classes perfectly: it may be derived from the \
                 label, unless it is known before the label; leave `trace` out of --features";
    assert_eq!(leaks(&ran), [copy, trace]);
    assert!(!ran.stderr.contains("`x`") && !ran.stderr.contains("hint: "), "{}", ran.stderr);
    // The findings quote the gravest warning, and stderr does not repeat it.
    let ran = succeed(folder.path(), &[&arguments[..], &["table"]].concat());
    assert_eq!(ran.stdout.matches("be careful: `copy` equals the label").count(), 1, "{}", ran.stdout);
    assert_eq!(leaks(&ran), [trace]);
    let hints: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("hint: ")).collect();
    assert_eq!(hints, ["hint: t, in-sample: leave `copy` out of --features"]);
}

#[test]
fn other_ways_to_give_the_label_away_are_called_out() {
    let folder = tempfile::tempdir().unwrap();
    let row = |row: usize| {
        let bad = row.is_multiple_of(20);
        let incident = if bad { "7".to_owned() } else { String::new() };
        let code = if bad { 1 } else { row % 2 * 2 };
        let gap = if row == 3 { String::new() } else { u8::from(bad).to_string() };
        format!("{},{incident},{code},{gap},{},{}\n", row % 7, u8::from(!bad), u8::from(bad))
    };
    let rows: String = (0..160).map(row).collect();
    fs::write(folder.path().join("t.csv"), format!("x,incident,code,gap,opposite,bad\n{rows}")).unwrap();
    let arguments = ["compare", "--file", "t.csv", "--label", "bad", "--format", "json"];
    let ran = succeed(folder.path(), &arguments);
    for column in ["incident", "code", "gap"] {
        let leak = format!("`{column}` alone separates the classes perfectly: ");
        assert_eq!(ran.stderr.matches(&leak).count(), 1, "{}", ran.stderr);
    }
    assert_eq!(ran.stderr.matches("`opposite` is the inverted label: ").count(), 1, "{}", ran.stderr);
    assert!(!ran.stderr.contains("`opposite` alone") && !ran.stderr.contains("equals the label"), "{ran:?}");
    assert!(!ran.stderr.contains("`x`"), "{}", ran.stderr);
}

#[test]
fn the_order_of_the_rows_moves_no_detector_without_seed() {
    let folder = tempfile::tempdir().unwrap();
    let value = |row: usize| {
        format!("{},{},{}\n", row * 7919 % 13, row * 104_729 % 5, u8::from(row.is_multiple_of(17)))
    };
    let rows: Vec<String> = (0..400).map(value).collect();
    let aucs = |name: &str, rows: Vec<&String>| {
        let text: String = rows.into_iter().cloned().collect();
        fs::write(folder.path().join(name), format!("x,y,bad\n{text}")).unwrap();
        let detectors = ["--detectors", "one-class-svm,lof", "--format", "json"];
        let arguments = [&["compare", "--file", name, "--label", "bad"][..], &detectors].concat();
        let report: Value = serde_json::from_str(&succeed(folder.path(), &arguments).stdout).unwrap();
        let runs = report["tables"][0]["runs"].as_array().unwrap().clone();
        runs.iter()
            .map(|run| format!("{} {:.9}", run["detector"], run["auc"].as_f64().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(aucs("forward.csv", rows.iter().collect()), aucs("backward.csv", rows.iter().rev().collect()));
}

#[test]
fn what_is_missing_in_a_csv_is_not_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let value = |row: usize| if row == 3 { "NA".to_owned() } else { format!("{}.5", row % 9) };
    let rows: String = (0..60).map(|row| format!("{},{}\n", value(row), u8::from(row > 50))).collect();
    fs::write(folder.path().join("t.csv"), format!("x,bad\n{rows}")).unwrap();
    let ran = succeed(folder.path(), &["compare", "--file", "t.csv", "--label", "bad"]);
    let missing = "t, in-sample: `x` has no usable value in 1 row, imputed as the training mean or most \
                   frequent level";
    let about_x: Vec<&str> = warnings(&ran).into_iter().filter(|line| line.contains("`x`")).collect();
    assert_eq!(about_x, [missing], "`x` is a number with a gap, and not a category");
}

#[test]
fn a_time_with_a_gap_is_no_feature() {
    let folder = tempfile::tempdir().unwrap();
    let time = |row: usize| if row == 3 { String::new() } else { format!("2025-01-06T08:{row:02}:00") };
    let rows: String =
        (0..60).map(|row| format!("{},{},{}\n", time(row), row % 9, u8::from(row > 50))).collect();
    fs::write(folder.path().join("t.csv"), format!("ts,x,bad\n{rows}")).unwrap();
    let ran = succeed(folder.path(), &["compare", "--file", "t.csv", "--label", "bad"]);
    assert!(ran.stdout.starts_with("t: 60 rows, 9 distinct, 1 feature, "), "{}", ran.stdout);
    let about_time: Vec<&str> = warnings(&ran).into_iter().filter(|line| line.contains("`ts`")).collect();
    assert_eq!(
        about_time,
        ["t, in-sample: the time column is ignored: t: column `ts` says no time in row 4"]
    );
}

#[test]
fn all_protocols_are_those_the_table_allows() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..60).map(|row| format!("{},{}\n", row % 9, u8::from(row > 50))).collect();
    fs::write(folder.path().join("t.csv"), format!("x,bad\n{rows}")).unwrap();
    let ran = succeed(folder.path(), &["compare", "--file", "t.csv", "--label", "bad", "--protocol", "all"]);
    let protocols: Vec<&str> =
        ran.stdout.lines().filter_map(|line| line.strip_prefix("protocol ")?.split(':').next()).collect();
    assert_eq!(protocols, ["in-sample", "holdout", "clean"]);
    let left_out: Vec<&str> = warnings(&ran).into_iter().filter(|line| line.contains("left out")).collect();
    assert_eq!(
        left_out,
        ["t, in-sample: protocol time is left out: there is no time column, which tells the past from the \
          future; name the time column with --time"]
    );
}

#[test]
fn repeated_runs_show_a_spread_beside_the_interval() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = fixture("");
    let arguments =
        ["compare", "--table", "admin", "--data", text(&fixtures), "--runs", "3", "--format", "json"];
    let report: Value = serde_json::from_str(&succeed(folder.path(), &arguments).stdout).unwrap();
    for run in report["tables"][0]["runs"].as_array().unwrap() {
        // Nothing moves a detector without seed on rows that are not divided.
        if ["isolation-forest", "autoencoder"].contains(&run["detector"].as_str().unwrap()) {
            assert_eq!(run["repeats"]["auc"]["runs"], 3);
            assert!(run["repeats"]["auc"]["sd"].as_f64().unwrap() > 0.0, "{run}");
        } else {
            assert!(run.get("repeats").is_none(), "{run}");
        }
        assert!(run["auc_interval"].is_array());
    }
}

#[test]
fn help_shows_examples_and_the_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let ran = succeed(folder.path(), &["--help"]);
    assert!(ran.stdout.contains("whis-lab compare --file events.csv") && ran.stdout.contains("Exit codes"));
    assert!(succeed(folder.path(), &["compare", "--help"]).stdout.contains("Examples:"));
}

#[test]
fn the_detectors_are_listed_with_their_parameters() {
    let folder = tempfile::tempdir().unwrap();
    let ran = succeed(folder.path(), &["detectors"]);
    for word in ["isolation-forest", "one-class-svm", "lof", "trees = 100", "k = 20"] {
        assert!(ran.stdout.contains(word), "{word} is not in {}", ran.stdout);
    }
}

#[test]
fn mistyped_names_are_answered_with_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    let said = |flag: &str, name: &str| refusal(&run(folder.path(), &["compare", "-q", flag, name]));
    let detector = said("--detectors", "isolation-forrest");
    let start = "there is no detector `isolation-forrest` (did you mean `isolation-forest`?); there are ";
    assert!(detector.starts_with(start) && !detector.contains("process"), "{detector}");
    assert_eq!(
        said("--table", "proces"),
        "there is no table `proces` (did you mean `process`?); there are auth, process, admin"
    );
}
