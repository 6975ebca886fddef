//! One tree as a table: complete to a fixed depth, with implicit links.

use super::super::tree::{Step, Tree};
use super::ranks::{NEVER, SortedThresholds};

/// Splits on the path to every leaf.
pub(super) const DEPTH: u32 = 8;

/// Leaves of a table. The root is node 1, and the children of node n are 2n and 2n + 1. So the splits are
/// nodes 1 to `LEAVES - 1`, and the leaves are nodes `LEAVES` to `2 * LEAVES - 1`.
pub(super) const LEAVES: usize = 1 << DEPTH;

/// A tree whose leaves are all at depth [`DEPTH`].
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// For each split, the rank of its threshold. Entry 0 is unused.
    pub thresholds: [u16; LEAVES],
    /// For each split, its feature. Entry 0 is unused.
    pub features: [u16; LEAVES],
    /// For each leaf, its path length.
    pub path_lengths: [f64; LEAVES],
}

impl Table {
    /// The table of a tree; `None` if the tree is deeper than [`DEPTH`].
    pub fn new(tree: &Tree, sorted_thresholds: &[SortedThresholds]) -> Option<Self> {
        let mut table =
            Table { thresholds: [NEVER; LEAVES], features: [0; LEAVES], path_lengths: [0.0; LEAVES] };
        let mut pending = vec![(0, 1_usize)];
        while let Some((at, node)) = pending.pop() {
            match tree.step(at) {
                Step::Leaf { path_length } => {
                    table.path_lengths[leftmost_leaf(node) - LEAVES] = path_length;
                }
                Step::Split { .. } if node >= LEAVES => return None,
                Step::Split { column, threshold, left } => {
                    table.thresholds[node] = sorted_thresholds[column].rank_of(threshold);
                    table.features[node] = column as u16;
                    pending.extend([(left, 2 * node), (left + 1, 2 * node + 1)]);
                }
            }
        }
        Some(table)
    }
}

/// The leaf that ends the leftmost path below a node. Below a leaf of the tree, all thresholds are [`NEVER`]
/// and all rows take this path.
fn leftmost_leaf(node: usize) -> usize {
    node << (DEPTH - node.ilog2())
}
