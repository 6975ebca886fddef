//! `whis-lab generate`: a demo store on disk.

use super::Verdict;
use super::terminal::Terminal;
use crate::error::{Error, Result};
use crate::files;
use crate::report::{count, percent};
use crate::schema;
use crate::demo;
use crate::table::{self, Column, Metadata, Table};
use clap::Args;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Simulate an organisation with people, services and attacks, and write its three tables
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  whis-lab generate --out store
  whis-lab generate --out large --users 3300            about 1,000,000 logons
  whis-lab compare --data store")]
pub struct Arguments {
    /// The folder to write to; made where there is none
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How many days to simulate
    #[arg(long, default_value_t = 30)]
    days: u32,
    /// How many people work there
    #[arg(long, default_value_t = 100)]
    users: u32,
    /// The seed of everything random
    #[arg(long, default_value_t = 42)]
    seed: u64,
}

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<Verdict> {
    let Arguments { days, users, seed, .. } = *arguments;
    let store = synth::generate(&synth::Options { days, users, seed })?;
    let mut answer = String::new();
    for table in store.tables {
        answer += &write(&arguments.out, table.name, table.columns, terminal)?;
    }
    terminal.answer(&answer)?;
    Ok(Verdict::Fine)
}

/// Write a table and its metadata; what to say of it.
fn write(folder: &Path, name: &str, columns: Vec<Column>, terminal: &Terminal) -> Result<String> {
    let path = folder.join(format!("{name}.parquet"));
    table::write_parquet(&path, &columns)?;
    terminal.wrote(&path);
    let table = Table::from_columns(&schema::find(name)?, columns.clone())?;
    let metadata = Metadata::of(&table, &columns);
    let beside = folder.join(format!("{name}.json"));
    let json = serde_json::to_string_pretty(&metadata).map_err(|e| Error::output(&beside, e))?;
    files::write_whole(&beside, |out| writeln!(out, "{json}"))?;
    terminal.wrote(&beside);
    let rate = metadata.suspicious_rate.unwrap_or_default();
    Ok(format!("{name}: {} rows, {} suspicious\n", count(metadata.rows as u64), percent(rate)))
}
