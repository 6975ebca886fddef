//! Means, covariances and eigenvectors of weighted rows, as linear detectors need them.
//!
//! Sums run in a fixed order, so the number of threads changes no bit. There are two ways to sum products of
//! rows, because their rounding differs and fitted models depend on it:
//!
//! - [`mean_and_covariance`] skips rows of weight 0 and takes raw values. The search of MCD calls it
//!   thousands of times on small subsets.
//! - [`second_moments`] transforms each value first and takes one matrix product per block, which is faster
//!   on large tables of standardized columns.

use super::simd::in_widest_vectors;
use crate::rows::WeightedRows;
use linfa_linalg::eigh::EighInto;
use ndarray::{Array1, Array2, Axis};
use rayon::prelude::*;

/// Rows are summed in blocks of this size.
const BLOCK: usize = 4096;

const STANDARD: &str = "arrays are in standard layout";

/// The weighted mean of values: Σ w·x / Σ w.
pub(super) fn weighted_mean(values: impl IntoIterator<Item = f64>, weights: &[u32]) -> f64 {
    let total: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
    let sum: f64 = values.into_iter().zip(weights).map(|(value, &weight)| f64::from(weight) * value).sum();
    sum / total as f64
}

/// The weighted mean and population covariance of rows: Σ w·x / Σ w and Σ w·(x − mean)·(x − mean)ᵀ / Σ w.
///
/// `weights` replace those of the rows; a row of weight 0 does not count.
pub(super) fn mean_and_covariance(rows: &WeightedRows, weights: &[u32]) -> (Array1<f64>, Array2<f64>) {
    let width = rows.points.ncols();
    let total: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
    let mean = sum_blocks(rows, weights, |block| weighted_sum(block, width)) / total;
    let scatter = sum_blocks(rows, weights, |block| lower_scatter(block, &mean));
    let covariance = Array2::from_shape_fn((width, width), |(row, column)| {
        scatter[row.max(column) * width + row.min(column)] / total
    });
    (mean, covariance)
}

/// A row and its weight.
type WeightedRow<'a> = (&'a [f64], f64);

/// Sums over the rows of positive weight. Blocks run in parallel and are added in order.
fn sum_blocks(
    rows: &WeightedRows,
    weights: &[u32],
    sum: impl Fn(&[WeightedRow]) -> Vec<f64> + Sync,
) -> Array1<f64> {
    let width = rows.points.ncols().max(1);
    let values = rows.points.as_slice().expect(STANDARD);
    let blocks = values.par_chunks(BLOCK * width).zip(weights.par_chunks(BLOCK));
    let sum_of = |(values, weights): (&[f64], &[u32])| {
        let rows = values.chunks_exact(width).zip(weights).filter(|(_, weight)| **weight > 0);
        Array1::from(sum(&rows.map(|(row, &weight)| (row, f64::from(weight))).collect::<Vec<_>>()))
    };
    let sums: Vec<Array1<f64>> = blocks.map(sum_of).collect();
    sums.into_iter().reduce(|total, sum| total + sum).unwrap_or_default()
}

/// Σ w·x.
fn weighted_sum(rows: &[WeightedRow], width: usize) -> Vec<f64> {
    let mut sums = vec![0.0; width];
    for (row, weight) in rows {
        sums.iter_mut().zip(*row).for_each(|(sum, x)| *sum += weight * x);
    }
    sums
}

/// Rows per pass over the scatter matrix.
const GROUP: usize = 4;

/// The lower triangle of Σ w·(x − mean)·(x − mean)ᵀ in a square matrix, row by row.
fn lower_scatter(rows: &[WeightedRow], mean: &Array1<f64>) -> Vec<f64> {
    let width = mean.len();
    let mut scatter = vec![0.0; width * width];
    let mut centered = vec![0.0; GROUP * width];
    for group in rows.chunks(GROUP) {
        // Pad the last group with zero-weight rows.
        let mut weights = [0.0; GROUP];
        for (at, (row, weight)) in group.iter().enumerate() {
            weights[at] = *weight;
            let centered = &mut centered[at * width..][..width];
            centered.iter_mut().zip(row.iter().zip(mean)).for_each(|(to, (x, mean))| *to = x - mean);
        }
        add_outer_products(&centered, &weights, &mut scatter);
    }
    scatter
}

