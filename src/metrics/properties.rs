//! Properties that hold for any scores and labels.

use super::reference::{assert_close, deduplicate, ranked};
use super::*;
use crate::seed::Seed;
use proptest::prelude::*;
use rand::Rng;

/// Rows as (score, other score, label) of two detectors. Scores are a few small integers, so that ties,
/// zeros, negative scores and equal rows are common.
fn rows() -> impl Strategy<Value = Vec<(f64, f64, bool)>> {
    let row = (-3_i8..4, -2_i8..3, any::<bool>());
    prop::collection::vec(row.prop_map(|(a, b, label)| (f64::from(a), f64::from(b), label)), 0..80)
}

fn columns(rows: &[(f64, f64, bool)]) -> (Vec<f64>, Vec<f64>, Vec<bool>) {
    let scores = rows.iter().map(|row| row.0).collect();
    let others = rows.iter().map(|row| row.1).collect();
    (scores, others, rows.iter().map(|row| row.2).collect())
}

/// All metrics of a ranking.
type Everything =
    ([Option<f64>; 3], Option<Interval>, Option<Vec<RocPoint>>, Option<Vec<PrecisionRecallPoint>>, Confusion);

fn everything(ranking: &Ranking) -> Everything {
    (
        [auc(ranking), average_precision(ranking), auc_variance(ranking)],
        auc_interval(ranking),
        roc_curve(ranking),
        precision_recall_curve(ranking),
        Confusion::at(&ranking.scored(), 1.0),
    )
}

proptest! {
    #[test]
    fn deduplication_changes_no_bit(rows in rows()) {
        let (scores, others, labels) = columns(&rows);
        let (few_scores, few_others, counts) = deduplicate(&scores, &others, &labels);
        let few = Ranking::new(Scored::new(&few_scores, &counts).unwrap());
        let few_other = Ranking::new(Scored::new(&few_others, &counts).unwrap());
        ranked(&scores, &labels, |all| {
            ranked(&others, &labels, |all_other| {
                assert_eq!(everything(&few), everything(all));
                assert_eq!(paired_test(&few, &few_other).unwrap(), paired_test(all, all_other).unwrap());
            });
        });
    }

    #[test]
    fn deduplication_changes_no_threshold(rows in rows(), contamination in 0.0..=0.5) {
        let (scores, others, labels) = columns(&rows);
        let (few, _, counts) = deduplicate(&scores, &others, &labels);
        let weights: Vec<u32> = counts.positives.iter().zip(&counts.negatives).map(|(p, n)| p + n).collect();
        let expanded = threshold(&scores, &vec![1; scores.len()], contamination);
        assert_eq!(threshold(&few, &weights, contamination), expanded);
    }

    #[test]
    fn reversed_scores_have_the_complementary_auc(rows in rows()) {
        let (scores, _, labels) = columns(&rows);
        let reversed: Vec<f64> = scores.iter().map(|score| -score).collect();
        ranked(&scores, &labels, |forward| {
            ranked(&reversed, &labels, |backward| {
                assert_close(auc(backward), auc(forward).map(|auc| 1.0 - auc), "auc");
                assert_eq!(auc_variance(backward), auc_variance(forward));
            });
        });
    }

    #[test]
    fn a_monotone_transform_changes_nothing_but_the_thresholds(rows in rows()) {
        let (scores, _, labels) = columns(&rows);
        let stretched: Vec<f64> = scores.iter().map(|score| (score / 2.0).exp() - 100.0).collect();
        ranked(&scores, &labels, |before| {
            ranked(&stretched, &labels, |after| {
                assert_eq!(everything(after).0, everything(before).0);
                assert_eq!(auc_interval(after), auc_interval(before));
            });
        });
    }

    #[test]
    fn swapping_two_detectors_changes_the_sign(rows in rows()) {
        let (scores, others, labels) = columns(&rows);
        ranked(&scores, &labels, |a| {
            ranked(&others, &labels, |b| {
                let (ab, ba) = (paired_test(a, b).unwrap(), paired_test(b, a).unwrap());
                assert_eq!(ab.map(|t| -t.difference), ba.map(|t| t.difference));
                assert_eq!(ab.map(|t| t.p), ba.map(|t| t.p));
            });
        });
    }

    #[test]
    fn the_area_under_the_curve_is_the_auc(rows in rows()) {
        let (scores, _, labels) = columns(&rows);
        ranked(&scores, &labels, |ranking| {
            let area = |points: Vec<RocPoint>| points.windows(2).map(|pair| trapezoid(pair[0], pair[1])).sum();
            assert_close(roc_curve(ranking).map(area), auc(ranking), "area");
        });
    }
}

fn trapezoid(from: RocPoint, to: RocPoint) -> f64 {
    let width = to.false_positive_rate - from.false_positive_rate;
    width * (from.true_positive_rate + to.true_positive_rate) / 2.0
}

#[test]
fn about_95_percent_of_the_intervals_contain_the_true_auc() {
    // Uniform scores, plus one half for positives: the true AUC is 7/8.
    let mut rng = Seed::new(7).derive("coverage").rng();
    let labels: Vec<bool> = (0..200).map(|row| row < 100).collect();
    let mut hits = 0;
    for _ in 0..1000 {
        let scores: Vec<f64> =
            labels.iter().map(|&label| rng.r#gen::<f64>() + f64::from(label) / 2.0).collect();
        ranked(&scores, &labels, |ranking| {
            let interval = auc_interval(ranking).unwrap();
            hits += usize::from(interval.low <= 0.875 && 0.875 <= interval.high);
        });
    }
    assert!((925..=970).contains(&hits), "{hits} of 1000");
}

#[test]
fn the_paired_test_rejects_about_5_percent_of_equally_good_detectors() {
    let mut rng = Seed::new(7).derive("level").rng();
    let labels: Vec<bool> = (0..200).map(|row| row < 60).collect();
    let mut draw =
        || -> Vec<f64> { labels.iter().map(|&label| rng.r#gen::<f64>() + f64::from(label) / 2.0).collect() };
    let mut rejections = 0;
    for _ in 0..1000 {
        let (first, second) = (draw(), draw());
        ranked(&first, &labels, |a| {
            ranked(&second, &labels, |b| {
                rejections += usize::from(paired_test(a, b).unwrap().unwrap().p < 0.05);
            });
        });
    }
    assert!((30..=75).contains(&rejections), "{rejections} of 1000");
}
