//! The fitted detector: the training rows with the k-distance and the density of each.

use super::neighborhood::{Dataset, Neighborhood, Neighborhoods};
use super::parameters::{Duplicates, Parameters};
use crate::rows::WeightedRows;
use ndarray::{Array1, Array2, ArrayView2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Scores new rows against the training rows.
#[derive(Debug, Deserialize)]
#[serde(try_from = "State")]
pub(super) struct FittedLof {
    train: WeightedRows,
    dataset: Dataset,
    k_distance: Vec<f64>,
    density: Vec<f64>,
}

/// The content of a model file. The index is not saved; it is rebuilt.
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
    /// The model, and the factor of each training row among the others. `memory` bounds the cache, in bytes.
    pub(super) fn fit(parameters: &Parameters, train: &WeightedRows, memory: usize) -> (Self, Array1<f64>) {
        let k = clamped_k(parameters, train);
        let dataset = Dataset::new(train, k, parameters.duplicates);
        let (k_distance, density, factors) = match k {
            0 => (vec![0.0], vec![1.0], vec![1.0]),
            _ => Training::new(train, &dataset, memory).solve(),
        };
        let train = train.clone();
        (FittedLof { train, dataset, k_distance, density }, factors.into())
    }

    /// The number of columns of the training rows.
    pub(super) fn width(&self) -> usize {
        self.train.points.ncols()
    }

    /// The factor of each new row.
    pub(super) fn factors(&self, rows: ArrayView2<f64>) -> Array1<f64> {
        if self.dataset.k == 0 {
            return Array1::ones(rows.nrows());
        }
        let factor = |neighborhood: &Neighborhood| {
            let own_density = self.dataset.local_reachability_density(neighborhood, &self.k_distance);
            self.dataset.local_outlier_factor(neighborhood, own_density, &self.density)
        };
        self.dataset.map_rows(rows, factor).into()
    }

    pub(super) fn state(&self) -> State {
        State {
            k: self.dataset.k,
            duplicates: self.dataset.duplicates,
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
            dataset: Dataset::new(&train, state.k, state.duplicates),
            train,
            k_distance: state.k_distance,
            density: state.local_reachability_density,
        })
    }
}

impl State {
    /// Check what scoring relies on, except the shape of `points`.
    ///
    /// # Errors
    /// If the lengths differ, k does not suit the number of rows, or a weight is 0.
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

/// k, but at most the number of rows minus one, and 0 if all rows are equal.
fn clamped_k(parameters: &Parameters, train: &WeightedRows) -> usize {
    let rows = match parameters.duplicates {
        _ if train.len() == 1 => 1,
        Duplicates::Distinct => train.len(),
        Duplicates::Copies => train.total() as usize,
    };
    parameters.k.min(rows - 1)
}

/// Three passes over the training rows. Each needs the result of the previous one for all rows.
struct Training<'a> {
    train: &'a WeightedRows,
    dataset: &'a Dataset,
    /// The neighborhoods of the rows, in runs. Short ones are cached; each pass searches for the others
    /// again.
    runs: Vec<Neighborhoods>,
}

impl<'a> Training<'a> {
    fn new(train: &'a WeightedRows, dataset: &'a Dataset, memory: usize) -> Self {
        // With ties, every row may be a neighbor of every other. Then the neighborhoods exceed any memory.
        let longest_cached = memory / (train.len() * Neighborhoods::MEMBER);
        Training { train, dataset, runs: dataset.training_neighborhoods(longest_cached) }
    }

    /// The k-distance, the density and the factor of each row.
    fn solve(&self) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let k_distance = self.by_row(self.runs.iter().map(|run| run.k_distances.clone()).collect());
        let density = self
            .map_rows(|_, neighborhood| self.dataset.local_reachability_density(neighborhood, &k_distance));
        let factors = self.map_rows(|row, neighborhood| {
            self.dataset.local_outlier_factor(neighborhood, density[row], &density)
        });
        (k_distance, density, factors)
    }

    /// Map each row and its neighborhood.
    fn map_rows(&self, map: impl Fn(usize, &Neighborhood) -> f64 + Sync) -> Vec<f64> {
        let map_run = |run: &Neighborhoods| {
            let rows = run.rows.iter().enumerate();
            let values = rows.map(|(position, &row)| match run.get(position) {
                Some(neighborhood) => map(row as usize, &neighborhood),
                None => self.map_uncached(row as usize, &map),
            });
            values.collect()
        };
        self.by_row(self.runs.par_iter().map(map_run).collect())
    }

    fn map_uncached(&self, row: usize, map: impl Fn(usize, &Neighborhood) -> f64) -> f64 {
        let point = self.train.points.row(row);
        self.dataset.map_training_row(point, row, |neighborhood| map(row, neighborhood))
    }

    /// Reorder values from the order of the runs to that of the rows.
    fn by_row(&self, values: Vec<Vec<f64>>) -> Vec<f64> {
        let mut ordered = vec![0.0; self.train.len()];
        for (&row, value) in self.runs.iter().flat_map(|run| &run.rows).zip(values.into_iter().flatten()) {
            ordered[row as usize] = value;
        }
        ordered
    }
}
