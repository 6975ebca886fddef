//! The files of the new store.

use super::source::Source;
use super::summary::{ColumnSummary, Summary, TableSummary};
use crate::error::{Error, Result};
use crate::event_features::baseline::{
    Baseline, BaselineColumn, ENTITIES, EntityKind, HourRows, MEASURES, Statistic,
};
use crate::files::{self, Whole};
use crate::schema::{Feature, Kind, Schema};
use crate::table::{Batch, Column, OutputFormat, PartWriter, Sink};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The name of the file with the schema of a table of a store.
pub fn schema_file(table: &str) -> String {
    format!("{table}.schema.json")
}

/// The file of a store that says which baseline columns it has.
pub(super) fn columns_file() -> &'static str {
    "baseline.json"
}

/// The files of the new store.
pub(super) struct Output {
    tables: BTreeMap<String, OutputTable>,
    hours: Vec<(EntityKind, OutputHours)>,
    schemas: Vec<Schema>,
}

struct OutputTable {
    whole: Whole,
    sink: Sink<File>,
    /// Rows that wait until there are enough for a row group.
    waiting: Option<Batch>,
    rows: u64,
    path: PathBuf,
}

struct OutputHours {
    whole: Whole,
    writer: PartWriter<File>,
    waiting: HourRows,
    rows: u64,
    path: PathBuf,
    has_labels: bool,
}

/// The rows of a row group.
const ROW_GROUP: usize = 1 << 17;

impl Output {
    pub(super) fn create(
        folder: &Path,
        with_hours: bool,
        sources: &[Source],
        columns: &[BaselineColumn],
    ) -> Result<Self> {
        let read: Vec<PathBuf> = sources.iter().map(|source| source.path.clone()).collect();
        let mut tables = BTreeMap::new();
        for source in sources {
            let path = folder.join(format!("{}.parquet", source.schema.table));
            files::apart(&path, &read)?;
            let whole = Whole::create(&path)?;
            let sink = Sink::new(OutputFormat::Parquet, whole.writer()?);
            let output = OutputTable { whole, sink, waiting: None, rows: 0, path };
            tables.insert(source.schema.table.clone(), output);
        }
        let has_labels = sources.iter().any(|source| source.names.iter().any(|name| name == "is_suspicious"));
        let mut hours = Vec::new();
        for kind in ENTITIES.into_iter().filter(|_| with_hours) {
            let path = folder.join(format!("{}.parquet", kind.table()));
            let whole = Whole::create(&path)?;
            let empty = HourRows::default().columns(kind, has_labels);
            let writer = PartWriter::new(whole.writer()?, &empty).map_err(|e| Error::output(&path, e))?;
            let waiting = HourRows::default();
            hours.push((kind, OutputHours { whole, writer, waiting, rows: 0, path, has_labels }));
        }
        let mut schemas: Vec<Schema> =
            sources.iter().map(|source| with_columns(&source.schema, columns)).collect();
        schemas.extend(hours.iter().map(|(kind, own)| schema_of_hours(*kind, own.has_labels)));
        Ok(Output { tables, hours, schemas })
    }

    pub(super) fn write(&mut self, table: &str, mut rows: Batch, added: &[Column]) -> Result<()> {
        let Some(output) = self.tables.get_mut(table) else { return Ok(()) };
        rows.append(added)?;
        output.rows += rows.rows() as u64;
        match &mut output.waiting {
            Some(waiting) => waiting.extend(&rows)?,
            None => output.waiting = Some(rows),
        }
        let is_enough = output.waiting.as_ref().is_some_and(|waiting| waiting.rows() >= ROW_GROUP);
        if is_enough { output.flush() } else { Ok(()) }
    }

    pub(super) fn write_hours(&mut self, rows: Vec<HourRows>) -> Result<()> {
        for ((kind, output), rows) in self.hours.iter_mut().zip(rows) {
            output.waiting.extend(rows);
            if output.waiting.len() >= ROW_GROUP {
                output.flush(*kind)?;
            }
        }
        Ok(())
    }

