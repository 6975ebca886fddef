//! Extended Isolation Forest: trees whose splits are planes in any direction, so that scores follow the shape
//! of the data and not the axes.
//!
//! Hariri, Carrasco Kind & Brunner, "Extended Isolation Forest", IEEE TKDE 2021 (arXiv:1811.02141, 2018).
//! Each of 100 trees is grown on 256 rows, to a depth of log2(256) = 8. The rows are drawn without
//! replacement from the *expanded* rows, which hold every copy. A split takes a normal n, with a standard
//! normal value for each of `extension` + 1 random columns. It takes a point p uniformly from the bounding
//! box of the node's rows. Rows with (x − p)·n ≤ 0 go left (algorithm 2). As in the paper, a plane may leave
//! all rows on one side, and equal rows are split until the depth limit. The score is that of the Isolation
//! Forest, 2^(-E\[h\]/c(256)).

mod tree;

use crate::detector::cost::CostEstimate;
use crate::detector::entry::{Entry, Family, Settings};
use crate::detector::isolation::path_length::average_path_length;
use crate::detector::json::{loaded, parameters, state};
use crate::detector::traits::{Detector, Fitted, FittedDetector};
use crate::error::{Error, Result};
use crate::rows::{WeightedRows, WeightedSampler};
use crate::seed::Seed;
use ndarray::{Array1, ArrayView2, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use tree::Tree;

const ID: &str = "extended-isolation-forest";

pub(in crate::detector) const ENTRY: Entry = Entry {
    id: ID,
    title: "Extended Isolation Forest",
    summary: "Few random cuts in any direction isolate an anomaly (Hariri, Carrasco Kind & Brunner 2021)",
    kind: Family::Isolation,
    cost: "fit O(trees · sample · log sample · d), independent of n; score O(trees · log sample · d) per row",
    good_at: "values that are odd only together; several clusters, where axis-parallel cuts leave ghosts",
    bad_at: "many irrelevant columns, which every cut mixes in; d times slower than the Isolation Forest",
    seeded: true,
    parameters: &[
        ("extension", "columns that a cut mixes, minus one: 0 (axis-parallel) to d - 1; null means d - 1"),
        ("sample", "rows per tree, 2 to 1000000; all rows if there are fewer"),
        ("trees", "number of trees, 1 to 100000"),
    ],
    defaults: || json!(Parameters::default()),
    build,
    estimate: |parameters, task| {
        let number = |name: &str| parameters[name].as_f64().unwrap_or(0.0);
        let (trees, depth) = (number("trees"), number("sample").max(2.0).log2());
        let cuts = trees * depth * (task.scored as f64 + number("sample"));
        let columns = task.columns as f64;
        CostEstimate {
            seconds: cuts * (2e-9 + columns * 5e-10),
            bytes: trees * number("sample") * (8.0 + 4.0 * columns),
        }
    },
    load: |text| Ok(Arc::new(loaded::<Forest>(ID, text)?.checked()?)),
};

/// Extended isolation forest: random cuts in any direction (Hariri, Carrasco Kind & Brunner, TKDE 2021).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// Number of columns that a cut mixes, minus one; all columns if there are fewer or if this is `None`.
    pub extension: Option<usize>,
    /// Rows that each tree is grown on, 2 to 1,000,000; all rows if there are fewer.
    pub sample: usize,
    /// Number of trees, 1 to 100,000.
    pub trees: usize,
}

impl Default for Parameters {
    fn default() -> Self {
        Parameters { extension: None, sample: 256, trees: 100 }
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
        let features = train.points.ncols();
        let mixed = self.extension.map_or(features, |extension| extension.saturating_add(1).min(features));
        let (sampler, points) = (WeightedSampler::new(train), train.points.as_standard_layout());
        let sample = (self.sample as u64).min(sampler.total()) as usize;
        let depth_limit = (sample.max(2) as f64).log2().ceil() as u32;
        let grow = |tree: usize| {
            let mut rng = seed.nth(tree as u64).rng();
            let rows = sampler.draw(sample, &mut rng);
            Tree::grow(points.view(), rows, depth_limit, mixed, &mut rng)
        };
        let trees = (0..self.trees).into_par_iter().map(grow).collect();
        let forest = Forest { sample, features, mixed, trees };
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
    /// Number of columns that each cut mixes.
    mixed: usize,
    trees: Vec<Tree>,
}

impl FittedDetector for Forest {
    fn columns(&self) -> usize {
        self.features
    }

    fn score(&self, rows: ArrayView2<f64>) -> Array1<f64> {
        let mut scores = Array1::zeros(rows.nrows());
        let blocks = rows.axis_chunks_iter(Axis(0), BLOCK).into_par_iter();
        scores.axis_chunks_iter_mut(Axis(0), BLOCK).into_par_iter().zip(blocks).for_each(
            |(mut scores, rows)| {
                let totals = self.path_lengths(rows);
                scores.iter_mut().zip(totals).for_each(|(score, total)| *score = self.score_of(total));
            },
        );
        scores
    }

