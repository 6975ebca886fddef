//! The variance of a change if rows come in groups: events of one attack count once.
//!
//! The variance of a mean over groups is that of independent rows plus the products of the components of any two rows of
//! a group (Obuchowski, Biometrics 1997). A sample of rows estimates both; products are scaled by the share of pairs in
//! the sample.

use super::measurement::{mean, variance_of_mean};
use super::sample::TableRows;
use crate::metrics::VariancePart;
use crate::table::Groups;
use std::collections::{BTreeMap, BTreeSet};

/// The components of some rows of a class, or their differences.
pub(super) struct Class<'a> {
    pub values: Vec<f64>,
    /// The numbers of these rows.
    pub rows: &'a [u32],
    /// The number of scored rows of the class.
    pub count: usize,
}

/// The variances by independent rows, and their sum by groups. Without groups, or if the sum is lower, it is that of rows.
/// It has one degree of freedom less than there are groups in the class with fewer of them.
pub(super) fn by_groups(run: &TableRows, classes: &[Class]) -> Vec<VariancePart> {
    let by_rows: Vec<VariancePart> =
        classes.iter().filter_map(|class| variance_of_mean(&class.values, class.count)).collect();
    let Some(codes) = &run.groups else { return by_rows };
    let rows: f64 = by_rows.iter().map(|part| part.variance).sum();
    let groups = number_of_groups(run, codes);
    // The sum over the rows of a group in the sample, by class.
    let mut sums: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    let mut products = 0.0;
    for (at, class) in classes.iter().enumerate() {
        let middle = mean(&class.values);
        let mut squares: BTreeMap<u32, f64> = BTreeMap::new();
        for (value, &row) in class.values.iter().zip(class.rows) {
            let (code, value) = (codes[row as usize], value - middle);
            if code != Groups::ALONE {
                sums.entry(code).or_insert_with(|| vec![0.0; classes.len()])[at] += value;
                *squares.entry(code).or_default() += value * value;
            }
        }
        let sampled = class.values.len() as f64;
        let pairs: f64 = squares.iter().map(|(code, squares)| sums[code][at].powi(2) - squares).sum();
        // The pairs of the class over those of the sample, and the square of the number of rows.
        let all = class.count as f64;
        if sampled > 1.0 {
            products += pairs * (all - 1.0) / (sampled * (sampled - 1.0) * all);
        }
    }
    if let [suspicious, normal] = classes {
        let sampled = suspicious.values.len() as f64 * normal.values.len() as f64;
        let both: f64 = sums.values().map(|of_class| of_class[0] * of_class[1]).sum();
        products += if sampled > 0.0 { 2.0 * both / sampled } else { 0.0 };
    }
    let degrees_of_freedom = groups.saturating_sub(1).max(1) as f64;
    let correction = 1.0 + 1.0 / degrees_of_freedom;
    let variance = (correction * (rows + products)).max(rows);
    vec![VariancePart { variance, degrees_of_freedom }]
}

/// The number of groups of scored rows, in the class with fewer of them.
fn number_of_groups(run: &TableRows, codes: &[u32]) -> usize {
    let of_class = |label: bool| {
        let is_own = |row: &usize| run.is_scored[*row] && run.labels[*row] == label;
        let own = || (0..run.labels.len()).filter(is_own).map(|row| codes[row]);
        let alone = own().filter(|&code| code == Groups::ALONE).count();
        alone + own().filter(|&code| code != Groups::ALONE).collect::<BTreeSet<u32>>().len()
    };
    of_class(true).min(of_class(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use crate::table::{Column, GroupKind, Table, Values};
    use rand::Rng;

    const EVENTS: usize = 8;

    fn run(attacks: usize, normal: usize, has_groups: bool) -> TableRows {
        let rows = attacks * EVENTS + normal;
        let code = |row: usize| if row < attacks * EVENTS { (row / EVENTS) as u32 } else { Groups::ALONE };
        let groups = has_groups.then(|| Groups {
            kind: GroupKind::Attack,
            column: "a".into(),
            codes: (0..rows).map(code).collect(),
        });
        let values = Values::Real((0..rows).map(|row| row as f64).collect());
        let table = Table {
            name: "t".into(),
            features: vec![Column { name: "x".into(), values }],
            labels: Some((0..rows).map(|row| row < attacks * EVENTS).collect()),
            groups,
            ..Table::default()
        };
        TableRows::new(&table, vec![true; rows], String::new())
    }

    fn variance(run: &TableRows, of_row: &[f64]) -> VariancePart {
        let class = |class: usize, count: usize| Class {
            values: run.sample[class].iter().map(|&row| of_row[row as usize]).collect(),
            rows: &run.sample[class],
            count,
        };
        let [suspicious, normal] = run.scored();
        let parts = by_groups(run, &[class(0, suspicious), class(1, normal)]);
        let variance = parts.iter().map(|part| part.variance).sum();
        VariancePart { variance, degrees_of_freedom: parts[0].degrees_of_freedom }
    }

    #[test]
    fn with_all_rows_in_the_sample_it_is_the_variance_over_groups() {
        let run = run(10, 100, true);
        let mut rng = Seed::new(3).rng();
        let attacks: Vec<f64> = (0..10).map(|_| rng.r#gen()).collect();
        let of_row: Vec<f64> =
            (0..180).map(|row| if row < 80 { attacks[row / EVENTS] } else { rng.r#gen() }).collect();
        let own = variance(&run, &of_row);
        // A row of an attack equals the others: ten values.
        let ten = variance_of_mean(&attacks, 10).unwrap();
        let normal = variance_of_mean(&of_row[80..], 100).unwrap();
        let expected = ten.variance + normal.variance;
        assert!((own.variance / expected - 1.0).abs() < 0.05, "{} {expected}", own.variance);
        assert_eq!(own.degrees_of_freedom, 9.0);
    }

    #[test]
    fn a_sample_of_rows_estimates_the_variance_over_all_groups() {
        let mut rng = Seed::new(4).rng();
        let run = run(100, 400, true);
        let (mut ours, mut theirs) = (0.0, 0.0);
        for _ in 0..50 {
            let attacks: Vec<f64> = (0..100).map(|_| rng.r#gen()).collect();
            let of_row: Vec<f64> =
                (0..1_200).map(|row| if row < 800 { attacks[row / EVENTS] } else { 0.5 }).collect();
            ours += variance(&run, &of_row).variance;
            theirs += variance_of_mean(&attacks, 100).unwrap().variance;
        }
        assert!((ours / theirs - 1.0).abs() < 0.1, "{ours} {theirs}");
    }

    #[test]
    fn rows_without_groups_are_independent() {
        let of_row: Vec<f64> = (0..180).map(f64::from).collect();
        let (alone, grouped) =
            (variance(&run(10, 100, false), &of_row), variance(&run(10, 100, true), &of_row));
        assert!(grouped.variance > 3.0 * alone.variance, "{grouped:?} {alone:?}");
        assert_eq!(alone.degrees_of_freedom, 79.0);
    }
}
