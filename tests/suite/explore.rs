//! `whis-lab explore`: its numbers held against those of pandas and scipy, recorded in
//! `fixtures/reference/explore.json` with their origin, and what the command prints.

use crate::program::{Ran, fixture, refusal, run, succeed, text, warnings};
use serde_json::Value;
use std::fs;
use std::path::Path;
use whis_lab::explore::{Exploration, FeatureSummary, Group, explore};
use whis_lab::schema;
use whis_lab::table::{self, Categories, Column, Request, Table, Values};

fn recorded() -> Value {
    let text = fs::read_to_string(fixture("reference/explore.json")).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert!(value["origin"]["versions"]["pandas"].is_string(), "the fixture says where it comes from");
    value
}

/// The random table of the fixture, or a table of `fixtures`.
fn table(name: &str, random: &Value) -> Table {
    if name != "random" {
        let request = Request::of_schema(&schema::find(name).unwrap());
        return table::read(&fixture(&format!("{name}.parquet")), &request).unwrap();
    }
    let array = |name: &str| random[name].as_array().unwrap();
    let real =
        |name: &str| Values::Real(array(name).iter().map(|x| x.as_f64().unwrap_or(f64::NAN)).collect());
    let word = |name: &str| Values::Text(array(name).iter().map(Value::as_str).collect::<Categories>());
    let names = ["normal", "large", "skewed", "counts", "flag", "constant", "nothing", "word"];
    let values = |name: &str| if name == "word" { word(name) } else { real(name) };
    Table {
        name: name.to_owned(),
        features: names.iter().map(|&name| Column { name: name.to_owned(), values: values(name) }).collect(),
        labels: Some(array("truth").iter().map(|x| x.as_bool().unwrap()).collect()),
        times: Some(array("time").iter().map(|x| x.as_i64().unwrap()).collect()),
        ..Table::default()
    }
}

/// Equal to 1e-9 of the larger; what is null on one side is null on both.
#[track_caller]
fn assert_close(what: &str, found: Option<f64>, expected: &Value) {
    match (found, expected.as_f64()) {
        (Some(found), Some(expected)) => {
            let apart = (found - expected).abs() / expected.abs().max(1.0);
            assert!(apart < 1e-9, "{what}: {found} instead of {expected}");
        }
        (found, expected) => assert_eq!(found, expected, "{what}"),
    }
}

fn assert_feature(table: &str, found: &FeatureSummary, expected: &Value) {
    let what = |key: &str| format!("{table}.{}: {key}", found.name);
    assert_eq!(found.name, expected["name"].as_str().unwrap());
    for (key, found) in [("count", found.count), ("missing", found.missing), ("distinct", found.distinct)] {
        assert_eq!(Some(found), expected[key].as_u64(), "{}", what(key));
    }
    assert_close(&what("commonest_share"), Some(found.commonest_share), &expected["commonest_share"]);
    for (key, found) in [
        ("mean", found.mean),
        ("std", found.std),
        ("min", found.min),
        ("q25", found.q25),
        ("median", found.median),
        ("q75", found.q75),
        ("max", found.max),
        ("association", found.association),
    ] {
        assert_close(&what(key), found, &expected[key]);
    }
}

/// The same groups, whatever their order; those without rows and those without a value are left out.
fn assert_groups(what: &str, found: &[Group], expected: &Value) {
    let mut found: Vec<_> = found
        .iter()
        .filter(|group| group.rows > 0 && group.name != "(missing)")
        .map(|group| (group.name.to_lowercase(), group.rows, group.suspicious.unwrap()))
        .collect();
    let name = |group: &Value| group[0].as_str().unwrap().trim_end_matches(".0").to_lowercase();
    let expected = expected.as_array().unwrap();
    let mut expected: Vec<_> = expected
        .iter()
        .map(|group| (name(group), group[1].as_u64().unwrap(), group[2].as_u64().unwrap()))
        .collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "{what}");
}

