//! The AUC of a detector over several seeds, and the paired test of two detectors that draw random numbers.
//!
//! A seed is what a reader is in a study of diagnostic images: one of many that could have been drawn. The variance of a
//! mean over readers is the variance by the rows plus the variance by the readers (Obuchowski & Rockette,
//! Communications in Statistics 1995; Gallas, Academic Radiology 2006). The variance by the rows is DeLong's, of the
//! structural components averaged over the seeds. The number of degrees of freedom is Satterthwaite's.

use super::clusters;
use super::delong::{Component, PairedTest, auc_interval, components, paired_test};
use super::group_counts::GroupCounts;
use super::interval::{Interval, t_quantile};
use super::ranking::Ranking;
use super::roc::auc;
use super::summary::Summary;
use crate::error::Result;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The 95 % interval of the mean AUC over seeds. `rankings` has one ranking per seed, of the same rows. With `groups`, a
/// group is one observation (see `clusters.rs`), else a row. `None` with fewer than two observations of a class.
pub fn auc_interval_over_seeds(rankings: &[Ranking], groups: Option<&GroupCounts>) -> Option<Interval> {
    let first = rankings.first()?;
    if let Some(groups) = groups {
        let (by_groups, seeds) = (clusters::auc_variance(rankings, groups)?, by_seed(rankings)?);
        return Interval::of_auc(
            seeds.mean,
            by_groups.variance + seeds.variance_of_mean(),
            by_groups.clusters,
        );
    }
    if rankings.len() == 1 {
        return auc_interval(first);
    }
    let (rows, seeds) = (mean_components(rankings), by_seed(rankings)?);
    let variance = moments(first, &rows).variance()? + seeds.variance_of_mean();
    Interval::of_auc(seeds.mean, variance, first.positives().min(first.negatives()))
}

/// Test whether the mean AUCs of two detectors over seeds differ, on the same rows. Each detector has one ranking per
/// seed, or one if it draws no random numbers. With `groups`, a group is one observation, else a row. `None` with fewer
/// than two observations of a class.
///
/// # Errors
/// If the label counts of two rankings differ.
pub fn paired_test_over_seeds(
    first: &[Ranking],
    second: &[Ranking],
    groups: Option<&GroupCounts>,
) -> Result<Option<PairedTest>> {
    let ([a, ..], [b, ..]) = (first, second) else { return Ok(None) };
    // Checks the labels, too.
    let alone = paired_test(a, b)?;
    let by_groups = match groups {
        Some(groups) => match clusters::difference_variance(first, second, groups) {
            Some(by_groups) => Some(by_groups),
            None => return Ok(None),
        },
        None => None,
    };
    if (first.len(), second.len(), by_groups) == (1, 1, None) {
        return Ok(alone);
    }
    let by_observations = match by_groups {
        Some(by_groups) => Some((by_groups.variance, (by_groups.clusters - 1) as f64)),
        None => {
            moments(a, &mean_differences(first, second)).variance().map(|variance| (variance, f64::INFINITY))
        }
    };
    let (Some((variance, degrees)), Some(seeds_a), Some(seeds_b)) =
        (by_observations, by_seed(first), by_seed(second))
    else {
        return Ok(None);
    };
    let by_seeds = seeds_a.square_per_degree() + seeds_b.square_per_degree();
    let denominator = variance * variance / degrees + by_seeds;
    let variance = variance + seeds_a.variance_of_mean() + seeds_b.variance_of_mean();
    let degrees_of_freedom = variance * variance / denominator.max(f64::MIN_POSITIVE);
    Ok(Some(student_test(seeds_a.mean - seeds_b.mean, variance, degrees_of_freedom)))
}

/// The difference of the components of each distinct row, averaged over the seeds.
fn mean_differences(first: &[Ranking], second: &[Ranking]) -> Vec<Means> {
    let pairs = mean_components(first).into_iter().zip(mean_components(second));
    pairs
        .map(|(a, b)| Means { positive: a.positive - b.positive, negative: a.negative - b.negative })
        .collect()
}

