//! `whis-lab compare`: every detector on every table, ranked.

use super::Verdict;
use super::data::Source;
use super::terminal::Terminal;
use crate::detector::{self, Entry};
use crate::error::{Error, Result};
use crate::experiment::{self, Plan, Protocols};
use crate::features::Encoding;
use crate::output;
use crate::report::{self, Protocol, Report};
use clap::{Args, ValueEnum};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Compare detectors on tables: AUC with its interval, average precision, precision, recall, F1, and which of the
/// differences are real
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    method: Method,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Where report.json is written, in a folder per table
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    /// Put seconds into the report, which then differs from run to run
    #[arg(long)]
    timings: bool,
}

const EXAMPLES: &str = "\
Examples:
  whis-lab compare --table auth
  whis-lab compare --file shuttle.parquet --label label
  whis-lab compare --file flows.csv --label 'attack_cat=dos' --features bytes,packets,proto
  whis-lab compare --table auth,process --detectors isolation-forest,lof --format markdown
  whis-lab compare --protocol all                       does the winner change?
  whis-lab compare --runs 10                            how much do seeds matter?
  whis-lab compare --contamination 0.02                 flag 2 % of the rows
  whis-lab compare --params lof.k=50 --params isolation-forest.trees=300
  whis-lab compare --encoding ordinal                   categories as the notebook encoded them";

/// How the detectors are compared.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Method")]
struct Method {
    /// Detectors to compare; `whis-lab detectors` lists them [default: all]
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    detectors: Vec<String>,
    /// A detector's parameter, as often as needed: lof.k=10
    #[arg(long, value_name = "ID.KEY=VALUE", value_parser = parameter)]
    params: Vec<(String, String, Value)>,
    /// Which rows are learned from and which are scored
    #[arg(long, value_enum, default_value_t = ProtocolChoice::InSample)]
    protocol: ProtocolChoice,
    /// The share of training rows to flag; also the ν of the one-class SVM
    #[arg(long, value_name = "SHARE", default_value_t = 0.15)]
    contamination: f64,
    /// How categories become numbers
    #[arg(long, value_enum, default_value_t = EncodingChoice::OneHot)]
    encoding: EncodingChoice,
    /// The share of rows that is scored and not learned from, with holdout, time and clean
    #[arg(long, value_name = "SHARE", default_value_t = 0.3)]
    test_share: f64,
    /// Repeat with this many seeds and show the spread
    #[arg(long, value_name = "K", default_value_t = 1)]
    runs: u64,
    /// The seed of everything random
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// The most memory for the caches of one detector
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = bytes)]
    memory: usize,
}

