//! `whis-lab detectors`: what there is to choose from.

use super::Verdict;
use super::terminal::Terminal;
use crate::detector::{self, Entry};
use crate::error::{Error, Result};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

/// List the detectors: what each looks at, costs, is good and bad at, and its parameters with their defaults
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  whis-lab detectors
  whis-lab detectors lof knn
  whis-lab detectors --format json | jq -r '.[].id'")]
pub struct Arguments {
    /// Only these [default: all]
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// How they are printed
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

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<Verdict> {
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
    Ok(Verdict::Fine)
}

fn text(entry: &Entry) -> String {
    let defaults = (entry.defaults)();
    let parameters: Vec<String> =
        entry.parameters.iter().map(|(name, _)| format!("{name} = {}", defaults[*name])).collect();
    let width = parameters.iter().map(String::len).max().unwrap_or(0);
    let explained = parameters.iter().zip(entry.parameters);
    let explained =
        explained.map(|(parameter, (_, meaning))| format!("      {parameter:<width$}  {meaning}\n"));
    let in_line_up = if detector::LINE_UP.contains(&entry.id) { ", in the default line-up" } else { "" };
    let seeded = if entry.seeded { "depends on the seed" } else { "without chance" };
    format!(
        "{}: {}\n    {}\n    kind     {}; {seeded}{in_line_up}\n    cost     {}\n    good at  {}\n    bad at   {}\n{}",
        entry.id,
        entry.title,
        entry.summary,
        entry.kind.title(),
        entry.cost,
        entry.good_at,
        entry.bad_at,
        explained.collect::<String>()
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
        "default_line_up": detector::LINE_UP.contains(&entry.id),
        "cost": entry.cost,
        "good_at": entry.good_at,
        "bad_at": entry.bad_at,
        "defaults": (entry.defaults)(),
        "parameters": parameters,
    })
}
