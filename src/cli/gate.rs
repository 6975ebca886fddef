//! `whis-lab gate`: fail if a detector or a model got worse.

use super::ExitStatus;
use super::data::{self, Source};
use super::hint::with_hint;
use super::method::Method;
use super::terminal::Terminal;
use crate::detector::{self, DetectorSpec};
use crate::error::{Error, Hint, Result};
use crate::experiment::{self, Plan, Protocols, RowScores};
use crate::files;
use crate::gate::{self, Baseline, Check, Finding, MODEL, Measured, Measurement, Outcome, Scope, TableRows};
use crate::metrics::ThresholdRule;
use crate::model::{self, Model, Scores, TableModel};
use crate::report::{Protocol, counted};
use crate::table::Table;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The number of seeds of detectors that draw random numbers.
const RUNS: u64 = 5;

/// Repeat a comparison, or measure a model, and fail if it got worse
///
/// AUC, average precision and recall are compared with a recorded baseline. The exit code is 1 if one fell by more than
/// its tolerance and by more than chance explains (rows and seeds), or if an entry is missing on either side.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(mut_arg("data", |data| data.help("The store with the tables [default: fixtures]")))]
pub struct Arguments {
    /// The recorded results [default: baseline.json in the store; --file needs this flag]
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Detectors to run, or all [default: those of the baseline, or all without a baseline]
    #[arg(long, value_name = "ID,…", conflicts_with = "model")]
    detectors: Vec<String>,
    /// Check the AUC of this model on the labeled rows, instead of a comparison
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Name of the table of --file in the baseline, so that files of other names are checked, too [default: the name of
    /// the file, or that of the model's table]
    #[arg(long, value_name = "NAME", requires = "file")]
    name: Option<String>,
    /// Number of seeds of detectors that draw random numbers
    #[arg(long, value_name = "K", default_value_t = RUNS, conflicts_with = "model")]
    runs: u64,
    /// Record the results in the baseline; existing tolerances are kept. Says how far each AUC fell since its first
    /// record
    #[arg(long)]
    bless: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    source: Source,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab gate
  whis-lab gate --data store --bless                                    record store/baseline.json
  whis-lab gate --data store                                            check
  whis-lab gate --data store --table auth --detectors lof               check a part
  whis-lab gate --file flows.csv --label attack --baseline flows.json
  whis-lab gate --model flows.whis --file flows.csv --label attack --baseline flows.json
  whis-lab gate --file march.csv --name flows --label attack --baseline flows.json
  whis-lab gate --format github                                         annotations in a GitHub workflow

The answer for each entry:
  ok            a fall of more than the tolerance is excluded
  better        rose by more than the tolerance and by more than chance explains
  cannot tell   neither a fall nor its absence can be shown; passes
  data changed  other rows or values than in the baseline, and not worse; passes
  WORSE         fell by more than the tolerance and by more than chance explains; fails

Entries of the baseline that the flags do not ask for are skipped and counted; --bless leaves them as they are.";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// Annotations of a GitHub workflow
    Github,
    /// Test cases for CI servers
    Junit,
}

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    let source = arguments.source.clone().with_default_store(Path::new("fixtures"));
    let path = arguments.baseline_of(&source)?;
    if let Some(data) = source.data.as_ref().filter(|data| !data.exists() && !path.exists()) {
        return Err(Error::input(data, "no such folder; name the store with --data"));
    }
    files::apart(&path, &source.files())?;
    let recorded = if arguments.bless && !path.exists() { None } else { Some(Baseline::read(&path)?) };
    let budget = recorded.as_ref().map_or(gate::BUDGET, |baseline| baseline.budget);
    let (measured, scope) = match &arguments.model {
        Some(model) => arguments.of_model(model, source, budget, terminal)?,
        None => arguments.of_comparison(&source, recorded.as_ref(), terminal)?,
    };
    match recorded {
        Some(baseline) if !arguments.bless => arguments.answer(&baseline.check(&measured, &scope), terminal),
        recorded => {
            let changes = recorded.as_ref().map(|recorded| recorded.check(&measured, &scope));
            let mut baseline = recorded.unwrap_or_else(empty_baseline);
            baseline.record(&measured, &scope);
            baseline.write(&path)?;
            terminal.answer(&blessed(changes, measured.len(), &baseline))?;
            terminal.wrote(&path);
            Ok(ExitStatus::Success)
        }
    }
}

