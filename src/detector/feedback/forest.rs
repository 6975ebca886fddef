//! The learned trees: their means over a row, and their format.

use super::growth::{Grown, Shares};
use crate::detector::isolation::isolation_forest::tree::{LANES, Outline, Step, Tree};
use ndarray::{ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Trees on the columns of a row and its untaught score, which comes last.
#[derive(Clone, Debug)]
pub(super) struct Forest {
    columns: usize,
    trees: Vec<Tree>,
    /// For each tree, the shares of verdicts in each leaf, by the index of the leaf's node.
    shares: Vec<Vec<Shares>>,
}

/// A tree as a model file holds it.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TreeState {
    /// The splits, and the mean target of each leaf as its path length.
    tree: Outline,
    /// For each leaf in preorder, the share of suspicious verdicts in its weight.
    suspicious: Vec<f64>,
    /// For each leaf in preorder, the share of normal verdicts in its weight.
    normal: Vec<f64>,
}

impl From<Grown> for TreeState {
    fn from(grown: Grown) -> Self {
        TreeState {
            tree: grown.outline,
            suspicious: grown.shares.iter().map(|shares| shares.suspicious).collect(),
            normal: grown.shares.iter().map(|shares| shares.normal).collect(),
        }
    }
}

impl Forest {
    /// A forest on this many columns, with the untaught score. `None` if there is no tree or a tree is malformed.
    pub fn new(columns: usize, states: &[TreeState]) -> Option<Self> {
        let mut forest = Forest { columns, trees: Vec::new(), shares: Vec::new() };
        for state in states {
            let tree = Tree::new(&state.tree, columns)?;
            forest.shares.push(state.shares_of(&tree)?);
            forest.trees.push(tree);
        }
        (!forest.trees.is_empty()).then_some(forest)
    }

    /// The trees in their format.
    pub fn states(&self) -> Vec<TreeState> {
        let state = |(tree, shares): (&Tree, &Vec<Shares>)| {
            let leaves = leaves(tree);
            TreeState {
                tree: tree.outline(),
                suspicious: leaves.iter().map(|&(node, _)| shares[node].suspicious).collect(),
                normal: leaves.iter().map(|&(node, _)| shares[node].normal).collect(),
            }
        };
        self.trees.iter().zip(&self.shares).map(state).collect()
    }

    /// The mean of the trees for each row with its untaught score, in [0, 1]. The value of a row depends on that row
    /// only, to the last bit.
    pub fn means(&self, rows: ArrayView2<f64>, untaught: ArrayView1<f64>) -> Vec<f64> {
        let mut means = vec![0.0; rows.nrows()];
        let blocks: Vec<_> =
            rows.axis_chunks_iter(Axis(0), BLOCK).zip(untaught.axis_chunks_iter(Axis(0), BLOCK)).collect();
        means.par_chunks_mut(BLOCK).zip(blocks).for_each(|(means, (rows, untaught))| {
            let sums = self.sums(rows, untaught);
            for (mean, sum) in means.iter_mut().zip(sums.as_flattened()) {
                *mean = sum / self.trees.len() as f64;
            }
        });
        means
    }

    /// The sum of the trees for each row of a block. The loop over trees is outermost, so that a tree stays in the cache.
    fn sums(&self, rows: ArrayView2<f64>, untaught: ArrayView1<f64>) -> Vec<[f64; LANES]> {
        let panel_len = LANES * self.columns;
        let mut panels = vec![0.0; rows.nrows().div_ceil(LANES) * panel_len];
        for (index, (row, untaught)) in rows.rows().into_iter().zip(untaught).enumerate() {
            let panel = &mut panels[index / LANES * panel_len..];
            for (column, &value) in row.iter().chain([untaught]).enumerate() {
                panel[column * LANES + index % LANES] = if value.is_nan() { f64::INFINITY } else { value };
            }
        }
        let mut sums = vec![[0.0; LANES]; rows.nrows().div_ceil(LANES)];
        for tree in &self.trees {
            for (panel, sums) in panels.chunks_exact(panel_len).zip(&mut sums) {
                tree.add_path_lengths(panel, sums);
            }
        }
        sums
    }

    /// The node of a row's leaf in each tree. The row has its untaught score.
    pub fn leaves(&self, row: &[f64]) -> Vec<usize> {
        let leaf = |tree: &Tree| {
            let mut node = 0;
            while let Step::Split { column, threshold, left } = tree.step(node) {
                let is_left = row[column] <= threshold;
                node = if is_left { left } else { left + 1 };
            }
            node
        };
        self.trees.iter().map(leaf).collect()
    }

    /// The mean shares of verdicts in the leaves of a row.
    pub fn shares(&self, leaves: &[usize]) -> Shares {
        let of_leaves = self.shares.iter().zip(leaves).map(|(shares, &leaf)| shares[leaf]);
        let sum = of_leaves.fold(Shares::default(), |sum, leaf| Shares {
            suspicious: sum.suspicious + leaf.suspicious,
            normal: sum.normal + leaf.normal,
        });
        let trees = self.trees.len() as f64;
        Shares { suspicious: sum.suspicious / trees, normal: sum.normal / trees }
    }
}

/// Rows that are scored together: few enough for the first-level cache, enough to repay loading a tree.
const BLOCK: usize = 512;

impl TreeState {
    /// The shares by node. `None` if a leaf has none, or if a value is outside [0, 1].
    fn shares_of(&self, tree: &Tree) -> Option<Vec<Shares>> {
        let leaves = leaves(tree);
        let is_share = |share: &f64| (0.0..=1.0).contains(share);
        let is_valid = self.suspicious.len() == leaves.len()
            && self.normal.len() == leaves.len()
            && leaves.iter().all(|(_, value)| is_share(value))
            && self.suspicious.iter().chain(&self.normal).all(is_share);
        let last = leaves.iter().map(|&(node, _)| node).max()?;
        let mut shares = vec![Shares::default(); last + 1];
        if is_valid {
            for ((&(node, _), &suspicious), &normal) in leaves.iter().zip(&self.suspicious).zip(&self.normal)
            {
                shares[node] = Shares { suspicious, normal };
            }
        }
        is_valid.then_some(shares)
    }
}

/// The node and the value of each leaf, in preorder.
fn leaves(tree: &Tree) -> Vec<(usize, f64)> {
    let (mut leaves, mut pending) = (Vec::new(), vec![0]);
    while let Some(node) = pending.pop() {
        match tree.step(node) {
            Step::Leaf { path_length } => leaves.push((node, path_length)),
            Step::Split { left, .. } => pending.extend([left + 1, left]),
        }
    }
    leaves
}
