//! `whis-lab train`: fit one detector on every table, and keep all of it in one file.

use super::Verdict;
use super::compare::warn;
use super::data::Source;
use super::method::{self, EncodingChoice, Setting, bytes, parameter};
use super::terminal::Terminal;
use crate::detector::{Given, Grid};
use crate::error::{Error, Result};
use crate::experiment::{self, Plan, Protocols};
use crate::model::{self, Measurement, Model, Recipe, TableModel};
use crate::output;
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

The model is fitted on all rows. Its in-sample numbers are those of `whis-lab compare`; beside them stands what the
same detector reaches on rows it has not seen: on the future where there are times, on a random part elsewhere.";

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<Verdict> {
    let plan = arguments.method.plan()?;
    output::check(&arguments.out)?;
    output::apart(&arguments.out, &arguments.source.files())?;
    let mut models = Vec::new();
    for table in arguments.source.read(terminal)? {
        let report = measured(&table, &plan, terminal)?;
        models.push(fitted(&table, &plan, &report)?);
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
            ..method::Method::default()
        };
        compared.plan(Given::new(), Grid::new())
    }
}

/// What the detector does on its own rows, and where labels allow it, on rows it has not seen.
fn measured(table: &Table, plan: &Plan, terminal: &Terminal) -> Result<Report> {
    let run = |table: &Table, protocol| {
        let plan = Plan { protocols: Protocols::One(protocol), ..plan.clone() };
        experiment::compare(slice::from_ref(table), &plan, terminal).map(|report| report.tables)
    };
    let has_both_classes = table.suspicious().is_some_and(|rows| (1..table.rows()).contains(&rows));
    let mut reports = if has_both_classes {
        run(table, Protocol::InSample)?
    } else {
        run(&Table { labels: None, ..table.clone() }, Protocol::InSample)?
    };
    if has_both_classes {
        let unseen = run(table, Protocol::Time).or_else(|_| run(table, Protocol::Holdout));
        // A table that can be divided in neither way has too few rows to say more of.
        reports.extend(unseen.into_iter().flatten());
    } else {
        // The card says that nothing was measured; training needs no labels.
        reports.iter_mut().for_each(|report| report.warnings.retain(|note| note.kind != "no-labels"));
    }
    Ok(Report::new(plan.seed, reports))
}

fn fitted(table: &Table, plan: &Plan, report: &Report) -> Result<TableModel> {
    let [detector] = plan.contenders.as_slice() else {
        return Err(Error::Request(
            "a model is of one detector; name an ensemble to have several".to_owned(),
        ));
    };
    let of = |report: &TableReport| report.runs.first().and_then(|run| Measurement::of(report, run));
    let recipe = Recipe {
        detector: detector.clone(),
        encoding: plan.encoding,
        contamination: plan.contamination,
        seed: plan.seed,
        memory: plan.memory,
    };
    TableModel::fit(table, &recipe, report.tables.iter().filter_map(of).collect())
}
