//! Isolation Forest: anomalies are few and different, so random splits isolate them in few steps.
//!
//! Liu, Ting & Zhou, "Isolation Forest", ICDM 2008. Each of 100 trees is grown on 256 rows drawn without
//! replacement from the *unfolded* rows, to a depth of log2(256) = 8; a split takes a feature at random among
//! those that still vary in the node and a threshold uniformly between its extremes. The score of a row is
//! 2^(-E\[h\]/c(256)), where h is the depth of its leaf plus the average depth c(m) of the m rows that were not
//! split any further (eq. 1 and 2).

mod attribution;
mod forest;
pub(super) mod growth;
mod lookup;
mod tree;

use crate::detector::{Detector, Entry, Fitted, FittedDetector, Forecast, Kind, Settings, loaded, parameters};
use crate::error::{Error, Result};
use crate::rows::{Urn, WeightedRows};
use crate::seed::Seed;
use forest::Forest;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

const ID: &str = "isolation-forest";

pub(super) const ENTRY: Entry = Entry {
    id: ID,
    title: "Isolation Forest",
    summary: "Few random splits isolate an anomaly (Liu, Ting & Zhou 2008)",
    kind: Kind::Isolation,
    cost: "fit O(trees · sample · log sample), whatever n; score O(trees · log sample) a row",
    good_at: "large tables, global outliers, many irrelevant columns; the first to try",
    bad_at: "anomalies inside a dense region, or that are odd only as a combination of values",
    seeded: true,
    parameters: &[
        ("trees", "how many trees, 1 to 100000"),
        ("sample", "rows each tree is grown on, 2 to 1000000; all where there are fewer"),
    ],
    defaults: || json!(Parameters::default()),
    build,
    forecast: |parameters, task| {
        let number = |name: &str| parameters[name].as_f64().unwrap_or(0.0);
        let (trees, depth) = (number("trees"), number("sample").max(2.0).log2());
        let visits = trees * depth * task.scored as f64 + trees * number("sample") * depth;
        Forecast { seconds: visits * 5e-10, bytes: trees * number("sample") * 48.0 }
    },
    load: |text| Ok(Arc::new(loaded::<Forest>(ID, text)?)),
};

/// The parameters of the algorithm.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Parameters {
    /// How many trees, at least 1.
    trees: usize,
    /// How many rows each tree is grown on, at least 2; all of them where there are fewer.
    sample: usize,
}

impl Default for Parameters {
    fn default() -> Self {
        Parameters { trees: 100, sample: 256 }
    }
}

fn build(_: &Settings, given: &Value) -> Result<Box<dyn Detector>> {
    let parameters: Parameters = parameters(ID, given)?;
    let wrong = |field, value: usize, expected| Error::Parameter {
        detector: ID,
        field,
        value: value.to_string(),
        expected,
    };
    match &parameters {
        Parameters { trees, .. } if !(1..=100_000).contains(trees) => {
            Err(wrong("trees", *trees, "between 1 and 100000"))
        }
        Parameters { sample, .. } if !(2..=1_000_000).contains(sample) => {
            Err(wrong("sample", *sample, "between 2 and 1000000"))
        }
        _ => Ok(Box::new(parameters)),
    }
}

impl Detector for Parameters {
    fn fit(&self, train: &WeightedRows, seed: Seed) -> Result<Fitted> {
        let urn = Urn::new(train);
        let sample = (self.sample as u64).min(urn.total()) as usize;
        let depth_limit = (sample.max(2) as f64).log2().ceil() as u32;
        let grow = |tree: usize| {
            let mut rng = seed.nth(tree as u64).rng();
            let drawn = urn.draw(sample, &mut rng);
            growth::grow(train.points.view(), drawn, depth_limit, &mut rng)
        };
        let grown = (0..self.trees).into_par_iter().map(grow).collect();
        let forest = Forest::new(sample, train.points.ncols(), grown).expect("a tree is grown as a tree");
        let train_scores = forest.score(train.points.view());
        Ok(Fitted::new(forest, train_scores))
    }
}

/// c(m), the average path length of an unsuccessful search in a binary search tree of m rows (eq. 1), with the
/// harmonic number approximated as ln(i) + 0.5772156649 (Euler's constant), as the paper does.
pub(super) fn average_path_length(rows: u64) -> f64 {
    const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;
    match rows {
        0 | 1 => 0.0,
        2 => 1.0,
        _ => {
            let m = rows as f64;
            2.0 * ((m - 1.0).ln() + EULER_GAMMA) - 2.0 * (m - 1.0) / m
        }
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
        assert!(build(&settings, &json!({"sample": 1})).unwrap_err().to_string().contains("`sample`"));
    }

    /// A model of one tree on two features.
    fn load(tree: Value) -> Result<Arc<dyn FittedDetector>> {
        (ENTRY.load)(&json!({"sample": 2, "features": 2, "trees": [tree]}).to_string())
    }

    #[test]
    fn a_model_leads_each_row_to_its_leaf() {
        let tree = json!({"features": [1, 0, null, null, null], "thresholds": [0.5, -1.0],
            "path_lengths": [2.0, 3.0, 1.0]});
        let rows = ndarray::array![[-1.0, 0.5], [0.0, 0.5], [0.0, 0.6], [f64::NAN, 0.0], [0.0, f64::NAN]];
        // c(2) is 1: a score is 2 to the power of minus the path length.
        assert_eq!(load(tree).unwrap().score(rows.view()).to_vec(), [0.25, 0.125, 0.5, 0.125, 0.5]);
    }

    #[test]
    fn a_model_whose_trees_do_not_hold_together_is_refused() {
        let wrong = [
            json!({"features": [], "thresholds": [], "path_lengths": []}),
            json!({"features": [null, null], "thresholds": [], "path_lengths": [1.0, 1.0]}),
            json!({"features": [0, null], "thresholds": [0.5], "path_lengths": [1.0]}),
            json!({"features": [0, null, null], "thresholds": [], "path_lengths": [1.0, 1.0]}),
            json!({"features": [0, null, null], "thresholds": [0.5, 0.5], "path_lengths": [1.0, 1.0]}),
            json!({"features": [0, null, null], "thresholds": [0.5], "path_lengths": [1.0]}),
            json!({"features": [0, null, null], "thresholds": [0.5], "path_lengths": [1.0, 1.0, 1.0]}),
            json!({"features": [2, null, null], "thresholds": [0.5], "path_lengths": [1.0, 1.0]}),
        ];
        for tree in wrong {
            assert!(load(tree.clone()).is_err(), "{tree}");
        }
    }

    #[test]
    fn a_forest_without_trees_is_refused() {
        assert!((ENTRY.load)(&json!({"sample": 2, "features": 2, "trees": []}).to_string()).is_err());
    }

    #[test]
    fn a_tree_of_many_storeys_is_read_and_written() {
        let deep = 100_000;
        let features: Vec<Option<u32>> =
            (0..2 * deep + 1).map(|node| (node % 2 == 0 && node < 2 * deep).then_some(0)).collect();
        let tree = json!({"features": features, "thresholds": vec![0.5; deep],
            "path_lengths": vec![1.0; deep + 1]});
        let model = load(tree.clone()).unwrap();
        let written: Value = serde_json::from_str(&model.to_json()).unwrap();
        assert_eq!(written["trees"][0], tree);
    }
}
