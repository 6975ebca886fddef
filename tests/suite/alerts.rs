//! The rows to look at: `whis-lab score` with `--top`, `--by`, `--columns`, `--threshold` and `--alerts-per-day`.

use crate::program::{Ran, forest_of_two_features, refusal, run, succeed, text};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use whis_lab::table::Batches;

type Object = Map<String, Value>;

/// A folder with a model of a number x from 0 to 9 and a category `kind` of a and b, and with `new.csv`: 90 rows of
/// three days and of the users 2, 10 and ada, with repeats and some rows without a user.
fn small() -> TempDir {
    let folder = forest_of_two_features();
    let row = |row: usize| {
        let at = format!("2025-01-{:02}T{:02}:30:00", 6 + row % 3, row % 24);
        let user = ["ada", "10", "2", ""][row % 4];
        format!("{row},{at},{user},{},{}\n", row * 7 % 17, ["a", "b"][row % 2])
    };
    let rows: String = (0..90).map(row).collect();
    fs::write(folder.path().join("new.csv"), format!("id,at,user,x,kind\n{rows}")).unwrap();
    folder
}

fn score(folder: &Path, arguments: &[&str]) -> Ran {
    succeed(folder, &[&["score", "--model", "m.whis", "new.csv"], arguments].concat())
}

/// The message of a run that is refused.
#[track_caller]
fn refuse(folder: &Path, arguments: &[&str]) -> String {
    refusal(&run(folder, &[&["score", "--model", "m.whis"], arguments].concat()))
}

fn objects(lines: &str) -> Vec<Object> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The rows that `--top` must write, from all scored rows in their order: a literal reading of its description.
fn expected_top<K: Ord>(all: &[Object], most: usize, group: impl Fn(&Object) -> K) -> Vec<Object> {
    let mut groups: BTreeMap<K, Vec<Object>> = BTreeMap::new();
    for row in all {
        let rows = groups.entry(group(row)).or_default();
        match rows.iter_mut().find(|first| first["x"] == row["x"] && first["kind"] == row["kind"]) {
            Some(first) => first["count"] = (first["count"].as_u64().unwrap() + 1).into(),
            None => {
                let mut first = row.clone();
                first.insert("count".to_owned(), 1.into());
                rows.push(first);
            }
        }
    }
    let number = |row: &Object| row["score"].as_f64().unwrap();
    for rows in groups.values_mut() {
        // The sort is stable: ties stay in row order.
        rows.sort_by(|a, b| number(b).total_cmp(&number(a)));
        rows.truncate(most);
    }
    groups.into_values().flatten().collect()
}

fn flagged_ids(rows: &[Object]) -> Vec<u64> {
    rows.iter().filter(|row| row["flagged"] == true).map(|row| row["id"].as_u64().unwrap()).collect()
}

#[test]
fn the_top_rows_are_the_highest_scores_with_their_repeats_counted() {
    let folder = small();
    let all = objects(&score(folder.path(), &[]).stdout);
    assert_eq!(all.len(), 90);
    for most in [1, 7, 1_000] {
        let top = objects(&score(folder.path(), &["--top", &most.to_string()]).stdout);
        assert_eq!(top, expected_top(&all, most, |_| ()), "{most}");
    }
    let one_thread = score(folder.path(), &["--top", "7", "--threads", "1"]).stdout;
    assert_eq!(objects(&one_thread), expected_top(&all, 7, |_| ()));
}

#[test]
fn groups_are_days_hours_or_the_values_of_a_column() {
    let folder = small();
    let all = objects(&score(folder.path(), &[]).stdout);
    let time = |row: &Object, length: usize| row["at"].as_str().unwrap()[..length].to_owned();
    let by = |by: &str, most: &str| objects(&score(folder.path(), &["--top", most, "--by", by]).stdout);
    assert_eq!(by("day", "4"), expected_top(&all, 4, |row| time(row, 10)));
    assert_eq!(by("hour", "2"), expected_top(&all, 2, |row| time(row, 13)));
    // Whole numbers are in their order, then comes text, and the rows without a user are last.
    let user = |row: &Object| ["2", "10", "ada"].iter().position(|user| row["user"] == **user).unwrap_or(3);
    assert_eq!(by("user", "3"), expected_top(&all, 3, user));
    assert_eq!(by("user", "3").last().unwrap()["user"], Value::Null);
}

