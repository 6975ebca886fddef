//! Whether a ranking is better than chance if rows come in groups: a group counts as one row.
//!
//! If the labels are in random order, the relative rank of a row is uniform. Rows of a group may have the same rank, in the
//! worst case. So the AUC less 0.5 is compared with a sum of independent uniform values, one per group, each weighted by
//! the share of a class that the group has. If the rows of a group differ, their mean rank varies less than that, and the
//! test errs on the safe side. It estimates no variance, so few groups are enough. If every row is a group, it is the
//! test of Mann & Whitney. For groups of equal size the sum has the distribution of Irwin and of Hall (both Biometrika
//! 1927).

use super::group_counts::{GroupCell, GroupCounts};
use super::ranking::Ranking;
use super::roc::auc;
use super::scored::LabelCounts;

/// With fewer groups of a class there is no test.
const FEWEST: u64 = 5;

/// The number of groups, the largest ones, whose sum is not taken as normal.
const LARGEST: usize = 40;

/// The probability that the mean AUC of some rankings of the same rows, one per seed, is at least this high if the labels are
/// in random order. `None` with fewer than five groups of a class.
pub(super) fn p_value(rankings: &[Ranking], groups: &GroupCounts) -> Option<f64> {
    let scored = rankings.first()?.scored();
    let all = LabelCounts { positives: scored.positives().to_vec(), negatives: scored.negatives().to_vec() };
    let alone = groups.alone(&all);
    let rows = |counts: &[u32]| counts.iter().map(|&count| u64::from(count)).sum::<u64>();
    let [alone_positives, alone_negatives] = [rows(&alone.positives), rows(&alone.negatives)];
    let number = |of_class: fn(&GroupCell) -> u32| {
        groups.groups().filter(|cells| cells.iter().any(|cell| of_class(cell) > 0)).count() as u64
    };
    let positives = alone_positives + number(|cell| cell.positives);
    let negatives = alone_negatives + number(|cell| cell.negatives);
    if positives.min(negatives) < FEWEST {
        return None;
    }
    let aucs: Vec<f64> = rankings.iter().map(auc).collect::<Option<_>>()?;
    let excess = aucs.iter().sum::<f64>() / aucs.len() as f64 - 0.5;
    let [of_positive, of_negative] = [rows(&all.positives), rows(&all.negatives)].map(|n| 1.0 / n as f64);
    let weight = |cells: &[GroupCell]| {
        let sum = |of_class: fn(&GroupCell) -> u32| cells.iter().map(|c| f64::from(of_class(c))).sum::<f64>();
        (of_positive * sum(|cell| cell.positives) + of_negative * sum(|cell| cell.negatives), 1)
    };
    let mut weights: Vec<(f64, u64)> = groups.groups().map(weight).collect();
    weights.extend([(of_positive, alone_positives), (of_negative, alone_negatives)]);
    Some(upper_tail(excess, weights))
}

/// The probability that a sum of independent uniform values in [−0.5, 0.5], each with a weight and its number, is at
/// least `least`. The weights add up to 2.
fn upper_tail(least: f64, mut weights: Vec<(f64, u64)>) -> f64 {
    /// The sum is in [−1, 1].
    const CELLS: usize = 4_001;
    const STEP: f64 = 2.0 / (CELLS - 1) as f64;
    weights.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let mut density = vec![0.0; CELLS];
    density[CELLS / 2] = 1.0;
    let mut left = LARGEST;
    for (weight, number) in &mut weights {
        while left > 0 && *number > 0 {
            density = spread(&density, *weight / STEP);
            (left, *number) = (left - 1, *number - 1);
        }
    }
    let variance: f64 = weights.iter().map(|(own, number)| own * own * *number as f64 / 12.0).sum();
    let tail = |(cell, share): (usize, &f64)| {
        let distance = least - (cell as f64 * STEP - 1.0);
        // Within its cell the sum is uniform, so that half of the cell at `least` counts.
        let deviation = (variance + STEP * STEP / 12.0).sqrt();
        share * 0.5 * libm::erfc(distance / (deviation * std::f64::consts::SQRT_2))
    };
    density.iter().enumerate().map(tail).sum()
}

