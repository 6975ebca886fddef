//! `whis-lab compare`: rank detectors on tables.

use super::ExitStatus;
use super::hint::{spelled, with_hint};
use super::results::{ChartFormat, Results, size};
use super::study::Study;
use super::terminal::Terminal;
use crate::error::{Error, Result};
use crate::experiment::{self, Plan, ReportSections};
use crate::plot::Size;
use crate::report::{self, Note, Report, TableReport};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Compare detectors on tables: AUC with its interval, average precision, precision, recall, F1, and which
/// differences are significant
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    study: Study,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Folder for the reports, with a subfolder per table
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
  whis-lab compare --file shuttle.parquet --label label
  whis-lab compare --file flows.csv --label 'attack_cat=dos' --features bytes,packets,proto
  whis-lab compare --file events.csv --label bad --categorical EventID,port
                                                        codes are names, not numbers
  whis-lab compare --file events.csv --label bad --time-features
                                                        also the hour and the day of each row
  whis-lab compare --table auth,process --detectors isolation-forest,lof --format markdown
  whis-lab compare --protocol all                       does the winner change?
  whis-lab compare --runs 10                            how much do seeds matter?
  whis-lab compare --contamination 0.02                 flag 2 % of the rows
  whis-lab compare --detectors all                      every detector there is
  whis-lab compare --detectors 'lof,mean(isolation-forest,lof)'
  whis-lab compare --params lof.k=50 --params isolation-forest.trees=300
  whis-lab compare --detectors lof --grid k=5,10,20,50  which k? the labels choose, and a warning says so
  whis-lab compare --time-limit 10                      seconds per detector and table; else fit a sample
  whis-lab compare --experiment study.toml              options from a file; flags take precedence
  whis-lab compare --encoding ordinal                   categories by the position of their level";

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

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    let (source, plan) = arguments.study.resolve()?;
    let plan = Plan { timings: arguments.timings, sections: arguments.sections(), ..plan };
    let tables = source.read(terminal)?;
    let results = Results::new(&arguments.out);
    results.check(&tables)?;
    let report = experiment::compare(&tables, &plan, terminal)?;
    terminal.answer(&arguments.format.written(&report)?)?;
    arguments.format.warn(&report, terminal);
    results.write(&tables, &report, terminal)?;
    if arguments.plots {
        for table in &report.tables {
            results.draw_all(table, arguments.plot_format.into(), arguments.size, terminal)?;
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
    fn sections(&self) -> ReportSections {
        if self.plots { ReportSections::ALL } else { ReportSections::NONE }
    }
}

impl Format {
    /// Print the warnings that the answer does not contain. The terminal's findings quote the gravest one.
    fn warn(self, report: &Report, terminal: &Terminal) {
        match self {
            Format::Table => warn_beside_findings(report, terminal),
            Format::Json | Format::Markdown => warn(report, terminal),
        }
    }

    fn written(self, report: &Report) -> Result<String> {
        match self {
            Format::Table => Ok(report::terminal(report)),
            Format::Markdown => Ok(report::markdown(report)),
            Format::Json => report.to_json().map_err(|e| Error::output("stdout", e)),
        }
    }
}
