//! Which files are read: several files as one table, folders that name columns, and parts that differ.

use crate::program::{fixture, refusal, run, succeed, text, warnings};
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use whis_lab::table::{Column, CsvOptions, Features, Request, Table, Values, Wanted, read, write_parquet};

/// A folder with these text files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

/// Rows of a log: one in ten is suspicious, and has a high `x`.
fn rows(first: usize) -> String {
    let line = |row: usize| {
        let label = usize::from(row.is_multiple_of(10));
        format!("{},{},{label}\n", row % 7 + 50 * label, ["a", "b", "c"][row % 3])
    };
    format!("x,word,label\n{}", (first..first + 60).map(line).collect::<String>())
}

fn table(path: &Path) -> Table {
    let label = Some(Wanted { column: "label".to_owned(), required: true });
    read(
        path,
        &Request {
            table: "t".to_owned(),
            features: Features::All,
            label,
            time: None,
            categorical: vec![],
            time_features: false,
            csv: CsvOptions::default(),
            ..Request::default()
        },
    )
    .unwrap()
}

fn notes(table: &Table) -> Vec<&str> {
    table.notes.iter().map(|note| note.text.as_str()).collect()
}

fn first_line(answer: &str) -> &str {
    answer.lines().next().unwrap_or_default()
}

#[test]
fn several_files_are_one_table_for_every_command() {
    let folder = folder(&[("day-1.csv", &rows(0)), ("day-2.csv", &rows(60))]);
    let both = ["--file", "day-1.csv", "day-2.csv", "--label", "label"];
    let compared = succeed(folder.path(), &[&["compare", "--detectors", "ecod"], &both[..]].concat());
    assert_eq!(first_line(&compared.stdout), "day: 120 rows, 33 distinct, 2 features, 10 % suspicious (12)");
    let explored = succeed(folder.path(), &[&["explore"], &both[..]].concat());
    assert_eq!(first_line(&explored.stdout), first_line(&compared.stdout));
    let again = ["explore", "--file", "day-1.csv", "--file", "day-2.csv", "--label", "label"];
    assert_eq!(succeed(folder.path(), &again).stdout, explored.stdout);
    succeed(folder.path(), &[&["train", "--out", "m.whis"], &both[..]].concat());
    succeed(folder.path(), &[&["plot", "roc", "--out", "charts"], &both[..]].concat());
    succeed(folder.path(), &["score", "--model", "m.whis", "day-1.csv", "day-2.csv", "--out", "o.csv"]);
    assert_eq!(fs::read_to_string(folder.path().join("o.csv")).unwrap().lines().count(), 121);
    fs::write(folder.path().join("study.toml"), "file = ['day-1.csv', 'day-2.csv']\nlabel = 'label'")
        .unwrap();
    let study = succeed(folder.path(), &["compare", "--detectors", "ecod", "--experiment", "study.toml"]);
    assert_eq!(first_line(&study.stdout), first_line(&compared.stdout));
}

#[test]
fn no_output_replaces_any_of_the_inputs() {
    let folder = folder(&[("a.csv", &rows(0)), ("b.csv", &rows(60))]);
    let both = ["--file", "a.csv", "b.csv"];
    let trained = run(folder.path(), &[&["train", "--out", "b.csv"], &both[..]].concat());
    assert!(refusal(&trained).starts_with("b.csv: cannot be written: it is one of the files"), "{trained:?}");
    succeed(folder.path(), &[&["train", "--out", "m.whis"], &both[..]].concat());
    let scored = run(folder.path(), &["score", "--model", "m.whis", "a.csv", "b.csv", "--out", "./b.csv"]);
    assert!(refusal(&scored).starts_with("./b.csv: cannot be written: it is one of the files"), "{scored:?}");
    let alone = run(folder.path(), &["score", "--model", "m.whis", "a.csv", "-"]);
    assert_eq!(refusal(&alone), "- is stdin, which is read alone, without other files");
}

#[test]
fn parts_may_differ_in_format() {
    let folder = folder(&[
        ("t/a.csv", "x,word,label\n1,a,0\n2.5,b,1\n"),
        ("t/c.jsonl", "{\"x\":4,\"word\":\"b\",\"label\":0}\n{\"x\":5,\"word\":\"a\",\"label\":1}\n"),
    ]);
    let columns = [
        ("x", Values::Integer(vec![3, 3])),
        ("word", Values::Text(["c", "a"].map(Some).into_iter().collect())),
        ("label", Values::Flag(vec![false, true])),
    ];
    let columns = columns.map(|(name, values)| Column { name: name.to_owned(), values });
    write_parquet(&folder.path().join("t/b.parquet"), &columns).unwrap();
    let table = table(&folder.path().join("t"));
    assert_eq!(table.features[0].values, Values::Real(vec![1.0, 2.5, 3.0, 3.0, 4.0, 5.0]));
    assert_eq!(table.labels.as_deref(), Some(&[false, true, false, true, false, true][..]));
    succeed(folder.path(), &["train", "--file", "t", "--label", "label", "--out", "m.whis"]);
    succeed(folder.path(), &["score", "--model", "m.whis", "t", "--out", "o.csv"]);
    let scored = fs::read_to_string(folder.path().join("o.csv")).unwrap();
    let starts: Vec<String> = scored.lines().map(|line| line.chars().take(6).collect()).collect();
    assert_eq!(starts[1..], ["1,a,0,", "2.5,b,", "3,c,fa", "3,a,tr", "4,b,0,", "5,a,1,"]);
}

