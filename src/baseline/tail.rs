//! How rare a value is in its own column: the share of rows with a value at least as suspicious.

use std::collections::BTreeMap;

/// The counts of the values of a column, in steps of a hundredth.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail {
    counts: BTreeMap<i64, u64>,
    /// For each step, the share of rows at least as suspicious.
    shares: BTreeMap<i64, f64>,
    is_low: bool,
}

fn step(value: f64) -> i64 {
    (value * 100.0).round() as i64
}

impl Tail {
    /// A column in which low values are suspicious, or high ones.
    pub(super) fn new(is_low: bool) -> Self {
        Tail { is_low, ..Tail::default() }
    }

    pub(super) fn add(&mut self, value: f64) {
        if value.is_finite() {
            *self.counts.entry(step(value)).or_default() += 1;
        }
    }

    /// All values are counted.
    pub(super) fn finish(&mut self) {
        let all: u64 = self.counts.values().sum();
        let mut below = 0;
        let mut share = |(step, count): (&i64, &u64)| {
            below += count;
            (*step, below as f64 / all as f64)
        };
        self.shares = match self.is_low {
            true => self.counts.iter().map(&mut share).collect(),
            false => self.counts.iter().rev().map(&mut share).collect(),
        };
        self.counts.clear();
    }

    /// The share of rows with a value at least as suspicious; 1 for a missing or unknown one.
    pub(super) fn p(&self, value: f64) -> f64 {
        if value.is_finite() { self.shares.get(&step(value)).copied().unwrap_or(1.0) } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_of_values_at_least_as_suspicious() {
        for (is_low, expected) in [(false, [1.0, 0.75, 0.25]), (true, [0.25, 0.75, 1.0])] {
            let mut tail = Tail::new(is_low);
            [0.0, 1.0, 1.0, 5.5, f64::NAN].into_iter().for_each(|value| tail.add(value));
            tail.finish();
            assert_eq!([0.0, 1.0, 5.5].map(|value| tail.p(value)), expected);
            assert_eq!(tail.p(f64::NAN), 1.0);
        }
    }
}
