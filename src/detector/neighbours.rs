//! Exact nearest neighbours in Euclidean distance, ties included, by a k-d tree.
//!
//! The tree splits at the middle of the widest side of each node's bounding box and prunes by that box, so
//! columns of flags and small integers cost it little. Answers are sorted by distance and then by index:
//! whoever sums over them gets the same bits on any thread.

use super::{Forecast, Task};
use kdtree::KdTree;
use ndarray::{ArrayView1, ArrayView2};

/// A set of points that can be asked for the nearest to any place.
#[derive(Debug)]
pub struct Neighbours {
    tree: KdTree<f64, usize, Box<[f64]>>,
}

/// A point found near another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// The row of the point in the set.
    pub index: usize,
    /// Euclidean, finite, at least 0.
    pub distance: f64,
}

impl Neighbours {
    /// Prepare points of shape (points, features).
    pub fn new(points: ArrayView2<f64>) -> Self {
        let mut tree = KdTree::with_capacity(points.ncols(), LEAF_CAPACITY);
        for (index, point) in points.rows().into_iter().enumerate() {
            tree.add(coordinates(point), index).expect(ALWAYS_FITS);
        }
        Neighbours { tree }
    }

    /// The `count` points nearest to `row`, at least 1, and every further one as near as the last of them;
    /// nearest first, equally near ones by index. Fewer only where the set holds fewer.
    pub fn nearest(&self, row: ArrayView1<f64>, count: usize) -> Vec<Neighbour> {
        let row = coordinates(row);
        let mut found = self.first(&row, count + SPARE);
        if let Some(&(furthest, _)) = found.get(count - 1) {
            let tied = furthest * (1.0 + TIE);
            if found.len() < self.tree.size() && found[found.len() - 1].0 <= tied {
                found = self.within(&row, tied);
            }
            found.retain(|(squared, _)| *squared <= tied);
        }
        ordered(found)
    }

    fn first(&self, row: &[f64], count: usize) -> Vec<(f64, &usize)> {
        self.tree.nearest(row, count, &squared_distance).expect(ALWAYS_FITS)
    }

    fn within(&self, row: &[f64], squared: f64) -> Vec<(f64, &usize)> {
        self.tree.within(row, squared, &squared_distance).expect(ALWAYS_FITS)
    }
}

/// What finding the k nearest of each scored row among the fitted ones costs. In few columns a search visits some
/// hundred points; in many it visits nearly all.
pub(super) fn forecast(task: Task, k: f64) -> Forecast {
    let (n, d) = (task.fitted as f64, task.columns as f64);
    let visited = (60.0 * (k + 10.0) * (d / 4.0).exp2()).min(n);
    let seconds = task.scored as f64 * visited * (1e-9 + 5e-10 * d) + n * 1e-6;
    Forecast { seconds, bytes: n * (16.0 * d + 16.0) }
}

/// Points in a leaf of the tree; measured, and flat between 8 and 32.
const LEAF_CAPACITY: usize = 16;

/// How many neighbours are asked for beyond the last one needed. Where they show that no further point is
/// equally near, one query does.
const SPARE: usize = 6;

/// Distances that differ by no more than this, relatively, are equal: scaling leaves the last bits of equal
/// distances different.
pub(super) const TIE: f64 = 1e-9;

/// Beyond this a square overflows.
const LARGEST_COORDINATE: f64 = 1e150;

/// Why the tree refuses none of our rows.
const ALWAYS_FITS: &str = "rows have the columns of the tree, and all their coordinates were made finite";

/// A row as the tree wants it: contiguous, and no square of a difference overflows.
#[expect(clippy::manual_clamp, reason = "clamp would let NaN through; max takes the number")]
fn coordinates(row: ArrayView1<f64>) -> Box<[f64]> {
    row.iter().map(|value| value.max(-LARGEST_COORDINATE).min(LARGEST_COORDINATE)).collect()
}

/// The one place where a distance is computed; its order of summation is part of every score's bits.
fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

fn ordered(mut found: Vec<(f64, &usize)>) -> Vec<Neighbour> {
    found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
    found.into_iter().map(|(squared, &index)| Neighbour { index, distance: squared.sqrt() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use ndarray::{Array2, array};
    use rand::Rng;

    fn random_grid(rows: usize, columns: usize, levels: u32, seed: u64) -> Array2<f64> {
        let mut rng = Seed::new(seed).rng();
        Array2::from_shape_simple_fn((rows, columns), || f64::from(rng.gen_range(0..levels)))
    }

    fn by_brute_force(points: &Array2<f64>, row: ArrayView1<f64>, count: usize) -> Vec<Neighbour> {
        let row = coordinates(row);
        let all = points.rows().into_iter().map(|point| squared_distance(&coordinates(point), &row));
        let indexes: Vec<usize> = (0..points.nrows()).collect();
        let mut found = ordered(all.zip(&indexes).collect());
        let furthest = found[count.min(found.len()) - 1].distance;
        found.retain(|neighbour| neighbour.distance <= furthest);
        found
    }

    #[test]
    fn the_tree_agrees_with_brute_force_on_grids_full_of_ties() {
        for (columns, levels) in [(1, 50), (2, 6), (5, 3), (12, 2)] {
            let points = random_grid(300, columns, levels, 7);
            let neighbours = Neighbours::new(points.view());
            for (row, count) in points.rows().into_iter().zip((1..40).cycle()) {
                assert_eq!(neighbours.nearest(row, count), by_brute_force(&points, row, count));
            }
        }
    }

    #[test]
    fn all_points_are_neighbours_where_more_are_asked_for() {
        let points = random_grid(5, 2, 9, 1);
        let found = Neighbours::new(points.view()).nearest(points.row(0), 50);
        assert_eq!(found.len(), 5);
    }

    #[test]
    fn a_row_that_is_not_finite_is_far_away_and_not_a_panic() {
        let neighbours = Neighbours::new(array![[0.0, 0.0], [1.0, 1e300]].view());
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX] {
            let found = neighbours.nearest(array![odd, 0.0].view(), 2);
            assert!(found.iter().all(|n| n.distance.is_finite()), "{odd}: {found:?}");
        }
    }

    #[test]
    fn values_that_halve_a_thousand_times_do_not_exhaust_the_stack() {
        let points = Array2::from_shape_fn((1000, 1), |(i, _)| 0.5_f64.powi(i as i32));
        let found = Neighbours::new(points.view()).nearest(points.row(0), 2);
        assert_eq!(found.iter().map(|n| n.index).collect::<Vec<_>>(), [0, 1]);
    }
}
