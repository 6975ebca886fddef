//! Exact nearest neighbours in Euclidean distance, ties included, by a k-d tree.
//!
//! Whoever has many places to ask for should ask for them together: places that lie side by side are searched for in
//! one walk through the tree. Answers are sorted by distance and then by index, and every distance is computed in the
//! same way: whoever sums over them gets the same bits for one place and for many, on any number of threads.

mod bounds;
mod candidates;
mod ranking;
mod search;
mod tree;

use super::{Forecast, Task};
use ndarray::{ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;
use search::{Places, Search};
use tree::Tree;

/// A set of points that can be asked for the nearest to any place.
#[derive(Debug)]
pub struct Neighbours {
    tree: Tree,
}

/// A point found near a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// The row of the point in the set.
    pub index: usize,
    /// Euclidean, finite, at least 0.
    pub distance: f64,
}

/// The points found near a place: the nearest first, equally near ones by index.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Near<'a> {
    /// The rows of the points in the set.
    pub indices: &'a [u32],
    /// Euclidean, finite, at least 0.
    pub distances: &'a [f64],
}

impl<'a> Near<'a> {
    /// Each point and its distance.
    pub fn iter(self) -> impl Iterator<Item = Neighbour> + 'a {
        let pairs = self.indices.iter().zip(self.distances);
        pairs.map(|(&index, &distance)| Neighbour { index: index as usize, distance })
    }
}

impl Neighbours {
    /// Prepare points of shape (points, features).
    pub fn new(points: ArrayView2<f64>) -> Self {
        Neighbours { tree: Tree::new(points) }
    }

    /// The `count` points nearest to `row`, at least 1, and every further one as near as the last of them;
    /// nearest first, equally near ones by index. Fewer only where the set holds fewer.
    pub fn nearest(&self, row: ArrayView1<f64>, count: usize) -> Vec<Neighbour> {
        self.around_each(row.insert_axis(Axis(0)), count, |near| near.iter().collect()).swap_remove(0)
    }

    /// For each row of shape (rows, features) what is made of the points nearest to it, which are those that
    /// [`Self::nearest`] finds.
    pub fn around_each<T: Send>(
        &self,
        rows: ArrayView2<f64>,
        count: usize,
        make: impl Fn(Near) -> T + Sync,
    ) -> Vec<T> {
        let note = |made: &mut Vec<(usize, T)>, row, near: Near| made.push((row, make(near)));
        let mut made: Vec<_> = self.search(&Tree::new(rows), count, note).into_iter().flatten().collect();
        made.sort_unstable_by_key(|&(row, _)| row);
        made.into_iter().map(|(_, made)| made).collect()
    }

    /// For each point of the set the points nearest to it, itself among them, which are those that [`Self::nearest`]
    /// finds. They are noted in runs of points that lie close together, with the row of the point.
    pub fn among_themselves<R: Default + Send>(
        &self,
        count: usize,
        note: impl Fn(&mut R, usize, Near) + Sync,
    ) -> Vec<R> {
        self.search(&self.tree, count, note)
    }

    fn search<R: Default + Send>(
        &self,
        places: &Tree,
        count: usize,
        note: impl Fn(&mut R, usize, Near) + Sync,
    ) -> Vec<R> {
        let desk = || Desk { search: Search::new(count), indices: Vec::new(), distances: Vec::new() };
        let runs = places.leaves().par_chunks(LEAVES_IN_A_RUN).enumerate();
        runs.map_init(desk, |desk, (run, nodes)| {
            let mut notes = R::default();
            for (leaf, &node) in (run * LEAVES_IN_A_RUN..).zip(nodes) {
                self.search_leaf(desk, places, leaf as u32, node);
                for (lane, &row) in places.indices(leaf as u32).iter().enumerate() {
                    note(&mut notes, row as usize, desk.near(lane));
                }
            }
            notes
        })
        .collect()
    }

    fn search_leaf(&self, desk: &mut Desk, places: &Tree, leaf: u32, node: u32) {
        let (low, high) = places.bounds(node);
        let home = std::ptr::eq(places, &self.tree).then_some(leaf);
        let places = Places { len: places.indices(leaf).len(), panel: places.panel(leaf), low, high };
        desk.search.run(&self.tree, &places, home);
    }
}

/// What finding the k nearest of each scored row among the fitted ones costs. In few columns a search visits some
/// hundred points; in many it visits nearly all.
pub(super) fn forecast(task: Task, k: f64) -> Forecast {
    let (n, d) = (task.fitted as f64, task.columns as f64);
    let visited = (60.0 * (k + 10.0) * (d / 4.0).exp2()).min(n);
    let seconds = task.scored as f64 * visited * (3e-10 + 5e-11 * d) + n * d * 4e-8;
    Forecast { seconds, bytes: n * (16.0 * d + 16.0) }
}

