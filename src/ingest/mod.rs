//! From logs to the three event tables.
//!
//! What happens to a record:
//!
//! 1. `container` opens files, folders and archives; a format (`evtx`, `shape`, `lanl`) gives [`record::Record`]s.
//! 2. `mapping` says what a record becomes: a logon, a start of a process, a change, or a part of one. `read` keeps its
//!    values under one name for each entity (`identity`) and counts everything else. `clock` corrects false times.
//! 3. `join` sorts the records of all inputs by time, drops copies, and merges records that tell of the same thing.
//! 4. `store` computes the event features day by day and writes the tables. What a log cannot show is missing, not 0
//!    (`reach`).
//! 5. `report` says what became of every record.
//!
//! For every input, records = rows + merged + ignored + duplicates + rejected.

mod clock;
mod container;
mod event_json;
mod evtx;
mod found;
mod identity;
mod input;
mod join;
mod labels;
mod lanl;
mod lists;
mod mapping;
mod reach;
mod read;
mod record;
mod report;
mod secret;
mod shape;
mod store;

use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::event_features::{Calendar, EventRows, Hide};
use crate::events::{Names, Symbol};
use crate::files;
use crate::progress::Count;
use found::{Found, union};
use identity::AccountKind;
use join::Joined;
use labels::Labels;
use mapping::Mappings;
use reach::Coverage;
use read::InputLog;

pub use lists::{asset_classes, identities};
pub use report::{HostReport, IngestReport, InputReport, LabelReport, Rows};
pub use secret::{KeySource, key};

/// The files of a store: the tables of logons, starts and changes, and the report.
pub const FILES: [&str; 4] =
    ["auth_events.parquet", "process_events.parquet", "admin_events.parquet", "ingest.json"];

/// How logs become a store.
#[derive(Clone, Debug)]
pub struct Options {
    /// Working hours and their zone.
    pub calendar: Calendar,
    /// How users, addresses and command lines are written.
    pub hide: Hide,
    /// The time of second 0 of logs that count seconds, in microseconds since 1970; without it, hours are missing.
    pub epoch: Option<i64>,
    /// Successful Kerberos and NTLM requests are rows, too.
    pub kerberos: bool,
    /// Only accounts of persons.
    pub people_only: bool,
    /// Only rows at or after this time, in microseconds since 1970.
    pub from: Option<i64>,
    /// Only rows before this time.
    pub to: Option<i64>,
    /// Windows that reach back further than the log count what is there, instead of being missing.
    pub assume_history: bool,
    /// A file of labels.
    pub labels: Option<PathBuf>,
    /// The class of hosts, by short name in lower case.
    pub asset_classes: BTreeMap<String, String>,
    /// Other names of accounts.
    pub identities: BTreeMap<String, String>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            calendar: Calendar::default(),
            hide: Hide::Sha256,
            epoch: None,
            kerberos: false,
            people_only: false,
            from: None,
            to: None,
            assume_history: false,
            labels: None,
            asset_classes: BTreeMap::new(),
            identities: BTreeMap::new(),
        }
    }
}

/// Read logs and write a store into a folder; without a folder, only say what they hold. `records` counts the records
/// that are read so far. `check` sees the report before anything is written.
///
/// # Errors
/// If there are no files, one cannot be opened, the store cannot be written, or `check` refuses the report. A record that
/// cannot be read is counted.
pub fn ingest(
    paths: &[PathBuf],
    out: Option<&Path>,
    options: &Options,
    records: &Count,
    check: &dyn Fn(&IngestReport) -> Result<()>,
) -> Result<IngestReport> {
    let mappings = Mappings::embedded()?;
    let inputs = input::inputs(paths)?;
    let labels = match &options.labels {
        Some(path) => labels::read(path, options.epoch.unwrap_or(0))?,
        None => Labels::default(),
    };
    let logs: Vec<InputLog> =
        inputs.par_iter().map(|input| input.read(&mappings, options, records)).collect::<Result<_>>()?;
    let names_of_inputs: Vec<String> = inputs.iter().map(|input| input.name.clone()).collect();
    let mut merged = Merged::of(logs, options);
    let found = std::mem::take(&mut merged.found);
    let is_wanted = |found: &Found, names: &Names| {
        let is_in_time =
            options.from.is_none_or(|from| from <= found.time) && options.to.is_none_or(|to| found.time < to);
        let is_person = || AccountKind::of(names.name(found.what.account())) == AccountKind::Person;
        is_in_time && (!options.people_only || is_person())
    };
    let joined = Joined::of(found, &mut merged.names, &mappings, is_wanted);
    let report = merged.report(&names_of_inputs, &joined, &labels, &mappings);
    check(&report)?;
    if let Some(folder) = out {
        merged.write(folder, &joined, &labels, &names_of_inputs, &mappings, options)?;
        files::write_whole(&folder.join(FILES[3]), |out| writeln!(out, "{}", report.to_json()))?;
    }
    Ok(report)
}

