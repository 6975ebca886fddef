//! `whis-lab train`: fit one detector on every table, and keep all of it in one file.

use super::ExitStatus;
use super::compare::warn;
use super::data::Source;
use super::method::{EncodingChoice, Method, Setting, bytes, parameter};
use super::terminal::Terminal;
use crate::detector::{DetectorSpec, Limit};
use crate::error::{Error, Result};
use crate::files;
use crate::model::{self, Model, TrainOptions, Trained};
use crate::report::{count, counted};
use clap::Args;
use std::path::PathBuf;

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
    /// Fit on a random sample of at most N rows
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

The model is fitted on all rows, unless --time-limit or --fit-rows allow no more than a sample. Its in-sample numbers \
are those of `whis-lab compare`; beside them stands what the same detector reaches on rows it has not seen: on the \
future where there are times, on a random part elsewhere.";

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    let options = arguments.method.options()?;
    files::check(&arguments.out)?;
    files::apart(&arguments.out, &arguments.source.files())?;
    let mut models = Vec::new();
    for table in arguments.source.read(terminal)? {
        let Trained { model, report } = model::train_observed(&table, &options, terminal)?;
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
    Ok(ExitStatus::Success)
}

impl Flags {
    fn options(&self) -> Result<TrainOptions> {
        let method = Method {
            detectors: vec![self.detector.clone()],
            params: self.params.clone(),
            ..Method::default()
        };
        let [detector] = <[DetectorSpec; 1]>::try_from(method.specs()?).map_err(|_| {
            Error::Request("a model is of one detector; name an ensemble to have several".to_owned())
        })?;
        Ok(TrainOptions {
            encoding: self.encoding.into(),
            contamination: self.contamination,
            seed: self.seed,
            memory: self.memory,
            limit: Limit { rows: self.fit_rows, seconds: self.time_limit },
            ..TrainOptions::new(detector)
        })
    }
}
