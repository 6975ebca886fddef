//! The command line: parses arguments, runs a command, prints its answer and chooses the exit code. One file
//! per command.

mod baseline;
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
mod ingest;
mod inspect;
mod learn;
mod memory;
mod method;
mod monitor;
mod plot;
mod provenance;
mod ranks;
mod report;
mod results;
mod review;
mod risk;
mod score;
mod signal;
mod study;
mod terminal;
mod timeline;
mod train;
mod usage;

use crate::error::{Error, Result};
use crate::table;
use clap::{Args, FromArgMatches, Parser, Subcommand};
pub use memory::Allocator;
use std::process::ExitCode;
use terminal::Terminal;

/// A laboratory for anomaly detection on security events: which detector to trust, by how much, on what
/// evidence
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
  whis-lab compare                                    try it: a built-in demo store of three tables
  whis-lab explore --file events.csv                  what is in the file
  whis-lab compare --file events.csv --label attack   which detector is best on labelled rows
  whis-lab report --out report.html                   the comparison as a page that opens offline
  whis-lab train --file events.csv --out model.whis   fit a model; labels are not needed
  whis-lab score --model model.whis new.csv --top 20  the 20 rows with the highest scores
  whis-lab explain --model model.whis - < event.json  why one row has its score
  whis-lab learn --model model.whis --verdicts review.csv --data new.csv --out taught.whis
                                                      teach it the verdicts of analysts
  whis-lab evaluate --model model.whis --file labelled.csv --label attack
                                                      measure a model on labelled rows
  whis-lab monitor --model model.whis new.parquet     have the data drifted from those of training
  whis-lab baseline --data store --out store2         what is new, rare, too much or unlike its peers
  whis-lab risk --data store2                         who to look at, and why
  whis-lab gate                                       in CI: fail if a detector got worse

`whis-lab COMMAND --help` shows the options of a command, with examples.

Exit codes: 0 fine, 1 the gate failed, 2 could not run.";

/// The version, and what this binary was built for.
fn build() -> String {
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    let (arch, os) = (std::env::consts::ARCH, std::env::consts::OS);
    format!("{} ({arch}, {os}, {profile} build)", env!("CARGO_PKG_VERSION"))
}

#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "General")]
struct Common {
    /// Number of threads, I/O included; 1 is fully sequential [default: one per core]
    #[arg(long, global = true, value_name = "N", allow_negative_numbers = true)]
    threads: Option<usize>,
    /// Print no progress and no notes on stderr, only warnings and errors
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Explore(explore::Arguments),
    Compare(Box<compare::Arguments>),
    Report(Box<report::Arguments>),
    Plot(Box<plot::Arguments>),
    Train(Box<train::Arguments>),
    Score(Box<score::Arguments>),
    Review(Box<review::Arguments>),
    Learn(Box<learn::Arguments>),
    Evaluate(Box<evaluate::Arguments>),
    Monitor(Box<monitor::Arguments>),
    Explain(explain::Arguments),
    Inspect(inspect::Arguments),
    Detectors(detectors::Arguments),
    Generate(generate::Arguments),
    Ingest(Box<ingest::Arguments>),
    Baseline(baseline::Arguments),
    Timeline(timeline::Arguments),
    Risk(risk::Arguments),
    Gate(gate::Arguments),
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
    let cli = match usage::program().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return refused(&error),
    };
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

/// Print why the arguments cannot be used, or the help that they ask for.
fn refused(error: &clap::Error) -> ExitCode {
    match usage::wrong_value(error) {
        Some(problem) => {
            Terminal::new(false).error(&Error::Request(problem));
            ExitCode::from(2)
        }
        None => error.exit(),
    }
}

fn run(cli: Cli, terminal: &mut Terminal) -> Result<ExitStatus> {
    // This comes before the handler of signals, which starts a thread.
    limit_threads(cli.common.threads)?;
    signal::handle()?;
    match cli.command {
        Command::Compare(arguments) => compare::run(&arguments, terminal),
        Command::Explore(arguments) => explore::run(&arguments, terminal),
        Command::Plot(arguments) => plot::run(&arguments, terminal),
        Command::Report(arguments) => report::run(&arguments, terminal),
        Command::Score(arguments) => score::run(&arguments, terminal),
        Command::Generate(arguments) => generate::run(&arguments, terminal),
        Command::Baseline(arguments) => baseline::run(&arguments, terminal),
        Command::Timeline(arguments) => timeline::run(&arguments, terminal),
        Command::Risk(arguments) => risk::run(&arguments, terminal),
        Command::Ingest(arguments) => ingest::run(&arguments, terminal),
        Command::Gate(arguments) => gate::run(&arguments, terminal),
        Command::Detectors(arguments) => detectors::run(&arguments, terminal),
        Command::Train(arguments) => train::run(&arguments, terminal),
        Command::Evaluate(arguments) => evaluate::run(&arguments, terminal),
        Command::Monitor(arguments) => monitor::run(&arguments, terminal),
        Command::Explain(arguments) => explain::run(&arguments, terminal),
        Command::Review(arguments) => review::run(&arguments, terminal),
        Command::Learn(arguments) => learn::run(&arguments, terminal),
        Command::Inspect(arguments) => inspect::run(&arguments, terminal),
        Command::Completions(arguments) => completions::completions(&arguments, terminal),
        Command::Man(arguments) => completions::man(&arguments, terminal),
    }
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
