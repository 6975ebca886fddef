//! What training a network may cost: how large a network is and how long it learns, from the size of the table.
//!
//! The bound is counted in multiplications and not in seconds: a clock would end training elsewhere on every run.

/// Multiplications that training one network may take: about a quarter of a second on one core.
const WORK: u64 = 2_500_000_000;

/// What a step takes besides its rows, in multiplications: candle makes a new tensor for each of some 170 operations,
/// in about 75 µs, and multiplies about 10^10 numbers a second.
const STEP: u64 = 750_000;

/// Fewer epochs than this teach nothing; rows are left out instead.
const FEWEST_EPOCHS: u64 = 10;

/// Fewer rows than this are not worth training on, however wide they are.
const FEWEST_ROWS: u64 = 500;

/// The layers from the input to the middle for rows of so many values: one twice as wide as the input, within reason,
/// and a middle of its square root. Wide layers learn in few steps what narrow ones need many for.
pub fn hidden(width: usize) -> Vec<usize> {
    // With fewer units than this, those that a rectifier holds at 0 from the start are missed.
    const NARROWEST: usize = 32;
    const WIDEST: usize = 128;
    let middle = (width as f64).sqrt().ceil() as usize;
    vec![(2 * width).clamp(NARROWEST, WIDEST), middle.max(1)]
}

/// The sizes from the input to the output, the second half a mirror of the first.
pub fn sizes(width: usize, hidden: &[usize]) -> Vec<usize> {
    let outwards = hidden.iter().rev().skip(1);
    std::iter::once(width).chain(hidden.iter().chain(outwards).copied()).chain([width]).collect()
}

/// So many rows and epochs at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    weights: u64,
    batch: u64,
}

impl Budget {
    /// For a network of these sizes that learns in batches.
    pub fn new(sizes: &[usize], batch: usize) -> Self {
        let weights = sizes.windows(2).map(|pair| (pair[0] * pair[1]) as u64).sum();
        Budget { weights, batch: batch as u64 }
    }

    /// How many rows can be learned from for long enough.
    pub fn rows(&self) -> usize {
        let each = self.rows_cost(self.batch) / self.batch + 1;
        (WORK / FEWEST_EPOCHS / each).max(FEWEST_ROWS) as usize
    }

    /// How often so many rows can be seen.
    pub fn epochs(&self, rows: usize) -> usize {
        (WORK / self.rows_cost(rows as u64).max(1)).max(1) as usize
    }

    /// What seeing rows so often takes, in seconds on a machine like that of [`STEP`].
    pub fn seconds(&self, epochs: usize, rows: usize) -> f64 {
        const MULTIPLICATIONS: f64 = 1e10;
        epochs as f64 * self.rows_cost(rows as u64) as f64 / MULTIPLICATIONS
    }

    /// Seeing rows once: forwards, and twice as much backwards.
    fn rows_cost(&self, rows: u64) -> u64 {
        3 * rows * self.weights + rows.div_ceil(self.batch) * STEP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_narrow_in_the_middle_and_the_same_on_both_sides() {
        assert_eq!(sizes(10, &hidden(10)), [10, 32, 4, 32, 10]);
        assert_eq!(sizes(1_000, &hidden(1_000)), [1_000, 128, 32, 128, 1_000]);
        assert_eq!(sizes(1, &hidden(1)), [1, 32, 1, 32, 1]);
        assert_eq!(sizes(5, &[3]), [5, 3, 5]);
    }

    #[test]
    fn more_rows_and_wider_rows_get_fewer_epochs() {
        let epochs = |width: usize, rows| Budget::new(&sizes(width, &hidden(width)), 64).epochs(rows);
        assert_eq!((epochs(10, 4_500), epochs(57, 4_500)), (38, 9));
    }

    #[test]
    fn of_wide_rows_fewer_are_learned_from() {
        let rows = |width: usize| Budget::new(&sizes(width, &hidden(width)), 64).rows();
        assert!(rows(10) > 10_000 && rows(2_000) < 1_000, "{} and {}", rows(10), rows(2_000));
    }
}
