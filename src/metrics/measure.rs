//! The interval and the paired test of a measure of the top of a ranking, over one or more seeds: average precision or
//! partial AUC.
//!
//! The variance by the rows is that of their influences, averaged over the seeds; the variance by the seeds is added, as
//! for the AUC in `seeds.rs`. With groups of rows, influences are summed within each group first (Field & Welsh, JRSS B
//! 2007, for clusters in general), as in `clusters.rs`. The interval is Wilson's with an effective number of rows, as that of an AUC.

use super::clusters::{self, Clustered};
use super::delong::PairedTest;
use super::group_counts::GroupCounts;
use super::interval::Interval;
use super::jackknife::{self, Influence};
use super::precision_recall::average_precision;
use super::ranking::Ranking;
use super::seeds::student_test;
use super::summary::Summary;
use super::top::mean_true_positive_rate;
use crate::error::{Error, Result};

/// A measure of the top of a ranking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// The average precision.
    AveragePrecision,
    /// The standardized partial AUC up to this false-positive rate, in (0, 1].
    PartialAuc(f64),
}

/// A measure of one detector over its seeds, with the influences of the rows.
#[derive(Clone, Debug)]
pub struct Estimate<'a> {
    measure: Measure,
    /// The ranking of one seed, for the label counts.
    ranking: &'a Ranking<'a>,
    /// The groups of rows that count once; `None` if rows count.
    groups: Option<&'a GroupCounts>,
    /// One per distinct row, averaged over the seeds.
    influences: Vec<Influence>,
    by_seed: Summary,
}

impl Measure {
    /// The mean over seeds. `rankings` has one ranking per seed, of the same rows; a detector that draws no random
    /// numbers has one. With `groups`, a group is one observation, else a row. `None` if a class is missing.
    pub fn estimate<'a>(
        self,
        rankings: &'a [Ranking<'a>],
        groups: Option<&'a GroupCounts>,
    ) -> Option<Estimate<'a>> {
        let ranking = rankings.first()?;
        let values: Option<Vec<f64>> = rankings.iter().map(|ranking| self.unscaled(ranking)).collect();
        let by_seed = Summary::of(&values?)?;
        Some(Estimate { measure: self, ranking, groups, influences: self.mean_influences(rankings), by_seed })
    }

    /// The measure on a scale from 0, nothing found, to 1, a perfect ranking. `None` if a class is missing.
    fn unscaled(self, ranking: &Ranking) -> Option<f64> {
        match self {
            Measure::AveragePrecision => average_precision(ranking).filter(|_| ranking.negatives() > 0),
            Measure::PartialAuc(max_fpr) => mean_true_positive_rate(ranking, max_fpr),
        }
    }

    /// The number of negatives that can change the measure; at least 2, so that there is an interval, a wide one.
    fn decisive_negatives(self, ranking: &Ranking) -> u64 {
        match self {
            Measure::AveragePrecision => ranking.negatives(),
            Measure::PartialAuc(max_fpr) => ((max_fpr * ranking.negatives() as f64).round() as u64).max(2),
        }
    }

    /// From the scale of [`Measure::unscaled`] to that of the measure: McClish's for a partial AUC.
    fn scaled(self, value: f64) -> f64 {
        match self {
            Measure::AveragePrecision => value,
            Measure::PartialAuc(max_fpr) => super::top::standardized(value, max_fpr),
        }
    }

    /// The influences of each distinct row, averaged over the seeds.
    fn mean_influences(self, rankings: &[Ranking]) -> Vec<Influence> {
        let rows = rankings.first().map_or(0, |ranking| ranking.tie_of().len());
        let mut means = vec![Influence::default(); rows];
        for ranking in rankings {
            let of_tie = match self {
                Measure::AveragePrecision => jackknife::on_average_precision(ranking),
                Measure::PartialAuc(max_fpr) => jackknife::on_partial_auc(ranking, max_fpr),
            };
            for (mean, &tie) in means.iter_mut().zip(ranking.tie_of()) {
                if let Some(influence) = of_tie.get(tie as usize) {
                    mean.of_positive += influence.of_positive / rankings.len() as f64;
                    mean.of_negative += influence.of_negative / rankings.len() as f64;
                }
            }
        }
        means
    }
}

