//! `whis-lab compare`: rank detectors on tables.

use super::ExitStatus;
use super::data::Source;
use super::evaluate::share;
use super::hint::{spelled, with_hint};
use super::provenance;
use super::ranks;
use super::results::{ChartFormat, Results, size};
use super::study::Study;
use super::terminal::Terminal;
use crate::error::{Error, Result};
use crate::experiment::{self, FeedbackOptions, Plan, ReportSections, RowScores};
use crate::files;
use crate::plot::Size;
use crate::report::{self, Metrics, Note, Report, TableReport};
use crate::table::{self, OutputFormat};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// Compare detectors on tables: which is best, by how much, and how sure
///
/// Each detector gets an AUC with its 95 % interval, average precision, and precision and recall at its threshold.
/// Paired tests say which differences are significant.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    study: Study,
    /// Output format
    #[arg(long, value_enum, default_value_t = ComparisonFormat::Table)]
    format: ComparisonFormat,
    /// Metrics in the table of detectors [default: standard; all with --at-k or --max-fpr]
    #[arg(long, value_enum)]
    metrics: Option<MetricChoice>,
    /// Numbers of rows of precision at k: the share of suspicious rows among the k highest scores
    #[arg(long, value_name = "K,…", value_delimiter = ',')]
    at_k: Vec<u64>,
    /// The largest false-positive rate of the partial AUC, standardized to 0.5 for chance [default: 0.01]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    max_fpr: Option<f64>,
    /// Also restate precision at this share of suspicious rows, between 0 and 1: that of a table holds for no other
    #[arg(long, value_name = "SHARE", value_parser = share, allow_negative_numbers = true)]
    prevalence: Option<f64>,
    /// Also write the scores of every row under each protocol, one column per detector, as .parquet or .csv
    #[arg(long, value_name = "FILE")]
    scores: Option<PathBuf>,
    /// Folder for the reports, with a subfolder per table; none writes no report
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    /// Also draw every chart of the run
    #[arg(long)]
    plots: bool,
    /// File format of --plots
    #[arg(long, value_enum, default_value_t = ChartFormat::Svg)]
    plot_format: ChartFormat,
    /// Size of --plots in pixels
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "1200x800", value_parser = size)]
    size: Size,
    /// Add seconds to the report, which then differs from run to run
    #[arg(long)]
    timings: bool,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab compare --table auth
  whis-lab compare --table auth --plots                 every chart, into results/auth
  whis-lab compare --table auth --metrics top           partial AUC and precision at 10, 50 and 100 rows
  whis-lab compare --table auth --prevalence 1e-4       precision if 1 row in 10,000 is suspicious
  whis-lab compare --table auth --budget 50/day         attacks found with 50 alerts a day, and how soon
  whis-lab compare --table auth --scores scores.parquet to compute every number again elsewhere
  whis-lab compare --table auth --format latex          a table for a paper; csv has one record per run
  whis-lab compare --file shuttle.parquet --label label
  whis-lab compare --files 'tables/*.parquet' --label label
                                                        ranks over tables: each file is a table
  whis-lab compare --file flows.csv --label 'attack_cat=dos' --features bytes,packets,proto
  whis-lab compare --file events.csv --label bad --categorical EventID,port
                                                        codes are names, not numbers
  whis-lab compare --file events.csv --label bad --time-features
                                                        also the hour and the day of each row
  whis-lab compare --table auth,process --detectors isolation-forest,lof --format markdown
  whis-lab compare --protocol all                       does the winner change?
  whis-lab compare --table auth --protocol feedback --budget 100 --batch 10
                                                        what would 100 verdicts buy?
  whis-lab compare --runs 10                            how much do seeds matter?
  whis-lab compare --contamination 0.02                 flag 2 % of the rows
  whis-lab compare --detectors all                      every detector there is
  whis-lab compare --detectors 'lof,mean(isolation-forest,lof)'
  whis-lab compare --params lof.k=50 --params isolation-forest.trees=300
  whis-lab compare --detectors lof --grid k=5,10,20,50  which k is best?
  whis-lab compare --time-limit 10                      10 s per detector and table
  whis-lab compare --experiment study.toml              options from a file
  whis-lab compare --encoding ordinal                   categories as positions";

