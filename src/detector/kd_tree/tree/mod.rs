//! Points in the order of a k-d tree, sixteen to a leaf, and a bounding box around every node.
//!
//! Friedman, Bentley & Finkel, "An Algorithm for Finding Best Matches in Logarithmic Expected Time", ACM TOMS
//! 1977, but for where a node is cut: at the middle of its widest side, so that boxes stay compact and a rare flag
//! parts the rows that carry it from the others, and then at the next whole leaf.

mod growth;

use super::bounds::{above, below};
use growth::{Part, Room};
use ndarray::ArrayView2;

/// Points in a leaf. All leaves but the last are full, and their points stand side by side for vector instructions.
pub(super) const LANES: usize = 16;

/// Beyond this a square overflows.
const LARGEST_COORDINATE: f64 = 1e150;

/// A set of points that can be searched.
#[derive(Debug)]
pub(super) struct Tree {
    columns: usize,
    /// The root first; behind a node its left part, and behind that its right part.
    nodes: Vec<Node>,
    /// Node by node, the lowest coordinates and then the highest, rounded outwards.
    boxes: Vec<f32>,
    /// The node that each leaf is.
    leaves: Vec<u32>,
    /// Leaf by leaf and column by column, filled up with what is no number and so near to nothing.
    panels: Vec<f64>,
    /// Leaf by leaf, the row of each point.
    indices: Vec<u32>,
}

/// A node of the tree.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Node {
    /// Where its right part stands; nothing in a leaf.
    pub right: u32,
    /// The first leaf below it, or the one that it is.
    pub leaf: u32,
    /// How many leaves there are below it; 1 in a leaf.
    pub leaves: u32,
    /// The column across which it is cut; nothing in a leaf.
    pub cut: u32,
}

impl Tree {
    /// Points of shape (points, features). Coordinates that are not finite are put far away.
    pub fn new(points: ArrayView2<f64>) -> Self {
        // Points without columns are all in one place, as are those with a column that is 0 everywhere.
        let (len, columns) = (points.nrows(), points.ncols().max(1));
        let room = len.div_ceil(LANES) * LANES * columns;
        let (mut panels, mut indices) = (vec![0.0; room], (0..len as u32).collect::<Vec<_>>());
        for (column, values) in points.columns().into_iter().enumerate() {
            let panel = &mut panels[column * len..(column + 1) * len];
            panel.iter_mut().zip(values).for_each(|(to, &value)| *to = coordinate(value));
        }
        let mut nodes = vec![Node::default(); nodes_of(len)];
        let mut boxes = vec![0.0; nodes.len() * 2 * columns];
        if len > 0 {
            let mut spare = (vec![0.0; room], vec![0; len]);
            let whole = Part {
                columns,
                points: Room { coordinates: &mut panels, indices: &mut indices },
                spare: Room { coordinates: &mut spare.0, indices: &mut spare.1 },
                at_home: true,
                nodes: &mut nodes,
                boxes: &mut boxes,
                node: 0,
                leaf: 0,
                depth: 0,
            };
            whole.grow();
        }
        let leaves = (0..nodes.len() as u32).filter(|&node| nodes[node as usize].leaves == 1).collect();
        let boxes = boxes.chunks_exact(2 * columns).flat_map(|bounds| {
            let (low, high) = bounds.split_at(columns);
            low.iter().map(|&low| below(low)).chain(high.iter().map(|&high| above(high)))
        });
        let boxes = boxes.collect();
        Tree { columns, nodes, boxes, leaves, panels, indices }
    }

    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    /// The node that each leaf is.
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

#[expect(clippy::manual_clamp, reason = "clamp would let NaN through; max takes the number")]
fn coordinate(value: f64) -> f64 {
    value.max(-LARGEST_COORDINATE).min(LARGEST_COORDINATE)
}

/// How many nodes there are above so many points, leaves among them: each that is no leaf has two children.
fn nodes_of(points: usize) -> usize {
    (2 * points.div_ceil(LANES)).saturating_sub(1)
}
