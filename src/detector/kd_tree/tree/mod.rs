//! A k-d tree: points in leaves of sixteen, and a bounding box around every node.
//!
//! Friedman, Bentley & Finkel, "An Algorithm for Finding Best Matches in Logarithmic Expected Time", ACM TOMS
//! 1977. The splits differ from the paper: a node is split in the middle of the widest side of its box,
//! rounded to a whole leaf. So boxes stay compact, and a rare flag separates the rows that carry it from the
//! others.

mod growth;

use super::bounds::{rounded_down, rounded_up};
use super::node::{LANES, Node, node_count};
use growth::{Buffer, Subtree};
use ndarray::ArrayView2;

/// The square of a larger coordinate overflows.
const LARGEST_COORDINATE: f64 = 1e150;

/// A set of points that can be searched.
#[derive(Debug)]
pub(super) struct Tree {
    columns: usize,
    /// In preorder.
    nodes: Vec<Node>,
    /// For each node, the lowest and then the highest coordinates, rounded outwards.
    boxes: Vec<f32>,
    /// For each leaf, its node.
    leaves: Vec<u32>,
    /// Coordinates by leaf and then by column. The last leaf is padded with NaN, which is within no radius.
    panels: Vec<f64>,
    /// For each point, by leaf, its row.
    indices: Vec<u32>,
}

impl Tree {
    /// Points of shape (points, features). Coordinates beyond ±1e150 are clamped; NaN becomes the lowest.
    pub fn new(points: ArrayView2<f64>) -> Self {
        // Points without columns are all equal, like points whose only column is 0.
        let (len, columns) = (points.nrows(), points.ncols().max(1));
        let size = len.div_ceil(LANES) * LANES * columns;
        let (mut panels, mut indices) = (vec![0.0; size], (0..len as u32).collect::<Vec<_>>());
        for (column, values) in points.columns().into_iter().enumerate() {
            let panel = &mut panels[column * len..(column + 1) * len];
            panel.iter_mut().zip(values).for_each(|(to, &value)| *to = coordinate(value));
        }
        let mut nodes = vec![Node::default(); node_count(len)];
        let mut boxes = vec![0.0; nodes.len() * 2 * columns];
        if len > 0 {
            let mut spare = (vec![0.0; size], vec![0; len]);
            let root = Subtree {
                columns,
                points: Buffer { coordinates: &mut panels, indices: &mut indices },
                spare: Buffer { coordinates: &mut spare.0, indices: &mut spare.1 },
                is_in_place: true,
                nodes: &mut nodes,
                boxes: &mut boxes,
                node: 0,
                leaf: 0,
                depth: 0,
            };
            root.grow();
        }
        let leaves = (0..nodes.len() as u32).filter(|&node| nodes[node as usize].leaves == 1).collect();
        Tree { columns, boxes: rounded_outwards(&boxes, columns), nodes, leaves, panels, indices }
    }

    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// For each leaf, its node.
    pub fn leaves(&self) -> &[u32] {
        &self.leaves
    }

    #[inline(always)]
    pub fn node(&self, node: u32) -> Node {
        self.nodes[node as usize]
    }

    /// The lowest and the highest coordinates below a node, rounded outwards.
    #[inline(always)]
    pub fn bounds(&self, node: u32) -> (&[f32], &[f32]) {
        let first = node as usize * 2 * self.columns;
        self.boxes[first..first + 2 * self.columns].split_at(self.columns)
    }

    /// The coordinates of a leaf's points, [`LANES`] for each column.
    #[inline(always)]
    pub fn panel(&self, leaf: u32) -> &[f64] {
        let len = LANES * self.columns;
        &self.panels[leaf as usize * len..(leaf as usize + 1) * len]
    }

    /// The rows of a leaf's points, at most [`LANES`].
    #[inline(always)]
    pub fn indices(&self, leaf: u32) -> &[u32] {
        let first = leaf as usize * LANES;
        &self.indices[first..self.indices.len().min(first + LANES)]
    }
}

#[expect(clippy::manual_clamp, reason = "clamp would let NaN through; max returns the number")]
fn coordinate(value: f64) -> f64 {
    value.max(-LARGEST_COORDINATE).min(LARGEST_COORDINATE)
}

/// The boxes in f32.
fn rounded_outwards(boxes: &[f64], columns: usize) -> Vec<f32> {
    let boxes = boxes.chunks_exact(2 * columns).flat_map(|bounds| {
        let (low, high) = bounds.split_at(columns);
        low.iter().map(|&low| rounded_down(low)).chain(high.iter().map(|&high| rounded_up(high)))
    });
    boxes.collect()
}
