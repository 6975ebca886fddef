//! The fitted state: the training rows with the k-distance and the density of each.

use super::neighbourhood::{Neighbourhood, Neighbourhoods, Surroundings};
use super::{Duplicates, Parameters};
use crate::rows::WeightedRows;
use ndarray::{Array1, Array2, ArrayView2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Scores new rows against the training rows.
#[derive(Debug, Deserialize)]
#[serde(try_from = "State")]
pub(super) struct FittedLof {
    train: WeightedRows,
    surroundings: Surroundings,
    k_distance: Vec<f64>,
    density: Vec<f64>,
}

/// What a model file holds: the same without the tree, which is rebuilt.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    k: usize,
    duplicates: Duplicates,
    features: usize,
    /// Row by row.
    points: Vec<f64>,
    weights: Vec<u32>,
    k_distance: Vec<f64>,
    local_reachability_density: Vec<f64>,
}

impl FittedLof {
    /// The model, and the factor of each training row among the others.
    pub(super) fn fit(parameters: &Parameters, train: &WeightedRows, memory: usize) -> (Self, Array1<f64>) {
        let k = largest_k(parameters, train);
        let surroundings = Surroundings::new(train, k, parameters.duplicates);
        let (k_distance, density, factors) = match k {
            0 => (vec![0.0], vec![1.0], vec![1.0]),
            _ => Training::new(train, &surroundings, memory).solve(),
        };
        let train = train.clone();
        (FittedLof { train, surroundings, k_distance, density }, factors.into())
    }

    /// How many columns the training rows have.
    pub(super) fn width(&self) -> usize {
        self.train.points.ncols()
    }

    /// The factor of each of a number of new rows.
    pub(super) fn factors(&self, rows: ArrayView2<f64>) -> Array1<f64> {
        if self.surroundings.k == 0 {
            return Array1::ones(rows.nrows());
        }
        let factor = |around: &Neighbourhood| {
            let here = self.surroundings.local_reachability_density(around, &self.k_distance);
            self.surroundings.local_outlier_factor(around, here, &self.density)
        };
        self.surroundings.of_each(rows, factor).into()
    }

    pub(super) fn state(&self) -> State {
        State {
            k: self.surroundings.k,
            duplicates: self.surroundings.duplicates,
            features: self.train.points.ncols(),
            points: self.train.points.iter().copied().collect(),
            weights: self.train.weights.clone(),
            k_distance: self.k_distance.clone(),
            local_reachability_density: self.density.clone(),
        }
    }
}

impl TryFrom<State> for FittedLof {
    type Error = String;

    fn try_from(state: State) -> Result<Self, String> {
        state.check()?;
        let shape = (state.weights.len(), state.features);
        let points = Array2::from_shape_vec(shape, state.points).map_err(|e| format!("points: {e}"))?;
        let train = WeightedRows { points, weights: state.weights };
        Ok(FittedLof {
            surroundings: Surroundings::new(&train, state.k, state.duplicates),
            train,
            k_distance: state.k_distance,
            density: state.local_reachability_density,
        })
    }
}

impl State {
    /// What scoring relies on; the shape of `points` is checked where it is made.
    fn check(&self) -> Result<(), String> {
        let rows = self.weights.len();
        let lengths = [self.k_distance.len(), self.local_reachability_density.len()];
        if rows == 0 || lengths != [rows, rows] {
            return Err(format!("{rows} weights, but {lengths:?} k-distances and densities"));
        }
        if (self.k == 0) != (rows == 1) {
            return Err(format!("k is {} with {rows} distinct rows", self.k));
        }
        if self.weights.contains(&0) {
            return Err("a row with weight 0".to_owned());
        }
        Ok(())
    }
}

/// k as far as the rows allow it: one fewer than there are, and 0 where no row differs from any other.
fn largest_k(parameters: &Parameters, train: &WeightedRows) -> usize {
    let rows = match parameters.duplicates {
        _ if train.len() == 1 => 1,
        Duplicates::Distinct => train.len(),
        Duplicates::Copies => train.total() as usize,
    };
    parameters.k.min(rows - 1)
}

/// The three passes over the training rows, each needing the one before for all rows.
struct Training<'a> {
    train: &'a WeightedRows,
    surroundings: &'a Surroundings,
    /// The neighbourhoods, those small enough kept; the others are found again in each pass.
    runs: Vec<Neighbourhoods>,
}

impl<'a> Training<'a> {
    fn new(train: &'a WeightedRows, surroundings: &'a Surroundings, memory: usize) -> Self {
        // Ties can make every row every other's neighbour, so that all neighbourhoods would not fit.
        let longest_kept = memory / (train.len() * Neighbourhoods::MEMBER);
        Training { train, surroundings, runs: surroundings.of_training_rows(longest_kept) }
    }

    /// The k-distances, densities and factors of all rows.
    fn solve(&self) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let k_distance = self.by_row(self.runs.iter().map(|run| run.k_distances.clone()).collect());
        let density =
            self.each(|_, around| self.surroundings.local_reachability_density(around, &k_distance));
        let factors =
            self.each(|i, around| self.surroundings.local_outlier_factor(around, density[i], &density));
        (k_distance, density, factors)
    }

    /// What is made of the neighbourhood of each row.
    fn each(&self, make: impl Fn(usize, &Neighbourhood) -> f64 + Sync) -> Vec<f64> {
        let in_run = |run: &Neighbourhoods| {
            let places = run.rows.iter().enumerate();
            let made = places.map(|(place, &row)| match run.at(place) {
                Some(around) => make(row as usize, &around),
                None => self.found_again(row as usize, &make),
            });
            made.collect()
        };
        self.by_row(self.runs.par_iter().map(in_run).collect())
    }

    fn found_again(&self, row: usize, make: impl Fn(usize, &Neighbourhood) -> f64) -> f64 {
        let place = self.train.points.row(row);
        self.surroundings.of_training_row(place, row, |around| make(row, around))
    }

    /// Values in the order of the runs, put in that of the rows.
    fn by_row(&self, values: Vec<Vec<f64>>) -> Vec<f64> {
        let mut ordered = vec![0.0; self.train.len()];
        for (&row, value) in self.runs.iter().flat_map(|run| &run.rows).zip(values.into_iter().flatten()) {
            ordered[row as usize] = value;
        }
        ordered
    }
}