impl Arguments {
    fn baseline_of(&self, source: &Source) -> Result<PathBuf> {
        match (&self.baseline, &source.data) {
            (Some(path), _) => Ok(path.clone()),
            (None, Some(store)) => Ok(store.join("baseline.json")),
            (None, None) => {
                Err(Error::Request("--file needs --baseline FILE: the recorded results".to_owned()))
            }
        }
    }

    /// The results of a comparison with the options of the baseline, and what was asked for.
    fn of_comparison(
        &self,
        source: &Source,
        baseline: Option<&Baseline>,
        terminal: &Terminal,
    ) -> Result<(Measured, Scope)> {
        let specs = specs(&self.detectors, baseline)?;
        let are_some = !self.detectors.is_empty() && !self.detectors.iter().any(|name| name == "all");
        let detectors = are_some.then(|| specs.iter().map(|spec| spec.name.clone()).collect());
        let mut plan = Plan { repeats: self.runs, ..Plan::new(specs) };
        if let Some(baseline) = baseline {
            let Baseline { seed, contamination, encoding, protocol, .. } = *baseline;
            (plan.seed, plan.encoding) = (seed, encoding);
            plan.threshold = ThresholdRule::Contamination(contamination);
            plan.protocols = Protocols::One(protocol);
        }
        let mut tables = labeled(source.read(terminal)?)?;
        data::print_notes(&tables, terminal);
        if let (Some(name), [table]) = (&self.name, tables.as_mut_slice()) {
            table.name.clone_from(name);
        }
        let names = tables.iter().map(|table| table.name.clone()).collect();
        let scope = Scope { tables: (!source.is_whole_store()).then_some(names), detectors };
        let budget = baseline.map_or(gate::BUDGET, |baseline| baseline.budget);
        let (mut measured, mut failure) = (Measured::new(), None);
        experiment::compare_rows(&tables, &plan, terminal, |scores| {
            let table = tables.iter().find(|table| table.name == scores.table);
            let all = table.map_or(Ok(Measured::new()), |table| measurements(table, &scores, &plan, budget));
            match all {
                Ok(all) => measured.extend(all),
                Err(error) => failure = Some(error),
            }
        })?;
        failure.map_or(Ok((measured, scope)), Err)
    }

    /// The results of a model on labeled rows, and what was asked for.
    fn of_model(
        &self,
        path: &Path,
        source: Source,
        budget: f64,
        terminal: &Terminal,
    ) -> Result<(Measured, Scope)> {
        let model = Model::read(path)?;
        let mut measured = Measured::new();
        let is_whole_store = source.is_whole_store();
        if source.data.is_some() {
            for rows in labeled(source.read(terminal)?)? {
                match model.table(Some(&rows.name)) {
                    Ok(table) => drop(measured.insert(entry(table), of_table_model(table, &rows, budget)?)),
                    // A model may have fewer tables than a store.
                    Err(error) if !is_whole_store => return Err(error),
                    Err(_) => (),
                }
            }
            if measured.is_empty() {
                let problem = "the store has no table of this model; name its rows with --file and --label";
                return Err(Error::input(path, problem));
            }
        } else {
            let table = model.table(None)?;
            let tables = labeled(vec![source.read_for(table)?])?;
            data::print_notes(&tables, terminal);
            let (own, kind) = entry(table);
            let measurement = of_table_model(table, &tables[0], budget)?;
            measured.insert((self.name.clone().unwrap_or(own), kind), measurement);
        }
        let tables = measured.keys().map(|(table, _)| table.clone()).collect();
        let tables = (!is_whole_store).then_some(tables);
        Ok((measured, Scope { tables, detectors: Some(vec![MODEL.to_owned()]) }))
    }

    fn answer(&self, check: &Check, terminal: &mut Terminal) -> Result<ExitStatus> {
        if check.without_scores > 0 {
            let entries = counted(check.without_scores as u64, "entry has", "entries have");
            let note =
                format!("{entries} no recorded scores, so the test is unpaired and finds large falls only");
            terminal.note(&with_hint(&note, Some(&Hint::Bless)));
        }
        let line = |finding: &Finding| with_hint(&finding.to_string(), finding.hint().as_ref());
        let answer = match self.format {
            Format::Text => {
                let lines: String = check.findings.iter().map(|finding| line(finding) + "\n").collect();
                lines + &check.summary() + "\n"
            }
            Format::Json => gate::json(check),
            Format::Github => gate::github(check, line),
            Format::Junit => gate::junit(check, line),
        };
        terminal.answer(&answer)?;
        Ok(if check.failed() == 0 { ExitStatus::Success } else { ExitStatus::Failed })
    }
}

