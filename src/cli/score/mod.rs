//! `whis-lab score`: rows through a trained model.

mod file;
mod summary;

use super::Verdict;
use super::terminal::Terminal;
use crate::error::{Error, Result, printable};
use crate::model::{Model, TableModel};
use crate::files::{self, Whole};
use crate::progress::Count;
use crate::report::count;
use crate::model::score::{self, Options, Policies, Policy, Tally};
use crate::table::{Batches, Format, Sink};
use clap::{Args, ValueEnum};
use file::{Counted, Inputs, Rejects, format_of, in_sequence};
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Score new rows with a trained model: every row gets its score, its severity from 0 to 100 and its verdict
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Parquet, CSV or JSON lines: a file, a pattern in quotes, or a folder of part files; - is stdin
    #[arg(value_name = "INPUT")]
    input: PathBuf,
    /// The model file that `whis-lab train` wrote
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Which table of the model [default: the one there is, or that of the input's name]
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// What comes on stdin [default: jsonl]; a file says it by its ending
    #[arg(long, value_enum, value_name = "FORMAT")]
    input_format: Option<StreamFormat>,
    /// Where the scored rows go: .parquet, .csv or .jsonl; written whole or not at all [default: stdout]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How they are written [default: by the ending of --out; on stdout JSON lines, and of CSV on stdin CSV]
    #[arg(long, value_enum)]
    format: Option<FormatChoice>,
    /// Write some of the rows only
    #[arg(long, value_enum, value_name = "WHICH")]
    only: Option<Only>,
    /// Say for each flagged row which K features moved its score furthest from the typical one
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u16).range(1..))]
    explain: Option<u16>,
    /// Put this in front of the names of the new columns
    #[arg(long, value_name = "TEXT", default_value = "")]
    prefix: String,
    /// Null, NaN and infinite: end the run (JSON lines and stdin: reject the line), or score the training mean or commonest
    /// level and count it; a feature that a whole table lacks is imputed only where this is said
    #[arg(long, value_enum, value_name = "WHAT")]
    on_missing: Option<Imputed>,
    /// A level that training did not hold
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = Imputed::Impute)]
    on_unknown: Imputed,
    /// A number below the lowest or above the highest of training
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = Kept::Keep)]
    on_out_of_range: Kept,
    /// Where lines that cannot be scored go, as they were; behind those that are there already
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab score --model model.whis events.parquet --out scored.parquet
  whis-lab score --model model.whis --table auth 'logs/part-*.parquet' --out scored.parquet
  whis-lab score --model model.whis events.csv --only flagged --explain 3 --out alerts.csv
  tail -f events.jsonl | whis-lab score --model model.whis --table auth -
  whis-lab score --model model.whis --table auth events.jsonl --rejects bad.jsonl > scored.jsonl
  cat events.csv | whis-lab score --model model.whis --table auth --input-format csv - > scored.csv

The new columns are score (higher is more anomalous), severity (0 to 100: per cent of the training rows that score
lower), flagged, and with --explain explanation. JSON lines come out as JSON lines and CSV on stdin as CSV, each line as
it was with the new fields behind its own, and flushed before the next one is waited for. Values that training did not
hold are scored and counted on stderr; a line that cannot be scored is reported with its number and the rest goes on.

Exit codes: 0 scored, lines that were rejected or not, 2 could not run.";

#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
enum StreamFormat {
    /// CSV with a header
    Csv,
    /// JSON lines
    Jsonl,
}

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

/// So many rejected lines are shown.
const SHOWN: u64 = 10;

/// How much of what is wrong with a line is shown.
const LONGEST_PROBLEM: usize = 400;

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<Verdict> {
    let inputs = Inputs::of(&arguments.input, arguments.input_format)?;
    let format = arguments.format_for(&inputs)?;
    arguments.check_outputs(&inputs)?;
    let model = Model::read(&arguments.model)?;
    let model = model.table(arguments.table_of(&model).as_deref())?;
    let began = Instant::now();
    let tally = match &inputs {
        Inputs::Table => arguments.score_table(model, format, terminal)?,
        Inputs::Stdin | Inputs::Records => {
            arguments.score_lines(Box::new(io::stdin()), &inputs, model, terminal)?
        }
        Inputs::Lines(files) => arguments.score_lines(in_sequence(files)?, &inputs, model, terminal)?,
    };
    terminal.done();
    summary::print(&tally, began.elapsed().as_secs_f64(), terminal);
    Ok(Verdict::Fine)
}

impl Arguments {
    fn options(&self) -> Options {
        let refused = |refused: bool| if refused { Policy::Refuse } else { Policy::Accept };
        Options {
            policies: Policies {
                missing: refused(matches!(self.on_missing, Some(Imputed::Error))),
                absent: refused(!matches!(self.on_missing, Some(Imputed::Impute))),
                unknown: refused(matches!(self.on_unknown, Imputed::Error)),
                out_of_range: refused(matches!(self.on_out_of_range, Kept::Error)),
            },
            only_flagged: self.only.is_some(),
            explain: self.explain.map(usize::from),
            prefix: self.prefix.clone(),
        }
    }

