//! Scoring tables in batches: read a batch, score it, and write it with its new columns.

use super::columns;
use super::data_issue::DataIssue;
use super::explanation::{Explainer, Style};
use super::issue_lists::issue_lists;
use super::rejects::{self, RejectedRows};
use super::stats::ScoreStats;
use super::{Options, Policy};
use crate::error::{Error, Hint, Result};
use crate::model::{Assessment, FeatureModel, TableModel};
use crate::table::{Batch, Batches, Categories, Column, Note, OutputFormat, Values};
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::Instant;

/// The capacity of the queues between reading, scoring and writing, in batches.
const WAITING: usize = 1;

/// Score a table in batches and pass each scored batch to `write`, which decides whether to continue. A table
/// without rows gives one empty batch. With more than one thread, reading, scoring and writing overlap.
///
/// # Errors
/// If the table cannot be read, has a value that a policy refuses, or has the name of a new column, or if
/// `write` fails.
pub fn score_table(
    batches: Batches,
    model: &TableModel,
    options: &Options,
    format: OutputFormat,
    write: impl FnMut(&Batch) -> Result<ControlFlow<()>> + Send,
) -> Result<ScoreStats> {
    let scorer = Scorer::new(&batches, model, options, format)?;
    run(batches, scorer, write)
}

/// Score a table as [`score_table`] does. Rows with a value that cannot be read, or that a policy refuses, go to `rejected`
/// and not to `write`.
///
/// # Errors
/// As [`score_table`], except for such values. Also if `rejected` fails.
pub fn score_table_with_rejects(
    batches: Batches,
    model: &TableModel,
    options: &Options,
    format: OutputFormat,
    write: impl FnMut(&Batch) -> Result<ControlFlow<()>> + Send,
    rejected: &mut dyn FnMut(RejectedRows) -> Result<()>,
) -> Result<ScoreStats> {
    let scorer = Scorer::new(&batches, model, options, format)?;
    run(batches, Scorer { rejected: Some(rejected), ..scorer }, write)
}

