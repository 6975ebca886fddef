//! `whis-lab explain`: explain the score of a row.

use super::ExitStatus;
use super::csv::CsvFlags;
use super::hint::with_hint;
use super::inspect::Format;
use super::terminal::Terminal;
use crate::error::{Error, Result};
use crate::model::{self, Explanation, Model, TableModel};
use crate::table::{self, Batches, Column, CsvOptions, FileFormat, LineReader, Paths, Text};
use clap::Args;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

/// Explain the scores of rows
///
/// Shows how much each feature contributes to the difference between the scores of a row and of the typical row.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The model file
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Table of the row; needed if the model has several
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// Number of features to set to their typical values, to see how far the score falls
    #[arg(long, value_name = "K", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    top: u32,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Explain rows of this table in Parquet, CSV or JSON: files, a pattern in quotes, or a folder
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "numbers", conflicts_with = "row")]
    file: Vec<PathBuf>,
    /// Row of --file, as `score` numbers them: the first row below the header is 1; in JSON lines the line. Several:
    /// --row 3 --row 7, or --row 3,7
    #[arg(
        long = "row", id = "numbers", value_name = "N", requires = "file", value_delimiter = ',',
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    numbers: Vec<u64>,
    #[command(flatten)]
    csv: CsvFlags,
    /// Row as a JSON object; absent and null fields are missing; - reads stdin
    #[arg(value_name = "ROW", required_unless_present = "file")]
    row: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab explain --model flows.whis '{\"bytes\": 90000, \"proto\": \"udp\"}'
  whis-lab explain --model model.whis --table auth - < event.json
  head -1 events.jsonl | whis-lab explain --model model.whis --table auth --format json -
  whis-lab explain --model model.whis --file events.csv --row 1204 --row 1310

With several rows, --format json prints one array. In a folder or a pattern of files, rows are counted through all files.

The typical row has the median of each number and the most frequent level of each category. \
The contribution of a feature is its Shapley value between the typical row and this row. \
It is exact for up to ten features. With more features, isolation forests use exact tree Shapley values of the path \
length, scaled to sum to the difference of the scores. Other detectors are sampled, and each contribution has a \
standard error.";

/// A row to explain: where it is from, and its features.
struct Row {
    place: Option<String>,
    columns: Vec<Column>,
}

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    let model = Model::read(&arguments.model)?;
    let table = model.table(arguments.table_of(&model).as_deref())?;
    let rows = arguments.rows(table, terminal)?;
    let explanations = rows
        .iter()
        .map(|row| {
            let place = row.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
            for name in table.missing_in(&row.columns) {
                let how = "is missing: imputed as the training mean or most frequent level";
                terminal.note(&format!("{place}`{name}` {how}"));
            }
            let explanation = table.explain(&row.columns, 0, arguments.top as usize)?;
            Ok(Explanation { verdicts: table.from_verdicts(&row.columns, 0)?, ..explanation })
        })
        .collect::<Result<Vec<_>>>()?;
    terminal.answer(&match arguments.format {
        Format::Table => in_words(&rows, &explanations),
        Format::Json => match explanations.as_slice() {
            [only] => Format::json(only)?,
            several => Format::json(&several)?,
        },
    })?;
    Ok(ExitStatus::Success)
}

/// Each explanation, below the place of its row.
fn in_words(rows: &[Row], explanations: &[Explanation]) -> String {
    let texts = rows.iter().zip(explanations).map(|(row, explanation)| {
        let place = row.place.as_ref().map(|place| format!("{place}\n")).unwrap_or_default();
        place + &model::explained(explanation)
    });
    texts.collect::<Vec<_>>().join("\n")
}

impl Arguments {
    /// The table of the model: that of the flag, or the one with the name of the file.
    fn table_of(&self, model: &Model) -> Option<String> {
        let paths = Paths::from(&self.file);
        let named = || (!self.file.is_empty()).then(|| model.table_with_name_of(&paths.name())).flatten();
        self.table.clone().or_else(named)
    }