#[test]
fn seconds_are_times_and_rows_without_a_time_are_the_last_day() {
    let folder = small();
    let rows = "3,a,1736121600\n4,a,\n5,a,1736208000\n6,b,1736121601\n";
    fs::write(folder.path().join("new.csv"), format!("x,kind,when\n{rows}")).unwrap();
    let top = objects(&score(folder.path(), &["--top", "9", "--by", "day", "--time", "when"]).stdout);
    let days: Vec<Option<i64>> =
        top.iter().map(|row| row["when"].as_i64().map(|when| when / 86_400)).collect();
    assert_eq!(days, [Some(20_094), Some(20_094), Some(20_095), None]);
}

#[test]
fn parquet_gives_the_same_top_rows() {
    let folder = small();
    let path = folder.path().join("new.parquet");
    score(folder.path(), &["--prefix", "old_", "--out", "new.parquet"]);
    let lines = score(folder.path(), &["--top", "2", "--by", "day", "--columns", "id"]).stdout;
    let ran = succeed(
        folder.path(),
        &["score", "--model", "m.whis", text(&path), "--top", "2", "--by", "day", "--columns", "id"],
    );
    assert_eq!(objects(&ran.stdout), objects(&lines));
    succeed(
        folder.path(),
        &["score", "--model", "m.whis", "new.parquet", "--top", "5", "--out", "top.parquet"],
    );
    let rows: usize = Batches::open(&folder.path().join("top.parquet"), 100, true)
        .unwrap()
        .map(|batch| batch.unwrap().rows())
        .sum();
    assert_eq!(rows, 5);
}

#[test]
fn columns_are_chosen_and_csv_has_rounded_numbers() {
    let folder = small();
    score(folder.path(), &["--top", "3", "--columns", "user,id", "--out", "top.csv"]);
    let top = fs::read_to_string(folder.path().join("top.csv")).unwrap();
    let mut lines = top.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    assert_eq!(header[..5], ["user", "id", "score", "severity", "flagged"]);
    assert_eq!(header[header.len() - 3..], ["count", "row_key", "verdict"]);
    for line in lines {
        let (_, decimals) = line[3].split_once('.').unwrap();
        let digits = line[2].trim_start_matches(['-', '0', '.']).chars().filter(char::is_ascii_digit).count();
        assert!(decimals.len() == 2 && (1..=6).contains(&digits), "{line:?}");
    }
    score(folder.path(), &["--columns", "id", "--out", "all.csv"]);
    let all = fs::read_to_string(folder.path().join("all.csv")).unwrap();
    assert!(all.starts_with("id,score,severity,flagged") && all.lines().count() == 91, "{all}");
}

