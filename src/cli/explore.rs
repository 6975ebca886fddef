//! `whis-lab explore`: describe tables before any detector is fitted.

use super::ExitStatus;
use super::compare::Format;
use super::data::{self, Source};
use super::terminal::Terminal;
use crate::error::{Error, Result};
use crate::explore::{self, Exploration};
use crate::report::{self, FORMAT};
use clap::Args;
use serde::Serialize;

/// Describe tables before any detector is fitted
///
/// Shows the statistics of each feature and its association with the label, the suspicious rows by hour, day and
/// category, repeated rows, constant columns and gaps in time.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(mut_arg("group", |group| group.hide(true)))]
pub struct Arguments {
    #[command(flatten)]
    source: Source,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab explore                                     the built-in demo store
  whis-lab explore --table auth --data DIR             DIR holds auth_events.parquet
  whis-lab explore --file shuttle.parquet --label label
  whis-lab explore --file flows.csv --label 'attack_cat=dos' --time start --format markdown
  whis-lab explore --file raw.txt --delimiter '^' --decimal , --no-header
  whis-lab explore --table auth --format json          everything, with histograms by class";

/// The JSON answer.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    format: u32,
    tables: &'a [Exploration],
}

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    let tables = arguments.source.read(terminal)?;
    let explorations: Vec<Exploration> = tables.iter().map(explore::explore).collect();
    terminal.answer(&written(arguments.format, &explorations)?)?;
    data::print_notes(&tables, terminal);
    Ok(ExitStatus::Success)
}

fn written(format: Format, tables: &[Exploration]) -> Result<String> {
    let texts = |text: fn(&Exploration) -> String| tables.iter().map(text).collect::<Vec<_>>().join("\n");
    match format {
        Format::Table => Ok(texts(report::exploration_terminal)),
        Format::Markdown => Ok(texts(report::exploration_markdown)),
        Format::Json => serde_json::to_string_pretty(&Answer { format: FORMAT, tables })
            .map(|json| json + "\n")
            .map_err(|e| Error::output("stdout", e)),
    }
}
