//! A maximal set of linearly independent columns: all other columns are linear combinations of them.

/// The directions in which rows differ, by Gaussian elimination, one row at a time.
pub(super) struct ColumnRange {
    /// Each direction has a pivot column and a vector: 1 at its pivot, and 0 at the pivots of earlier
    /// directions.
    directions: Vec<(usize, Vec<f64>)>,
}

/// The rest of a row is a new direction if it is more than this share of the row; below, it is rounding.
const ROUNDING: f64 = 1e-9;

impl ColumnRange {
    pub(super) fn new() -> Self {
        ColumnRange { directions: Vec::new() }
    }

    /// The directions in which rows differ from the row nearest to zero, up to the number of columns.
    ///
    /// The origin must not be a far row: next to it, the differences of all other rows would be rounding.
    pub(super) fn of<'a>(rows: impl Iterator<Item = &'a [f64]> + Clone) -> Self {
        let mut range = ColumnRange::new();
        let nearest = rows.clone().min_by(|a, b| largest(a).1.total_cmp(&largest(b).1));
        let origin = nearest.unwrap_or_default();
        for row in rows {
            if range.rank() == origin.len() {
                break;
            }
            range.add(row.iter().zip(origin).map(|(x, origin)| x - origin).collect());
        }
        range
    }

    /// The number of directions.
    pub(super) fn rank(&self) -> usize {
        self.directions.len()
    }

    /// The pivot columns in ascending order. All other columns are linear combinations of them.
    pub(super) fn columns(&self) -> Vec<usize> {
        let mut columns: Vec<usize> = self.directions.iter().map(|(column, _)| *column).collect();
        columns.sort_unstable();
        columns
    }

    /// Add a row, as the difference from a common origin.
    pub(super) fn add(&mut self, mut row: Vec<f64>) {
        let size = largest(&row).1;
        for (column, direction) in &self.directions {
            let factor = row[*column];
            row.iter_mut().zip(direction).for_each(|(value, component)| *value -= factor * component);
            row[*column] = 0.0;
        }
        let (column, rest) = largest(&row);
        if rest > ROUNDING * size {
            let pivot = row[column];
            row.iter_mut().for_each(|value| *value /= pivot);
            self.directions.push((column, row));
        }
    }
}

/// The column of the largest absolute value, and that value; zeros for an empty row.
fn largest(row: &[f64]) -> (usize, f64) {
    row.iter().enumerate().fold((0, 0.0), |largest, (column, value)| {
        if value.abs() > largest.1 { (column, value.abs()) } else { largest }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_combination_of_other_columns_is_left_out() {
        let mut range = ColumnRange::new();
        for row in [[0.0, 1.0, 1.0], [0.5, 0.0, 0.5], [0.1, 0.2, 0.1 + 0.2]] {
            range.add(row.to_vec());
        }
        assert_eq!(range.rank(), 2);
        assert_eq!(range.columns().len(), 2);
    }

    #[test]
    fn a_far_row_does_not_hide_the_directions_of_the_near_ones() {
        let rows = [[1e12, 1e12], [1.0, 0.5], [0.5, 1.0], [0.0, 0.0]];
        assert_eq!(ColumnRange::of(rows.iter().map(|row| row.as_slice())).rank(), 2);
    }

    #[test]
    fn rows_on_a_line_off_the_origin_have_one_direction() {
        let rows = [[1.0, 3.0], [2.0, 4.0], [3.0, 5.0]];
        assert_eq!(ColumnRange::of(rows.iter().map(|row| row.as_slice())).rank(), 1);
    }
}
