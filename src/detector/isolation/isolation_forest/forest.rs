//! The fitted forest: what it writes down, and how it scores.

use super::lookup::Tables;
use super::tree::{LANES, Outline, Tree};
use super::{attribution, average_path_length};
use crate::detector::{Attribution, FittedDetector, state};
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
    /// The trees once more, made when many rows are to be scored; none where there can be none.
    tables: OnceLock<Option<Tables>>,
}

/// What a model file holds.
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
    /// A forest of at least one tree, each grown on `sample` rows of so many features.
    pub fn new(sample: usize, features: usize, trees: Vec<Outline>) -> Result<Self, &'static str> {
        let trees: Option<Vec<Tree>> = trees.iter().map(|outline| Tree::new(outline, features)).collect();
        match trees {
            Some(trees) if !trees.is_empty() => {
                Ok(Forest { sample, features, trees, tables: OnceLock::new() })
            }
            Some(_) => Err("there is no tree"),
            None => Err("the trees do not hold together"),
        }
    }

    /// Score as many rows as there are scores.
    fn score_block(&self, rows: ArrayView2<f64>, tables: Option<&Tables>, typical: f64, scores: &mut [f64]) {
        match tables {
            Some(tables) => self.score_from(tables.path_lengths(rows).as_flattened(), typical, scores),
            None => self.score_from(self.path_lengths(rows).as_flattened(), typical, scores),
        }
    }

    /// The score of each row, from its path lengths summed over the trees.
    fn score_from(&self, totals: &[f64], typical: f64, scores: &mut [f64]) {
        for (score, total) in scores.iter_mut().zip(totals) {
            let expected = total / self.trees.len() as f64;
            // A forest grown on one row can tell nothing apart: every row is as long a path as is typical.
            *score = if typical > 0.0 { (-expected / typical).exp2() } else { 0.5 };
        }
    }

    /// The path lengths of each row, one tree after the other so that each stays near while it is needed.
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

    /// The tables, where so many rows are worth their making.
    fn tables(&self, rows: usize) -> Option<&Tables> {
        let made = || Tables::new(&self.trees, self.features);
        (rows >= ROWS_WORTH_TABLES).then(|| self.tables.get_or_init(made).as_ref()).flatten()
    }

    /// The rows, [`LANES`] to a panel, feature by feature. What is no number is larger than any.
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
        let blocks: Vec<_> = rows.axis_chunks_iter(Axis(0), ROWS_OF_A_BLOCK).collect();
        scores
            .par_chunks_mut(ROWS_OF_A_BLOCK)
            .zip(blocks)
            .for_each(|(scores, rows)| self.score_block(rows, tables, typical, scores));
        scores.into()
    }

    /// Path lengths add up over trees, and the scores are powers of their means; so the exact shares in the
    /// difference of the path lengths are the shares in that of the scores.
    fn attribution(
        &self,
        row: ArrayView1<f64>,
        reference: ArrayView1<f64>,
        features: &[Range<usize>],
    ) -> Option<Attribution> {
        let mut contributions = attribution::of_path_lengths(&self.trees, row, reference, features);
        let beside = self.score(reference.insert_axis(Axis(0)))[0];
        let typical = average_path_length(self.sample as u64);
        let rate = if typical > 0.0 { -std::f64::consts::LN_2 / typical } else { 0.0 };
        // 2^(-(h + d)/c) - 2^(-h/c) over d, written so that no digits are lost where d is small or 0.
        let exponent = rate * contributions.iter().sum::<f64>();
        let slope = rate * beside * if exponent == 0.0 { 1.0 } else { exponent.exp_m1() / exponent };
        contributions.iter_mut().for_each(|contribution| *contribution *= slope);
        Some(Attribution { contributions, trees: self.trees.len() })
    }

    fn to_json(&self) -> String {
        let trees = self.trees.iter().map(Tree::outline).collect();
        state(&State { sample: self.sample, features: self.features, trees })
    }
}

/// Rows that are scored together: so few that they stay in the nearest cache, and so many that fetching a tree there
/// costs little.
const ROWS_OF_A_BLOCK: usize = 512;

/// Tables take about two milliseconds to make, and save as much on so many rows.
const ROWS_WORTH_TABLES: usize = 1 << 14;
