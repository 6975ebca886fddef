//! Scoring a table: the threshold first if it depends on all rows, then the rows or the highest of them.

use super::alerts::chosen;
use super::file::{Rejects, Shown};
use super::summary::Summary;
use super::{Arguments, page, promise};
use crate::cli::hint::with_hint;
use crate::cli::terminal::Terminal;
use crate::error::Result;
use crate::model::TableModel;
use crate::model::score::{self, AlertRate, DiscoveryRate, Grouping, Options, ScoreStats, TopRows};
use crate::table::{self, Batch, Batches, FileFormat, OutputFormat, Sink};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

impl Arguments {
    /// Score a table: its rows or the highest of them, and the page.
    pub(super) fn score_table(
        &self,
        (model, sha256): (TableModel, String),
        format: OutputFormat,
        terminal: &Terminal,
    ) -> Result<Summary> {
        let mut summary = Summary::begin(model, sha256, self.summary.clone());
        let model = &mut summary.model;
        let typed = format != OutputFormat::Csv || self.alerts.uses_time() || self.counts_days();
        let batches = Batches::open_as(self.paths(), score::batch_rows(model), typed, self.csv.options())?;
        for note in batches.notes() {
            terminal.warning(&with_hint(&note.text, note.hint.as_ref()));
        }
        let rate = self.alerts.discovery_rate(model);
        let passes = if self.alerts.per_day().is_some() || rate.is_some() { 2 } else { 1 };
        self.watch(terminal, batches.read(), || batches.rows_ahead().map(|rows| passes * rows));
        if let Some(per_day) = self.alerts.per_day()
            && let Some(threshold) = self.rate_threshold(per_day, batches.again(), model, format, terminal)?
        {
            *model = model.with_threshold(threshold);
            // The rows of this run chose the threshold.
            summary.promised = None;
        }
        if let Some(rate) = rate {
            let threshold = self.discovery_threshold(rate, batches.again(), model, format, terminal)?;
            *model = model.with_batch_threshold(threshold);
            summary.promised = None;
        }
        let (stats, rows) = self.write_table(batches, model, format, terminal)?;
        summary.stats = stats;
        summary.complete = true;
        if let (Some(path), Some(rows)) = (&self.report, rows) {
            self.write_page(path, rows, &summary)?;
            terminal.wrote(path);
        }
        Ok(summary)
    }

    /// The threshold that flags this number of rows a day, from all rows; `None` without rows.
    fn rate_threshold(
        &self,
        per_day: f64,
        batches: Batches,
        model: &TableModel,
        format: OutputFormat,
        terminal: &Terminal,
    ) -> Result<Option<f64>> {
        let options = Options { only_flagged: false, explain: None, ..self.options() };
        let mut rate = AlertRate::new(per_day, self.alerts.time(&self.paths().label(), &batches)?, &options);
        let add = |batch: &Batch| {
            rate.add(batch)?;
            Ok(ControlFlow::Continue(()))
        };
        match self.rejects.is_some() {
            true => score::score_table_with_rejects(batches, model, &options, format, add, &mut |_| Ok(()))?,
            false => score::score_table(batches, model, &options, format, add)?,
        };
        let threshold = rate.threshold()?;
        threshold.iter().for_each(|threshold| terminal.note(&chosen(threshold)));
        Ok(threshold.map(|chosen| chosen.threshold))
    }

    /// The threshold that keeps a false discovery rate among all rows; the largest number if no row is flagged.
    fn discovery_threshold(
        &self,
        rate: f64,
        batches: Batches,
        model: &TableModel,
        format: OutputFormat,
        terminal: &Terminal,
    ) -> Result<f64> {
        let options = Options { only_flagged: false, explain: None, ..self.options() };
        let mut found = DiscoveryRate::new(model, rate, &options)?;
        let add = |batch: &Batch| {
            found.add(batch)?;
            Ok(ControlFlow::Continue(()))
        };
        match self.rejects.is_some() {
            true => score::score_table_with_rejects(batches, model, &options, format, add, &mut |_| Ok(()))?,
            false => score::score_table(batches, model, &options, format, add)?,
        };
        let found = found.threshold();
        match promise::discoveries(&found) {
            (text, true) => terminal.warning(&text),
            (text, false) => terminal.note(&text),
        }
        Ok(found.threshold.unwrap_or(f64::MAX))
    }

