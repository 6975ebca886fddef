//! The flags that choose detectors and the options of a comparison.

use crate::detector::{self, DetectorSpec, Grid, Limit, ParameterOverrides};
use crate::error::{Error, Result};
use crate::experiment::{FeedbackOptions, Plan, Protocols};
use crate::metrics::ThresholdRule;
use crate::report::Protocol;
use crate::schema::Encoding;
use clap::{Args, ValueEnum};
use serde::Deserialize;
use serde_json::Value;

/// The default number of seeds of a comparison without a grid.
const DEFAULT_SEEDS: u64 = 5;

/// The options of a comparison. A missing option comes from the experiment file, or else has its default.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Method")]
pub struct Method {
    /// Detectors to compare, or all; `whis-lab detectors` lists them. An ensemble names its members:
    /// 'mean(isolation-forest,lof)' [default: isolation-forest, one-class-svm, lof, autoencoder]
    #[arg(long, value_name = "ID,…")]
    pub detectors: Vec<String>,
    /// Parameter of a detector: lof.k=10, or k=10 with one detector; repeatable
    #[arg(long, value_name = "ID.KEY=VALUE", value_parser = parameter)]
    pub params: Vec<Setting>,
    /// Values of a parameter to try: lof.k=5,10,20; repeatable. Every combination of several parameters is tried
    #[arg(long, value_name = "ID.KEY=VALUES", value_parser = parameter)]
    pub grid: Vec<Setting>,
    /// Which rows are fitted and which are scored [default: in-sample]
    #[arg(long, value_enum)]
    pub protocol: Option<ProtocolChoice>,
    /// Rule of the threshold, which changes no score. contamination=0.15: at most this share of the training rows;
    /// budget=20/day: at most this number of them a day; tail=1e-4: this share of new rows, by a Pareto tail; mad=3.5:
    /// median plus k deviations; fdr=0.1: this share of the flagged rows is normal (holdout, time, clean)
    /// [default: contamination=0.15]
    #[arg(long, value_name = "RULE", conflicts_with = "contamination")]
    pub threshold: Option<ThresholdRule>,
    /// Short for --threshold contamination=SHARE, above 0 and at most 0.5
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub contamination: Option<f64>,
    /// Encoding of categories as numbers [default: one-hot]
    #[arg(long, value_enum)]
    pub encoding: Option<EncodingChoice>,
    /// Share of the rows to score, for every protocol but in-sample, between 0 and 1 [default: 0.3]
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub test_share: Option<f64>,
    /// Number of folds over time, with protocol time: each fold is fitted on all rows before it. Adds the mean AUC, its
    /// spread and its interval [default: none]
    #[arg(long, value_name = "K")]
    pub folds: Option<usize>,
    /// Number of seeds for detectors that draw random numbers: the table shows means, and differences are tested
    /// with several seeds only [default: 5; with --grid 1]
    #[arg(long, value_name = "K")]
    pub runs: Option<u64>,
    /// Number of random splits, for holdout and clean: AUC, its interval and the tests are those over the splits
    /// [default: 1]
    #[arg(long, value_name = "K")]
    pub splits: Option<u64>,
    /// Two AUCs count as equal if the whole 95 % interval of their difference is within ±DELTA, above 0 and at most
    /// 0.5 [default: 0.01]
    #[arg(long, value_name = "DELTA", allow_negative_numbers = true)]
    pub equivalence: Option<f64>,
    /// Alerts that an analyst reads a day, such as 50/day: of each calendar day (UTC) the rows with the highest scores.
    /// Adds the attacks that are found and how soon; --group says what one attack is [default: none]
    /// With protocol feedback, the number of verdicts, such as 100 [default there: 100]
    #[arg(long, value_name = "N/day", value_parser = budget)]
    pub budget: Option<Budget>,
    /// Verdicts after which the detector learns, with protocol feedback [default: 10]
    #[arg(long, value_name = "N")]
    pub batch: Option<usize>,
    /// Share of wrong verdicts, with protocol feedback [default: 0]
    #[arg(long, value_name = "SHARE", value_parser = share_or_zero)]
    pub analyst_error: Option<f64>,
    /// Share of the rows shown that are near the threshold, with protocol feedback [default: 0]
    #[arg(long, value_name = "SHARE", value_parser = share_or_zero)]
    pub explore: Option<f64>,
    /// Random seed: equal seeds and data give equal results [default: 42]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Cache limit of one detector [default: 1GiB]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub memory: Option<usize>,
    /// Time limit per detector and table: if the fit is expected to take longer, fit a random sample of the rows.
    /// All rows are scored, and the report says so [default: none]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub time_limit: Option<f64>,
    /// Fit a random sample of at most N rows [default: all rows]
    #[arg(long, value_name = "N")]
    pub fit_rows: Option<usize>,
}

