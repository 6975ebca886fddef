//! `whis-lab train`: fit one detector on every table, and keep all of it in one file.

use super::ExitStatus;
use super::compare::warn;
use super::data::Source;
use super::method::{EncodingChoice, Method, Setting, bytes, parameter, positive};
use super::terminal::Terminal;
use crate::detector::{DetectorSpec, Limit};
use crate::error::{Error, Result};
use crate::files;
use crate::metrics::ThresholdRule;
use crate::model::{self, Model, TrainOptions, Trained, default_rule};
use crate::report::{count, counted, percent};
use crate::table::Table;
use clap::Args;
use std::path::PathBuf;

/// Fit a detector on every table, and write one model file
///
/// `score`, `explain` and `inspect` use the model file and need no training data.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    method: Flags,
    /// Model file to write, such as model.whis
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// How the model is fitted.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Method")]
struct Flags {
    /// Detector; `whis-lab detectors` lists them. An ensemble names its members: 'mean(isolation-forest,lof)'
    /// [default: isolation-forest; without labels ensemble, fitted for about a minute at most]
    #[arg(long, value_name = "ID")]
    detector: Option<String>,
    /// Parameter of the detector: trees=300; lof.k=10 for a member of an ensemble; repeatable
    #[arg(long, value_name = "KEY=VALUE", value_parser = parameter)]
    params: Vec<Setting>,
    /// Rule of the threshold, which changes no score. contamination=0.15: at most this share of the training rows;
    /// budget=20/day: at most this number of them a day on average; tail=1e-4: this share of new rows, by a Pareto tail;
    /// mad=3.5: median plus k deviations; fdr=0.1: this share of the flagged rows of a batch is normal
    /// [default: contamination=0.15; without labels budget=20/day, and at most 15 % of the rows; without times 1 %]
    #[arg(long, value_name = "RULE", conflicts_with_all = ["contamination", "alerts_per_day"])]
    threshold: Option<ThresholdRule>,
    /// Short for --threshold contamination=SHARE, above 0 and at most 0.5
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, conflicts_with = "alerts_per_day")]
    contamination: Option<f64>,
    /// Short for --threshold budget=N/day
    #[arg(long, value_name = "N", value_parser = positive)]
    alerts_per_day: Option<f64>,
    /// Encoding of categories as numbers
    #[arg(long, value_enum, default_value_t = EncodingChoice::OneHot)]
    encoding: EncodingChoice,
    /// Random seed: equal seeds and data give equal models
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
    /// Cache limit of the detector
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = bytes)]
    memory: usize,
    /// Time limit per table: if the fit is expected to take longer, fit a random sample of the rows [default: none]
    #[arg(long, value_name = "SECONDS")]
    time_limit: Option<f64>,
    /// Fit a random sample of at most N rows [default: all rows]
    #[arg(long, value_name = "N")]
    fit_rows: Option<usize>,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab train --file flows.csv --out flows.whis               no labels needed
  whis-lab train --file flows.csv --label attack --out flows.whis
                                                                 labels measure the model
  whis-lab train --data store --out model.whis                   all tables of a store
  whis-lab train --data store --out auth.whis --table auth --detector lof --params k=50
  whis-lab train --data store --out model.whis --detector 'mean-rank(isolation-forest,lof)'
  whis-lab train --data store --out model.whis --contamination 0.01
                                                                 flag about 1 row in 100
  whis-lab train --file flows.csv --out flows.whis --threshold tail=1e-4
                                                                 flag 1 new row in 10,000
  whis-lab train --file flows.csv --out flows.whis --alerts-per-day 5
                                                                 flag about 5 rows a day
  whis-lab train --file flows.csv --out flows.whis --detector lof --time-limit 60
                                                                 fit for about a minute

Labels are never learned from: they only measure the model. The in-sample numbers are those of `whis-lab compare`. \
The other numbers are those of the same detector on rows that it was not fitted on: later rows if there are times, \
else a random part. The model itself is fitted on all rows, unless --time-limit or --fit-rows requires a sample.";

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    let detector = arguments.method.detector()?;
    files::check(&arguments.out)?;
    files::apart(&arguments.out, &arguments.source.files())?;
    let mut models = Vec::new();
    for table in arguments.source.read(terminal)? {
        let options = arguments.method.options(&table, detector.as_ref());
        arguments.method.say_defaults(&table, &options, terminal);
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
    /// The requested detector. Parameters without a detector are those of an isolation forest.
    fn detector(&self) -> Result<Option<DetectorSpec>> {
        if self.detector.is_none() && self.params.is_empty() {
            return Ok(None);
        }
        let method = Method {
            detectors: vec![self.detector.clone().unwrap_or_else(|| "isolation-forest".to_owned())],
            params: self.params.clone(),
            ..Method::default()
        };
        match <[DetectorSpec; 1]>::try_from(method.specs()?) {
            Ok([detector]) => Ok(Some(detector)),
            Err(_) => {
                let problem = "a model has one detector per table; name an ensemble to combine several";
                Err(Error::Request(problem.to_owned()))
            }
        }
    }

    /// The options for a table: the flags, and for missing flags the table's defaults.
    fn options(&self, table: &Table, detector: Option<&DetectorSpec>) -> TrainOptions {
        let default = match detector {
            Some(detector) => {
                TrainOptions { threshold: default_rule(table), ..TrainOptions::new(detector.clone()) }
            }
            None => TrainOptions::of(table),
        };
        let limit = match (self.fit_rows, self.time_limit) {
            (None, None) => default.limit,
            (rows, seconds) => Limit { rows, seconds },
        };
        TrainOptions {
            encoding: self.encoding.into(),
            threshold: self.rule().unwrap_or(default.threshold),
            seed: self.seed,
            memory: self.memory,
            limit,
            ..default
        }
    }

    fn rule(&self) -> Option<ThresholdRule> {
        let share = self.contamination.map(ThresholdRule::Contamination);
        self.threshold.or(share).or(self.alerts_per_day.map(ThresholdRule::Budget))
    }

    /// Name the defaults of a table without labels.
    fn say_defaults(&self, table: &Table, options: &TrainOptions, terminal: &Terminal) {
        if table.has_both_classes() {
            return;
        }
        let no_detector = self.detector.is_none() && self.params.is_empty();
        let detector = no_detector.then(|| format!("the detector is {}", options.detector.name));
        let limit = self.rule().is_none().then(|| match options.threshold {
            ThresholdRule::Budget(rows) => format!("at most {rows} rows a day are flagged"),
            ThresholdRule::Contamination(share) => {
                format!("at most {} of the rows are flagged", percent(share))
            }
            rule => format!("the rule of the threshold is {rule}"),
        });
        let defaults: Vec<String> = detector.into_iter().chain(limit).collect();
        if !defaults.is_empty() {
            terminal.note(&format!(
                "{}: there are no labels of both classes, so {}",
                table.name,
                defaults.join(" and ")
            ));
        }
    }
}