#[test]
fn a_threshold_is_a_score_or_a_severity() {
    let folder = small();
    let all = objects(&score(folder.path(), &[]).stdout);
    let above = |column: &str, threshold: f64| {
        let is_above = |row: &&Object| row[column].as_f64().unwrap() > threshold;
        all.iter().filter(is_above).map(|row| row["id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let middle = all[0]["score"].as_f64().unwrap();
    for (flag, expected) in [
        ("80%".to_owned(), above("severity", 80.0)),
        (middle.to_string(), above("score", middle)),
        ("-1000".to_owned(), above("score", -1000.0)),
        ("100%".to_owned(), Vec::new()),
    ] {
        let rows = objects(&score(folder.path(), &["--threshold", &flag]).stdout);
        assert_eq!(flagged_ids(&rows), expected, "{flag}");
    }
    let lines = "{\"id\":1,\"x\":3,\"kind\":\"a\"}\n{\"id\":2,\"x\":4,\"kind\":\"a\"}\n";
    fs::write(folder.path().join("new.jsonl"), lines).unwrap();
    let arguments = ["score", "--model", "m.whis", "new.jsonl", "--threshold", "0%"];
    assert_eq!(flagged_ids(&objects(&succeed(folder.path(), &arguments).stdout)), [1, 2]);
}

#[test]
fn the_alerts_of_a_day_set_the_threshold() {
    let folder = small();
    let ran = score(folder.path(), &["--alerts-per-day", "5"]);
    let rows = objects(&ran.stdout);
    let flagged = flagged_ids(&rows);
    let note = ran.stderr.lines().find(|line| line.starts_with("threshold ")).unwrap();
    let threshold = note.split(' ').nth(1).unwrap();
    let number: f64 = threshold.parse().unwrap();
    assert!(note.contains(&format!(" flags {} row", flagged.len())) && note.contains(" on 3 days"), "{note}");
    // Three days have at most 15 alerts. The next lower score would give more.
    let next = rows.iter().filter(|row| row["score"].as_f64().unwrap() >= number).count();
    assert!(flagged.len() <= 15 && next > 15, "{} to {next}", flagged.len());
    let same = score(folder.path(), &["--threshold", threshold]);
    assert_eq!(flagged_ids(&objects(&same.stdout)), flagged);
    let all = score(folder.path(), &["--alerts-per-day", "1000", "--only", "flagged"]);
    assert_eq!(objects(&all.stdout).len(), 90);
}

#[test]
fn the_top_rows_are_explained_and_can_be_the_flagged_ones() {
    let folder = small();
    let rows = objects(&score(folder.path(), &["--top", "4", "--explain", "1", "--prefix", "n_"]).stdout);
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|row| row["n_explanation"].is_array() && row["n_count"].is_u64()), "{rows:?}");
    let arguments = ["--top", "4", "--by", "user", "--only", "flagged", "--threshold", "60%"];
    let rows = objects(&score(folder.path(), &arguments).stdout);
    assert!(!rows.is_empty() && rows.iter().all(|row| row["flagged"] == true), "{rows:?}");
}

#[test]
fn a_table_without_rows_has_a_header_and_no_top_rows() {
    let folder = small();
    fs::write(folder.path().join("new.csv"), "x,kind,at\n").unwrap();
    let ran = score(folder.path(), &["--top", "4", "--by", "kind", "--format", "csv"]);
    assert!(ran.stdout.starts_with("x,kind,at,score,severity,flagged") && ran.stdout.lines().count() == 1);
    score(folder.path(), &["--alerts-per-day", "4", "--time", "at"]);
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let folder = small();
    let of = |arguments: &[&str]| refuse(folder.path(), &[&["new.csv"], arguments].concat());
    assert_eq!(
        of(&["--top", "3", "--by", "usr"]),
        "new.csv: there is no column `usr` (did you mean `user`?); it has id, at, user, x, kind"
    );
    assert_eq!(of(&["--columns", "id,id"]), "--columns has `id` twice");
    assert!(of(&["--columns", "score"]).starts_with("new.csv: there is no column `score`"));
    assert_eq!(
        of(&["--top", "3", "--time", "at"]),
        "--time is for --by day, --by hour, --group, --alerts-per-day and --summary"
    );
    assert!(of(&["--top", "3", "--by", "day", "--time", "user"]).contains("column `user` is not a time"));
    fs::write(folder.path().join("plain.csv"), "x,kind,count\n3,a,1\n").unwrap();
    assert_eq!(
        refuse(folder.path(), &["plain.csv", "--top", "3", "--by", "day"]),
        "plain.csv: no column holds points in time; name the time column with --time"
    );
    assert_eq!(
        refuse(folder.path(), &["plain.csv", "--top", "3"]),
        "train: column `count` is in the table already; --prefix changes the names of the new columns"
    );
    for (flag, value) in [("--top", "3"), ("--columns", "x"), ("--alerts-per-day", "3")] {
        let message = refuse(folder.path(), &["-", flag, value]);
        assert!(message.starts_with(flag), "{message}");
        assert!(message.ends_with("and a stream may never end; write its rows to a file first"), "{message}");
    }
}

#[test]
fn json_lines_are_a_table_where_all_rows_are_needed() {
    let folder = small();
    let all = objects(&score(folder.path(), &[]).stdout);
    let csv = fs::read_to_string(folder.path().join("new.csv")).unwrap();
    let names = ["id", "at", "user", "x", "kind"];
    let line = |row: &str| {
        let fields = names.iter().zip(row.split(',')).map(|(name, text)| match text.parse::<u64>() {
            Ok(number) => format!("\"{name}\":{number}"),
            Err(_) if text.is_empty() => format!("\"{name}\":null"),
            Err(_) => format!("\"{name}\":\"{text}\""),
        });
        format!("{{{}}}\n", fields.collect::<Vec<_>>().join(","))
    };
    let lines: String = csv.lines().skip(1).map(line).collect();
    fs::write(folder.path().join("new.jsonl"), lines).unwrap();
    for flags in [&["--top", "4"][..], &["--top", "2", "--by", "day"]] {
        let ran = succeed(folder.path(), &[&["score", "--model", "m.whis", "new.jsonl"], flags].concat());
        assert_eq!(objects(&ran.stdout), objects(&score(folder.path(), flags).stdout), "{flags:?}");
    }
    let chosen = ["score", "--model", "m.whis", "new.jsonl", "--columns", "id"];
    let rows = objects(&succeed(folder.path(), &chosen).stdout);
    assert!(rows.iter().zip(&all).all(|(a, b)| a["id"] == b["id"] && a["score"] == b["score"]));
    assert!(rows.len() == 90 && !rows[0].contains_key("x"));
}

/// A folder with a model of logons, and `new.csv`: one day with a password spray from one source, each logon with its
/// own number of attempts, and two other strange logons.
fn spray() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let row = |row: usize| format!("{},{},{}\n", row % 7 % 3, 20 + row % 11, ["AT", "DE"][row % 5 / 4]);
    let rows: String = (0..600).map(row).collect();
    fs::write(folder.path().join("train.csv"), format!("failed,megabytes,country\n{rows}")).unwrap();
    succeed(folder.path(), &["train", "--file", "train.csv", "--out", "m.whis", "--detector", "ecod"]);
    let usual = (0..40).map(|n| format!("2026-03-02 09:{n:02}:00,10.0.0.{n},{}", row(n)));
    let spray = (0..30).map(|n| format!("2026-03-02 03:{:02}:00,6.6.6.6,{},25,AT\n", 59 - n, 40 + n));
    let others = ["2026-03-02 11:00:00,7.7.7.7,0,900,AT\n", "2026-03-02 12:00:00,8.8.8.8,0,25,KP\n"];
    let rows: String = usual.chain(spray).chain(others.map(str::to_owned)).collect();
    fs::write(folder.path().join("new.csv"), format!("at,source,failed,megabytes,country\n{rows}")).unwrap();
    folder
}