    /// Move all files to their places, and write the schemas beside them.
    pub(super) fn finish(self, baseline: &Baseline, out: &Path) -> Result<Summary> {
        let mut summary = Summary::default();
        let mut wholes = Vec::new();
        for (table, mut output) in self.tables {
            output.flush()?;
            output.sink.finish().map_err(|e| Error::output(&output.path, e))?;
            let of_table = baseline.counts().filter(|(column, ..)| column.table == table);
            let columns = of_table.map(|(column, values, missing)| ColumnSummary {
                name: column.name.clone(),
                family: column.family.clone(),
                missing: missing as f64 / values.max(1) as f64,
            });
            let columns = columns.collect();
            summary.tables.push(TableSummary { table, rows: output.rows, columns });
            wholes.push((output.whole, output.path));
        }
        for (kind, mut output) in self.hours {
            output.flush(kind)?;
            output.writer.finish().map_err(|e| Error::output(&output.path, e))?;
            let table = kind.table().to_owned();
            summary.tables.push(TableSummary { table, rows: output.rows, columns: Vec::new() });
            wholes.push((output.whole, output.path));
        }
        for (whole, path) in wholes {
            whole.finish()?;
            summary.files.push(path);
        }
        let definitions: Vec<&BaselineColumn> = baseline.definitions().collect();
        summary.files.push(write_json(&out.join(columns_file()), &definitions)?);
        for schema in self.schemas {
            summary.files.push(write_json(&out.join(schema_file(&schema.table)), &schema)?);
        }
        Ok(summary)
    }
}

fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<PathBuf> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Error::output(path, e))?;
    files::write_whole(path, |out| writeln!(out, "{text}"))?;
    Ok(path.to_owned())
}

impl OutputTable {
    fn flush(&mut self) -> Result<()> {
        match self.waiting.take() {
            Some(rows) => self.sink.write(&rows).map_err(|e| Error::output(&self.path, e)),
            None => Ok(()),
        }
    }
}

impl OutputHours {
    fn flush(&mut self, kind: EntityKind) -> Result<()> {
        let rows = std::mem::take(&mut self.waiting);
        if rows.is_empty() {
            return Ok(());
        }
        self.rows += rows.len() as u64;
        let written = self.writer.write(&rows.columns(kind, self.has_labels));
        written.map_err(|e| Error::output(&self.path, e))
    }
}

/// The schema of a table with its baseline columns as features.
fn with_columns(schema: &Schema, columns: &[BaselineColumn]) -> Schema {
    let feature = |column: &BaselineColumn| {
        let is_flag = matches!(column.statistic, Statistic::First | Statistic::Dormant);
        Feature { name: column.name.clone(), kind: if is_flag { Kind::Boolean } else { Kind::Numeric } }
    };
    let mut schema = schema.clone();
    schema.features.extend(
        columns.iter().filter(|column| column.table == schema.table && column.is_feature).map(feature),
    );
    schema
}

/// The schema of a table of hours: each count, and how far it is above the usual.
fn schema_of_hours(kind: EntityKind, has_labels: bool) -> Schema {
    let names = MEASURES.map(|measure| measure.name(kind));
    let numeric = |name: String| Feature { name, kind: Kind::Numeric };
    let features = names.iter().flat_map(|name| [(*name).to_owned(), format!("{name}_z")]).map(numeric);
    Schema {
        table: kind.table().to_owned(),
        title: Some(format!("Hours per {}", kind.name())),
        time: Some("hour".to_owned()),
        label: has_labels.then(|| "is_suspicious".to_owned()),
        attack: has_labels.then(|| "attack_ids".to_owned()),
        user: (kind == EntityKind::User).then(|| "user".to_owned()),
        host: (kind == EntityKind::Host).then(|| "host".to_owned()),
        features: features.collect(),
    }
}
