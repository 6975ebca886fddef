//! `whis-lab plot`: draw charts.

use super::ExitStatus;
use super::ranks;
use super::results::{ChartFormat, Results, size};
use super::study::Study;
use super::terminal::Terminal;
use crate::baseline;
use crate::error::{Error, LONGEST_NAME, Result, json, printable};
use crate::event_features::baseline::EntityKind;
use crate::experiment::{self, Plan, ReportSections};
use crate::files;
use crate::plot::{Chart, EntityChart, Size};
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
  whis-lab plot det,cost --table auth
  whis-lab plot budget,delay --table auth --budget 50/day
  whis-lab plot discovery --table auth --protocol feedback --budget 100
  whis-lab plot pca --file shuttle.parquet --label label
  whis-lab plot roc --report results/auth/report.json   redrawn without fitting
  whis-lab plot timeline,heatmap,novelty,entity --data store2 --entity-id 3fa9c0d1e2b3a495
  whis-lab plot ranks --files 'tables/*.parquet' --label label")]
pub struct Arguments {
    /// Charts to draw
    #[arg(value_enum, required = true, value_delimiter = ',')]
    charts: Vec<ChartChoice>,
    /// The user of the charts timeline, heatmap and entity [default: that with the highest risk]
    #[arg(long, value_name = "NAME")]
    entity_id: Option<String>,
    /// What the charts timeline and heatmap count: logons, failures, hosts, sources, starts, changes, first_pairs
    #[arg(long, value_name = "NAME", default_value = "logons")]
    measure: String,
    /// Draw from a report of `compare`, without fitting
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data", "file", "files", "table", "schema"])]
    report: Option<PathBuf>,
    #[command(flatten)]
    study: Study,
    /// File format of the charts
    #[arg(long, value_enum, default_value_t = ChartFormat::Svg)]
    format: ChartFormat,
    /// Size in pixels
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "1200x800", value_parser = size)]
    size: Size,
    /// Output folder, with a subfolder per table
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ChartChoice {
    /// AUC of every detector with its interval
    Auc,
    /// ROC curve of every detector
    Roc,
    /// Precision-recall curve of every detector
    Pr,
    /// Misses against false alarms on probit axes
    Det,
    /// Expected cost by the share of suspicious rows and the cost of a miss
    Cost,
    /// Share of attacks found against the alerts a day, with --budget
    Budget,
    /// Share of attacks found against the time since their first row, with --budget
    Delay,
    /// Scores of normal and suspicious rows
    Histogram,
    /// Principal components of the rows
    Pca,
    /// t-SNE of the rows: neighbors stay close
    Tsne,
    /// Feature importance for each detector
    Importance,
    /// Four views of the data
    Overview,
    /// Rows by hour of day
    Hours,
    /// Training loss by epoch
    Loss,
    /// Suspicious rows found against verdicts given, with --protocol feedback
    Discovery,
    /// Mean ranks of detectors over ten or more tables of --files
    Ranks,
    /// Counts of a user by the hour with the band of the usual, from a store of `baseline`
    Timeline,
    /// Counts of a user by hour of the week, beside all others
    Heatmap,
    /// Share of first pairs by day: the warm-up ends where it flattens
    Novelty,
    /// A user and its hosts, new ones red
    Entity,
    /// All charts
    All,
}

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    let results = Results::new(&arguments.out);
    if arguments.charts == [ChartChoice::Discovery] {
        return arguments.reviews(&results, terminal);
    }
    if arguments.charts.iter().any(|chart| chart.is_of_baselines()) {
        return arguments.of_baselines(&results, terminal);
    }
    if arguments.charts.contains(&ChartChoice::Discovery) {
        let problem = "the chart discovery comes alone: it has an experiment of its own, protocol feedback";
        return Err(Error::Request(problem.to_owned()));
    }
    let report = match &arguments.report {
        Some(path) => read(path)?,
        None => arguments.compared(&results, terminal)?,
    };
    let (format, size) = (arguments.format.into(), arguments.size);
    if arguments.charts.contains(&ChartChoice::Ranks) {
        if report.ranks.is_empty() {
            let problem =
                "ranks need several tables: use --files, or a report of `compare --files --format json`";
            return Err(Error::Request(problem.to_owned()));
        }
        report.ranks.iter().try_for_each(|ranks| results.draw_ranks(ranks, format, size, terminal))?;
    }
    for table in &report.tables {
        if arguments.charts.contains(&ChartChoice::All) {
            results.draw_all(table, format, size, terminal)?;
            continue;
        }
        for kind in arguments.charts.iter().filter_map(|chart| chart.kind()) {
            results.draw(kind, table, format, size, terminal)?;
        }
    }
    Ok(ExitStatus::Success)
}

impl Arguments {
    /// Draw what simulated reviews find.
    fn reviews(&self, results: &Results, terminal: &Terminal) -> Result<ExitStatus> {
        if self.report.is_some() {
            return Err(Error::Request(
                "the chart discovery is drawn from the data, not from a report".to_owned(),
            ));
        }
        let (source, plan, feedback) = self.study.resolve_all()?;
        let options = feedback
            .ok_or_else(|| Error::Request("the chart discovery needs --protocol feedback".to_owned()))?;
        let tables = source.read(terminal)?;
        let report = experiment::feedback(&tables, &plan, &options, terminal)?;
        for table in &report.tables {
            results.draw_discovery(table, self.format.into(), self.size, terminal)?;
        }
        Ok(ExitStatus::Success)
    }

