//! `whis-lab report`: write a comparison as one page.

use super::ExitStatus;
use super::plot;
use super::provenance;
use super::ranks;
use super::study::Study;
use super::terminal::Terminal;
use crate::error::{Error, Result, json};
use crate::experiment::{self, Plan, ReportSections};
use crate::files;
use crate::html;
use crate::report::{FeedbackReport, Provenance, Report, TableFeedback};
use crate::schema::is_plain;
use clap::Args;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Write one self-contained HTML page with tables, charts and findings; it opens offline
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  whis-lab report --out report.html
  whis-lab report --out flows.html --file flows.parquet --label is_attack
  whis-lab report --out feedback.html --table auth --protocol feedback --budget 100
                                               what would 100 verdicts buy?
  whis-lab report --out report.html --report results/auth/report.json --report results/admin/report.json")]
pub struct Arguments {
    /// Output file
    #[arg(long, value_name = "FILE", default_value = "report.html")]
    out: PathBuf,
    /// Use reports of `compare --plots`, and feedback.json of protocol feedback, without fitting
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data", "file", "files", "table", "schema"])]
    report: Vec<PathBuf>,
    #[command(flatten)]
    study: Study,
}

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    files::check(&arguments.out)?;
    let inputs = [arguments.report.clone(), arguments.study.files()?].concat();
    files::apart(&arguments.out, &inputs)?;
    let (report, reviews) =
        if arguments.report.is_empty() { arguments.made(terminal)? } else { arguments.read()? };
    let page = html::render(&report, &reviews, &provenance::command());
    files::write_whole(&arguments.out, |file| file.write_all(page.as_bytes()))?;
    terminal.wrote(&arguments.out);
    Ok(ExitStatus::Success)
}

impl Arguments {
    /// Compare detectors, or simulate reviews with protocol feedback.
    fn made(&self, terminal: &Terminal) -> Result<(Report, Vec<TableFeedback>)> {
        let (source, plan, feedback) = self.study.resolve_all()?;
        let tables = source.read(terminal)?;
        let made = Some(provenance::of(&self.study.read_files(&tables)?, false)?);
        if let Some(options) = feedback {
            let reviews = experiment::feedback(&tables, &plan, &options, terminal)?;
            let report = Report { provenance: made, ..Report::new(plan.seed, Vec::new()) };
            return Ok((report, reviews.tables));
        }
        let plan = Plan { sections: ReportSections::ALL, ..plan };
        let report = Report { provenance: made, ..experiment::compare(&tables, &plan, terminal)? };
        Ok((ranks::ranked(report, &source, terminal), Vec::new()))
    }

    fn read(&self) -> Result<(Report, Vec<TableFeedback>)> {
        let mut tables = Vec::new();
        let mut reviews = Vec::new();
        let mut seeds = Vec::new();
        let mut made: Option<Provenance> = None;
        for path in &self.report {
            if let Some(feedback) = feedback_of(path)? {
                reviews.extend(feedback.tables);
                continue;
            }
            let report = plot::read(path)?;
            seeds.push(report.seed);
            tables.extend(report.tables);
            match (&mut made, report.provenance) {
                (Some(made), Some(other)) => made.add(other),
                (None, other) => made = other,
                (Some(_), None) => (),
            }
        }
        match seeds.windows(2).find(|pair| pair[0] != pair[1]) {
            Some(pair) => {
                Err(Error::Request(format!("the reports have different seeds, {} and {}", pair[0], pair[1])))
            }
            None => {
                let seed = seeds.first().copied().unwrap_or_default();
                Ok((Report { provenance: made, ..Report::new(seed, tables) }, reviews))
            }
        }
    }
}

/// The simulated reviews in a file; `None` if it holds something else.
fn feedback_of(path: &Path) -> Result<Option<FeedbackReport>> {
    let text = files::text(path)?;
    let is_valid = |report: &FeedbackReport| {
        let named = report.tables.iter().all(|table| is_plain(&table.table));
        report.format == 1 && named && !report.tables.is_empty()
    };
    Ok(json::parse::<FeedbackReport>(&text).ok().filter(is_valid))
}
