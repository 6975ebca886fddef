//! Whether a ranking is better than chance: the one-sided test of Mann & Whitney (Annals of Mathematical Statistics 1947)
//! of the hypothesis that the labels are in random order.
//!
//! The statistic is the sum of the ranks of the smaller class. Equal scores share their mean rank, and with several seeds
//! the ranks of a row are summed. Given the ranks, every choice of rows for the smaller class is equally
//! likely. With few rows the choices are counted exactly by the shift algorithm of Streitberg & Röhmel (Statistical
//! Software Newsletter 1986), which allows ties. Otherwise the sum is taken as normal, with its exact variance.

use super::chance_groups;
use super::group_counts::GroupCounts;
use super::ranking::{Ranking, Tie};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::function::factorial::binomial;

/// The test of one detector against chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChanceTest {
    /// The probability of an AUC at least this high if the labels are in random order, in [0, 1].
    pub p: f64,
    /// Where the probability comes from.
    pub method: NullDistribution,
}

/// The distribution of the statistic if the labels are in random order.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum NullDistribution {
    /// Every choice of rows is counted.
    Exact,
    /// The normal approximation, with the variance of the tied ranks and a continuity correction.
    Normal,
    /// A group of rows counts as one row.
    Groups,
}

/// With at least this many rows in the smaller class, the normal approximation is used.
const ENOUGH: u64 = 20;

/// The largest number of steps of an exact test, about 0.02 seconds. With more, the normal approximation is used.
const MOST_STEPS: u64 = 20_000_000;

/// Test whether the mean AUC of some rankings of the same rows, one per seed, is above 0.5. With `groups`, a group is one
/// observation (see `chance_groups.rs`), else a row. `None` if a class is missing, or with fewer than five groups of it.
pub fn chance_test(rankings: &[Ranking], groups: Option<&GroupCounts>) -> Option<ChanceTest> {
    if let Some(groups) = groups {
        let p = chance_groups::p_value(rankings, groups)?;
        return Some(ChanceTest { p, method: NullDistribution::Groups });
    }
    let ranks = Ranks::of(rankings)?;
    let exact = (ranks.chosen < ENOUGH && ranks.steps() <= MOST_STEPS).then(|| ranks.exact());
    Some(match exact {
        Some(p) => ChanceTest { p, method: NullDistribution::Exact },
        None => ChanceTest { p: ranks.normal(), method: NullDistribution::Normal },
    })
}

/// The rows by the sum of their ranks, in ascending order. If the negatives are the smaller class, the order is reversed,
/// so that a high statistic stands for a high AUC.
struct Ranks {
    /// For each rank sum, less the lowest one: the number of rows, and the number of those of the smaller class.
    ranks: Vec<(u64, u64, u64)>,
    rows: u64,
    chosen: u64,
    /// Half a rank in each seed, in the unit of `ranks`.
    half_rank: f64,
}

impl Ranks {
    fn of(rankings: &[Ranking]) -> Option<Self> {
        let first = rankings.first()?;
        let (positives, negatives) = (first.positives(), first.negatives());
        let is_reversed = negatives < positives;
        let mut sums = vec![0; first.tie_of().len()];
        for ranking in rankings {
            let ranks = doubled_ranks(ranking, is_reversed);
            for (sum, &tie) in sums.iter_mut().zip(ranking.tie_of()) {
                *sum += ranks.get(tie as usize).copied().unwrap_or(0);
            }
        }
        let rows = sums.into_iter().zip(first.scored().rows()).filter(|(_, (_, p, n))| p + n > 0);
        let row = |(sum, (_, positives, negatives)): (u64, (f64, u32, u32))| {
            let chosen = if is_reversed { negatives } else { positives };
            (sum, u64::from(positives) + u64::from(negatives), u64::from(chosen))
        };
        let mut sorted: Vec<(u64, u64, u64)> = rows.map(row).collect();
        sorted.sort_unstable();
        let lowest = sorted.first()?.0;
        let step = sorted.iter().fold(0, |step, row| gcd(step, row.0 - lowest)).max(1);
        let mut ranks: Vec<(u64, u64, u64)> = Vec::new();
        for (sum, rows, chosen) in sorted {
            let rank = (sum - lowest) / step;
            match ranks.last_mut() {
                Some(last) if last.0 == rank => *last = (rank, last.1 + rows, last.2 + chosen),
                _ => ranks.push((rank, rows, chosen)),
            }
        }
        let chosen = positives.min(negatives);
        let half_rank = rankings.len() as f64 / step as f64;
        (chosen > 0).then_some(Ranks { ranks, rows: positives + negatives, chosen, half_rank })
    }

