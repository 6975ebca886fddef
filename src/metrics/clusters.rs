//! The variance of an AUC, and of the difference of two, if rows come in clusters: Obuchowski, Biometrics 1997.
//!
//! Events of one attack are one observation. The structural components of DeLong are summed within each cluster, and the
//! cluster's sum less its number of rows times the AUC is what varies. A cluster may have positives and negatives. If
//! every row is a cluster, the variance is DeLong's. Over several seeds the components are averaged first, as in
//! `seeds.rs`.

use super::delong::{Component, components};
use super::group_counts::GroupCounts;
use super::jackknife::Influence;
use super::ranking::Ranking;
use super::scored::LabelCounts;

/// A variance by clusters, and the number of clusters that it comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Clustered {
    pub variance: f64,
    /// The number of clusters with positives or with negatives, whichever is smaller.
    pub clusters: u64,
}

/// The sum over the rows of a cluster: their number and their components, by class.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    positives: i64,
    negatives: i64,
    of_positives: i128,
    of_negatives: i128,
}

impl Sums {
    fn add(&mut self, component: Component, positives: u32, negatives: u32) {
        self.positives += i64::from(positives);
        self.negatives += i64::from(negatives);
        self.of_positives += i128::from(positives) * i128::from(component.of_positive);
        self.of_negatives += i128::from(negatives) * i128::from(component.of_negative);
    }
}

/// The variance of the mean AUC of some rankings, one per seed. `None` with fewer than two clusters of a class.
pub(super) fn auc_variance(rankings: &[Ranking], groups: &GroupCounts) -> Option<Clustered> {
    let first = rankings.first()?;
    variance(first, groups, &summed(rankings), rankings.len())
}

/// The variance of the difference between the mean AUCs of two detectors on the same rows.
pub(super) fn difference_variance(
    first: &[Ranking],
    second: &[Ranking],
    groups: &GroupCounts,
) -> Option<Clustered> {
    let ranking = first.first()?;
    // Each sum is multiplied by the number of seeds of the other detector, so that the difference is an integer.
    let (seeds_a, seeds_b) = (first.len() as i64, second.len() as i64);
    let difference = |(a, b): (Component, Component)| Component {
        of_positive: a.of_positive * seeds_b - b.of_positive * seeds_a,
        of_negative: a.of_negative * seeds_b - b.of_negative * seeds_a,
    };
    let differences: Vec<Component> = summed(first).into_iter().zip(summed(second)).map(difference).collect();
    variance(ranking, groups, &differences, first.len() * second.len())
}

/// The components of each distinct row, summed over the seeds.
fn summed(rankings: &[Ranking]) -> Vec<Component> {
    let rows = rankings.first().map_or(0, |ranking| ranking.tie_of().len());
    let mut sums = vec![Component { of_positive: 0, of_negative: 0 }; rows];
    for ranking in rankings {
        let of_tie: Vec<Component> = components(ranking).collect();
        for (sum, &tie) in sums.iter_mut().zip(ranking.tie_of()) {
            if let Some(component) = of_tie.get(tie as usize) {
                sum.of_positive += component.of_positive;
                sum.of_negative += component.of_negative;
            }
        }
    }
    sums
}

/// The variance from the components of each distinct row, which are `scale` times as large as those of one seed.
fn variance(
    ranking: &Ranking,
    groups: &GroupCounts,
    components: &[Component],
    scale: usize,
) -> Option<Clustered> {
    let scored = ranking.scored();
    let all = LabelCounts { positives: scored.positives().to_vec(), negatives: scored.negatives().to_vec() };
    let mut clusters: Vec<(Sums, u64)> = Vec::new();
    for cells in groups.groups() {
        let mut sums = Sums::default();
        for cell in cells {
            sums.add(components[cell.row as usize], cell.positives, cell.negatives);
        }
        clusters.push((sums, 1));
    }
    let alone = groups.alone(&all);
    for (row, &component) in components.iter().enumerate() {
        for (class, times) in [((1, 0), alone.positives[row]), ((0, 1), alone.negatives[row])] {
            let mut sums = Sums::default();
            sums.add(component, class.0, class.1);
            clusters.push((sums, u64::from(times)));
        }
    }
    clusters.retain(|(_, times)| *times > 0);
    of_clusters(&clusters, scale)
}

