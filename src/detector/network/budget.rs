//! The size of a network and its training budget, from the size of the table.
//!
//! The budget counts multiplications, not seconds, so training ends at the same step on every run.

/// Multiplications to train one network: about a quarter of a second on one core.
const WORK: u64 = 2_500_000_000;

/// The overhead of a step, in multiplications. candle creates about 170 tensors in about 75 µs, and
/// multiplies about 10^10 numbers per second.
const STEP: u64 = 750_000;

/// Fewer epochs than this learn nothing; the budget then drops rows instead.
const FEWEST_EPOCHS: u64 = 10;

/// Fewer rows than this are not worth training on, however wide they are.
const FEWEST_ROWS: u64 = 500;

/// The default layers from the input to the middle, for rows of `width` values.
///
/// The first layer is about twice as wide as the input, the middle has the square root of the input's width.
/// Wide layers learn in fewer steps than narrow ones.
pub fn hidden(width: usize) -> Vec<usize> {
    // In a narrower layer, rectifiers that start at 0 leave too few active units.
    const NARROWEST: usize = 32;
    const WIDEST: usize = 128;
    let middle = (width as f64).sqrt().ceil() as usize;
    vec![(2 * width).clamp(NARROWEST, WIDEST), middle.max(1)]
}

/// The layer sizes from the input to the output. The second half mirrors the first.
pub fn sizes(width: usize, hidden: &[usize]) -> Vec<usize> {
    let outwards = hidden.iter().rev().skip(1);
    std::iter::once(width).chain(hidden.iter().chain(outwards).copied()).chain([width]).collect()
}

/// The largest number of rows and epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    weights: u64,
    batch: u64,
}

impl Budget {
    /// The budget of a network with these layer sizes and batches of `batch` rows.
    pub fn new(sizes: &[usize], batch: usize) -> Self {
        let weights = sizes.windows(2).map(|pair| (pair[0] * pair[1]) as u64).sum();
        Budget { weights, batch: batch as u64 }
    }

    /// The number of rows that [`FEWEST_EPOCHS`] epochs can afford.
    pub fn rows(&self) -> usize {
        let row_cost = self.epoch_cost(self.batch) / self.batch + 1;
        (WORK / FEWEST_EPOCHS / row_cost).max(FEWEST_ROWS) as usize
    }

    /// The number of epochs on `rows` rows within the budget.
    pub fn epochs(&self, rows: usize) -> usize {
        (WORK / self.epoch_cost(rows as u64).max(1)).max(1) as usize
    }

    /// The time of training in seconds, on the machine of [`STEP`].
    pub fn seconds(&self, epochs: usize, rows: usize) -> f64 {
        const MULTIPLICATIONS: f64 = 1e10;
        epochs as f64 * self.epoch_cost(rows as u64) as f64 / MULTIPLICATIONS
    }

    /// The multiplications of one epoch: one forward pass, and a backward pass that costs twice as much.
    fn epoch_cost(&self, rows: u64) -> u64 {
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
    fn wider_rows_leave_fewer_rows_to_train_on() {
        let rows = |width: usize| Budget::new(&sizes(width, &hidden(width)), 64).rows();
        assert!(rows(10) > 10_000 && rows(2_000) < 1_000, "{} and {}", rows(10), rows(2_000));
    }
}
