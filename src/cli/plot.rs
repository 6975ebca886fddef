//! `whis-lab plot`: one chart, or several.

use super::Verdict;
use super::results::{ChartFormat, Results, size};
use super::study::Study;
use super::terminal::Terminal;
use crate::error::{Error, LONGEST_NAME, Result, printable};
use crate::experiment::{self, Illustrate, Plan};
use crate::files;
use crate::plot::{Kind, Size};
use crate::report::{FORMAT, Report};
use crate::schema::is_plain;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// Draw charts of a comparison, from its report or from the data
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  whis-lab plot roc --table auth
  whis-lab plot roc,pr,histogram --table auth --format png --size 1600x1000
  whis-lab plot pca --file shuttle.parquet --label label
  whis-lab plot roc --report results/auth/report.json   drawn again, nothing is fitted")]
pub struct Arguments {
    /// Which charts
    #[arg(value_enum, required = true, value_delimiter = ',')]
    charts: Vec<Chart>,
    /// Draw from a report that `compare` wrote; nothing is fitted
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data", "file", "table", "schema"])]
    report: Option<PathBuf>,
    #[command(flatten)]
    study: Study,
    /// How to draw
    #[arg(long, value_enum, default_value_t = ChartFormat::Svg)]
    format: ChartFormat,
    /// How large, in pixels
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "1200x800", value_parser = size)]
    size: Size,
    /// Where to draw to, in a folder per table
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Chart {
    /// Receiver operating characteristic of every detector
    Roc,
    /// Precision against recall
    Pr,
    /// Scores of normal and suspicious rows
    Histogram,
    /// Rows in the plane of most variance
    Pca,
    /// Rows in a plane that keeps neighbours together
    Tsne,
    /// What each feature means to each detector
    Importance,
    /// Four views of the data
    Overview,
    /// Rows by hour of the day
    Hours,
    /// Loss of networks by epoch
    Loss,
    /// Every one of them
    All,
}

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<Verdict> {
    let results = Results::new(&arguments.out);
    let report = match &arguments.report {
        Some(path) => read(path)?,
        None => arguments.compared(&results, terminal)?,
    };
    let (format, size) = (arguments.format.into(), arguments.size);
    for table in &report.tables {
        if arguments.charts.contains(&Chart::All) {
            results.draw_all(table, format, size, terminal)?;
            continue;
        }
        for kind in arguments.charts.iter().filter_map(|chart| chart.kind()) {
            results.draw(kind, table, format, size, terminal)?;
        }
    }
    Ok(Verdict::Fine)
}

impl Arguments {
    fn compared(&self, results: &Results, terminal: &Terminal) -> Result<Report> {
        let (source, plan) = self.study.resolve()?;
        let plan = Plan { illustrate: self.illustrate(), ..plan };
        let tables = source.read(terminal)?;
        results.check(&tables)?;
        experiment::compare(&tables, &plan, terminal)
    }

    /// Only what the charts need: projections and permutations take their time.
    fn illustrate(&self) -> Illustrate {
        let wants = |charts: &[Chart]| self.charts.iter().any(|c| *c == Chart::All || charts.contains(c));
        Illustrate {
            pca: wants(&[Chart::Pca]),
            tsne: wants(&[Chart::Tsne]),
            importance: wants(&[Chart::Importance]),
            exploration: wants(&[Chart::Overview, Chart::Hours]),
        }
    }
}

impl Chart {
    /// `None` for all of them.
    fn kind(self) -> Option<Kind> {
        Some(match self {
            Chart::Roc => Kind::Roc,
            Chart::Pr => Kind::PrecisionRecall,
            Chart::Histogram => Kind::Histogram,
            Chart::Pca => Kind::Pca,
            Chart::Tsne => Kind::Tsne,
            Chart::Importance => Kind::Importance,
            Chart::Overview => Kind::Overview,
            Chart::Hours => Kind::Hours,
            Chart::Loss => Kind::Loss,
            Chart::All => return None,
        })
    }
}

/// A report that was written before.
pub fn read(path: &Path) -> Result<Report> {
    let text = files::text(path)?;
    let report: Report =
        serde_json::from_str(&text).map_err(|e| Error::input(path, format!("not a report: {e}")))?;
    match report.format {
        FORMAT => match report.tables.iter().find(|table| !is_plain(&table.table)) {
            None if report.tables.is_empty() => Err(Error::input(path, "the report is of no table")),
            None => Ok(report),
            Some(table) => {
                let name = printable(&table.table, LONGEST_NAME);
                Err(Error::input(path, format!("`{name}` cannot be the name of a table")))
            }
        },
        other => Err(Error::input(
            path,
            format!("report format {other} is none that this program knows; it knows {FORMAT}"),
        )),
    }
}