#[test]
fn folders_name_columns_of_all_types() {
    let part = "x,label\n1,0\n2,1\n";
    let folder = folder(&[
        ("t/day=2026-03-01/n=1/proto=a%2Fb/p.csv", part),
        ("t/day=2026-03-02/n=2/proto=__HIVE_DEFAULT_PARTITION__/p.csv", part),
        ("t/_SUCCESS", ""),
    ]);
    let table = table(&folder.path().join("t"));
    assert_eq!(table.feature_names(), ["x", "n", "proto"]);
    assert_eq!(table.features[1].values.reals(), [1.0, 1.0, 2.0, 2.0]);
    let Values::Text(proto) = &table.features[2].values else { panic!("{:?}", table.features[2]) };
    assert_eq!([proto.level(0), proto.level(3)], [Some("a/b"), None]);
    let days = table.times.clone().unwrap();
    assert_eq!(days[2] - days[1], 86_400_000_000);
    let said = "`day`, `n`, `proto` are columns: folders are named by their values";
    assert!(notes(&table).contains(&said), "{:?}", table.notes);
    let pattern = folder.path().join("t/*/*/*/p.csv");
    assert_eq!(self::table(&pattern).features, table.features);
}

#[test]
fn rows_below_folders_that_name_columns_are_scored_with_them() {
    let json = "{\"x\":1,\"label\":0}\n{\"x\":2,\"label\":1}\n";
    let folder = folder(&[
        ("t/proto=tcp/p.csv", "x,label\n1,0\n2,1\n"),
        ("t/proto=udp/p.csv", "x,label\n1,0\n2,0\n"),
        ("j/proto=tcp/p.jsonl", json),
    ]);
    succeed(folder.path(), &["train", "--file", "t", "--label", "label", "--out", "m.whis"]);
    for input in ["t/proto=tcp/p.csv", "j"] {
        let scored = succeed(folder.path(), &["score", "--model", "m.whis", input, "--format", "jsonl"]);
        assert!(scored.stdout.contains("\"proto\":\"tcp\",\"score\":"), "{}", scored.stdout);
        assert!(scored.stdout.contains("\"unseen\":[],\"missing\":[]"), "{}", scored.stdout);
    }
    succeed(folder.path(), &["score", "--model", "m.whis", "t", "--out", "o.parquet"]);
}

#[test]
fn a_column_of_a_folder_and_of_its_file_is_an_error_that_names_both() {
    let folder = folder(&[("proto=tcp/p.csv", "x,proto,label\n1,tcp,0\n")]);
    let expected = "proto=tcp/p.csv: has a column `proto`, and its folder `proto=tcp` names one, too; \
                    rename the folder, or drop the column";
    for command in [&["explore", "--file", "proto=tcp"][..], &["explore", "--file", "proto=tcp/p.csv"]] {
        assert_eq!(refusal(&run(folder.path(), command)), expected);
    }
}

#[test]
fn a_folder_of_different_logs_is_not_a_table() {
    let folder = folder(&[
        ("logs/auth.csv", "ts,host,user\n1,a,b\n"),
        ("logs/dns.csv", "ts,query,answer\n1,a,b\n"),
        ("logs/dns2.csv", "ts,query,answer\n1,a,b\n"),
    ]);
    let expected = "logs: the files are different tables: logs/auth.csv has ts, host, user; logs/dns.csv and 1 more have \
                    ts, query, answer; read them one kind at a time";
    assert_eq!(refusal(&run(folder.path(), &["explore", "--file", "logs"])), expected);
}

#[test]
fn parts_with_other_types_or_fewer_columns_are_read_and_it_is_said() {
    let folder = folder(&[
        ("t/a.csv", "flag,n,at,extra,label\ntrue,1,2026-03-01 10:00:00,,0\nfalse,2,2026-03-02 10:00:00,,1\n"),
        ("t/b.csv", "flag,n,at,extra,label\n1,1.5,2026-03-03 10:00:00,x,0\n0,2,2026-03-04 10:00:00,y,1\n"),
        ("t/c.csv", "flag,n,at,label\n1,1,2026-03-05 10:00:00,0\n"),
    ]);
    let table = table(&folder.path().join("t"));
    assert_eq!(table.features[0].values.reals(), [1.0, 0.0, 1.0, 0.0, 1.0]);
    assert_eq!(table.features[1].values.reals(), [1.0, 2.0, 1.5, 2.0, 1.0]);
    assert_eq!(table.times.as_ref().map(Vec::len), Some(5));
    let Values::Text(extra) = &table.features[2].values else { panic!("{:?}", table.features[2]) };
    assert_eq!([extra.level(1), extra.level(2), extra.level(4)], [None, Some("x"), None]);
    let path = |name: &str| folder.path().join("t").join(name).display().to_string();
    let expected = [
        format!("{} has no column `extra`: its rows have no value there", path("c.csv")),
        format!(
            "`flag` holds flags in {} and numbers in {}: all of it is read as numbers",
            path("a.csv"),
            path("b.csv")
        ),
    ];
    assert_eq!(notes(&table), expected);
}

