//! The neighbourhood of a row, and the three quantities of the paper that are defined on it.

use super::Duplicates;
use crate::detector::kd_tree::{Near, Neighbour, Neighbours, TIE};
use crate::rows::WeightedRows;
use ndarray::{ArrayView1, ArrayView2};

/// The training rows, ready to be asked for a row's neighbourhood.
#[derive(Debug)]
pub(super) struct Surroundings {
    neighbours: Neighbours,
    weights: Vec<u32>,
    pub(super) k: usize,
    pub(super) duplicates: Duplicates,
}

/// N_k(p): every object but p itself that is no further from p than its k-distance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Neighbourhood<'a> {
    members: Near<'a>,
    /// The row itself, where it is one of the training rows: it counts one copy less.
    itself: Option<usize>,
}

/// The neighbourhoods of some training rows, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Neighbourhoods {
    pub(super) rows: Vec<u32>,
    pub(super) k_distances: Vec<f64>,
    /// Where the members of each end; those of a neighbourhood that is not kept end where they begin.
    ends: Vec<usize>,
    indices: Vec<u32>,
    distances: Vec<f64>,
}

impl Neighbourhoods {
    /// What a member takes up, in bytes.
    pub(super) const MEMBER: usize = size_of::<u32>() + size_of::<f64>();

    fn push(&mut self, row: usize, around: &Neighbourhood, longest_kept: usize) {
        self.rows.push(row as u32);
        self.k_distances.push(around.k_distance());
        if around.members.indices.len() <= longest_kept {
            self.indices.extend_from_slice(around.members.indices);
            self.distances.extend_from_slice(around.members.distances);
        }
        self.ends.push(self.indices.len());
    }

    /// The neighbourhood that stands at a place, if it was kept.
    pub(super) fn at(&self, place: usize) -> Option<Neighbourhood<'_>> {
        let begin = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        let members = begin..self.ends[place];
        let (indices, distances) = (&self.indices[members.clone()], &self.distances[members]);
        let itself = Some(self.rows[place] as usize);
        (!indices.is_empty()).then_some(Neighbourhood { members: Near { indices, distances }, itself })
    }
}

impl Surroundings {
    pub(super) fn new(train: &WeightedRows, k: usize, duplicates: Duplicates) -> Self {
        let neighbours = Neighbours::new(train.points.view());
        Surroundings { neighbours, weights: train.weights.clone(), k, duplicates }
    }

    /// What is made of the neighbourhood of each of some places, none of them a training row.
    pub(super) fn of_each(
        &self,
        rows: ArrayView2<f64>,
        make: impl Fn(&Neighbourhood) -> f64 + Sync,
    ) -> Vec<f64> {
        self.neighbours.around_each(rows, self.k, |near| make(&self.neighbourhood(near, None)))
    }

    /// The neighbourhoods of all training rows, the members of those with more than `longest_kept` left out.
    pub(super) fn of_training_rows(&self, longest_kept: usize) -> Vec<Neighbourhoods> {
        self.neighbours.among_themselves(self.k + 1, |run: &mut Neighbourhoods, row, near| {
            run.push(row, &self.neighbourhood(near, Some(row)), longest_kept);
        })
    }

    /// What is made of the neighbourhood of one training row.
    pub(super) fn of_training_row(
        &self,
        place: ArrayView1<f64>,
        row: usize,
        make: impl Fn(&Neighbourhood) -> f64,
    ) -> f64 {
        let found = self.neighbours.nearest(place, self.k + 1);
        let (indices, distances): (Vec<u32>, Vec<f64>) =
            found.iter().map(|neighbour| (neighbour.index as u32, neighbour.distance)).unzip();
        make(&self.neighbourhood(Near { indices: &indices, distances: &distances }, Some(row)))
    }

    fn neighbourhood<'a>(&self, near: Near<'a>, itself: Option<usize>) -> Neighbourhood<'a> {
        let k_distance = self.k_distance(near, itself);
        let len = near.distances.partition_point(|&distance| distance <= k_distance * (1.0 + TIE));
        let members = Near { indices: &near.indices[..len], distances: &near.distances[..len] };
        Neighbourhood { members, itself }
    }

    /// Definition 3: the distance within which k objects lie.
    fn k_distance(&self, nearest_first: Near, itself: Option<usize>) -> f64 {
        let mut objects = 0;
        let furthest = nearest_first.distances.last().copied().unwrap_or(0.0);
        let kth = nearest_first.iter().find(|neighbour| {
            objects += self.counted(neighbour.index, itself);
            objects >= self.k
        });
        kth.map_or(furthest, |neighbour| neighbour.distance)
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
        for neighbour in around.members.iter() {
            let copies = f64::from(self.copies(neighbour.index, around.itself));
            sum += copies * quantity(&neighbour);
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

impl Neighbourhood<'_> {
    /// The distance of the furthest neighbour.
    fn k_distance(&self) -> f64 {
        self.members.distances.last().copied().unwrap_or(0.0)
    }
}

/// What keeps the density of k copies finite; scikit-learn adds the same to every mean distance.
const LEAST_DISTANCE: f64 = 1e-10;

/// Definition 5, of the row whose neighbour `o` is: at least the neighbour's own k-distance.
fn reachability_distance(o: &Neighbour, k_distance: &[f64]) -> f64 {
    o.distance.max(k_distance[o.index])
}
