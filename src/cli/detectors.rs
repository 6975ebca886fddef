//! `whis-lab detectors`: list the detectors.

use super::ExitStatus;
use super::terminal::Terminal;
use crate::detector::{self, Entry};
use crate::error::{Error, Result};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

/// List the detectors with their strengths, weaknesses, cost and parameters
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  whis-lab detectors                                    all detectors
  whis-lab detectors lof knn                            these two, with their parameters
  whis-lab detectors --format json | jq -r '.[].id'")]
pub struct Arguments {
    /// Detectors to list [default: all]
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    let entries: Vec<&Entry> = match arguments.ids.as_slice() {
        [] => detector::ALL.to_vec(),
        ids => ids.iter().map(|id| detector::find(id)).collect::<Result<_>>()?,
    };
    let text = match arguments.format {
        Format::Text => entries.iter().map(|entry| text(entry)).collect::<Vec<_>>().join("\n"),
        Format::Json => {
            let entries: Vec<Value> = entries.iter().map(|entry| json(entry)).collect();
            serde_json::to_string_pretty(&entries).map_err(|e| Error::output("stdout", e))? + "\n"
        }
    };
    terminal.answer(&text)?;
    Ok(ExitStatus::Success)
}

fn text(entry: &Entry) -> String {
    let defaults = (entry.defaults)();
    let parameters: Vec<String> =
        entry.parameters.iter().map(|(name, _)| format!("{name} = {}", defaults[*name])).collect();
    let width = parameters.iter().map(String::len).max().unwrap_or(0);
    let line = |(parameter, (_, meaning)): (&String, &(&str, &str))| {
        format!("      {parameter:<width$}  {meaning}\n")
    };
    let lines: String = parameters.iter().zip(entry.parameters).map(line).collect();
    let is_default = detector::DEFAULT_DETECTORS.contains(&entry.id);
    let is_default = if is_default { ", a default detector" } else { "" };
    let seeded = if entry.seeded { "depends on the seed" } else { "deterministic" };
    format!(
        "{}: {}\n    {}\n    kind     {}; {seeded}{is_default}\n    cost     {}\n    good at  {}\n    bad at   {}\n{}",
        entry.id,
        entry.title,
        entry.summary,
        entry.kind.title(),
        entry.cost,
        entry.good_at,
        entry.bad_at,
        lines
    )
}

fn json(entry: &Entry) -> Value {
    let parameters: serde_json::Map<String, Value> =
        entry.parameters.iter().map(|(name, meaning)| ((*name).to_owned(), (*meaning).into())).collect();
    json!({
        "id": entry.id,
        "title": entry.title,
        "summary": entry.summary,
        "kind": entry.kind.title(),
        "seeded": entry.seeded,
        "default_line_up": detector::DEFAULT_DETECTORS.contains(&entry.id),
        "cost": entry.cost,
        "good_at": entry.good_at,
        "bad_at": entry.bad_at,
        "defaults": (entry.defaults)(),
        "parameters": parameters,
    })
}
