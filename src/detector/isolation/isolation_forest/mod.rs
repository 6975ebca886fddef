//! Isolation Forest: anomalies are few and different, so random splits isolate them in few steps.
//!
//! Liu, Ting & Zhou, "Isolation Forest", ICDM 2008. Each of 100 trees is grown on 256 rows, to a depth of
//! log2(256) = 8. The rows are drawn without replacement from the *expanded* rows, which hold every copy. A
//! split takes a random feature among those that still vary in the node, and a uniform threshold between its
//! extremes. The score of a row is 2^(-E\[h\]/c(256)) (eq. 2). The path length h is the depth of the row's
//! leaf plus c(m), where m is the number of sample rows in the leaf (eq. 1).

mod attribution;
mod forest;
mod growth;
mod lookup;
pub(in crate::detector) mod tree;

use crate::detector::cost::CostEstimate;
use crate::detector::entry::{Entry, Family, Settings};
use crate::detector::json::{loaded, parameters};
use crate::detector::traits::{Detector, Fitted, FittedDetector};
use crate::error::{Error, Result};
use crate::rows::{WeightedRows, WeightedSampler};
use crate::seed::Seed;
use forest::Forest;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

const ID: &str = "isolation-forest";

pub(in crate::detector) const ENTRY: Entry = Entry {
    id: ID,
    title: "Isolation Forest",
    summary: "Few random splits isolate an anomaly (Liu, Ting & Zhou 2008)",
    kind: Family::Isolation,
    cost: "fit O(trees · sample · log sample), independent of n; score O(trees · log sample) per row",
    good_at: "large tables, global outliers, many irrelevant columns; try it first",
    bad_at: "anomalies inside a dense region; anomalies that only a combination of values shows",
    seeded: true,
    parameters: &[
        ("trees", "number of trees, 1 to 100000"),
        ("sample", "rows per tree, 2 to 1000000; all rows if there are fewer"),
    ],
    defaults: || json!(Parameters::default()),
    build,
    estimate: |parameters, task| {
        let number = |name: &str| parameters[name].as_f64().unwrap_or(0.0);
        let (trees, depth) = (number("trees"), number("sample").max(2.0).log2());
        let visits = trees * depth * task.scored as f64 + trees * number("sample") * depth;
        CostEstimate { seconds: visits * 5e-10, bytes: trees * number("sample") * 48.0 }
    },
    load: |text| Ok(Arc::new(loaded::<Forest>(ID, text)?)),
};

/// Isolation forest: rows that random cuts isolate early are anomalous (Liu, Ting & Zhou, ICDM 2008).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// Number of trees, 1 to 100,000.
    pub trees: usize,
    /// Rows that each tree is grown on, 2 to 1,000,000; all rows if there are fewer.
    pub sample: usize,
}

impl Default for Parameters {
    fn default() -> Self {
        Parameters { trees: 100, sample: 256 }
    }
}

fn build(_: &Settings, overrides: &Value) -> Result<Box<dyn Detector>> {
    let parameters: Parameters = parameters(ID, overrides)?;
    let invalid = |field, value: usize, expected| Error::Parameter {
        detector: ID,
        field,
        value: value.to_string(),
        expected,
    };
    match &parameters {
        Parameters { trees, .. } if !(1..=100_000).contains(trees) => {
            Err(invalid("trees", *trees, "between 1 and 100000"))
        }
        Parameters { sample, .. } if !(2..=1_000_000).contains(sample) => {
            Err(invalid("sample", *sample, "between 2 and 1000000"))
        }
        _ => Ok(Box::new(parameters)),
    }
}

impl Detector for Parameters {
    fn fit(&self, train: &WeightedRows, seed: Seed) -> Result<Fitted> {
        let sampler = WeightedSampler::new(train);
        let sample = (self.sample as u64).min(sampler.total()) as usize;
        let depth_limit = (sample.max(2) as f64).log2().ceil() as u32;
        let grow = |tree: usize| {
            let mut rng = seed.nth(tree as u64).rng();
            let rows = sampler.draw(sample, &mut rng);
            growth::grow(train.points.view(), rows, depth_limit, &mut rng)
        };
        let outlines = (0..self.trees).into_par_iter().map(grow).collect();
        let forest = Forest::new(sample, train.points.ncols(), outlines).expect("growth writes whole trees");
        let train_scores = forest.score(train.points.view());
        Ok(Fitted::new(forest, train_scores))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_trees_are_refused() {
        let settings = Settings::new(0);
        let error = build(&settings, &json!({"trees": 0})).unwrap_err();
        assert_eq!(error.to_string(), "isolation-forest: `trees` must be between 1 and 100000, but is 0");
    }

    #[test]
    fn a_sample_of_one_row_is_refused() {
        let settings = Settings::new(0);
        let error = build(&settings, &json!({"sample": 1})).unwrap_err();
        assert_eq!(error.to_string(), "isolation-forest: `sample` must be between 2 and 1000000, but is 1");
    }

    /// A model of one tree on two features.
    fn load(tree: Value) -> Result<Arc<dyn FittedDetector>> {
        (ENTRY.load)(&json!({"sample": 2, "features": 2, "trees": [tree]}).to_string())
    }

    #[test]
    fn a_loaded_model_scores_each_row_by_its_leaf() {
        let tree = json!({"features": [1, 0, null, null, null], "thresholds": [0.5, -1.0],
            "path_lengths": [2.0, 3.0, 1.0]});
        let rows = ndarray::array![[-1.0, 0.5], [0.0, 0.5], [0.0, 0.6], [f64::NAN, 0.0], [0.0, f64::NAN]];
        // c(2) is 1: a score is 2 to the power of minus the path length.
        assert_eq!(load(tree).unwrap().score(rows.view()).to_vec(), [0.25, 0.125, 0.5, 0.125, 0.5]);
    }

    #[test]
    fn a_model_with_a_malformed_tree_is_refused() {
        let malformed = [
            json!({"features": [], "thresholds": [], "path_lengths": []}),
            json!({"features": [null, null], "thresholds": [], "path_lengths": [1.0, 1.0]}),
            json!({"features": [0, null], "thresholds": [0.5], "path_lengths": [1.0]}),
            json!({"features": [0, null, null], "thresholds": [], "path_lengths": [1.0, 1.0]}),
            json!({"features": [0, null, null], "thresholds": [0.5, 0.5], "path_lengths": [1.0, 1.0]}),
            json!({"features": [0, null, null], "thresholds": [0.5], "path_lengths": [1.0]}),
            json!({"features": [0, null, null], "thresholds": [0.5], "path_lengths": [1.0, 1.0, 1.0]}),
            json!({"features": [2, null, null], "thresholds": [0.5], "path_lengths": [1.0, 1.0]}),
        ];
        for tree in malformed {
            assert!(load(tree.clone()).is_err(), "{tree}");
        }
    }

    #[test]
    fn a_forest_without_trees_is_refused() {
        assert!((ENTRY.load)(&json!({"sample": 2, "features": 2, "trees": []}).to_string()).is_err());
    }

    #[test]
    fn a_tree_of_100_000_levels_is_read_and_written() {
        let levels = 100_000;
        let features: Vec<Option<u32>> =
            (0..2 * levels + 1).map(|node| (node % 2 == 0 && node < 2 * levels).then_some(0)).collect();
        let tree = json!({"features": features, "thresholds": vec![0.5; levels],
            "path_lengths": vec![1.0; levels + 1]});
        let model = load(tree.clone()).unwrap();
        let written: Value = serde_json::from_str(&model.to_json()).unwrap();
        assert_eq!(written["trees"][0], tree);
    }
}
