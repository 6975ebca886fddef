//! The RBF kernel, 2^−|z − z′|² in kernel coordinates, for many points at once: f32 kernel values, f64 sums.
//!
//! The points are in blocks of [`LANES`], feature by feature, so that the compiler vectorizes each step.
//! Every value is the result of the same operations in the same order, on any machine and in any block. No
//! multiply-add is fused, because that would round once instead of twice.

use crate::detector::simd::in_widest_vectors;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Points in one block.
pub(super) const LANES: usize = 16;

/// Blocks per task: few enough for the first-level cache, enough to be worth a task.
const BLOCKS_PER_TASK: usize = 8;

/// Points in kernel coordinates (see `KernelSpace`), which include gamma.
#[derive(Clone, Debug)]
pub(super) struct Blocks {
    dims: usize,
    len: usize,
    /// Block by block, `dims` × `LANES` values each. The last block is padded with zeros.
    values: Vec<f32>,
}

/// Points x_j and their coefficients c_j, for [`Blocks::sums`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sources {
    /// Point by point.
    points: Vec<f32>,
    /// All above 0.
    coefficients: Vec<f64>,
    /// A power of two above the largest sum. Adding it to a term and subtracting it again rounds the term to
    /// a multiple of its last place. Sums of such terms are exact, so they do not depend on the order.
    ceiling: f64,
}

impl Sources {
    /// Whether each coefficient is above 0 and has a finite point of `dims` coordinates, and no sum is too
    /// large.
    pub fn are_valid(&self, dims: usize) -> bool {
        let are_paired = self.points.len() == dims * self.coefficients.len();
        let are_positive = self.coefficients.iter().all(|&c| c > 0.0);
        let are_bounded = self.coefficients.iter().sum::<f64>() <= self.ceiling && self.ceiling.is_finite();
        are_paired && are_positive && are_bounded && self.points.iter().all(|z| z.is_finite())
    }
}