/// The logs of all inputs under one set of names.
#[derive(Default)]
struct Merged {
    names: Names,
    found: Vec<Found>,
    inputs: Vec<read::Counts>,
    corrections: Vec<clock::Corrections>,
    hosts: Vec<BTreeMap<String, (i64, i64)>>,
    reach: BTreeMap<(Symbol, u8), read::Reach>,
    authorities: Vec<Symbol>,
}

impl Merged {
    fn of(logs: Vec<InputLog>, options: &Options) -> Self {
        let mut merged = Merged::default();
        let mut domains = std::collections::BTreeSet::new();
        for (input, log) in logs.into_iter().enumerate() {
            let new = union(&mut merged.names, &log.names);
            let mut hosts: BTreeMap<String, (i64, i64)> = BTreeMap::new();
            for ((host, family), reach) in &log.reach {
                let host = new[host.index()];
                let whole = merged.reach.entry((host, *family)).or_default();
                *whole = whole.with(*reach);
                if reach.first <= reach.last {
                    let name = merged.names.name(host).to_owned();
                    let span = hosts.entry(name).or_insert((reach.first, reach.last));
                    *span = (span.0.min(reach.first), span.1.max(reach.last));
                }
            }
            merged.authorities.extend(log.authorities.iter().map(|host| new[host.index()]));
            merged.found.extend(log.found.iter().map(|found| found.renamed(input as u32, &new)));
            merged.inputs.push(log.counts);
            merged.corrections.push(log.corrections);
            merged.hosts.push(hosts);
            domains.extend(log.domains);
        }
        let aliases = identity::aliases(&mut merged.names, &domains, &options.identities);
        merged.found.iter_mut().for_each(|found| found.unify(&aliases));
        merged
    }

    fn asset_classes(&mut self, options: &Options) -> HashMap<Symbol, Symbol> {
        let mut classes = HashMap::new();
        let controller = self.names.intern("dc");
        for host in &self.authorities {
            classes.insert(*host, controller);
        }
        for (host, class) in &options.asset_classes {
            let (host, class) = (self.names.intern(host), self.names.intern(class));
            classes.insert(host, class);
        }
        classes
    }

    fn write(
        &mut self,
        folder: &Path,
        joined: &Joined,
        labels: &Labels,
        inputs: &[String],
        mappings: &Mappings,
        options: &Options,
    ) -> Result<()> {
        let classes = self.asset_classes(options);
        let coverage = Coverage::new(mappings, self.reach.clone(), options.assume_history);
        let rows = EventRows::new(&self.names, &classes, options.calendar.clone(), options.hide.clone());
        let has_hour = |found: &Found| options.epoch.is_some() || !mappings.mapping(found.family).central;
        let source = store::Source {
            joined,
            names: &self.names,
            coverage: &coverage,
            labels,
            inputs,
            has_hour: &has_hour,
        };
        let [auth, process, admin, _] = FILES.map(|file| folder.join(file));
        let mut rows = Some(rows);
        files::write_whole(&auth, |auth| {
            files::write_whole(&process, |process| {
                files::write_whole(&admin, |admin| {
                    let rows = rows.take().ok_or_else(|| std::io::Error::other("rows are written once"))?;
                    let out: [&mut dyn std::io::Write; 3] = [auth, process, admin];
                    store::write(&source, rows, out).map(drop)
                })
                .map_err(std::io::Error::other)
            })
            .map_err(std::io::Error::other)
        })
    }

    fn report(
        &self,
        inputs: &[String],
        joined: &Joined,
        labels: &Labels,
        mappings: &Mappings,
    ) -> IngestReport {
        report::of(self, inputs, joined, labels, mappings)
    }
}

/// A time as people write it, such as `2020-01-31T10:00:00Z` or `2020-01-31`, in microseconds since 1970; UTC without a
/// zone. `None` for other text.
pub fn moment(text: &str) -> Option<i64> {
    event_json::utc(text).or_else(|| event_json::utc(&format!("{text} 00:00:00")))
}

/// An error of an input.
fn problem(path: &Path, problem: impl ToString) -> Error {
    Error::input(path, problem.to_string())
}
