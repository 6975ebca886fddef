//! `whis-lab detectors`: what there is to choose from.

use super::Verdict;
use super::terminal::Terminal;
use crate::detector::{self, Entry};
use crate::error::Result;
use clap::Args;

/// List the detectors with their parameters and defaults
#[derive(Clone, Debug, Args)]
pub struct Arguments {}

pub fn run(_: &Arguments, terminal: &mut Terminal) -> Result<Verdict> {
    let text: String = detector::ALL.iter().map(|entry| described(entry)).collect();
    terminal.answer(&text)?;
    Ok(Verdict::Fine)
}

fn described(entry: &Entry) -> String {
    let parameters = (entry.defaults)();
    let parameters = parameters.as_object().map(|fields| {
        let fields = fields.iter().map(|(name, value)| format!("{name} = {value}"));
        fields.collect::<Vec<_>>().join(", ")
    });
    format!(
        "{}\n    {}: {}\n    defaults: {}\n",
        entry.id,
        entry.title,
        entry.summary,
        parameters.unwrap_or_default()
    )
}
