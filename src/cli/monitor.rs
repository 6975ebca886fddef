//! `whis-lab monitor`: compare new data with the training data of a model.

use super::ExitStatus;
use super::csv::CsvFlags;
use super::terminal::Terminal;
use crate::error::{Error, Result};
use crate::files;
use crate::model::{Model, TableModel};
use crate::monitor::{self, Monitored, Rule, Verdict};
use crate::table::{self, Batches, Paths, Wanted};
use clap::{Args, ValueEnum};
use std::io::Write;
use std::path::PathBuf;

/// Compare new data with the training data of a model, day by day: drift, alerts a day, and what to do
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The model file
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// New rows of one table: files, a pattern in quotes, or a folder of part files
    #[arg(value_name = "DATA", required = true)]
    data: Vec<PathBuf>,
    /// The table of the model, if it has several [default: the one with the name of the file]
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// The time column [default: that of a built-in table, else the first datetime]
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// The periods to compare
    #[arg(long, value_enum, default_value_t = By::Day)]
    by: By,
    /// When to exit with code 1
    #[arg(long, value_enum, value_name = "WHAT")]
    fail_on: Option<FailOn>,
    #[command(flatten)]
    csv: CsvFlags,
    /// The format of stdout
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Also write a page that opens offline
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// The periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    /// Days in UTC
    Day,
    /// All rows together, by the conventional limit of the PSI
    All,
}

/// What fails.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum FailOn {
    /// A run of unusual days
    Drift,
    /// Any unusual day
    Unusual,
}

/// The format of an answer.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Aligned columns
    Table,
    /// Everything, for programs
    Json,
    /// GitHub Flavored Markdown
    Markdown,
    /// For the textfile collector of Prometheus
    Prometheus,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab monitor --model model.whis 'march/*.parquet'
  whis-lab monitor --model model.whis new.parquet --out drift.html
  whis-lab monitor --model model.whis last_week.parquet --fail-on drift -q
                                                     a nightly job: exit 1 on drift
  whis-lab monitor --model model.whis new.parquet --format prometheus > drift.prom

A day is unusual if a feature is further from training than the training days are from each other (Jensen-Shannon distance \
by bins, Benjamini-Hochberg over features and days). Drift is two unusual days among three, so a nightly job should read \
the last week. With fewer than seven training days, or without times, the limit is a PSI of 0.25 by convention. Days are \
in UTC.";

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    let paths = Paths::from(&arguments.data);
    if let Some(out) = &arguments.out {
        files::check(out)?;
        let inputs: Vec<PathBuf> = paths.files()?.into_iter().chain([arguments.model.clone()]).collect();
        files::apart(out, &inputs)?;
    }
    let model = Model::read(&arguments.model)?;
    let name = arguments.table.clone().or_else(|| model.table_with_name_of(&paths.name()));
    let monitored = arguments.monitored(model.table(name.as_deref())?, &paths, terminal)?;
    if monitored.rule == Rule::TrainingDays && monitored.days.len() == 1 {
        terminal.warning("one day is never drift, which is two unusual days of three; compare the last week");
    }
    terminal.answer(&arguments.format.written(&monitored)?)?;
    if let Some(out) = &arguments.out {
        let page = crate::html::drift(&monitored, &super::provenance::command());
        files::write_whole(out, |file| file.write_all(page.as_bytes()))?;
        terminal.wrote(out);
    }
    Ok(match arguments.fail_on {
        Some(FailOn::Drift) if monitored.drift => ExitStatus::Failed,
        Some(FailOn::Unusual) if monitored.verdict != Verdict::Usual => ExitStatus::Failed,
        _ => ExitStatus::Success,
    })
}

impl Arguments {
    fn monitored(&self, model: &TableModel, paths: &Paths, terminal: &Terminal) -> Result<Monitored> {
        let mut request = model.request();
        request.csv = self.csv.options();
        request.label = None;
        if let Some(column) = &self.time {
            request.time = Some(Wanted { column: column.clone(), required: true });
        }
        if request.time.is_none() {
            let first = Batches::open_as(paths, 1, true, request.csv)?.first_time();
            request.time = first.map(|column| Wanted { column, required: false });
        }
        let mut new = table::read(paths, &request)?;
        super::data::print_notes(std::slice::from_ref(&new), terminal);
        if self.by == By::All {
            new.times = None;
        }
        monitor::monitor(model, &new)
    }
}

impl Format {
    fn written(self, own: &Monitored) -> Result<String> {
        Ok(match self {
            Format::Table => monitor::table(own),
            Format::Markdown => monitor::markdown(own),
            Format::Prometheus => monitor::prometheus(std::slice::from_ref(own)),
            Format::Json => {
                let json = serde_json::to_string_pretty(own);
                json.map_err(|e| Error::Request(format!("the answer is no JSON: {e}")))? + "\n"
            }
        })
    }
}