in_widest_vectors! {
    /// Add w·x·xᵀ of each row of a group to the lower triangle of a matrix.
    add_outer_products(rows: &[f64], weights: &[f64; GROUP], matrix: &mut [f64]) {
        let width = rows.len() / GROUP;
        let [a, b, c, d] = std::array::from_fn(|row| &rows[row * width..(row + 1) * width]);
        for (at, sums) in matrix.chunks_exact_mut(width.max(1)).enumerate() {
            let factors = [a, b, c, d].map(|row| row[at]);
            let factors: [f64; GROUP] = std::array::from_fn(|row| weights[row] * factors[row]);
            for ((((sum, a), b), c), d) in sums[..=at].iter_mut().zip(a).zip(b).zip(c).zip(d) {
                *sum = *sum + factors[0] * a + factors[1] * b + factors[2] * c + factors[3] * d;
            }
        }
    }
}

/// Σ w·z·zᵀ / Σ w, where z is a row whose values are transformed by `transform(column, value)`.
///
/// A block of rows is copied at a time, so a large table is never copied as a whole.
pub(super) fn second_moments(rows: &WeightedRows, transform: impl Fn(usize, f64) -> f64) -> Array2<f64> {
    let width = rows.points.ncols();
    let mut sum = Array2::zeros((width, width));
    let blocks = rows.points.axis_chunks_iter(Axis(0), BLOCK);
    for (block, weights) in blocks.zip(rows.weights.chunks(BLOCK)) {
        let mut block = block.to_owned();
        for (mut row, &weight) in block.rows_mut().into_iter().zip(weights) {
            let root = f64::from(weight).sqrt();
            row.iter_mut().enumerate().for_each(|(column, x)| *x = root * transform(column, *x));
        }
        sum += &block.t().dot(&block);
    }
    sum / rows.total() as f64
}

/// The eigenvalues of a symmetric, finite matrix, and its eigenvectors as columns, in no particular order.
///
/// # Errors
/// If the matrix is not square.
pub(super) fn eigenvectors(matrix: Array2<f64>) -> linfa_linalg::Result<(Array1<f64>, Array2<f64>)> {
    debug_assert!(matrix.iter().all(|value| value.is_finite()), "the iteration would not end");
    matrix.eigh_into()
}

/// The inverse of a lower triangular matrix, row by row by forward substitution.
pub(super) fn inverse_of_lower(lower: &Array2<f64>) -> Array2<f64> {
    let width = lower.nrows();
    let mut inverse = Array2::eye(width);
    let values = inverse.as_slice_mut().expect(STANDARD);
    for (at, row) in lower.rows().into_iter().enumerate() {
        let (above, own) = values.split_at_mut(at * width);
        for ((end, above), factor) in (1..).zip(above.chunks_exact(width)).zip(row) {
            own[..end].iter_mut().zip(above).for_each(|(own, above)| *own -= factor * above);
        }
        own[..=at].iter_mut().for_each(|own| *own /= row[at]);
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_weight_counts_as_that_many_copies() {
        let points = array![[0.0, 1.0], [2.0, 5.0], [9.0, 9.0], [4.0, 0.0]];
        let (mean, covariance) = mean_and_covariance(&WeightedRows::unweighted(points), &[2, 1, 0, 1]);
        // Of (0, 1), (0, 1), (2, 5), (4, 0), worked out by hand.
        assert_eq!(mean, array![1.5, 1.75]);
        assert_eq!(covariance, array![[2.75, -0.125], [-0.125, 3.6875]]);
    }

    #[test]
    fn the_two_covariances_agree_to_rounding() {
        let points = Array2::from_shape_fn((4099, 3), |(i, j)| ((i * (7 + j)) % 101) as f64 / 10.0);
        let weights: Vec<u32> = (0..4099).map(|row| row % 4).collect();
        let rows = WeightedRows { points, weights };
        let (mean, covariance) = mean_and_covariance(&rows, &rows.weights);
        let other = second_moments(&rows, |column, x| x - mean[column]);
        assert!((covariance - other).iter().all(|difference| difference.abs() < 1e-9));
    }

    #[test]
    fn a_lower_triangle_times_its_inverse_is_the_identity() {
        let lower = array![[2.0, 0.0, 0.0], [1.0, 4.0, 0.0], [-3.0, 2.0, 0.5]];
        let product = lower.dot(&inverse_of_lower(&lower));
        assert!((product - Array2::<f64>::eye(3)).iter().all(|difference| difference.abs() < 1e-12));
    }
}
