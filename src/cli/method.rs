//! The flags that say how detectors are compared.

use crate::detector::{self, Entry};
use crate::error::Result;
use crate::experiment::{Plan, Protocols};
use crate::features::Encoding;
use crate::report::Protocol;
use clap::{Args, ValueEnum};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How the detectors are compared.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Method")]
pub struct Method {
    /// Detectors to compare; `whis-lab detectors` lists them [default: all]
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    detectors: Vec<String>,
    /// A detector's parameter, as often as needed: lof.k=10
    #[arg(long, value_name = "ID.KEY=VALUE", value_parser = parameter)]
    params: Vec<(String, String, Value)>,
    /// Which rows are learned from and which are scored
    #[arg(long, value_enum, default_value_t = ProtocolChoice::InSample)]
    protocol: ProtocolChoice,
    /// The share of training rows to flag; moves the threshold and no score
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

impl Method {
    /// The plan that these flags describe.
    pub fn plan(&self) -> Result<Plan> {
        let mut detectors: Vec<&'static Entry> = Vec::new();
        for id in &self.detectors {
            let entry = detector::find(id)?;
            if !detectors.iter().any(|known| known.id == entry.id) {
                detectors.push(entry);
            }
        }
        Ok(Plan {
            parameters: self.parameters(),
            detectors: if detectors.is_empty() { detector::ALL.to_vec() } else { detectors },
            protocols: self.protocol.into(),
            encoding: self.encoding.into(),
            contamination: self.contamination,
            test_share: self.test_share,
            repeats: self.runs,
            seed: self.seed,
            memory: self.memory,
            ..Plan::new(Vec::new())
        })
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        let mut parameters: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        for (detector, key, value) in &self.params {
            parameters.entry(detector.clone()).or_default().insert(key.clone(), value.clone());
        }
        parameters.into_iter().map(|(detector, fields)| (detector, fields.into())).collect()
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
