//! Numbers of sampled rows in a baseline: 12 bits each, as three hexadecimal digits.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// Numbers on a grid of 4,096 points.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(super) struct Packed {
    /// The first point of the grid, for `000`.
    low: f64,
    /// The last point of the grid, for `fff`.
    high: f64,
    digits: String,
}

const LAST: f64 = 4095.0;
const DIGITS: usize = 3;

impl Packed {
    /// Finite numbers, rounded to a grid from the lowest to the highest.
    pub fn of(numbers: &[f64]) -> Self {
        let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
        let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if numbers.is_empty() {
            return Packed::default();
        }
        let mut packed = Packed { low, high, digits: String::with_capacity(DIGITS * numbers.len()) };
        for &number in numbers {
            // A String takes every write.
            let _ = write!(packed.digits, "{:03x}", packed.point(number) as u16);
        }
        packed
    }

    /// Whether there are no numbers.
    pub fn is_empty(&self) -> bool {
        self.digits.is_empty()
    }

    /// The numbers; `None` if the digits are not hexadecimal, or an end of the grid is not finite.
    pub fn numbers(&self) -> Option<Vec<f64>> {
        if !(self.low.is_finite() && self.high.is_finite() && self.low <= self.high) {
            return None;
        }
        let digits = self.digits.as_bytes();
        let number = |digits: &[u8]| {
            let point = u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
            Some(self.number(f64::from(point)))
        };
        let is_whole = digits.len().is_multiple_of(DIGITS) && digits.iter().all(u8::is_ascii_hexdigit);
        if is_whole { digits.chunks(DIGITS).map(number).collect() } else { None }
    }

    /// The nearest number on the grid, which continues beyond both ends. So the same number gives the same result as
    /// packed.
    pub fn rounded(&self, number: f64) -> f64 {
        if self.low < self.high { self.number(self.point(number)) } else { number }
    }

    fn point(&self, number: f64) -> f64 {
        if self.low < self.high { ((number - self.low) / (self.high - self.low) * LAST).round() } else { 0.0 }
    }

    fn number(&self, point: f64) -> f64 {
        self.low + (self.high - self.low) * (point / LAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_to_a_4096th_of_their_range() {
        let numbers: Vec<f64> = (0..100).map(|n| f64::from(n * n) / 100.0 - 3.0).collect();
        let packed = Packed::of(&numbers);
        let unpacked = packed.numbers().unwrap();
        for (&number, &packed_number) in numbers.iter().zip(&unpacked) {
            assert!((number - packed_number).abs() < 98.01 / 4095.0, "{number} {packed_number}");
            assert_eq!(packed.rounded(number), packed_number);
        }
        assert!((packed.rounded(200.0) - 200.0).abs() < 0.03, "the grid continues");
    }

    #[test]
    fn equal_numbers_are_exact() {
        let packed = Packed::of(&[0.3; 4]);
        assert_eq!(packed.numbers().unwrap(), [0.3; 4]);
        assert_eq!((packed.rounded(0.3), packed.rounded(0.4)), (0.3, 0.4));
        assert_eq!(Packed::of(&[]).numbers().unwrap(), [0.0; 0]);
    }

    #[test]
    fn damaged_digits_have_no_numbers() {
        let of = |digits: &str| Packed { low: 0.0, high: 1.0, digits: digits.into() }.numbers();
        assert_eq!((of("00"), of("00g"), of("+01"), of("é1")), (None, None, None, None));
    }
}
