//! `whis-lab risk`: who to look at, and why.

use super::ExitStatus;
use super::method::alerts_a_day;
use super::terminal::Terminal;
use crate::baseline::{self, RiskRequest, Risks};
use crate::error::{Error, Result};
use crate::event_features::baseline::{EntityKind, Span};
use crate::files;
use crate::progress::Count;
use crate::report::{aligned, count};
use crate::table;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// List the users, hosts or sources with the highest risk, day by day, each with its reasons
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A store with baseline columns, as `baseline` writes it
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Whose risk
    #[arg(long, value_enum, default_value_t = By::User)]
    by: By,
    /// The number of risks to list
    #[arg(long, value_name = "N", default_value_t = 20, conflicts_with = "budget", value_parser = clap::value_parser!(u64).range(1..))]
    top: u64,
    /// List this many of each day instead
    #[arg(long, value_name = "N/day", value_parser = alerts_a_day)]
    budget: Option<u64>,
    /// Leave out the first days, in which everything is new
    #[arg(long, value_name = "SPAN", default_value = "7d")]
    warm_up: Span,
    /// The number of reasons to print
    #[arg(long, value_name = "N", default_value_t = 3)]
    reasons: usize,
    /// The format of stdout
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Also write the list as a table, .parquet or .csv
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Accounts
    User,
    /// Hosts
    Host,
    /// Addresses that logons come from
    Source,
}

impl By {
    /// The kind of entity.
    pub fn kind(self) -> EntityKind {
        match self {
            By::User => EntityKind::User,
            By::Host => EntityKind::Host,
            By::Source => EntityKind::Source,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Aligned columns
    Table,
    /// Everything, for programs
    Json,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab generate --days 60 --out store && whis-lab baseline --data store --out store2
  whis-lab risk --data store2                            the 20 users and days with the highest risk
  whis-lab risk --data store2 --by host --budget 5/day   five hosts of each day
  whis-lab risk --data store2 --format json --top 100

The risk of a day is a sum over families of columns (new, rare, hour, breadth, volume, peers, context) of -log10 p, each at most \
6: p is the share of rows of the store that are at least as suspicious, corrected for the number of rows of the day. No label \
is used; if the store knows attacks, they are shown beside the list.";

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    if let Some(out) = &arguments.out {
        files::check(out)?;
    }
    let rows = Count::default();
    terminal.watch_rows(rows.clone(), None);
    let (store, by, warm_up) = (arguments.data.clone(), arguments.by.kind(), arguments.warm_up.0);
    let mut risks = baseline::risks(&RiskRequest { store, by, warm_up }, &rows)?;
    match arguments.budget {
        Some(number) => risks.keep_per_day(number as usize),
        None => risks.risks.truncate(arguments.top as usize),
    }
    if let Some(out) = &arguments.out {
        table::write_columns(out, &risks.columns())?;
        terminal.wrote(out);
    }
    terminal.answer(&match arguments.format {
        Format::Table => text(&risks, arguments.reasons),
        Format::Json => {
            let json = serde_json::to_string_pretty(&risks);
            json.map_err(|e| Error::Request(format!("the answer is no JSON: {e}")))? + "\n"
        }
    })?;
    Ok(ExitStatus::Success)
}

fn text(risks: &Risks, reasons: usize) -> String {
    let mut text = format!(
        "{} of {} {} days over {} days, by risk\n\n",
        count(risks.risks.len() as u64),
        count(risks.entity_days),
        risks.by,
        count(risks.days)
    );
    let has_attacks = !risks.attacks.is_empty();
    let row = |risk: &baseline::Risk| {
        let why = risk
            .reasons
            .iter()
            .take(reasons)
            .map(|reason| reason.text.as_str())
            .collect::<Vec<_>>()
            .join("; ");
        let mut row =
            vec![risk.day.clone(), risk.entity.clone(), format!("{:.1}", risk.risk), count(risk.rows)];
        if has_attacks {
            row.push(risk.attack_ids.join(" "));
        }
        row.push(why);
        row
    };
    let mut header = vec!["day", risks.by, "risk", "rows"];
    if has_attacks {
        header.push("attack (known, not used)");
    }
    header.push("reasons");
    text += &aligned(&header, risks.risks.iter().map(row).collect(), 2..4);
    if let Some((found, all)) = risks.found() {
        text += &format!("\n{found} of {all} attacks of the store have a day in this list.\n");
    }
    text
}
