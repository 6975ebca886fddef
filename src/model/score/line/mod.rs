//! Streams of JSON lines or CSV: each line is written with its new fields before the next one is read.

mod row;
mod row_format;

use super::columns::refusals;
use super::data_issue::DataIssue;
use super::explanation::Explainer;
use super::issue_lists::issue_lists;
use super::stats::ScoreStats;
use super::{Options, Policy};
use crate::error::{Error, Result};
use crate::model::{Assessment, TableModel};
use crate::table::{Column, CsvOptions, Header, LineReader, Note, Repairs, Text, TextReader};
use row::{Line, Row, columns};
use row_format::RowFormat;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

/// A line that could not be scored.
#[derive(Clone, Copy, Debug)]
pub struct Rejected<'a> {
    /// The line number, starting at 1.
    pub number: u64,
    /// Why the line cannot be scored.
    pub problem: &'a Note,
    /// The unchanged text; `None` if the line is too long.
    pub text: Option<&'a [u8]>,
}

/// The largest number of lines and bytes that are scored together.
const LINES: usize = 4096;
const BYTES: usize = 8 << 20;

/// A stream of JSON lines or CSV records. Each line is written with its new fields, and flushed before the next read.
#[derive(Debug)]
pub struct Stream<R> {
    reader: LineReader<Source<R>>,
    /// The header of CSV; `None` for JSON lines.
    header: Option<Header>,
    /// What was skipped or decoded in CSV.
    repairs: Repairs,
    is_begun: bool,
    /// A line that is read and not yet scored.
    waiting: Option<(u64, Text)>,
    stats: ScoreStats,
}

/// The bytes of a stream: those of CSV are decoded.
#[derive(Debug)]
enum Source<R> {
    Bytes(R),
    Text(TextReader<R>),
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Source::Bytes(reader) => reader.read(buffer),
            Source::Text(reader) => reader.read(buffer),
        }
    }
}

/// What the caller of [`Stream::score`] sees of it.
pub trait Observer {
    /// A block of lines is about to be scored. A break ends the call before that; the next call goes on with the same
    /// lines.
    fn begin(&mut self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// A line cannot be scored.
    ///
    /// # Errors
    /// An error ends the run.
    fn rejected(&mut self, line: Rejected) -> Result<()>;

    /// The block is written.
    fn end(&mut self, _stats: &ScoreStats) {}
}

impl<F: FnMut(Rejected) -> Result<()>> Observer for F {
    fn rejected(&mut self, line: Rejected) -> Result<()> {
        self(line)
    }
}

/// Score a stream of JSON lines. Each object is written to `out` with its new fields last, and flushed before
/// the next read. A closed `out` ends the run without an error. Lines that cannot be scored go to `rejected`.
///
/// # Errors
/// If the stream cannot be read or `out` cannot be written, or if `rejected` fails.
pub fn score_lines(
    input: impl Read,
    model: &TableModel,
    options: &Options,
    out: &mut dyn Write,
    mut rejected: &mut dyn FnMut(Rejected) -> Result<()>,
) -> Result<ScoreStats> {
    let mut stream = Stream::lines(input);
    stream.score(model, options, out, &mut rejected)?;
    Ok(stream.into_stats())
}

/// Score a stream of CSV records, as [`score_lines`] scores objects. The output has a header with the new
/// columns.
///
/// # Errors
/// As [`score_lines`]. Also if the stream has no header, or its header lacks a feature or has the name of a
/// new column.
pub fn score_records(
    input: impl Read,
    model: &TableModel,
    options: &Options,
    out: &mut dyn Write,
    mut rejected: &mut dyn FnMut(Rejected) -> Result<()>,
) -> Result<ScoreStats> {
    let mut stream = Stream::records(input, options.csv)?;
    stream.score(model, options, out, &mut rejected)?;
    Ok(stream.into_stats())
}

impl<R: Read> Stream<R> {
    /// JSON lines.
    pub fn lines(input: R) -> Self {
        Stream::new(LineReader::new(Source::Bytes(input)), None)
    }

    /// CSV records. The header is read at once.
    ///
    /// # Errors
    /// If the stream cannot be read or has no header.
    pub fn records(input: R, options: CsvOptions) -> Result<Self> {
        let mut reader = LineReader::new(Source::Text(TextReader::new(input)));
        let header = header(&mut reader, options)?;
        reader.set_dialect(header.dialect);
        Ok(Stream::new(reader, Some(header)))
    }

    fn new(reader: LineReader<Source<R>>, header: Option<Header>) -> Self {
        let mut stats = ScoreStats::default();
        stats.notes.extend(header.iter().flat_map(|header| header.notes.clone()));
        Stream { reader, header, repairs: Repairs::default(), is_begun: false, waiting: None, stats }
    }

