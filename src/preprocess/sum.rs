//! A sum with compensated rounding errors (Neumaier, ZAMM 1974).

/// A compensated sum. Its last bit can still depend on the order of the terms, so callers add in canonical order.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    sum: f64,
    compensation: f64,
}

impl Sum {
    pub fn add(&mut self, term: f64) {
        let sum = self.sum + term;
        let (large, small) = if self.sum.abs() >= term.abs() { (self.sum, term) } else { (term, self.sum) };
        self.compensation += (large - sum) + small;
        self.sum = sum;
    }

    /// The sum; infinite where it overflows.
    pub fn total(self) -> f64 {
        if self.sum.is_finite() { self.sum + self.compensation } else { self.sum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_term_survives_two_large_ones() {
        let mut sum = Sum::default();
        [1.0, 1e100, 1.0, -1e100].into_iter().for_each(|term| sum.add(term));
        assert_eq!(sum.total(), 2.0);
    }
}