#[test]
fn repeats_of_one_behaviour_are_one_line() {
    let folder = spray();
    let without = objects(&score(folder.path(), &["--top", "5", "--by", "day"]).stdout);
    assert!(without.iter().filter(|row| row["source"] == "6.6.6.6").count() >= 3, "{without:?}");
    let arguments = ["--top", "5", "--by", "day", "--group", "source", "--columns", "source"];
    let rows = objects(&score(folder.path(), &arguments).stdout);
    let spray: Vec<&Object> = rows.iter().filter(|row| row["source"] == "6.6.6.6").collect();
    assert_eq!((rows.len(), spray.len()), (5, 1), "{rows:?}");
    assert_eq!(
        (&spray[0]["count"], &spray[0]["first"], &spray[0]["last"]),
        (&30.into(), &"2026-03-02 03:30:00".into(), &"2026-03-02 03:59:00".into())
    );
    assert!(["7.7.7.7", "8.8.8.8"].iter().all(|source| rows.iter().any(|row| row["source"] == *source)));
    let one_thread = [&arguments[..], &["--threads", "1"]].concat();
    assert_eq!(objects(&score(folder.path(), &one_thread).stdout), rows);
}

#[test]
fn repeats_without_a_time_are_only_counted() {
    let folder = spray();
    let csv = fs::read_to_string(folder.path().join("new.csv")).unwrap();
    let rows: String = csv.lines().map(|line| line.split_once(',').unwrap().1.to_owned() + "\n").collect();
    fs::write(folder.path().join("new.csv"), rows).unwrap();
    let rows = objects(&score(folder.path(), &["--top", "5", "--group", "source"]).stdout);
    assert!(rows.iter().all(|row| row.contains_key("count") && !row.contains_key("first")), "{rows:?}");
    let refused = refuse(folder.path(), &["new.csv", "--top", "5", "--group", "sorce"]);
    assert!(refused.contains("no column `sorce` (did you mean `source`?)"), "{refused}");
}

#[test]
fn values_out_of_range_and_contradictions_are_usage_errors() {
    let folder = small();
    for arguments in [
        &["--top", "0"][..],
        &["--top", "2000000"],
        &["--by", "day"],
        &["--threshold", "101%"],
        &["--threshold", "high"],
        &["--alerts-per-day", "0"],
        &["--alerts-per-day", "3", "--threshold", "0.5"],
    ] {
        let ran = run(folder.path(), &[&["score", "--model", "m.whis", "new.csv"], arguments].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}");
    }
}
