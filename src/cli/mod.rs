//! The command line: parses, prints, picks the exit code. One file a command.

mod compare;
mod data;
mod detectors;
mod explain;
mod explore;
mod gate;
mod generate;
mod inspect;
mod method;
mod page;
mod plot;
mod results;
mod score;
mod study;
mod terminal;
mod train;

use crate::error::{Error, Result};
use crate::files;
use crate::table;
use clap::{Args, Parser, Subcommand};
use std::io;
use std::process::ExitCode;
use terminal::Terminal;

/// A laboratory for anomaly detection on security events: which detector to trust, by how much, on what evidence.
#[derive(Debug, Parser)]
#[command(name = "whis-lab", version, about, after_help = EXAMPLES, arg_required_else_help = true)]
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
  whis-lab explore --table auth                       what the data looks like, before any detector
  whis-lab plot roc --table auth                      one chart; --report draws it again without fitting
  whis-lab report --out report.html                   one page with everything; opens offline
  whis-lab score --model model.whis events.parquet --out scored.parquet
  whis-lab generate --out store --days 30 --users 100
  whis-lab gate                                       fail when a detector got worse
  whis-lab train --data DIR --out model.whis          fit a model of all tables and keep it in one file
  whis-lab explain --model model.whis --table auth - <event.json
  whis-lab inspect model.whis                         what a model file is, and whether it is whole

Exit codes: 0 fine, 1 the gate failed, 2 could not run.";

#[derive(Clone, Copy, Debug, Args)]
struct Common {
    /// Threads to use, in reading and writing tables, too; with 1 everything is done in turn [default: one per core]
    #[arg(long, global = true, value_name = "N")]
    threads: Option<usize>,
    /// No progress and no notes on stderr; warnings and errors stay
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Compare(Box<compare::Arguments>),
    Explore(explore::Arguments),
    Plot(Box<plot::Arguments>),
    #[command(name = "report")]
    Page(Box<page::Arguments>),
    Score(Box<score::Arguments>),
    Generate(generate::Arguments),
    Gate(gate::Arguments),
    Detectors(detectors::Arguments),
    Train(Box<train::Arguments>),
    Explain(explain::Arguments),
    Inspect(inspect::Arguments),
}

/// How a command that could run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Fine,
    Failed,
}

/// Parse the arguments, run the command, and say how it went by the exit code: 0 fine, 1 ran well but the gate
/// failed, 2 could not run. The first thing that a process does.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut terminal = Terminal::new(cli.common.quiet);
    match run(cli, &mut terminal) {
        Ok(Verdict::Fine) => ExitCode::SUCCESS,
        Ok(Verdict::Failed) => ExitCode::from(1),
        Err(error) => {
            terminal.error(&error);
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli, terminal: &mut Terminal) -> Result<Verdict> {
    // Before the handler, which waits in a thread of its own.
    limit_threads(cli.common.threads)?;
    discard_unfinished_files_when_interrupted()?;
    match cli.command {
        Command::Compare(arguments) => compare::run(&arguments, terminal),
        Command::Explore(arguments) => explore::run(&arguments, terminal),
        Command::Plot(arguments) => plot::run(&arguments, terminal),
        Command::Page(arguments) => page::run(&arguments, terminal),
        Command::Score(arguments) => score::run(&arguments, terminal),
        Command::Generate(arguments) => generate::run(&arguments, terminal),
        Command::Gate(arguments) => gate::run(&arguments, terminal),
        Command::Detectors(arguments) => detectors::run(&arguments, terminal),
        Command::Train(arguments) => train::run(&arguments, terminal),
        Command::Explain(arguments) => explain::run(&arguments, terminal),
        Command::Inspect(arguments) => inspect::run(&arguments, terminal),
    }
}

fn discard_unfinished_files_when_interrupted() -> Result<()> {
    // What a shell reports for a program that was ended by Ctrl-C: 128 + SIGINT.
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
    // SAFETY: of this process nothing has run yet but the parsing of its arguments, which starts no thread.
    unsafe { table::limit_threads(threads) };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    pool.map_err(|e| Error::Request(format!("--threads {threads}: {e}")))
}

/// A closed pipe (`whis-lab … | head`) is the reader's wish and no error.
fn or_closed_pipe(result: io::Result<()>) -> Result<()> {
    match result {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(Error::output("stdout", e)),
        _ => Ok(()),
    }
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