/// A parameter from the command line: the detector (`None` if there is only one), the name and the value.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    pub detector: Option<String>,
    pub key: String,
    pub text: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum ProtocolChoice {
    /// Fit and score the same rows
    InSample,
    /// Fit a random part, score the rest
    Holdout,
    /// Fit the past, score the future
    Time,
    /// Fit the normal rows of a random part, score the rest
    Clean,
    /// Fit the rows of some groups, score those of the others: no user, host or attack is in both (see --group)
    Group,
    /// Every other protocol that the table allows, side by side
    All,
    /// What verdicts of an analyst would buy: he is played by the label, half of the rows is never shown (compare, plot
    /// discovery; see --budget, --batch, --analyst-error)
    Feedback,
}

#[derive(Clone, Copy, Debug, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum EncodingChoice {
    /// Position among the sorted levels
    Ordinal,
    /// One 0/1 column per level
    OneHot,
    /// Share of the training rows with that level
    Frequency,
}

impl Method {
    /// The detectors of these flags, with their parameters.
    pub fn specs(&self) -> Result<Vec<DetectorSpec>> {
        Ok(self.plan(ParameterOverrides::new(), Grid::new())?.specs)
    }

    /// The plan of these flags. `overrides` and `grid` are those of the experiment file.
    pub fn plan(&self, mut overrides: ParameterOverrides, mut grid: Grid) -> Result<Plan> {
        let detectors = self.selected_detectors()?;
        for setting in &self.params {
            let detector = setting.detector(&detectors)?;
            overrides.entry(detector).or_default().insert(setting.key.clone(), value(&setting.text));
        }
        for setting in &self.grid {
            let values = setting.text.split(',').map(|text| value(text.trim())).collect();
            grid.entry(setting.detector(&detectors)?).or_default().insert(setting.key.clone(), values);
        }
        let has_grid = !grid.is_empty();
        let default = Plan::new(detector::specs(detectors, &overrides, &grid)?);
        Ok(Plan {
            protocols: self.protocol.map_or(default.protocols, Protocols::from),
            encoding: self.encoding.map_or(default.encoding, Encoding::from),
            threshold: self.rule().unwrap_or(default.threshold),
            test_share: self.test_share.unwrap_or(default.test_share),
            equivalence: self.equivalence.unwrap_or(default.equivalence),
            folds: self.folds,
            budget: self.alerts_per_day()?,
            splits: self.splits.unwrap_or(default.splits),
            repeats: self.runs.unwrap_or(if has_grid { default.repeats } else { DEFAULT_SEEDS }),
            seed: self.seed.unwrap_or(default.seed),
            memory: self.memory.unwrap_or(default.memory),
            limit: Limit { rows: self.fit_rows, seconds: self.time_limit },
            ..default
        })
    }

    /// The alerts a day; `None` without them, and with protocol feedback.
    fn alerts_per_day(&self) -> Result<Option<u64>> {
        match self.budget {
            _ if self.protocol == Some(ProtocolChoice::Feedback) => Ok(None),
            Some(Budget { number, per_day: false }) => {
                let problem = format!("--budget {number}: expected alerts a day, such as 50/day");
                Err(Error::Request(problem))
            }
            budget => Ok(budget.map(|budget| budget.number)),
        }
    }

    /// How the analyst of protocol feedback works; `None` with another protocol.
    ///
    /// # Errors
    /// If a number is 0, or the budget is one of alerts a day.
    pub fn feedback(&self) -> Result<Option<FeedbackOptions>> {
        if self.protocol != Some(ProtocolChoice::Feedback) {
            return Ok(None);
        }
        let verdicts = match self.budget {
            Some(Budget { number, per_day: true }) => {
                let problem = format!(
                    "--budget {number}/day: with protocol feedback it is a number of verdicts, such as 100"
                );
                return Err(Error::Request(problem));
            }
            budget => budget.map_or(100, |budget| budget.number as usize),
        };
        let batch = self.batch.unwrap_or(10);
        if batch == 0 {
            return Err(Error::Request("--batch must be at least 1".to_owned()));
        }
        Ok(Some(FeedbackOptions {
            verdicts,
            batch,
            analyst_error: self.analyst_error.unwrap_or(0.0),
            explore: self.explore.unwrap_or(0.0),
        }))
    }

    /// The rule of the threshold; `None` for the default.
    fn rule(&self) -> Option<ThresholdRule> {
        self.threshold.or(self.contamination.map(ThresholdRule::Contamination))
    }

    /// The ids of the selected detectors and of the members of ensembles.
    pub fn detector_ids(&self) -> Result<Vec<String>> {
        Ok(detector::detector_ids(&self.selected_detectors()?))
    }

