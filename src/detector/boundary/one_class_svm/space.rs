//! Kernel coordinates z, in which the kernel exp(−gamma |x − x′|²) is 2^−|z − z′|².

use super::kernel::Blocks;
use ndarray::{ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};
use std::f64::consts::LOG2_E;

/// Coordinates are clamped to this magnitude: its square fits into f32, and the kernel is 0 at far smaller
/// distances.
const FARTHEST: f64 = 1e18;

/// The scale is clamped to this: it must stay finite, and far smaller scales already separate all distinct
/// values.
const STEEPEST: f64 = 1e300;

/// z = (x / unit − centre) · scale, with scale² = gamma · unit² · log₂ e. Centering comes before the
/// conversion to f32, so that f32 keeps the digits that separate points, for example of timestamps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KernelSpace {
    /// The largest magnitude in the training rows, at least 1. Squares of values in this unit stay finite.
    unit: f64,
    /// The weighted mean of each column, in units.
    centre: Vec<f64>,
    scale: f64,
}

impl KernelSpace {
    /// The space of these rows. If `gamma` is `None`, it is 1 / (d · Var), as scikit-learn's "scale": Var is
    /// the variance of all elements of the expanded rows. If they are all equal, gamma is 1.
    pub fn new(points: ArrayView2<f64>, weights: &[f64], gamma: Option<f64>) -> Self {
        let unit = points.iter().fold(1.0, |largest: f64, x| largest.max(x.abs()));
        let centre: Vec<f64> = points.columns().into_iter().map(|x| column_mean(x, weights, unit)).collect();
        let root_of_gamma = match gamma {
            Some(gamma) => gamma.sqrt() * unit,
            None => match variance(points, weights, unit) * centre.len() as f64 {
                0.0 => unit,
                spread => 1.0 / spread.sqrt(),
            },
        };
        KernelSpace { unit, centre, scale: (root_of_gamma * LOG2_E.sqrt()).min(STEEPEST) }
    }

    /// The number of features.
    pub fn dims(&self) -> usize {
        self.centre.len()
    }

    /// Whether all numbers are finite and in range.
    pub fn is_valid(&self) -> bool {
        let is_finite = self.centre.iter().all(|x| x.is_finite());
        is_finite && self.unit >= 1.0 && self.unit.is_finite() && self.scale > 0.0 && self.scale.is_finite()
    }

    /// Rows of shape (rows, features) in kernel coordinates.
    pub fn blocks(&self, rows: ArrayView2<f64>) -> Blocks {
        Blocks::new(self.dims(), rows.nrows(), |index, point| self.write(rows.row(index), point))
    }

    fn write(&self, row: ArrayView1<f64>, point: &mut [f32]) {
        for ((z, x), centre) in point.iter_mut().zip(row).zip(&self.centre) {
            *z = ((x / self.unit - centre) * self.scale).clamp(-FARTHEST, FARTHEST) as f32;
        }
    }
}

/// The weighted mean of a column in units of `unit`. Values are taken relative to the first, so that the mean
/// of a constant column is exactly that constant.
fn column_mean(column: ArrayView1<f64>, weights: &[f64], unit: f64) -> f64 {
    let origin = column.first().map_or(0.0, |x| x / unit);
    let sum: f64 = column.iter().zip(weights).map(|(x, weight)| weight * (x / unit - origin)).sum();
    origin + sum / weights.iter().sum::<f64>().max(1.0)
}

/// The population variance of all elements of the expanded rows, in squares of `unit`.
fn variance(points: ArrayView2<f64>, weights: &[f64], unit: f64) -> f64 {
    let origin = points.first().map_or(0.0, |x| x / unit);
    let count = weights.iter().sum::<f64>() * points.ncols() as f64;
    let mean = weighted_sum(points, weights, |x| x / unit - origin) / count.max(1.0);
    weighted_sum(points, weights, |x| (x / unit - origin - mean).powi(2)) / count.max(1.0)
}

fn weighted_sum(points: ArrayView2<f64>, weights: &[f64], term: impl Fn(f64) -> f64) -> f64 {
    let rows = points.rows().into_iter().zip(weights);
    rows.map(|(row, weight)| weight * row.iter().map(|&x| term(x)).sum::<f64>()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn gamma(points: Array2<f64>, weights: &[f64]) -> f64 {
        let space = KernelSpace::new(points.view(), weights, None);
        (space.scale / space.unit).powi(2) / LOG2_E
    }

    #[test]
    fn gamma_scale_is_that_of_the_expanded_rows() {
        // numpy 2: 1 / (2 * np.array([[1, 2], [1, 2], [1, 2], [5, -3]]).var())
        let expected = 1.0 / (2.0 * 4.234375);
        assert!((gamma(array![[1.0, 2.0], [5.0, -3.0]], &[3.0, 1.0]) - expected).abs() < 1e-12);
    }

    #[test]
    fn gamma_is_1_if_all_values_are_equal() {
        assert!((gamma(array![[0.1, 0.1], [0.1, 0.1], [0.1, 0.1]], &[1.0, 7.0, 1.0]) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_large_offset_costs_no_digits() {
        let near = array![[0.0], [1.0], [2.5]];
        let far = &near + 1.7e9;
        let weights = [1.0; 3];
        let row = |points: &Array2<f64>| {
            let mut row = vec![0.0; 16];
            KernelSpace::new(points.view(), &weights, None).blocks(points.view()).kernel_row(0, &mut row);
            row
        };
        for (a, b) in row(&near).into_iter().zip(row(&far)) {
            assert!((a - b).abs() < 1e-6, "{a} {b}");
        }
    }
}