/// Student's t test of a difference.
pub(super) fn student_test(difference: f64, variance: f64, degrees_of_freedom: f64) -> PairedTest {
    // With more degrees of freedom, the normal distribution gives the same p to four digits.
    const MOST: f64 = 1e4;
    let t = StudentsT::new(0.0, 1.0, degrees_of_freedom.max(1.0)).ok();
    let Some(t) = t.filter(|_| variance > 0.0 && degrees_of_freedom < MOST) else {
        return PairedTest::new(difference, variance);
    };
    let error = variance.sqrt();
    let (z, half) = (difference / error, t_quantile(degrees_of_freedom) * error);
    PairedTest {
        difference,
        interval: Interval { low: difference - half, high: difference + half },
        z: Some(z),
        p: (2.0 * t.cdf(-z.abs())).min(1.0),
    }
}

/// The structural components of a distinct row, as shares of the other class.
#[derive(Clone, Copy, Debug, Default)]
struct Means {
    positive: f64,
    negative: f64,
}

/// The components of each distinct row, averaged over the seeds.
fn mean_components(rankings: &[Ranking]) -> Vec<Means> {
    let rows = rankings.first().map_or(0, |ranking| ranking.tie_of().len());
    let mut sums: Vec<(i64, i64)> = vec![(0, 0); rows];
    for ranking in rankings {
        let of_tie: Vec<Component> = components(ranking).collect();
        for (sum, &tie) in sums.iter_mut().zip(ranking.tie_of()) {
            if let Some(component) = of_tie.get(tie as usize) {
                sum.0 += component.of_positive;
                sum.1 += component.of_negative;
            }
        }
    }
    let (positives, negatives) = rankings.first().map_or((1, 1), |r| (r.positives(), r.negatives()));
    let scale = |sum: i64, others: u64| sum as f64 / (2 * others.max(1) * rankings.len() as u64) as f64;
    let means = |(of_positive, of_negative)| Means {
        positive: scale(of_positive, negatives),
        negative: scale(of_negative, positives),
    };
    sums.into_iter().map(means).collect()
}

/// Means and squared deviations of components, by class.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    positives: [f64; 2],
    negatives: [f64; 2],
    counts: [f64; 2],
}

fn moments(ranking: &Ranking, components: &[Means]) -> Moments {
    let mut moments = Moments::default();
    let scored = ranking.scored();
    let rows = || scored.rows().zip(components);
    for ((_, positives, negatives), row) in rows() {
        let (p, n) = (f64::from(positives), f64::from(negatives));
        moments.counts[0] += p;
        moments.counts[1] += n;
        moments.positives[0] += p * row.positive;
        moments.negatives[0] += n * row.negative;
    }
    moments.positives[0] /= moments.counts[0];
    moments.negatives[0] /= moments.counts[1];
    for ((_, positives, negatives), row) in rows() {
        moments.positives[1] += f64::from(positives) * (row.positive - moments.positives[0]).powi(2);
        moments.negatives[1] += f64::from(negatives) * (row.negative - moments.negatives[0]).powi(2);
    }
    moments
}

impl Moments {
    /// The sum over the classes of the sample variance divided by the number of rows.
    fn variance(&self) -> Option<f64> {
        let of = |squares: f64, count: f64| (count > 1.0).then(|| squares / (count * (count - 1.0)));
        Some(of(self.positives[1], self.counts[0])? + of(self.negatives[1], self.counts[1])?)
    }
}

/// The AUCs of a detector over its seeds.
fn by_seed(rankings: &[Ranking]) -> Option<Summary> {
    let aucs: Option<Vec<f64>> = rankings.iter().map(auc).collect();
    Summary::of(&aucs?)
}

impl Summary {
    /// The squared standard error of the mean; 0 for one run, which stands for a detector without random numbers.
    pub(super) fn variance_of_mean(&self) -> f64 {
        self.sd.map_or(0.0, |sd| sd * sd / self.runs as f64)
    }

