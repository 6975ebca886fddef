//! Growth of the tree, from the root down; the two halves of a large node grow in parallel.
//!
//! The points of a node are contiguous in a buffer, column by column. A split moves them to a second buffer
//! of the same size, where the points of each half are contiguous. The next split moves them back. So the
//! points of a leaf end up as its panel.

use crate::detector::kd_tree::node::{LANES, Node, node_count};
use crate::detector::simd::{larger, smaller};

/// The number of points above which each half of a node becomes a task.
const WORTH_TASKS: usize = 4096;

/// From this depth on, a node is split at its median. With midpoints alone, a branch could have thousands of
/// levels.
const DEEPEST_MIDPOINT: usize = 64;

/// A buffer of points.
#[derive(Debug)]
pub(super) struct Buffer<'a> {
    /// Column by column. The buffer of the last leaf is longer than its points, for padding.
    pub coordinates: &'a mut [f64],
    /// The row of each point.
    pub indices: &'a mut [u32],
}

/// The points of one node, and the output for the node and everything below it.
#[derive(Debug)]
pub(super) struct Subtree<'a> {
    pub columns: usize,
    pub points: Buffer<'a>,
    /// The buffer for the next split, of the same size and any content.
    pub spare: Buffer<'a>,
    /// Whether `points`, and not `spare`, is part of the finished tree.
    pub is_in_place: bool,
    /// The nodes of this subtree, its own root first.
    pub nodes: &'a mut [Node],
    /// For each of these nodes, the lowest and then the highest coordinates.
    pub boxes: &'a mut [f64],
    /// The index of the first of these nodes in the tree.
    pub node: usize,
    /// The number of the first leaf in the tree.
    pub leaf: usize,
    pub depth: usize,
}

/// Where a node is split.
struct Split {
    column: usize,
    /// The number of points on the left, a multiple of [`LANES`].
    left_len: usize,
}

impl<'a> Buffer<'a> {
    fn split_at(self, points: usize, columns: usize) -> (Buffer<'a>, Buffer<'a>) {
        let coordinates = self.coordinates.split_at_mut(points * columns);
        let indices = self.indices.split_at_mut(points);
        let left = Buffer { coordinates: coordinates.0, indices: indices.0 };
        (left, Buffer { coordinates: coordinates.1, indices: indices.1 })
    }

    fn column(&self, column: usize) -> &[f64] {
        let len = self.indices.len();
        &self.coordinates[column * len..(column + 1) * len]
    }
}

impl<'a> Subtree<'a> {
    /// Grow a subtree of at least one point.
    pub fn grow(mut self) {
        let len = self.points.indices.len();
        let (leaf, leaves) = (self.leaf as u32, len.div_ceil(LANES) as u32);
        let root = Node { leaf, leaves, ..Node::default() };
        self.nodes[0] = root;
        self.set_box();
        if len <= LANES {
            return self.finish_leaf();
        }
        let split = self.choose_split();
        self.partition(&split);
        let right = self.node + 1 + node_count(split.left_len);
        self.nodes[0] = Node { right: right as u32, split_column: split.column as u32, ..root };
        let (left, right) = self.into_halves(split.left_len);
        if len > WORTH_TASKS {
            rayon::join(|| left.grow(), || right.grow());
        } else {
            left.grow();
            right.grow();
        }
    }

    /// Compute the bounding box of the points.
    fn set_box(&mut self) {
        let (low, high) = self.boxes[..2 * self.columns].split_at_mut(self.columns);
        for (column, (low, high)) in low.iter_mut().zip(high).enumerate() {
            (*low, *high) = range(self.points.column(column));
        }
    }

    /// Split at the midpoint of the widest side of the box, rounded to a whole leaf. Neither half is empty.
    fn choose_split(&self) -> Split {
        let len = self.points.indices.len();
        let (low, high) = self.boxes[..2 * self.columns].split_at(self.columns);
        let width = |column: usize| high[column] - low[column];
        let column = (0..self.columns).max_by(|&a, &b| width(a).total_cmp(&width(b))).unwrap_or(0);
        let midpoint = low[column] + width(column) / 2.0;
        let below = match self.depth {
            ..DEEPEST_MIDPOINT => count_up_to(midpoint, self.points.column(column)),
            _ => len / 2,
        };
        let leaves = (below + LANES / 2) / LANES;
        Split { column, left_len: leaves.clamp(1, len.div_ceil(LANES) - 1) * LANES }
    }

    /// Move the points to the spare buffer, the left half first.
    fn partition(&mut self, split: &Split) {
        self.write_order(split);
        self.gather_columns(split.left_len);
        self.gather_indices();
    }

