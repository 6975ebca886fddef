//! Where a set of rows lies and how it spreads: the ellipsoid by which distances are measured.

use super::span::Span;
use crate::detector::simd::in_widest_vectors;
use crate::rows::WeightedRows;
use linfa_linalg::cholesky::CholeskyInplace;
use linfa_linalg::eigh::EighInto;
use ndarray::{Array1, Array2, ArrayView1, Axis, Zip, concatenate};
use rayon::prelude::*;

/// The location of a set of rows, and the axes along which they have variance 1.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) location: Vec<f64>,
    /// W of shape (axes, columns), axis by axis: the covariance is the inverse of Wᵀ·W.
    pub(super) whitening: Vec<f64>,
    /// In how many directions the set itself varies.
    pub(super) rank: usize,
    /// Of the covariance, completed where the set does not vary.
    pub(super) log_determinant: f64,
}

/// The rest of a column's variance is rounding where it is this small a share.
const ROUNDING: f64 = 1e-11;

const STANDARD: &str = "rows are gathered into standard layout";

/// Rows are summed up in blocks of this many, whatever the number of threads.
const BLOCK: usize = 4096;

impl Shape {
    /// The shape of a set that holds so many copies of each row.
    ///
    /// In a direction in which the set does not vary its covariance has no inverse. `overall`, the covariance of all
    /// rows, then says what is far.
    pub(super) fn of(rows: &WeightedRows, copies: &[u32], overall: &Array2<f64>) -> Self {
        let (location, covariance) = moments(rows, copies);
        regular(&location, &covariance).unwrap_or_else(|| {
            // Far rows alone can make a covariance look flat; whether it is, the rows themselves say.
            let values = rows.points.as_slice().expect(STANDARD).chunks_exact(location.len().max(1));
            let set = values.zip(copies).filter(|(_, copies)| **copies > 0).map(|(row, _)| row);
            singular(location, &covariance, overall, Span::of(set).rank())
        })
    }

    /// The squared Mahalanobis distance of each row.
    pub(super) fn distances(&self, rows: &WeightedRows) -> Vec<f64> {
        let mut distances = vec![0.0; rows.len()];
        let blocks = rows.points.axis_chunks_iter(Axis(0), BLOCK).into_par_iter();
        distances.par_chunks_mut(BLOCK).zip(blocks).for_each(|(distances, block)| {
            for (distances, rows) in distances.chunks_mut(LANES).zip(block.axis_chunks_iter(Axis(0), LANES)) {
                let value = |lane: usize, column: usize| rows[[lane.min(rows.nrows() - 1), column]];
                let found = squared_distances(&self.location, &self.whitening, value);
                distances.copy_from_slice(&found[..distances.len()]);
            }
        });
        distances
    }

    /// Whether this is the smaller ellipsoid: flatter, or with the smaller determinant.
    pub(super) fn is_smaller_than(&self, other: &Shape) -> bool {
        (self.rank, self.log_determinant) < (other.rank, other.log_determinant)
    }
}

/// How many rows are measured at once: enough that no sum waits for its last addition.
pub(super) const LANES: usize = 32;

/// |W·(x − location)|² of several rows x, each by the same operations in the same order.
pub(super) fn squared_distances(
    location: &[f64],
    whitening: &[f64],
    value: impl Fn(usize, usize) -> f64,
) -> [f64; LANES] {
    let centred: Vec<[f64; LANES]> = (location.iter().enumerate())
        .map(|(column, centre)| std::array::from_fn(|lane| value(lane, column) - centre))
        .collect();
    squared_lengths(whitening, &centred)
}

in_widest_vectors! {
    /// |W·x|² of several rows x, column by column.
    squared_lengths(whitening: &[f64], columns: &[[f64; LANES]]) -> [f64; LANES] {
        let mut lengths = [0.0; LANES];
        for axis in whitening.chunks_exact(columns.len().max(1)) {
            // Half of W is 0 where it comes from Cholesky's decomposition.
            let used = axis.iter().rposition(|weight| *weight != 0.0).map_or(0, |last| last + 1);
            let mut along = [0.0; LANES];
            for (weight, values) in axis[..used].iter().zip(columns) {
                for lane in 0..LANES {
                    along[lane] += weight * values[lane];
                }
            }
            for lane in 0..LANES {
                lengths[lane] += along[lane] * along[lane];
            }
        }
        lengths
    }
}

