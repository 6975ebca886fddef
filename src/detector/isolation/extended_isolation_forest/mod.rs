//! Extended Isolation Forest: trees whose splits are planes in any direction, so that the scores follow the shape of
//! the data and not the axes.
//!
//! Hariri, Carrasco Kind & Brunner, "Extended Isolation Forest", IEEE TKDE 2021 (arXiv:1811.02141, 2018). Each of 100
//! trees is grown on 256 rows drawn without replacement from the *unfolded* rows, to a depth of log2(256) = 8. A
//! split takes a normal n with a standard normal value for each of `extension` + 1 columns drawn at random, and a
//! point p uniformly in the box around the rows of the node; rows with (x − p)·n ≤ 0 go left (algorithm 2). A plane
//! may leave all rows on one side, and equal rows are split until the depth is reached, as in the paper. The score is
//! that of the Isolation Forest, 2^(-E\[h\]/c(256)).

mod tree;

use super::isolation_forest::average_path_length;
use crate::detector::{Detector, Entry, Fitted, FittedDetector, Forecast, Kind, Settings, loaded, parameters, state};
use crate::error::{Error, Result};
use crate::rows::{Urn, WeightedRows};
use crate::seed::Seed;
use ndarray::{Array1, ArrayView2, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use tree::Tree;

const ID: &str = "extended-isolation-forest";

pub(super) const ENTRY: Entry = Entry {
    id: ID,
    title: "Extended Isolation Forest",
    summary: "Few random cuts in any direction isolate an anomaly (Hariri, Carrasco Kind & Brunner 2021)",
    kind: Kind::Isolation,
    cost: "fit O(trees · sample · log sample · d), whatever n; score O(trees · log sample · d) a row",
    good_at: "values that are odd only together; several clusters, where axis-parallel cuts leave ghosts",
    bad_at: "many irrelevant columns, which every cut mixes in; slower than the Isolation Forest by d",
    seeded: true,
    parameters: &[
        ("extension", "columns that a cut mixes, less one: 0 (axis-parallel) to d - 1; null for d - 1"),
        ("sample", "rows each tree is grown on, 2 to 1000000; all where there are fewer"),
        ("trees", "how many trees, 1 to 100000"),
    ],
    defaults: || json!(Parameters::default()),
    build,
    forecast: |parameters, task| {
        let number = |name: &str| parameters[name].as_f64().unwrap_or(0.0);
        let (trees, depth) = (number("trees"), number("sample").max(2.0).log2());
        let cuts = trees * depth * (task.scored as f64 + number("sample"));
        let columns = task.columns as f64;
        Forecast {
            seconds: cuts * (2e-9 + columns * 5e-10),
            bytes: trees * number("sample") * (8.0 + 4.0 * columns),
        }
    },
    load: |text| Ok(Arc::new(loaded::<Forest>(ID, text)?.checked()?)),
};

/// The parameters of the algorithm.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Parameters {
    /// How many columns a cut mixes, less one; all of them where there are fewer, or where none is given.
    extension: Option<usize>,
    /// How many rows each tree is grown on, at least 2; all of them where there are fewer.
    sample: usize,
    /// How many trees, at least 1.
    trees: usize,
}

impl Default for Parameters {
    fn default() -> Self {
        Parameters { extension: None, sample: 256, trees: 100 }
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
        let features = train.points.ncols();
        let mixed = self.extension.map_or(features, |extension| extension.saturating_add(1).min(features));
        let (urn, points) = (Urn::new(train), train.points.as_standard_layout());
        let sample = (self.sample as u64).min(urn.total()) as usize;
        let depth_limit = (sample.max(2) as f64).log2().ceil() as u32;
        let grow = |tree: usize| {
            let mut rng = seed.nth(tree as u64).rng();
            let drawn = urn.draw(sample, &mut rng);
            Tree::grow(points.view(), drawn, depth_limit, mixed, &mut rng)
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
    /// How many columns each cut mixes.
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
                let paths = self.path_lengths(rows);
                scores.iter_mut().zip(paths).for_each(|(score, total)| *score = self.score_of(total));
            },
        );
        scores
    }

    fn to_json(&self) -> String {
        state(self)
    }
}

