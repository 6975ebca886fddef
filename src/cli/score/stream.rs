//! Scoring a stream: what a signal finds, rejected lines, and a model that is read again.

use super::Arguments;
use super::file::{Counted, FileStarts, Inputs, Rejects, Sequence, Shown, place_of};
use super::summary::Summary;
use crate::cli::hint::message;
use crate::cli::signal;
use crate::cli::terminal::Terminal;
use crate::error::{Error, Result};
use crate::model::score::{Observer, Rejected, ScoreStats, Stream};
use crate::model::{Model, TableModel};
use crate::progress::Count;
use crate::table;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

/// What a signal needs to know of the stream. It is locked while a block of lines is scored and written, so that a
/// stopped program ends between two blocks.
static STATE: Mutex<State> = Mutex::new(State { summary: None, next: None });

struct State {
    /// The numbers so far.
    summary: Option<Summary>,
    /// A model to go on with, and the SHA-256 of its file.
    next: Option<(TableModel, String)>,
}

/// The stream as its scorer shows it.
struct Watch<'a> {
    summary: Summary,
    terminal: &'a Terminal,
    rejects: Option<Rejects<'a>>,
    shown: Shown,
    starts: FileStarts,
    lock: Option<MutexGuard<'static, State>>,
}

impl Observer for Watch<'_> {
    fn begin(&mut self) -> ControlFlow<()> {
        let state = state();
        match state.next {
            Some(_) => ControlFlow::Break(()),
            None => {
                self.lock = Some(state);
                ControlFlow::Continue(())
            }
        }
    }

    fn rejected(&mut self, line: Rejected) -> Result<()> {
        self.shown.show(&place_of(line.number, &self.starts), line.problem, self.terminal);
        self.rejects.as_mut().map_or(Ok(()), |rejects| rejects.write(line))
    }

    fn end(&mut self, stats: &ScoreStats) {
        self.summary.stats = stats.clone();
        if let Some(mut state) = self.lock.take() {
            state.summary = Some(self.summary.clone());
        }
    }
}

impl Arguments {
    /// Score a stream to its end.
    pub(super) fn score_stream(
        &self,
        inputs: &Inputs,
        (model, sha256): (TableModel, String),
        terminal: &Terminal,
    ) -> Result<Summary> {
        let read = Count::default();
        self.watch(terminal, read.clone(), || None);
        let starts = FileStarts::default();
        let input: Box<dyn Read> = match inputs {
            Inputs::Lines(files) => Box::new(Sequence::new(files, starts.clone())),
            Inputs::RecordsOf(file) => table::open(file)?,
            _ => Box::new(io::stdin()),
        };
        let input = Counted { input, lines: read };
        let rejects = self.rejects.as_ref().map(|path| Rejects::create(path)).transpose()?;
        let summary = Summary::begin(model, sha256, self.summary.clone());
        let mut watch = Watch { summary, terminal, rejects, shown: Shown::default(), starts, lock: None };
        state().summary = Some(watch.summary.clone());
        self.handle_signals(terminal);
        let mut stream = match inputs {
            Inputs::Records | Inputs::RecordsOf(_) => Stream::records(input, self.csv.options())?,
            _ => Stream::lines(input),
        };
        let options = self.options();
        self.with_output(|mut out| {
            loop {
                let model = watch.summary.model.clone();
                if stream.score(&model, &options, &mut out, &mut watch)? {
                    return Ok(());
                }
                let next = state().next.take();
                match next {
                    Some((model, _)) if let Err(error) = stream.check(&model, &options) => {
                        terminal.warning(&format!("{}; the old model stays", message(&error)));
                    }
                    Some((model, sha256)) => {
                        watch.summary.model = model;
                        watch.summary.sha256 = sha256;
                    }
                    None => (),
                }
            }
        })?;
        signal::clear();
        watch.summary.stats = stream.into_stats();
        watch.summary.complete = true;
        watch.shown.finish("lines", terminal);
        Ok(watch.summary)
    }

    /// Until the end of the stream: print the summary before the program is stopped, and read the model again on SIGHUP.
    fn handle_signals(&self, terminal: &Terminal) {
        let (stopped, hung_up) = (terminal.alike(), terminal.alike());
        let arguments = self.clone();
        let stop = move || {
            if let Some(Some(mut summary)) = patiently().map(|state| state.summary.clone()) {
                stopped.note("stopped by a signal");
                summary.complete = false;
                summary.tell(&stopped).unwrap_or_else(|error| stopped.error(&error));
            }
        };
        let hang_up = move || match arguments.model_again() {
            Ok((model, sha256)) => {
                let text = format!(
                    "{}: read again (SHA-256 {:.12}…); the next lines are scored with it",
                    arguments.model.display(),
                    sha256
                );
                state().next = Some((model, sha256));
                hung_up.note(&text);
            }
            Err(error) => hung_up.warning(&format!("{}; the old model stays", message(&error))),
        };
        signal::on(stop, hang_up);
    }

    fn model_again(&self) -> Result<(TableModel, String)> {
        let model = Model::read(&self.model)?;
        let sha256 = model.sha256().to_owned();
        let table =
            model.table(self.table_of(&model).as_deref()).map_err(|e| Error::input(&self.model, e))?;
        Ok((self.with_threshold(table, true)?.into_owned(), sha256))
    }
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The state once the running block is written. `None` if that takes too long: its reader may have stopped. The lock is
/// never released, so no further block begins.
fn patiently() -> Option<std::mem::ManuallyDrop<MutexGuard<'static, State>>> {
    const TRIES: u32 = 40;
    const PAUSE: Duration = Duration::from_millis(50);
    for _ in 0..TRIES {
        match STATE.try_lock() {
            Ok(state) => return Some(std::mem::ManuallyDrop::new(state)),
            Err(TryLockError::Poisoned(state)) => {
                return Some(std::mem::ManuallyDrop::new(state.into_inner()));
            }
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
        }
    }
    None
}
