//! The signed-rank test of Wilcoxon (Biometrics Bulletin 1945) of paired differences, one per table. Zeros are ranked
//! and then left out (Pratt, JASA 1959). The p-value is exact, also with ties: of all signs that the ranks could have.

use super::correlation::ranks;
use statrs::distribution::{ContinuousCDF, Normal};

/// The statistic and the p-value of a signed-rank test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignedRank {
    /// The sum of the ranks of the positive differences.
    pub positive_ranks: f64,
    /// The two-sided p-value, in [0, 1].
    pub p: f64,
}

/// More differences than this have the p-value of the normal distribution, which is about 2 % off at p = 0.01.
const EXACT: usize = 200;

/// The test of finite differences. Without a difference other than 0, p is 1.
pub fn signed_rank(differences: &[f64]) -> SignedRank {
    let sizes: Vec<f64> = differences.iter().map(|difference| difference.abs()).collect();
    let ranks = ranks(&sizes, &vec![1; sizes.len()]);
    let signed = || ranks.iter().zip(differences).filter(|(_, difference)| **difference != 0.0);
    // Twice a rank is an integer.
    let doubled: Vec<usize> = signed().map(|(rank, _)| (2.0 * rank).round() as usize).collect();
    let positive: usize =
        signed().zip(&doubled).filter(|((_, d), _)| **d > 0.0).map(|(_, &doubled)| doubled).sum();
    let p = match doubled.len() {
        0 => 1.0,
        1..=EXACT => exact(&doubled, positive),
        _ => approximate(&doubled, positive),
    };
    SignedRank { positive_ranks: positive as f64 / 2.0, p }
}

/// The smallest p-value that this number of differences can have.
pub fn smallest_p(differences: usize) -> f64 {
    0.5f64.powi(differences.saturating_sub(1).min(1_000) as i32).min(1.0)
}

/// Twice the smaller tail of the distribution of the sum of ranks with random signs.
fn exact(doubled: &[usize], positive: usize) -> f64 {
    let total: usize = doubled.iter().sum();
    let mut share = vec![0.0; total + 1];
    share[0] = 1.0;
    let mut largest = 0;
    for &rank in doubled {
        largest += rank;
        for sum in (0..=largest).rev() {
            let with = if sum >= rank { share[sum - rank] } else { 0.0 };
            share[sum] = (share[sum] + with) / 2.0;
        }
    }
    let low: f64 = share[..=positive].iter().sum();
    let high: f64 = share[positive..].iter().sum();
    (2.0 * low.min(high)).min(1.0)
}

fn approximate(doubled: &[usize], positive: usize) -> f64 {
    let total: f64 = doubled.iter().map(|&rank| rank as f64).sum();
    let variance: f64 = doubled.iter().map(|&rank| (rank as f64).powi(2)).sum::<f64>() / 4.0;
    let z = (positive as f64 - total / 2.0) / variance.sqrt();
    (2.0 * Normal::standard().cdf(-z.abs())).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::reference_tables::{assert_near, reference};

    #[test]
    fn p_values_equal_those_of_scipy() {
        for case in &reference().signed_rank {
            let test = signed_rank(&case.differences);
            assert_near(test.positive_ranks, case.positive_ranks, &case.name);
            assert_near(test.p, case.p, &case.name);
        }
    }

    #[test]
    fn a_table_without_a_difference_is_no_evidence() {
        assert_eq!(signed_rank(&[0.0; 9]).p, 1.0);
        assert_eq!(signed_rank(&[]).p, 1.0);
    }

    #[test]
    fn the_smallest_p_is_that_of_differences_of_one_sign() {
        for tables in 1..12 {
            let differences: Vec<f64> = (1..=tables).map(f64::from).collect();
            let (all, smallest) = (signed_rank(&differences).p, smallest_p(differences.len()));
            assert!((all - smallest).abs() < 1e-15, "{tables}: {all} {smallest}");
        }
    }

    #[test]
    fn many_differences_have_nearly_the_exact_p() {
        let differences: Vec<f64> =
            (1..=EXACT as i32 + 40).map(|at| f64::from(at) * if at % 5 < 3 { 1.0 } else { -1.0 }).collect();
        let doubled: Vec<usize> = (1..=EXACT + 40).map(|rank| 2 * rank).collect();
        let positive = (1..=EXACT + 40).filter(|at| at % 5 < 3).map(|rank| 2 * rank).sum();
        let (exact, near) = (exact(&doubled, positive), signed_rank(&differences).p);
        assert!((exact - near).abs() < 0.03 * exact, "{exact} {near}");
    }
}