/// So many rows go down one tree before the next, which then comes into the processor's cache once for all of them.
const BLOCK: usize = 256;

impl Forest {
    /// For each row the sum of its path lengths, the trees in order.
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
        // A forest grown on one row can tell nothing apart: every row is as long a path as is typical.
        if typical > 0.0 { (-expected / typical).exp2() } else { 0.5 }
    }

    /// The same forest where it holds together.
    fn checked(self) -> Result<Self> {
        let sound = |tree: &Tree| tree.is_sound(self.mixed, self.features);
        match !self.trees.is_empty() && self.mixed <= self.features && self.trees.iter().all(sound) {
            true => Ok(self),
            false => Err(Error::Request(format!("{ID}: the trees of this model do not hold together"))),
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

    /// Normal rows around each of the centres in turn.
    fn blobs(centres: &[[f64; 2]], rows: usize) -> Array2<f64> {
        let mut rng = Seed::new(3).rng();
        Array2::from_shape_fn((rows, 2), |(row, column)| {
            centres[row % centres.len()][column] + standard_normal(&mut rng)
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
    fn there_are_no_ghosts_where_the_bands_of_two_clusters_cross() {
        // The paper's figure 2: clusters at (0, 10) and (10, 0); cuts along the axes see two more, at (0, 0) and (10, 10).
        let table = blobs(&[[0.0, 10.0], [10.0, 0.0]], 1000);
        let places = array![[0.0, 0.0], [10.0, 10.0], [-7.0, -7.0], [0.0, 10.0], [10.0, 0.0]];
        let of = |parameters: &Value| fitted(table.clone(), parameters).model.score(places.view());
        let (extended, along_axes) = (of(&Value::Null), of(&json!({"extension": 0})));
        let contrast = |scores: &Array1<f64>| scores[0].min(scores[1]) - scores[3].max(scores[4]);
        assert!(contrast(&extended) > 1.5 * contrast(&along_axes), "{extended} and {along_axes}");
        assert!(extended[0].min(extended[1]) > 0.5, "{extended}");
    }

    #[test]
    fn scores_around_one_blob_are_the_same_in_every_direction() {
        // The paper's figure 9: at a fixed distance, the Isolation Forest's scores are lower along the axes.
        let table = blobs(&[[0.0, 0.0]], 1000);
        let around = Array2::from_shape_fn((16, 2), |(step, column)| {
            let angle = std::f64::consts::TAU * step as f64 / 16.0;
            if column == 0 { 4.0 * angle.cos() } else { 4.0 * angle.sin() }
        });
        let spread =
            |parameters: &Value| fitted(table.clone(), parameters).model.score(around.view()).std(0.0);
        let (extended, along_axes) = (spread(&Value::Null), spread(&json!({"extension": 0})));
        assert!(extended < 0.7 * along_axes, "{extended} and {along_axes}");
    }

    #[test]
    fn an_extension_beyond_the_columns_is_the_full_one() {
        let table = blobs(&[[0.0, 0.0]], 50);
        let far = fitted(table.clone(), &json!({"extension": 100})).train_scores;
        assert_eq!(far, fitted(table, &json!({"extension": 1})).train_scores);
    }

    #[test]
    fn a_model_that_does_not_hold_together_is_refused() {
        let model = fitted(blobs(&[[0.0, 0.0]], 20), &json!({"trees": 1, "extension": 0})).model.to_json();
        let state: Value = serde_json::from_str(&model).unwrap();
        assert!((ENTRY.load)(&state.to_string()).is_ok());
        for (part, wrong) in [
            ("right", json!([0, 0])),
            ("cut", json!([])),
            ("columns", json!([7])),
            ("normals", json!([])),
            ("value", json!([1.0])),
        ] {
            let mut broken = state.clone();
            broken["trees"][0][part] = wrong;
            assert!((ENTRY.load)(&broken.to_string()).is_err(), "{part}");
        }
        let mut looping = state.clone();
        looping["trees"][0]["right"][0] = json!(1);
        assert!((ENTRY.load)(&looping.to_string()).is_err());
    }
}
