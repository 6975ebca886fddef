//! Lines of JSON or CSV: each that is read is written again with its new fields, before the next one is waited for.

mod form;
mod row;

use super::explanation::Explainer;
use super::oddity::{Oddity, oddities};
use super::tally::Tally;
use super::{Options, Policy};
use crate::error::{Error, Result};
use crate::model::{Assessment, TableModel};
use crate::table::{Column, LineReader, Text};
use form::{Form, unmarked};
use row::{Line, Row, columns};
use std::io::{self, Read, Write};
use std::time::Instant;

/// A line that could not be scored.
#[derive(Clone, Copy, Debug)]
pub struct Rejected<'a> {
    /// From 1.
    pub number: u64,
    pub problem: &'a str,
    /// As it was read; `None` where it was too long to be kept.
    pub text: Option<&'a [u8]>,
}

/// So many lines are scored together, at most, and so many bytes of them.
const LINES: usize = 4096;
const BYTES: usize = 8 << 20;

/// Score the objects of a stream of JSON lines. Each is written to `out` as it was, its new fields behind the others,
/// and flushed before the stream is waited for again; a closed `out` ends the run well. Lines that cannot be scored
/// go to `rejected`.
///
/// # Errors
/// Where the stream cannot be read or `out` cannot be written; what `rejected` returns.
pub fn score_lines(
    input: impl Read,
    model: &TableModel,
    options: &Options,
    out: &mut dyn Write,
    rejected: &mut dyn FnMut(Rejected) -> Result<()>,
) -> Result<Tally> {
    let form = Form::objects(model, options);
    let scorer = Scorer::new(model, options, form, Tally::new(model.features()));
    scorer.score_all(LineReader::new(input), out, rejected)
}

/// Score the records of a stream of CSV, as [`score_lines`] does objects, under a header with the new columns' names.
///
/// # Errors
/// As [`score_lines`]; where the stream has no header, or one that lacks a feature or has a column of a new one's
/// name.
pub fn score_records(
    input: impl Read,
    model: &TableModel,
    options: &Options,
    out: &mut dyn Write,
    rejected: &mut dyn FnMut(Rejected) -> Result<()>,
) -> Result<Tally> {
    let mut reader = LineReader::of_records(input);
    let mut tally = Tally::new(model.features());
    let form = match reader.next_line().map_err(unread)? {
        Some((number, Text::Whole(header))) => {
            let header = unmarked(&header, number);
            let header = header.strip_suffix(b"\r").unwrap_or(header);
            Form::records(header, model, options, &mut tally)?
        }
        Some((_, Text::TooLong)) => return Err(Error::input(STREAM, "its header is longer than 16 MiB")),
        None => return Err(Error::input(STREAM, "there is no header")),
    };
    if !is_open(out, &form.head())? {
        return Ok(tally);
    }
    Scorer::new(model, options, form, tally).score_all(reader, out, rejected)
}

/// What a stream is called where a file would be named.
const STREAM: &str = "the lines";

fn unread(error: io::Error) -> Error {
    Error::input(STREAM, error)
}

/// Write and flush; whether anybody is left to read it.
fn is_open(out: &mut dyn Write, text: &[u8]) -> Result<bool> {
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true).map_err(|e| Error::output("the scored lines", e)),
    }
}

struct Scorer<'a> {
    model: &'a TableModel,
    options: &'a Options,
    form: Form,
    explainer: Option<Explainer<'a>>,
    lines: Vec<Line>,
    tally: Tally,
}

impl<'a> Scorer<'a> {
    fn new(model: &'a TableModel, options: &'a Options, form: Form, tally: Tally) -> Self {
        let explainer = options.explain.map(|top| Explainer::new(model, top, form.style()));
        Scorer { model, options, form, explainer, lines: Vec::new(), tally }
    }

    /// Score what comes until it ends, or nobody takes it.
    fn score_all(
        mut self,
        mut reader: LineReader<impl Read>,
        out: &mut dyn Write,
        rejected: &mut dyn FnMut(Rejected) -> Result<()>,
    ) -> Result<Tally> {
        while let Some(first) = reader.next_line().map_err(unread)? {
            let mut bytes = self.take(first);
            while reader.is_ready() && self.lines.len() < LINES && bytes < BYTES {
                match reader.next_line().map_err(unread)? {
                    Some(line) => bytes += self.take(line),
                    None => break,
                }
            }
            let text = self.score(rejected)?;
            if !is_open(out, &text)? {
                break;
            }
        }
        Ok(self.tally)
    }

