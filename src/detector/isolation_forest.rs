//! Isolation Forest: anomalies are few and different, so random splits isolate them in few steps.
//!
//! Liu, Ting & Zhou, "Isolation Forest", ICDM 2008. Each of 100 trees is grown on 256 rows drawn without
//! replacement from the *unfolded* rows, to a depth of log2(256) = 8; a split takes a feature at random among
//! those that still vary in the node and a threshold uniformly between its extremes. The score of a row is
//! 2^(-E\[h\]/c(256)), where h is the depth of its leaf plus the average depth c(m) of the m rows that were not
//! split any further (eq. 1 and 2).

use super::{Detector, Entry, Fitted, FittedDetector, Forecast, Kind, Settings, loaded, parameters, state};
use crate::error::{Error, Result};
use crate::rows::{Urn, WeightedRows};
use crate::seed::Seed;
use ndarray::{Array1, ArrayView1, ArrayView2, Axis, Zip};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
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
    load: |text| Ok(Arc::new(loaded::<Forest>(ID, text)?.checked()?)),
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
            Tree::grow(train.points.view(), drawn, depth_limit, &mut rng)
        };
        let trees = (0..self.trees).into_par_iter().map(grow).collect();
        let forest = Forest { sample, features: train.points.ncols(), trees };
        let train_scores = forest.score(train.points.view());
        Ok(Fitted::new(forest, train_scores))
    }
}

/// A fitted forest.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Forest {
    sample: usize,
    features: usize,
    trees: Vec<Tree>,
}

/// A tree as a list of nodes, the root first; a node's children stand behind it.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Tree(Vec<Node>);

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
enum Node {
    /// Rows with `value <= threshold` go to the node behind this one, the others to `right`.
    Split { feature: u32, threshold: f64, right: u32 },
    /// The path length h of a row that ends here.
    Leaf { path_length: f64 },
}

impl FittedDetector for Forest {
    fn columns(&self) -> usize {
        self.features
    }

    fn score(&self, rows: ArrayView2<f64>) -> Array1<f64> {
        let mut scores = Array1::zeros(rows.nrows());
        Zip::from(&mut scores)
            .and(rows.axis_iter(Axis(0)))
            .par_for_each(|score, row| *score = self.score_row(row));
        scores
    }

    fn to_json(&self) -> String {
        state(self)
    }
}

impl Forest {
    fn score_row(&self, row: ArrayView1<f64>) -> f64 {
        let total: f64 = self.trees.iter().map(|tree| tree.path_length(row)).sum();
        let expected = total / self.trees.len() as f64;
        let typical = average_path_length(self.sample as u64);
        // A forest grown on one row can tell nothing apart: every row is as long a path as is typical.
        if typical > 0.0 { (-expected / typical).exp2() } else { 0.5 }
    }

    /// The same forest where it holds together: children behind their parents, features that exist.
    fn checked(self) -> Result<Self> {
        let sound = |tree: &Tree| {
            !tree.0.is_empty()
                && tree.0.iter().enumerate().all(|(at, node)| match *node {
                    Node::Leaf { path_length } => path_length.is_finite(),
                    Node::Split { feature, right, threshold } => {
                        (feature as usize) < self.features
                            && (right as usize) < tree.0.len()
                            && right as usize > at + 1
                            && threshold.is_finite()
                    }
                })
        };
        match !self.trees.is_empty() && self.trees.iter().all(sound) {
            true => Ok(self),
            false => Err(Error::Request(format!("{ID}: the trees of this model do not hold together"))),
        }
    }
}

impl Tree {
    fn grow<'a>(
        points: ArrayView2<'a, f64>,
        mut drawn: Vec<u32>,
        depth_limit: u32,
        rng: &'a mut ChaCha8Rng,
    ) -> Self {
        let mut growing = Growing { points, depth_limit, rng, nodes: Vec::new() };
        growing.node(&mut drawn, 0);
        Tree(growing.nodes)
    }

    fn path_length(&self, row: ArrayView1<f64>) -> f64 {
        let mut at = 0;
        loop {
            match self.0[at] {
                Node::Leaf { path_length } => return path_length,
                Node::Split { feature, threshold, right } => {
                    at = if row[feature as usize] <= threshold { at + 1 } else { right as usize };
                }
            }
        }
    }
}

struct Growing<'a> {
    points: ArrayView2<'a, f64>,
    depth_limit: u32,
    rng: &'a mut ChaCha8Rng,
    nodes: Vec<Node>,
}

impl Growing<'_> {
    fn node(&mut self, rows: &mut [u32], depth: u32) {
        let split = if depth < self.depth_limit { self.split(rows) } else { None };
        let Some((feature, threshold)) = split else {
            let path_length = f64::from(depth) + average_path_length(rows.len() as u64);
            self.nodes.push(Node::Leaf { path_length });
            return;
        };
        let at = self.nodes.len();
        self.nodes.push(Node::Split { feature: feature as u32, threshold, right: 0 });
        let middle = partition(rows, |row| self.points[[row as usize, feature]] <= threshold);
        let (left, right) = rows.split_at_mut(middle);
        self.node(left, depth + 1);
        let behind = self.nodes.len() as u32;
        self.nodes[at] = Node::Split { feature: feature as u32, threshold, right: behind };
        self.node(right, depth + 1);
    }

    /// A random feature among those that vary in these rows and a random threshold that separates them.
    fn split(&mut self, rows: &[u32]) -> Option<(usize, f64)> {
        if rows.len() < 2 {
            return None;
        }
        let mut untried: Vec<usize> = (0..self.points.ncols()).collect();
        while !untried.is_empty() {
            let feature = untried.swap_remove(self.rng.gen_range(0..untried.len()));
            let (low, high) = self.extremes(rows, feature);
            if low < high {
                let threshold = self.rng.gen_range(low..high);
                return Some((feature, threshold));
            }
        }
        None
    }

    fn extremes(&self, rows: &[u32], feature: usize) -> (f64, f64) {
        rows.iter()
            .map(|&row| self.points[[row as usize, feature]])
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
    }
}

/// Move the rows that satisfy a condition to the front; how many those are.
fn partition(rows: &mut [u32], belongs: impl Fn(u32) -> bool) -> usize {
    let mut middle = 0;
    for at in 0..rows.len() {
        if belongs(rows[at]) {
            rows.swap(at, middle);
            middle += 1;
        }
    }
    middle
}

/// c(m), the average path length of an unsuccessful search in a binary search tree of m rows (eq. 1), with the
/// harmonic number approximated as ln(i) + 0.5772156649 (Euler's constant), as the paper does.
fn average_path_length(rows: u64) -> f64 {
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

    #[test]
    fn a_tree_with_a_cycle_is_refused() {
        let looping = json!({"sample": 2, "features": 1,
            "trees": [[{"Split": {"feature": 0, "threshold": 0.5, "right": 0}}, {"Leaf": {"path_length": 1.0}}]]});
        assert!((ENTRY.load)(&looping.to_string()).is_err());
    }
}
