//! From logs to the three event tables.
//!
//! What happens to a record:
//!
//! 1. `container` opens files, folders and archives; a format (`evtx`, `shape`, `lanl`) gives records.
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
mod merged;
mod options;
mod reach;
mod read;
mod record;
mod report;
mod secret;
mod shape;
mod store;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::error::Result;
use crate::event_features::EventRows;
use crate::events::Names;
use crate::files;
use crate::progress::Count;
use found::Found;
use identity::AccountKind;
use join::Joined;
use labels::Labels;
use mapping::Mappings;
use merged::Merged;
use reach::Coverage;
use read::InputLog;

pub use lists::{asset_classes, identities};
pub use options::Options;
pub use report::{HostReport, IngestReport, InputReport, LabelReport, Rows};
pub use secret::{KeySource, key};

/// The files of a store: the tables of logons, starts and changes, and the report.
pub const FILES: [&str; 4] =
    ["auth_events.parquet", "process_events.parquet", "admin_events.parquet", "ingest.json"];

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
        Some(path) => lists::labels(path, options.epoch.unwrap_or(0))?,
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
    let report = report::of(&merged, &names_of_inputs, &joined, &labels, &mappings);
    check(&report)?;
    if let Some(folder) = out {
        write(&mut merged, folder, &joined, &labels, &names_of_inputs, &mappings, options)?;
        files::write_whole(&folder.join(FILES[3]), |out| writeln!(out, "{}", report.to_json()))?;
    }
    Ok(report)
}

fn write(
    merged: &mut Merged,
    folder: &Path,
    joined: &Joined,
    labels: &Labels,
    inputs: &[String],
    mappings: &Mappings,
    options: &Options,
) -> Result<()> {
    let classes = merged.asset_classes(options);
    let coverage = Coverage::new(mappings, merged.reach.clone(), options.assume_history);
    let rows = EventRows::new(&merged.names, &classes, options.calendar.clone(), options.hide.clone());
    let has_hour = |found: &Found| options.epoch.is_some() || !mappings.mapping(found.family).central;
    let source = store::Source {
        joined,
        names: &merged.names,
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

/// A time as people write it, such as `2020-01-31T10:00:00Z` or `2020-01-31`, in microseconds since 1970; UTC without a
/// zone. `None` for other text.
pub fn moment(text: &str) -> Option<i64> {
    event_json::utc(text).or_else(|| event_json::utc(&format!("{text} 00:00:00")))
}
