//! The plan of an experiment.

use crate::detector::{DetectorSpec, Limit, Settings};
use crate::error::{Error, Result};
use crate::metrics::ThresholdRule;
use crate::report::{EQUIVALENCE, MAX_FPR, Protocol};
use crate::schema::Encoding;
use crate::seed::Seed;

/// The detectors to compare, and the options of the comparison.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The detectors to compare, at least one.
    pub specs: Vec<DetectorSpec>,
    /// How rows are split into training and scored rows.
    pub protocols: Protocols,
    /// How categories become numbers.
    pub encoding: Encoding,
    /// How thresholds are set.
    pub threshold: ThresholdRule,
    /// The numbers of rows of precision at k, each at least 1.
    pub at_k: Vec<u64>,
    /// The largest false-positive rate of the partial AUC, in (0, 1].
    pub max_fpr: f64,
    /// AUCs that differ by less than this count as equal, in (0, 0.5].
    pub equivalence: f64,
    /// The share of suspicious rows to restate precision at, in (0, 1).
    pub prevalence: Option<f64>,
    /// The number of alerts a day of an analyst, at least 1; `None` for no report of it.
    pub budget: Option<u64>,
    /// The share of rows that are scored but not trained on, in (0, 1), if the protocol splits the table.
    pub test_share: f64,
    /// The number of folds over time of protocol time, 2 to 100, beside its single split; `None` for none.
    pub folds: Option<usize>,
    /// The number of seeds, at least 1. The report shows the results of the first; the others give the
    /// spread.
    pub repeats: u64,
    /// The number of random splits, at least 1, for holdout and clean.
    pub splits: u64,
    /// The seed of the first repeat; the seeds of the others are derived from it.
    pub seed: u64,
    /// The cache limit of one detector, in bytes.
    pub memory: usize,
    /// The limit for one detector on one table. A detector above the limit is fitted on a sample of the rows.
    pub limit: Limit,
    /// The optional sections of the report.
    pub sections: ReportSections,
    /// Whether the report contains seconds, which differ from run to run.
    pub timings: bool,
}

/// The protocols of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocols {
    /// A single protocol.
    One(Protocol),
    /// Every protocol that the table allows.
    All,
}

/// The optional sections of a report, for charts. Each takes time to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportSections {
    /// Rows projected on their first two principal components.
    pub pca: bool,
    /// A t-SNE embedding of rows.
    pub tsne: bool,
    /// The permutation importance of the features for each detector.
    pub importance: bool,
    /// The description of the table.
    pub exploration: bool,
}

impl ReportSections {
    /// Metrics and curves only.
    pub const NONE: ReportSections =
        ReportSections { pca: false, tsne: false, importance: false, exploration: false };
    /// Everything.
    pub const ALL: ReportSections =
        ReportSections { pca: true, tsne: true, importance: true, exploration: true };
}

impl Protocols {
    /// Whether there is a random split.
    fn split_at_random(self) -> bool {
        self.list().iter().any(|protocol| matches!(protocol, Protocol::Holdout | Protocol::Clean))
    }

    fn list(self) -> Vec<Protocol> {
        match self {
            Protocols::One(protocol) => vec![protocol],
            Protocols::All => Protocol::ALL.to_vec(),
        }
    }
}

impl Plan {
    /// The default share of training rows to flag.
    pub const CONTAMINATION: f64 = 0.15;

    /// A plan for these specs with default options.
    pub fn new(specs: Vec<DetectorSpec>) -> Self {
        Plan {
            specs,
            protocols: Protocols::One(Protocol::InSample),
            encoding: Encoding::default(),
            threshold: ThresholdRule::Contamination(Plan::CONTAMINATION),
            at_k: vec![10, 50, 100],
            max_fpr: MAX_FPR,
            equivalence: EQUIVALENCE,
            prevalence: None,
            budget: None,
            test_share: 0.3,
            folds: None,
            repeats: 1,
            splits: 1,
            seed: 42,
            memory: 1 << 30,
            limit: Limit::default(),
            sections: ReportSections::NONE,
            timings: false,
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        self.threshold.check()?;
        let refuse = |text: &str| Err(Error::Request(text.to_owned()));
        match self {
            _ if self.specs.is_empty() => refuse("no detector was named"),
            _ if !(self.max_fpr > 0.0 && self.max_fpr <= 1.0) => {
                refuse(&format!("max-fpr must be above 0 and at most 1, but is {}", self.max_fpr))
            }
            _ if !(self.equivalence > 0.0 && self.equivalence <= 0.5) => {
                refuse(&format!("equivalence must be above 0 and at most 0.5, but is {}", self.equivalence))
            }
            _ if self.prevalence.is_some_and(|share| !(share > 0.0 && share < 1.0)) => {
                refuse("prevalence must be between 0 and 1")
            }
            _ if self.budget == Some(0) => refuse("budget must be at least 1 alert a day, but is 0"),
            _ if self.at_k.contains(&0) => refuse("at-k must be at least 1, but is 0"),
            _ if !(self.test_share > 0.0 && self.test_share < 1.0) => {
                refuse(&format!("test-share must be between 0 and 1, but is {}", self.test_share))
            }
            _ if self.folds.is_some() && !self.protocols.list().contains(&Protocol::Time) => {
                refuse("folds divide the time, so they need protocol time or all")
            }
            _ if self.folds.is_some_and(|folds| !(2..=100).contains(&folds)) => {
                refuse(&format!("folds must be between 2 and 100, but is {}", self.folds.unwrap_or_default()))
            }
            _ if !(1..=10_000).contains(&self.repeats) => {
                refuse(&format!("runs must be between 1 and 10000, but is {}", self.repeats))
            }
            _ if !(1..=1_000).contains(&self.splits) => {
                refuse(&format!("splits must be between 1 and 1000, but is {}", self.splits))
            }
            _ if self.splits > 1 && self.specs.iter().any(|spec| spec.of_grid) => refuse(
                "splits cannot repeat a grid: rows that choose a setting in one split measure it in another",
            ),
            _ if self.splits > 1 && !self.protocols.split_at_random() => {
                refuse("splits repeats a random split: use the protocol holdout, clean or all")
            }
            _ => match self.limit {
                Limit { rows: Some(rows @ ..2), .. } => {
                    refuse(&format!("fit-rows must be at least 2, but is {rows}"))
                }
                Limit { seconds: Some(seconds), .. } if seconds.is_nan() || seconds <= 0.0 => {
                    refuse(&format!("time-limit must be above 0 seconds, but is {seconds}"))
                }
                _ => self.check_parameters(),
            },
        }
    }

    /// Check the parameters before any table is fitted.
    fn check_parameters(&self) -> Result<()> {
        self.specs
            .iter()
            .try_for_each(|spec| (spec.entry.build)(&self.settings(), &spec.parameters).map(drop))
    }

    /// The protocols. A false discovery rate needs scored rows that were not fitted.
    pub(super) fn protocols(&self) -> Vec<Protocol> {
        let mut protocols = self.protocols.list();
        let is_fdr = matches!(self.threshold, ThresholdRule::Fdr(_));
        protocols.retain(|protocol| protocol.divides() || !is_fdr || self.protocols != Protocols::All);
        protocols
    }

    pub(super) fn settings(&self) -> Settings {
        Settings::new(self.memory)
    }

    /// The seed of a repetition; that of the first is the seed of the plan.
    pub(super) fn repetition(&self, index: u64) -> Seed {
        let root = Seed::new(self.seed);
        if index == 0 { root } else { root.derive("repetition").nth(index) }
    }
}
