//! `whis-lab timeline`: the hours in which an entity does more than usual.

use super::ExitStatus;
use super::method::alerts_a_day;
use super::risk::By;
use super::terminal::Terminal;
use crate::baseline::{self, AlertRule, HourCell, Timeline, TimelineRequest};
use crate::error::{Error, Result};
use crate::event_features::baseline::Span;
use crate::files;
use crate::progress::Count;
use crate::report::{aligned, count, counted, significant};
use crate::table;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// List the hours in which a user, host or source does more than it usually does at that hour
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A store with the hours of its entities, as `baseline` writes it
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Whose hours
    #[arg(long, value_enum, default_value_t = By::User)]
    entity: By,
    /// Only this user, host or source, as the store names it
    #[arg(long, value_name = "NAME")]
    entity_id: Option<String>,
    /// What to look at: logons, failures, hosts, sources, users, starts, changes, first_pairs [default: all]
    #[arg(long, value_name = "A,B,…", value_delimiter = ',')]
    measure: Vec<String>,
    /// The expected share of false alerts among those of a day (Benjamini-Hochberg)
    #[arg(long, value_name = "SHARE", default_value_t = 0.05, conflicts_with = "budget")]
    fdr: f64,
    /// The counts with the smallest p of each day instead
    #[arg(long, value_name = "N/day", value_parser = alerts_a_day)]
    budget: Option<u64>,
    /// Leave out the first days, in which little is usual
    #[arg(long, value_name = "SPAN", default_value = "7d")]
    warm_up: Span,
    /// The number of alerts to print
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// The format of stdout
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Also write all alerts as a table, .parquet or .csv
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
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
  whis-lab timeline --data store2                                        all users
  whis-lab timeline --data store2 --entity source --measure failures,users
  whis-lab timeline --data store2 --budget 10/day --out alerts.parquet
  whis-lab timeline --data store2 --entity-id 3fa9c0d1e2b3a495           one user

A count is compared with the same hour of the week in the last eight weeks, the hours beside it at half weight. p is the upper \
tail of a negative binomial with the mean and the dispersion of these hours; the column basis says if fewer hours were known.";

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    if let Some(out) = &arguments.out {
        files::check(out)?;
    }
    let rows = Count::default();
    terminal.watch_rows(rows.clone(), None);
    let timeline = baseline::timeline(&arguments.request()?, &rows)?;
    if let Some(out) = &arguments.out {
        table::write_columns(out, &timeline.columns())?;
        terminal.wrote(out);
    }
    terminal.answer(&match arguments.format {
        Format::Table => text(&timeline, arguments.top),
        Format::Json => {
            let json = serde_json::to_string_pretty(&timeline);
            json.map_err(|e| Error::Request(format!("the answer is no JSON: {e}")))? + "\n"
        }
    })?;
    Ok(ExitStatus::Success)
}

impl Arguments {
    fn request(&self) -> Result<TimelineRequest> {
        if !(self.fdr > 0.0 && self.fdr < 1.0) {
            return Err(Error::Request(format!("--fdr must be between 0 and 1, but is {}", self.fdr)));
        }
        Ok(TimelineRequest {
            store: self.data.clone(),
            by: self.entity.kind(),
            measures: self.measure.clone(),
            entity: self.entity_id.clone(),
            rule: self.budget.map_or(AlertRule::Fdr(self.fdr), |number| AlertRule::PerDay(number as usize)),
            warm_up: self.warm_up.0,
        })
    }
}

/// A p-value, also a very small one.
fn small(p: f64) -> String {
    if p < 0.001 { format!("{p:.0e}") } else { format!("{p:.3}") }
}

fn text(timeline: &Timeline, top: usize) -> String {
    let alerts = timeline.alerts.len() as u64;
    let mut text = format!(
        "{} among {} counts of {} hours over {} days\n",
        counted(alerts, "alert", "alerts"),
        count(timeline.cells),
        timeline.by,
        count(timeline.days)
    );
    let has_attacks = timeline.alerts.iter().any(|cell| !cell.attack_ids.is_empty());
    let row = |cell: &HourCell| {
        let mut row = vec![
            cell.hour.get(..16).unwrap_or(&cell.hour).replace('T', " "),
            cell.entity.clone(),
            cell.measure.clone(),
            format!("{}", cell.count),
            significant(cell.expected),
            format!("{}", cell.high),
            small(cell.p),
            cell.basis.clone(),
        ];
        if has_attacks {
            row.push(cell.attack_ids.clone());
        }
        row
    };
    let mut header = vec!["hour", timeline.by, "measure", "count", "expected", "high", "p", "basis"];
    if has_attacks {
        header.push("attack (known, not used)");
    }
    if alerts > 0 {
        text += "\n";
        text += &aligned(&header, timeline.alerts.iter().take(top).map(row).collect(), 3..7);
    }
    if timeline.alerts.len() > top {
        text +=
            &format!("\n{} more; --top or --out shows them\n", count((timeline.alerts.len() - top) as u64));
    }
    text
}