    fn format_for(&self, inputs: &Inputs) -> Result<Format> {
        let unsaid = if matches!(inputs, Inputs::Records) { Format::Csv } else { Format::JsonLines };
        let ending = self.out.as_ref().map(|out| format_of(out)).unwrap_or(Ok(unsaid));
        let format = match self.format {
            Some(FormatChoice::Parquet) => Format::Parquet,
            Some(FormatChoice::Csv) => Format::Csv,
            Some(FormatChoice::Jsonl) => Format::JsonLines,
            None => ending?,
        };
        match inputs {
            Inputs::Table if self.rejects.is_some() => {
                Err(Error::Request("--rejects is for JSON lines and stdin; a table is scored whole or not at all".to_owned()))
            }
            Inputs::Stdin | Inputs::Lines(_) if format != Format::JsonLines => Err(Error::Request(
                "JSON lines come out as JSON lines, for objects need not have the same fields; use --out FILE.jsonl"
                    .to_owned(),
            )),
            Inputs::Records if format != Format::Csv => Err(Error::Request(
                "CSV on stdin comes out as CSV, line by line; use --out FILE.csv".to_owned(),
            )),
            _ if format == Format::Parquet && self.out.is_none() && io::stdout().is_terminal() => {
                Err(Error::Request("Parquet is not for a terminal; use --out FILE.parquet".to_owned()))
            }
            _ => Ok(format),
        }
    }

    /// No output may stand in the place of an input, or of another output.
    fn check_outputs(&self, inputs: &Inputs) -> Result<()> {
        let mut taken = inputs.files(&self.input)?;
        taken.push(self.model.clone());
        for path in self.out.iter().chain(&self.rejects) {
            files::apart(path, &taken)?;
            taken.push(path.clone());
        }
        Ok(())
    }

    /// The table of the model that is meant: that of the flag, or the one that the input is named after.
    fn table_of(&self, model: &Model) -> Option<String> {
        let named_after = |table: &&str| {
            let stem = self.input.file_stem().unwrap_or_default().to_string_lossy();
            let short = table.strip_suffix("_events").unwrap_or(table);
            *stem == **table || *stem == *short
        };
        let several = model.table_names().count() > 1;
        self.table
            .clone()
            .or_else(|| model.table_names().find(named_after).filter(|_| several).map(str::to_owned))
    }

    fn score_table(&self, model: &TableModel, format: Format, terminal: &Terminal) -> Result<Tally> {
        let batches = Batches::open(&self.input, scoring::batch_rows(model))?;
        batches.notes().iter().for_each(|note| terminal.warning(note));
        self.watch(terminal, batches.read(), || batches.rows_ahead());
        self.written(|out| {
            let mut sink = Sink::new(format, out).with_json(&format!("{}explanation", self.prefix));
            let mut open = true;
            let tally = scoring::score_table(batches, model, &self.options(), format, |batch| {
                open = self.went(sink.write(batch))?;
                Ok(if open { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })?;
            if open {
                self.went(sink.finish())?;
            }
            Ok(tally)
        })
    }

    fn score_lines(
        &self,
        input: Box<dyn Read>,
        inputs: &Inputs,
        model: &TableModel,
        terminal: &Terminal,
    ) -> Result<Tally> {
        let score = match inputs {
            Inputs::Records => scoring::score_records,
            _ => scoring::score_lines,
        };
        let read = Count::default();
        self.watch(terminal, read.clone(), || None);
        let input = Counted { input, lines: read };
        let mut rejects = self.rejects.as_ref().map(|path| Rejects::create(path)).transpose()?;
        let mut shown = 0;
        self.written(|mut out| {
            score(input, model, &self.options(), &mut out, &mut |line| {
                if shown < SHOWN {
                    terminal.warning(&format!(
                        "line {}: {}",
                        line.number,
                        printable(line.problem, LONGEST_PROBLEM)
                    ));
                }
                shown += 1;
                rejects.as_mut().map_or(Ok(()), |rejects| rejects.write(line))
            })
        })
        .inspect(|tally| {
            if tally.rejected > SHOWN {
                terminal.warning(&format!("and {} more lines like these", count(tally.rejected - SHOWN)));
            }
        })
    }

    /// Show how far it is, unless the rows themselves are shown.
    fn watch(&self, terminal: &Terminal, read: Count, all: impl FnOnce() -> Option<u64>) {
        if self.out.is_some() || !io::stdout().is_terminal() {
            terminal.watch_rows(read, all());
        }
    }

    /// What `score` returns, once what it wrote is where it belongs.
    fn written(&self, score: impl FnOnce(&mut (dyn Write + Send)) -> Result<Tally>) -> Result<Tally> {
        const BUFFER: usize = 1 << 18;
        let Some(path) = &self.out else {
            return score(&mut BufWriter::with_capacity(BUFFER, io::stdout()));
        };
        let mut whole = Whole::create(path)?;
        let mut buffer = BufWriter::with_capacity(BUFFER, &mut whole);
        let tally = score(&mut buffer)?;
        buffer.flush().map_err(|e| Error::output(path, e))?;
        drop(buffer);
        whole.finish()?;
        Ok(tally)
    }

    /// Whether the output is still there: a closed pipe is the reader's wish and no error.
    fn went(&self, written: io::Result<()>) -> Result<bool> {
        match written {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe && self.out.is_none() => Ok(false),
            Err(e) => Err(Error::output(self.out.as_deref().unwrap_or(Path::new("stdout")), e)),
        }
    }
}
