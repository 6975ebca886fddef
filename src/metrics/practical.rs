//! The probability that a detector is better than another by more than a margin, over tables: the Bayesian signed-rank
//! test with a region of practical equivalence (Benavoli, Corani, Mangili, Zaffalon & Ruggeri, ICML 2014; Benavoli,
//! Corani, Demšar & Zaffalon, JMLR 2017, section 4.2.1).
//!
//! The distribution of the differences has a Dirichlet process as its prior, of strength 0.5 and at difference 0. A draw
//! from the posterior gives each difference a weight. The draw counts for the region with the largest weight of pairs
//! whose mean is in it. A mean exactly at the margin is within it, as in the paper.

use crate::seed::Seed;
use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The probabilities of the three regions; their sum is 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Practical {
    /// The first detector is better by more than the margin.
    pub better: f64,
    /// The difference is within the margin.
    pub equivalent: f64,
    /// The second detector is better by more than the margin.
    pub worse: f64,
}

/// The number of draws: the standard error of a probability is at most 0.0023.
const DRAWS: usize = 50_000;

/// The probabilities from finite differences, one per table, positive if the first detector is better. `None` without
/// differences. `margin` is at least 0.
pub fn practical(differences: &[f64], margin: f64, seed: Seed) -> Option<Practical> {
    if differences.is_empty() {
        return None;
    }
    // The prior has strength 0.5, and each table strength 1.
    let mut values: Vec<(f64, bool)> = differences.iter().map(|&value| (value, false)).collect();
    values.push((0.0, true));
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    // The pairs of each value whose sum is above, or below, twice the margin: where they start, and end.
    let count = |is: &dyn Fn(f64) -> bool| values.iter().filter(|(value, _)| is(*value)).count();
    let above: Vec<usize> =
        values.iter().map(|&(own, _)| count(&|other| own + other <= 2.0 * margin)).collect();
    let below: Vec<usize> =
        values.iter().map(|&(own, _)| count(&|other| own + other < -2.0 * margin)).collect();
    let (mut rng, mut wins) = (seed.rng(), [0usize; 3]);
    let (mut weights, mut until) = (vec![0.0; values.len()], vec![0.0; values.len() + 1]);
    for _ in 0..DRAWS {
        for (weight, (_, is_prior)) in weights.iter_mut().zip(&values) {
            *weight = if *is_prior { half_gamma(&mut rng) } else { -(1.0 - rng.r#gen::<f64>()).ln() };
        }
        for (at, weight) in weights.iter().enumerate() {
            until[at + 1] = until[at] + weight;
        }
        let total = until[values.len()];
        let mut mass = [0.0; 3];
        for (at, weight) in weights.iter().enumerate() {
            mass[0] += weight * (total - until[above[at]]);
            mass[2] += weight * until[below[at]];
        }
        mass[1] = total * total - mass[0] - mass[2];
        let largest = if mass[0] > mass[1] { 0 } else { 1 };
        wins[if mass[2] > mass[largest] { 2 } else { largest }] += 1;
    }
    let [better, equivalent, worse] = wins.map(|wins| wins as f64 / DRAWS as f64);
    Some(Practical { better, equivalent, worse })
}

/// A draw of the gamma distribution of shape 0.5, half the square of a normal draw (Box & Muller 1958).
fn half_gamma(rng: &mut impl Rng) -> f64 {
    let angle = 2.0 * std::f64::consts::PI * rng.r#gen::<f64>();
    -(1.0 - rng.r#gen::<f64>()).ln() * angle.cos().powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::reference_tables::reference;

    #[test]
    fn probabilities_equal_those_of_baycomp() {
        // Both are from 50,000 draws: two standard errors of a difference are 0.0063.
        for case in &reference().practical {
            let ours = practical(&case.differences, case.margin, Seed::new(1)).unwrap();
            let theirs = [case.better, case.equivalent, case.worse];
            let ours = [ours.better, ours.equivalent, ours.worse];
            let error = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(error < 0.01, "{}: {ours:?} {theirs:?}", case.name);
        }
    }

    #[test]
    fn the_order_of_tables_changes_nothing() {
        let of = |differences: &[f64]| practical(differences, 0.01, Seed::new(3)).unwrap();
        assert_eq!(of(&[0.1, -0.02, 0.03, 0.0]), of(&[0.0, 0.03, 0.1, -0.02]));
    }

    #[test]
    fn detectors_that_never_differ_are_equivalent() {
        let all = practical(&[0.0; 6], 0.01, Seed::new(3)).unwrap();
        assert_eq!((all.better, all.equivalent, all.worse), (0.0, 1.0, 0.0));
        assert_eq!(practical(&[], 0.01, Seed::new(3)), None);
    }
}
