//! The inputs: files and folders, and the format of each by its content.

use std::fs::{self, File};
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use super::mapping::Mappings;
use super::read::{InputLog, Reading};
use super::record::Outcome;
use super::{Options, evtx, lanl, problem};
use crate::error::{Error, Result};
use crate::progress::Count;

/// A file to read.
#[derive(Debug)]
pub(super) struct Input {
    pub path: PathBuf,
    /// The name in the store: the path below what was asked for.
    pub name: String,
}

/// The files of all paths, sorted by name. Folders are searched with all that is in them.
///
/// # Errors
/// If a path does not exist, or there is no file.
pub(super) fn inputs(paths: &[PathBuf]) -> Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        collect(path, &name.unwrap_or_default(), &mut inputs)?;
    }
    inputs.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
    inputs.dedup_by(|a, b| a.path == b.path);
    match inputs.is_empty() {
        true => Err(Error::Request("there are no files in these folders".to_owned())),
        false => Ok(inputs),
    }
}

fn collect(path: &Path, name: &str, inputs: &mut Vec<Input>) -> Result<()> {
    let metadata = fs::metadata(path).map_err(|e| problem(path, e))?;
    if !metadata.is_dir() {
        inputs.push(Input { path: path.to_owned(), name: name.to_owned() });
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(|e| problem(path, e))? {
        let path = entry.map_err(|e| problem(path, e))?.path();
        let own = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        collect(&path, &own, inputs)?;
    }
    Ok(())
}

impl Input {
    /// Read all records.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub(super) fn read(&self, mappings: &Mappings, options: &Options, records: &Count) -> Result<InputLog> {
        let mut reading = Reading::new(mappings, options, records);
        let mut file = File::open(&self.path).map_err(|e| problem(&self.path, e))?;
        let mut head = [0; 4096];
        let mut length = 0;
        while length < head.len() {
            match file.read(&mut head[length..]).map_err(|e| problem(&self.path, e))? {
                0 => break,
                more => length += more,
            }
        }
        file.rewind().map_err(|e| problem(&self.path, e))?;
        let head = &head[..length];
        if head.starts_with(evtx::MAGIC) {
            reading.format("evtx");
            let wants = |event_id: u32, channel: &str| mappings.wants(event_id, channel);
            evtx::read(&self.name, file, &wants, &mut |outcome: &Outcome| reading.take(outcome));
        } else if let Some(kind) = first_line(head).and_then(lanl::Kind::of) {
            reading.format(kind.name());
            let lines = BufReader::with_capacity(1 << 16, file);
            lanl::read(kind, &self.name, lines, &mut |outcome: &Outcome| reading.take(outcome))
                .map_err(|e| problem(&self.path, e))?;
        } else {
            reading.skip("unknown format");
        }
        Ok(reading.finish())
    }
}

fn first_line(head: &[u8]) -> Option<&str> {
    let line = head.split(|byte| *byte == b'\n').next()?;
    std::str::from_utf8(line).ok()
}
