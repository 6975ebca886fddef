//! Values and thresholds as 16-bit ranks.

/// Rows that descend the tables side by side: a 16-bit number of each fills an AVX-512 register.
pub(super) const LANES: usize = 32;

/// A 16-bit number of each row.
pub(super) type Lanes = [u16; LANES];

/// The rank of a threshold that no value exceeds.
pub(super) const NEVER: u16 = u16::MAX;

/// All thresholds of one feature in a forest: ascending, distinct, and padded with infinity to a length of
/// 2^n - 1.
#[derive(Clone, Debug, Default)]
pub(super) struct SortedThresholds(Vec<f64>);

impl SortedThresholds {
    /// `None` if there are too many thresholds for 16 bits.
    pub fn new(mut thresholds: Vec<f64>) -> Option<Self> {
        thresholds.sort_unstable_by(f64::total_cmp);
        thresholds.dedup();
        if thresholds.len() >= usize::from(NEVER) {
            return None;
        }
        thresholds.resize((thresholds.len() + 1).next_power_of_two() - 1, f64::INFINITY);
        Some(SortedThresholds(thresholds))
    }

    /// The rank of a threshold of this feature: the number of smaller thresholds.
    pub fn rank_of(&self, threshold: f64) -> u16 {
        self.0.partition_point(|&other| other < threshold) as u16
    }

    /// The rank of each value: the number of thresholds that it exceeds. A value exceeds a threshold exactly
    /// if its rank exceeds that of the threshold. All binary searches take the same steps, so that they run
    /// side by side.
    pub fn ranks(&self, values: &[f64; LANES]) -> Lanes {
        let mut ranks = [0; LANES];
        let mut step = self.0.len().div_ceil(2);
        while step > 0 {
            for (rank, &value) in ranks.iter_mut().zip(values) {
                let is_above = self.0[*rank + step - 1] < value;
                *rank = std::hint::select_unpredictable(is_above, *rank + step, *rank);
            }
            step /= 2;
        }
        ranks.map(|rank| rank as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_is_the_number_of_thresholds_that_a_value_exceeds() {
        for count in 0..70 {
            let sorted = SortedThresholds::new((0..count).map(f64::from).collect()).unwrap();
            let values: [f64; LANES] = std::array::from_fn(|at| at as f64 * 3.5 - 7.0);
            for (value, rank) in values.iter().zip(sorted.ranks(&values)) {
                let expected = (0..count).filter(|&threshold| *value > f64::from(threshold)).count();
                assert_eq!(usize::from(rank), expected, "{value} among {count} thresholds");
            }
        }
    }

    #[test]
    fn the_rank_of_a_threshold_is_its_index_among_the_distinct_ones() {
        let sorted = SortedThresholds::new(vec![2.5, -1.0, 2.5, 7.0]).unwrap();
        assert_eq!([-1.0, 2.5, 7.0].map(|threshold| sorted.rank_of(threshold)), [0, 1, 2]);
    }

    #[test]
    fn more_thresholds_than_16_bits_can_number_are_refused() {
        let thresholds = |count: u16| -> Vec<f64> { (0..count).map(f64::from).collect() };
        assert!(SortedThresholds::new(thresholds(NEVER - 1)).is_some());
        assert!(SortedThresholds::new(thresholds(NEVER)).is_none());
    }
}
