//! The results folder: a report and charts per table, each file written atomically.

use super::hint::message;
use super::terminal::Terminal;
use crate::error::{Error, Result};
use crate::files;
use crate::plot::{self, Chart, EntityChart, ImageFormat, Size};
use crate::report::{FeedbackReport, Protocol, Ranks, Report, TableFeedback, TableReport};
use crate::table::Table;
use clap::ValueEnum;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The results folder: `OUT/<short table name>/` for each table.
pub struct Results<'a> {
    out: &'a Path,
}

/// The file format of charts.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ChartFormat {
    /// Vector graphics; text stays text
    Svg,
    /// Pixels
    Png,
}

impl<'a> Results<'a> {
    pub fn new(out: &'a Path) -> Self {
        Results { out }
    }

    /// Check that results can be written, before any detector is fitted.
    pub fn check(&self, tables: &[Table]) -> Result<()> {
        tables.iter().try_for_each(|table| files::check(&self.report_path(&table.name)))
    }

    /// Write each table's part of a report.
    pub fn write(&self, tables: &[Table], report: &Report, terminal: &Terminal) -> Result<()> {
        for table in tables {
            let path = self.report_path(&table.name);
            let json = report.of_table(&table.name).to_json().map_err(|e| Error::output(&path, e))?;
            files::write_whole(&path, |file| file.write_all(json.as_bytes()))?;
            terminal.wrote(&path);
        }
        Ok(())
    }

    /// Draw every chart that the report allows, and print a note for each other chart.
    pub fn draw_all(
        &self,
        table: &TableReport,
        format: ImageFormat,
        size: Size,
        terminal: &Terminal,
    ) -> Result<()> {
        for kind in Chart::ALL.into_iter().filter(|kind| kind.concerns(table)) {
            match chart(kind, table, format, size) {
                Ok(chart) => self.write_chart(kind, table, format, &chart, terminal)?,
                Err(error) => terminal.note(&format!("{} is not drawn: {}", kind.id(), message(&error))),
            }
        }
        Ok(())
    }

    /// Draw one chart.
    ///
    /// # Errors
    /// If the report lacks the data, or the file cannot be written.
    pub fn draw(
        &self,
        kind: Chart,
        table: &TableReport,
        format: ImageFormat,
        size: Size,
        terminal: &Terminal,
    ) -> Result<()> {
        let chart = chart(kind, table, format, size)?;
        self.write_chart(kind, table, format, &chart, terminal)
    }

    /// Draw the ranks over several tables, into the results folder itself.
    ///
    /// # Errors
    /// If too few tables count, or the file cannot be written.
    pub fn draw_ranks(
        &self,
        ranks: &Ranks,
        format: ImageFormat,
        size: Size,
        terminal: &Terminal,
    ) -> Result<()> {
        let chart = plot::draw_ranks(ranks, format, size)?;
        let path = self.out.join(file_name("ranks", ranks.protocol, format));
        files::write_whole(&path, |file| file.write_all(&chart))?;
        terminal.wrote(&path);
        Ok(())
    }

    /// Draw what simulated reviews find.
    pub fn draw_discovery(
        &self,
        table: &TableFeedback,
        format: ImageFormat,
        size: Size,
        terminal: &Terminal,
    ) -> Result<()> {
        let chart = plot::draw_discovery(table, format, size)?;
        let path = self.folder(&table.table).join(format!("discovery.{}", format.id()));
        files::write_whole(&path, |file| file.write_all(&chart))?;
        terminal.wrote(&path);
        Ok(())
    }

    /// Draw a chart of a store with baselines.
    pub fn draw_entity(
        &self,
        name: &str,
        chart: &EntityChart,
        format: ImageFormat,
        size: Size,
        terminal: &Terminal,
    ) -> Result<()> {
        let bytes = plot::draw_entity(chart, format, size)?;
        let path = self.folder("baseline").join(format!("{name}.{}", format.id()));
        files::write_whole(&path, |file| file.write_all(&bytes))?;
        terminal.wrote(&path);
        Ok(())
    }

    /// Write each table's part of a report of simulated reviews.
    pub fn write_feedback(&self, report: &FeedbackReport, terminal: &Terminal) -> Result<()> {
        for table in &report.tables {
            let path = self.folder(&table.table).join("feedback.json");
            let own = FeedbackReport { format: report.format, tables: vec![table.clone()] };
            files::write_whole(&path, |file| file.write_all(own.to_json().as_bytes()))?;
            terminal.wrote(&path);
        }
        Ok(())
    }

    fn write_chart(
        &self,
        kind: Chart,
        table: &TableReport,
        format: ImageFormat,
        chart: &[u8],
        terminal: &Terminal,
    ) -> Result<()> {
        let path = self.folder(&table.table).join(file_name(kind.id(), table.protocol, format));
        files::write_whole(&path, |file| file.write_all(chart))?;
        terminal.wrote(&path);
        Ok(())
    }

    fn report_path(&self, table: &str) -> PathBuf {
        self.folder(table).join("report.json")
    }

    fn folder(&self, table: &str) -> PathBuf {
        self.out.join(table.strip_suffix("_events").unwrap_or(table))
    }
}

/// The file name of a chart. In-sample is the default protocol; only the others are in the name.
fn file_name(chart: &str, protocol: Protocol, format: ImageFormat) -> String {
    match protocol {
        Protocol::InSample => format!("{chart}.{}", format.id()),
        protocol => format!("{chart}-{}.{}", protocol.id(), format.id()),
    }
}

/// Draw a chart. For a failed projection, the error is the reason in the report.
fn chart(kind: Chart, table: &TableReport, format: ImageFormat, size: Size) -> Result<Vec<u8>> {
    let not_projected = format!("not-projected-{}", kind.id());
    match table.warnings.iter().find(|note| note.kind == not_projected) {
        Some(note) => Err(Error::Request(format!("{}: {}", table.table, note.text))),
        None => plot::draw(kind, table, format, size),
    }
}

impl From<ChartFormat> for ImageFormat {
    fn from(format: ChartFormat) -> Self {
        match format {
            ChartFormat::Svg => ImageFormat::Svg,
            ChartFormat::Png => ImageFormat::Png,
        }
    }
}

/// A size in pixels: `1200x800`.
pub fn size(text: &str) -> Result<Size, String> {
    let number = |text: &str| text.trim().parse::<u32>().ok();
    let (width, height) = text.split_once(['x', 'X', '×']).ok_or("not of the form 1200x800")?;
    match (number(width), number(height)) {
        (Some(width), Some(height)) => Size::new(width, height).map_err(|e| e.to_string()),
        _ => Err("not of the form 1200x800".to_owned()),
    }
}