impl Estimate<'_> {
    /// The mean over the seeds.
    pub fn mean(&self) -> f64 {
        self.measure.scaled(self.by_seed.mean)
    }

    /// Its 95 % interval. `None` with fewer than two observations of a class.
    pub fn interval(&self) -> Option<Interval> {
        let Clustered { variance, clusters } = self.by_rows(&self.influences)?;
        let variance = variance + self.by_seed.variance_of_mean();
        let interval =
            Interval::of_mean_rate(self.by_seed.mean, variance, clusters, self.decisive(clusters))?;
        let scaled = |value| self.measure.scaled(value);
        Some(Interval { low: scaled(interval.low), high: scaled(interval.high) })
    }

    /// Test whether the means of two detectors differ on the same rows: Student's t with Satterthwaite's degrees of
    /// freedom, where the rows have those of the smaller class. `None` with fewer than two observations of a class.
    ///
    /// # Errors
    /// If the label counts of the rankings differ.
    pub fn paired_test(&self, other: &Self) -> Result<Option<PairedTest>> {
        let (own, others) = (self.ranking.scored(), other.ranking.scored());
        if own.positives() != others.positives() || own.negatives() != others.negatives() {
            return Err(Error::Request(
                "two detectors can only be compared on the same rows, but their labels differ".to_owned(),
            ));
        }
        let pairs = self.influences.iter().zip(&other.influences);
        let differences: Vec<Influence> = pairs
            .map(|(a, b)| Influence {
                of_positive: a.of_positive - b.of_positive,
                of_negative: a.of_negative - b.of_negative,
            })
            .collect();
        let Some(Clustered { variance: by_rows, clusters }) = self.by_rows(&differences) else {
            return Ok(None);
        };
        let (a, b) = (&self.by_seed, &other.by_seed);
        let total = by_rows + a.variance_of_mean() + b.variance_of_mean();
        let by_degrees = by_rows * by_rows / (self.decisive(clusters) - 1).max(1) as f64;
        let squares = by_degrees + a.square_per_degree() + b.square_per_degree();
        let degrees_of_freedom = total * total / squares.max(f64::MIN_POSITIVE);
        let stretch = self.measure.scaled(1.0) - self.measure.scaled(0.0);
        Ok(Some(student_test(stretch * (a.mean - b.mean), stretch * stretch * total, degrees_of_freedom)))
    }

    /// The variance by the rows, and the number of rows or groups of the smaller class.
    fn by_rows(&self, influences: &[Influence]) -> Option<Clustered> {
        match self.groups {
            Some(groups) => clusters::influence_variance(self.ranking, groups, influences),
            None => Some(Clustered {
                variance: variance(self.ranking, influences)?,
                clusters: self.ranking.positives().min(self.ranking.negatives()),
            }),
        }
    }

    /// The number of observations that decide the measure.
    fn decisive(&self, observations: u64) -> u64 {
        observations.min(self.measure.decisive_negatives(self.ranking))
    }
}