#[test]
fn a_rejected_line_is_named_with_its_file() {
    let line = "{\"x\":1,\"word\":\"a\"}\n";
    let folder =
        folder(&[("t.csv", &rows(0)), ("a.jsonl", line), ("b.jsonl", &format!("{line}\n{{\"x\":oops}}\n"))]);
    succeed(folder.path(), &["train", "--file", "t.csv", "--label", "label", "--out", "m.whis"]);
    let scored = succeed(folder.path(), &["score", "--model", "m.whis", "a.jsonl", "b.jsonl"]);
    let warning = "b.jsonl, line 3: not JSON: `{\"x\":oops}` (expected value, column 6)";
    assert_eq!(warnings(&scored), [warning]);
    assert_eq!(scored.stdout.lines().count(), 2);
}

#[test]
fn a_cell_that_cannot_be_scored_is_named_with_its_file_and_row() {
    let folder =
        folder(&[("t.csv", &rows(0)), ("a.csv", "x,word\n1,a\n"), ("b.csv", "x,word\n1,a\noops,a\n")]);
    succeed(folder.path(), &["train", "--file", "t.csv", "--label", "label", "--out", "m.whis"]);
    let scored = run(folder.path(), &["score", "--model", "m.whis", "a.csv", "b.csv", "--out", "o.csv"]);
    let message = refusal(&scored);
    assert_eq!(message, "b.csv: column `x` holds `oops` where a number is expected in row 2");
}

/// The table of `fixtures/parquet_types.parquet` with these features.
fn of_types(features: Features) -> whis_lab::error::Result<Table> {
    let label = Some(Wanted { column: "label".to_owned(), required: true });
    read(
        &fixture("parquet_types.parquet"),
        &Request {
            table: "t".to_owned(),
            features,
            label,
            time: None,
            categorical: vec![],
            time_features: false,
            csv: CsvOptions::default(),
            ..Request::default()
        },
    )
}

#[test]
fn rare_types_of_parquet_are_read_and_what_cannot_be_read_costs_its_column() {
    let table = of_types(Features::All).unwrap();
    let numbers = |name: &str| -> Vec<f64> {
        let column = table.features.iter().find(|column| column.name == name).unwrap();
        (0..8).map(|row| column.values.real(row)).collect()
    };
    let rows = |number: fn(f64) -> f64| -> Vec<f64> { (0..8).map(f64::from).map(number).collect() };
    assert_eq!(numbers("half"), rows(|row| row * 0.5 - 1.0));
    assert_eq!(numbers("seconds"), rows(|row| row * 1.5));
    assert_eq!(numbers("clock"), rows(|row| row * 60.0));
    assert_eq!(numbers("decimal"), rows(|row| row / 4.0));
    assert_eq!(table.times.clone().unwrap()[1], 3_600_000_000);
    for name in ["large", "view", "bytes"] {
        let column = table.features.iter().find(|column| column.name == name).unwrap();
        let Values::Text(words) = &column.values else { panic!("{column:?}") };
        assert_eq!([words.level(0), words.level(1)], [Some("tcp"), Some("udp")], "{name}");
    }
    let said = notes(&table);
    assert!(said.contains(&"`seconds` holds durations: they are numbers of seconds"), "{said:?}");
    assert!(said.contains(&"`clock` holds times of day: they are seconds since midnight"), "{said:?}");
    assert!(said.contains(&"`packed` is left out: its compression, Lzo, cannot be read"), "{said:?}");
    assert!(
        said.iter().any(|note| note.starts_with("`wide` is left out: its type, Decimal256(60, 2)")),
        "{said:?}"
    );
    let asked =
        of_types(Features::Named(vec!["half".to_owned(), "packed".to_owned()])).unwrap_err().to_string();
    assert!(
        asked.contains("column `packed` cannot be used: its compression, Lzo, cannot be read"),
        "{asked}"
    );
}

#[test]
fn rare_types_of_parquet_are_scored_and_passed_on() {
    let folder = folder(&[]);
    let file = fixture("parquet_types.parquet");
    let features = ["--features", "half,seconds,decimal,view"];
    let train = ["train", "--file", text(&file), "--out", "m.whis", "--contamination", "0.2"];
    succeed(folder.path(), &[&train[..], &features[..]].concat());
    succeed(folder.path(), &["score", "--model", "m.whis", text(&file), "--out", "o.parquet"]);
    let scored = succeed(folder.path(), &["score", "--model", "m.whis", text(&file), "--format", "csv"]);
    let header =
        "half,at,seconds,clock,decimal,large,view,bytes,id,label,score,severity,flagged,unseen,missing";
    assert_eq!(first_line(&scored.stdout), header);
}
