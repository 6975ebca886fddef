//! The options of training.

use crate::detector::{self, DetectorSpec, Limit};
use crate::experiment::Plan;
use crate::schema::Encoding;

/// The options of training.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// A detector or an ensemble, with its parameters.
    pub detector: DetectorSpec,
    /// How categories become numbers.
    pub encoding: Encoding,
    /// The largest share of training rows to flag, in (0, 0.5]. It sets the threshold and changes no score.
    pub contamination: f64,
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
        TrainOptions { detector, encoding, contamination, seed, memory, limit }
    }

    pub(super) fn plan(&self) -> Plan {
        Plan {
            encoding: self.encoding,
            contamination: self.contamination,
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