    /// Check that a model can score the stream.
    ///
    /// # Errors
    /// If the header lacks a feature or has the name of a new column.
    pub fn check(&self, model: &TableModel, options: &Options) -> Result<()> {
        self.format(model, options, &mut ScoreStats::new(model.features())).map(drop)
    }

    /// The numbers of rows so far.
    pub fn into_stats(self) -> ScoreStats {
        if let Source::Text(text) = self.reader.source()
            && let Some(line) = text.not_utf8()
        {
            self.repairs.add_not_utf8(Path::new("the stream"), line);
        }
        self.stats.with_repairs(&self.repairs)
    }

    /// Score the stream until it ends, `out` is closed, or the observer breaks. Returns whether it has ended. A later
    /// call goes on from there, also with another model.
    ///
    /// # Errors
    /// As [`Stream::check`]. Also if the stream cannot be read or `out` cannot be written, or if the observer fails.
    pub fn score(
        &mut self,
        model: &TableModel,
        options: &Options,
        out: &mut dyn Write,
        observer: &mut dyn Observer,
    ) -> Result<bool> {
        let mut stats = std::mem::take(&mut self.stats);
        stats.go_on_with(model.features());
        let format = self.format(model, options, &mut stats)?;
        let mut is_open = self.is_begun || format.head().is_empty() || is_open(out, &format.head())?;
        self.is_begun = true;
        let mut scorer =
            Scorer { repairs: self.repairs.clone(), ..Scorer::new(model, options, format, stats) };
        while is_open && let Some(first) = self.next_line()? {
            if observer.begin().is_break() {
                self.waiting = Some(first);
                self.stats = scorer.stats;
                return Ok(false);
            }
            self.take_block(first, &mut scorer)?;
            let text = scorer.score(&mut |line| observer.rejected(line))?;
            is_open = self::is_open(out, &text)?;
            observer.end(&scorer.stats);
        }
        self.stats = scorer.stats;
        Ok(true)
    }

    fn format(&self, model: &TableModel, options: &Options, stats: &mut ScoreStats) -> Result<RowFormat> {
        match &self.header {
            None => Ok(RowFormat::objects(model, options)),
            Some(header) => RowFormat::records(header.clone(), model, options, stats),
        }
    }

    fn next_line(&mut self) -> Result<Option<(u64, Text)>> {
        match self.waiting.take() {
            Some(line) => Ok(Some(line)),
            None => self.reader.next_line().map_err(unreadable),
        }
    }

    /// Take the first line of a block and those that are here.
    fn take_block(&mut self, first: (u64, Text), scorer: &mut Scorer) -> Result<()> {
        let mut bytes = scorer.take(first);
        while self.reader.is_ready() && scorer.lines.len() < LINES && bytes < BYTES {
            match self.reader.next_line().map_err(unreadable)? {
                Some(line) => bytes += scorer.take(line),
                None => break,
            }
        }
        Ok(())
    }
}

/// The header of a stream of CSV. The first lines that are here decide the dialect.
fn header(reader: &mut LineReader<impl Read>, options: CsvOptions) -> Result<Header> {
    let invalid = |problem: String| Error::input(STREAM, problem);
    let sample = reader.peek().map_err(unreadable)?.to_vec();
    if sample.contains(&b'\n') || sample.is_empty() {
        let header = Header::of_stream(&sample, options).map_err(invalid)?;
        for _ in 0..header.lines() {
            reader.next_line().map_err(unreadable)?;
        }
        return Ok(header);
    }
    match reader.next_line().map_err(unreadable)? {
        Some((number, Text::Whole(line))) => {
            let header = Header::of_stream(&line, options).map_err(invalid)?;
            if header.lines() == 0 {
                reader.put_back((number, Text::Whole(line)));
            }
            Ok(header)
        }
        Some((_, Text::TooLong)) => Err(Error::input(STREAM, "the header is longer than 16 MiB")),
        None => Err(Error::input(STREAM, "there is no header")),
    }
}

/// The name of the stream in errors.
const STREAM: &str = "the lines";

fn unreadable(error: io::Error) -> Error {
    Error::input(STREAM, error)
}

/// Write and flush. Returns false if the reader has closed the pipe.
fn is_open(out: &mut dyn Write, text: &[u8]) -> Result<bool> {
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        result => result.map(|()| true).map_err(|e| Error::output("the scored lines", e)),
    }
}

struct Scorer<'a> {
    model: &'a TableModel,
    options: &'a Options,
    format: RowFormat,
    explainer: Option<Explainer<'a>>,
    lines: Vec<Line>,
    stats: ScoreStats,
    repairs: Repairs,
}

