//! `whis-lab gate`: fail when a detector got worse.

use super::Verdict;
use super::data;
use super::method::Method;
use super::terminal::Terminal;
use crate::detector::{self, Contender};
use crate::error::{Error, Result};
use crate::experiment::{self, Plan, Protocols};
use crate::gate::Baseline;
use crate::report::Report;
use clap::Args;
use std::path::PathBuf;

/// Run the comparison again and hold its AUCs against a recorded baseline; exit code 1 where one fell below its
/// tolerance or is missing on either side
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  whis-lab gate
  whis-lab gate --data store --baseline store/baseline.json --bless    record
  whis-lab gate --data store --baseline store/baseline.json            check")]
pub struct Arguments {
    /// The store whose tables are compared
    #[arg(long, value_name = "DIR", default_value = "fixtures")]
    data: PathBuf,
    /// The recorded AUCs
    #[arg(long, value_name = "FILE", default_value = "fixtures/baseline.json")]
    baseline: PathBuf,
    /// Detectors to run, or all [default: those of the baseline; all where there is none yet]
    #[arg(long, value_name = "ID,…")]
    detectors: Vec<String>,
    /// Record what is found now as the new baseline; tolerances that are there are kept
    #[arg(long)]
    bless: bool,
}

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<Verdict> {
    let Arguments { data, baseline: path, bless, .. } = arguments;
    if !data.exists() && !path.exists() {
        let reason = "no such folder; name the store whose tables are to be compared with --data";
        return Err(Error::Input { path: data.clone(), reason: reason.to_owned() });
    }
    let before = if *bless && !path.exists() { None } else { Some(Baseline::read(path)?) };
    let mut plan = Plan::new(contenders(&arguments.detectors, before.as_ref())?);
    if let Some(before) = &before {
        (plan.seed, plan.contamination, plan.encoding) = (before.seed, before.contamination, before.encoding);
        plan.protocols = Protocols::One(before.protocol);
    }
    let report = experiment::compare(&data::store(data)?, &plan, terminal)?;
    match before {
        Some(before) if !bless => held_against(&before, &report, terminal),
        before => {
            if let Some(how) = report.tables.first() {
                Baseline::of(&report, how, before.as_ref()).write(path)?;
                terminal.answer(&blessed(before.as_ref(), &report))?;
                terminal.wrote(path);
            }
            Ok(Verdict::Fine)
        }
    }
}

/// What is asked for, or what the baseline names; of that, what is no detector of ours will not have run.
fn contenders(asked: &[String], baseline: Option<&Baseline>) -> Result<Vec<Contender>> {
    let asked = Method { detectors: asked.to_vec(), ..Method::default() };
    match baseline {
        _ if !asked.detectors.is_empty() => asked.asked(),
        None => Ok(detector::everyone()),
        Some(baseline) => {
            let mut names: Vec<&String> = baseline.tables.values().flat_map(|table| table.keys()).collect();
            names.sort_unstable();
            names.dedup();
            Ok(names.into_iter().filter_map(|name| Contender::parse(name).ok()).collect())
        }
    }
}

/// What a new baseline changes.
fn blessed(before: Option<&Baseline>, report: &Report) -> String {
    let findings = before.map(|before| before.check(report)).unwrap_or_default();
    let changed: Vec<String> =
        findings.iter().filter(|finding| !finding.is_kept()).map(|finding| format!("{finding}\n")).collect();
    let recorded: usize = report.tables.iter().map(|table| table.runs.len()).sum();
    format!("{}{recorded} entries recorded, {} changed\n", changed.concat(), changed.len())
}

fn held_against(baseline: &Baseline, report: &Report, terminal: &mut Terminal) -> Result<Verdict> {
    let findings = baseline.check(report);
    let failed = findings.iter().filter(|finding| finding.fails()).count();
    let mut answer: String = findings.iter().map(|finding| format!("{finding}\n")).collect();
    answer += &format!("{} entries, {failed} failed\n", findings.len());
    terminal.answer(&answer)?;
    Ok(if failed == 0 { Verdict::Fine } else { Verdict::Failed })
}
