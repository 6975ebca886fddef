//! One meaning of a value: a table is the same table, and a row scores the same down to the last bit, in every format,
//! whole or in parts.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use whis_lab::detector::{DetectorSpec, find};
use whis_lab::model::score::{Options, Policies, Policy, score_lines, score_records, score_table};
use whis_lab::model::{TableModel, TrainOptions, train};
use whis_lab::table::{
    Batches, Column, OutputFormat, Request, Sink, Table, Values, field, read, write_parquet,
};

/// Texts that formats disagree about unless one place says what they mean.
const TEXTS: [&str; 22] = [
    "NA",
    "None",
    "null",
    "-",
    "",
    "?",
    "\\N",
    "true",
    "False",
    "0",
    "1",
    "1.0",
    "05",
    "-7",
    "2.5",
    "DE",
    " US ",
    "nan",
    "2025-01-06",
    "2025-01-06T10:00:00Z",
    "a,\"b\"",
    "12345678901234567890",
];

/// Columns of one table, all of the same length.
fn columns() -> impl Strategy<Value = Vec<Column>> {
    (2..12_usize).prop_flat_map(|rows| {
        let number = prop_oneof![
            -1e3..1e3,
            Just(f64::NAN),
            Just(0.0),
            Just(-0.0),
            Just(1e300),
            (-5..5_i8).prop_map(f64::from)
        ];
        let few_texts = prop::collection::vec(prop::sample::select(TEXTS.to_vec()), 1..4);
        let text =
            few_texts.prop_flat_map(move |texts| prop::collection::vec(prop::sample::select(texts), rows));
        let values = prop_oneof![
            prop::collection::vec(any::<bool>(), rows).prop_map(Values::Flag),
            prop::collection::vec(-9..9_i64, rows).prop_map(Values::Integer),
            prop::collection::vec(number, rows).prop_map(Values::Real),
            text.prop_map(|texts| Values::Text(
                texts.iter().map(|text| (!text.is_empty()).then_some(*text)).collect()
            )),
            prop::collection::vec(0..4_000_000_000_i64, rows)
                .prop_map(|seconds| Values::Time(seconds.iter().map(|s| s * 1_000_000).collect())),
        ];
        // A column of numbers, so that there is always a feature.
        let first =
            prop::collection::vec(-5..5_i8, rows).prop_map(|v| v.iter().map(|&x| f64::from(x)).collect());
        (first.prop_map(Values::Real), prop::collection::vec(values, 1..4)).prop_map(|(first, others)| {
            let all = std::iter::once(first).chain(others).enumerate();
            all.map(|(at, values)| Column { name: format!("c{at}"), values }).collect()
        })
    })
}

fn part(columns: &[Column], rows: std::ops::Range<usize>) -> Vec<Column> {
    let rows: Vec<usize> = rows.collect();
    columns.iter().map(|column| column.take(&rows)).collect()
}

/// A value as other programs write it; `None` if it is missing.
fn written(values: &Values, row: usize) -> Option<String> {
    match values {
        Values::Flag(v) => Some(v[row].to_string()),
        Values::Integer(v) => Some(v[row].to_string()),
        Values::Real(v) => (!v[row].is_nan()).then(|| format!("{:?}", v[row])),
        Values::Time(v) => Some(time(v[row])),
        Values::Text(v) => v.level(row).map(str::to_owned),
    }
}

fn time(microseconds: i64) -> String {
    let days = microseconds.div_euclid(86_400_000_000);
    let seconds = microseconds.rem_euclid(86_400_000_000) / 1_000_000;
    // The days of 1970-01-01 and later as a date (Howard Hinnant, "chrono-compatible low-level date algorithms").
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

fn rows(columns: &[Column]) -> usize {
    columns[0].values.len()
}

fn csv(columns: &[Column]) -> String {
    let line = |fields: Vec<String>| fields.join(",") + "\n";
    let header = line(columns.iter().map(|column| column.name.clone()).collect());
    let row =
        |row| line(columns.iter().map(|c| field(&written(&c.values, row).unwrap_or_default())).collect());
    header + &(0..rows(columns)).map(row).collect::<String>()
}

fn json_object(columns: &[Column], row: usize) -> String {
    let value = |column: &Column| match (&column.values, written(&column.values, row)) {
        (_, None) => "null".to_owned(),
        (Values::Text(_) | Values::Time(_), Some(text)) => serde_json::to_string(&text).unwrap(),
        (_, Some(text)) => text,
    };
    let fields: Vec<String> =
        columns.iter().map(|column| format!("\"{}\":{}", column.name, value(column))).collect();
    format!("{{{}}}", fields.join(","))
}

fn json_lines(columns: &[Column]) -> String {
    (0..rows(columns)).map(|row| json_object(columns, row) + "\n").collect()
}

fn read_all(path: &Path) -> Result<Table, String> {
    let request = Request { table: "t".into(), ..Request::default() };
    read(path, &request).map_err(|e| e.to_string())
}

/// What makes a table: features and times; notes name files.
fn content(table: Result<Table, String>) -> Option<(Vec<Column>, Option<Vec<i64>>)> {
    let bits = |column: Column| {
        let values = match column.values {
            Values::Flag(v) => Values::Real(v.iter().map(|&f| f64::from(u8::from(f))).collect()),
            values => values,
        };
        Column { name: column.name, values: by_name(values) }
    };
    table.ok().map(|table| (table.features.into_iter().map(bits).collect(), table.times))
}

/// NaN as a number that equals itself, levels in the order of their rows.
fn by_name(values: Values) -> Values {
    match values {
        Values::Real(v) => Values::Integer(
            v.iter().map(|x| if x.is_nan() { i64::MIN } else { (x + 0.0).to_bits() as i64 }).collect(),
        ),
        Values::Text(text) => Values::Text((0..text.codes.len()).map(|row| text.level(row)).collect()),
        values => values,
    }
}

/// Write a table in every format, whole and in two parts.
fn write_everywhere(folder: &Path, columns: &[Column]) -> Vec<std::path::PathBuf> {
    let middle = rows(columns) / 2;
    let [first, second] = [0..middle, middle..rows(columns)].map(|rows| part(columns, rows));
    let file = |name: &str| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    };
    write_parquet(&file("t.parquet"), columns).unwrap();
    fs::write(file("t.csv"), csv(columns)).unwrap();
    fs::write(file("t.jsonl"), json_lines(columns)).unwrap();
    fs::write(file("a.json"), format!("[{}]", json_lines(columns).trim().replace('\n', ","))).unwrap();
    write_parquet(&file("p/1.parquet"), &first).unwrap();
    write_parquet(&file("p/2.parquet"), &second).unwrap();
    fs::write(file("c/1.csv"), csv(&first)).unwrap();
    fs::write(file("c/2.csv"), csv(&second)).unwrap();
    fs::write(file("j/1.jsonl"), json_lines(&first)).unwrap();
    fs::write(file("j/2.jsonl"), json_lines(&second)).unwrap();
    fs::write(file("m/1.csv"), csv(&first)).unwrap();
    write_parquet(&file("m/2.parquet"), &second).unwrap();
    ["t.csv", "t.jsonl", "a.json", "p", "c", "j", "m"].map(|name| folder.join(name)).to_vec()
}

