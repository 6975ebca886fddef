//! Adds the columns of a baseline to a store.

use super::hour_events::{entities, hour_events};
use super::novelty::Novelty;
use super::output::Output;
use super::slices::{Slice, Slices, Wanted};
use super::source::{Source, sources};
use super::state::{self, State};
use super::summary::Summary;
use crate::digest::sha256;
use crate::error::{Error, Result};
use crate::event_features::baseline::{Baseline, BaselineColumn, Events, Hours, Options, key};
use crate::event_features::calendar::DAY;
use crate::progress::Count;
use crate::table::{self, Batches, Column};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What to add, and to which store.
#[derive(Clone, Debug)]
pub struct Request {
    /// The folder of the store.
    pub store: PathBuf,
    /// The folder of the new store.
    pub out: PathBuf,
    /// The columns.
    pub columns: Vec<BaselineColumn>,
    /// How the baseline is built.
    pub options: Options,
    /// Whether the hours of users, hosts and sources are counted; after so many bursts in a week a level has changed.
    pub hours: Option<u32>,
    /// The state to go on from and to write; made if it does not exist.
    pub state: Option<PathBuf>,
}

/// The group of each user, from a table with the columns `user` and `group`; users as they are in the store.
///
/// # Errors
/// If the file is no such table.
pub fn groups(path: &Path) -> Result<BTreeMap<u64, u64>> {
    let mut groups = BTreeMap::new();
    for batch in Batches::open(path, 1 << 16, false)? {
        let batch = batch?;
        let (users, names) = (batch.texts("user")?, batch.texts("group")?);
        for row in 0..batch.rows() {
            if let (Some(user), Some(group)) = (users.level(row), names.level(row)) {
                groups.insert(key(user), key(group));
            }
        }
    }
    match groups.is_empty() {
        true => Err(Error::input(path, "names no user and group")),
        false => Ok(groups),
    }
}

/// Add the columns and count the hours. `read` counts the rows so far.
///
/// # Errors
/// If the store has no table, is not sorted by time, has the columns already or rows that the state has seen, or the new
/// store cannot be written. Then nothing is written.
pub fn add(request: &Request, read: &Count) -> Result<Summary> {
    let sources = sources(&request.store, read)?;
    let Usable { columns, left_out } = usable(&request.columns, &sources)?;
    let mut memory = memory(request, &columns)?;
    let mut output = Output::create(&request.out, request.hours.is_some(), &sources, &columns)?;
    let wanted = |source: &Source| wanted(source, &columns);
    let tables = sources.iter().map(wanted).zip(sources.iter().map(|source| source.batches.again()));
    let mut slices = Slices::open(tables.collect())?;
    let mut novelty = Novelty::default();
    let mut is_first_slice = true;
    while let Some(mut slice) = slices.next()? {
        if std::mem::take(&mut is_first_slice) {
            check_is_later(request, &memory, &slice)?;
        }
        let events =
            slice.iter_mut().map(|(table, slice)| (table.clone(), std::mem::take(&mut slice.events)));
        let events = events.collect();
        let added = memory.baseline.next(&events);
        count_novelty(&mut novelty, &events, &added);
        if let Some(hours) = &mut memory.hours {
            let rows = hours.next(&hour_events(&slice, &events, &added)?, &slices.names);
            output.write_hours(rows)?;
        }
        for (table, slice) in slice {
            output.write(&table, slice.rows, added.get(&table).map_or(&[][..], Vec::as_slice))?;
        }
    }
    if let Some(hours) = &memory.hours {
        output.write_hours(hours.unfinished())?;
    }
    memory.baseline.settle();
    let mut summary = output.finish(&memory.baseline, &request.out)?;
    if let Some(path) = &request.state {
        state::write(path, &memory)?;
        summary.files.push(path.clone());
    }
    Ok(Summary { novelty, left_out, forgotten: memory.baseline.forgotten(), ..summary })
}

/// The columns that the store has the data for, and those that are left out with what the store lacks.
#[derive(Default)]
struct Usable {
    columns: Vec<BaselineColumn>,
    left_out: Vec<(String, String)>,
}

