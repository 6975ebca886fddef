//! `whis-lab explain`: explain the score of one row.

use super::ExitStatus;
use super::inspect::Format;
use super::terminal::Terminal;
use crate::error::{Error, Result};
use crate::model::{self, Model};
use clap::Args;
use std::io::Read;
use std::path::PathBuf;

/// Explain the score of one row
///
/// Shows how much each feature contributes to the difference between the scores of this row and of the typical row.
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
    /// Row as a JSON object; absent and null fields are missing; - reads stdin
    #[arg(value_name = "ROW")]
    row: String,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab explain --model flows.whis '{\"bytes\": 90000, \"proto\": \"udp\"}'
  whis-lab explain --model model.whis --table auth - < event.json
  head -1 events.jsonl | whis-lab explain --model model.whis --table auth --format json -

The typical row has the median of each number and the most frequent level of each category. \
The contribution of a feature is its Shapley value between the typical row and this row. \
It is exact for up to ten features. With more features, isolation forests use exact tree Shapley values of the path \
length, scaled to sum to the difference of the scores. Other detectors are sampled, and each contribution has a \
standard error.";

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    let model = Model::read(&arguments.model)?;
    let table = model.table(arguments.table.as_deref())?;
    let row = table.row(&text(&arguments.row)?)?;
    for name in table.missing_in(&row) {
        terminal.note(&format!("`{name}` is missing: imputed as the training mean or most frequent level"));
    }
    let explanation = table.explain(&row, 0, arguments.top as usize)?;
    terminal.answer(&match arguments.format {
        Format::Table => model::explained(&explanation),
        Format::Json => Format::json(&explanation)?,
    })?;
    Ok(ExitStatus::Success)
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
