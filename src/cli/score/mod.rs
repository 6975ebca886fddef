//! `whis-lab score`: score rows with a trained model.

mod alerts;
mod file;
mod summary;

use super::ExitStatus;
use super::csv::CsvFlags;
use super::hint::with_hint;
use super::terminal::Terminal;
use crate::error::{Error, Result, printable};
use crate::files::{self, Whole};
use crate::model::score::{self, AlertRate, Options, Policies, Policy, ScoreStats, TopRows};
use crate::model::{Model, TableModel};
use crate::progress::Count;
use crate::report::count;
use crate::table::{Batch, Batches, OutputFormat, Paths, Sink};
use alerts::{Alerts, chosen};
use clap::{Args, ValueEnum};
use file::{Counted, FileStarts, Inputs, Rejects, Sequence, StreamFormat, format_of, place_of};
use std::borrow::Cow;
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Score new rows with a trained model: each row gets a score, a severity from 0 to 100, and a flag
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Parquet, CSV or JSON lines: files, a pattern in quotes, or a folder of part files; - reads stdin. Several
    /// files are one table, and several files of JSON lines are read in sequence
    #[arg(value_name = "INPUT", required = true)]
    input: Vec<PathBuf>,
    /// Model file of `whis-lab train`
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Table of the model [default: the only table, or the one with the name of the input]
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// Format of stdin [default: jsonl]; the format of a file is detected
    #[arg(long, value_enum, value_name = "FORMAT")]
    input_format: Option<StreamFormat>,
    /// Output file: .parquet, .csv or .jsonl; written atomically [default: stdout]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Output format [default: by the extension of --out; on stdout JSON lines, or CSV for CSV on stdin]
    #[arg(long, value_enum)]
    format: Option<FormatChoice>,
    /// Write only these rows
    #[arg(long, value_enum, value_name = "WHICH")]
    only: Option<Only>,
    /// Explain each flagged row by the K features with the largest contributions; with --top, each row
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u16).range(1..))]
    explain: Option<u16>,
    /// Prefix of the names of the new columns
    #[arg(long, value_name = "TEXT", default_value = "")]
    prefix: String,
    /// Null, NaN and infinite values: end the run (JSON lines and stdin: reject the line), or impute and
    /// count them. Only an explicit `impute` accepts a table without the feature's column
    #[arg(long, value_enum, value_name = "WHAT")]
    on_missing: Option<Imputed>,
    /// Levels that training did not contain
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = Imputed::Impute)]
    on_unknown: Imputed,
    /// Numbers outside the range of training
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = Kept::Keep)]
    on_out_of_range: Kept,
    /// Append lines that cannot be scored to FILE, unchanged
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    #[command(flatten)]
    csv: CsvFlags,
    #[command(flatten)]
    alerts: Alerts,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab score --model model.whis events.parquet --out scored.parquet
  whis-lab score --model model.whis --table auth logs/*.parquet --out scored.parquet
  whis-lab score --model model.whis events.csv --only flagged --explain 3 --out alerts.csv
  whis-lab score --model model.whis events.csv --top 20 --by day --out strangest.csv
  whis-lab score --model model.whis events.csv --top 3 --by user --explain 3 --out users.csv
  whis-lab score --model model.whis events.csv --alerts-per-day 10 --only flagged --out alerts.csv
  whis-lab score --model model.whis events.csv --threshold 99.5% --only flagged --out alerts.csv
  tail -f events.jsonl | whis-lab score --model model.whis --table auth -
  whis-lab score --model model.whis --table auth events.jsonl --rejects bad.jsonl > scored.jsonl
  cat events.csv | whis-lab score --model model.whis --table auth --input-format csv - > scored.csv

The new columns are score (higher is more anomalous), severity (0 to 100: the percentage of training rows with a \
lower score), flagged, unseen and missing (the features with a value that training did not contain, or with none), and, \
with --explain, explanation. JSON lines give JSON lines, and CSV on stdin gives CSV: \
each line keeps its fields, gets the new ones, and is flushed before the next one is read. Values that training \
did not contain are scored and counted on stderr. A line that cannot be scored is reported with its number, and \
the run continues.

--top adds the column count: the number of rows that are equal in all features and in the group of --by. Equal \
scores are in row order, groups in order of their days, hours or values. Days and hours are in UTC. Rows without a \
value in the column of --by are one group, (missing), which comes last. In CSV, --top writes scores with six digits \
and severities with two decimals. --alerts-per-day counts the days that have rows. Rows with equal scores are \
flagged together or not at all, so fewer rows may be flagged. The threshold is printed to stderr. --top, \
--columns and --alerts-per-day need a Parquet or CSV file.

Exit codes: 0 scored, with or without rejected lines, 2 could not run.";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatChoice {
    Parquet,
    Csv,
    /// JSON lines
    Jsonl,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Only {
    /// The alerts
    Flagged,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Imputed {
    Error,
    Impute,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kept {
    Keep,
    Error,
}

/// The number of rejected lines that are shown.
const SHOWN: u64 = 10;

/// The largest number of characters of a problem that are shown.
const LONGEST_PROBLEM: usize = 400;

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    let inputs = Inputs::of(&arguments.paths(), arguments.input_format)?;
    let format = arguments.format_for(&inputs)?;
    arguments.alerts.check(&inputs)?;
    if matches!(inputs, Inputs::Stdin | Inputs::Lines(_)) {
        arguments.csv.refuse("is for CSV, and the input is JSON lines")?;
    }
    arguments.check_outputs(&inputs)?;
    let model = Model::read(&arguments.model)?;
    let model = model.table(arguments.table_of(&model).as_deref())?;
    let model = with_threshold(model, arguments.alerts.threshold(model));
    let model = &*model;
    let began = Instant::now();
    let stats = match &inputs {
        Inputs::Table => arguments.score_table(model, format, terminal)?,
        Inputs::Stdin | Inputs::Records | Inputs::Lines(_) => {
            arguments.score_lines(&inputs, model, terminal)?
        }
    };
    terminal.done();
    summary::print(&stats, began.elapsed().as_secs_f64(), terminal);
    Ok(ExitStatus::Success)
}

/// The model with this threshold; `None` is its own.
fn with_threshold(model: &TableModel, threshold: Option<f64>) -> Cow<'_, TableModel> {
    match threshold {
        Some(threshold) => Cow::Owned(model.with_threshold(threshold)),
        None => Cow::Borrowed(model),
    }
}

impl Arguments {
    fn paths(&self) -> Paths {
        Paths::from(&self.input)
    }

    fn options(&self) -> Options {
        let policy = |refuses: bool| if refuses { Policy::Refuse } else { Policy::Accept };
        Options {
            policies: Policies {
                missing: policy(matches!(self.on_missing, Some(Imputed::Error))),
                absent: policy(!matches!(self.on_missing, Some(Imputed::Impute))),
                unknown: policy(matches!(self.on_unknown, Imputed::Error)),
                out_of_range: policy(matches!(self.on_out_of_range, Kept::Error)),
            },
            only_flagged: self.only.is_some(),
            explain: self.explain.map(usize::from),
            prefix: self.prefix.clone(),
            csv: self.csv.options(),
        }
    }

    fn format_for(&self, inputs: &Inputs) -> Result<OutputFormat> {
        let default =
            if matches!(inputs, Inputs::Records) { OutputFormat::Csv } else { OutputFormat::JsonLines };
        let by_extension = self.out.as_ref().map(|out| format_of(out)).unwrap_or(Ok(default));
        let format = match self.format {
            Some(FormatChoice::Parquet) => OutputFormat::Parquet,
            Some(FormatChoice::Csv) => OutputFormat::Csv,
            Some(FormatChoice::Jsonl) => OutputFormat::JsonLines,
            None => by_extension?,
        };
        match inputs {
            Inputs::Table if self.rejects.is_some() => Err(Error::Request(
                "--rejects is for JSON lines and stdin; a table is scored completely or not at all"
                    .to_owned(),
            )),
            Inputs::Stdin | Inputs::Lines(_) if format != OutputFormat::JsonLines => Err(Error::Request(
                "JSON lines give JSON lines, because objects may have different fields; use --out FILE.jsonl"
                    .to_owned(),
            )),
            Inputs::Records if format != OutputFormat::Csv => {
                Err(Error::Request("CSV on stdin gives CSV; use --out FILE.csv".to_owned()))
            }
            _ if format == OutputFormat::Parquet && self.out.is_none() && io::stdout().is_terminal() => Err(
                Error::Request("Parquet cannot be printed to a terminal; use --out FILE.parquet".to_owned()),
            ),
            _ => Ok(format),
        }
    }

    /// Check that no output is an input or another output.
    fn check_outputs(&self, inputs: &Inputs) -> Result<()> {
        let mut others = inputs.files(&self.paths())?;
        others.push(self.model.clone());
        for path in self.out.iter().chain(&self.rejects) {
            files::apart(path, &others)?;
            others.push(path.clone());
        }
        Ok(())
    }

    /// The table of the model: that of the flag, or the one with the name of the input.
    fn table_of(&self, model: &Model) -> Option<String> {
        let is_input_name = |table: &&str| {
            let stem = self.paths().name();
            let short = table.strip_suffix("_events").unwrap_or(table);
            stem == **table || stem == *short
        };
        let several = model.table_names().count() > 1;
        self.table
            .clone()
            .or_else(|| model.table_names().find(is_input_name).filter(|_| several).map(str::to_owned))
    }

    fn score_table(
        &self,
        model: &TableModel,
        format: OutputFormat,
        terminal: &Terminal,
    ) -> Result<ScoreStats> {
        let typed = format != OutputFormat::Csv || self.alerts.uses_time();
        let batches = Batches::open_as(self.paths(), score::batch_rows(model), typed, self.csv.options())?;
        for note in batches.notes() {
            terminal.warning(&with_hint(&note.text, note.hint.as_ref()));
        }
        let passes = if self.alerts.per_day().is_some() { 2 } else { 1 };
        self.watch(terminal, batches.read(), || batches.rows_ahead().map(|rows| passes * rows));
        let threshold = match self.alerts.per_day() {
            Some(per_day) => self.rate_threshold(per_day, batches.again(), model, format, terminal)?,
            None => None,
        };
        self.write_table(batches, &with_threshold(model, threshold), format)
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
        score::score_table(batches, model, &options, format, |batch| {
            rate.add(batch)?;
            Ok(ControlFlow::Continue(()))
        })?;
        let threshold = rate.threshold()?;
        threshold.iter().for_each(|threshold| terminal.note(&chosen(threshold)));
        Ok(threshold.map(|chosen| chosen.threshold))
    }

    /// Score the rows of a table and write them, or those with the highest scores.
    fn write_table(&self, batches: Batches, model: &TableModel, format: OutputFormat) -> Result<ScoreStats> {
        let options = self.options();
        let columns = self.alerts.columns(&self.paths().label(), &batches.names(), &options)?;
        let mut top = self.alerts.top(&self.paths().label(), &batches, model, &options)?;
        let scoring = if top.is_some() { TopRows::scoring(&options) } else { options.clone() };
        self.with_output(|out| {
            let mut sink = Sink::new(format, out).with_json(options.json_names());
            let mut open = true;
            let stats = score::score_table(batches, model, &scoring, format, |batch| {
                match &mut top {
                    Some(top) => top.add(batch)?,
                    None => open = self.write(&mut sink, batch, columns.as_deref())?,
                }
                Ok(if open { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })?;
            if let Some(rows) = top.map(|top| top.finish(format)).transpose()?.flatten() {
                open = self.write(&mut sink, &rows, columns.as_deref())?;
            }
            if open {
                self.is_open(sink.finish())?;
            }
            Ok(stats)
        })
    }

    /// Write rows with these columns, or all of them. Returns whether the output is still open.
    fn write(&self, sink: &mut Sink<impl Write>, rows: &Batch, columns: Option<&[String]>) -> Result<bool> {
        let selected = columns.map(|columns| rows.select(columns)).transpose()?;
        self.is_open(sink.write(selected.as_ref().unwrap_or(rows)))
    }

    fn score_lines(&self, inputs: &Inputs, model: &TableModel, terminal: &Terminal) -> Result<ScoreStats> {
        let score = match inputs {
            Inputs::Records => score::score_records,
            _ => score::score_lines,
        };
        let read = Count::default();
        self.watch(terminal, read.clone(), || None);
        let starts = FileStarts::default();
        let input: Box<dyn Read> = match inputs {
            Inputs::Lines(files) => Box::new(Sequence::new(files, starts.clone())),
            _ => Box::new(io::stdin()),
        };
        let input = Counted { input, lines: read };
        let mut rejects = self.rejects.as_ref().map(|path| Rejects::create(path)).transpose()?;
        let mut shown = 0;
        self.with_output(|mut out| {
            score(input, model, &self.options(), &mut out, &mut |line| {
                if shown < SHOWN {
                    let problem = printable(&line.problem.text, LONGEST_PROBLEM);
                    let problem = with_hint(&problem, line.problem.hint.as_ref());
                    terminal.warning(&format!("{}: {problem}", place_of(line.number, &starts)));
                }
                shown += 1;
                rejects.as_mut().map_or(Ok(()), |rejects| rejects.write(line))
            })
        })
        .inspect(|stats| {
            if stats.rejected > SHOWN {
                terminal.warning(&format!("and {} more lines like these", count(stats.rejected - SHOWN)));
            }
        })
    }

    /// Show progress, unless the terminal shows the rows.
    fn watch(&self, terminal: &Terminal, read: Count, all: impl FnOnce() -> Option<u64>) {
        if self.out.is_some() || !io::stdout().is_terminal() {
            terminal.watch_rows(read, all());
        }
    }

    /// Run `score` with the output file or stdout, and finish the file. Returns the result of `score`.
    fn with_output(
        &self,
        score: impl FnOnce(&mut (dyn Write + Send)) -> Result<ScoreStats>,
    ) -> Result<ScoreStats> {
        const BUFFER: usize = 1 << 18;
        let Some(path) = &self.out else {
            return score(&mut BufWriter::with_capacity(BUFFER, io::stdout()));
        };
        let mut whole = Whole::create(path)?;
        let mut buffer = BufWriter::with_capacity(BUFFER, &mut whole);
        let stats = score(&mut buffer)?;
        buffer.flush().map_err(|e| Error::output(path, e))?;
        drop(buffer);
        whole.finish()?;
        Ok(stats)
    }

    /// Whether the output is still open. A closed stdout pipe is not an error.
    fn is_open(&self, result: io::Result<()>) -> Result<bool> {
        match result {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe && self.out.is_none() => Ok(false),
            Err(e) => Err(Error::output(self.out.as_deref().unwrap_or(Path::new("stdout")), e)),
        }
    }
}
