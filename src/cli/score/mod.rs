//! `whis-lab score`: score rows with a trained model.

mod alerts;
mod file;
mod page;
mod promise;
mod stream;
mod summary;
mod table_rows;

use super::ExitStatus;
use super::csv::CsvFlags;
use super::terminal::Terminal;
use crate::error::{Error, Result};
use crate::files::{self, Whole};
use crate::model::score::{Options, Policies, Policy};
use crate::model::{Model, TableModel};
use crate::progress::Count;
use crate::table::{self, FileFormat, OutputFormat, Paths};
use alerts::Alerts;
use clap::{Args, ValueEnum};
use file::{Inputs, StreamFormat, format_of};
use std::borrow::Cow;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

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
    /// Append lines that cannot be scored to FILE, unchanged. Rows of a table, too: then one bad cell costs its row and
    /// not the run
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Also write the alerts as a page to FILE.html: the rows with their reasons, alerts by day and by the entity of
    /// --group or --by. At most 1,000 rows; without --top the flagged ones
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write the numbers of the run to FILE: JSON, or the text format of Prometheus for .prom
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
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
  whis-lab score --model model.whis events.csv --top 20 --by day --out review.csv
  whis-lab score --model model.whis events.csv --top 3 --by user --explain 3 --out users.csv
  whis-lab score --model model.whis events.csv --top 20 --by day --group source --explain 3 --out strangest.csv
  whis-lab score --model model.whis events.csv --top 20 --by user --columns time,user,host --report alerts.html
  whis-lab score --model model.whis events.csv --alerts-per-day 10 --only flagged --out alerts.csv
  whis-lab score --model model.whis events.csv --threshold budget=10/day --only flagged --out alerts.csv
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

In a CSV file, --top adds the columns row_key and verdict, unless the table has them: write suspicious, normal or unsure \
into verdict, and `whis-lab learn` teaches the model.

--top adds the column count: the number of rows that are equal in all features and in the group of --by. Equal \
scores are in row order, groups in order of their days, hours or values. With --group, the row with the highest score stands for its line, \
and rows that score lower than the last line are not counted; each row above it is explained, which takes time. Days and hours are in UTC. Rows without a \
value in the column of --by are one group, (missing), which comes last. In CSV, --top writes scores with six digits \
and severities with two decimals. --alerts-per-day counts the days that have rows. Rows with equal scores are \
flagged together or not at all, so fewer rows may be flagged. The threshold is printed to stderr. --top, \
--columns and --alerts-per-day need a file. JSON lines are then a table: nested objects become columns with dotted \
names, and lists are left out.

A stream that is stopped by SIGINT or SIGTERM prints its summary. SIGHUP reads the model file again; the next lines \
are scored with it, and with the old model if it cannot be read.

Exit codes: 0 scored, with or without rejected lines, 2 could not run, 128 + N stopped by signal N.";

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

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    let whole = arguments.alerts.table_flag().is_some() || arguments.report.is_some();
    let inputs = Inputs::of(&arguments.paths(), arguments.input_format, whole)?;
    let format = arguments.format_for(&inputs)?;
    let counts_days = arguments.counts_days();
    arguments.alerts.check(&inputs, counts_days)?;
    if matches!(inputs, Inputs::Stdin | Inputs::Lines(_)) {
        arguments.csv.refuse("is for CSV, and the input is JSON lines")?;
    }
    if arguments.report.is_some() && matches!(inputs, Inputs::Stdin | Inputs::Records) {
        let problem =
            "--report shows all rows of a file, and a stream may never end; write its rows to a file first";
        return Err(Error::Request(problem.to_owned()));
    }
    let inputs = arguments.by_record(inputs, format)?;
    arguments.check_outputs(&inputs)?;
    let model = Model::read(&arguments.model)?;
    let sha256 = model.sha256().to_owned();
    let table = model.table(arguments.table_of(&model).as_deref())?;
    let is_stream = !matches!(inputs, Inputs::Table);
    let model = arguments.with_threshold(table, is_stream)?.into_owned();
    let summary = match &inputs {
        Inputs::Table => arguments.score_table((model, sha256), format, terminal)?,
        Inputs::Stdin | Inputs::Records | Inputs::RecordsOf(_) | Inputs::Lines(_) => {
            arguments.score_stream(&inputs, (model, sha256), terminal)?
        }
    };
    terminal.done();
    summary.tell(terminal)?;
    Ok(ExitStatus::Success)
}

impl Arguments {
    /// The model with the requested threshold, or with its own.
    fn with_threshold<'a>(&self, model: &'a TableModel, is_stream: bool) -> Result<Cow<'a, TableModel>> {
        if is_stream && self.alerts.discovery_rate(model).is_some() {
            let problem = "the threshold is a false discovery rate, which needs a batch of rows: score a table, for \
                           JSON lines with --threshold fdr=RATE, or give a score with --threshold";
            return Err(Error::table(model.name(), problem));
        }
        Ok(match self.alerts.threshold(model)? {
            Some(threshold) => Cow::Owned(model.with_threshold(threshold)),
            None => Cow::Borrowed(model),
        })
    }

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
            time: None,
            entity: Vec::new(),
        }
    }

    /// A CSV file whose bad records are wanted unchanged is read like a stream, if no flag needs a table.
    fn by_record(&self, inputs: Inputs, format: OutputFormat) -> Result<Inputs> {
        let needs_table = self.alerts.table_flag().is_some() || self.report.is_some();
        if !matches!(inputs, Inputs::Table)
            || self.rejects.is_none()
            || needs_table
            || format != OutputFormat::Csv
        {
            return Ok(inputs);
        }
        match self.paths().files()?.as_slice() {
            [file] if table::format_of(file)? == FileFormat::Csv => Ok(Inputs::RecordsOf(file.clone())),
            _ => Ok(inputs),
        }
    }

    /// Whether the rows of each day are counted, where the time is known.
    fn counts_days(&self) -> bool {
        self.summary.is_some() || self.report.is_some()
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
        for path in [&self.out, &self.rejects, &self.summary, &self.report].into_iter().flatten() {
            files::apart(path, &others)?;
            others.push(path.clone());
        }
        Ok(())
    }

    /// The table of the model: that of the flag, or the one with the name of the input.
    fn table_of(&self, model: &Model) -> Option<String> {
        self.table.clone().or_else(|| model.table_with_name_of(&self.paths().name()))
    }

    /// Show progress, unless the terminal shows the rows.
    fn watch(&self, terminal: &Terminal, read: Count, all: impl FnOnce() -> Option<u64>) {
        if self.out.is_some() || !io::stdout().is_terminal() {
            terminal.watch_rows(read, all());
        }
    }

    /// Run `score` with the output file or stdout, and finish the file. Returns the result of `score`.
    fn with_output<T>(&self, score: impl FnOnce(&mut (dyn Write + Send)) -> Result<T>) -> Result<T> {
        const BUFFER: usize = 1 << 18;
        let Some(path) = &self.out else {
            return score(&mut BufWriter::with_capacity(BUFFER, io::stdout()));
        };
        let mut whole = Whole::create(path)?;
        let mut buffer = BufWriter::with_capacity(BUFFER, &mut whole);
        let result = score(&mut buffer)?;
        buffer.flush().map_err(|e| Error::output(path, e))?;
        drop(buffer);
        whole.finish()?;
        Ok(result)
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