impl Blocks {
    /// `len` points of `dims` coordinates. `write` gets the index of a point and writes its coordinates to a
    /// slice.
    pub fn new(dims: usize, len: usize, mut write: impl FnMut(usize, &mut [f32])) -> Self {
        let mut values = vec![0.0; len.div_ceil(LANES) * LANES * dims];
        let mut point = vec![0.0; dims];
        for index in 0..len {
            write(index, &mut point);
            let first = offset(dims, index);
            for (dim, &value) in point.iter().enumerate() {
                values[first + dim * LANES] = value;
            }
        }
        Blocks { dims, len, values }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// The number of points, padded to whole blocks.
    pub fn padded_len(&self) -> usize {
        self.len.div_ceil(LANES) * LANES
    }

    /// The points at these indices, in their order.
    pub fn select(&self, indices: &[usize]) -> Self {
        Blocks::new(self.dims, indices.len(), |index, point| self.copy_point(indices[index], point))
    }

    /// The points with a coefficient other than 0. `total` is an upper bound of the sum of the coefficients.
    pub fn sources(&self, coefficients: impl IntoIterator<Item = (usize, f64)>, total: f64) -> Sources {
        // Between two and four times the total, so that rounding of the coefficients cannot reach it.
        let ceiling = 4.0 * f64::from_bits(total.to_bits() & f64::INFINITY.to_bits());
        let mut sources = Sources { points: Vec::new(), coefficients: Vec::new(), ceiling };
        let mut point = vec![0.0; self.dims];
        for (index, coefficient) in coefficients.into_iter().filter(|&(_, value)| value != 0.0) {
            self.copy_point(index, &mut point);
            sources.points.extend_from_slice(&point);
            sources.coefficients.push(coefficient);
        }
        sources
    }

    /// Write the kernel of point `index` with every point to `row`, padded to whole blocks.
    pub fn kernel_row(&self, index: usize, row: &mut [f32]) {
        let mut point = vec![0.0; self.dims];
        self.copy_point(index, &mut point);
        row_of_blocks(&self.values, &point, row);
    }

    /// Σ_j c_j K(x_j, x) for every point x of the blocks, on all threads. Only the terms are rounded, not the
    /// sums: the sums over parts of the sources add up to the sum over all sources, bit for bit.
    pub fn sums(&self, sources: &Sources) -> Vec<f64> {
        let mut sums = vec![0.0; self.padded_len()];
        let values = LANES * BLOCKS_PER_TASK * self.dims;
        sums.par_chunks_mut(LANES * BLOCKS_PER_TASK)
            .enumerate()
            .for_each(|(task, sums)| sums_of_blocks(&self.values[task * values..], sources, self.dims, sums));
        sums.truncate(self.len);
        sums
    }

    fn copy_point(&self, index: usize, point: &mut [f32]) {
        let first = offset(self.dims, index);
        for (dim, value) in point.iter_mut().enumerate() {
            *value = self.values[first + dim * LANES];
        }
    }
}

/// The index of the first coordinate of a point.
fn offset(dims: usize, index: usize) -> usize {
    index / LANES * LANES * dims + index % LANES
}

in_widest_vectors! {
    /// The kernel of one point with each point of the blocks.
    row_of_blocks(blocks: &[f32], point: &[f32], row: &mut [f32]) {
        for (index, kernel) in row.chunks_exact_mut(LANES).enumerate() {
            kernel.copy_from_slice(&block_kernel(nth_block(blocks, point.len(), index), point));
        }
    }
}

in_widest_vectors! {
    /// Σ_j c_j K(x_j, x) for every point x of the first blocks, as many as fit into `sums`.
    sums_of_blocks(blocks: &[f32], sources: &Sources, dims: usize, sums: &mut [f64]) {
        for (index, sums) in sums.chunks_exact_mut(LANES).enumerate() {
            let block = nth_block(blocks, dims, index);
            let mut totals = [0.0; LANES];
            for (source, &coefficient) in sources.coefficients.iter().enumerate() {
                let point = &sources.points[source * dims..(source + 1) * dims];
                let kernel = block_kernel(block, point);
                for lane in 0..LANES {
                    let term = coefficient * f64::from(kernel[lane]);
                    totals[lane] += (term + sources.ceiling) - sources.ceiling;
                }
            }
            sums.copy_from_slice(&totals);
        }
    }
}

#[inline(always)]
fn nth_block(blocks: &[f32], dims: usize, index: usize) -> &[f32] {
    &blocks[index * LANES * dims..(index + 1) * LANES * dims]
}

/// The kernel of one point with the points of one block.
#[inline(always)]
fn block_kernel(block: &[f32], point: &[f32]) -> [f32; LANES] {
    let mut squared = [0.0; LANES];
    for (column, &coordinate) in block.chunks_exact(LANES).zip(point) {
        for (sum, &value) in squared.iter_mut().zip(column) {
            let difference = value - coordinate;
            *sum += difference * difference;
        }
    }
    // A loop, because `map` would be compiled without the wide vectors.
    let mut kernel = [0.0; LANES];
    for lane in 0..LANES {
        kernel[lane] = two_to_minus(squared[lane]);
    }
    kernel
}

/// Coefficients of 2^r − 1 on [−½, ½], lowest power first. Of all polynomials of degree 6 that are 1 at 0,
/// theirs has the least relative error of 2^r: 2 · 10⁻⁹ before rounding (linear programming over 4,001
/// points).
const POWER_OF_TWO: [f32; 6] =
    [std::f32::consts::LN_2, 0.240_226_48, 0.055_503_324, 0.009_618_437, 0.001_339_887_4, 0.000_153_533_62];

/// 1.5 · 2²³: a number plus this constant has its nearest integer in the low bits.
const ROUND: f32 = 12_582_912.0;

/// 2^−x for x ≥ 0, to about one unit in the last place, and exactly 1 at 0. It stays at 2^−125 for x above
/// 125, where the normal numbers end, and for NaN.
#[inline(always)]
fn two_to_minus(x: f32) -> f32 {
    let x = if x < 125.0 { -x } else { -125.0 };
    let shifted = x + ROUND;
    let r = x - (shifted - ROUND);
    let mut power = 0.0;
    let mut term = POWER_OF_TWO.len();
    while term > 0 {
        term -= 1;
        power = (power + POWER_OF_TWO[term]) * r;
    }
    f32::from_bits((power + 1.0).to_bits().wrapping_add(shifted.to_bits() << 23))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(len: usize) -> Blocks {
        Blocks::new(3, len, |index, point| {
            for (dim, z) in point.iter_mut().enumerate() {
                *z = ((index * 7 + dim * 5) % 23) as f32 * 0.1;
            }
        })
    }

    #[test]
    fn powers_of_two_are_exact_to_two_units_in_the_last_place() {
        for step in 0..100_000 {
            let x = step as f32 * 1.24e-3;
            let exact = (-f64::from(x)).exp2();
            assert!((f64::from(two_to_minus(x)) / exact - 1.0).abs() < 1.3e-7, "{x}");
        }
        assert_eq!(two_to_minus(0.0), 1.0);
    }

    #[test]
    fn points_at_any_distance_have_a_finite_kernel() {
        assert!(two_to_minus(f32::INFINITY) < 1e-37 && two_to_minus(f32::NAN) < 1e-37);
    }

    #[test]
    fn rows_and_sums_use_the_same_kernel() {
        let points = blocks(37);
        let mut row = vec![0.0; points.padded_len()];
        points.kernel_row(20, &mut row);
        let sums = points.sums(&points.sources([(20, 1.0)], 1.0));
        for (value, sum) in row.iter().zip(&sums) {
            assert!((f64::from(*value) - sum).abs() < 1e-15);
        }
        assert_eq!((sums.len(), row[20]), (37, 1.0));
    }

    #[test]
    fn sums_over_parts_add_up_to_the_sum_over_the_whole_bit_for_bit() {
        let points = blocks(300);
        let part = |remainder: usize| {
            let indices = (0..300).filter(move |index| index % 3 == remainder);
            points.sums(&points.sources(indices.map(|index| (index, 0.1 + index as f64 / 7.0)), 9000.0))
        };
        let whole = points.sums(&points.sources((0..300).map(|i| (i, 0.1 + i as f64 / 7.0)), 9000.0));
        let (a, b, c) = (part(0), part(1), part(2));
        let total: Vec<f64> = (0..300).map(|i| c[i] + a[i] + b[i]).collect();
        assert_eq!(total, whole);
    }
}