/// Obuchowski's variance of clusters, each with the number of its copies.
fn of_clusters(clusters: &[(Sums, u64)], scale: usize) -> Option<Clustered> {
    let count = |has: fn(&Sums) -> bool| -> u64 {
        clusters.iter().filter(|(sums, _)| has(sums)).map(|(_, times)| times).sum()
    };
    let with_positives = count(|sums| sums.positives > 0);
    let with_negatives = count(|sums| sums.negatives > 0);
    let total = |value: fn(&Sums) -> i128| -> i128 {
        clusters.iter().map(|(sums, times)| value(sums) * i128::from(*times)).sum()
    };
    let positives = total(|sums| sums.positives.into());
    let negatives = total(|sums| sums.negatives.into());
    // Every pair of a positive and a negative counts once for each of them.
    let pairs = total(|sums| sums.of_positives);
    if with_positives < 2 || with_negatives < 2 {
        return None;
    }
    // The deviations are integers, so that they are 0 exactly if they should be.
    let unit = 2.0 * scale as f64 * positives as f64 * negatives as f64;
    let deviations = |sums: &Sums| {
        let of_positives = sums.of_positives * positives - i128::from(sums.positives) * pairs;
        let of_negatives = sums.of_negatives * negatives - i128::from(sums.negatives) * pairs;
        (of_positives as f64 / (unit * positives as f64), of_negatives as f64 / (unit * negatives as f64))
    };
    let terms = clusters.iter().map(|(sums, times)| {
        let (of_positives, of_negatives) = deviations(sums);
        Term { of_positives, of_negatives, times: *times }
    });
    Some(of_terms(terms, with_positives, with_negatives))
}

/// How far a cluster moves a metric by its positives and by its negatives, and the number of its copies.
struct Term {
    of_positives: f64,
    of_negatives: f64,
    times: u64,
}

fn of_terms(terms: impl Iterator<Item = Term>, with_positives: u64, with_negatives: u64) -> Clustered {
    let (mut squares, mut others, mut products) = (Vec::new(), Vec::new(), Vec::new());
    let mut clusters = 0;
    for Term { of_positives, of_negatives, times } in terms {
        clusters += times;
        let times = times as f64;
        squares.push(times * of_positives * of_positives);
        others.push(times * of_negatives * of_negatives);
        products.push(times * of_positives * of_negatives);
    }
    let correction = |clusters: u64| clusters as f64 / (clusters as f64 - 1.0);
    let variance = correction(with_positives) * ordered_sum(squares)
        + correction(with_negatives) * ordered_sum(others)
        + 2.0 * correction(clusters) * ordered_sum(products);
    // Below 0 by rounding only.
    Clustered { variance: variance.max(0.0), clusters: with_positives.min(with_negatives) }
}

/// The variance of another metric by clusters, from the influence of a positive and of a negative of each distinct row,
/// each up to a constant. `None` with fewer than two clusters of a class.
pub(super) fn influence_variance(
    ranking: &Ranking,
    groups: &GroupCounts,
    influences: &[Influence],
) -> Option<Clustered> {
    let scored = ranking.scored();
    let mean = |counts: &[u32], value: fn(&Influence) -> f64| {
        let rows = || counts.iter().zip(influences);
        let total: f64 = rows().map(|(&count, _)| f64::from(count)).sum();
        (rows().map(|(&count, own)| f64::from(count) * value(own)).sum::<f64>() / total, total)
    };
    let (mean_positive, positives) = mean(scored.positives(), |own| own.of_positive);
    let (mean_negative, negatives) = mean(scored.negatives(), |own| own.of_negative);
    let of_rows = |row: usize, of_class: (u32, u32)| {
        let own = &influences[row];
        let of_positives = f64::from(of_class.0) * (own.of_positive - mean_positive) / positives;
        (of_positives, f64::from(of_class.1) * (own.of_negative - mean_negative) / negatives)
    };
    let (mut terms, mut with_positives, mut with_negatives) = (Vec::new(), 0, 0);
    for cells in groups.groups() {
        let moves = cells.iter().map(|cell| of_rows(cell.row as usize, (cell.positives, cell.negatives)));
        let (of_positives, of_negatives) = moves.fold((0.0, 0.0), |sum, own| (sum.0 + own.0, sum.1 + own.1));
        with_positives += u64::from(cells.iter().any(|cell| cell.positives > 0));
        with_negatives += u64::from(cells.iter().any(|cell| cell.negatives > 0));
        terms.push(Term { of_positives, of_negatives, times: 1 });
    }
    let (counts, own) = (scored.positives().to_vec(), scored.negatives().to_vec());
    let alone = groups.alone(&LabelCounts { positives: counts, negatives: own });
    for row in 0..influences.len() {
        for (class, times) in [((1, 0), alone.positives[row]), ((0, 1), alone.negatives[row])] {
            let (of_positives, of_negatives) = of_rows(row, class);
            terms.push(Term { of_positives, of_negatives, times: u64::from(times) });
            with_positives += u64::from(class.0 * times);
            with_negatives += u64::from(class.1 * times);
        }
    }
    let is_defined = with_positives > 1 && with_negatives > 1;
    is_defined.then(|| of_terms(terms.into_iter(), with_positives, with_negatives))
}

