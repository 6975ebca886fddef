//! What an experiment is to do.

use crate::detector::{Contender, Limit, Settings};
use crate::error::{Error, Result};
use crate::preprocess::Encoding;
use crate::report::Protocol;
use crate::seed::Seed;

/// What is to be compared, and how.
#[derive(Clone, Debug)]
pub struct Plan {
    pub contenders: Vec<Contender>,
    pub protocols: Protocols,
    pub encoding: Encoding,
    /// The share of training rows taken to be anomalous, in (0, 0.5].
    pub contamination: f64,
    /// The share of rows that is scored and not learned from, in (0, 1), where the protocol divides them.
    pub test_share: f64,
    /// How many seeds, at least 1. The report's numbers are those of the first; the others give the spread.
    pub repeats: u64,
    pub seed: u64,
    /// An upper bound for the caches of one detector, in bytes.
    pub memory: usize,
    /// What may be spent on one detector and table; beyond it a sample of the rows is fitted.
    pub limit: Limit,
    pub illustrate: Illustrate,
    /// Whether the report holds seconds, which differ from run to run.
    pub timings: bool,
}

/// Which protocols a plan asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocols {
    One(Protocol),
    /// Every one that the table at hand allows.
    All,
}

/// What a report holds for charts beyond its curves; each takes its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Illustrate {
    pub pca: bool,
    pub tsne: bool,
    pub importance: bool,
    pub exploration: bool,
}

impl Illustrate {
    /// Nothing but the numbers.
    pub const NONE: Illustrate =
        Illustrate { pca: false, tsne: false, importance: false, exploration: false };
    /// Everything.
    pub const ALL: Illustrate = Illustrate { pca: true, tsne: true, importance: true, exploration: true };
}

impl Protocols {
    pub(super) fn list(self) -> Vec<Protocol> {
        match self {
            Protocols::One(protocol) => vec![protocol],
            Protocols::All => Protocol::ALL.to_vec(),
        }
    }
}

impl Plan {
    /// A plan for some contenders with everything else as it is by default.
    pub fn new(contenders: Vec<Contender>) -> Self {
        Plan {
            contenders,
            protocols: Protocols::One(Protocol::InSample),
            encoding: Encoding::default(),
            contamination: 0.15,
            test_share: 0.3,
            repeats: 1,
            seed: 42,
            memory: 1 << 30,
            limit: Limit::default(),
            illustrate: Illustrate::NONE,
            timings: false,
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        let refuse = |text: &str| Err(Error::Request(text.to_owned()));
        match self {
            _ if self.contenders.is_empty() => refuse("no detector was named"),
            _ if !(self.contamination > 0.0 && self.contamination <= 0.5) => refuse(&format!(
                "--contamination must be above 0 and at most 0.5, but is {}{}",
                self.contamination,
                if (1.0..=50.0).contains(&self.contamination) {
                    format!("; for {} % give {}", self.contamination, self.contamination / 100.0)
                } else {
                    String::new()
                }
            )),
            _ if !(self.test_share > 0.0 && self.test_share < 1.0) => {
                refuse(&format!("--test-share must be between 0 and 1, but is {}", self.test_share))
            }
            _ if !(1..=10_000).contains(&self.repeats) => {
                refuse(&format!("--runs must be between 1 and 10000, but is {}", self.repeats))
            }
            _ if self.limit.rows.is_some_and(|rows| rows < 2) => refuse("--fit-rows must be at least 2"),
            _ if self.limit.seconds.is_some_and(|seconds| seconds.is_nan() || seconds <= 0.0) => {
                refuse("--time-limit must be above 0 seconds")
            }
            _ => self.check_parameters(),
        }
    }

    /// Wrong parameters are refused before any table is worked on.
    fn check_parameters(&self) -> Result<()> {
        self.contenders.iter().try_for_each(|contender| {
            (contender.entry.build)(&self.settings(), &contender.parameters).map(drop)
        })
    }

    pub(super) fn settings(&self) -> Settings {
        Settings::new(self.memory)
    }

    /// The seed of a repetition; the first is the one that was asked for.
    pub(super) fn repetition(&self, index: u64) -> Seed {
        let root = Seed::new(self.seed);
        if index == 0 { root } else { root.derive("repetition").nth(index) }
    }
}
