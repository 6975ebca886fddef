//! The options of training.

use super::flag_limit::FlagLimit;
use crate::detector::{self, DetectorSpec, Limit};
use crate::error::Result;
use crate::experiment::Plan;
use crate::schema::Encoding;
use crate::table::Table;

/// The options of training.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// A detector or an ensemble, with its parameters.
    pub detector: DetectorSpec,
    /// How categories become numbers.
    pub encoding: Encoding,
    /// The largest number of training rows to flag. It sets the threshold and changes no score.
    pub flag_limit: FlagLimit,
    /// The seed of all random numbers.
    pub seed: u64,
    /// The cache limit of the detector, in bytes.
    pub memory: usize,
    /// Above this limit, the detector is fitted on a random sample of the rows.
    pub limit: Limit,
}

impl TrainOptions {
    /// A detector with default options.
    pub fn new(detector: DetectorSpec) -> Self {
        let Plan { encoding, contamination, seed, memory, limit, .. } = Plan::new(Vec::new());
        let flag_limit = FlagLimit::Contamination(contamination);
        TrainOptions { detector, encoding, flag_limit, seed, memory, limit }
    }

    /// The default options for a table: an isolation forest if there are labels of both classes, else the ensemble, which is the best
    /// method on the tables of `results/unlabelled.md`. The fit of an ensemble is limited to about a minute.
    pub fn of(table: &Table) -> Self {
        let flag_limit = FlagLimit::of(table);
        match table.has_both_classes() {
            true => TrainOptions { flag_limit, ..TrainOptions::default() },
            false => TrainOptions {
                flag_limit,
                limit: Limit { rows: None, seconds: Some(60.0) },
                ..TrainOptions::new(DetectorSpec::of(detector::ENSEMBLE))
            },
        }
    }

    /// The plan for a table.
    ///
    /// # Errors
    /// If the table does not allow the flag limit.
    pub(super) fn plan(&self, table: &Table) -> Result<Plan> {
        Ok(Plan {
            encoding: self.encoding,
            contamination: self.flag_limit.contamination(table)?,
            seed: self.seed,
            memory: self.memory,
            limit: self.limit,
            ..Plan::new(vec![self.detector.clone()])
        })
    }
}

impl Default for TrainOptions {
    /// The first detector of the registry, an isolation forest.
    fn default() -> Self {
        TrainOptions::new(DetectorSpec::of(detector::ALL[0]))
    }
}
