//! The neighbourhood of a row, and the three quantities of the paper that are defined on it.

use super::Duplicates;
use crate::detector::neighbours::{Neighbour, Neighbours, TIE};
use crate::rows::WeightedRows;
use ndarray::ArrayView1;

/// The training rows, ready to be asked for a row's neighbourhood.
#[derive(Debug)]
pub(super) struct Surroundings {
    neighbours: Neighbours,
    weights: Vec<u32>,
    pub(super) k: usize,
    pub(super) duplicates: Duplicates,
}

/// N_k(p): every object but p itself that is no further from p than its k-distance.
#[derive(Clone, Debug)]
pub(super) struct Neighbourhood {
    /// Nearest first.
    members: Vec<Neighbour>,
    /// The row itself, where it is one of the training rows: it counts one copy less.
    itself: Option<usize>,
}

impl Surroundings {
    pub(super) fn new(train: &WeightedRows, k: usize, duplicates: Duplicates) -> Self {
        let neighbours = Neighbours::new(train.points.view());
        Surroundings { neighbours, weights: train.weights.clone(), k, duplicates }
    }

    /// The neighbourhood of a place; `itself` is the training row that stands there, if one does.
    pub(super) fn of(&self, row: ArrayView1<f64>, itself: Option<usize>) -> Neighbourhood {
        let asked = self.k + usize::from(itself.is_some());
        let mut members = self.neighbours.nearest(row, asked);
        let k_distance = self.k_distance(&members, itself);
        members.retain(|neighbour| neighbour.distance <= k_distance * (1.0 + TIE));
        Neighbourhood { members, itself }
    }

    /// Definition 3: the distance within which k objects lie.
    fn k_distance(&self, nearest_first: &[Neighbour], itself: Option<usize>) -> f64 {
        let mut objects = 0;
        nearest_first
            .iter()
            .find(|neighbour| {
                objects += self.counted(neighbour.index, itself);
                objects >= self.k
            })
            .or(nearest_first.last())
            .map_or(0.0, |neighbour| neighbour.distance)
    }

    fn counted(&self, index: usize, itself: Option<usize>) -> usize {
        match self.duplicates {
            Duplicates::Distinct => usize::from(Some(index) != itself),
            Duplicates::Copies => self.copies(index, itself) as usize,
        }
    }

    fn copies(&self, index: usize, itself: Option<usize>) -> u32 {
        self.weights[index] - u32::from(Some(index) == itself)
    }

    /// The mean of a quantity over a neighbourhood, each copy of a neighbour counted.
    fn mean(&self, around: &Neighbourhood, quantity: impl Fn(&Neighbour) -> f64) -> f64 {
        let (mut sum, mut objects) = (0.0, 0.0);
        for neighbour in &around.members {
            let copies = f64::from(self.copies(neighbour.index, around.itself));
            sum += copies * quantity(neighbour);
            objects += copies;
        }
        sum / objects
    }

    /// Definition 6, of the row whose neighbourhood this is.
    pub(super) fn local_reachability_density(&self, around: &Neighbourhood, k_distance: &[f64]) -> f64 {
        1.0 / (self.mean(around, |o| reachability_distance(o, k_distance)) + LEAST_DISTANCE)
    }

    /// Definition 7: the mean density of the neighbours over the density here.
    pub(super) fn local_outlier_factor(&self, around: &Neighbourhood, here: f64, density: &[f64]) -> f64 {
        self.mean(around, |o| density[o.index] / here)
    }
}

impl Neighbourhood {
    /// The distance of the furthest neighbour.
    pub(super) fn k_distance(&self) -> f64 {
        self.members.last().map_or(0.0, |neighbour| neighbour.distance)
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }
}

/// What keeps the density of k copies finite; scikit-learn adds the same to every mean distance.
const LEAST_DISTANCE: f64 = 1e-10;

/// Definition 5, of the row whose neighbour `o` is: at least the neighbour's own k-distance.
fn reachability_distance(o: &Neighbour, k_distance: &[f64]) -> f64 {
    o.distance.max(k_distance[o.index])
}