/// The sum in the order of the values, which does not depend on the order of the clusters.
fn ordered_sum(mut terms: Vec<f64>) -> f64 {
    terms.sort_unstable_by(f64::total_cmp);
    terms.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::reference::{assert_close, cases, ranked};
    use crate::metrics::{self, Scored, jackknife};
    use serde::Deserialize;

    /// From `tests/reference/clusters.py`.
    #[derive(Deserialize)]
    struct Case {
        name: String,
        labels: Vec<bool>,
        groups: Vec<u32>,
        first: Vec<f64>,
        second: Vec<f64>,
        variance: f64,
        difference_variance: f64,
    }

    #[derive(Deserialize)]
    struct Fixture {
        cases: Vec<Case>,
    }

    #[test]
    fn the_variance_is_that_of_obuchowski() {
        let text = include_str!("../../fixtures/reference/clusters.json");
        let fixture: Fixture = serde_json::from_str(text).unwrap();
        assert!(fixture.cases.len() >= 6);
        for case in fixture.cases {
            let index: Vec<u32> = (0..case.labels.len() as u32).collect();
            let groups = GroupCounts::deduplicated(&case.groups, &case.labels, &index);
            ranked(&case.first, &case.labels, |first| {
                ranked(&case.second, &case.labels, |second| {
                    let (first, second) = ([first.clone()], [second.clone()]);
                    let alone = auc_variance(&first, &groups).map(|own| own.variance);
                    assert_close(alone, Some(case.variance), &case.name);
                    let pair = difference_variance(&first, &second, &groups).map(|own| own.variance);
                    assert_close(pair, Some(case.difference_variance), &case.name);
                });
            });
        }
    }

    #[test]
    fn clusters_of_one_row_give_the_variance_of_delong() {
        for case in cases() {
            case.check_pair(|first, second| {
                let (one, other) = ([first.clone()], [second.clone()]);
                let nothing = GroupCounts::default();
                let ours = auc_variance(&one, &nothing).map(|own| own.variance);
                assert_close(ours, metrics::auc_variance(first), &case.name);
                let theirs = metrics::paired_test(first, second).unwrap();
                let ours = difference_variance(&one, &other, &nothing).map(|own| own.variance);
                let theirs = theirs.map(|t| t.z.map_or(0.0, |z| (t.difference / z).powi(2)));
                if theirs.is_some_and(f64::is_finite) {
                    assert_close(ours, theirs, &case.name);
                }
            });
        }
    }

    #[test]
    fn influences_on_the_auc_give_the_same_variance() {
        let labels = [true, true, false, false, true, false, true, false];
        let scores = [3.0, 1.0, 1.0, 2.0, 3.0, 0.5, 2.0, 1.0];
        ranked(&scores, &labels, |ranking| {
            let groups = GroupCounts::deduplicated(
                &[0, 0, 1, 0, 2, 2, 1, u32::MAX],
                &labels,
                &[0, 1, 2, 3, 4, 5, 6, 7],
            );
            let of_tie = jackknife::on_partial_auc(ranking, 1.0);
            let influences: Vec<Influence> =
                ranking.tie_of().iter().map(|&tie| of_tie[tie as usize]).collect();
            let ours = influence_variance(ranking, &groups, &influences).unwrap();
            let theirs = auc_variance(std::slice::from_ref(ranking), &groups).unwrap();
            assert_close(Some(ours.variance), Some(theirs.variance), "by influences");
            assert_eq!(ours.clusters, theirs.clusters);
        });
    }

    #[test]
    fn deduplicated_rows_and_any_order_of_groups_give_the_same_bits() {
        let labels = [true, true, false, false, true, false, true, false];
        let scores = [3.0, 1.0, 1.0, 2.0, 3.0, 0.5, 2.0, 1.0];
        let (groups, renamed) = ([0, 0, 1, 0, 2, 2, 1, 3], [5, 5, 1, 5, 0, 0, 1, 3]);
        let plain = ranked(&scores, &labels, |ranking| {
            let index = [0, 1, 2, 3, 4, 5, 6, 7];
            auc_variance(std::slice::from_ref(ranking), &GroupCounts::deduplicated(&groups, &labels, &index))
                .unwrap()
        });
        let index = [0, 1, 1, 2, 0, 3, 2, 1];
        let counts = LabelCounts::deduplicated(&labels, &index, 4);
        let ranking = Ranking::new(Scored::new(&[3.0, 1.0, 2.0, 0.5], &counts).unwrap());
        let by_distinct_row = GroupCounts::deduplicated(&renamed, &labels, &index);
        assert_eq!(
            auc_variance(&[ranking.clone(), ranking], &by_distinct_row).unwrap().clusters,
            plain.clusters
        );
        let ranking = Ranking::new(Scored::new(&[3.0, 1.0, 2.0, 0.5], &counts).unwrap());
        assert_eq!(auc_variance(&[ranking], &by_distinct_row), Some(plain));
    }

    #[test]
    fn a_single_attack_has_no_variance() {
        ranked(&[1.0, 2.0, 3.0, 0.0], &[true, true, false, false], |ranking| {
            let groups = GroupCounts::deduplicated(
                &[0, 0, u32::MAX, u32::MAX],
                &[true, true, false, false],
                &[0, 1, 2, 3],
            );
            assert_eq!(auc_variance(std::slice::from_ref(ranking), &groups), None);
        });
    }
}