    /// The term of Satterthwaite's denominator.
    pub(super) fn square_per_degree(&self) -> f64 {
        self.variance_of_mean().powi(2) / (self.runs.max(2) - 1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{LabelCounts, Scored};
    use crate::seed::Seed;
    use rand::Rng;

    const ROWS: usize = 400;
    const POSITIVES: usize = 40;
    const SEEDS: usize = 5;

    /// Scores of a detector: the truth of each row, its own error, and an error that each seed draws anew.
    fn scores(truth: &[f64], seeds: usize, rng: &mut impl Rng) -> Vec<Vec<f64>> {
        let own: Vec<f64> = truth.iter().map(|truth| truth + rng.r#gen::<f64>()).collect();
        // A seed moves all positives together, as a forest does that splits a feature early or late.
        (0..seeds)
            .map(|_| {
                let luck = 0.2 * (rng.r#gen::<f64>() - 0.5);
                own.iter()
                    .enumerate()
                    .map(|(row, own)| own + if row < POSITIVES { luck } else { 0.0 })
                    .collect()
            })
            .collect()
    }

    fn with_rankings<T>(scores: &[Vec<f64>], then: impl FnOnce(&[Ranking]) -> T) -> T {
        let labels: Vec<bool> = (0..ROWS).map(|row| row < POSITIVES).collect();
        let counts = LabelCounts::plain(&labels);
        let rankings: Vec<Ranking> =
            scores.iter().map(|scores| Ranking::new(Scored::new(scores, &counts).unwrap())).collect();
        then(&rankings)
    }

    fn truth(rng: &mut impl Rng, shift: f64) -> Vec<f64> {
        (0..ROWS).map(|row| rng.r#gen::<f64>() + if row < POSITIVES { shift } else { 0.0 }).collect()
    }

    #[test]
    fn one_seed_is_the_test_of_delong() {
        let mut rng = Seed::new(1).rng();
        let truth = truth(&mut rng, 0.4);
        let (a, b) = (scores(&truth, 1, &mut rng), scores(&truth, 1, &mut rng));
        with_rankings(&a, |a| {
            with_rankings(&b, |b| {
                let expected = paired_test(&a[0], &b[0]).unwrap();
                assert_eq!(paired_test_over_seeds(a, b, None).unwrap(), expected);
                assert_eq!(auc_interval_over_seeds(a, None), auc_interval(&a[0]));
                // The same scores for several seeds add no variance.
                let (twice_a, twice_b) = ([a[0].clone(), a[0].clone()], [b[0].clone(), b[0].clone()]);
                let twice = paired_test_over_seeds(&twice_a, &twice_b, None).unwrap().unwrap();
                let expected = expected.unwrap();
                assert!((twice.difference - expected.difference).abs() < 1e-12);
                assert!((twice.p - expected.p).abs() < 1e-7, "{twice:?} {expected:?}");
            });
        });
    }

    /// The share of pairs with p < 0.05, if the second detector ranks positives `shift` higher.
    fn rejections(shift: f64, draws: usize) -> f64 {
        let mut rng = Seed::new(3).derive(&shift.to_string()).rng();
        let mut rejections = 0;
        for _ in 0..draws {
            let truth = truth(&mut rng, 0.4);
            let better: Vec<f64> = truth
                .iter()
                .enumerate()
                .map(|(row, t)| if row < POSITIVES { t + shift } else { *t })
                .collect();
            let (a, b) = (scores(&truth, SEEDS, &mut rng), scores(&better, SEEDS, &mut rng));
            let p = with_rankings(&a, |a| {
                with_rankings(&b, |b| paired_test_over_seeds(a, b, None).unwrap().unwrap().p)
            });
            rejections += usize::from(p < 0.05);
        }
        rejections as f64 / draws as f64
    }

    #[test]
    fn equally_good_detectors_differ_in_at_most_about_5_percent_of_the_pairs() {
        let share = rejections(0.0, 1_000);
        assert!((0.01..=0.065).contains(&share), "{share}");
    }

    #[test]
    fn a_better_detector_is_found() {
        let share = rejections(0.4, 300);
        assert!(share >= 0.95, "{share}");
    }

    #[test]
    fn a_single_seed_without_its_variance_would_claim_too_much() {
        // The reason for this module: DeLong's test of single seeds rejects equally good detectors far too often.
        let mut rng = Seed::new(4).rng();
        let mut claims = 0;
        for _ in 0..300 {
            let truth = truth(&mut rng, 0.4);
            // The same detector with two seeds.
            let runs = scores(&truth, 2, &mut rng);
            claims +=
                with_rankings(&runs, |r| usize::from(paired_test(&r[0], &r[1]).unwrap().unwrap().p < 0.05));
        }
        assert!(claims > 150, "{claims} of 300");
    }
}