/// The format of an answer.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Format {
    /// Aligned columns
    Table,
    /// Everything, for programs
    Json,
    /// GitHub Flavored Markdown
    Markdown,
}

/// The format of a comparison.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ComparisonFormat {
    /// Aligned columns
    Table,
    /// Everything, for programs
    Json,
    /// GitHub Flavored Markdown
    Markdown,
    /// One record per table, protocol and detector
    Csv,
    /// One booktabs table per table and protocol
    Latex,
}

/// The metrics in the table of detectors.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum MetricChoice {
    /// AUC, average precision, and precision, recall and F1 at the threshold
    Standard,
    /// Partial AUC, average precision and precision at k
    Top,
    /// All of them
    All,
}

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    let (source, plan, feedback) = arguments.study.resolve_all()?;
    if let Some(options) = feedback {
        return reviews(arguments, &source, &plan, &options, terminal);
    }
    let plan = arguments.completed(plan);
    arguments.check()?;
    let tables = source.read(terminal)?;
    let made = provenance::of(&arguments.study.read_files(&tables)?, arguments.timings)?;
    let mut scores = Vec::new();
    let report = match &arguments.scores {
        Some(_) => experiment::compare_rows(&tables, &plan, terminal, |rows| scores.push(rows))?,
        None => experiment::compare(&tables, &plan, terminal)?,
    };
    let report = ranks::ranked(Report { provenance: Some(made), ..report }, &source, terminal);
    // The answer comes first: it is of use even if no file can be written.
    terminal.answer(&arguments.format.written(&report, arguments.metrics())?)?;
    arguments.format.warn(&report, terminal);
    if let Some(path) = &arguments.scores {
        table::write_columns(path, &RowScores::columns(&scores))?;
        terminal.wrote(path);
    }
    let Some(folder) = arguments.folder() else { return Ok(ExitStatus::Success) };
    let results = Results::new(folder);
    results.write(&tables, &report, terminal)?;
    if arguments.plots {
        for table in &report.tables {
            results.draw_all(table, arguments.plot_format.into(), arguments.size, terminal)?;
        }
    }
    Ok(ExitStatus::Success)
}

/// Simulate reviews instead of a comparison.
fn reviews(
    arguments: &Arguments,
    source: &Source,
    plan: &Plan,
    options: &FeedbackOptions,
    terminal: &mut Terminal,
) -> Result<ExitStatus> {
    let tables = source.read(terminal)?;
    let report = experiment::feedback(&tables, plan, options, terminal)?;
    let answer = match arguments.format {
        ComparisonFormat::Table => report.to_text(),
        ComparisonFormat::Markdown => report.to_markdown(),
        ComparisonFormat::Csv => report.to_csv(),
        ComparisonFormat::Json => report.to_json(),
        ComparisonFormat::Latex => {
            return Err(Error::Request(
                "protocol feedback has no LaTeX table; use --format markdown".to_owned(),
            ));
        }
    };
    terminal.answer(&answer)?;
    let Some(folder) = arguments.folder() else { return Ok(ExitStatus::Success) };
    let results = Results::new(folder);
    results.write_feedback(&report, terminal)?;
    if arguments.plots {
        for table in &report.tables {
            results.draw_discovery(table, arguments.plot_format.into(), arguments.size, terminal)?;
        }
    }
    Ok(ExitStatus::Success)
}

/// Print every warning of a report.
pub fn warn(report: &Report, terminal: &Terminal) {
    warnings(report, |_, _| true).iter().for_each(|warning| warning.print(terminal));
}

/// Print the warnings of a report that its findings do not quote, and the hints of those that they quote.
fn warn_beside_findings(report: &Report, terminal: &Terminal) {
    let is_quoted = |table: &TableReport, note: &Note| table.gravest() == Some(note);
    let others = warnings(report, |table, note| !is_quoted(table, note));
    others.iter().for_each(|warning| warning.print(terminal));
    warnings(report, is_quoted).iter().for_each(|warning| warning.print_hint(terminal));
}

