//! The neighborhood of a row, and the quantities that the paper defines on it.

use super::parameters::Duplicates;
use crate::detector::kd_tree::{Near, Neighbor, Neighbors, TIE};
use crate::rows::WeightedRows;
use ndarray::{ArrayView1, ArrayView2};

/// D: the training rows, indexed for neighborhoods.
#[derive(Debug)]
pub(super) struct Dataset {
    neighbors: Neighbors,
    weights: Vec<u32>,
    pub(super) k: usize,
    pub(super) duplicates: Duplicates,
}

/// N_k(p): every object except p itself whose distance from p is at most the k-distance of p.
#[derive(Clone, Copy, Debug)]
pub(super) struct Neighborhood<'a> {
    members: Near<'a>,
    /// The index of p if it is a training row: one copy of it is p itself and does not count.
    own: Option<usize>,
}

/// The neighborhoods of some training rows, in flat arrays.
#[derive(Debug, Default)]
pub(super) struct Neighborhoods {
    pub(super) rows: Vec<u32>,
    pub(super) k_distances: Vec<f64>,
    /// For each neighborhood, the end of its members. A neighborhood that is not cached has none.
    ends: Vec<usize>,
    indices: Vec<u32>,
    distances: Vec<f64>,
}

impl Neighborhoods {
    /// Bytes per member.
    pub(super) const MEMBER: usize = size_of::<u32>() + size_of::<f64>();

    fn push(&mut self, row: usize, neighborhood: &Neighborhood, longest_cached: usize) {
        self.rows.push(row as u32);
        self.k_distances.push(neighborhood.k_distance());
        if neighborhood.members.indices.len() <= longest_cached {
            self.indices.extend_from_slice(neighborhood.members.indices);
            self.distances.extend_from_slice(neighborhood.members.distances);
        }
        self.ends.push(self.indices.len());
    }

    /// The neighborhood at a position, if it is cached.
    pub(super) fn get(&self, position: usize) -> Option<Neighborhood<'_>> {
        let begin = position.checked_sub(1).map_or(0, |previous| self.ends[previous]);
        let members = begin..self.ends[position];
        let (indices, distances) = (&self.indices[members.clone()], &self.distances[members]);
        let own = Some(self.rows[position] as usize);
        (!indices.is_empty()).then_some(Neighborhood { members: Near { indices, distances }, own })
    }
}

impl Dataset {
    pub(super) fn new(train: &WeightedRows, k: usize, duplicates: Duplicates) -> Self {
        let neighbors = Neighbors::new(train.points.view());
        Dataset { neighbors, weights: train.weights.clone(), k, duplicates }
    }

    /// Map each new row by its neighborhood.
    pub(super) fn map_rows(
        &self,
        rows: ArrayView2<f64>,
        map: impl Fn(&Neighborhood) -> f64 + Sync,
    ) -> Vec<f64> {
        self.neighbors.map_rows(rows, self.k, |near| map(&self.neighborhood(near, None)))
    }

    /// The neighborhoods of all training rows. Those of more than `longest_cached` members are not cached.
    pub(super) fn training_neighborhoods(&self, longest_cached: usize) -> Vec<Neighborhoods> {
        self.neighbors.fold_points(self.k + 1, |run: &mut Neighborhoods, row, near| {
            run.push(row, &self.neighborhood(near, Some(row)), longest_cached);
        })
    }

    /// Map one training row by its neighborhood. `point` is the row, and `own` its index.
    pub(super) fn map_training_row(
        &self,
        point: ArrayView1<f64>,
        own: usize,
        map: impl Fn(&Neighborhood) -> f64,
    ) -> f64 {
        let nearest = self.neighbors.nearest(point, self.k + 1);
        let (indices, distances): (Vec<u32>, Vec<f64>) =
            nearest.iter().map(|neighbor| (neighbor.index as u32, neighbor.distance)).unzip();
        map(&self.neighborhood(Near { indices: &indices, distances: &distances }, Some(own)))
    }

    /// Definition 4.
    fn neighborhood<'a>(&self, near: Near<'a>, own: Option<usize>) -> Neighborhood<'a> {
        let k_distance = self.k_distance(near, own);
        let len = near.distances.partition_point(|&distance| distance <= k_distance * (1.0 + TIE));
        let members = Near { indices: &near.indices[..len], distances: &near.distances[..len] };
        Neighborhood { members, own }
    }

    /// Definition 3: the smallest distance within which k objects lie. If there are fewer, the largest
    /// distance.
    fn k_distance(&self, near: Near, own: Option<usize>) -> f64 {
        let mut objects = 0;
        let farthest = near.distances.last().copied().unwrap_or(0.0);
        let kth = near.iter().find(|neighbor| {
            objects += self.objects(neighbor.index, own);
            objects >= self.k
        });
        kth.map_or(farthest, |neighbor| neighbor.distance)
    }

    /// The number of objects that a training row counts as among the k.
    fn objects(&self, index: usize, own: Option<usize>) -> usize {
        match self.duplicates {
            Duplicates::Distinct => usize::from(Some(index) != own),
            Duplicates::Copies => self.copies(index, own) as usize,
        }
    }

    /// The number of copies of a training row, other than p itself.
    fn copies(&self, index: usize, own: Option<usize>) -> u32 {
        self.weights[index] - u32::from(Some(index) == own)
    }

    /// The mean of a quantity over a neighborhood. Each copy of a neighbor counts.
    fn mean(&self, neighborhood: &Neighborhood, quantity: impl Fn(&Neighbor) -> f64) -> f64 {
        let (mut sum, mut objects) = (0.0, 0.0);
        for neighbor in neighborhood.members.iter() {
            let copies = f64::from(self.copies(neighbor.index, neighborhood.own));
            sum += copies * quantity(&neighbor);
            objects += copies;
        }
        sum / objects
    }

    /// Definition 6, of the row with this neighborhood. `k_distance` holds the k-distance of each training
    /// row.
    pub(super) fn local_reachability_density(&self, neighborhood: &Neighborhood, k_distance: &[f64]) -> f64 {
        1.0 / (self.mean(neighborhood, |o| reachability_distance(o, k_distance)) + LEAST_DISTANCE)
    }

    /// Definition 7: the mean density of the neighbors divided by the row's own density.
    pub(super) fn local_outlier_factor(
        &self,
        neighborhood: &Neighborhood,
        own_density: f64,
        density: &[f64],
    ) -> f64 {
        self.mean(neighborhood, |o| density[o.index] / own_density)
    }
}

impl Neighborhood<'_> {
    /// The distance of the farthest neighbor.
    fn k_distance(&self) -> f64 {
        self.members.distances.last().copied().unwrap_or(0.0)
    }
}

/// Keeps the density of k copies finite. scikit-learn adds the same number to every mean distance.
const LEAST_DISTANCE: f64 = 1e-10;

/// Definition 5, of the row with neighbor `o`: the distance of `o`, but at least the k-distance of `o`.
fn reachability_distance(o: &Neighbor, k_distance: &[f64]) -> f64 {
    o.distance.max(k_distance[o.index])
}