/// How an answer is printed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Format {
    /// Aligned columns
    Table,
    /// Everything, for programs
    Json,
    /// GitHub-flavoured
    Markdown,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ProtocolChoice {
    /// Fit and score the same rows, as the notebook did
    InSample,
    /// Fit a random part, score the rest
    Holdout,
    /// Fit the past, score the future
    Time,
    /// Fit the normal rows of a random part, score the rest
    Clean,
    /// Each of them that the table allows, side by side
    All,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum EncodingChoice {
    /// Position among the sorted levels, as the notebook
    Ordinal,
    /// One 0/1 column per level
    OneHot,
    /// Share of the training rows with that level
    Frequency,
}

pub fn run(arguments: &Arguments, terminal: &mut Terminal) -> Result<Verdict> {
    let plan = arguments.plan()?;
    let tables = arguments.source.read(terminal)?;
    for table in &tables {
        output::check(&arguments.report_path(&table.name))?;
    }
    let report = experiment::compare(&tables, &plan, terminal)?;
    terminal.answer(&arguments.format.written(&report)?)?;
    for table in &report.tables {
        for note in &table.warnings {
            terminal.warning(&format!("{}, {}: {}", table.table, table.protocol.id(), note.text));
        }
    }
    for table in &tables {
        write(&report.of_table(&table.name), &arguments.report_path(&table.name), terminal)?;
    }
    Ok(Verdict::Fine)
}

impl Arguments {
    /// `OUT/<short name>/report.json`.
    fn report_path(&self, table: &str) -> PathBuf {
        self.out.join(table.strip_suffix("_events").unwrap_or(table)).join("report.json")
    }

    fn plan(&self) -> Result<Plan> {
        let method = &self.method;
        let mut detectors: Vec<&'static Entry> = Vec::new();
        for id in &method.detectors {
            let entry = detector::find(id)?;
            if !detectors.iter().any(|known| known.id == entry.id) {
                detectors.push(entry);
            }
        }
        Ok(Plan {
            parameters: method.parameters(),
            detectors: if detectors.is_empty() { detector::ALL.to_vec() } else { detectors },
            protocols: method.protocol.into(),
            encoding: method.encoding.into(),
            contamination: method.contamination,
            test_share: method.test_share,
            repeats: method.runs,
            seed: method.seed,
            memory: method.memory,
            timings: self.timings,
        })
    }
}

impl Method {
    fn parameters(&self) -> BTreeMap<String, Value> {
        let mut parameters: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        for (detector, key, value) in &self.params {
            parameters.entry(detector.clone()).or_default().insert(key.clone(), value.clone());
        }
        parameters.into_iter().map(|(detector, fields)| (detector, fields.into())).collect()
    }
}

impl Format {
    fn written(self, report: &Report) -> Result<String> {
        match self {
            Format::Table => Ok(report::terminal(report)),
            Format::Markdown => Ok(report::markdown(report)),
            Format::Json => report.to_json().map_err(|e| Error::output("stdout", e)),
        }
    }
}

impl From<ProtocolChoice> for Protocols {
    fn from(choice: ProtocolChoice) -> Self {
        Protocols::One(match choice {
            ProtocolChoice::InSample => Protocol::InSample,
            ProtocolChoice::Holdout => Protocol::Holdout,
            ProtocolChoice::Time => Protocol::Time,
            ProtocolChoice::Clean => Protocol::Clean,
            ProtocolChoice::All => return Protocols::All,
        })
    }
}

impl From<EncodingChoice> for Encoding {
    fn from(choice: EncodingChoice) -> Self {
        match choice {
            EncodingChoice::Ordinal => Encoding::Ordinal,
            EncodingChoice::OneHot => Encoding::OneHot,
            EncodingChoice::Frequency => Encoding::Frequency,
        }
    }
}

fn write(report: &Report, path: &Path, terminal: &Terminal) -> Result<()> {
    let json = report.to_json().map_err(|e| Error::output(path, e))?;
    output::write_whole(path, |file| file.write_all(json.as_bytes()))?;
    terminal.wrote(path);
    Ok(())
}

/// A detector's parameter; what is no number, boolean or JSON is a word.
fn parameter(text: &str) -> Result<(String, String, Value), String> {
    let parts = text.split_once('=').and_then(|(name, value)| Some((name.split_once('.')?, value)));
    let ((detector, key), value) =
        parts.ok_or_else(|| "not of the form ID.KEY=VALUE, such as lof.k=10".to_owned())?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
    Ok((detector.trim().to_owned(), key.trim().to_owned(), value))
}

/// A size in bytes, with an optional unit: `512MiB`, `2GB`, `1048576`.
fn bytes(text: &str) -> Result<usize, String> {
    const UNITS: [(&str, u64); 10] = [
        ("kib", 1 << 10),
        ("mib", 1 << 20),
        ("gib", 1 << 30),
        ("kb", 1_000),
        ("mb", 1_000_000),
        ("gb", 1_000_000_000),
        ("k", 1 << 10),
        ("m", 1 << 20),
        ("g", 1 << 30),
        ("b", 1),
    ];
    let lower = text.trim().to_ascii_lowercase();
    let unit = UNITS.iter().find_map(|(suffix, unit)| Some((lower.strip_suffix(suffix)?, *unit)));
    let (number, unit) = unit.unwrap_or((&lower, 1));
    let number: f64 = number.trim().parse().map_err(|_| "not a size such as 512MiB or 2GB".to_owned())?;
    let size = number * unit as f64;
    if size >= 1.0 && size <= usize::MAX as f64 {
        Ok(size as usize)
    } else {
        Err("not a possible size".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbers_where_they_can_be_and_words_elsewhere() {
        assert_eq!(parameter("lof.k=10"), Ok(("lof".into(), "k".into(), 10.into())));
        assert_eq!(
            parameter("lof.duplicates=copies"),
            Ok(("lof".into(), "duplicates".into(), "copies".into()))
        );
        assert!(parameter("k=10").is_err());
    }

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!(bytes("512MiB"), Ok(512 << 20));
        assert_eq!(bytes("2 GB"), Ok(2_000_000_000));
        assert_eq!(bytes("1.5k"), Ok(1536));
        assert_eq!(bytes("100"), Ok(100));
        assert!(bytes("-1").is_err() && bytes("much").is_err() && bytes("NaN").is_err());
    }
}
