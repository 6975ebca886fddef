//! Tables: batch after batch is read, scored and handed on with its new columns.

use super::explanation::{Explainer, Style};
use super::oddity::{Oddity, oddities};
use super::tally::Tally;
use super::{Options, Policy};
use crate::error::{Error, Result};
use crate::model::{Assessment, FeatureModel, TableModel};
use crate::schema::Kind;
use crate::table::{Batch, Batches, Categories, Column, Format, Values};
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::Instant;

/// So many batches wait between reading and scoring, and between scoring and writing.
const WAITING: usize = 1;

/// Score a table batch by batch; each scored batch is given to `write`, which says whether to go on. A table without
/// rows gives one batch without rows. The next batch is read, and the last one written, while one is scored, unless
/// there is one thread only.
///
/// # Errors
/// Where the table cannot be read, holds what a policy refuses, or has a column of a new one's name; what `write`
/// returns.
pub fn score_table(
    batches: Batches,
    model: &TableModel,
    options: &Options,
    format: Format,
    write: impl FnMut(&Batch) -> Result<ControlFlow<()>> + Send,
) -> Result<Tally> {
    let mut scorer = Scorer::new(&batches, model, options, format)?;
    if rayon::current_num_threads() == 1 {
        scorer.score_in_turn(batches, write)?;
        return Ok(scorer.tally);
    }
    thread::scope(|scope| {
        let (read, to_score) = mpsc::sync_channel(WAITING);
        let (scored, to_write) = mpsc::sync_channel(WAITING);
        scope.spawn(move || read_all(batches, &read));
        let writer = scope.spawn(move || write_all(to_write, write));
        let outcome = scorer.score_all(to_score, &scored);
        drop(scored);
        outcome.and(writer.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })?;
    Ok(scorer.tally)
}

/// Read until the end, an error, or until nobody wants more.
fn read_all(batches: Batches, read: &SyncSender<Result<Batch>>) {
    for batch in or_empty(batches) {
        // Where nobody is there to take it, scoring has failed, and says so itself.
        if read.send(batch).is_err() {
            return;
        }
    }
}

/// The batches; of a table without rows one without rows.
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

/// How many rows are scored at once, so that neither they nor their encoded form fill the memory.
pub fn batch_rows(model: &TableModel) -> usize {
    const VALUES: usize = 4 << 20;
    const MOST: usize = 1 << 16;
    let width = |feature: &FeatureModel| feature.levels().map_or(1, |levels| levels.len().max(1));
    let columns: usize = model.features().iter().map(width).sum();
    (VALUES / columns.max(16)).clamp(1_000, MOST)
}

/// A model at work on the batches of a table.
struct Scorer<'a> {
    model: &'a TableModel,
    options: &'a Options,
    explainer: Option<Explainer<'a>>,
    tally: Tally,
}

impl<'a> Scorer<'a> {
    fn new(batches: &Batches, model: &'a TableModel, options: &'a Options, format: Format) -> Result<Self> {
        let names = batches.names();
        let clash = options.names().into_iter().find(|name| names.contains(name));
        if let Some(name) = clash {
            let problem = "is in the table already; --prefix names the new columns otherwise";
            return Err(Error::column(model.name(), &name, problem));
        }
        let mut tally = Tally::new(model.features());
        for feature in &mut tally.features {
            feature.absent = !names.contains(&feature.feature);
            if feature.absent && options.policies.absent == Policy::Refuse {
                return Err(Error::missing_column(model.name(), &feature.feature, names));
            }
        }
        let style = if format == Format::JsonLines { Style::Json } else { Style::Words };
        let explainer = options.explain.map(|top| Explainer::new(model, top, style));
        Ok(Scorer { model, options, explainer, tally })
    }

    /// Score what comes until it ends, or nobody takes it.
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
        let features = self.model.features();
        let columns = features.iter().map(|feature| column(feature, batch)).collect::<Result<Vec<_>>>()?;
        self.check(batch, &columns)?;
        let began = Instant::now();
        let found = if batch.rows() == 0 { Vec::new() } else { self.model.score(&columns)? };
        self.tally.in_model += began.elapsed();
        self.tally.read += batch.rows() as u64;
        self.tally.count(features, &columns, &found);
        batch.append(&self.added(&columns, &found)?)?;
        match self.options.only_flagged {
            true => batch.retain(&found.iter().map(|row| row.flagged).collect::<Vec<_>>()),
            false => Ok(()),
        }
    }

    /// The first value that a policy refuses is an error.
    fn check(&self, batch: &Batch, columns: &[Column]) -> Result<()> {
        let policies = &self.options.policies;
        if Oddity::ALL.iter().all(|oddity| oddity.policy(policies) == Policy::Accept) {
            return Ok(());
        }
        for (feature, column) in self.model.features().iter().zip(columns) {
            let refused =
                |odd: &Option<Oddity>| odd.is_some_and(|odd| odd.policy(policies) == Policy::Refuse);
            let first = oddities(feature, column).enumerate().find(|(_, odd)| refused(odd));
            if let Some((row, Some(odd))) = first {
                return Err(Error::column(&batch.place(row), &feature.name, odd.refusal(feature)));
            }
        }
        Ok(())
    }

    fn added(&mut self, columns: &[Column], found: &[Assessment]) -> Result<Vec<Column>> {
        let mut values = vec![
            Values::Real(found.iter().map(|row| row.score).collect()),
            Values::Real(found.iter().map(|row| row.severity).collect()),
            Values::Flag(found.iter().map(|row| row.flagged).collect()),
        ];
        if let Some(explainer) = &mut self.explainer {
            let flagged: Vec<usize> = (0..found.len()).filter(|&row| found[row].flagged).collect();
            let mut texts = explainer.explain_each(columns, &flagged)?.into_iter();
            let explanations = found.iter().map(|row| row.flagged.then(|| texts.next()).flatten());
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

/// A feature's column of a batch as training read it; where there is none, or none of its values, one without values.
fn column(feature: &FeatureModel, batch: &Batch) -> Result<Column> {
    match batch.column(&feature.name)?.filter(|column| !column.values.all_missing()) {
        Some(column) => column.into_kind(&batch.file().display().to_string(), feature.column_kind()),
        None => {
            let values = match feature.column_kind() {
                Kind::Categorical => Values::Text((0..batch.rows()).map(|_| None::<&str>).collect()),
                Kind::Numeric | Kind::Boolean => Values::Real(vec![f64::NAN; batch.rows()]),
            };
            Ok(Column { name: feature.name.clone(), values })
        }
    }
}
