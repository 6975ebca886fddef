//! The coordinates in which the search is made: no column that others determine, and no unit.

use super::shape::Shape;
use super::span::Span;
use crate::rows::WeightedRows;
use ndarray::{Array2, ArrayView1, Axis};
use rayon::prelude::*;

/// The columns that the others do not determine, each with a centre and a scale.
pub(super) struct Frame {
    columns: Vec<usize>,
    centre: Vec<f64>,
    scale: Vec<f64>,
}

impl Frame {
    pub(super) fn of(rows: &WeightedRows) -> Self {
        let total = rows.total() as f64;
        let measured: Vec<(f64, f64)> = (0..rows.points.ncols())
            .into_par_iter()
            .map(|column| measured(rows.points.column(column), &rows.weights, total))
            .collect();
        let (centre, scale): (Vec<f64>, Vec<f64>) = measured.into_iter().unzip();
        let mut frame =
            Frame { columns: (0..scale.len()).filter(|&at| scale[at] > 0.0).collect(), centre, scale };
        let placed = frame.apply(rows).points;
        let span =
            Span::of(placed.rows().into_iter().map(|row| row.to_slice().expect("rows are contiguous")));
        frame.columns = span.columns().into_iter().map(|at| frame.columns[at]).collect();
        frame
    }

    /// Whether the columns' scales are numbers, which those of values at the ends of arithmetic are not.
    pub(super) fn is_finite(&self) -> bool {
        self.scale.iter().all(|scale| scale.is_finite())
    }

    /// How many coordinates there are.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    pub(super) fn apply(&self, rows: &WeightedRows) -> WeightedRows {
        let mut points = Array2::zeros((rows.len(), self.width()));
        for (mut to, from) in points.axis_iter_mut(Axis(0)).zip(rows.points.rows()) {
            to.iter_mut().zip(self.placed(from)).for_each(|(to, from)| *to = from);
        }
        WeightedRows { points, weights: rows.weights.clone() }
    }

    fn placed(&self, row: ArrayView1<f64>) -> impl Iterator<Item = f64> {
        self.columns.iter().map(move |&column| (row[column] - self.centre[column]) / self.scale[column])
    }

    /// A shape found in these coordinates in those of the table: its columns, its location and its axes.
    pub(super) fn back(&self, shape: &Shape) -> (Vec<usize>, Vec<f64>, Vec<f64>) {
        let place =
            |(at, column): (usize, &usize)| shape.location[at] * self.scale[*column] + self.centre[*column];
        let location = self.columns.iter().enumerate().map(place).collect();
        let scales = self.columns.iter().cycle().map(|&column| self.scale[column]);
        let whitening = shape.whitening.iter().zip(scales).map(|(weight, scale)| weight / scale).collect();
        (self.columns.clone(), location, whitening)
    }
}

/// The median of a column's distinct rows, which no far value moves, and the mean absolute deviation from it.
fn measured(column: ArrayView1<f64>, weights: &[u32], total: f64) -> (f64, f64) {
    let mut values = column.to_vec();
    let middle = values.len() / 2;
    let centre = *values.select_nth_unstable_by(middle, f64::total_cmp).1;
    let apart = |(x, &weight): (&f64, &u32)| f64::from(weight) * ((x - centre).abs() / total);
    (centre, column.iter().zip(weights).map(apart).sum())
}