    /// Keep a line for the next scoring, unless it is blank; how long it is.
    fn take(&mut self, (number, text): (u64, Text)) -> usize {
        let Some(mut line) = Line::new(number, text, &self.form, self.model.features()) else { return 0 };
        if matches!(self.form, Form::Object { .. })
            && self.options.policies.absent == Policy::Refuse
            && line.row.as_ref().is_ok_and(Row::says_nothing)
        {
            line.row = Err("has no value of any of the model's features".to_owned());
        }
        let length = line.text.as_ref().map_or(0, Vec::len);
        self.tally.read += 1;
        self.lines.push(line);
        length
    }

    /// Score the lines that were kept; their text with the new fields.
    fn score(&mut self, rejected: &mut dyn FnMut(Rejected) -> Result<()>) -> Result<Vec<u8>> {
        let mut lines = std::mem::take(&mut self.lines);
        self.refuse(&mut lines);
        let began = Instant::now();
        let found = self.assess(&mut lines);
        self.tally.in_model += began.elapsed();
        for line in &lines {
            if let Err(problem) = &line.row {
                self.tally.rejected += 1;
                rejected(Rejected { number: line.number, problem, text: line.text.as_deref() })?;
            }
        }
        lines.retain(|line| line.row.is_ok());
        let columns = columns(self.model.features(), &lines);
        self.tally.count(self.model.features(), &columns, &found);
        let mut text = Vec::new();
        for (row, (line, found)) in lines.iter().zip(&found).enumerate() {
            if found.flagged || !self.options.only_flagged {
                self.write(line, found, (&columns, row), &mut text)?;
            }
        }
        Ok(text)
    }

    /// Refuse the lines that a policy refuses.
    fn refuse(&self, lines: &mut [Line]) {
        let policies = &self.options.policies;
        if Oddity::ALL.iter().all(|oddity| oddity.policy(policies) == Policy::Accept) {
            return;
        }
        let columns = columns(self.model.features(), lines);
        let mut problems: Vec<Option<String>> = Vec::new();
        for (feature, column) in self.model.features().iter().zip(&columns) {
            problems.resize(column.values.len(), None);
            for (problem, odd) in problems.iter_mut().zip(oddities(feature, column)) {
                let refused = odd.filter(|odd| problem.is_none() && odd.policy(policies) == Policy::Refuse);
                if let Some(odd) = refused {
                    *problem = Some(format!("`{}` {}", feature.name, odd.refusal(feature)));
                }
            }
        }
        for (line, problem) in lines.iter_mut().filter(|line| line.row.is_ok()).zip(problems) {
            if let Some(problem) = problem {
                line.row = Err(problem);
            }
        }
    }

    /// The assessments of the lines that hold a row; a line that has none by itself is refused.
    fn assess(&self, lines: &mut [Line]) -> Vec<Assessment> {
        let columns = columns(self.model.features(), lines);
        if columns.first().is_none_or(|column| column.values.is_empty()) {
            return Vec::new();
        }
        if let Ok(found) = self.model.score(&columns) {
            return found;
        }
        let mut found = Vec::new();
        for (row, line) in lines.iter_mut().filter(|line| line.row.is_ok()).enumerate() {
            let alone: Vec<Column> = columns.iter().map(|column| column.take(&[row])).collect();
            match self.model.score(&alone) {
                Ok(assessment) => found.extend(assessment),
                Err(problem) => line.row = Err(problem.to_string()),
            }
        }
        found
    }

    /// The line's own text, the new fields behind it.
    fn write(
        &mut self,
        line: &Line,
        found: &Assessment,
        (columns, row): (&[Column], usize),
        text: &mut Vec<u8>,
    ) -> Result<()> {
        let explainer = self.explainer.as_mut().filter(|_| found.flagged);
        let explanation = explainer.map(|explainer| explainer.explain(columns, row)).transpose()?;
        self.form.write(line, found, explanation.as_deref(), text);
        Ok(())
    }
}