    fn rows(&self, model: &TableModel, terminal: &Terminal) -> Result<Vec<Row>> {
        if self.file.is_empty() {
            let text = text(self.row.as_deref().unwrap_or_default())?;
            return Ok(vec![Row { place: None, columns: model.row(&text)? }]);
        }
        let paths = Paths::from(&self.file);
        let files = paths.files()?;
        let formats = files.iter().map(|file| table::format_of(file)).collect::<Result<Vec<_>>>()?;
        let mut found = match formats.iter().all(|format| *format == FileFormat::Json) {
            true => rows_of_lines(&files, &self.numbers, model)?,
            false => rows_of_table(&paths, self.csv.options(), &self.numbers, model, terminal)?,
        };
        let missing = |number: &u64| Error::input(paths.label(), format!("there is no row {number}"));
        let row = |number| found.remove(number).ok_or_else(|| missing(number));
        let mut numbers: Vec<u64> = Vec::new();
        for &number in &self.numbers {
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        numbers.iter().map(row).collect()
    }
}

/// The rows of a Parquet or CSV table with these numbers.
fn rows_of_table(
    paths: &Paths,
    csv: CsvOptions,
    numbers: &[u64],
    model: &TableModel,
    terminal: &Terminal,
) -> Result<BTreeMap<u64, Row>> {
    const ROWS: usize = 4_096;
    let mut found = BTreeMap::new();
    let last = numbers.iter().max().copied().unwrap_or_default();
    let mut before = 0;
    let batches = Batches::open_as(paths, ROWS, false, csv)?;
    for note in batches.notes() {
        terminal.warning(&with_hint(&note.text, note.hint.as_ref()));
    }
    for batch in batches {
        let batch = batch?;
        let rows = batch.rows() as u64;
        for &number in numbers.iter().filter(|&&number| number > before && number <= before + rows) {
            let at = (number - before - 1) as usize;
            let row = Row { place: Some(batch.place(at)), columns: model.row_of(&batch, at)? };
            found.insert(number, row);
        }
        before += rows;
        if before >= last {
            break;
        }
    }
    Ok(found)
}

/// The lines of JSON files with these numbers.
fn rows_of_lines(files: &[PathBuf], numbers: &[u64], model: &TableModel) -> Result<BTreeMap<u64, Row>> {
    let mut found = BTreeMap::new();
    let last = numbers.iter().max().copied().unwrap_or_default();
    let mut before = 0;
    for file in files {
        let mut lines = LineReader::new(table::open_lines(file)?);
        let mut read = 0;
        while before + read < last
            && let Some((number, line)) = lines.next_line().map_err(|e| Error::input(file, e))?
        {
            read = number;
            if !numbers.contains(&(before + number)) {
                continue;
            }
            let place = format!("{}, line {number}", file.display());
            let invalid = |problem: String| Error::input(&place, problem);
            let Text::Whole(line) = line else { return Err(invalid("longer than 16 MiB".to_owned())) };
            let line = String::from_utf8_lossy(table::unmarked(&line)).into_owned();
            let columns = model.row(&line).map_err(|e| invalid(e.to_string()))?;
            found.insert(before + number, Row { place: Some(place), columns });
        }
        before += read;
    }
    Ok(found)
}

fn text(row: &str) -> Result<String> {
    if row == "-" { stdin() } else { Ok(row.to_owned()) }
}

/// One row from stdin.
fn stdin() -> Result<String> {
    const LARGEST: u64 = 1 << 20;
    let mut text = String::new();
    let read = std::io::stdin().lock().take(LARGEST + 1).read_to_string(&mut text);
    match read.map_err(|e| Error::input("stdin", e))? as u64 {
        size if size > LARGEST => Err(Error::input("stdin", "larger than 1 MiB, the limit for a row")),
        _ => Ok(text),
    }
}
