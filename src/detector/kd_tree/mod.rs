//! Exact nearest neighbors in Euclidean distance, ties included, by a k-d tree.
//!
//! Search for many queries in one call: queries that lie close together share one walk through the tree.
//! Results are sorted by distance and then by index, and every distance is computed in the same way. So sums
//! over them have the same bits for one query and for many, on any number of threads.

mod bounds;
mod candidate;
mod candidates;
mod node;
mod ranking;
mod search;
mod tree;

use super::cost::{CostEstimate, Task};
use ndarray::{ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;
use search::{Queries, Search};
use tree::Tree;

pub(super) use candidate::TIE;

/// A set of points, indexed for searches.
#[derive(Debug)]
pub struct Neighbors {
    tree: Tree,
}

/// One of the points nearest to a query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbor {
    /// The row of the point in the set.
    pub index: usize,
    /// Euclidean, finite, at least 0.
    pub distance: f64,
}

/// The points nearest to a query, sorted by distance and then by index.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Near<'a> {
    /// The rows of the points in the set.
    pub indices: &'a [u32],
    /// Euclidean, finite, at least 0.
    pub distances: &'a [f64],
}

impl<'a> Near<'a> {
    /// Each point and its distance.
    pub fn iter(self) -> impl Iterator<Item = Neighbor> + 'a {
        let pairs = self.indices.iter().zip(self.distances);
        pairs.map(|(&index, &distance)| Neighbor { index: index as usize, distance })
    }
}

impl Neighbors {
    /// Index points of shape (points, features).
    pub fn new(points: ArrayView2<f64>) -> Self {
        Neighbors { tree: Tree::new(points) }
    }

    /// The `count` points nearest to `row`, and every other point that is tied with the last of them. `count`
    /// is at least 1. Points are sorted by distance and then by index. If the set is smaller, all of its
    /// points.
    pub fn nearest(&self, row: ArrayView1<f64>, count: usize) -> Vec<Neighbor> {
        self.map_rows(row.insert_axis(Axis(0)), count, |near| near.iter().collect()).swap_remove(0)
    }

    /// Map each row of shape (rows, features) by the points nearest to it, as [`Self::nearest`] gives them.
    pub fn map_rows<T: Send>(
        &self,
        rows: ArrayView2<f64>,
        count: usize,
        map: impl Fn(Near) -> T + Sync,
    ) -> Vec<T> {
        let push = |outputs: &mut Vec<(usize, T)>, row, near: Near| outputs.push((row, map(near)));
        let mut outputs: Vec<_> = self.search(&Tree::new(rows), count, push).into_iter().flatten().collect();
        outputs.sort_unstable_by_key(|&(row, _)| row);
        outputs.into_iter().map(|(_, output)| output).collect()
    }

    /// Fold over the points of the set. `add` gets the row of a point and the points nearest to it, itself
    /// included, as [`Self::nearest`] gives them. Each run of neighboring leaves has its own accumulator.
    pub fn fold_points<R: Default + Send>(
        &self,
        count: usize,
        add: impl Fn(&mut R, usize, Near) + Sync,
    ) -> Vec<R> {
        self.search(&self.tree, count, add)
    }

    fn search<R: Default + Send>(
        &self,
        queries: &Tree,
        count: usize,
        add: impl Fn(&mut R, usize, Near) + Sync,
    ) -> Vec<R> {
        let scratch = || Scratch { search: Search::new(count), indices: Vec::new(), distances: Vec::new() };
        let runs = queries.leaves().par_chunks(LEAVES_PER_RUN).enumerate();
        runs.map_init(scratch, |scratch, (run, nodes)| {
            let mut accumulator = R::default();
            for (leaf, &node) in (run * LEAVES_PER_RUN..).zip(nodes) {
                self.search_leaf(scratch, queries, leaf as u32, node);
                for (lane, &row) in queries.indices(leaf as u32).iter().enumerate() {
                    add(&mut accumulator, row as usize, scratch.near(lane));
                }
            }
            accumulator
        })
        .collect()
    }

    fn search_leaf(&self, scratch: &mut Scratch, queries: &Tree, leaf: u32, node: u32) {
        let (low, high) = queries.bounds(node);
        let home = std::ptr::eq(queries, &self.tree).then_some(leaf);
        let queries = Queries { len: queries.indices(leaf).len(), panel: queries.panel(leaf), low, high };
        scratch.search.run(&self.tree, &queries, home);
    }
}

/// The cost to find the k nearest fitted rows of each scored row. With few columns, a search visits some
/// hundred points; with many, nearly all.
pub(super) fn estimate(task: Task, k: f64) -> CostEstimate {
    let (n, d) = (task.fitted as f64, task.columns as f64);
    let visited = (60.0 * (k + 10.0) * (d / 4.0).exp2()).min(n);
    let seconds = task.scored as f64 * visited * (3e-10 + 5e-11 * d) + n * d * 4e-8;
    CostEstimate { seconds, bytes: n * (16.0 * d + 16.0) }
}

/// The search and the output buffers of one thread.
struct Scratch {
    search: Search,
    indices: Vec<u32>,
    distances: Vec<f64>,
}

impl Scratch {
    /// The points nearest to one query of the last leaf that was searched.
    fn near(&mut self, lane: usize) -> Near<'_> {
        let candidates = self.search.neighbors(lane);
        self.indices.clear();
        self.indices.extend(candidates.iter().map(|candidate| candidate.index));
        self.distances.clear();
        self.distances.extend(candidates.iter().map(|candidate| candidate.squared.sqrt()));
        Near { indices: &self.indices, distances: &self.distances }
    }
}