/// A warning of a table, and the protocols under which it occurs.
struct Warning<'a> {
    table: &'a str,
    note: &'a Note,
    protocols: Vec<&'static str>,
}

impl Warning<'_> {
    fn place(&self) -> String {
        format!("{}, {}", self.table, self.protocols.join(", "))
    }

    fn print(&self, terminal: &Terminal) {
        let text = format!("{}: {}", self.place(), self.note.text);
        terminal.warning(&with_hint(&text, self.note.hint.as_ref()));
    }

    fn print_hint(&self, terminal: &Terminal) {
        if let Some(hint) = &self.note.hint {
            terminal.hint(&format!("{}: {}", self.place(), spelled(hint)));
        }
    }
}

/// The selected warnings of a report, each of a table once.
fn warnings(report: &Report, is_selected: impl Fn(&TableReport, &Note) -> bool) -> Vec<Warning<'_>> {
    let mut warnings: Vec<Warning> = Vec::new();
    for table in &report.tables {
        for note in table.warnings.iter().filter(|note| is_selected(table, note)) {
            let is_same = |other: &&mut Warning| other.table == table.table && other.note == note;
            match warnings.iter_mut().find(is_same) {
                Some(warning) => warning.protocols.push(table.protocol.id()),
                None => {
                    let protocols = vec![table.protocol.id()];
                    warnings.push(Warning { table: &table.table, note, protocols });
                }
            }
        }
    }
    warnings
}

impl Arguments {
    /// The plan with the options that only a comparison has.
    fn completed(&self, plan: Plan) -> Plan {
        Plan {
            timings: self.timings,
            sections: if self.plots { ReportSections::ALL } else { ReportSections::NONE },
            at_k: if self.at_k.is_empty() { plan.at_k.clone() } else { self.at_k.clone() },
            max_fpr: self.max_fpr.unwrap_or(plan.max_fpr),
            prevalence: self.prevalence,
            ..plan
        }
    }

    /// Check the output files before any detector is fitted.
    fn check(&self) -> Result<()> {
        if self.plots && self.folder().is_none() {
            return Err(Error::Request("--plots needs a folder, but --out none writes no file".to_owned()));
        }
        let Some(path) = &self.scores else { return Ok(()) };
        files::apart(path, &self.study.files()?)?;
        match OutputFormat::of_name(path) {
            Some(OutputFormat::Parquet | OutputFormat::Csv) => files::check(path),
            _ => Err(Error::Request(format!("--scores {}: use .parquet or .csv", path.display()))),
        }
    }

    /// The folder for the reports; `None` if none is to be written.
    fn folder(&self) -> Option<&Path> {
        (self.out != Path::new("none")).then_some(&self.out)
    }

    fn metrics(&self) -> Metrics {
        match self.metrics {
            Some(MetricChoice::Top) => Metrics::Top,
            Some(MetricChoice::All) => Metrics::All,
            None if !self.at_k.is_empty() || self.max_fpr.is_some() => Metrics::All,
            Some(MetricChoice::Standard) | None => Metrics::Standard,
        }
    }
}

impl ComparisonFormat {
    /// Print the warnings that the answer does not contain. The terminal's findings quote the gravest one.
    fn warn(self, report: &Report, terminal: &Terminal) {
        match self {
            ComparisonFormat::Table => warn_beside_findings(report, terminal),
            _ => warn(report, terminal),
        }
    }

    fn written(self, report: &Report, metrics: Metrics) -> Result<String> {
        match self {
            ComparisonFormat::Table => Ok(report::terminal_with(report, metrics)),
            ComparisonFormat::Markdown => Ok(report::markdown(report, metrics)),
            ComparisonFormat::Csv => Ok(report::csv(report)),
            ComparisonFormat::Latex => Ok(report::latex(report, metrics)),
            ComparisonFormat::Json => report.to_json().map_err(|e| Error::output("stdout", e)),
        }
    }
}