    fn to_json(&self) -> String {
        state(self)
    }
}

/// Rows that descend one tree before the next, so that each tree is loaded into the processor's cache once
/// per block.
const BLOCK: usize = 256;

impl Forest {
    /// The total path length of each row. The order of the trees is part of the bits.
    fn path_lengths(&self, rows: ArrayView2<f64>) -> Vec<f64> {
        let rows = rows.as_standard_layout();
        let mut totals = vec![0.0; rows.nrows()];
        for tree in &self.trees {
            for (total, row) in totals.iter_mut().zip(rows.rows()) {
                *total += tree.path_length(row.to_slice().expect("the layout is standard"), self.mixed);
            }
        }
        totals
    }

    fn score_of(&self, total: f64) -> f64 {
        let expected = total / self.trees.len() as f64;
        let typical = average_path_length(self.sample as u64);
        // If the sample is one row, every path length is 0 and so is the typical one: all rows score 0.5.
        if typical > 0.0 { (-expected / typical).exp2() } else { 0.5 }
    }

    /// The forest itself.
    ///
    /// # Errors
    /// If it has no trees or a malformed one.
    fn checked(self) -> Result<Self> {
        let is_valid = |tree: &Tree| tree.is_valid(self.mixed, self.features);
        match !self.trees.is_empty() && self.mixed <= self.features && self.trees.iter().all(is_valid) {
            true => Ok(self),
            false => Err(Error::Request(format!("{ID}: this model has no trees or a malformed tree"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};
    use tree::standard_normal;

    fn fitted(points: Array2<f64>, parameters: &Value) -> Fitted {
        let detector = build(&Settings::new(0), parameters).unwrap();
        detector.fit(&WeightedRows::unweighted(points), Seed::new(5)).unwrap()
    }

    /// Standard normal rows around each of the centers in turn.
    fn blobs(centers: &[[f64; 2]], rows: usize) -> Array2<f64> {
        let mut rng = Seed::new(3).rng();
        Array2::from_shape_fn((rows, 2), |(row, column)| {
            centers[row % centers.len()][column] + standard_normal(&mut rng)
        })
    }

    #[test]
    fn zero_trees_are_refused() {
        let error = build(&Settings::new(0), &json!({"trees": 0})).unwrap_err().to_string();
        assert_eq!(error, "extended-isolation-forest: `trees` must be between 1 and 100000, but is 0");
    }

    #[test]
    fn a_sample_of_one_row_is_refused() {
        let error = build(&Settings::new(0), &json!({"sample": 1})).unwrap_err().to_string();
        assert!(error.contains("`sample`"), "{error}");
    }

    #[test]
    fn the_bands_of_two_clusters_leave_no_ghosts_where_they_cross() {
        // Figure 2 of the paper: clusters at (0, 10) and (10, 0). Axis-parallel cuts see ghosts at (0, 0) and
        // (10, 10).
        let table = blobs(&[[0.0, 10.0], [10.0, 0.0]], 1000);
        let queries = array![[0.0, 0.0], [10.0, 10.0], [-7.0, -7.0], [0.0, 10.0], [10.0, 0.0]];
        let scores = |parameters: &Value| fitted(table.clone(), parameters).model.score(queries.view());
        let (extended, along_axes) = (scores(&Value::Null), scores(&json!({"extension": 0})));
        let contrast = |scores: &Array1<f64>| scores[0].min(scores[1]) - scores[3].max(scores[4]);
        assert!(contrast(&extended) > 1.5 * contrast(&along_axes), "{extended} and {along_axes}");
        assert!(extended[0].min(extended[1]) > 0.5, "{extended}");
    }

    #[test]
    fn scores_around_one_blob_are_the_same_in_every_direction() {
        // Figure 9 of the paper: at a fixed distance, the Isolation Forest's scores are lower along the axes.
        let table = blobs(&[[0.0, 0.0]], 1000);
        let circle = Array2::from_shape_fn((16, 2), |(step, column)| {
            let angle = std::f64::consts::TAU * step as f64 / 16.0;
            if column == 0 { 4.0 * angle.cos() } else { 4.0 * angle.sin() }
        });
        let spread =
            |parameters: &Value| fitted(table.clone(), parameters).model.score(circle.view()).std(0.0);
        let (extended, along_axes) = (spread(&Value::Null), spread(&json!({"extension": 0})));
        assert!(extended < 0.7 * along_axes, "{extended} and {along_axes}");
    }

    #[test]
    fn an_extension_beyond_the_columns_means_all_columns() {
        let table = blobs(&[[0.0, 0.0]], 50);
        let scores = fitted(table.clone(), &json!({"extension": 100})).train_scores;
        assert_eq!(scores, fitted(table, &json!({"extension": 1})).train_scores);
    }

    #[test]
    fn a_model_with_a_malformed_tree_is_refused() {
        let model = fitted(blobs(&[[0.0, 0.0]], 20), &json!({"trees": 1, "extension": 0})).model.to_json();
        let state: Value = serde_json::from_str(&model).unwrap();
        assert!((ENTRY.load)(&state.to_string()).is_ok());
        for (field, value) in [
            ("right", json!([0, 0])),
            ("cut", json!([])),
            ("columns", json!([7])),
            ("normals", json!([])),
            ("value", json!([1.0])),
        ] {
            let mut broken = state.clone();
            broken["trees"][0][field] = value;
            assert!((ENTRY.load)(&broken.to_string()).is_err(), "{field}");
        }
        let mut looping = state.clone();
        looping["trees"][0]["right"][0] = json!(1);
        assert!((ENTRY.load)(&looping.to_string()).is_err());
    }
}