    fn statistic(&self) -> u128 {
        self.ranks.iter().map(|&(rank, _, chosen)| u128::from(rank) * u128::from(chosen)).sum()
    }

    /// The number of steps of the exact test.
    fn steps(&self) -> u64 {
        let highest = self.ranks.last().map_or(0, |last| last.0);
        let of = |&(_, rows, _): &(u64, u64, u64)| self.chosen * rows.min(self.chosen);
        self.ranks.iter().map(of).sum::<u64>().saturating_mul(self.chosen * highest + 1)
    }

    /// The share of choices with a statistic at least as high.
    fn exact(&self) -> f64 {
        let chosen = self.chosen as usize;
        let highest = self.ranks.last().map_or(0, |last| last.0);
        let width = (self.chosen * highest) as usize + 1;
        // For each number of chosen rows, the number of choices with each sum of ranks.
        let mut choices = vec![vec![0.0; width]; chosen + 1];
        choices[0][0] = 1.0;
        for &(rank, rows, _) in &self.ranks {
            for total in (1..=chosen).rev() {
                let (before, from_total) = choices.split_at_mut(total);
                for taken in 1..=total.min(rows as usize) {
                    let (ways, shift) = (binomial(rows, taken as u64), taken * rank as usize);
                    // All rows before this rank have at most this rank.
                    let reachable = (total - taken) * rank as usize;
                    let sources = before[total - taken][..=reachable.min(width - 1 - shift)].iter();
                    for (target, source) in from_total[0][shift..].iter_mut().zip(sources) {
                        *target += ways * source;
                    }
                }
            }
        }
        let of_chosen = &choices[chosen];
        let tail: f64 = of_chosen[self.statistic() as usize..].iter().sum();
        (tail / of_chosen.iter().sum::<f64>()).min(1.0)
    }

    /// The upper tail of the normal distribution with the mean and the variance of the statistic.
    fn normal(&self) -> f64 {
        let (rows, chosen) = (self.rows as f64, self.chosen as f64);
        let over_rows =
            |of: &dyn Fn(f64) -> f64| self.ranks.iter().map(|r| r.1 as f64 * of(r.0 as f64)).sum::<f64>();
        let mean = over_rows(&|rank| rank) / rows;
        let squares = over_rows(&|rank| (rank - mean).powi(2));
        let variance = chosen * (rows - chosen) / (rows * (rows - 1.0)) * squares;
        if variance <= 0.0 {
            return 1.0;
        }
        let excess = self.statistic() as f64 - chosen * mean - self.half_rank;
        0.5 * libm::erfc(excess / (2.0 * variance).sqrt())
    }
}