fn run(
    batches: Batches,
    mut scorer: Scorer,
    write: impl FnMut(&Batch) -> Result<ControlFlow<()>> + Send,
) -> Result<ScoreStats> {
    let repairs = batches.repairs();
    if rayon::current_num_threads() == 1 {
        scorer.score_in_turn(batches, write)?;
        return Ok(scorer.stats.with_repairs(&repairs));
    }
    thread::scope(|scope| {
        let (read, to_score) = mpsc::sync_channel(WAITING);
        let (scored, to_write) = mpsc::sync_channel(WAITING);
        let refused = |e| Error::Request(format!("out of memory: no thread can be started ({e})"));
        let start = thread::Builder::new;
        start().spawn_scoped(scope, move || read_all(batches, &read)).map_err(refused)?;
        let writer = start().spawn_scoped(scope, move || write_all(to_write, write)).map_err(refused)?;
        let outcome = scorer.score_all(to_score, &scored);
        drop(scored);
        outcome.and(writer.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })?;
    Ok(scorer.stats.with_repairs(&repairs))
}

/// Read batches until the end, or until the scoring side has stopped.
fn read_all(batches: Batches, read: &SyncSender<Result<Batch>>) {
    for batch in or_empty(batches) {
        // If the receiver is gone, scoring has failed and reports its own error.
        if read.send(batch).is_err() {
            return;
        }
    }
}

/// The batches; for a table without rows, one empty batch.
fn or_empty(batches: Batches) -> impl Iterator<Item = Result<Batch>> {
    let empty = batches.empty();
    let mut batches = batches.peekable();
    let none = batches.peek().is_none().then_some(Ok(empty));
    batches.chain(none)
}

fn write_all(
    to_write: Receiver<Batch>,
    mut write: impl FnMut(&Batch) -> Result<ControlFlow<()>>,
) -> Result<()> {
    for batch in to_write {
        if write(&batch)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// The number of rows in a batch, such that neither the rows nor their encoding use too much memory.
pub fn batch_rows(model: &TableModel) -> usize {
    const VALUES: usize = 4 << 20;
    const MOST: usize = 1 << 16;
    let width = |feature: &FeatureModel| feature.levels().map_or(1, |levels| levels.len().max(1));
    let columns: usize = model.features().iter().map(width).sum();
    (VALUES / columns.max(16)).clamp(1_000, MOST)
}

/// Takes the rows that cannot be scored.
type TakeRejected<'a> = dyn FnMut(RejectedRows) -> Result<()> + 'a;

/// Scores the batches of a table with a model.
struct Scorer<'a> {
    model: &'a TableModel,
    options: &'a Options,
    explainer: Option<Explainer<'a>>,
    style: Style,
    stats: ScoreStats,
    /// Takes the rows that cannot be scored; `None` if one of them ends the run.
    rejected: Option<&'a mut TakeRejected<'a>>,
}

impl<'a> Scorer<'a> {
    fn new(
        batches: &Batches,
        model: &'a TableModel,
        options: &'a Options,
        format: OutputFormat,
    ) -> Result<Self> {
        let names = batches.names();
        let clash = options.names().into_iter().find(|name| names.contains(name));
        if let Some(name) = clash {
            let error = Error::column(model.name(), &name, "is in the table already");
            return Err(error.with_hint(Hint::Prefix));
        }
        let mut stats = ScoreStats::new(model.features());
        for (at, feature) in stats.features.iter_mut().enumerate() {
            let input = model.card().input_of(at);
            feature.absent = !names.iter().any(|name| name == input);
            if feature.absent && options.policies.absent == Policy::Refuse {
                return Err(Error::missing_column(model.name(), input, names));
            }
        }
        let style = if format == OutputFormat::JsonLines { Style::Json } else { Style::Words };
        let explainer = options.explain.map(|top| Explainer::new(model, top, style));
        Ok(Scorer { model, options, explainer, style, stats, rejected: None })
    }

    /// Score all batches, until the input ends or the output is closed.
    fn score_all(&mut self, to_score: Receiver<Result<Batch>>, scored: &SyncSender<Batch>) -> Result<()> {
        for batch in to_score {
            let mut batch = batch?;
            self.score(&mut batch)?;
            if scored.send(batch).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Read, score and write one batch after the other.
    fn score_in_turn(
        &mut self,
        batches: Batches,
        mut write: impl FnMut(&Batch) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        for batch in or_empty(batches) {
            let mut batch = batch?;
            self.score(&mut batch)?;
            if write(&batch)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Add the new columns to a batch.
    fn score(&mut self, batch: &mut Batch) -> Result<()> {
        self.reject(batch)?;
        let features = self.model.features();
        let columns = columns::of_batch(self.model, batch)?;
        self.check(batch, &columns)?;
        let began = Instant::now();
        let assessments = if batch.rows() == 0 { Vec::new() } else { self.model.score(&columns)? };
        self.stats.in_model += began.elapsed();
        self.stats.read += batch.rows() as u64;
        self.stats.count(features, &columns, &assessments);
        if let Some(time) = &self.options.time {
            self.stats.count_days(&batch.times(time)?, &assessments);
        }
        if !self.options.entity.is_empty() {
            let names =
                self.options.entity.iter().map(|name| batch.texts(name)).collect::<Result<Vec<_>>>()?;
            self.stats.count_entities(&names, &assessments);
        }
        batch.append(&self.new_columns(&columns, &assessments)?)?;
        match self.options.only_flagged {
            true => batch.retain(&assessments.iter().map(|row| row.flagged).collect::<Vec<_>>()),
            false => Ok(()),
        }
    }

    /// Take the rows that cannot be scored out of a batch, if that is wanted.
    fn reject(&mut self, batch: &mut Batch) -> Result<()> {
        let Some(rejected) = &mut self.rejected else { return Ok(()) };
        let found = rejects::rejected(self.model, batch, self.options)?;
        if found.is_empty() {
            return Ok(());
        }
        self.stats.read += found.len() as u64;
        self.stats.rejected += found.len() as u64;
        let rows: Vec<usize> = found.iter().map(|(row, _)| *row).collect();
        let problems: Vec<(String, Note)> =
            found.into_iter().map(|(row, problem)| (batch.place(row), problem)).collect();
        rejected(RejectedRows { rows: &batch.take(&rows)?, problems: &problems })?;
        let keep = |row: usize| rows.binary_search(&row).is_err();
        batch.retain(&(0..batch.rows()).map(keep).collect::<Vec<_>>())
    }

    /// Return an error for the first value that a policy refuses.
    fn check(&self, batch: &Batch, columns: &[Column]) -> Result<()> {
        let features = self.model.features();
        let refusals = columns::refusals(features, columns, &self.options.policies);
        let first = refusals.into_iter().enumerate().find_map(|(row, refusal)| Some((row, refusal?)));
        match first {
            None => Ok(()),
            Some((row, (feature, issue))) => {
                let (place, feature) = (batch.place(row), &features[feature]);
                let refusal = issue.refusal(feature);
                Err(refusal.into_error(|problem| Error::column(&place, &feature.name, problem)))
            }
        }
    }

    fn issues(&self, columns: &[Column], issue: DataIssue) -> Values {
        let lists = issue_lists(self.model.features(), columns, issue, self.style);
        Values::Text(lists.into_iter().collect::<Categories>())
    }

    /// The columns score, severity, flagged, unseen, missing and, if requested, explanation.
    fn new_columns(&mut self, columns: &[Column], assessments: &[Assessment]) -> Result<Vec<Column>> {
        let mut values = vec![
            Values::Real(assessments.iter().map(|row| row.score).collect()),
            Values::Real(assessments.iter().map(|row| row.severity).collect()),
            Values::Flag(assessments.iter().map(|row| row.flagged).collect()),
            self.issues(columns, DataIssue::Unknown),
            self.issues(columns, DataIssue::Missing),
        ];
        if let Some(explainer) = &mut self.explainer {
            let flagged: Vec<usize> =
                (0..assessments.len()).filter(|&row| assessments[row].flagged).collect();
            let mut texts = explainer.explain_each(columns, &flagged)?.into_iter();
            let explanations = assessments.iter().map(|row| row.flagged.then(|| texts.next()).flatten());
            values.push(Values::Text(explanations.collect::<Categories>()));
        }
        Ok(self
            .options
            .names()
            .into_iter()
            .zip(values)
            .map(|(name, values)| Column { name, values })
            .collect())
    }
}