    /// Score the rows of a table and write them, or those with the highest scores. Returns the rows of the page, too.
    fn write_table(
        &self,
        batches: Batches,
        model: &TableModel,
        format: OutputFormat,
        terminal: &Terminal,
    ) -> Result<(ScoreStats, Option<page::Rows>)> {
        let mut options = self.options();
        if self.counts_days() || format != OutputFormat::Csv {
            options.time = self.alerts.time_if_known(&self.paths().label(), &batches)?;
        }
        let names = batches.names();
        let columns = self.alerts.columns(&self.paths().label(), &batches, &options)?;
        let mut top = self.alerts.top(&self.paths().label(), &batches, model, &options)?;
        let mut flagged = match self.report.is_some() && top.is_none() {
            true => Some(TopRows::new(model, &options, Grouping::Whole, None, page::MOST, &names)?),
            false => None,
        };
        let mut scoring = if top.is_some() { TopRows::scoring(&options) } else { options.clone() };
        scoring.entity = if self.report.is_some() { self.alerts.entity() } else { Vec::new() };
        self.with_output(|out| {
            let mut sink = Sink::new(format, out).with_json(options.json_names());
            let mut open = true;
            let write = |batch: &Batch| {
                flagged.as_mut().map_or(Ok(()), |flagged| flagged.add_flagged(batch))?;
                match &mut top {
                    Some(top) => top.add(batch)?,
                    None => open = self.write(&mut sink, batch, columns.as_deref())?,
                }
                Ok(if open { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            };
            let stats = self.score_batches(batches, model, (&scoring, format), write, terminal)?;
            let rows = top.as_ref().map(|top| top.rows(format, options.explain)).transpose()?.flatten();
            if let Some(mut rows) = rows {
                let new = match self.is_spreadsheet(format) {
                    true => score::review_columns(model, &rows)?,
                    false => Vec::new(),
                };
                rows.append(&new)?;
                let new = new.iter().map(|column| column.name.clone());
                let columns =
                    columns.clone().map(|columns| columns.into_iter().chain(new).collect::<Vec<_>>());
                open = self.write(&mut sink, &rows, columns.as_deref())?;
            }
            if open {
                self.is_open(sink.finish())?;
            }
            let Some(shown) = top.as_ref().or(flagged.as_ref()).filter(|_| self.report.is_some()) else {
                return Ok((stats, None));
            };
            let features = model.features().iter().map(|feature| feature.name.clone()).collect();
            let columns = self.page_columns(&names, options.time.clone(), features);
            Ok((stats, Some(page::Rows::of(shown, &options, format, columns)?)))
        })
    }

    /// Score the rows of a table. If there is a file for them, the rows that cannot be scored go there.
    fn score_batches(
        &self,
        batches: Batches,
        model: &TableModel,
        (options, format): (&Options, OutputFormat),
        write: impl FnMut(&Batch) -> Result<ControlFlow<()>> + Send,
        terminal: &Terminal,
    ) -> Result<ScoreStats> {
        let Some(path) = &self.rejects else {
            return score::score_table(batches, model, options, format, write);
        };
        let (mut rejects, mut shown) = (Rejects::create(path)?, Shown::default());
        let is_csv = |file: &PathBuf| Ok(table::format_of(file)? == FileFormat::Csv);
        let all_csv = self.paths().files()?.iter().map(is_csv).collect::<Result<Vec<_>>>()?;
        let as_read = match all_csv.contains(&false) {
            true => OutputFormat::JsonLines,
            false => OutputFormat::Csv,
        };
        let stats =
            score::score_table_with_rejects(batches, model, options, format, write, &mut |rejected| {
                rejected.problems.iter().for_each(|(place, problem)| shown.show(place, problem, terminal));
                rejects.write_rows(rejected.rows, as_read)
            })?;
        shown.finish("rows", terminal);
        Ok(stats)
    }

    /// Whether the highest scores are written to a file for a spreadsheet, where an analyst judges them.
    fn is_spreadsheet(&self, format: OutputFormat) -> bool {
        format == OutputFormat::Csv && self.out.is_some()
    }

    /// Write rows with these columns, or all of them. Returns whether the output is still open.
    fn write(&self, sink: &mut Sink<impl Write>, rows: &Batch, columns: Option<&[String]>) -> Result<bool> {
        let selected = columns.map(|columns| rows.select(columns)).transpose()?;
        self.is_open(sink.write(selected.as_ref().unwrap_or(rows)))
    }
}