    /// Draw charts of a store with baselines.
    fn of_baselines(&self, results: &Results, terminal: &Terminal) -> Result<ExitStatus> {
        if !self.charts.iter().all(|chart| chart.is_of_baselines()) {
            let problem = "timeline, heatmap, novelty and entity are drawn from a store with baselines, other charts are not: \
                           draw them apart";
            return Err(Error::Request(problem.to_owned()));
        }
        let (source, _) = self.study.resolve()?;
        let Some(store) = &source.data else {
            let problem = "the chart needs --data with a store that `whis-lab baseline` wrote";
            return Err(Error::Request(problem.to_owned()));
        };
        let needs_user = self.charts.iter().any(|chart| *chart != ChartChoice::Novelty);
        let user = match &self.entity_id {
            Some(user) => user.clone(),
            None if needs_user => {
                let user = baseline::riskiest(store, EntityKind::User)?;
                terminal.note(&format!("the user with the highest risk: {user}"));
                user
            }
            None => String::new(),
        };
        for choice in &self.charts {
            let (name, chart) = match choice {
                ChartChoice::Timeline => {
                    let own = baseline::entity_hours(store, EntityKind::User, &user, &self.measure)?;
                    ("timeline", EntityChart::Timeline(own))
                }
                ChartChoice::Heatmap => {
                    let own = baseline::entity_week(store, EntityKind::User, &user, &self.measure)?;
                    ("heatmap", EntityChart::Heatmap(own))
                }
                ChartChoice::Novelty => ("novelty", EntityChart::Novelty(baseline::novelty_curves(store)?)),
                _ => ("entity", EntityChart::Entity(baseline::entity_links(store, &user)?)),
            };
            results.draw_entity(name, &chart, self.format.into(), self.size, terminal)?;
        }
        Ok(ExitStatus::Success)
    }

    fn compared(&self, results: &Results, terminal: &Terminal) -> Result<Report> {
        let (source, plan) = self.study.resolve()?;
        let plan = Plan { sections: self.sections(), ..plan };
        let tables = source.read(terminal)?;
        results.check(&tables)?;
        Ok(ranks::ranked(experiment::compare(&tables, &plan, terminal)?, &source, terminal))
    }

    /// The sections that the charts need. Other sections cost time.
    fn sections(&self) -> ReportSections {
        let has = |charts: &[ChartChoice]| {
            self.charts.iter().any(|chart| *chart == ChartChoice::All || charts.contains(chart))
        };
        ReportSections {
            pca: has(&[ChartChoice::Pca]),
            tsne: has(&[ChartChoice::Tsne]),
            importance: has(&[ChartChoice::Importance]),
            exploration: has(&[ChartChoice::Overview, ChartChoice::Hours]),
        }
    }
}

impl ChartChoice {
    /// Whether the chart is drawn from a store with baselines.
    fn is_of_baselines(self) -> bool {
        use ChartChoice::{Entity, Heatmap, Novelty, Timeline};
        matches!(self, Timeline | Heatmap | Novelty | Entity)
    }

    /// The chart of a table; `None` for all charts, and for that of several tables.
    fn kind(self) -> Option<Chart> {
        Some(match self {
            ChartChoice::Auc => Chart::Auc,
            ChartChoice::Roc => Chart::Roc,
            ChartChoice::Pr => Chart::PrecisionRecall,
            ChartChoice::Det => Chart::Det,
            ChartChoice::Cost => Chart::Cost,
            ChartChoice::Budget => Chart::Budget,
            ChartChoice::Delay => Chart::Delay,
            ChartChoice::Histogram => Chart::Histogram,
            ChartChoice::Pca => Chart::Pca,
            ChartChoice::Tsne => Chart::Tsne,
            ChartChoice::Importance => Chart::Importance,
            ChartChoice::Overview => Chart::Overview,
            ChartChoice::Hours => Chart::Hours,
            ChartChoice::Loss => Chart::Loss,
            ChartChoice::Discovery
            | ChartChoice::Ranks
            | ChartChoice::Timeline
            | ChartChoice::Heatmap
            | ChartChoice::Novelty
            | ChartChoice::Entity
            | ChartChoice::All => return None,
        })
    }
}

/// Read a report.
///
/// # Errors
/// If the file cannot be read or is not a report of this format.
pub fn read(path: &Path) -> Result<Report> {
    let text = files::text(path)?;
    let report: Report =
        json::parse(&text).map_err(|e| Error::input(path, format!("not a report of compare: {e}")))?;
    match report.format {
        FORMAT => match report.tables.iter().find(|table| !is_plain(&table.table)) {
            None if report.tables.is_empty() => Err(Error::input(path, "the report has no table")),
            None => Ok(report),
            Some(table) => {
                let name = printable(&table.table, LONGEST_NAME);
                Err(Error::input(path, format!("`{name}` cannot be the name of a table")))
            }
        },
        other => Err(Error::input(
            path,
            format!("report format {other} is unknown; this version reads format {FORMAT}"),
        )),
    }
}