fn usable(columns: &[BaselineColumn], sources: &[Source]) -> Result<Usable> {
    let lacks =
        |table: &str, needs: Vec<&str>| match sources.iter().find(|source| source.schema.table == table) {
            None => Some(table.to_owned()),
            Some(source) => {
                let lacking = needs.into_iter().find(|need| !source.names.iter().any(|name| name == need));
                lacking.map(|need| format!("{table}.{need}"))
            }
        };
    let Usable { columns: mut usable, mut left_out } = Usable::default();
    for column in columns {
        let other = column.events.as_ref().and_then(|other| lacks(&other.table, column.needs_of_other()));
        let is_counted =
            |name: &String| usable.iter().any(|own| own.name == *name && own.table == column.table);
        let uncounted = column.counts.iter().find(|name| !is_counted(name)).cloned();
        match lacks(&column.table, column.needs()).or(other).or(uncounted) {
            Some(lacking) => left_out.push((column.name.clone(), lacking)),
            None => usable.push(column.clone()),
        }
    }
    for source in sources {
        let of_table = |column: &&BaselineColumn| column.table == source.schema.table;
        let taken = usable.iter().filter(of_table).find(|column| source.names.contains(&column.name));
        if let Some(column) = taken {
            let problem =
                "is there already: the store has baseline columns; take the store that they were made from";
            return Err(Error::column(&source.path.display().to_string(), &column.name, problem));
        }
    }
    if usable.is_empty() {
        return Err(Error::Request("the store has the data for none of the columns".to_owned()));
    }
    Ok(Usable { columns: usable, left_out })
}

/// The state to go on from, or a new one.
fn memory(request: &Request, columns: &[BaselineColumn]) -> Result<State> {
    let groups: Vec<u8> = request
        .options
        .groups
        .iter()
        .flat_map(|(user, group)| [user.to_le_bytes(), group.to_le_bytes()])
        .flatten()
        .collect();
    let Options { settling, most_pairs, .. } = &request.options;
    let settings = format!(
        "settling {settling}, pairs {most_pairs}, hours {:?}, groups {}",
        request.hours,
        sha256(&groups)
    );
    if let Some(path) = request.state.as_ref().filter(|path| path.exists()) {
        let mut state = state::read(path)?;
        if !state.baseline.is_of(columns) {
            let reason =
                "the state is of other columns: the store has other columns, or the list was changed";
            return Err(Error::input(path, reason));
        }
        if state.settings != settings {
            return Err(Error::input(
                path,
                "the state was made with other settings (settling, pairs, groups or hours)",
            ));
        }
        return Ok(state);
    }
    let baseline = Baseline::new(columns, &request.options);
    Ok(State { settings, baseline, hours: request.hours.map(Hours::new) })
}

fn check_is_later(request: &Request, memory: &State, slices: &BTreeMap<String, Slice>) -> Result<()> {
    let first = slices.values().filter_map(|slice| slice.events.times.first()).min();
    match (&request.state, memory.baseline.last(), first) {
        (Some(path), Some(last), Some(first)) if *first <= last => {
            let reason = format!(
                "the state has seen rows up to {}, and the store begins at {}: these rows would count twice",
                table::rfc3339(last).unwrap_or_default(),
                table::rfc3339(*first).unwrap_or_default()
            );
            Err(Error::input(path, reason))
        }
        _ => Ok(()),
    }
}

/// What is read of a table as keys.
fn wanted(source: &Source, columns: &[BaselineColumn]) -> Wanted {
    let table = &source.schema.table;
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for column in columns {
        if column.table == *table {
            names.extend(column.needs());
            names.extend(
                column.only.iter().filter(|_| column.events.is_none()).map(|only| only.column.as_str()),
            );
        }
        if let Some(other) = column.events.as_ref().filter(|other| other.table == *table) {
            names.insert(&other.of);
            names.extend(column.only.iter().map(|only| only.column.as_str()));
        }
    }
    let named = entities(table);
    names.extend(named);
    names.insert("is_success");
    let has = |name: &&str| source.names.iter().any(|own| own == name);
    Wanted {
        table: table.clone(),
        time: source.schema.time.clone().unwrap_or_default(),
        columns: names.into_iter().filter(has).map(str::to_owned).collect(),
        named: named.into_iter().map(str::to_owned).collect(),
    }
}

fn count_novelty(
    novelty: &mut Novelty,
    events: &BTreeMap<String, Events>,
    added: &BTreeMap<String, Vec<Column>>,
) {
    let column =
        added.get("auth_events").and_then(|own| own.iter().find(|column| column.name == "first_user_host"));
    if let (Some(column), Some(own)) = (column, events.get("auth_events")) {
        for (row, time) in own.times.iter().enumerate() {
            // A missing flag is one of a new entity.
            novelty.add(time.div_euclid(DAY), column.values.real(row) != 0.0);
        }
    }
}