/// Leaves of queries per task: enough to be worth one.
const LEAVES_PER_RUN: usize = 16;

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

    fn by_brute_force(points: &Array2<f64>, row: ArrayView1<f64>, count: usize) -> Vec<Neighbor> {
        let distance = |point: ArrayView1<f64>| {
            let squares = point.iter().zip(row).map(|(a, b)| (a - b) * (a - b));
            squares.sum::<f64>().sqrt()
        };
        let all = points.rows().into_iter().map(distance).enumerate();
        let mut neighbors: Vec<_> = all.map(|(index, distance)| Neighbor { index, distance }).collect();
        neighbors.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.index.cmp(&b.index)));
        let farthest = neighbors[count.min(neighbors.len()) - 1].distance;
        neighbors.retain(|neighbor| neighbor.distance <= farthest);
        neighbors
    }

    fn pairs(near: Near) -> Vec<Neighbor> {
        near.iter().collect()
    }

    #[test]
    fn the_tree_agrees_with_brute_force_on_grids_full_of_ties() {
        for (columns, levels) in [(1, 50), (2, 6), (5, 3), (12, 2), (40, 2)] {
            let points = random_grid(300, columns, levels, 7);
            let neighbors = Neighbors::new(points.view());
            for (row, count) in points.rows().into_iter().zip((1..40).cycle()) {
                assert_eq!(neighbors.nearest(row, count), by_brute_force(&points, row, count));
            }
        }
    }

    #[test]
    fn points_close_together_and_far_from_0_have_the_right_neighbors() {
        for (offset, step) in [(1e9, 1e-3), (-1e20, 1e6), (0.0, 1e-50), (1.0, 1e-9)] {
            let points = random_grid(400, 3, 1000, 9).mapv(|value| offset + value * step);
            let neighbors = Neighbors::new(points.view());
            for row in points.rows() {
                assert_eq!(neighbors.nearest(row, 7), by_brute_force(&points, row, 7), "{offset} {step}");
            }
        }
    }

    #[test]
    fn a_query_has_the_same_neighbors_alone_and_among_others() {
        for (columns, levels) in [(2, 9), (3, 1000), (20, 3)] {
            let (points, queries) =
                (random_grid(500, columns, levels, 3), random_grid(90, columns, levels, 4));
            let neighbors = Neighbors::new(points.view());
            for count in [1, 7, 600] {
                let together = neighbors.map_rows(queries.view(), count, pairs);
                for (query, nearest) in queries.rows().into_iter().zip(together) {
                    assert_eq!(nearest, neighbors.nearest(query, count));
                }
            }
        }
    }

    #[test]
    fn a_point_of_the_set_has_the_same_neighbors_in_a_fold_and_as_a_query() {
        for (columns, levels) in [(2, 9), (3, 1000), (20, 3)] {
            let points = random_grid(500, columns, levels, 5);
            let neighbors = Neighbors::new(points.view());
            let push = |run: &mut Vec<_>, row, near: Near| run.push((row, pairs(near)));
            let runs: Vec<Vec<(usize, Vec<Neighbor>)>> = neighbors.fold_points(9, push);
            assert_eq!(runs.iter().flatten().count(), 500);
            for (row, nearest) in runs.iter().flatten() {
                assert_eq!(*nearest, neighbors.nearest(points.row(*row), 9));
            }
        }
    }

    #[test]
    fn without_queries_or_points_there_are_no_neighbors() {
        let (points, none) = (random_grid(20, 2, 9, 1), Array2::zeros((0, 2)));
        assert!(Neighbors::new(points.view()).map_rows(none.view(), 3, pairs).is_empty());
        assert!(Neighbors::new(none.view()).nearest(points.row(0), 3).is_empty());
    }

    #[test]
    fn points_without_columns_are_all_tied() {
        let neighbors = Neighbors::new(Array2::zeros((40, 0)).view());
        let all: Vec<_> = (0..40).map(|index| Neighbor { index, distance: 0.0 }).collect();
        assert_eq!(neighbors.nearest(ArrayView1::from(&[]), 3), all);
    }

    #[test]
    fn a_count_beyond_the_points_gives_all_points() {
        let points = random_grid(5, 2, 9, 1);
        let nearest = Neighbors::new(points.view()).nearest(points.row(0), 50);
        assert_eq!(nearest.len(), 5);
        assert_eq!(nearest, by_brute_force(&points, points.row(0), 50));
    }

    #[test]
    fn a_query_that_is_not_finite_is_as_far_as_a_coordinate_can_be() {
        let neighbors = Neighbors::new(array![[0.0, 0.0], [1.0, 1e300]].view());
        for (odd, farthest) in
            [(f64::NAN, -1e150), (f64::NEG_INFINITY, -1e150), (f64::INFINITY, 1e150), (f64::MAX, 1e150)]
        {
            let nearest = neighbors.nearest(array![odd, 0.0].view(), 2);
            assert_eq!(nearest, neighbors.nearest(array![farthest, 0.0].view(), 2), "{odd}");
            assert_eq!(nearest.iter().map(|n| n.index).collect::<Vec<_>>(), [0, 1], "{odd}");
            // The second point is at (1, 1e150).
            for (neighbor, distance) in nearest.iter().zip([1e150, f64::hypot(1e150, 1e150)]) {
                assert!((neighbor.distance / distance - 1.0).abs() < 1e-12, "{odd}: {nearest:?}");
            }
        }
    }

    #[test]
    fn values_that_halve_a_thousand_times_do_not_exhaust_the_stack() {
        let points = Array2::from_shape_fn((1000, 1), |(i, _)| 0.5_f64.powi(i as i32));
        let nearest = Neighbors::new(points.view()).nearest(points.row(0), 2);
        let expected = [Neighbor { index: 0, distance: 0.0 }, Neighbor { index: 1, distance: 0.5 }];
        assert_eq!(nearest, expected);
    }
}
