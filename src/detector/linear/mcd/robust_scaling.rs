//! Robust scaling: the search runs on linearly independent columns without units.

use super::column_range::ColumnRange;
use super::location_scatter::LocationScatter;
use crate::rows::WeightedRows;
use ndarray::{Array2, ArrayView1, Axis};
use rayon::prelude::*;

/// The linearly independent columns, and a center and a scale per column of the table.
pub(super) struct RobustScaling {
    columns: Vec<usize>,
    center: Vec<f64>,
    scale: Vec<f64>,
}

impl RobustScaling {
    pub(super) fn of(rows: &WeightedRows) -> Self {
        let total = rows.total() as f64;
        let centers_and_scales: Vec<(f64, f64)> = (0..rows.points.ncols())
            .into_par_iter()
            .map(|column| center_and_scale(rows.points.column(column), &rows.weights, total))
            .collect();
        let (center, scale): (Vec<f64>, Vec<f64>) = centers_and_scales.into_iter().unzip();
        let mut scaling = RobustScaling {
            columns: (0..scale.len()).filter(|&at| scale[at] > 0.0).collect(),
            center,
            scale,
        };
        let scaled = scaling.apply(rows).points;
        let range = ColumnRange::of(
            scaled.rows().into_iter().map(|row| row.to_slice().expect("rows are contiguous")),
        );
        scaling.columns = range.columns().into_iter().map(|at| scaling.columns[at]).collect();
        scaling
    }

    /// Whether every scale is finite. The scale of values near the largest f64 is not.
    pub(super) fn is_finite(&self) -> bool {
        self.scale.iter().all(|scale| scale.is_finite())
    }

    /// The number of scaled columns.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// The rows in scaled columns, with the same weights.
    pub(super) fn apply(&self, rows: &WeightedRows) -> WeightedRows {
        let mut points = Array2::zeros((rows.len(), self.width()));
        for (mut to, from) in points.axis_iter_mut(Axis(0)).zip(rows.points.rows()) {
            to.iter_mut().zip(self.scaled(from)).for_each(|(to, from)| *to = from);
        }
        WeightedRows { points, weights: rows.weights.clone() }
    }

    fn scaled(&self, row: ArrayView1<f64>) -> impl Iterator<Item = f64> {
        self.columns.iter().map(move |&column| (row[column] - self.center[column]) / self.scale[column])
    }

    /// Undo the scaling of an ellipsoid: its columns in the table, its location and its whitening.
    pub(super) fn invert(&self, fit: &LocationScatter) -> (Vec<usize>, Vec<f64>, Vec<f64>) {
        let unscaled =
            |(at, column): (usize, &usize)| fit.location[at] * self.scale[*column] + self.center[*column];
        let location = self.columns.iter().enumerate().map(unscaled).collect();
        let scales = self.columns.iter().cycle().map(|&column| self.scale[column]);
        let whitening = fit.whitening.iter().zip(scales).map(|(weight, scale)| weight / scale).collect();
        (self.columns.clone(), location, whitening)
    }
}

/// The median of a column's distinct rows, which outliers do not move, and the mean absolute deviation from
/// it.
fn center_and_scale(column: ArrayView1<f64>, weights: &[u32], total: f64) -> (f64, f64) {
    let mut values = column.to_vec();
    let middle = values.len() / 2;
    let center = *values.select_nth_unstable_by(middle, f64::total_cmp).1;
    // Dividing first keeps the sum of large deviations finite.
    let deviation = |(x, &weight): (&f64, &u32)| f64::from(weight) * ((x - center).abs() / total);
    (center, column.iter().zip(weights).map(deviation).sum())
}
