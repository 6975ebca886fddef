//! `whis-lab ingest`: turn logs into a store.

use super::ExitStatus;
use super::terminal::Terminal;
use crate::error::Result;
use crate::event_features::{Calendar, Hide};
use crate::ingest::{self, Options};
use crate::progress::Progress;
use clap::Args;
use std::path::PathBuf;

/// Turn logs into a store of the three event tables, and say what became of every record
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Files, or folders with all that is in them. The format is found from the content
    #[arg(value_name = "LOGS", required = true)]
    logs: Vec<PathBuf>,
    /// Folder of the store; created if missing
    #[arg(long, value_name = "DIR", required_unless_present = "survey")]
    out: Option<PathBuf>,
    /// Write no store; only say what the logs hold
    #[arg(long, conflicts_with = "out")]
    survey: bool,
    /// Successful Kerberos and NTLM requests are rows, too. They repeat the logons at the hosts
    #[arg(long)]
    kerberos: bool,
    /// Write users, addresses and command lines as they are
    #[arg(long)]
    plain: bool,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab ingest logs/ --out store
  whis-lab ingest --survey logs/";

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    let options = Options {
        calendar: Calendar::default(),
        hide: if arguments.plain { Hide::Nothing } else { Hide::Sha256 },
        kerberos: arguments.kerberos,
        ..Options::default()
    };
    let report = ingest::ingest(&arguments.logs, arguments.out.as_deref(), &options, &Progress::HIDDEN)?;
    terminal.answer(&report.to_text())?;
    Ok(ExitStatus::Success)
}
