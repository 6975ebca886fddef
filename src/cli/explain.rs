//! `whis-lab explain`: why a model scores one row as it does.

use super::Verdict;
use super::inspect::Format;
use super::terminal::Terminal;
use crate::error::{Error, Result};
use crate::model::{self, Model};
use clap::Args;
use serde_json::{Map, Value};
use std::io::Read;
use std::path::PathBuf;

/// Say which features drove a row's score: what each added to the score of the typical row
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The model file
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// The table the row is of, where the model holds several
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// How many features are made typical, to see how far the score falls
    #[arg(long, value_name = "K", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    top: u32,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// The row as a JSON object that names every feature; null for a missing value; - reads it from stdin
    #[arg(value_name = "ROW")]
    row: String,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab explain --model model.whis --table auth '{\"hour_of_day\":3,\"is_weekend\":true,\"fail_count_1h\":5,
      \"success_after_fail_15m\":true,\"is_admin\":true,\"is_off_hours\":true,\"asset_class\":\"server\"}'
  whis-lab explain --model model.whis --table auth --format json - <event.json

What each feature did is its Shapley value between the typical row and this one: exact where the table has up to ten
features. In wider tables an isolation forest divides the path length of its trees, exactly, and the shares are scaled to
sum to the distance of the scores; other detectors are sampled, and each share has a standard error.";

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<Verdict> {
    let model = Model::read(&arguments.model)?;
    let table = model.table(arguments.table.as_deref())?;
    let row = table.row(&object(&arguments.row)?)?;
    let explanation = table.explain(&table.columns(&[row]), 0, arguments.top as usize)?;
    terminal.answer(&match arguments.format {
        Format::Table => model::explained(&explanation),
        Format::Json => Format::json(&explanation)?,
    })?;
    Ok(Verdict::Fine)
}

fn object(given: &str) -> Result<Map<String, Value>> {
    let text = if given == "-" { stdin()? } else { given.to_owned() };
    match serde_json::from_str(&text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => {
            Err(Error::Request("the row must be a JSON object, such as {\"hour_of_day\":3,…}".to_owned()))
        }
        Err(e) => Err(Error::Request(format!("the row is not JSON: {e}"))),
    }
}

/// All of stdin, which is to be one row.
fn stdin() -> Result<String> {
    const LARGEST: u64 = 1 << 20;
    let mut text = String::new();
    let read = std::io::stdin().lock().take(LARGEST + 1).read_to_string(&mut text);
    match read.map_err(|e| Error::input("stdin", e))? as u64 {
        size if size > LARGEST => Err(Error::input("stdin", "larger than the 1 MiB that a row may have")),
        _ => Ok(text),
    }
}
