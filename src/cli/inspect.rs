//! `whis-lab inspect`: what a model file is, and whether it is whole.

use super::Verdict;
use super::terminal::Terminal;
use crate::error::{Error, Result};
use crate::model::{self, Card, Model};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::path::PathBuf;

/// Show what a model file holds, and check it: digest, structure, and that golden rows score as when it was fitted
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:\n  whis-lab inspect model.whis --format json")]
pub struct Arguments {
    /// The model file
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// How an answer is printed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Format {
    /// Aligned columns
    Table,
    /// Everything, for programs
    Json,
}

/// The JSON form.
#[derive(Serialize)]
struct Inspected<'a> {
    whis_lab: &'a str,
    bytes: usize,
    sha256: &'a str,
    tables: Vec<&'a Card>,
}

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<Verdict> {
    let path = &arguments.model;
    let model = Model::read(path)?;
    model.check().map_err(|e| Error::input(path, e))?;
    let answer = match arguments.format {
        Format::Table => model::inspected(&model)?,
        Format::Json => Format::json(&Inspected {
            whis_lab: model.whis_lab(),
            bytes: model.size(),
            sha256: model.sha256(),
            tables: model.cards().collect::<Result<_>>()?,
        })?,
    };
    terminal.answer(&answer)?;
    Ok(Verdict::Fine)
}

impl Format {
    /// A value as JSON, in the form of every other answer.
    pub fn json(value: &impl Serialize) -> Result<String> {
        let text = serde_json::to_string_pretty(value).map_err(|e| Error::output("stdout", e))?;
        Ok(text + "\n")
    }
}
