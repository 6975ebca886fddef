//! `whis-lab gate`: fail if a detector got worse.

use super::ExitStatus;
use super::data;
use super::hint::with_hint;
use super::method::Method;
use super::terminal::Terminal;
use crate::detector::{self, DetectorSpec};
use crate::error::{Error, Result};
use crate::experiment::{self, Plan, Protocols};
use crate::gate::{Baseline, Finding};
use crate::report::Report;
use clap::Args;
use std::path::PathBuf;

/// Repeat a comparison and fail if a detector got worse
///
/// Each AUC is compared with a recorded baseline. The exit code is 1 if one fell by more than its tolerance, or is
/// missing on either side.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  whis-lab gate
  whis-lab gate --data store --baseline store/baseline.json --bless    record
  whis-lab gate --data store --baseline store/baseline.json            check")]
pub struct Arguments {
    /// The store with the tables
    #[arg(long, value_name = "DIR", default_value = "fixtures")]
    data: PathBuf,
    /// The recorded AUCs
    #[arg(long, value_name = "FILE", default_value = "fixtures/baseline.json")]
    baseline: PathBuf,
    /// Detectors to run, or all [default: those of the baseline, or all without a baseline]
    #[arg(long, value_name = "ID,…")]
    detectors: Vec<String>,
    /// Record the results as the new baseline; existing tolerances are kept
    #[arg(long)]
    bless: bool,
}

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<ExitStatus> {
    let Arguments { data, baseline: path, bless, .. } = arguments;
    if !data.exists() && !path.exists() {
        let reason = "no such folder; name the store with --data";
        return Err(Error::Input { path: data.clone(), reason: reason.to_owned() });
    }
    let baseline = if *bless && !path.exists() { None } else { Some(Baseline::read(path)?) };
    let mut plan = Plan::new(specs(&arguments.detectors, baseline.as_ref())?);
    if let Some(baseline) = &baseline {
        let Baseline { seed, contamination, encoding, protocol, .. } = *baseline;
        (plan.seed, plan.contamination, plan.encoding) = (seed, contamination, encoding);
        plan.protocols = Protocols::One(protocol);
    }
    let tables = data::store(data)?;
    data::print_notes(&tables, terminal);
    let report = experiment::compare(&tables, &plan, terminal)?;
    match baseline {
        Some(baseline) if !bless => check(&baseline, &report, terminal),
        previous => {
            if let Some(table) = report.tables.first() {
                Baseline::of(&report, table, previous.as_ref()).write(path)?;
                terminal.answer(&blessed(previous.as_ref(), &report))?;
                terminal.wrote(path);
            }
            Ok(ExitStatus::Success)
        }
    }
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

/// The changes of a new baseline.
fn blessed(previous: Option<&Baseline>, report: &Report) -> String {
    let findings = previous.map(|previous| previous.check(report)).unwrap_or_default();
    let changed: Vec<String> =
        findings.iter().filter(|finding| !finding.is_kept()).map(|finding| format!("{finding}\n")).collect();
    let recorded: usize = report.tables.iter().map(|table| table.runs.len()).sum();
    format!("{}{recorded} entries recorded, {} changed\n", changed.concat(), changed.len())
}

fn check(baseline: &Baseline, report: &Report, terminal: &mut Terminal) -> Result<ExitStatus> {
    let findings = baseline.check(report);
    let failed = findings.iter().filter(|finding| finding.fails()).count();
    let line = |finding: &Finding| with_hint(&finding.to_string(), finding.hint().as_ref()) + "\n";
    let mut answer: String = findings.iter().map(line).collect();
    answer += &format!("{} entries, {failed} failed\n", findings.len());
    terminal.answer(&answer)?;
    Ok(if failed == 0 { ExitStatus::Success } else { ExitStatus::Failed })
}