/// Twice the rank of each tie from below, or from above if reversed. A tie has the mean rank of its rows.
fn doubled_ranks(ranking: &Ranking, is_reversed: bool) -> Vec<u64> {
    let all = ranking.positives() + ranking.negatives();
    let ties = ranking.ties().iter().zip(ranking.cumulative());
    let rank = |(tie, sum): (&Tie, Tie)| {
        let (rows, through) = (tie.positives + tie.negatives, sum.positives + sum.negatives);
        let outside = if is_reversed { through - rows } else { all - through };
        2 * outside + rows + 1
    };
    ties.map(rank).collect()
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::reference::ranked;
    use crate::metrics::{LabelCounts, Scored, holm};
    use crate::seed::Seed;
    use rand::Rng;

    #[derive(Debug, Deserialize)]
    struct Reference {
        cases: Vec<Case>,
    }

    #[derive(Debug, Deserialize)]
    struct Case {
        name: String,
        labels: Vec<u8>,
        /// One list for each seed.
        scores: Vec<Vec<f64>>,
        method: NullDistribution,
        p: f64,
    }

    #[test]
    fn p_values_equal_those_of_scipy() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/reference/chance.json");
        let reference: Reference = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for case in reference.cases {
            let labels: Vec<bool> = case.labels.iter().map(|&label| label == 1).collect();
            let counts = LabelCounts::plain(&labels);
            let rankings: Vec<Ranking> = case
                .scores
                .iter()
                .map(|scores| Ranking::new(Scored::new(scores, &counts).unwrap()))
                .collect();
            let test = chance_test(&rankings, None).unwrap();
            assert_eq!(test.method, case.method, "{}", case.name);
            assert!((test.p - case.p).abs() <= 1e-10 * case.p, "{}: {test:?}, scipy {}", case.name, case.p);
        }
    }

    #[test]
    fn deduplicated_rows_have_the_p_value_of_the_expanded_rows() {
        let counts = LabelCounts { positives: vec![2, 0, 1, 0], negatives: vec![1, 3, 0, 4] };
        let deduplicated = Ranking::new(Scored::new(&[3.0, 2.0, 3.0, 1.0], &counts).unwrap());
        let labels = [true, true, false, false, false, false, true, false, false, false, false];
        let scores = [3.0, 3.0, 3.0, 2.0, 2.0, 2.0, 3.0, 1.0, 1.0, 1.0, 1.0];
        ranked(&scores, &labels, |expanded| {
            assert_eq!(chance_test(std::slice::from_ref(expanded), None), chance_test(&[deduplicated], None));
        });
    }

    #[test]
    fn with_one_positive_p_is_the_share_of_rows_ranked_as_high() {
        let labels: Vec<bool> = (0..40).map(|row| row == 39).collect();
        let scores: Vec<f64> = (0..40).map(f64::from).collect();
        ranked(&scores, &labels, |ranking| {
            assert!((chance_test(std::slice::from_ref(ranking), None).unwrap().p - 1.0 / 40.0).abs() < 1e-12);
        });
        ranked(&[1.0; 40], &labels, |ranking| {
            assert_eq!(chance_test(std::slice::from_ref(ranking), None).unwrap().p, 1.0);
        });
        ranked(&scores, &[true; 40], |ranking| {
            assert_eq!(chance_test(std::slice::from_ref(ranking), None), None);
        });
    }

    /// The share of tables in which the best of 12 detectors is better than chance. The scores of positives are `shift`
    /// higher.
    fn claims(draws: usize, shift: f64) -> f64 {
        const DETECTORS: usize = 12;
        let mut rng = Seed::new(5).rng();
        let labels: Vec<bool> = (0..60).map(|row| row < 5).collect();
        let mut claims = 0;
        for _ in 0..draws {
            let p: Vec<f64> = (0..DETECTORS)
                .map(|_| {
                    let score = |&label: &bool| rng.r#gen::<f64>() + if label { shift } else { 0.0 };
                    let scores: Vec<f64> = labels.iter().map(score).collect();
                    let mut p = 1.0;
                    ranked(&scores, &labels, |ranking| {
                        p = chance_test(std::slice::from_ref(ranking), None).unwrap().p;
                    });
                    p
                })
                .collect();
            claims += usize::from(holm(&p).iter().any(|&p| p < 0.025));
        }
        claims as f64 / draws as f64
    }

    #[test]
    fn the_best_of_twelve_random_detectors_is_rarely_better_than_chance() {
        let share = claims(2_000, 0.0);
        assert!(share <= 0.05, "{share}");
    }

    #[test]
    fn twelve_good_detectors_are_better_than_chance() {
        let share = claims(200, 0.5);
        assert!(share >= 0.9, "{share}");
    }
}