    /// The selected detectors with default parameters, or the default detectors.
    pub fn selected_detectors(&self) -> Result<Vec<DetectorSpec>> {
        let names: Vec<&str> = self.detectors.iter().flat_map(|list| outside_parentheses(list)).collect();
        if names.is_empty() {
            return Ok(detector::default_detectors());
        }
        let mut detectors = Vec::new();
        for name in names {
            match name {
                "all" => detectors.extend(detector::all_detectors()),
                name => detectors.push(DetectorSpec::parse(name)?),
            }
        }
        Ok(detectors)
    }
}

/// Split a list at the commas outside parentheses.
fn outside_parentheses(list: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let is_separator = |c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth <= 0
    };
    list.split(is_separator).map(str::trim).collect()
}

impl Setting {
    /// The id of the setting's detector: the named one, or the only one.
    fn detector(&self, detectors: &[DetectorSpec]) -> Result<String> {
        match (&self.detector, detectors) {
            (Some(detector), _) => Ok(detector.clone()),
            (None, [only]) => Ok(only.entry.id.to_owned()),
            (None, several) => {
                let ids: Vec<&str> = several.iter().map(|spec| spec.entry.id).collect();
                let (key, text) = (&self.key, &self.text);
                let problem = format!(
                    "`{key}={text}` names no detector; write ID.{key}={text} with one of the ids {}",
                    ids.join(", ")
                );
                Err(Error::Request(problem))
            }
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
            ProtocolChoice::Group => Protocol::Group,
            // Such reviews have a report of their own.
            ProtocolChoice::Feedback | ProtocolChoice::All => return Protocols::All,
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

/// Parse `lof.k=10` or `k=10`. Neither detectors nor parameters have a dot in their names.
pub fn parameter(text: &str) -> Result<Setting, String> {
    let (name, value) =
        text.split_once('=').ok_or_else(|| "not of the form ID.KEY=VALUE, such as lof.k=10".to_owned())?;
    let (detector, key) = match name.split_once('.') {
        Some((detector, key)) => (Some(detector.trim().to_owned()), key),
        None => (None, name),
    };
    Ok(Setting { detector, key: key.trim().to_owned(), text: value.trim().to_owned() })
}

/// A value as JSON, or as a string if it is not JSON.
fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

/// A share in [0, 1].
pub fn share_or_zero(text: &str) -> Result<f64, String> {
    let share = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err("must be from 0 to 1".to_owned()) }
}

/// Parse a finite number above 0.
pub fn positive(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| "expected a number above 0".to_owned())
}

/// A number of alerts a day, or of verdicts.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    pub number: u64,
    pub per_day: bool,
}

/// Parse a number of alerts a day: `50/day`.
pub fn alerts_a_day(text: &str) -> Result<u64, String> {
    let expected = || "expected alerts a day, such as 50/day".to_owned();
    budget(text)?.number_a_day().ok_or_else(expected)
}

impl Budget {
    /// The alerts a day; `None` for a number of verdicts.
    fn number_a_day(self) -> Option<u64> {
        self.per_day.then_some(self.number)
    }
}

/// Parse a budget: `50/day`, or `100` verdicts.
pub fn budget(text: &str) -> Result<Budget, String> {
    let (number, per_day) = match text.trim().strip_suffix("/day") {
        Some(number) => (number, true),
        None => (text, false),
    };
    let number = number.trim().parse().ok().filter(|&number| number > 0);
    let budget = number.map(|number| Budget { number, per_day });
    budget.ok_or_else(|| "expected alerts a day, such as 50/day".to_owned())
}

/// Parse a size in bytes, with an optional unit: `512MiB`, `2GB`, `1048576`.
pub fn bytes(text: &str) -> Result<usize, String> {
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
        Err("a size must be at least 1 byte and fit into memory".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_json_or_strings() {
        assert_eq!(value("10"), 10);
        assert_eq!(value("copies"), "copies");
    }

    #[test]
    fn the_detector_of_a_parameter_is_optional() {
        let setting = |detector: Option<&str>| Setting {
            detector: detector.map(str::to_owned),
            key: "k".into(),
            text: "10".into(),
        };
        assert_eq!(parameter("lof.k=10"), Ok(setting(Some("lof"))));
        assert_eq!(parameter("k = 10"), Ok(setting(None)));
        assert!(parameter("k").is_err());
    }

    #[test]
    fn commas_in_parentheses_do_not_split() {
        assert_eq!(outside_parentheses("lof, mean(a,b),c"), ["lof", "mean(a,b)", "c"]);
    }

    #[test]
    fn a_number_of_rows_a_day_is_above_0() {
        assert_eq!(positive("0.5"), Ok(0.5));
        assert!(["0", "-1", "NaN", "inf", "x"].iter().all(|text| positive(text).is_err()));
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(bytes("512MiB"), Ok(512 << 20));
        assert_eq!(bytes("2 GB"), Ok(2_000_000_000));
        assert_eq!(bytes("1.5k"), Ok(1536));
        assert_eq!(bytes("100"), Ok(100));
        assert!(bytes("-1").is_err() && bytes("much").is_err() && bytes("NaN").is_err());
    }
}
