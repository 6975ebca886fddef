//! How the tree grows: cut by cut, both halves of a large node at the same time.
//!
//! The points of a node stand side by side and column by column, and are moved to where the columns of its halves
//! stand, from one room to another as large and back: so the points of a leaf end as its panel.

use super::{LANES, Node, nodes_of};
use crate::detector::simd::{larger, smaller};

/// A node whose halves are worth a task each.
const WORTH_TASKS: usize = 4096;

/// Below this, nodes are cut where half of their points lie on either side: middles of sides alone could go on for
/// thousands of cuts.
const DEEPEST_MIDDLE: usize = 64;

/// Room for points.
#[derive(Debug)]
pub(super) struct Room<'a> {
    /// Column by column, and at the very end what fills up the last leaf.
    pub coordinates: &'a mut [f64],
    /// The row of each point.
    pub indices: &'a mut [u32],
}

/// The points below a node, and the room for all that will stand there.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub columns: usize,
    pub points: Room<'a>,
    /// As much room again, whatever it holds.
    pub spare: Room<'a>,
    /// Whether the points are in the room where they are to end.
    pub at_home: bool,
    pub nodes: &'a mut [Node],
    pub boxes: &'a mut [f64],
    pub node: usize,
    pub leaf: usize,
    pub depth: usize,
}

/// Where a node is cut in two.
struct Cut {
    column: usize,
    /// How many points are in front, a number of whole leaves.
    in_front: usize,
}

impl<'a> Room<'a> {
    fn split_at(self, points: usize, columns: usize) -> (Room<'a>, Room<'a>) {
        let coordinates = self.coordinates.split_at_mut(points * columns);
        let indices = self.indices.split_at_mut(points);
        let front = Room { coordinates: coordinates.0, indices: indices.0 };
        (front, Room { coordinates: coordinates.1, indices: indices.1 })
    }

    fn column(&self, column: usize) -> &[f64] {
        let len = self.indices.len();
        &self.coordinates[column * len..(column + 1) * len]
    }
}

impl<'a> Part<'a> {
    /// Grow the tree below a node that holds at least one point.
    pub fn grow(mut self) {
        let len = self.points.indices.len();
        let (leaf, leaves) = (self.leaf as u32, len.div_ceil(LANES) as u32);
        let root = Node { leaf, leaves, ..Node::default() };
        self.nodes[0] = root;
        self.surround();
        if len <= LANES {
            return self.end();
        }
        let cut = self.cut();
        let right = self.node + 1 + nodes_of(cut.in_front);
        self.nodes[0] = Node { right: right as u32, cut: cut.column as u32, ..root };
        let (left, right) = self.halves(cut.in_front);
        if len > WORTH_TASKS {
            rayon::join(|| left.grow(), || right.grow());
        } else {
            left.grow();
            right.grow();
        }
    }

    /// The lowest and the highest coordinates of the points.
    fn surround(&mut self) {
        let (low, high) = self.boxes[..2 * self.columns].split_at_mut(self.columns);
        for (column, (low, high)) in low.iter_mut().zip(high).enumerate() {
            (*low, *high) = range(self.points.column(column));
        }
    }

    /// Choose where to cut more points than a leaf holds, and move them to the spare room, those below the cut in
    /// front: at the middle of the widest side of their box, and then at the next whole leaf.
    fn cut(&mut self) -> Cut {
        let len = self.points.indices.len();
        let (low, high) = self.boxes[..2 * self.columns].split_at(self.columns);
        let width = |column: usize| high[column] - low[column];
        let column = (0..self.columns).max_by(|&a, &b| width(a).total_cmp(&width(b))).unwrap_or(0);
        let middle = low[column] + width(column) / 2.0;
        let values = self.points.column(column);
        let below = match self.depth {
            ..DEEPEST_MIDDLE => values.iter().filter(|&&value| value <= middle).count(),
            _ => len / 2,
        };
        let leaves = (below + LANES / 2) / LANES;
        let cut = Cut { column, in_front: leaves.clamp(1, len.div_ceil(LANES) - 1) * LANES };
        self.order(&cut);
        self.move_in_order(cut.in_front);
        cut
    }

