//! `whis-lab compare`: every detector on every table, ranked.

use super::Verdict;
use super::results::{ChartFormat, Results, size};
use super::study::Study;
use super::terminal::Terminal;
use crate::error::{Error, Result};
use crate::experiment::{self, Illustrate, Plan};
use crate::plot::Size;
use crate::report::{self, Report};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Compare detectors on tables: AUC with its interval, average precision, precision, recall, F1, and which of the
/// differences are real
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    study: Study,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Where report.json is written, in a folder per table
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    /// Draw every chart of the run, too
    #[arg(long)]
    plots: bool,
    /// How --plots draws
    #[arg(long, value_enum, default_value_t = ChartFormat::Svg)]
    plot_format: ChartFormat,
    /// How large --plots draws, in pixels
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "1200x800", value_parser = size)]
    size: Size,
    /// Put seconds into the report, which then differs from run to run
    #[arg(long)]
    timings: bool,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab compare --table auth
  whis-lab compare --table auth --plots                 every chart, into results/auth
  whis-lab compare --file shuttle.parquet --label label
  whis-lab compare --file flows.csv --label 'attack_cat=dos' --features bytes,packets,proto
  whis-lab compare --table auth,process --detectors isolation-forest,lof --format markdown
  whis-lab compare --protocol all                       does the winner change?
  whis-lab compare --runs 10                            how much do seeds matter?
  whis-lab compare --contamination 0.02                 flag 2 % of the rows
  whis-lab compare --detectors all                      every detector there is
  whis-lab compare --detectors 'lof,mean(isolation-forest,lof)'
  whis-lab compare --params lof.k=50 --params isolation-forest.trees=300
  whis-lab compare --detectors lof --grid k=5,10,20,50  which k? the choice is made on labels, and says so
  whis-lab compare --time-limit 10                      no detector should take longer on a table
  whis-lab compare --experiment study.toml              all of this from a file; flags win over it
  whis-lab compare --encoding ordinal                   categories as the notebook encoded them";

/// How an answer is printed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Format {
    /// Aligned columns
    Table,
    /// Everything, for programs
    Json,
    /// GitHub-flavoured
    Markdown,
}

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<Verdict> {
    let (source, plan) = arguments.study.resolve()?;
    let plan = Plan { timings: arguments.timings, illustrate: arguments.illustrate(), ..plan };
    let tables = source.read(terminal)?;
    let results = Results::new(&arguments.out);
    results.check(&tables)?;
    let report = experiment::compare(&tables, &plan, terminal)?;
    terminal.answer(&arguments.format.written(&report)?)?;
    warn(&report, terminal);
    results.write(&tables, &report, terminal)?;
    if arguments.plots {
        for table in &report.tables {
            results.draw_all(table, arguments.plot_format.into(), arguments.size, terminal)?;
        }
    }
    Ok(Verdict::Fine)
}

/// Say what a reader must know before trusting a number.
pub fn warn(report: &Report, terminal: &Terminal) {
    for (warning, protocols) in warnings(report) {
        let [table, text] = warning;
        terminal.warning(&format!("{table}, {}: {text}", protocols.join(" and ")));
    }
}

/// Each warning of a table once, with the protocols under which it holds.
fn warnings(report: &Report) -> Vec<([&str; 2], Vec<&str>)> {
    let mut found: Vec<([&str; 2], Vec<&str>)> = Vec::new();
    for table in &report.tables {
        for note in &table.warnings {
            let warning = [table.table.as_str(), note.text.as_str()];
            match found.iter_mut().find(|(other, _)| *other == warning) {
                Some((_, protocols)) => protocols.push(table.protocol.id()),
                None => found.push((warning, vec![table.protocol.id()])),
            }
        }
    }
    found
}

impl Arguments {
    fn illustrate(&self) -> Illustrate {
        if self.plots { Illustrate::ALL } else { Illustrate::NONE }
    }
}

impl Format {
    fn written(self, report: &Report) -> Result<String> {
        match self {
            Format::Table => Ok(report::terminal(report)),
            Format::Markdown => Ok(report::markdown(report)),
            Format::Json => report.to_json().map_err(|e| Error::output("stdout", e)),
        }
    }
}