/// The sum over the classes of the sample variance of the influences divided by the number of rows. `None` with fewer
/// than two positives or negatives.
fn variance(ranking: &Ranking, influences: &[Influence]) -> Option<f64> {
    let scored = ranking.scored();
    let of_class = |counts: &[u32], value: fn(&Influence) -> f64| {
        let rows =
            || counts.iter().zip(influences).map(|(&count, influence)| (f64::from(count), value(influence)));
        let total: f64 = rows().map(|(count, _)| count).sum();
        let mean = rows().map(|(count, value)| count * value).sum::<f64>() / total;
        let squares: f64 = rows().map(|(count, value)| count * (value - mean).powi(2)).sum();
        (total > 1.0).then(|| squares / (total * (total - 1.0)))
    };
    Some(
        of_class(scored.positives(), |own| own.of_positive)?
            + of_class(scored.negatives(), |own| own.of_negative)?,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::reference::ranked;
    use crate::metrics::roc_curve;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Fixture {
        cases: Vec<Case>,
        bootstrap: Bootstrap,
    }

    #[derive(Deserialize)]
    struct Case {
        name: String,
        labels: Vec<u8>,
        scores: Vec<f64>,
        average_precision_variance: Option<f64>,
        partial_auc_variance: Vec<(f64, Option<f64>)>,
        det: Vec<[f64; 2]>,
    }

    #[derive(Deserialize)]
    struct Bootstrap {
        labels: Vec<u8>,
        scores: Vec<f64>,
        average_precision: f64,
        max_fpr: f64,
        partial_auc: f64,
    }

    fn fixture() -> Fixture {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/reference/top.json");
        let text = std::fs::read_to_string(path).expect("tests/reference/top.py writes this file");
        serde_json::from_str(&text).expect("the fixture has these fields")
    }

    fn with_ranking(labels: &[u8], scores: &[f64], then: impl FnOnce(&Ranking)) {
        ranked(scores, &labels.iter().map(|&label| label == 1).collect::<Vec<_>>(), then);
    }

    fn variance_of(measure: Measure, ranking: &Ranking) -> Option<f64> {
        variance(ranking, &measure.mean_influences(std::slice::from_ref(ranking)))
    }

    /// The reference differentiates numerically.
    fn assert_near(ours: Option<f64>, theirs: Option<f64>, what: &str) {
        let (Some(a), Some(b)) = (ours, theirs) else { return assert_eq!(ours, theirs, "{what}") };
        assert!((a - b).abs() <= 1e-5 * b + 1e-12, "{what}: {a} here, {b} there");
    }

    #[test]
    fn variances_are_those_of_scikit_learns_functions_differentiated_by_the_weights() {
        for case in fixture().cases {
            with_ranking(&case.labels, &case.scores, |ranking| {
                let ours = variance_of(Measure::AveragePrecision, ranking);
                assert_near(ours, case.average_precision_variance, &case.name);
                for (rate, theirs) in case.partial_auc_variance {
                    let ours = variance_of(Measure::PartialAuc(rate), ranking);
                    assert_near(ours, theirs, &format!("{} up to {rate}", case.name));
                }
            });
        }
    }

    #[test]
    fn variances_agree_with_a_bootstrap_of_the_rows_of_each_class() {
        let Bootstrap { labels, scores, average_precision, max_fpr, partial_auc } = fixture().bootstrap;
        with_ranking(&labels, &scores, |ranking| {
            let measures =
                [(Measure::AveragePrecision, average_precision), (Measure::PartialAuc(max_fpr), partial_auc)];
            for (measure, theirs) in measures {
                let ratio = variance_of(measure, ranking).unwrap() / theirs;
                assert!((0.93..1.07).contains(&ratio), "{measure:?}: {ratio}");
            }
        });
    }

    #[test]
    fn the_partial_auc_up_to_1_has_the_variance_of_the_auc() {
        for case in fixture().cases {
            with_ranking(&case.labels, &case.scores, |ranking| {
                let ours = variance_of(Measure::PartialAuc(1.0), ranking);
                assert_near(ours, crate::metrics::auc_variance(ranking), &case.name);
            });
        }
    }

    #[test]
    fn every_point_of_scikit_learns_det_curve_is_one_of_the_roc_curve() {
        for case in fixture().cases {
            with_ranking(&case.labels, &case.scores, |ranking| {
                let curve = roc_curve(ranking).unwrap_or_default();
                let is_near = |point: &[f64; 2], fpr: f64, fnr: f64| {
                    (point[0] - fpr).abs() < 1e-12 && (point[1] - fnr).abs() < 1e-12
                };
                for point in &case.det {
                    assert!(
                        curve.iter().any(|p| is_near(
                            point,
                            p.false_positive_rate,
                            1.0 - p.true_positive_rate
                        )),
                        "{}: {point:?}",
                        case.name
                    );
                }
            });
        }
    }

    #[test]
    fn a_perfect_ranking_has_an_interval_and_one_positive_has_none() {
        for measure in [Measure::AveragePrecision, Measure::PartialAuc(0.5)] {
            ranked(&[4.0, 3.0, 2.0, 1.0], &[true, true, false, false], |ranking| {
                let interval =
                    measure.estimate(std::slice::from_ref(ranking), None).unwrap().interval().unwrap();
                assert!(interval.low < 0.9 && interval.high == 1.0, "{measure:?}: {interval:?}");
            });
            ranked(&[4.0, 3.0, 2.0], &[true, false, false], |ranking| {
                let estimate = measure.estimate(std::slice::from_ref(ranking), None).unwrap();
                assert_eq!(estimate.interval(), None);
                assert_eq!(estimate.paired_test(&estimate).unwrap(), None);
            });
        }
    }

    #[test]
    fn seeds_that_disagree_widen_the_interval() {
        let labels = [true, true, true, false, false, false, false, false];
        ranked(&[8.0, 7.0, 3.0, 6.0, 5.0, 4.0, 2.0, 1.0], &labels, |first| {
            ranked(&[2.0, 1.0, 8.0, 6.0, 5.0, 4.0, 7.0, 3.0], &labels, |second| {
                let measure = Measure::AveragePrecision;
                let width = |rankings: &[Ranking]| {
                    let interval = measure.estimate(rankings, None).unwrap().interval().unwrap();
                    interval.high - interval.low
                };
                assert!(width(&[first.clone(), second.clone()]) > width(&[first.clone(), first.clone()]));
            });
        });
    }

    #[test]
    fn a_detector_does_not_differ_from_itself_and_swapping_changes_the_sign() {
        let labels = [true, true, true, false, false, false];
        ranked(&[6.0, 5.0, 2.0, 4.0, 3.0, 1.0], &labels, |a| {
            ranked(&[6.0, 1.0, 3.0, 5.0, 2.0, 4.0], &labels, |b| {
                for measure in [Measure::AveragePrecision, Measure::PartialAuc(0.5)] {
                    let test = |a: &Ranking, b: &Ranking| {
                        let [a, b] = [a, b].map(std::slice::from_ref);
                        let (a, b) = (measure.estimate(a, None).unwrap(), measure.estimate(b, None).unwrap());
                        a.paired_test(&b).unwrap().unwrap()
                    };
                    assert_eq!((test(a, a).difference, test(a, a).p), (0.0, 1.0));
                    assert_eq!(test(a, b).difference, -test(b, a).difference);
                    assert_eq!(test(a, b).p, test(b, a).p);
                }
            });
        });
    }

    #[test]
    fn detectors_on_other_rows_cannot_be_compared() {
        ranked(&[2.0, 1.0], &[true, false], |first| {
            ranked(&[2.0, 1.0], &[false, true], |second| {
                let [a, b] = [first, second].map(std::slice::from_ref);
                let estimates =
                    [a, b].map(|rankings| Measure::AveragePrecision.estimate(rankings, None).unwrap());
                assert!(estimates[0].paired_test(&estimates[1]).is_err());
            });
        });
    }
}
