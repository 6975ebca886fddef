//! `score --report`: the alerts as a page.

use super::Arguments;
use super::file::Inputs;
use super::summary::Summary;
use crate::cli::provenance::command;
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::files;
use crate::html::{self, AlertPage};
use crate::model::score::{Options, TopRows};
use crate::table::{Batch, OutputFormat, Sink};
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

/// The largest number of rows in the page.
pub const MOST: usize = 1_000;

/// The number of features in an explanation, if none is given.
const EXPLAINED: usize = 3;

/// The largest number of columns of a row, if none are chosen.
const COLUMNS: usize = 16;

/// The rows of the page, as JSON objects.
pub struct Rows {
    rows: Vec<Map<String, Value>>,
    columns: Vec<String>,
    /// The number of rows of the input that these stand for.
    told: u64,
    left_out: u64,
}

impl Rows {
    /// The highest rows, explained. `columns` are those of the input, in order; `format` is that of the output, for which
    /// the rows are scored.
    pub fn of(top: &TopRows, options: &Options, format: OutputFormat, columns: Vec<String>) -> Result<Self> {
        let explain = options.explain.unwrap_or(EXPLAINED);
        let batch = top.rows(OutputFormat::JsonLines, Some(explain))?;
        let all = batch.as_ref().map_or(0, Batch::rows);
        let shown: Vec<usize> = (0..all.min(MOST)).collect();
        let rows = match batch {
            Some(batch) => objects(&batch.take(&shown)?, options, format)?,
            None => Vec::new(),
        };
        let count = format!("{}count", options.prefix);
        let told = rows.iter().filter_map(|row| row.get(&count)?.as_u64()).sum();
        Ok(Rows { rows, columns, told, left_out: (all - shown.len()) as u64 })
    }
}

fn objects(batch: &Batch, options: &Options, format: OutputFormat) -> Result<Vec<Map<String, Value>>> {
    let mut json = Options { explain: Some(EXPLAINED), ..options.clone() }.json_names();
    if format != OutputFormat::JsonLines {
        // The other lists are words, and the explanation is the last.
        json.drain(..json.len() - 1);
    }
    let mut text = Vec::new();
    let mut sink = Sink::new(OutputFormat::JsonLines, &mut text).with_json(json);
    let failed = |e: &dyn std::fmt::Display| Error::Request(format!("the rows of the page: {e}"));
    sink.write(batch).map_err(|e| failed(&e))?;
    sink.finish().map_err(|e| failed(&e))?;
    let lines = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).map_err(|e| failed(&e))).collect()
}

impl Arguments {
    /// Write the page of a finished run.
    pub(super) fn write_page(&self, path: &Path, rows: Rows, summary: &Summary) -> Result<()> {
        let inputs = Inputs::Table.files(&self.paths())?;
        let named = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let flagged = summary.stats.flagged;
        let left_out = if self.alerts.is_top() { 0 } else { flagged.saturating_sub(rows.told) };
        let page = html::alerts(&AlertPage {
            command: command(),
            model_file: [named(&self.model), summary.sha256.clone()],
            inputs: inputs.iter().map(|file| Ok([named(file), digest(file)?])).collect::<Result<_>>()?,
            model: &summary.model,
            stats: &summary.stats,
            entity: self.alerts.entity(),
            columns: rows.columns,
            prefix: self.prefix.clone(),
            rows: rows.rows,
            left_out: rows.left_out.max(left_out),
        });
        files::write_whole(path, |out| out.write_all(page.as_bytes()))
    }

    /// The input columns that a row of the page shows: the chosen ones; else the time, the entity, the features, and
    /// others as far as there is room.
    pub(super) fn page_columns(
        &self,
        names: &[String],
        time: Option<String>,
        features: Vec<String>,
    ) -> Vec<String> {
        if let Some(chosen) = self.alerts.chosen_columns() {
            return chosen;
        }
        let wanted = time.into_iter().chain(self.alerts.entity()).chain(features).chain(names.to_vec());
        let mut columns: Vec<String> = Vec::new();
        for name in wanted.filter(|name| names.contains(name)) {
            if columns.len() < COLUMNS && !columns.contains(&name) {
                columns.push(name);
            }
        }
        columns.sort_by_key(|name| names.iter().position(|own| own == name));
        columns
    }
}

/// The SHA-256 of a file.
fn digest(path: &Path) -> Result<String> {
    let failed = |e: std::io::Error| Error::input(path, e);
    let mut file = File::open(path).map_err(failed)?;
    let (mut digest, mut buffer) = (Digest::new(), vec![0; 1 << 18]);
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => return Ok(digest.hex()),
            bytes => digest.update(&buffer[..bytes]),
        }
    }
}
