//! The fitted forest: its file format, its scores and their attribution.

use super::attribution::shapley_values;
use super::lookup::{self, Tables};
use super::tree::{LANES, Outline, Tree};
use crate::detector::isolation::path_length::average_path_length;
use crate::detector::json::state;
use crate::detector::traits::{Attribution, FittedDetector};
use ndarray::{Array1, ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::OnceLock;

/// A fitted forest.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "State")]
pub(super) struct Forest {
    sample: usize,
    features: usize,
    trees: Vec<Tree>,
    /// The trees as lookup tables, built when many rows are first scored; none if the trees do not fit into
    /// tables.
    tables: OnceLock<Option<Tables>>,
}

/// The content of a model file.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct State {
    sample: usize,
    features: usize,
    trees: Vec<Outline>,
}

impl TryFrom<State> for Forest {
    type Error = &'static str;

    fn try_from(state: State) -> Result<Self, &'static str> {
        Forest::new(state.sample, state.features, state.trees)
    }
}

impl Forest {
    /// A forest of trees grown on `sample` rows each.
    ///
    /// # Errors
    /// If there is no tree, or if a tree is malformed or names a feature of `features` or above.
    pub fn new(sample: usize, features: usize, trees: Vec<Outline>) -> Result<Self, &'static str> {
        let trees: Option<Vec<Tree>> = trees.iter().map(|outline| Tree::new(outline, features)).collect();
        match trees {
            Some(trees) if !trees.is_empty() => {
                Ok(Forest { sample, features, trees, tables: OnceLock::new() })
            }
            Some(_) => Err("the model has no trees"),
            None => Err("a tree of the model is malformed"),
        }
    }

    /// Score one block of rows.
    fn score_block(&self, rows: ArrayView2<f64>, tables: Option<&Tables>, typical: f64, scores: &mut [f64]) {
        match tables {
            Some(tables) => self.score_from(tables.path_lengths(rows).as_flattened(), typical, scores),
            None => self.score_from(self.path_lengths(rows).as_flattened(), typical, scores),
        }
    }

    /// The score of each row, from its total path length over the trees (eq. 2).
    fn score_from(&self, totals: &[f64], typical: f64, scores: &mut [f64]) {
        for (score, total) in scores.iter_mut().zip(totals) {
            let expected = total / self.trees.len() as f64;
            // If the sample is one row, every path length is 0 and so is the typical one: all rows score 0.5.
            *score = if typical > 0.0 { (-expected / typical).exp2() } else { 0.5 };
        }
    }

    /// The total path length of each row. The loop over trees is outermost, so that a tree stays in the
    /// cache.
    fn path_lengths(&self, rows: ArrayView2<f64>) -> Vec<[f64; LANES]> {
        let panels = self.panels(rows);
        let mut totals = vec![[0.0; LANES]; rows.nrows().div_ceil(LANES)];
        for tree in &self.trees {
            for (panel, totals) in panels.chunks_exact(self.panel_len()).zip(&mut totals) {
                tree.add_path_lengths(panel, totals);
            }
        }
        totals
    }

    /// The lookup tables, if they are faster on this machine and repay the time to build them.
    fn tables(&self, rows: usize) -> Option<&Tables> {
        let build = || Tables::new(&self.trees, self.features);
        let is_worthwhile = rows >= ROWS_WORTH_TABLES && lookup::is_fast();
        is_worthwhile.then(|| self.tables.get_or_init(build).as_ref()).flatten()
    }

    /// The rows in panels of [`LANES`] rows, feature by feature. NaN counts as +infinity.
    fn panels(&self, rows: ArrayView2<f64>) -> Vec<f64> {
        let mut panels = vec![0.0; rows.nrows().div_ceil(LANES) * self.panel_len()];
        for (index, row) in rows.rows().into_iter().enumerate() {
            let panel = &mut panels[index / LANES * self.panel_len()..];
            for (feature, &value) in row.iter().take(self.features).enumerate() {
                panel[feature * LANES + index % LANES] = if value.is_nan() { f64::INFINITY } else { value };
            }
        }
        panels
    }

    fn panel_len(&self) -> usize {
        LANES * self.features.max(1)
    }
}

impl FittedDetector for Forest {
    fn columns(&self) -> usize {
        self.features
    }

    fn score(&self, rows: ArrayView2<f64>) -> Array1<f64> {
        let typical = average_path_length(self.sample as u64);
        let tables = self.tables(rows.nrows());
        let mut scores = vec![0.0; rows.nrows()];
        let blocks: Vec<_> = rows.axis_chunks_iter(Axis(0), BLOCK).collect();
        scores
            .par_chunks_mut(BLOCK)
            .zip(blocks)
            .for_each(|(scores, rows)| self.score_block(rows, tables, typical, scores));
        scores.into()
    }

    /// A score is 2^(-h/c) of the mean path length h. The exact Shapley values of h are scaled by one factor,
    /// so that they sum to the difference of the scores.
    fn attribution(
        &self,
        row: ArrayView1<f64>,
        reference: ArrayView1<f64>,
        features: &[Range<usize>],
    ) -> Option<Attribution> {
        let mut contributions = shapley_values(&self.trees, row, reference, features);
        let reference_score = self.score(reference.insert_axis(Axis(0)))[0];
        let typical = average_path_length(self.sample as u64);
        let rate = if typical > 0.0 { -std::f64::consts::LN_2 / typical } else { 0.0 };
        // (2^(-(h + d)/c) - 2^(-h/c)) / d for the sum d of the contributions. `exp_m1` is accurate for small
        // d.
        let exponent = rate * contributions.iter().sum::<f64>();
        let slope = rate * reference_score * if exponent == 0.0 { 1.0 } else { exponent.exp_m1() / exponent };
        contributions.iter_mut().for_each(|contribution| *contribution *= slope);
        Some(Attribution { contributions, trees: self.trees.len() })
    }

    fn to_json(&self) -> String {
        let trees = self.trees.iter().map(Tree::outline).collect();
        state(&State { sample: self.sample, features: self.features, trees })
    }
}

/// Rows that are scored together: few enough for the first-level cache, enough to repay loading a tree.
const BLOCK: usize = 512;

/// Building the tables takes about two milliseconds. Scoring this many rows saves as much.
const ROWS_WORTH_TABLES: usize = 1 << 14;

#[cfg(test)]
mod tests {
    use super::super::growth;
    use super::*;
    use crate::seed::Seed;
    use ndarray::Array2;
    use rand::Rng;

    #[test]
    fn contributions_sum_to_the_difference_of_the_scores_at_any_width() {
        let mut rng = Seed::new(4).rng();
        let points = Array2::from_shape_fn((300, 400), |_| rng.gen_range(-1.0..1.0));
        let outline = |tree: u64| {
            let sample = (0..256).collect();
            growth::grow(points.view(), sample, 8, &mut Seed::new(tree).rng())
        };
        let forest = Forest::new(256, 400, (0..50).map(outline).collect()).unwrap();
        let features: Vec<Range<usize>> = (0..400).map(|column| column..column + 1).collect();
        let pair = points.slice(ndarray::s![298.., ..]);
        let attribution = forest.attribution(pair.row(0), pair.row(1), &features).unwrap();
        let scores = forest.score(pair);
        assert!((attribution.contributions.iter().sum::<f64>() - (scores[0] - scores[1])).abs() < 1e-12);
        assert_eq!(attribution.trees, 50);
        let same = forest.attribution(pair.row(0), pair.row(0), &features).unwrap();
        assert!(same.contributions.iter().all(|&contribution| contribution == 0.0));
    }
}
