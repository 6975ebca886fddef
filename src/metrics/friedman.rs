//! Whether some detector ranks higher than the others over several tables: the test of Friedman (JASA 1937), corrected
//! for ties, and its less conservative form by Iman & Davenport (Communications in Statistics 1980). Demšar (JMLR 2006)
//! recommends it for several learners on several data sets.

use super::correlation::ranks;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF, FisherSnedecor};

/// The test of equal mean ranks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Friedman {
    /// Friedman's statistic, corrected for ties, at least 0.
    pub chi_square: f64,
    /// Its p-value with one degree of freedom less than there are detectors, in [0, 1].
    pub chi_square_p: f64,
    /// The statistic of Iman & Davenport, at least 0; `None` if all tables rank the detectors alike, which makes it
    /// infinite.
    pub f: Option<f64>,
    /// Its degrees of freedom.
    pub degrees_of_freedom: [usize; 2],
    /// Its p-value, in [0, 1]. If all tables rank the detectors alike, the exact one.
    pub p: f64,
}

/// The rank of each value in a row, from 1 for the highest. Equal values share their mean rank.
pub fn descending_ranks(values: &[f64]) -> Vec<f64> {
    let negated: Vec<f64> = values.iter().map(|value| -value).collect();
    ranks(&negated, &vec![1; values.len()])
}

/// The test on one row of ranks per table. `None` with fewer than two tables or three detectors, or if all ranks are
/// equal.
pub fn friedman(rows: &[Vec<f64>]) -> Option<Friedman> {
    let (tables, detectors) = (rows.len(), rows.first()?.len());
    if tables < 2 || detectors < 3 {
        return None;
    }
    let (n, k) = (tables as f64, detectors as f64);
    let sums = (0..detectors).map(|at| rows.iter().map(|row| row[at]).sum::<f64>());
    let center = (k + 1.0) / 2.0;
    let between: f64 = sums.map(|sum| (sum - n * center).powi(2)).sum::<f64>() / n;
    let squares: f64 = rows.iter().flatten().map(|rank| (rank - center).powi(2)).sum();
    if squares <= 0.0 {
        return None;
    }
    let chi_square = (n * (k - 1.0) * between / squares).clamp(0.0, n * (k - 1.0));
    let degrees_of_freedom = [detectors - 1, (detectors - 1) * (tables - 1)];
    let [between_df, within_df] = degrees_of_freedom.map(|degrees| degrees as f64);
    let rest = n * (k - 1.0) - chi_square;
    let f = (rest > 1e-9 * n * k).then(|| (n - 1.0) * chi_square / rest);
    let p = match f {
        Some(f) => FisherSnedecor::new(between_df, within_df).ok()?.sf(f),
        // Every table has the order of the first; without a difference each has one order of k! at random.
        None => (1..=detectors).map(|rank| rank as f64).product::<f64>().powf(1.0 - n),
    };
    let chi_square_p = ChiSquared::new(between_df).ok()?.sf(chi_square);
    Some(Friedman { chi_square, chi_square_p, f, degrees_of_freedom, p })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::reference_tables::{assert_near, reference};

    #[test]
    fn statistics_equal_those_of_scipy() {
        for case in &reference().friedman {
            let rows: Vec<Vec<f64>> = case.rows.iter().map(|row| descending_ranks(row)).collect();
            let test = friedman(&rows).unwrap();
            assert_near(test.chi_square, case.chi_square, &case.name);
            assert_near(test.chi_square_p, case.chi_square_p, &case.name);
            assert_near(test.f.unwrap(), case.f, &case.name);
            assert_near(test.p, case.p, &case.name);
        }
    }

    #[test]
    fn mean_ranks_are_those_of_the_example_of_demsar() {
        // Demšar, JMLR 2006, table 6. Without the correction for ties, his statistic is 9.28 and F is 3.69.
        let example = &reference().friedman[0];
        let rows: Vec<Vec<f64>> = example.rows.iter().map(|row| descending_ranks(row)).collect();
        let mean = |at: usize| rows.iter().map(|row| row[at]).sum::<f64>() / rows.len() as f64;
        let published = [3.143, 2.0, 2.893, 1.964];
        assert!((0..4).all(|at| (mean(at) - published[at]).abs() < 5e-4));
        let uncorrected = 12.0 * 14.0 / 20.0 * ((0..4).map(|at| mean(at).powi(2)).sum::<f64>() - 25.0);
        assert!((uncorrected - 9.28).abs() < 5e-3, "{uncorrected}");
        assert!(friedman(&rows).unwrap().chi_square > uncorrected);
    }

    #[test]
    fn tables_that_agree_have_the_exact_p() {
        let test = friedman(&vec![vec![1.0, 2.0, 3.0]; 4]).unwrap();
        assert_eq!((test.chi_square, test.f), (8.0, None));
        assert!((test.p - 6.0f64.powi(-3)).abs() < 1e-15);
    }

    #[test]
    fn too_few_tables_or_detectors_have_no_test() {
        assert_eq!(friedman(&[vec![1.0, 2.0, 3.0]]), None);
        assert_eq!(friedman(&vec![vec![1.0, 2.0]; 9]), None);
        assert_eq!(friedman(&vec![vec![2.0; 3]; 9]), None);
    }
}
