//! `whis-lab baseline`: add what is new, rare, too much or unlike its peers to a store.

use super::ExitStatus;
use super::terminal::Terminal;
use crate::baseline::{self, Plateau, Request, Summary};
use crate::error::{Error, Result};
use crate::event_features::baseline::{BaselineColumn, Options, Span, built_in, from_json};
use crate::files;
use crate::progress::Count;
use crate::report::{count, percent};
use clap::Args;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Add behavioural baselines to a store: what is new, rare, too much, or unlike its peers
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The folder of the store, as `generate` and `ingest` write it
    #[arg(long, value_name = "DIR", required_unless_present = "list")]
    data: Option<PathBuf>,
    /// The folder of the new store; created if missing
    #[arg(long, value_name = "DIR", required_unless_present = "list")]
    out: Option<PathBuf>,
    /// The memory of the baseline: read if it exists, then written. The next run goes on from there
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// The group of each user: a table with the columns user (as in the store) and group [default: the 20 users with the
    /// most similar hosts]
    #[arg(long, value_name = "FILE")]
    groups: Option<PathBuf>,
    /// Your own list of columns as JSON, instead of the built-in one; --list prints that
    #[arg(long, value_name = "FILE")]
    columns: Option<PathBuf>,
    /// The time in which an entity is new, so that its first-seen flags are missing; 0d flags it from the start
    #[arg(long, value_name = "SPAN", default_value = "1d")]
    settling: Span,
    /// The number of bursts within a week after which the level of a count has changed
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    adapt: u32,
    /// The most pairs that a column remembers; the least recently seen are forgotten first
    #[arg(long, value_name = "N", default_value_t = 20_000_000, value_parser = clap::value_parser!(u64).range(1_000..))]
    max_pairs: u64,
    /// Do not count the hours of users, hosts and sources
    #[arg(long)]
    no_hours: bool,
    /// Print the columns as JSON, and stop
    #[arg(long)]
    list: bool,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab generate --days 60 --out store
  whis-lab baseline --data store --out store2
  whis-lab compare --data store2 --table auth --protocol time --warm-up 7d
  whis-lab risk --data store2                          who to look at, and why
  whis-lab baseline --data tuesday --out tuesday2 --state baseline.state
                                                       go on from the state of Monday
  whis-lab baseline --list > columns.json              then change it, and give it to --columns

Every value is computed from events at strictly earlier times; no label is read. What cannot be known is missing, not 0. \
The new store also has user_hours, host_hours and source_hours: counts per hour, each with what is usual for that entity at \
that hour. Commands with --data use the new columns as features.";

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    let columns = arguments.columns()?;
    if arguments.list {
        let json = serde_json::to_string_pretty(&columns);
        let json = json.map_err(|e| Error::Request(format!("the columns are no JSON: {e}")))?;
        terminal.answer(&(json + "\n"))?;
        return Ok(ExitStatus::Success);
    }
    let request = arguments.request(columns)?;
    if let Some(state) = &request.state {
        files::check(state)?;
    }
    let rows = Count::default();
    terminal.watch_rows(rows.clone(), None);
    let summary = baseline::add(&request, &rows)?;
    for (column, lacking) in &summary.left_out {
        terminal.note(&format!("{column} is left out: the store has no {lacking}"));
    }
    if summary.forgotten > 0 {
        terminal.warning(&format!(
            "{} pairs were forgotten because there were more than {}; they count as new if they come again (--max-pairs)",
            count(summary.forgotten),
            count(arguments.max_pairs)
        ));
    }
    summary.files.iter().for_each(|file| terminal.wrote(file));
    terminal.answer(&text(&summary))?;
    Ok(ExitStatus::Success)
}

impl Arguments {
    fn columns(&self) -> Result<Vec<BaselineColumn>> {
        match &self.columns {
            Some(path) => from_json(&files::text(path)?).map_err(|e| Error::input(path, e)),
            None => built_in(),
        }
    }

    fn request(&self, columns: Vec<BaselineColumn>) -> Result<Request> {
        let groups = self.groups.as_deref().map(baseline::groups).transpose()?.unwrap_or_default();
        let options = Options { settling: self.settling.0, most_pairs: self.max_pairs, groups };
        Ok(Request {
            store: self.data.clone().unwrap_or_default(),
            out: self.out.clone().unwrap_or_default(),
            columns,
            options,
            hours: (!self.no_hours).then_some(self.adapt),
            state: self.state.clone(),
        })
    }
}

/// The tables, the columns by family, and how long to wait.
fn text(summary: &Summary) -> String {
    let mut text = String::new();
    for table in &summary.tables {
        text += &format!("{}: {} rows", table.table, count(table.rows));
        if !table.columns.is_empty() {
            text += &format!(", {} new columns", table.columns.len());
        }
        text += "\n";
        let mut families: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for column in &table.columns {
            let missing = match column.missing {
                0.0 => String::new(),
                share => format!(" ({} missing)", percent(share)),
            };
            families.entry(&column.family).or_default().push(column.name.clone() + &missing);
        }
        for (family, names) in families {
            text += &format!("  {family}: {}\n", names.join(", "));
        }
    }
    text + &novelty(summary)
}

fn novelty(summary: &Summary) -> String {
    match summary.novelty.plateau() {
        Plateau::After(day) => format!(
            "\nFirst logons of a user on a host flatten after {day} days: compare with --warm-up {}d or more.\n",
            day.max(1)
        ),
        Plateau::Never(share) => format!(
            "\nWarning: first logons of a user on a host do not flatten; on the last day they are {} of the rows. The store \
             is too short for first-seen flags: give more history.\n",
            percent(share)
        ),
        Plateau::Unknown => String::new(),
    }
}
