//! `whis-lab train`: fit one detector on every table, and keep all of it in one file.

use super::Verdict;
use super::compare::warn;
use super::data::Source;
use super::method::{self, EncodingChoice, Setting, bytes, parameter};
use super::terminal::Terminal;
use crate::detector::{Given, Grid, Limit};
use crate::error::Result;
use crate::experiment::{self, FittedTable, Plan, Protocols};
use crate::model::{self, Ingredients, Measurement, Model, Recipe, Sample, TableModel};
use crate::files;
use crate::report::{Protocol, Report, TableReport, count, counted};
use crate::table::Table;
use clap::Args;
use std::path::PathBuf;
use std::slice;

/// Fit a detector on every table and write one model file, from which explain and inspect work without the data
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    method: Flags,
    /// Where the model is written
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// How the model is fitted.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Method")]
struct Flags {
    /// The detector; whis-lab detectors lists them. Or an ensemble: 'mean(isolation-forest,lof)'
    #[arg(long, value_name = "ID", default_value = "isolation-forest")]
    detector: String,
    /// A parameter of the detector, as often as needed: trees=300; of an ensemble's member lof.k=10
    #[arg(long, value_name = "KEY=VALUE", value_parser = parameter)]
    params: Vec<Setting>,
    /// The share of training rows to flag; sets the threshold and moves no score
    #[arg(long, value_name = "SHARE", default_value_t = 0.15)]
    contamination: f64,
    /// How categories become numbers
    #[arg(long, value_enum, default_value_t = EncodingChoice::OneHot)]
    encoding: EncodingChoice,
    /// The seed of everything random
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// The most memory for the caches of the detector
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = bytes)]
    memory: usize,
    /// Fit a detector that is expected to take longer on a table on a random sample of its rows; the model says so
    #[arg(long, value_name = "SECONDS")]
    time_limit: Option<f64>,
    /// Fit on a random sample of at most so many rows
    #[arg(long, value_name = "N")]
    fit_rows: Option<usize>,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab train --data store --out model.whis                  all tables of a store, isolation forest
  whis-lab train --data store --out auth.whis --table auth --detector lof --params k=50
  whis-lab train --data store --out model.whis --detector 'mean-rank(isolation-forest,lof)'
  whis-lab train --data store --out model.whis --contamination 0.01
                                                                flag about 1 row in 100
  whis-lab train --file flows.csv --label attack --out flows.whis
                                                                labels measure; they are never learned from
  whis-lab train --file flows.csv --out flows.whis              and not needed
  whis-lab train --file flows.csv --out flows.whis --detector lof --time-limit 60
                                                                on as many rows as are expected to take a minute

The model is fitted on all rows, unless --time-limit or --fit-rows allow no more than a sample. Its in-sample numbers
are those of `whis-lab compare`; beside them stands what the same detector reaches on rows it has not seen: on the
future where there are times, on a random part elsewhere.";

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<Verdict> {
    let plan = arguments.method.plan()?;
    files::check(&arguments.out)?;
    files::apart(&arguments.out, &arguments.source.files())?;
    let mut models = Vec::new();
    for table in arguments.source.read(terminal)? {
        let (model, report) = trained(&table, &plan, terminal)?;
        models.push(model);
        warn(&report, terminal);
    }
    let model = Model::new(&models)?;
    model.write(&arguments.out)?;
    let mut answer: String = models.iter().map(|table| model::trained(table.card()) + "\n").collect();
    answer += &format!(
        "wrote {}: {}, {} bytes\nSHA-256 {}\n",
        arguments.out.display(),
        counted(models.len() as u64, "table", "tables"),
        count(model.size() as u64),
        model.sha256()
    );
    terminal.answer(&answer)?;
    Ok(Verdict::Fine)
}

impl Flags {
    fn plan(&self) -> Result<Plan> {
        let compared = method::Method {
            detectors: vec![self.detector.clone()],
            params: self.params.clone(),
            contamination: Some(self.contamination),
            encoding: Some(self.encoding),
            seed: Some(self.seed),
            memory: Some(self.memory),
            time_limit: self.time_limit,
            fit_rows: self.fit_rows,
            ..method::Method::default()
        };
        compared.plan(Given::new(), Grid::new())
    }
}

/// The model of a table, and what its detector does: on its own rows, and where labels allow it, on rows it has not
/// seen. What is fitted to be measured on its own rows is the model.
fn trained(table: &Table, plan: &Plan, terminal: &Terminal) -> Result<(TableModel, Report)> {
    let has_both_classes = table.suspicious().is_some_and(|rows| (1..table.rows()).contains(&rows));
    let unlabelled = (!has_both_classes).then(|| Table { labels: None, ..table.clone() });
    let FittedTable { mut report, preparation, prepared, fitted, sampled } =
        experiment::fit(unlabelled.as_ref().unwrap_or(table), plan, terminal)?;
    // The card says that nothing was measured; training needs no labels.
    report.warnings.retain(|note| has_both_classes || note.kind != "no-labels");
    let mut reports = vec![report];
    if has_both_classes {
        // A table that can be divided in neither way has too few rows to say more of.
        reports.extend(unseen(table, plan, terminal).into_iter().flatten());
    }
    let of = |report: &TableReport| report.runs.first().and_then(|run| Measurement::of(report, run));
    let Limit { rows: fit_rows, seconds: time_limit } = plan.limit;
    let ingredients = Ingredients {
        preparation,
        prepared,
        fitted,
        sample: sampled.map(|distinct_rows| Sample { distinct_rows, fit_rows, time_limit }),
        measurements: reports.iter().filter_map(of).collect(),
    };
    let recipe = Recipe {
        detector: plan.contenders[0].clone(),
        encoding: plan.encoding,
        contamination: plan.contamination,
        seed: plan.seed,
    };
    Ok((TableModel::new(table, &recipe, ingredients)?, Report::new(plan.seed, reports)))
}

/// What the detector does on rows it has not seen: on the future, or on a random part.
fn unseen(table: &Table, plan: &Plan, terminal: &Terminal) -> Result<Vec<TableReport>> {
    let run = |protocol| {
        let plan = Plan { protocols: Protocols::One(protocol), ..plan.clone() };
        experiment::compare(slice::from_ref(table), &plan, terminal).map(|report| report.tables)
    };
    run(Protocol::Time).or_else(|_| run(Protocol::Holdout))
}