impl<'a> Scorer<'a> {
    fn new(model: &'a TableModel, options: &'a Options, format: RowFormat, stats: ScoreStats) -> Self {
        let explainer = options.explain.map(|top| Explainer::new(model, top, format.style()));
        let repairs = Repairs::default();
        Scorer { model, options, format, explainer, lines: Vec::new(), stats, repairs }
    }

    /// Add a line to the next block, unless it is blank. Returns its length in bytes.
    fn take(&mut self, (number, text): (u64, Text)) -> usize {
        let line = Line::new(number, text, &mut self.format, self.model);
        let Some(mut line) = line else { return 0 };
        if self.format.is_header_again() {
            self.repairs.add_header_lines(1);
            return 0;
        }
        if matches!(self.format, RowFormat::Object { .. })
            && self.options.policies.absent == Policy::Refuse
            && line.row.as_ref().is_ok_and(Row::is_missing)
        {
            line.row = Err("has no value of any of the model's features".into());
        }
        let length = line.text.as_ref().map_or(0, Vec::len);
        self.stats.read += 1;
        self.lines.push(line);
        length
    }

    /// Score the block of lines. Returns their text with the new fields.
    fn score(&mut self, rejected: &mut dyn FnMut(Rejected) -> Result<()>) -> Result<Vec<u8>> {
        let mut lines = std::mem::take(&mut self.lines);
        self.refuse(&mut lines);
        let began = Instant::now();
        let assessments = self.assess(&mut lines);
        self.stats.in_model += began.elapsed();
        for line in &lines {
            if let Err(problem) = &line.row {
                self.stats.rejected += 1;
                rejected(Rejected { number: line.number, problem, text: line.text.as_deref() })?;
            }
        }
        lines.retain(|line| line.row.is_ok());
        let columns = columns(self.model.features(), &lines);
        self.stats.count(self.model.features(), &columns, &assessments);
        let lists = [DataIssue::Unknown, DataIssue::Missing]
            .map(|issue| issue_lists(self.model.features(), &columns, issue, self.format.style()));
        let mut text = Vec::new();
        for (row, (line, assessment)) in lines.iter().zip(&assessments).enumerate() {
            if assessment.flagged || !self.options.only_flagged {
                let lists = [&lists[0], &lists[1]].map(|lists| lists[row].clone());
                self.write(line, assessment, lists, (&columns, row), &mut text)?;
            }
        }
        Ok(text)
    }

    /// Refuse the lines that a policy refuses.
    fn refuse(&self, lines: &mut [Line]) {
        let features = self.model.features();
        let columns = columns(features, lines);
        let refusals = refusals(features, &columns, &self.options.policies);
        for (line, refusal) in lines.iter_mut().filter(|line| line.row.is_ok()).zip(refusals) {
            if let Some((feature, issue)) = refusal {
                let feature = &features[feature];
                let Note { text, hint } = issue.refusal(feature);
                line.row = Err(Note { text: format!("`{}` {text}", feature.name), hint });
            }
        }
    }

    /// The assessments of all lines with a valid row. If the block fails, each line is scored alone, and
    /// those that fail are rejected.
    fn assess(&self, lines: &mut [Line]) -> Vec<Assessment> {
        let columns = columns(self.model.features(), lines);
        if columns.first().is_none_or(|column| column.values.is_empty()) {
            return Vec::new();
        }
        if let Ok(assessments) = self.model.score(&columns) {
            return assessments;
        }
        let mut assessments = Vec::new();
        for (row, line) in lines.iter_mut().filter(|line| line.row.is_ok()).enumerate() {
            let alone: Vec<Column> = columns.iter().map(|column| column.take(&[row])).collect();
            match self.model.score(&alone) {
                Ok(assessment) => assessments.extend(assessment),
                Err(error) => line.row = Err(Note::from(&error)),
            }
        }
        assessments
    }

    /// Append the text of a line with its new fields.
    fn write(
        &mut self,
        line: &Line,
        assessment: &Assessment,
        [unseen, missing]: [Option<String>; 2],
        (columns, row): (&[Column], usize),
        text: &mut Vec<u8>,
    ) -> Result<()> {
        let explainer = self.explainer.as_mut().filter(|_| assessment.flagged);
        let explanation = explainer.map(|explainer| explainer.explain(columns, row)).transpose()?;
        let is_empty = line.row.as_ref().is_ok_and(|row| row.is_empty);
        self.format.write(
            (line.record(&self.format), is_empty),
            assessment,
            &[unseen, missing, explanation],
            text,
        );
        Ok(())
    }
}
