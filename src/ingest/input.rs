//! The inputs: files and folders, and the format of each by its content.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::container::{self, Members};
use super::mapping::Mappings;
use super::options::Options;
use super::read::{InputLog, Reading};
use super::record::Outcome;
use super::{evtx, lanl, shape};
use crate::error::{Error, Result};
use crate::files;
use crate::progress::Count;
use crate::table::TextReader;

/// A file to read.
#[derive(Debug)]
pub(super) struct Input {
    pub path: PathBuf,
    /// The name in the store: that of the file, with the folder below what was asked for.
    pub name: String,
}

/// The files of all paths, sorted by name. Folders are searched with all that is in them.
///
/// # Errors
/// If a path does not exist, or there is no file.
pub(super) fn inputs(paths: &[PathBuf]) -> Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            search(path, "", &mut inputs)?;
        } else {
            files::regular_file(path)?;
            inputs.push(Input { path: path.clone(), name });
        }
    }
    inputs.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
    inputs.dedup_by(|a, b| a.path == b.path);
    match inputs.is_empty() {
        true => Err(Error::Request("there are no files in these folders".to_owned())),
        false => Ok(inputs),
    }
}

fn search(folder: &Path, below: &str, inputs: &mut Vec<Input>) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(|e| Error::input(folder, e))? {
        let entry = entry.map_err(|e| Error::input(folder, e))?;
        let path = entry.path();
        let own = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = format!("{below}{own}");
        // A link to a folder may lead in a circle, so it is not followed.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            search(&path, &format!("{name}/"), inputs)?;
        } else if path.is_file() {
            inputs.push(Input { path, name });
        }
    }
    Ok(())
}

impl Input {
    /// Read all records.
    ///
    /// # Errors
    /// If the file cannot be opened or read.
    pub(super) fn read(&self, mappings: &Mappings, options: &Options, records: &Count) -> Result<InputLog> {
        let mut reading = Reading::new(mappings, options, records);
        let file = File::open(&self.path).map_err(|e| Error::input(&self.path, e))?;
        let mut logs = Logs { reading: &mut reading, mappings };
        container::visit(&self.name, file, &mut logs).map_err(|e| Error::input(&self.path, e))?;
        Ok(reading.finish())
    }
}

/// Reads the logs of an input.
struct Logs<'r, 'm> {
    reading: &'r mut Reading<'m>,
    mappings: &'m Mappings,
}

impl Members for Logs<'_, '_> {
    fn file(&mut self, name: &str, _: &[u8], file: File) -> io::Result<()> {
        self.reading.format("evtx");
        let wants = |event_id: u32, channel: &str, time| self.mappings.wants(event_id, channel, time);
        evtx::read(name, file, &wants, &mut |outcome: &Outcome| self.reading.take(outcome));
        Ok(())
    }

    fn stream(&mut self, name: &str, head: &[u8], stream: Box<dyn Read + '_>) -> io::Result<()> {
        let is_utf16 = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
        if head.is_empty() {
            self.reading.skip("empty");
            return Ok(());
        }
        if head.contains(&0) && !is_utf16 {
            self.reading.skip("unknown format");
            return Ok(());
        }
        let lines = container::buffered(Box::new(TextReader::strict(stream)));
        let mut take = |outcome: &Outcome| self.reading.take(outcome);
        if let Some(kind) = first_line(head).and_then(lanl::Kind::of) {
            lanl::read(kind, name, lines, &mut take)?;
            self.reading.format(kind.name());
        } else if is_utf16 || begins_like_events(head) {
            let wants = |event_id: u32, channel: &str, time| self.mappings.wants(event_id, channel, time);
            let mut is_empty = true;
            let mut taken = |outcome: &Outcome| {
                is_empty = false;
                take(outcome);
            };
            let shapes = shape::read(name, lines, &wants, &mut taken)?;
            shapes.into_iter().for_each(|shape| self.reading.format(shape));
            if is_empty {
                self.reading.skip("no event in it");
            }
        } else {
            self.reading.skip("unknown format");
        }
        Ok(())
    }

    fn needs_file(&self, head: &[u8]) -> bool {
        head.starts_with(evtx::MAGIC)
    }

    fn skip(&mut self, reason: &str) {
        self.reading.skip(reason);
    }

    fn fault(&mut self, kind: &'static str, name: &str) {
        self.reading.take(&Outcome::Reject { kind, place: name.to_owned() });
    }
}

fn begins_like_events(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    matches!(text.trim_ascii_start().first(), Some(b'{' | b'[' | b'<'))
}

fn first_line(head: &[u8]) -> Option<&str> {
    let line = head.split(|byte| *byte == b'\n').next()?;
    std::str::from_utf8(line).ok()
}
