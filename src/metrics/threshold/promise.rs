//! Whether new rows keep the promise of a threshold.

use crate::metrics::Interval;

/// A realised share beyond this factor of the promised one does not keep the promise.
const FACTOR: f64 = 2.0;

/// Whether the share of flagged rows is within half and twice the promised share, or its 95 % interval (Wilson) holds the
/// promised share: few rows can differ by chance.
pub fn is_kept(promised: f64, flagged: u64, rows: u64) -> bool {
    let Some(interval) = Interval::of_share(flagged, rows) else { return true };
    let realised = flagged as f64 / rows as f64;
    let is_near = realised >= promised / FACTOR && realised <= promised * FACTOR;
    is_near || (interval.low <= promised && promised <= interval.high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_broken_beyond_a_factor_of_two_and_beyond_chance() {
        assert!(is_kept(0.01, 19, 1_000) && is_kept(0.01, 5, 1_000));
        assert!(!is_kept(0.01, 30, 1_000) && !is_kept(0.01, 2, 2_000));
        // 2 of 80 rows in place of 0.8.
        assert!(is_kept(0.01, 2, 80) && is_kept(0.01, 0, 100) && is_kept(0.1, 0, 0));
    }
}