#[test]
fn a_table_is_the_same_table_in_every_format_and_any_parts() {
    let mut runner = TestRunner::new(Config { cases: 1_000, ..Config::default() });
    let outcome = runner.run(&columns(), |columns| {
        let folder = tempfile::tempdir().unwrap();
        let others = write_everywhere(folder.path(), &columns);
        let expected = content(read_all(&folder.path().join("t.parquet")));
        prop_assert!(expected.is_some());
        for path in others {
            prop_assert_eq!(&content(read_all(&path)), &expected, "{}", path.display());
        }
        Ok(())
    });
    outcome.unwrap();
}

/// Scores of rows by their bits, in every way in which they can be scored.
fn scores(model: &TableModel, folder: &Path, columns: &[Column]) -> Vec<(&'static str, Vec<u64>)> {
    let impute = Policies { absent: Policy::Accept, ..Policies::default() };
    let options = Options { policies: impute, ..Options::default() };
    let (mut lines, mut records) = (Vec::new(), Vec::new());
    let rejected =
        &mut |line: whis_lab::model::score::Rejected<'_>| panic!("{}: {}", line.number, line.problem);
    score_lines(json_lines(columns).as_bytes(), model, &options, &mut lines, rejected).unwrap();
    score_records(csv(columns).as_bytes(), model, &options, &mut records, rejected).unwrap();
    let table = |name: &str| {
        let batches = Batches::open(&folder.join(name), 3, true).unwrap();
        let mut sink = Sink::new(OutputFormat::JsonLines, Vec::new());
        let mut out = Vec::new();
        score_table(batches, model, &options, OutputFormat::JsonLines, |batch| {
            sink.write(batch).unwrap();
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
        out.append(&mut sink.into_inner().unwrap());
        of_lines(&out)
    };
    let explained =
        |row: usize| model.row(&json_object(columns, row)).ok().map(|row| model.score(&row).unwrap()[0]);
    let explained: Option<Vec<u64>> =
        (0..rows(columns)).map(|row| Some(explained(row)?.score.to_bits())).collect();
    let mut all = vec![
        ("JSON lines", of_lines(&lines)),
        ("CSV on stdin", of_records(&records)),
        ("Parquet", table("t.parquet")),
        ("CSV", table("t.csv")),
        ("Parquet parts", table("p")),
        ("CSV parts", table("c")),
        ("mixed parts", table("m")),
    ];
    // A row without any value cannot be explained alone.
    all.extend(explained.map(|scores| ("explain", scores)));
    all
}

fn of_lines(text: &[u8]) -> Vec<u64> {
    let score =
        |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["score"].as_f64().unwrap();
    std::str::from_utf8(text).unwrap().lines().map(|line| score(line).to_bits()).collect()
}

fn of_records(text: &[u8]) -> Vec<u64> {
    let score = |line: &str| line.rsplit(',').nth(4).unwrap().parse::<f64>().unwrap();
    std::str::from_utf8(text).unwrap().lines().skip(1).map(|line| score(line).to_bits()).collect()
}

#[test]
fn a_row_scores_the_same_in_every_format() {
    let forest = DetectorSpec::of(find("isolation-forest").unwrap());
    let parameters = serde_json::json!({"trees": 5, "sample": 8});
    let options = TrainOptions::new(forest.with(parameters.as_object().unwrap()));
    let mut runner = TestRunner::new(Config { cases: 1_000, ..Config::default() });
    let outcome = runner.run(&columns(), |columns| {
        let folder = tempfile::tempdir().unwrap();
        write_everywhere(folder.path(), &columns);
        let Ok(table) = read_all(&folder.path().join("t.parquet")) else { return Ok(()) };
        let Ok(trained) = train(&table, &options) else { return Ok(()) };
        let expected: Vec<u64> =
            trained.model.score(&table.features).unwrap().iter().map(|row| row.score.to_bits()).collect();
        for (format, scores) in scores(&trained.model, folder.path(), &columns) {
            prop_assert_eq!(&scores, &expected, "{}", format);
        }
        Ok(())
    });
    outcome.unwrap();
}