/// Rows whose products are added up in one pass over the matrix, one after the other.
const TOGETHER: usize = 4;

in_widest_vectors! {
    /// Add the products of each row's values with each other, so many times, to the lower triangle of a matrix.
    add_products(rows: &[f64], times: &[f64; TOGETHER], matrix: &mut [f64]) {
        let width = rows.len() / TOGETHER;
        let [a, b, c, d] = std::array::from_fn(|row| &rows[row * width..(row + 1) * width]);
        for (at, sums) in matrix.chunks_exact_mut(width.max(1)).enumerate() {
            let factors = [a, b, c, d].map(|row| row[at]);
            let factors: [f64; TOGETHER] = std::array::from_fn(|row| times[row] * factors[row]);
            for ((((sum, a), b), c), d) in sums[..=at].iter_mut().zip(a).zip(b).zip(c).zip(d) {
                *sum = *sum + factors[0] * a + factors[1] * b + factors[2] * c + factors[3] * d;
            }
        }
    }
}

/// The mean and the covariance of so many copies of each row; the divisor is how many copies there are.
pub(super) fn moments(rows: &WeightedRows, copies: &[u32]) -> (Array1<f64>, Array2<f64>) {
    let width = rows.points.ncols();
    let amount: f64 = copies.iter().map(|&copies| f64::from(copies)).sum();
    let sums = summed(rows, copies, |set, sums| {
        sums.resize(width, 0.0);
        set.for_each(|(row, copies)| sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += copies * x));
    });
    let mean: Vec<f64> = sums.iter().map(|sum| sum / amount).collect();
    let scatter = summed(rows, copies, |set, sums| {
        sums.resize(width * width, 0.0);
        let mut centred = vec![0.0; TOGETHER * width];
        let mut set = set.peekable();
        while set.peek().is_some() {
            // Where rows run out, one of those before stands there no times.
            let mut times = [0.0; TOGETHER];
            for ((times, centred), (row, copies)) in
                times.iter_mut().zip(centred.chunks_exact_mut(width.max(1))).zip(&mut set)
            {
                *times = copies;
                centred.iter_mut().zip(row.iter().zip(&mean)).for_each(|(to, (x, mean))| *to = x - mean);
            }
            add_products(&centred, &times, sums);
        }
    });
    let covariance = Array2::from_shape_fn((width, width), |(row, column)| {
        scatter[row.max(column) * width + row.min(column)] / amount
    });
    (mean.into(), covariance)
}

/// Sums over the rows of a set and their copies, block by block and the blocks in order.
fn summed(
    rows: &WeightedRows,
    copies: &[u32],
    add_up: impl Fn(&mut dyn Iterator<Item = (&[f64], f64)>, &mut Vec<f64>) + Sync,
) -> Vec<f64> {
    let width = rows.points.ncols().max(1);
    let values = rows.points.as_slice().expect(STANDARD);
    let of_block = |(block, copies): (&[f64], &[u32])| {
        let mut sums = Vec::new();
        let counted = block.chunks_exact(width).zip(copies).filter(|(_, copies)| **copies > 0);
        add_up(&mut counted.map(|(row, &copies)| (row, f64::from(copies))), &mut sums);
        sums
    };
    let blocks = values.par_chunks(BLOCK * width).zip(copies.par_chunks(BLOCK));
    let sums: Vec<Vec<f64>> = blocks.map(of_block).collect();
    let plus = |mut total: Vec<f64>, sums: Vec<f64>| {
        total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
        total
    };
    sums.into_iter().reduce(plus).unwrap_or_default()
}