    /// Write to the spare room which points come first: those in front of the cut, and then those behind it.
    fn order(&mut self, cut: &Cut) {
        let values = self.points.column(cut.column);
        let sorted = &mut self.spare.coordinates[..values.len()];
        sorted.copy_from_slice(values);
        let (front, &mut border, _) = sorted.select_nth_unstable_by(cut.in_front, f64::total_cmp);
        let mut ties = front.iter().filter(|&&value| value == border).count();
        let order = &mut *self.spare.indices;
        let (mut first, mut last) = (0, values.len());
        // On which side a point lies is a matter of luck: it is written to both, and stays on one.
        for (at, &value) in values.iter().enumerate() {
            let tied = value == border && ties > 0;
            let in_front = value < border || tied;
            ties -= usize::from(tied);
            order[first] = at as u32;
            order[last - 1] = at as u32;
            first += usize::from(in_front);
            last -= usize::from(!in_front);
        }
    }

    /// Move the points to the spare room in the order that is written there, the columns of each half together.
    fn move_in_order(&mut self, in_front: usize) {
        let order = &mut *self.spare.indices;
        let halves = self.spare.coordinates.split_at_mut(in_front * self.columns);
        let (front, behind) = order.split_at(in_front);
        for (half, order) in [(halves.0, front), (halves.1, behind)] {
            for (column, moved) in half.chunks_exact_mut(order.len()).take(self.columns).enumerate() {
                let values = self.points.column(column);
                for (value, &from) in moved.iter_mut().zip(order) {
                    *value = values[from as usize];
                }
            }
        }
        for index in order {
            *index = self.points.indices[*index as usize];
        }
    }

    /// What stands behind the node itself, now that its points are in the spare room.
    fn halves(self, in_front: usize) -> (Part<'a>, Part<'a>) {
        let (columns, side, nodes) = (self.columns, 2 * self.columns, nodes_of(in_front));
        let points = self.spare.split_at(in_front, columns);
        let spare = self.points.split_at(in_front, columns);
        let below = self.nodes[1..].split_at_mut(nodes);
        let boxes = self.boxes[side..].split_at_mut(nodes * side);
        let (at_home, depth) = (!self.at_home, self.depth + 1);
        let left = Part {
            columns,
            points: points.0,
            spare: spare.0,
            at_home,
            nodes: below.0,
            boxes: boxes.0,
            node: self.node + 1,
            leaf: self.leaf,
            depth,
        };
        let right = Part {
            columns,
            points: points.1,
            spare: spare.1,
            at_home,
            nodes: below.1,
            boxes: boxes.1,
            node: self.node + 1 + nodes,
            leaf: self.leaf + in_front / LANES,
            depth,
        };
        (left, right)
    }

    /// Put the points of a leaf where they are to end, filled up with what is no number.
    fn end(mut self) {
        if !self.at_home {
            self.spare.coordinates.copy_from_slice(self.points.coordinates);
            self.spare.indices.copy_from_slice(self.points.indices);
            self.points = self.spare;
        }
        let (len, panel) = (self.points.indices.len(), self.points.coordinates);
        if len < LANES {
            for column in (0..self.columns).rev() {
                panel.copy_within(column * len..(column + 1) * len, column * LANES);
                panel[column * LANES + len..(column + 1) * LANES].fill(f64::NAN);
            }
        }
    }
}

/// The lowest and the highest of some numbers.
fn range(values: &[f64]) -> (f64, f64) {
    const SIDE_BY_SIDE: usize = 8;
    let (mut low, mut high) = ([f64::INFINITY; SIDE_BY_SIDE], [f64::NEG_INFINITY; SIDE_BY_SIDE]);
    let (chunks, rest) = values.as_chunks::<SIDE_BY_SIDE>();
    for values in chunks {
        for at in 0..SIDE_BY_SIDE {
            low[at] = smaller(values[at], low[at]);
            high[at] = larger(values[at], high[at]);
        }
    }
    let low = low.iter().chain(rest).fold(f64::INFINITY, |low, &value| smaller(value, low));
    (low, high.iter().chain(rest).fold(f64::NEG_INFINITY, |high, &value| larger(value, high)))
}
