//! How the tree grows: cut by cut, both halves of a large node at the same time.

use super::{LANES, Node, nodes_of};

/// A node whose halves are worth a task each.
const WORTH_TASKS: usize = 4096;

/// Below this, nodes are cut where half of their points lie on either side: middles of sides alone could go on for
/// thousands of cuts.
const DEEPEST_MIDDLE: usize = 64;

/// What does not change while a tree grows.
pub(super) struct Growth<'a> {
    pub columns: usize,
    /// Row by row.
    pub coordinates: &'a [f64],
}

/// The points below a node, and the room for all that will stand there.
pub(super) struct Part<'a> {
    pub indices: &'a mut [u32],
    pub nodes: &'a mut [Node],
    pub boxes: &'a mut [f64],
    pub node: usize,
    pub leaf: usize,
    pub depth: usize,
}

impl Growth<'_> {
    /// Grow the tree below a node that holds at least one point.
    pub fn grow(&self, part: Part) {
        let (large, root) = (part.indices.len() > WORTH_TASKS, Node { right: 0, leaf: part.leaf as u32 });
        part.nodes[0] = root;
        let bounds = &mut part.boxes[..2 * self.columns];
        self.surround(part.indices, bounds);
        if part.indices.len() <= LANES {
            return;
        }
        let cut = self.cut(part.indices, bounds, part.depth);
        let right = part.node + 1 + nodes_of(cut);
        part.nodes[0] = Node { right: right as u32, ..root };
        let (left, right) = self.halves(part, cut);
        if large {
            rayon::join(|| self.grow(left), || self.grow(right));
        } else {
            self.grow(left);
            self.grow(right);
        }
    }

    /// What stands behind the node itself, the first `cut` points apart from the others.
    fn halves<'p>(&self, part: Part<'p>, cut: usize) -> (Part<'p>, Part<'p>) {
        let (side, nodes) = (2 * self.columns, nodes_of(cut));
        let indices = part.indices.split_at_mut(cut);
        let below = part.nodes[1..].split_at_mut(nodes);
        let boxes = part.boxes[side..].split_at_mut(nodes * side);
        let depth = part.depth + 1;
        let (node, leaf) = (part.node + 1, part.leaf);
        let left = Part { indices: indices.0, nodes: below.0, boxes: boxes.0, node, leaf, depth };
        let (node, leaf) = (node + nodes, leaf + cut / LANES);
        (left, Part { indices: indices.1, nodes: below.1, boxes: boxes.1, node, leaf, depth })
    }

    fn point(&self, index: u32) -> &[f64] {
        &self.coordinates[index as usize * self.columns..(index as usize + 1) * self.columns]
    }

    /// The lowest and the highest coordinates of some points.
    fn surround(&self, indices: &[u32], bounds: &mut [f64]) {
        let (low, high) = bounds.split_at_mut(self.columns);
        low.fill(f64::INFINITY);
        high.fill(f64::NEG_INFINITY);
        for &index in indices {
            for ((low, high), &value) in low.iter_mut().zip(&mut *high).zip(self.point(index)) {
                *low = if value < *low { value } else { *low };
                *high = if value > *high { value } else { *high };
            }
        }
    }

    /// Order more points than a leaf holds so that those in front lie below those behind, on the widest side of their
    /// box; how many are in front, a number of whole leaves.
    fn cut(&self, indices: &mut [u32], bounds: &[f64], depth: usize) -> usize {
        let (low, high) = bounds.split_at(self.columns);
        let width = |column: usize| high[column] - low[column];
        let Some(widest) = (0..self.columns).max_by(|&a, &b| width(a).total_cmp(&width(b))) else {
            return LANES;
        };
        let value = |index: u32| self.point(index)[widest];
        let middle = low[widest] + width(widest) / 2.0;
        let below = match depth {
            ..DEEPEST_MIDDLE => indices.iter().filter(|&&index| value(index) <= middle).count(),
            _ => indices.len() / 2,
        };
        let leaves = (below + LANES / 2) / LANES;
        let cut = leaves.clamp(1, indices.len().div_ceil(LANES) - 1) * LANES;
        indices.select_nth_unstable_by(cut, |&a, &b| value(a).total_cmp(&value(b)));
        cut
    }
}