/// The measurements of all detectors on a table.
fn measurements(table: &Table, scores: &RowScores, plan: &Plan, budget: f64) -> Result<Measured> {
    let rows = TableRows::new(table, scores.is_test.clone(), model::data_digest(table));
    let rows = Arc::new(rows);
    let of = |spec: &DetectorSpec| {
        let other_seed = format!("{} seed ", spec.name);
        let own =
            scores.detectors.iter().filter(|(name, _)| *name == spec.name || name.starts_with(&other_seed));
        let own: Vec<&[f64]> = own.map(|(_, scores)| scores.as_slice()).collect();
        Ok(((table.name.clone(), spec.name.clone()), Measurement::of(&rows, &own, budget)?))
    };
    plan.specs.iter().map(of).collect()
}

/// The measurement of a model on labeled rows with its features.
fn of_table_model(model: &TableModel, table: &Table, budget: f64) -> Result<Measurement> {
    let scores = Scores::of_model(MODEL, model, table)?.scores;
    let rows = TableRows::new(table, vec![true; scores.len()], model::data_digest(table));
    Measurement::of(&Arc::new(rows), &[&scores], budget)
}

/// The entry of a model in a baseline.
fn entry(model: &TableModel) -> (String, String) {
    (model.name().to_owned(), MODEL.to_owned())
}

/// The tables, each with labels.
fn labeled(tables: Vec<Table>) -> Result<Vec<Table>> {
    match tables.iter().find(|table| table.labels.is_none()) {
        Some(table) => {
            let error = Error::table(&table.name, "there are no labels, and the gate checks AUCs");
            Err(error.with_hint(Hint::NameLabel(None)))
        }
        None => Ok(tables),
    }
}

/// A baseline of comparisons with default options.
fn empty_baseline() -> Baseline {
    let Plan { seed, encoding, .. } = Plan::new(Vec::new());
    Baseline::new(seed, Plan::CONTAMINATION, Protocol::InSample, encoding)
}

/// The requested detectors, or those of the baseline. Unknown detectors of the baseline are skipped, so the
/// gate reports that they did not run.
fn specs(names: &[String], baseline: Option<&Baseline>) -> Result<Vec<DetectorSpec>> {
    let method = Method { detectors: names.to_vec(), ..Method::default() };
    match baseline {
        _ if !method.detectors.is_empty() => method.selected_detectors(),
        None => Ok(detector::all_detectors()),
        Some(baseline) => {
            let mut names: Vec<&String> = baseline.tables.values().flat_map(|table| table.keys()).collect();
            names.sort_unstable();
            names.dedup();
            Ok(names.into_iter().filter_map(|name| DetectorSpec::parse(name).ok()).collect())
        }
    }
}

/// The changes of a baseline. `changes` is the check of the previous one.
fn blessed(changes: Option<Check>, recorded: usize, baseline: &Baseline) -> String {
    let findings = changes.map(|check| check.findings).unwrap_or_default();
    let is_changed = |finding: &&Finding| {
        let auc = finding.checks.first();
        finding.outcome() != Outcome::Ok || auc.is_some_and(|check| check.value != check.recorded)
    };
    let changed: Vec<String> =
        findings.iter().filter(is_changed).map(|finding| format!("{finding}\n")).collect();
    let recorded = counted(recorded as u64, "entry", "entries");
    format!("{}{recorded} recorded, {} changed\n{}", changed.concat(), changed.len(), fallen(baseline))
}

/// The falls of AUCs since their first record on the same data, which small steps can hide.
fn fallen(baseline: &Baseline) -> String {
    let falls = baseline.falls();
    let mut text = String::new();
    for (table, detector, fall, records) in &falls {
        let records = counted(*records as u64, "record", "records");
        text += &format!("since the first record: {table} {detector} fell by {fall:.4} in {records}\n");
    }
    if !falls.is_empty() {
        let sum: f64 = falls.iter().map(|(_, _, fall, _)| fall).sum();
        let entries = counted(falls.len() as u64, "entry", "entries");
        text += &format!("sum of falls since the first record: {sum:.4} in {entries}\n");
    }
    text
}
