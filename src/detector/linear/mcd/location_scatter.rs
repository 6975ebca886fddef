//! The location and scatter of a set of rows: the ellipsoid that measures distances.

use super::column_range::ColumnRange;
use crate::detector::linalg::{eigenvectors, inverse_of_lower, mean_and_covariance};
use crate::detector::simd::in_widest_vectors;
use crate::rows::WeightedRows;
use linfa_linalg::cholesky::CholeskyInplace;
use ndarray::{Array1, Array2, ArrayView1, Axis, Zip, concatenate};
use rayon::prelude::*;

/// The location T and scatter S of a set of rows.
#[derive(Clone, Debug)]
pub(super) struct LocationScatter {
    /// T: the mean of the set.
    pub(super) location: Vec<f64>,
    /// W of shape (axes, columns), axis by axis, with S⁻¹ = Wᵀ·W.
    pub(super) whitening: Vec<f64>,
    /// The number of directions in which the set varies.
    pub(super) rank: usize,
    /// ln det S. In directions in which the set does not vary, S is the scatter of all rows.
    pub(super) log_determinant: f64,
}

/// A column whose remaining share of variance is below this has none: the rest is rounding.
const ROUNDING: f64 = 1e-11;

/// Distances are computed in blocks of this many rows.
const BLOCK: usize = 4096;

impl LocationScatter {
    /// The location and scatter of a set that holds `copies[i]` copies of row i.
    ///
    /// If the set lies in a hyperplane, its covariance has no inverse. Then `overall`, the covariance of all
    /// rows, measures distances off the hyperplane.
    pub(super) fn of(rows: &WeightedRows, copies: &[u32], overall: &Array2<f64>) -> Self {
        let (location, covariance) = mean_and_covariance(rows, copies);
        regular(&location, &covariance).unwrap_or_else(|| {
            // Far rows alone can make a covariance look singular, so the rank comes from the rows.
            let values = rows.points.as_slice().expect("rows are in standard layout");
            let values = values.chunks_exact(location.len().max(1));
            let set = values.zip(copies).filter(|(_, copies)| **copies > 0).map(|(row, _)| row);
            singular(location, &covariance, overall, ColumnRange::of(set).rank())
        })
    }

    /// The squared Mahalanobis distance of each row: (x − T)ᵀ·S⁻¹·(x − T).
    pub(super) fn distances(&self, rows: &WeightedRows) -> Vec<f64> {
        let mut distances = vec![0.0; rows.len()];
        let blocks = rows.points.axis_chunks_iter(Axis(0), BLOCK).into_par_iter();
        distances.par_chunks_mut(BLOCK).zip(blocks).for_each(|(distances, block)| {
            for (distances, rows) in distances.chunks_mut(LANES).zip(block.axis_chunks_iter(Axis(0), LANES)) {
                let value = |lane: usize, column: usize| rows[[lane.min(rows.nrows() - 1), column]];
                let lanes = squared_distances(&self.location, &self.whitening, value);
                distances.copy_from_slice(&lanes[..distances.len()]);
            }
        });
        distances
    }

    /// Whether this is the smaller ellipsoid: of lower rank, or of the same rank and smaller determinant.
    pub(super) fn is_smaller_than(&self, other: &LocationScatter) -> bool {
        (self.rank, self.log_determinant) < (other.rank, other.log_determinant)
    }
}

/// Rows per step: enough that no sum waits for its last addition.
pub(super) const LANES: usize = 32;

/// |W·(x − location)|² of several rows x. Each row takes the same operations in the same order.
pub(super) fn squared_distances(
    location: &[f64],
    whitening: &[f64],
    value: impl Fn(usize, usize) -> f64,
) -> [f64; LANES] {
    let centered: Vec<[f64; LANES]> = (location.iter().enumerate())
        .map(|(column, center)| std::array::from_fn(|lane| value(lane, column) - center))
        .collect();
    squared_lengths(whitening, &centered)
}

in_widest_vectors! {
    /// |W·x|² of several rows x, given column by column.
    squared_lengths(whitening: &[f64], columns: &[[f64; LANES]]) -> [f64; LANES] {
        let mut lengths = [0.0; LANES];
        for axis in whitening.chunks_exact(columns.len().max(1)) {
            // W from a Cholesky decomposition is triangular: skip its zeros.
            let used = axis.iter().rposition(|weight| *weight != 0.0).map_or(0, |last| last + 1);
            let mut component = [0.0; LANES];
            for (weight, values) in axis[..used].iter().zip(columns) {
                for lane in 0..LANES {
                    component[lane] += weight * values[lane];
                }
            }
            for lane in 0..LANES {
                lengths[lane] += component[lane] * component[lane];
            }
        }
        lengths
    }
}

