//! `whis-lab ingest`: turn logs into a store.

use super::ExitStatus;
use super::terminal::Terminal;
use crate::error::{Error, Result};
use crate::event_features::{Calendar, Hide};
use crate::ingest::{self, IngestReport, KeySource, Options};
use crate::progress::Count;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Turn logs into a store of the three event tables, and say what became of every record
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Files, archives, or folders with all that is in them. The format is found from the content
    #[arg(value_name = "LOGS", required = true)]
    logs: Vec<PathBuf>,
    /// Folder of the store; created if missing
    #[arg(long, value_name = "DIR", required_unless_present = "survey")]
    out: Option<PathBuf>,
    /// Write no store; only say what the logs hold
    #[arg(long, conflicts_with = "out")]
    survey: bool,
    /// Output format of the answer
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,
    /// Only rows at or after this time, such as 2026-03-01 or 2026-03-01T10:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<i64>,
    /// Only rows before this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<i64>,
    /// Which rows belong to an attack: a table with the column label (attack, background, exclude) and any of from, to, host,
    /// user, source, process, technique, attack_id; or the redteam.txt of LANL
    #[arg(long, value_name = "FILE", help_heading = "Knowledge")]
    labels: Option<PathBuf>,
    /// The class of hosts: a table with the columns host and class
    #[arg(long, value_name = "FILE", help_heading = "Knowledge")]
    assets: Option<PathBuf>,
    /// Other names of accounts: a table with the columns alias and user
    #[arg(long, value_name = "FILE", help_heading = "Knowledge")]
    identities: Option<PathBuf>,
    /// Time zone of the working hours, with its daylight saving time
    #[arg(long, value_name = "ZONE", default_value = "UTC", help_heading = "Time")]
    zone: String,
    /// Working hours
    #[arg(long, value_name = "FROM-TO", default_value = "07-20", help_heading = "Time")]
    office_hours: String,
    /// Date of second 0 of LANL logs; without it, their hours are missing
    #[arg(long, value_name = "TIME", value_parser = time, help_heading = "Time")]
    epoch: Option<i64>,
    /// A window that reaches back further than the log of its host
    #[arg(long, value_enum, value_name = "VALUE", default_value_t = WarmUp::Null, help_heading = "Time")]
    warm_up: WarmUp,
    /// Successful Kerberos and NTLM requests are rows, too. They repeat the logons at the hosts
    #[arg(long, help_heading = "Rows")]
    kerberos: bool,
    /// No rows of computers and of the system
    #[arg(long, help_heading = "Rows")]
    people_only: bool,
    /// The largest share of records that may be unreadable, such as 1%; else nothing is written
    #[arg(long, value_name = "SHARE", help_heading = "Rows")]
    max_rejects: Option<String>,
    /// File with the key that hides users, addresses and command lines [default: the variable WHIS_LAB_KEY, else a file in
    /// the user's folder of settings, made at the first use]
    #[arg(long, value_name = "FILE", help_heading = "Privacy", conflicts_with = "plain")]
    key_file: Option<PathBuf>,
    /// Write users, addresses and command lines as they are
    #[arg(long, help_heading = "Privacy")]
    plain: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum WarmUp {
    /// Is missing
    Null,
    /// Counts what is there
    Zero,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab ingest logs/ --out store                               then: whis-lab compare --data store
  whis-lab ingest --survey collection.zip host2/                  what is in these files?
  whis-lab ingest *.evtx --out store --zone Europe/Berlin --assets hosts.csv
  whis-lab ingest auth.txt.gz proc.txt.gz --labels redteam.txt.gz --out store

For every file, records = rows + merged + ignored + duplicates + rejected; store/ingest.json holds the numbers. What a log \
cannot show is missing in the store, not 0. Users, addresses and command lines are written as HMAC-SHA-256 with a key that is \
not in the store; hosts and programs are readable.";

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    let most = arguments.max_rejects.as_deref().map(share).transpose()?;
    let options = arguments.options(terminal)?;
    let records = Count::default();
    terminal.watch_rows(records.clone(), None);
    let check = |report: &IngestReport| match most {
        _ if arguments.out.is_some() && report.is_empty() => {
            let why = report.warnings().into_iter().skip(1).collect::<Vec<_>>().join("; ");
            Err(Error::Request(format!(
                "no file holds a record of a known format, so nothing was written: {why}"
            )))
        }
        Some(most) if report.rejected_share() > most => Err(Error::Request(format!(
            "{:.2} % of the records cannot be read; nothing was written",
            100.0 * report.rejected_share()
        ))),
        _ => Ok(()),
    };
    let report = ingest::ingest(&arguments.logs, arguments.out.as_deref(), &options, &records, &check)?;
    for warning in report.warnings() {
        terminal.warning(&warning);
    }
    if let Some(folder) = &arguments.out {
        for file in ingest::FILES {
            terminal.wrote(&folder.join(file));
        }
    }
    terminal.answer(&match arguments.format {
        Format::Text => report.to_text(),
        Format::Json => report.to_json() + "\n",
    })?;
    Ok(ExitStatus::Success)
}

impl Arguments {
    fn options(&self, terminal: &Terminal) -> Result<Options> {
        let hours = self.office_hours.split_once('-');
        let hours = hours.and_then(|(from, to)| Some(from.trim().parse().ok()?..to.trim().parse().ok()?));
        let calendar = hours.and_then(|hours| Calendar::new(&self.zone, hours)).ok_or_else(|| {
            Error::Request(format!(
                "`{}` in the zone `{}` are no working hours; 07-20 in Europe/Berlin are",
                self.office_hours, self.zone
            ))
        })?;
        Ok(Options {
            calendar,
            hide: self.hide(terminal)?,
            epoch: self.epoch,
            kerberos: self.kerberos,
            people_only: self.people_only,
            from: self.from,
            to: self.to,
            assume_history: self.warm_up == WarmUp::Zero,
            labels: self.labels.clone(),
            asset_classes: self.assets.as_deref().map(ingest::asset_classes).transpose()?.unwrap_or_default(),
            identities: self.identities.as_deref().map(ingest::identities).transpose()?.unwrap_or_default(),
        })
    }

    fn hide(&self, terminal: &Terminal) -> Result<Hide> {
        if self.plain || self.survey {
            return Ok(Hide::Nothing);
        }
        let (key, source) = ingest::key(self.key_file.as_deref())?;
        if let KeySource::Made(file) = source {
            terminal.note(&format!(
                "made a key that hides names: {}; equal names are equal in every store that uses it",
                file.display()
            ));
        }
        Ok(Hide::Hmac(key))
    }
}

fn time(text: &str) -> Result<i64, String> {
    ingest::moment(text).ok_or_else(|| "write it as 2026-03-01 or 2026-03-01T10:00:00Z".to_owned())
}

/// A share such as `1%` or `0.01`.
fn share(text: &str) -> Result<f64> {
    let parsed = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse().map(|percent: f64| percent / 100.0),
        None => text.trim().parse(),
    };
    parsed
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| Error::Request(format!("`{text}` is no share of records; 1% or 0.01 is one")))
}
