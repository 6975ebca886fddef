//! The rows of several tables in the order of time, slice by slice. Rows of one time are in one slice.

use crate::error::{Error, Result};
use crate::event_features::baseline::{Events, key};
use crate::progress::Count;
use crate::table::{Batch, Batches, Categories, Values};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Consecutive rows of one table.
#[derive(Debug)]
pub(super) struct Slice {
    pub rows: Batch,
    pub events: Events,
}

/// The tables of a store that are read together.
#[derive(Debug)]
pub(super) struct Slices {
    tables: Vec<Reader>,
    /// The names of the entities that were read so far, by their keys.
    pub names: HashMap<u64, String>,
}

/// One table.
#[derive(Debug)]
struct Reader {
    table: String,
    time: String,
    /// The columns that are read as keys.
    columns: Vec<String>,
    /// Those whose names are remembered.
    named: Vec<String>,
    batches: Batches,
    /// Rows that are not in a slice yet.
    open: Option<Slice>,
    next: Option<Batch>,
    latest: i64,
}

/// The most rows of a batch.
const ROWS: usize = 1 << 17;

/// What is read of a table.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub table: String,
    pub time: String,
    pub columns: Vec<String>,
    pub named: Vec<String>,
}

impl Slices {
    pub(super) fn open(tables: Vec<(Wanted, Batches)>) -> Result<Self> {
        let mut readers = Vec::new();
        for (wanted, mut batches) in tables {
            let next = batches.next().transpose()?;
            let Wanted { table, time, columns, named } = wanted;
            readers.push(Reader { table, time, columns, named, batches, open: None, next, latest: i64::MIN });
        }
        Ok(Slices { tables: readers, names: HashMap::new() })
    }

    /// The next rows of each table; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<BTreeMap<String, Slice>>> {
        for reader in &mut self.tables {
            if reader.open.is_none() {
                reader.read(&mut self.names)?;
            }
        }
        loop {
            // Rows before this time are complete in every table.
            let ends = self.tables.iter().filter(|reader| reader.next.is_some());
            let end = ends.filter_map(|reader| reader.open.as_ref()?.events.times.last().copied()).min();
            let taken: BTreeMap<String, Slice> = self
                .tables
                .iter_mut()
                .filter_map(|reader| Some((reader.table.clone(), reader.take(end).transpose()?)))
                .map(|(table, slice)| slice.map(|slice| (table, slice)))
                .collect::<Result<_>>()?;
            if !taken.is_empty() {
                return Ok(Some(taken));
            }
            // All rows of a batch have one time.
            let last = |reader: &&mut Reader| {
                reader.open.as_ref().and_then(|open| open.events.times.last()) == end.as_ref()
            };
            let Some(limiting) = self.tables.iter_mut().filter(|reader| reader.next.is_some()).find(last)
            else {
                return Ok(None);
            };
            limiting.read(&mut self.names)?;
        }
    }
}

impl Reader {
    /// Add the next batch to the open rows.
    fn read(&mut self, names: &mut HashMap<u64, String>) -> Result<()> {
        let Some(batch) = self.next.take() else { return Ok(()) };
        self.next = self.batches.next().transpose()?;
        let events = self.events(&batch, names)?;
        match &mut self.open {
            Some(open) => {
                open.rows.extend(&batch)?;
                open.events.times.extend(events.times);
                for (name, keys) in events.keys {
                    open.events.keys.entry(name).or_default().extend(keys);
                }
            }
            None => self.open = Some(Slice { rows: batch, events }),
        }
        Ok(())
    }

    /// The open rows before `end`; `None` if there are none.
    fn take(&mut self, end: Option<i64>) -> Result<Option<Slice>> {
        let Some(mut open) = self.open.take() else { return Ok(None) };
        let rows = open.events.times.len();
        let at = end.map_or(rows, |end| open.events.times.partition_point(|time| *time < end));
        if at == rows {
            return Ok(Some(open).filter(|open| !open.events.times.is_empty()));
        }
        let times = open.events.times.split_off(at);
        let keys =
            open.events.keys.iter_mut().map(|(name, keys)| (name.clone(), keys.split_off(at))).collect();
        let rest = Slice { rows: open.rows.slice(at, rows - at), events: Events { times, keys } };
        open.rows = open.rows.slice(0, at);
        self.open = Some(rest);
        Ok(Some(open).filter(|open| !open.events.times.is_empty()))
    }

    fn events(&mut self, batch: &Batch, names: &mut HashMap<u64, String>) -> Result<Events> {
        let times = batch.times(&self.time)?;
        for (row, time) in times.iter().enumerate() {
            if *time == Values::NO_TIME {
                return Err(self.wrong(batch, row, "has no time"));
            }
            if *time < self.latest {
                return Err(self.wrong(
                    batch,
                    row,
                    "is earlier than the row before it; sort the table by time",
                ));
            }
            self.latest = *time;
        }
        let mut keys = BTreeMap::new();
        for column in &self.columns {
            let Categories { codes, levels } = batch.texts(column)?;
            let of_levels: Vec<u64> = levels.iter().map(|level| key(level)).collect();
            if self.named.contains(column) {
                for (key, level) in of_levels.iter().zip(levels) {
                    names.entry(*key).or_insert(level);
                }
            }
            let key = |code: &u32| of_levels.get(*code as usize).copied().unwrap_or_default();
            keys.insert(column.clone(), codes.iter().map(key).collect());
        }
        Ok(Events { times, keys })
    }

    fn wrong(&self, batch: &Batch, row: usize, problem: &str) -> Error {
        Error::Request(format!("{}: the row {problem}", batch.place(row)))
    }
}

/// Open a table of a store.
pub(super) fn batches(path: &Path, read: &Count) -> Result<Batches> {
    let batches = Batches::open(path, ROWS, true)?;
    // One count for all tables.
    Ok(batches.counted_by(read))
}
