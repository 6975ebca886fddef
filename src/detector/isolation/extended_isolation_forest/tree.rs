//! A tree whose cuts are planes: algorithms 2 and 3 of the paper.

use crate::detector::isolation::isolation_forest::average_path_length;
use crate::detector::isolation::isolation_forest::growth::partition;
use ndarray::ArrayView2;
use rand::Rng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// A tree as a list of nodes, the root first; a node's left child stands behind it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tree {
    /// For each node where its right child stands, and 0 of a leaf.
    right: Vec<u32>,
    /// The offset p·n of a cut, the path length of a leaf.
    value: Vec<f64>,
    /// Which of the cuts a node has, counted in the order of the nodes.
    cut: Vec<u32>,
    /// The normal of each cut, one value per mixed column. Half a double is enough for a random direction.
    normals: Vec<f32>,
    /// The mixed columns of each cut; nothing where it mixes all.
    columns: Vec<u32>,
}

impl Tree {
    /// Grow a tree on rows that were drawn from a table in standard layout; each cut mixes so many columns.
    pub(super) fn grow<'a>(
        points: ArrayView2<'a, f64>,
        mut drawn: Vec<u32>,
        depth_limit: u32,
        mixed: usize,
        rng: &'a mut ChaCha8Rng,
    ) -> Self {
        let mut growing = Growing { points, depth_limit, mixed, rng, tree: Tree::default(), cuts: 0 };
        growing.node(&mut drawn, 0);
        growing.tree
    }

    /// The path length h of a row.
    pub(super) fn path_length(&self, row: &[f64], mixed: usize) -> f64 {
        let mut at = 0;
        while self.right[at] != 0 {
            let left = self.along(self.cut[at] as usize, mixed, row) <= self.value[at];
            at = if left { at + 1 } else { self.right[at] as usize };
        }
        self.value[at]
    }

    /// x·n of a row and the normal of a cut.
    fn along(&self, cut: usize, mixed: usize, row: &[f64]) -> f64 {
        let normal = &self.normals[cut * mixed..(cut + 1) * mixed];
        if self.columns.is_empty() {
            return product(row, normal);
        }
        let columns = &self.columns[cut * mixed..(cut + 1) * mixed];
        columns.iter().zip(normal).map(|(&column, &n)| row[column as usize] * f64::from(n)).sum()
    }

    /// Children behind their parents, cuts and columns that exist.
    pub(super) fn is_sound(&self, mixed: usize, features: usize) -> bool {
        let nodes = self.right.len();
        let cuts = self.right.iter().filter(|right| **right != 0).count();
        let named = if mixed < features { Some(self.normals.len()) } else { Some(0) };
        let linked = |(at, &right): (usize, &u32)| {
            right == 0
                || (right as usize > at + 1 && (right as usize) < nodes && (self.cut[at] as usize) < cuts)
        };
        nodes > 0
            && self.value.len() == nodes
            && self.cut.len() == nodes
            && cuts.checked_mul(mixed) == Some(self.normals.len())
            && named == Some(self.columns.len())
            && self.right.iter().enumerate().all(linked)
            && self.columns.iter().all(|&column| (column as usize) < features)
            && self.value.iter().all(|value| value.is_finite())
            && self.normals.iter().all(|value| value.is_finite())
    }
}

/// x·n, in four sums, which a processor adds up side by side.
fn product(row: &[f64], normal: &[f32]) -> f64 {
    let mut sums = [0.0; 4];
    let (rows, normals) = (row.chunks_exact(4), normal.chunks_exact(4));
    let rest = rows.remainder().iter().zip(normals.remainder());
    let rest: f64 = rest.map(|(x, &n)| x * f64::from(n)).sum();
    for (x, n) in rows.zip(normals) {
        (0..4).for_each(|lane| sums[lane] += x[lane] * f64::from(n[lane]));
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

struct Growing<'a> {
    /// In standard layout.
    points: ArrayView2<'a, f64>,
    depth_limit: u32,
    mixed: usize,
    rng: &'a mut ChaCha8Rng,
    tree: Tree,
    cuts: u32,
}

impl Growing<'_> {
    fn node(&mut self, rows: &mut [u32], depth: u32) {
        let at = self.tree.right.len();
        self.tree.right.push(0);
        self.tree.cut.push(self.cuts);
        if depth == self.depth_limit || rows.len() < 2 {
            self.tree.value.push(f64::from(depth) + average_path_length(rows.len() as u64));
            return;
        }
        let middle = self.cut(rows);
        let (left, right) = rows.split_at_mut(middle);
        self.node(left, depth + 1);
        self.tree.right[at] = self.tree.right.len() as u32;
        self.node(right, depth + 1);
    }

    /// Cut by a random plane through the box around these rows; how many of them are on the left, where they now are.
    fn cut(&mut self, rows: &mut [u32]) -> usize {
        let (mixed, cut) = (self.mixed, self.cuts as usize);
        if mixed < self.points.ncols() {
            let columns = index::sample(self.rng, self.points.ncols(), mixed);
            self.tree.columns.extend(columns.iter().map(|column| column as u32));
        }
        self.tree.normals.extend((0..mixed).map(|_| standard_normal(self.rng) as f32));
        self.cuts += 1;
        let point: Vec<f64> = (0..self.points.ncols()).map(|column| self.between(rows, column)).collect();
        let offset = finite(self.tree.along(cut, mixed, &point));
        self.tree.value.push(offset);
        let (tree, points) = (&self.tree, self.points);
        let row = |row: u32| points.row(row as usize).to_slice().expect("the layout is standard");
        partition(rows, |at| tree.along(cut, mixed, row(at)) <= offset)
    }

    /// A random value between the extremes of a column in these rows.
    fn between(&mut self, rows: &[u32], column: usize) -> f64 {
        let values = rows.iter().map(|&row| self.points[[row as usize, column]]);
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        let share: f64 = self.rng.r#gen();
        if low < high { low * (1.0 - share) + high * share } else { low }
    }
}

/// Box & Muller, Annals of Mathematical Statistics 1958.
pub(super) fn standard_normal(rng: &mut ChaCha8Rng) -> f64 {
    let (radius, angle): (f64, f64) = (1.0 - rng.r#gen::<f64>(), rng.r#gen());
    (-2.0 * libm::log(radius)).sqrt() * libm::cos(std::f64::consts::TAU * angle)
}

/// Beyond the largest numbers, the largest.
fn finite(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(f64::MIN, f64::MAX) }
}