/// A density after adding a uniform value over a width in cells: each cell gets the mean of those around it.
fn spread(density: &[f64], width: f64) -> Vec<f64> {
    // The integral of the density up to a cell, and linear in between.
    let mut integral = vec![0.0];
    for share in density {
        integral.push(integral[integral.len() - 1] + share);
    }
    let up_to = |place: f64| {
        let place = place.clamp(0.0, density.len() as f64);
        let cell = (place as usize).min(density.len() - 1);
        integral[cell] + (place - cell as f64) * density[cell]
    };
    let width = width.max(1e-9);
    let mean = |cell: usize| {
        let middle = cell as f64 + 0.5;
        (up_to(middle + width / 2.0) - up_to(middle - width / 2.0)) / width
    };
    (0..density.len()).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::chance_test;
    use crate::metrics::reference::ranked;
    use crate::table::Groups;

    /// The p-value of rows of which the first are positive; each block of `size` rows is a group.
    fn p(scores: &[f64], positives: usize, size: usize) -> Option<f64> {
        let labels: Vec<bool> = (0..scores.len()).map(|row| row < positives).collect();
        let codes: Vec<u32> = (0..scores.len()).map(|row| (row / size) as u32).collect();
        let index: Vec<u32> = (0..scores.len() as u32).collect();
        let groups = GroupCounts::deduplicated(&codes, &labels, &index);
        let mut p = None;
        ranked(scores, &labels, |ranking| {
            p = p_value(std::slice::from_ref(ranking), &groups);
        });
        p
    }

    #[test]
    fn the_tail_is_that_of_irwin_and_hall() {
        // For five uniform values the probability of a mean of at least 1 − x is (5 x)⁵ / 5!, up to x = 0.2.
        for x in [0.1_f64, 0.15, 0.2] {
            let ours = upper_tail(0.5 - x, vec![(0.2, 5)]);
            let theirs = (5.0 * x).powi(5) / 120.0;
            assert!((ours / theirs - 1.0).abs() < 0.01, "{x}: {ours} {theirs}");
        }
        // 100 values are normal.
        let ours = upper_tail(1.96 / 1_200.0_f64.sqrt(), vec![(0.01, 100)]);
        assert!((ours - 0.025).abs() < 0.0003, "{ours}");
    }

    #[test]
    fn a_perfect_ranking_is_better_than_chance_and_an_inverted_or_constant_one_is_not() {
        let scores: Vec<f64> = (0..60).rev().map(f64::from).collect();
        // That of Mann & Whitney for five rows of each class is 1/252.
        let perfect = p(&scores, 30, 6).unwrap();
        assert!(perfect > 1e-3 && perfect < 4e-3, "{perfect}");
        assert_eq!(p(&scores, 30, 10), None);
        let inverted: Vec<f64> = (0..60).map(f64::from).collect();
        assert!(p(&inverted, 30, 6).unwrap() > 0.99);
        assert!((p(&[1.0; 60], 30, 6).unwrap() - 0.5).abs() < 1e-3);
    }

    #[test]
    fn rows_alone_have_the_p_value_of_independent_rows() {
        let labels: Vec<bool> = (0..2_000).map(|row| row % 10 == 0).collect();
        let lead = |row: u32| if row.is_multiple_of(10) { 150.0 } else { 0.0 };
        let scores: Vec<f64> = (0..2_000).map(|row| f64::from(row * 7919 % 2003) + lead(row)).collect();
        let index: Vec<u32> = (0..2_000).collect();
        let groups = GroupCounts::deduplicated(&[Groups::ALONE; 2_000], &labels, &index);
        ranked(&scores, &labels, |ranking| {
            let rankings = std::slice::from_ref(ranking);
            let (own, rows) = (p_value(rankings, &groups).unwrap(), chance_test(rankings, None).unwrap().p);
            assert!((own / rows - 1.0).abs() < 0.05, "{own} {rows}");
        });
    }
}
