//! A tree whose cuts are planes: growth and path length, algorithms 2 and 3 of the paper.

use crate::detector::isolation::partition::partition;
use crate::detector::isolation::path_length::average_path_length;
use ndarray::ArrayView2;
use rand::Rng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// A tree as a list of nodes in preorder: the left child of a node follows it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tree {
    /// For each node, the index of its right child; 0 for a leaf.
    right: Vec<u32>,
    /// For each node, the offset p·n of its cut, or the path length of a leaf.
    value: Vec<f64>,
    /// For each node, the index of its cut. Cuts are numbered in the order of the nodes.
    cut: Vec<u32>,
    /// The normal n of each cut, one value per mixed column. Single precision is enough for a random
    /// direction.
    normals: Vec<f32>,
    /// The mixed columns of each cut; empty if every cut mixes all columns.
    columns: Vec<u32>,
}

impl Tree {
    /// Grow a tree on a sample of the rows of `points`, which are in standard layout. Each cut mixes `mixed`
    /// columns.
    pub(super) fn grow<'a>(
        points: ArrayView2<'a, f64>,
        mut sample: Vec<u32>,
        depth_limit: u32,
        mixed: usize,
        rng: &'a mut ChaCha8Rng,
    ) -> Self {
        let mut grower = Grower { points, depth_limit, mixed, rng, tree: Tree::default(), cuts: 0 };
        grower.grow_node(&mut sample, 0);
        grower.tree
    }

    /// The path length h of a row x (algorithm 3). The row goes left if (x − p)·n ≤ 0, so if x·n ≤ p·n.
    pub(super) fn path_length(&self, row: &[f64], mixed: usize) -> f64 {
        let mut node = 0;
        while self.right[node] != 0 {
            let is_left = self.projection(self.cut[node] as usize, mixed, row) <= self.value[node];
            node = if is_left { node + 1 } else { self.right[node] as usize };
        }
        self.value[node]
    }

    /// x·n of a row x and the normal n of a cut.
    fn projection(&self, cut: usize, mixed: usize, row: &[f64]) -> f64 {
        let normal = &self.normals[cut * mixed..(cut + 1) * mixed];
        if self.columns.is_empty() {
            return dot(row, normal);
        }
        let columns = &self.columns[cut * mixed..(cut + 1) * mixed];
        columns.iter().zip(normal).map(|(&column, &n)| row[column as usize] * f64::from(n)).sum()
    }

    /// Whether scoring is safe: children follow their parents, all cuts and columns exist, and all values are
    /// finite.
    pub(super) fn is_valid(&self, mixed: usize, features: usize) -> bool {
        let nodes = self.right.len();
        let cuts = self.right.iter().filter(|right| **right != 0).count();
        let mixed_columns = if mixed < features { self.normals.len() } else { 0 };
        let is_linked = |(node, &right): (usize, &u32)| {
            right == 0
                || (right as usize > node + 1 && (right as usize) < nodes && (self.cut[node] as usize) < cuts)
        };
        nodes > 0
            && self.value.len() == nodes
            && self.cut.len() == nodes
            && cuts.checked_mul(mixed) == Some(self.normals.len())
            && self.columns.len() == mixed_columns
            && self.right.iter().enumerate().all(is_linked)
            && self.columns.iter().all(|&column| (column as usize) < features)
            && self.value.iter().all(|value| value.is_finite())
            && self.normals.iter().all(|value| value.is_finite())
    }
}

/// x·n, in four partial sums that the processor can add in parallel.
fn dot(row: &[f64], normal: &[f32]) -> f64 {
    let mut sums = [0.0; 4];
    let (rows, normals) = (row.chunks_exact(4), normal.chunks_exact(4));
    let rest = rows.remainder().iter().zip(normals.remainder());
    let rest: f64 = rest.map(|(x, &n)| x * f64::from(n)).sum();
    for (x, n) in rows.zip(normals) {
        (0..4).for_each(|lane| sums[lane] += x[lane] * f64::from(n[lane]));
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

struct Grower<'a> {
    /// In standard layout.
    points: ArrayView2<'a, f64>,
    depth_limit: u32,
    mixed: usize,
    rng: &'a mut ChaCha8Rng,
    tree: Tree,
    cuts: u32,
}

impl Grower<'_> {
    /// Append the node of these rows and, recursively, its children (algorithm 2).
    fn grow_node(&mut self, rows: &mut [u32], depth: u32) {
        let node = self.tree.right.len();
        self.tree.right.push(0);
        self.tree.cut.push(self.cuts);
        if depth == self.depth_limit || rows.len() < 2 {
            self.tree.value.push(f64::from(depth) + average_path_length(rows.len() as u64));
            return;
        }
        let middle = self.cut(rows);
        let (left, right) = rows.split_at_mut(middle);
        self.grow_node(left, depth + 1);
        self.tree.right[node] = self.tree.right.len() as u32;
        self.grow_node(right, depth + 1);
    }

    /// Cut these rows by a random plane and move the rows of its left side to the front. Returns their
    /// number.
    fn cut(&mut self, rows: &mut [u32]) -> usize {
        let (mixed, cut) = (self.mixed, self.cuts as usize);
        self.push_normal();
        let point: Vec<f64> =
            (0..self.points.ncols()).map(|column| self.random_coordinate(rows, column)).collect();
        let offset = finite(self.tree.projection(cut, mixed, &point));
        self.tree.value.push(offset);
        let (tree, points) = (&self.tree, self.points);
        let row = |row: u32| points.row(row as usize).to_slice().expect("the layout is standard");
        partition(rows, |at| tree.projection(cut, mixed, row(at)) <= offset)
    }

    /// Append a cut: its random columns, unless it mixes all, and its normal n.
    fn push_normal(&mut self) {
        if self.mixed < self.points.ncols() {
            let columns = index::sample(self.rng, self.points.ncols(), self.mixed);
            self.tree.columns.extend(columns.iter().map(|column| column as u32));
        }
        self.tree.normals.extend((0..self.mixed).map(|_| standard_normal(self.rng) as f32));
        self.cuts += 1;
    }

    /// A coordinate of the point p: uniform between the extremes of a column in these rows.
    fn random_coordinate(&mut self, rows: &[u32], column: usize) -> f64 {
        let values = rows.iter().map(|&row| self.points[[row as usize, column]]);
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        let weight: f64 = self.rng.r#gen();
        if low < high { low * (1.0 - weight) + high * weight } else { low }
    }
}

/// A standard normal number: Box & Muller, Annals of Mathematical Statistics 1958. `libm` gives the same bits
/// on every machine.
pub(super) fn standard_normal(rng: &mut ChaCha8Rng) -> f64 {
    let (radius, angle): (f64, f64) = (1.0 - rng.r#gen::<f64>(), rng.r#gen());
    (-2.0 * libm::log(radius)).sqrt() * libm::cos(std::f64::consts::TAU * angle)
}

/// Infinity becomes the largest finite number; NaN becomes 0.
fn finite(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(f64::MIN, f64::MAX) }
}
