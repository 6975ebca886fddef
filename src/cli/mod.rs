//! The command line: parses arguments, runs a command, prints its answer and chooses the exit code. One file
//! per command.

mod compare;
mod completions;
mod csv;
mod data;
mod detectors;
mod evaluate;
mod explain;
mod explore;
mod gate;
mod generate;
mod hint;
mod inspect;
mod memory;
mod method;
mod plot;
mod provenance;
mod report;
mod results;
mod score;
mod study;
mod terminal;
mod train;

use crate::error::{Error, Result};
use crate::files;
use crate::table;
use clap::{Args, Parser, Subcommand};
pub use memory::Allocator;
use std::process::ExitCode;
use terminal::Terminal;

/// A laboratory for anomaly detection on security events: which detector to trust, by how much, on what
/// evidence.
#[derive(Debug, Parser)]
#[command(name = "whis-lab", version, long_version = build(), about, after_help = EXAMPLES)]
#[command(arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab compare                                    the built-in demo store, all three tables
  whis-lab compare --table auth --data DIR            your own store: DIR holds auth_events.parquet
  whis-lab compare --file any.parquet --label label   any table with a label column
  whis-lab explore --table auth                       describe the data, before any detector
  whis-lab plot roc --table auth                      one chart; --report draws it again without fitting
  whis-lab report --out report.html                   one page with everything; opens offline
  whis-lab score --model model.whis events.parquet --out scored.parquet
  whis-lab generate --out store --days 30 --users 100
  whis-lab gate                                       fail if a detector got worse
  whis-lab train --data DIR --out model.whis          fit a model of all tables and write it to one file
  whis-lab evaluate --model m.whis --file new.csv --label y
                                                      measure a model on labeled rows
  whis-lab explain --model model.whis --table auth - <event.json
  whis-lab inspect model.whis                         what a model file contains, and whether it is valid
  whis-lab completions bash                           a completion script; whis-lab man writes manual pages

Exit codes: 0 fine, 1 the gate failed, 2 could not run.";

/// The version, and what this binary was built for.
fn build() -> String {
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    let (arch, os) = (std::env::consts::ARCH, std::env::consts::OS);
    format!("{} ({arch}, {os}, {profile} build)", env!("CARGO_PKG_VERSION"))
}

#[derive(Clone, Copy, Debug, Args)]
struct Common {
    /// Number of threads, I/O included; 1 is fully sequential [default: one per core]
    #[arg(long, global = true, value_name = "N")]
    threads: Option<usize>,
    /// Print no progress and no notes on stderr, only warnings and errors
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Compare(Box<compare::Arguments>),
    Explore(explore::Arguments),
    Plot(Box<plot::Arguments>),
    Report(Box<report::Arguments>),
    Score(Box<score::Arguments>),
    Generate(generate::Arguments),
    Gate(gate::Arguments),
    Detectors(detectors::Arguments),
    Train(Box<train::Arguments>),
    Evaluate(Box<evaluate::Arguments>),
    Explain(explain::Arguments),
    Inspect(inspect::Arguments),
    Completions(completions::Completions),
    Man(completions::Man),
}

/// The result of a command that could run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ExitStatus {
    Success,
    Failed,
}

/// Parse the arguments and run the command. The exit code is 0 if all is well, 1 if the gate failed, and 2 if
/// the command could not run. Call this first in a process.
pub fn main() -> ExitCode {
    memory::suit_limit();
    let cli = Cli::parse();
    let mut terminal = Terminal::new(cli.common.quiet);
    match run(cli, &mut terminal) {
        Ok(ExitStatus::Success) => ExitCode::SUCCESS,
        Ok(ExitStatus::Failed) => ExitCode::from(1),
        Err(error) => {
            terminal.error(&error);
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli, terminal: &mut Terminal) -> Result<ExitStatus> {
    // This comes before the Ctrl-C handler, which starts a thread.
    limit_threads(cli.common.threads)?;
    discard_unfinished_files_when_interrupted()?;
    match cli.command {
        Command::Compare(arguments) => compare::run(&arguments, terminal),
        Command::Explore(arguments) => explore::run(&arguments, terminal),
        Command::Plot(arguments) => plot::run(&arguments, terminal),
        Command::Report(arguments) => report::run(&arguments, terminal),
        Command::Score(arguments) => score::run(&arguments, terminal),
        Command::Generate(arguments) => generate::run(&arguments, terminal),
        Command::Gate(arguments) => gate::run(&arguments, terminal),
        Command::Detectors(arguments) => detectors::run(&arguments, terminal),
        Command::Train(arguments) => train::run(&arguments, terminal),
        Command::Evaluate(arguments) => evaluate::run(&arguments, terminal),
        Command::Explain(arguments) => explain::run(&arguments, terminal),
        Command::Inspect(arguments) => inspect::run(&arguments, terminal),
        Command::Completions(arguments) => completions::completions(&arguments, terminal),
        Command::Man(arguments) => completions::man(&arguments, terminal),
    }
}

fn discard_unfinished_files_when_interrupted() -> Result<()> {
    // The exit code that shells report after Ctrl-C: 128 + SIGINT.
    const INTERRUPTED: i32 = 130;
    let handler = || {
        files::discard_unfinished();
        std::process::exit(INTERRUPTED);
    };
    ctrlc::set_handler(handler).map_err(|e| Error::Request(format!("Ctrl-C cannot be handled: {e}")))
}

const MOST_THREADS: usize = 1024;

fn limit_threads(threads: Option<usize>) -> Result<()> {
    let Some(threads) = threads else { return Ok(()) };
    if !(1..=MOST_THREADS).contains(&threads) {
        return Err(Error::Request(format!(
            "--threads must be between 1 and {MOST_THREADS}, but is {threads}"
        )));
    }
    // SAFETY: so far this process has only parsed its arguments, which starts no thread.
    unsafe { table::limit_threads(threads) };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    pool.map_err(|e| Error::Request(format!("--threads {threads}: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
