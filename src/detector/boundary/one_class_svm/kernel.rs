//! The RBF kernel, 2^−|z − z′|² in kernel coordinates, over many points at once: f32 kernel values, f64 sums.
//!
//! The points lie in panels of [`LANES`], one feature after the other, so that a compiler turns each step
//! into vector instructions. Every value comes from the same operations in the same order, on any machine
//! and beside any neighbours; nothing is fused (a fused multiply-add rounds once instead of twice).

use crate::detector::simd::in_widest_vectors;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Points in one panel.
pub(super) const LANES: usize = 16;

/// Panels one task works on: few enough to stay in the nearest cache, enough to be worth a task.
const PANELS_PER_TASK: usize = 8;

/// Points in kernel coordinates (see [`super::space::KernelSpace`]), gamma already inside.
#[derive(Clone, Debug)]
pub(super) struct Panels {
    dims: usize,
    len: usize,
    /// Panel by panel, `dims` × `LANES` values each; the last is filled up with zeros.
    values: Vec<f32>,
}

/// A few points and their coefficients, all above 0: what [`Panels::sums`] adds up.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sources {
    /// Point by point.
    points: Vec<f32>,
    coefficients: Vec<f64>,
    /// A power of two above the largest sum. Added to a term and taken away again, it leaves a multiple of
    /// its last place: sums of such terms are exact, so that no order and no detour shows in them.
    ceiling: f64,
}

impl Sources {
    /// Whether there is a finite point of `dims` coordinates for each coefficient, and no sum is too large.
    pub fn are_valid(&self, dims: usize) -> bool {
        let paired = self.points.len() == dims * self.coefficients.len();
        let positive = self.coefficients.iter().all(|&c| c > 0.0);
        let bounded = self.coefficients.iter().sum::<f64>() <= self.ceiling && self.ceiling.is_finite();
        paired && positive && bounded && self.points.iter().all(|z| z.is_finite())
    }
}

impl Panels {
    /// `len` points of `dims` coordinates, each written into the slice it is given by `fill`.
    pub fn new(dims: usize, len: usize, mut fill: impl FnMut(usize, &mut [f32])) -> Self {
        let mut values = vec![0.0; len.div_ceil(LANES) * LANES * dims];
        let mut point = vec![0.0; dims];
        for index in 0..len {
            fill(index, &mut point);
            let first = offset(dims, index);
            for (dim, &value) in point.iter().enumerate() {
                values[first + dim * LANES] = value;
            }
        }
        Panels { dims, len, values }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// The number of points, filled up to whole panels.
    pub fn padded_len(&self) -> usize {
        self.len.div_ceil(LANES) * LANES
    }

    /// Only the points at these indices, in their order.
    pub fn select(&self, indices: &[usize]) -> Self {
        Panels::new(self.dims, indices.len(), |index, point| self.copy_point(indices[index], point))
    }

    /// The points with a coefficient other than 0, the sum of which may grow up to `total`.
    pub fn sources(&self, coefficients: impl IntoIterator<Item = (usize, f64)>, total: f64) -> Sources {
        // Between twice and four times the total: rounding in the coefficients does not reach it.
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

    /// The kernel of point `index` with every point into `row`, filled up to whole panels.
    pub fn kernel_row(&self, index: usize, row: &mut [f32]) {
        let mut point = vec![0.0; self.dims];
        self.copy_point(index, &mut point);
        row_of_panels(&self.values, &point, row);
    }

    /// Σ_j c_j K(x_j, x) for every point x here, on all threads. Exact but for the rounding of each term:
    /// sums over parts add up to the sum over the whole, bit for bit.
    pub fn sums(&self, sources: &Sources) -> Vec<f64> {
        let mut sums = vec![0.0; self.padded_len()];
        let values = LANES * PANELS_PER_TASK * self.dims;
        sums.par_chunks_mut(LANES * PANELS_PER_TASK)
            .enumerate()
            .for_each(|(task, sums)| sums_of_panels(&self.values[task * values..], sources, self.dims, sums));
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

/// Where the first coordinate of a point stands.
fn offset(dims: usize, index: usize) -> usize {
    index / LANES * LANES * dims + index % LANES
}

in_widest_vectors! {
    row_of_panels(panels: &[f32], point: &[f32], row: &mut [f32]) {
        for (index, kernel) in row.chunks_exact_mut(LANES).enumerate() {
            kernel.copy_from_slice(&panel_kernel(nth_panel(panels, point.len(), index), point));
        }
    }
}

in_widest_vectors! {
    /// As many panels as `sums` has room for.
    sums_of_panels(panels: &[f32], sources: &Sources, dims: usize, sums: &mut [f64]) {
        for (index, sums) in sums.chunks_exact_mut(LANES).enumerate() {
            let panel = nth_panel(panels, dims, index);
            let mut totals = [0.0; LANES];
            for (source, &coefficient) in sources.coefficients.iter().enumerate() {
                let point = &sources.points[source * dims..(source + 1) * dims];
                let kernel = panel_kernel(panel, point);
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
fn nth_panel(panels: &[f32], dims: usize, index: usize) -> &[f32] {
    &panels[index * LANES * dims..(index + 1) * LANES * dims]
}

/// The kernel of one point with the points of one panel.
#[inline(always)]
fn panel_kernel(panel: &[f32], point: &[f32]) -> [f32; LANES] {
    let mut squared = [0.0; LANES];
    for (column, &coordinate) in panel.chunks_exact(LANES).zip(point) {
        for (sum, &value) in squared.iter_mut().zip(column) {
            let difference = value - coordinate;
            *sum += difference * difference;
        }
    }
    // A loop and not `map`, which is compiled without the wide vectors.
    let mut kernel = [0.0; LANES];
    for lane in 0..LANES {
        kernel[lane] = two_to_minus(squared[lane]);
    }
    kernel
}

/// 2^r − 1 over r on [−½, ½], least power first: the polynomial of degree 6 through 1 at 0 with the least
/// relative error, 2 · 10⁻⁹ before rounding (found by linear programming over 4,001 points).
const POWER_OF_TWO: [f32; 6] =
    [std::f32::consts::LN_2, 0.240_226_48, 0.055_503_324, 0.009_618_437, 0.001_339_887_4, 0.000_153_533_62];

/// 1.5 · 2²³: adding it to a number leaves its nearest integer in the low bits.
const ROUND: f32 = 12_582_912.0;

/// 2^−x for x ≥ 0 to about one unit in the last place; 1 exactly at 0. Below 2^−125, where the normal numbers
/// end, that is what it stays.
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

    fn panels(len: usize) -> Panels {
        Panels::new(3, len, |index, point| {
            for (dim, z) in point.iter_mut().enumerate() {
                *z = ((index * 7 + dim * 5) % 23) as f32 * 0.1;
            }
        })
    }

    #[test]
    fn powers_of_two_are_right_to_two_units_in_the_last_place() {
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
    fn rows_and_sums_are_of_the_same_kernel() {
        let points = panels(37);
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
        let points = panels(300);
        let part = |of: usize| {
            let kept = (0..300).filter(move |index| index % 3 == of);
            points.sums(&points.sources(kept.map(|index| (index, 0.1 + index as f64 / 7.0)), 9000.0))
        };
        let whole = points.sums(&points.sources((0..300).map(|i| (i, 0.1 + i as f64 / 7.0)), 9000.0));
        let (a, b, c) = (part(0), part(1), part(2));
        let added: Vec<f64> = (0..300).map(|i| c[i] + a[i] + b[i]).collect();
        assert_eq!(added, whole);
    }
}
