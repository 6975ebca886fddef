//! Which columns say all there is to say: those that no other columns determine.

/// The directions in which rows were seen to differ, by Gaussian elimination, a row at a time.
pub(super) struct Span {
    /// For each direction the column it is known by and its vector: 1 there, and 0 at the columns of those before it.
    directions: Vec<(usize, Vec<f64>)>,
}

/// What is left of a row counts as a direction of its own where it is more than rounding.
const ROUNDING: f64 = 1e-9;

impl Span {
    pub(super) fn new() -> Self {
        Span { directions: Vec::new() }
    }

    /// The directions in which rows differ from the one nearest to zero, until they are as many as there are columns.
    /// That one is no far row, beside which the differences of all others would be rounding.
    pub(super) fn of<'a>(rows: impl Iterator<Item = &'a [f64]> + Clone) -> Self {
        let mut span = Span::new();
        let nearest = rows.clone().min_by(|a, b| largest(a).1.total_cmp(&largest(b).1));
        let origin = nearest.unwrap_or_default();
        for row in rows {
            if span.rank() == origin.len() {
                break;
            }
            span.add(row.iter().zip(origin).map(|(x, origin)| x - origin).collect());
        }
        span
    }

    /// How many directions there are.
    pub(super) fn rank(&self) -> usize {
        self.directions.len()
    }

    /// As many columns as there are directions, of which all others are combinations, in ascending order.
    pub(super) fn columns(&self) -> Vec<usize> {
        let mut columns: Vec<usize> = self.directions.iter().map(|(column, _)| *column).collect();
        columns.sort_unstable();
        columns
    }

    /// Take up a row, as a difference from a common origin.
    pub(super) fn add(&mut self, mut row: Vec<f64>) {
        let size = largest(&row).1;
        for (column, direction) in &self.directions {
            let share = row[*column];
            row.iter_mut().zip(direction).for_each(|(value, along)| *value -= share * along);
            row[*column] = 0.0;
        }
        let (column, left) = largest(&row);
        if left > ROUNDING * size {
            let pivot = row[column];
            row.iter_mut().for_each(|value| *value /= pivot);
            self.directions.push((column, row));
        }
    }
}

/// Where the value of largest size stands, and that size; 0 in an empty row.
fn largest(row: &[f64]) -> (usize, f64) {
    row.iter().enumerate().fold(
        (0, 0.0),
        |best, (column, value)| {
            if value.abs() > best.1 { (column, value.abs()) } else { best }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_that_others_determine_is_left_out() {
        let mut span = Span::new();
        for row in [[0.0, 1.0, 1.0], [0.5, 0.0, 0.5], [0.1, 0.2, 0.1 + 0.2]] {
            span.add(row.to_vec());
        }
        assert_eq!(span.rank(), 2);
        assert_eq!(span.columns().len(), 2);
    }

    #[test]
    fn a_far_row_does_not_hide_the_directions_of_the_near_ones() {
        let rows = [[1e12, 1e12], [1.0, 0.5], [0.5, 1.0], [0.0, 0.0]];
        assert_eq!(Span::of(rows.iter().map(|row| row.as_slice())).rank(), 2);
    }

    #[test]
    fn rows_on_a_line_beside_the_origin_have_one_direction() {
        let rows = [[1.0, 3.0], [2.0, 4.0], [3.0, 5.0]];
        assert_eq!(Span::of(rows.iter().map(|row| row.as_slice())).rank(), 1);
    }
}