/// What a thread searches with.
struct Desk {
    search: Search,
    indices: Vec<u32>,
    distances: Vec<f64>,
}

impl Desk {
    /// What was found near one of the places of the leaf that was searched last.
    fn near(&mut self, lane: usize) -> Near<'_> {
        let found = self.search.found(lane);
        self.indices.clear();
        self.indices.extend(found.iter().map(|candidate| candidate.index));
        self.distances.clear();
        self.distances.extend(found.iter().map(|candidate| candidate.squared.sqrt()));
        Near { indices: &self.indices, distances: &self.distances }
    }
}

/// Leaves whose places are one task's: enough to be worth it.
const LEAVES_IN_A_RUN: usize = 16;

/// Distances that differ by no more than this, relatively, are equal: scaling leaves the last bits of equal
/// distances different.
pub(super) const TIE: f64 = 1e-9;

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
        let distance = |point: ArrayView1<f64>| {
            let squares = point.iter().zip(row).map(|(a, b)| (a - b) * (a - b));
            squares.sum::<f64>().sqrt()
        };
        let all = points.rows().into_iter().map(distance).enumerate();
        let mut found: Vec<_> = all.map(|(index, distance)| Neighbour { index, distance }).collect();
        found.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.index.cmp(&b.index)));
        let furthest = found[count.min(found.len()) - 1].distance;
        found.retain(|neighbour| neighbour.distance <= furthest);
        found
    }

    fn pairs(near: Near) -> Vec<Neighbour> {
        near.iter().collect()
    }

    #[test]
    fn the_tree_agrees_with_brute_force_on_grids_full_of_ties() {
        for (columns, levels) in [(1, 50), (2, 6), (5, 3), (12, 2), (40, 2)] {
            let points = random_grid(300, columns, levels, 7);
            let neighbours = Neighbours::new(points.view());
            for (row, count) in points.rows().into_iter().zip((1..40).cycle()) {
                assert_eq!(neighbours.nearest(row, count), by_brute_force(&points, row, count));
            }
        }
    }

    #[test]
    fn points_close_together_and_far_from_0_have_their_neighbours_too() {
        for (offset, step) in [(1e9, 1e-3), (-1e20, 1e6), (0.0, 1e-50), (1.0, 1e-9)] {
            let points = random_grid(400, 3, 1000, 9).mapv(|value| offset + value * step);
            let neighbours = Neighbours::new(points.view());
            for row in points.rows() {
                assert_eq!(neighbours.nearest(row, 7), by_brute_force(&points, row, 7), "{offset} {step}");
            }
        }
    }

    #[test]
    fn a_place_among_others_has_the_neighbours_it_has_alone() {
        for (columns, levels) in [(2, 9), (3, 1000), (20, 3)] {
            let (points, places) =
                (random_grid(500, columns, levels, 3), random_grid(90, columns, levels, 4));
            let neighbours = Neighbours::new(points.view());
            for count in [1, 7, 600] {
                let together = neighbours.around_each(places.view(), count, pairs);
                for (place, found) in places.rows().into_iter().zip(together) {
                    assert_eq!(found, neighbours.nearest(place, count));
                }
            }
        }
    }

    #[test]
    fn points_among_themselves_have_the_neighbours_they_have_alone() {
        for (columns, levels) in [(2, 9), (3, 1000), (20, 3)] {
            let points = random_grid(500, columns, levels, 5);
            let neighbours = Neighbours::new(points.view());
            let note = |run: &mut Vec<_>, row, near: Near| run.push((row, pairs(near)));
            let runs: Vec<Vec<(usize, Vec<Neighbour>)>> = neighbours.among_themselves(9, note);
            assert_eq!(runs.iter().flatten().count(), 500);
            for (row, found) in runs.iter().flatten() {
                assert_eq!(*found, neighbours.nearest(points.row(*row), 9));
            }
        }
    }

    #[test]
    fn no_places_have_no_neighbours() {
        let (points, none) = (random_grid(20, 2, 9, 1), Array2::zeros((0, 2)));
        assert!(Neighbours::new(points.view()).around_each(none.view(), 3, pairs).is_empty());
        assert!(Neighbours::new(none.view()).nearest(points.row(0), 3).is_empty());
    }

    #[test]
    fn points_without_columns_are_all_in_one_place() {
        let neighbours = Neighbours::new(Array2::zeros((40, 0)).view());
        assert_eq!(neighbours.nearest(ArrayView1::from(&[]), 3).len(), 40);
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