fn assert_histograms(found: &Exploration, expected: &Value) {
    let features = expected["features"].as_array().unwrap();
    let numeric: Vec<&Value> = features.iter().filter(|feature| feature["histogram"].is_object()).collect();
    assert_eq!(found.by_class.len(), numeric.len(), "{}", found.table);
    for (class, feature) in found.by_class.iter().zip(numeric) {
        assert_eq!(class.feature, feature["name"].as_str().unwrap());
        let histogram = &feature["histogram"];
        let edges = histogram["edges"].as_array().unwrap();
        assert_eq!(class.histogram.edges.len(), edges.len(), "{}", class.feature);
        for (edge, expected) in class.histogram.edges.iter().zip(edges) {
            assert_close(&class.feature, Some(*edge), expected);
        }
        let counts = |key: &str| -> Vec<u64> {
            histogram[key].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).collect()
        };
        assert_eq!(class.histogram.normal, counts("normal"), "{}", class.feature);
        assert_eq!(class.histogram.suspicious, counts("suspicious"), "{}", class.feature);
    }
}

#[test]
fn tables_are_described_as_pandas_and_scipy_describe_them() {
    let recorded = recorded();
    let tables = recorded["tables"].as_array().unwrap();
    assert_eq!(tables.len(), 4);
    for expected in tables {
        let name = expected["table"].as_str().unwrap();
        let found = explore(&table(name, &recorded["random"]));
        assert_eq!(Some(found.rows), expected["rows"].as_u64());
        assert_eq!(Some(found.distinct_rows), expected["distinct_rows"].as_u64());
        assert_eq!(found.suspicious_rows, expected["suspicious_rows"].as_u64());
        assert_close(name, Some(found.commonest_row_share), &expected["commonest_row_share"]);
        assert_close(name, found.suspicious_rate, &expected["suspicious_rate"]);
        let features = expected["features"].as_array().unwrap();
        assert_eq!(found.features.len(), features.len(), "{name}");
        for (found, expected) in found.features.iter().zip(features) {
            assert_feature(name, found, expected);
        }
        assert_histograms(&found, expected);
        assert_groups(name, &found.by_hour, &expected["by_hour"]);
        assert_groups(name, &found.by_day, &expected["by_day"]);
        assert_eq!(found.by_category.len(), expected["by_category"].as_object().unwrap().len(), "{name}");
        for grouping in &found.by_category {
            assert_groups(&grouping.feature, &grouping.groups, &expected["by_category"][&grouping.feature]);
        }
    }
}

/// Explore a CSV file made of these lines.
fn explored(lines: &str, arguments: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.csv"), lines).unwrap();
    succeed(folder.path(), &[&["explore", "--file", "t.csv"], arguments].concat())
}

fn of_fixtures(arguments: &[&str]) -> String {
    succeed(Path::new("."), &[&["explore", "--data", text(&fixture(""))], arguments].concat()).stdout
}

#[test]
fn the_json_is_an_exploration_per_table_and_the_same_bytes_twice() {
    let json = of_fixtures(&["--format", "json"]);
    assert_eq!(json, of_fixtures(&["--format", "json", "--threads", "1"]));
    let answer: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(answer["format"], 1);
    let tables: Vec<Exploration> = serde_json::from_value(answer["tables"].clone()).unwrap();
    let names: Vec<&str> = tables.iter().map(|table| table.table.as_str()).collect();
    assert_eq!(names, ["auth_events", "process_events", "admin_events"]);
    assert!(tables.iter().all(|table| table.by_hour.len() == 24 && !table.by_day.is_empty()));
}