    /// Write the positions of the points to the spare indices, those of the left half first. The left half is
    /// the `left_len` points with the lowest values; among equal values, earlier points are lower.
    fn write_order(&mut self, split: &Split) {
        let values = self.points.column(split.column);
        let (border, mut ties) = lowest_right(values, split.left_len, self.spare.coordinates);
        let order = &mut *self.spare.indices;
        let (mut left, mut right) = (0, values.len());
        // Branchless: write to both ends, advance one.
        for (at, &value) in values.iter().enumerate() {
            let is_left_tie = value == border && ties > 0;
            let is_left = value < border || is_left_tie;
            ties -= usize::from(is_left_tie);
            order[left] = at as u32;
            order[right - 1] = at as u32;
            left += usize::from(is_left);
            right -= usize::from(!is_left);
        }
    }

    /// Copy the coordinates to the spare buffer in the order written there. The columns of each half are
    /// contiguous.
    fn gather_columns(&mut self, left_len: usize) {
        let (left, right) = self.spare.coordinates.split_at_mut(left_len * self.columns);
        let (left_order, right_order) = self.spare.indices.split_at(left_len);
        for (half, order) in [(left, left_order), (right, right_order)] {
            for (column, gathered) in half.chunks_exact_mut(order.len()).take(self.columns).enumerate() {
                let values = self.points.column(column);
                for (value, &from) in gathered.iter_mut().zip(order) {
                    *value = values[from as usize];
                }
            }
        }
    }

    /// Replace the positions in the spare indices by the rows of the points there.
    fn gather_indices(&mut self) {
        for index in &mut *self.spare.indices {
            *index = self.points.indices[*index as usize];
        }
    }

    /// The two halves of a node whose points are partitioned in the spare buffer.
    fn into_halves(self, left_len: usize) -> (Subtree<'a>, Subtree<'a>) {
        let (columns, box_len, left_nodes) = (self.columns, 2 * self.columns, node_count(left_len));
        let points = self.spare.split_at(left_len, columns);
        let spare = self.points.split_at(left_len, columns);
        let nodes = self.nodes[1..].split_at_mut(left_nodes);
        let boxes = self.boxes[box_len..].split_at_mut(left_nodes * box_len);
        let (is_in_place, depth) = (!self.is_in_place, self.depth + 1);
        let left = Subtree {
            columns,
            points: points.0,
            spare: spare.0,
            is_in_place,
            nodes: nodes.0,
            boxes: boxes.0,
            node: self.node + 1,
            leaf: self.leaf,
            depth,
        };
        let right = Subtree {
            columns,
            points: points.1,
            spare: spare.1,
            is_in_place,
            nodes: nodes.1,
            boxes: boxes.1,
            node: self.node + 1 + left_nodes,
            leaf: self.leaf + left_len / LANES,
            depth,
        };
        (left, right)
    }

    /// Move the points of a leaf to their place in the tree, and pad each column with NaN.
    fn finish_leaf(mut self) {
        if !self.is_in_place {
            self.spare.coordinates.copy_from_slice(self.points.coordinates);
            self.spare.indices.copy_from_slice(self.points.indices);
            self.points = self.spare;
        }
        let (len, panel) = (self.points.indices.len(), self.points.coordinates);
        if len < LANES {
            // From the last column on, so that no column overwrites one that has not moved yet.
            for column in (0..self.columns).rev() {
                panel.copy_within(column * len..(column + 1) * len, column * LANES);
                panel[column * LANES + len..(column + 1) * LANES].fill(f64::NAN);
            }
        }
    }
}

/// The number of values that are at most `limit`.
fn count_up_to(limit: f64, values: &[f64]) -> usize {
    values.iter().filter(|&&value| value <= limit).count()
}

/// The lowest value of the right half if `left_len` values go left, and how many of the values equal to it go
/// left.
fn lowest_right(values: &[f64], left_len: usize, scratch: &mut [f64]) -> (f64, usize) {
    let sorted = &mut scratch[..values.len()];
    sorted.copy_from_slice(values);
    let (left, &mut border, _) = sorted.select_nth_unstable_by(left_len, f64::total_cmp);
    (border, left.iter().filter(|&&value| value == border).count())
}

/// The lowest and the highest of some numbers.
fn range(values: &[f64]) -> (f64, f64) {
    const WIDTH: usize = 8;
    let (mut low, mut high) = ([f64::INFINITY; WIDTH], [f64::NEG_INFINITY; WIDTH]);
    let (chunks, rest) = values.as_chunks::<WIDTH>();
    for values in chunks {
        for at in 0..WIDTH {
            low[at] = smaller(values[at], low[at]);
            high[at] = larger(values[at], high[at]);
        }
    }
    let low = low.iter().chain(rest).fold(f64::INFINITY, |low, &value| smaller(value, low));
    (low, high.iter().chain(rest).fold(f64::NEG_INFINITY, |high, &value| larger(value, high)))
}
