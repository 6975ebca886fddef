//! `whis-lab generate`: write a demo store.

use super::ExitStatus;
use super::terminal::Terminal;
use crate::demo;
use crate::error::{Error, Result};
use crate::files;
use crate::report::{count, percent};
use crate::schema;
use crate::table::{self, Column, GroupBy, Metadata, Table};
use clap::Args;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Write a demo store: three tables of a simulated organization with users, services and attacks
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  whis-lab generate --out store
  whis-lab generate --out large --users 3300            about 1,000,000 logons
  whis-lab compare --data store")]
pub struct Arguments {
    /// Output folder; created if missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Number of simulated days
    #[arg(long, value_name = "N", default_value_t = 30)]
    days: u32,
    /// Number of users
    #[arg(long, value_name = "N", default_value_t = 100)]
    users: u32,
    /// Random seed: equal seeds write equal files
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
}

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    let Arguments { days, users, seed, .. } = *arguments;
    let store = demo::generate(&demo::Options { days, users, seed })?;
    let mut answer = String::new();
    for table in store.tables {
        answer += &write(&arguments.out, table.name, table.columns, terminal)?;
    }
    terminal.answer(&answer)?;
    Ok(ExitStatus::Success)
}

/// Write a table and its metadata. Returns a line for the answer.
fn write(folder: &Path, name: &str, columns: Vec<Column>, terminal: &Terminal) -> Result<String> {
    let path = folder.join(format!("{name}.parquet"));
    table::write_parquet(&path, &columns)?;
    terminal.wrote(&path);
    let table = Table::from_columns(&schema::find(name)?, columns.clone(), &GroupBy::Auto)?;
    let metadata = Metadata::of(&table, &columns);
    let metadata_path = folder.join(format!("{name}.json"));
    let json = serde_json::to_string_pretty(&metadata).map_err(|e| Error::output(&metadata_path, e))?;
    files::write_whole(&metadata_path, |out| writeln!(out, "{json}"))?;
    terminal.wrote(&metadata_path);
    let rate = metadata.suspicious_rate.unwrap_or_default();
    Ok(format!("{name}: {} rows, {} suspicious\n", count(metadata.rows as u64), percent(rate)))
}