#[test]
fn a_terminal_shows_a_table_within_a_hundred_columns_and_sixty_lines() {
    for table in ["auth", "process", "admin"] {
        let shown = of_fixtures(&["--table", table]);
        assert!(shown.lines().count() <= 60, "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
        for words in
            ["distinct", "median", "by hour of the day (UTC)", "█", "by day (UTC)", "r: point-biserial"]
        {
            assert!(shown.contains(words), "{words} is not in {shown}");
        }
    }
}

#[test]
fn markdown_has_tables_of_numbers_groups_and_hours() {
    let shown = of_fixtures(&["--table", "auth", "--format", "markdown"]);
    for words in ["## auth_events", "| number ", "| category ", "| hour |", "### By hour", "| asset_class "] {
        assert!(shown.contains(words), "{words} is not in {shown}");
    }
}

#[test]
fn a_table_without_labels_has_no_rates() {
    let shown = explored("x,kind\n1,a\n2,b\n5,a\n", &[]).stdout;
    assert!(shown.contains("no labels") && shown.contains("no times"), "{shown}");
    assert!(!shown.contains("suspicious") && !shown.contains("point-biserial"), "{shown}");
}

#[test]
fn without_times_the_hours_come_from_their_feature() {
    let shown = explored("hour_of_day,bad\n3,0\n4,1\n4,0\n", &["--label", "bad"]).stdout;
    assert!(shown.contains("by `hour_of_day`") && !shown.contains("by day"), "{shown}");
}

#[test]
fn one_row_is_explored() {
    let file = fixture("bad/one_row.parquet");
    let arguments = ["explore", "--file", text(&file), "--label", "is_suspicious"];
    let shown = succeed(Path::new("."), &arguments).stdout;
    assert!(shown.contains("1 row,") && shown.contains("every row is suspicious"), "{shown}");
}

#[test]
fn many_features_with_long_names_fit_a_terminal_and_are_all_in_markdown() {
    let name = |at: usize| format!("a_feature_with_quite_a_long_name_{at}");
    let header: String = (0..40).map(|at| name(at) + ",").collect();
    let row = |row: usize| {
        (0..40).map(|at| format!("{},", row * 7 % 20 * at * 123_457)).collect::<String>() + "7\n"
    };
    let lines = format!("{header}last\n{}", (0..20).map(row).collect::<String>());
    let shown = explored(&lines, &[]).stdout;
    assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
    assert!(!shown.contains("25 %"), "the outer quartiles give way: {shown}");
    assert!(shown.contains("… 29 more numeric features: the Markdown form shows all"), "{shown}");
    let shown = explored(&lines, &["--format", "markdown"]).stdout;
    assert!(shown.contains("25 %") && (0..40).all(|at| shown.contains(&name(at))), "{shown}");
}

#[test]
fn constant_and_empty_columns_are_named_in_words() {
    let lines: String =
        (0..300).map(|row| format!("{},7,{},,{}\n", row * 7 % 300, row / 299, row % 2)).collect();
    for format in ["table", "markdown"] {
        let arguments = ["--label", "bad", "--format", format];
        let ran = explored(&format!("x,same,rare,none,bad\n{lines}"), &arguments);
        assert_eq!(warnings(&ran), ["t: `none` is left out: it has no value in any row"]);
        let shown = ran.stdout;
        assert!(shown.contains("`same` is constant"), "{shown}");
        assert!(shown.contains("`rare` is nearly constant: 99.667 %"), "{shown}");
        assert!(!shown.contains("NaN") && !shown.contains("inf"), "{shown}");
        assert!(!shown.contains("`x` is") && !shown.contains("`same` is nearly"), "{shown}");
    }
}

#[test]
fn a_missing_file_is_one_line_and_exit_code_2() {
    let ran = run(Path::new("."), &["explore", "--file", "nowhere.parquet"]);
    let message = refusal(&ran);
    assert!(message.starts_with("nowhere.parquet: ") && !message.contains("Parquet"), "{message}");
}

#[test]
fn help_shows_examples() {
    let help = succeed(Path::new("."), &["explore", "--help"]).stdout;
    assert!(help.contains("Examples:") && help.contains("whis-lab explore --table auth"), "{help}");
}
