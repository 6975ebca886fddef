//! The options of training.

use super::default_rule::default_rule;
use crate::detector::{self, DetectorSpec, Limit};
use crate::experiment::Plan;
use crate::metrics::ThresholdRule;
use crate::schema::Encoding;
use crate::table::Table;

/// The options of training.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// A detector or an ensemble, with its parameters.
    pub detector: DetectorSpec,
    /// How categories become numbers.
    pub encoding: Encoding,
    /// How the threshold is set. It changes no score.
    pub threshold: ThresholdRule,
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
        let Plan { encoding, threshold, seed, memory, limit, .. } = Plan::new(Vec::new());
        TrainOptions { detector, encoding, threshold, seed, memory, limit }
    }

    /// The default options for a table: an isolation forest if there are labels of both classes, else the ensemble, which is the best
    /// method on the tables of `results/unlabelled.md`. The fit of an ensemble is limited to about a minute.
    pub fn of(table: &Table) -> Self {
        let threshold = default_rule(table);
        match table.has_both_classes() {
            true => TrainOptions { threshold, ..TrainOptions::default() },
            false => TrainOptions {
                threshold,
                limit: Limit { rows: None, seconds: Some(60.0) },
                ..TrainOptions::new(DetectorSpec::of(detector::ENSEMBLE))
            },
        }
    }

    /// The plan of these options.
    pub(super) fn plan(&self) -> Plan {
        Plan {
            encoding: self.encoding,
            threshold: self.threshold,
            seed: self.seed,
            memory: self.memory,
            limit: self.limit,
            ..Plan::new(vec![self.detector.clone()])
        }
    }
}

impl Default for TrainOptions {
    /// The first detector of the registry, an isolation forest.
    fn default() -> Self {
        TrainOptions::new(DetectorSpec::of(detector::ALL[0]))
    }
}
