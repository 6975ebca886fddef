//! `whis-lab inspect`: show the content of a model file and check it.

use super::ExitStatus;
use super::terminal::Terminal;
use crate::error::{Error, Result};
use crate::model::{self, Card, Model};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::path::PathBuf;

/// Show what a model file contains, and check it
///
/// Shows the detector, its threshold, the features and the measured quality. Checks the digest of the file, its
/// structure, and that its golden rows score as they did at training.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  whis-lab inspect model.whis\n  whis-lab inspect model.whis --format json"
)]
pub struct Arguments {
    /// Model file of `whis-lab train`
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// The format of an answer.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Format {
    /// Aligned columns
    Table,
    /// Everything, for programs
    Json,
}

/// The JSON answer.
#[derive(Serialize)]
struct Inspected<'a> {
    whis_lab: &'a str,
    bytes: usize,
    sha256: &'a str,
    tables: Vec<&'a Card>,
}

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
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
    Ok(ExitStatus::Success)
}

impl Format {
    /// A value as indented JSON with a final newline.
    pub fn json(value: &impl Serialize) -> Result<String> {
        let text = serde_json::to_string_pretty(value).map_err(|e| Error::output("stdout", e))?;
        Ok(text + "\n")
    }
}