/// The shape of a set that varies in every direction, by Cholesky's decomposition of its correlation matrix R = L·Lᵀ;
/// W is the inverse of L.
fn regular(location: &Array1<f64>, covariance: &Array2<f64>) -> Option<Shape> {
    let deviations = deviations(location, covariance);
    if !deviations.iter().all(|&deviation| deviation > 0.0) {
        return None;
    }
    let mut lower = correlation(covariance, &deviations);
    lower.cholesky_inplace().ok()?;
    if lower.diag().iter().any(|pivot| pivot * pivot < ROUNDING) {
        return None;
    }
    let inverse = inverse_of_lower(&lower);
    let log_determinant = lower.diag().iter().chain(&deviations).map(|x| 2.0 * libm::log(*x)).sum();
    let whitening = (inverse / &deviations).iter().copied().collect();
    Some(Shape { location: location.to_vec(), whitening, rank: location.len(), log_determinant })
}

/// The inverse of a lower triangular matrix, row by row by forward substitution.
fn inverse_of_lower(lower: &Array2<f64>) -> Array2<f64> {
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

/// The shape of a set that lies in a plane: its own principal axes, and in the directions off the plane those of all
/// rows.
fn singular(location: Array1<f64>, covariance: &Array2<f64>, overall: &Array2<f64>, rank: usize) -> Shape {
    let own = deviations(&location, covariance);
    let of_all = overall.diag().mapv(f64::sqrt);
    let scale = Zip::from(&own).and(&of_all).map_collect(|&own, &all| if own > 0.0 { own } else { all });
    let masked = |matrix: &Array2<f64>| correlation(matrix, &scale);
    let mut inner = masked(covariance);
    for constant in (0..own.len()).filter(|&column| own[column] == 0.0) {
        inner.row_mut(constant).fill(0.0);
        inner.column_mut(constant).fill(0.0);
    }
    let (within, off) = axes(inner);
    let (beyond, _) = axes(off.dot(&masked(overall)).dot(&off.t()));
    let whitening = concatenate![Axis(0), within, beyond.dot(&off)];
    let log_variance = |axis: ArrayView1<f64>| -libm::log(axis.dot(&axis));
    let log_determinant = whitening.rows().into_iter().map(log_variance).sum::<f64>()
        + 2.0 * scale.iter().map(|x| libm::log(*x)).sum::<f64>();
    let whitening = (whitening / &scale).iter().copied().collect();
    Shape { location: location.to_vec(), whitening, rank, log_determinant }
}

/// The principal axes of a symmetric matrix that have variance, divided by its root, and those that have none.
fn axes(matrix: Array2<f64>) -> (Array2<f64>, Array2<f64>) {
    let width = matrix.nrows();
    debug_assert!(matrix.iter().all(|value| value.is_finite()), "the iteration would not end");
    let Ok((variances, vectors)) = matrix.eigh_into() else {
        return (Array2::zeros((0, width)), Array2::eye(width));
    };
    let noise = variances.iter().copied().fold(0.0, f64::max) * ROUNDING;
    let (with, without): (Vec<usize>, Vec<usize>) = (0..width).partition(|&at| variances[at] > noise);
    let mut axes = vectors.select(Axis(1), &with).reversed_axes();
    let roots = with.iter().map(|&at| variances[at].sqrt()).collect::<Array1<f64>>();
    axes /= &roots.insert_axis(Axis(1));
    (axes, vectors.select(Axis(1), &without).reversed_axes())
}

/// The standard deviations; 0 of a column that is the same number throughout, whose mean may be rounded.
fn deviations(location: &Array1<f64>, covariance: &Array2<f64>) -> Array1<f64> {
    let noise = |centre: f64| (ROUNDING * centre).powi(2);
    let deviation =
        |(&variance, &centre): (&f64, &f64)| if variance > noise(centre) { variance.sqrt() } else { 0.0 };
    covariance.diag().iter().zip(location).map(deviation).collect()
}

fn correlation(covariance: &Array2<f64>, deviations: &Array1<f64>) -> Array2<f64> {
    covariance / deviations / deviations.view().insert_axis(Axis(1))
}