/// The ellipsoid of a set that varies in every direction.
///
/// With standard deviations D and correlation matrix R = L·Lᵀ (Cholesky), S = D·R·D. So W = L⁻¹·D⁻¹ and
/// ln det S = Σ 2·ln Lᵢᵢ + Σ 2·ln Dᵢᵢ.
fn regular(location: &Array1<f64>, covariance: &Array2<f64>) -> Option<LocationScatter> {
    let deviations = deviations(location, covariance);
    if !deviations.iter().all(|&deviation| deviation > 0.0) {
        return None;
    }
    let mut lower = scaled(covariance, &deviations);
    lower.cholesky_inplace().ok()?;
    if lower.diag().iter().any(|pivot| pivot * pivot < ROUNDING) {
        return None;
    }
    let inverse = inverse_of_lower(&lower);
    let log_determinant = lower.diag().iter().chain(&deviations).map(|x| 2.0 * libm::log(*x)).sum();
    let whitening = (inverse / &deviations).iter().copied().collect();
    Some(LocationScatter { location: location.to_vec(), whitening, rank: location.len(), log_determinant })
}

/// The ellipsoid of a set that lies in a hyperplane: the "exact fit" of the paper, with det S = 0.
///
/// The paper reports the hyperplane; this function completes S. Inside the hyperplane, S is the covariance of
/// the set. Along its normals N, S is the covariance of all rows there: N·C·Nᵀ.
fn singular(
    location: Array1<f64>,
    covariance: &Array2<f64>,
    overall: &Array2<f64>,
    rank: usize,
) -> LocationScatter {
    let deviations = deviations(&location, covariance);
    let scale = Zip::from(&deviations)
        .and(overall.diag())
        .map_collect(|&own, &variance| if own > 0.0 { own } else { variance.sqrt() });
    let mut inside = scaled(covariance, &scale);
    for constant in (0..deviations.len()).filter(|&column| deviations[column] == 0.0) {
        inside.row_mut(constant).fill(0.0);
        inside.column_mut(constant).fill(0.0);
    }
    let (inside, normals) = whitened_axes(inside);
    let (outside, _) = whitened_axes(normals.dot(&scaled(overall, &scale)).dot(&normals.t()));
    let whitening = concatenate![Axis(0), inside, outside.dot(&normals)];
    // An axis of variance λ has length 1/√λ in W.
    let log_variance = |axis: ArrayView1<f64>| -libm::log(axis.dot(&axis));
    let log_determinant = whitening.rows().into_iter().map(log_variance).sum::<f64>()
        + 2.0 * scale.iter().map(|x| libm::log(*x)).sum::<f64>();
    let whitening = (whitening / &scale).iter().copied().collect();
    LocationScatter { location: location.to_vec(), whitening, rank, log_determinant }
}

/// The principal axes of a covariance, as rows: those with variance λ divided by √λ, and those without
/// variance.
fn whitened_axes(covariance: Array2<f64>) -> (Array2<f64>, Array2<f64>) {
    let width = covariance.nrows();
    let Ok((variances, axes)) = eigenvectors(covariance) else {
        return (Array2::zeros((0, width)), Array2::eye(width));
    };
    let noise = variances.iter().copied().fold(0.0, f64::max) * ROUNDING;
    let (varying, constant): (Vec<usize>, Vec<usize>) = (0..width).partition(|&at| variances[at] > noise);
    let roots = varying.iter().map(|&at| variances[at].sqrt()).collect::<Array1<f64>>();
    let whitened = axes.select(Axis(1), &varying).reversed_axes() / &roots.insert_axis(Axis(1));
    (whitened, axes.select(Axis(1), &constant).reversed_axes())
}

/// The standard deviation of each column. It is 0 if the variance is no more than rounding of the mean can
/// cause.
fn deviations(location: &Array1<f64>, covariance: &Array2<f64>) -> Array1<f64> {
    let noise = |center: f64| (ROUNDING * center).powi(2);
    let deviation =
        |(&variance, &center): (&f64, &f64)| if variance > noise(center) { variance.sqrt() } else { 0.0 };
    covariance.diag().iter().zip(location).map(deviation).collect()
}

/// D⁻¹·C·D⁻¹ for a diagonal D: with standard deviations, the correlation matrix.
fn scaled(covariance: &Array2<f64>, scale: &Array1<f64>) -> Array2<f64> {
    covariance / scale / scale.view().insert_axis(Axis(1))
}
