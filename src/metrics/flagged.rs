//! The intervals of precision, recall and F1, in which a group of rows counts once.
//!
//! Each is a share: of flagged rows that are positives, of positives that are flagged. With groups, its variance is that
//! of a ratio of sums over groups (Cochran, Sampling Techniques 1977, chapter 6), and the interval is Wilson's with an
//! effective number of rows and Student's t (Korn & Graubard, Survey Methodology 1998). Without groups it is Wilson's.

use super::confusion::Confusion;
use super::group_counts::GroupCounts;
use super::interval::Interval;
use super::prevalence::{AtPrevalence, at_prevalence};
use super::scored::LabelCounts;

/// Rows of which some are flagged, by class and by group.
#[derive(Clone, Debug)]
pub struct Flagged {
    confusion: Confusion,
    /// Each group, and the number of its copies; `None` if rows are independent.
    groups: Option<Vec<(Confusion, u64)>>,
}

/// The rows that a share is of, and those that count for it.
type Counts = fn(&Confusion) -> [u64; 2];

const PRECISION: Counts = |own| [own.true_positives, own.flagged()];
const RECALL: Counts = |own| [own.true_positives, own.true_positives + own.false_negatives];
const FALSE_ALARMS: Counts = |own| [own.false_positives, own.false_positives + own.true_negatives];
/// True positives among the rows that are flagged or positive.
const OVERLAP: Counts = |own| [own.true_positives, own.flagged() + own.false_negatives];

impl Flagged {
    /// The rows with their flags. `flags` and `labels` have one entry per distinct row.
    pub fn of(flags: &[bool], labels: &LabelCounts, groups: Option<&GroupCounts>) -> Self {
        let whole = labels.positives.iter().zip(&labels.negatives);
        let confusion = sum(flags.iter().copied().zip(whole.map(|(&p, &n)| (p, n))));
        let of_groups = groups.map(|groups| {
            let of_cell = |cell: &super::GroupCell| {
                (flags.get(cell.row as usize) == Some(&true), (cell.positives, cell.negatives))
            };
            let own = groups.groups().map(|cells| (sum(cells.iter().map(of_cell)), 1));
            let alone = groups.alone(labels);
            let rows = alone.positives.iter().zip(&alone.negatives).map(|(&p, &n)| (p, n));
            own.chain(singles(&sum(flags.iter().copied().zip(rows)))).collect()
        });
        Flagged { confusion, groups: of_groups }
    }

    /// The numbers of rows, flagged or not, by class.
    pub fn confusion(&self) -> Confusion {
        self.confusion
    }

    /// The 95 % interval of the precision. `None` with fewer than two flagged groups, or without flagged rows.
    pub fn precision_interval(&self) -> Option<Interval> {
        self.interval(PRECISION)
    }

    /// The 95 % interval of the recall. `None` with fewer than two groups of positives, or without positives.
    pub fn recall_interval(&self) -> Option<Interval> {
        self.interval(RECALL)
    }

    /// The 95 % interval of F1, which is 2 s / (1 + s), where s is the share of true positives among the rows that are
    /// flagged or positive (Hand, Christen & Kirielle, Machine Learning 2021).
    pub fn f1_interval(&self) -> Option<Interval> {
        let share = self.interval(OVERLAP)?;
        let f1 = |share: f64| 2.0 * share / (1.0 + share);
        Some(Interval { low: f1(share.low), high: f1(share.high) })
    }

    /// The precision at a prevalence in (0, 1). Its interval counts the effective numbers of rows of both classes.
    pub fn at_prevalence(&self, prevalence: f64) -> AtPrevalence {
        let weight = |of: Counts| match self.share(of) {
            Some(share) => Some(share.effective() / share.whole),
            None => self.groups.is_none().then_some(1.0),
        };
        at_prevalence(&self.confusion, prevalence, weight(RECALL).zip(weight(FALSE_ALARMS)))
    }

    fn interval(&self, of: Counts) -> Option<Interval> {
        let [part, whole] = of(&self.confusion);
        if self.groups.is_none() {
            return Interval::of_share(part, whole);
        }
        let share = self.share(of)?;
        Some(Interval::of_effective(share.value, share.effective(), share.kish - 1.0))
    }

    /// A share by groups; `None` if rows are independent, or with fewer than two groups.
    fn share(&self, of: Counts) -> Option<GroupedShare> {
        let groups = self.groups.as_ref()?;
        let (mut parts, mut wholes, mut products) = (0, 0, 0);
        let (mut part, mut whole, mut number) = (0, 0, 0);
        for (own, copies) in groups {
            let ([x, n], copies) = (of(own).map(u128::from), u128::from(*copies));
            (part, whole) = (part + copies * x, whole + copies * n);
            parts += copies * x * x;
            wholes += copies * n * n;
            products += copies * x * n;
            number += if n > 0 { copies } else { 0 };
        }
        if number < 2 {
            return None;
        }
        // Sums of integers, which do not depend on the order of the groups.
        let [part, whole, number] = [part, whole, number].map(|sum: u128| sum as f64);
        let [parts, wholes, products] = [parts, wholes, products].map(|sum: u128| sum as f64);
        let value = part / whole;
        let squares = (parts - 2.0 * value * products + value * value * wholes).max(0.0);
        let variance = number / (number - 1.0) * squares / (whole * whole);
        Some(GroupedShare { value, variance, whole, kish: whole * whole / wholes })
    }
}

/// A share whose rows come in groups.
struct GroupedShare {
    value: f64,
    variance: f64,
    whole: f64,
    /// The number of groups of equal size with the same effect (Kish, Survey Sampling 1965).
    kish: f64,
}

impl GroupedShare {
    /// The number of independent rows with this variance, at most two for each group: with fewer groups the variance is
    /// too uncertain. `coverage_clusters.rs` decides it.
    fn effective(&self) -> f64 {
        const MOST: f64 = 2.0;
        let most = (MOST * self.kish).min(self.whole);
        match self.variance > 0.0 {
            true => (self.value * (1.0 - self.value) / self.variance).min(most),
            false => most,
        }
    }
}

/// The confusion matrix of distinct rows: flag, and numbers of positives and negatives.
fn sum(rows: impl Iterator<Item = (bool, (u32, u32))>) -> Confusion {
    let mut confusion = Confusion::default();
    for (is_flagged, (positives, negatives)) in rows {
        confusion.add(is_flagged, positives, negatives);
    }
    confusion
}

/// Rows that are groups of their own.
fn singles(all: &Confusion) -> [(Confusion, u64); 4] {
    let none = Confusion::default();
    [
        (Confusion { true_positives: 1, ..none }, all.true_positives),
        (Confusion { false_positives: 1, ..none }, all.false_positives),
        (Confusion { true_negatives: 1, ..none }, all.true_negatives),
        (Confusion { false_negatives: 1, ..none }, all.false_negatives),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Groups;

    const FLAGS: [bool; 10] = [true, true, true, false, true, true, false, false, false, true];
    const LABELS: [bool; 10] = [true, true, true, true, true, false, false, true, false, false];

    fn flagged(codes: Option<&[u32; 10]>) -> Flagged {
        let index: Vec<u32> = (0..10).collect();
        let groups = codes.map(|codes| GroupCounts::deduplicated(codes, &LABELS, &index));
        Flagged::of(&FLAGS, &LabelCounts::plain(&LABELS), groups.as_ref())
    }

    #[test]
    fn without_groups_the_intervals_are_wilsons() {
        let own = flagged(None);
        assert_eq!(own.recall_interval(), Interval::of_share(4, 6));
        assert_eq!(own.precision_interval(), Interval::of_share(4, 6));
        let f1 = own.f1_interval().unwrap();
        assert!(f1.low < own.confusion().f1().unwrap() && f1.high > own.confusion().f1().unwrap());
        assert_eq!(Flagged::of(&[], &LabelCounts::plain(&[]), None).recall_interval(), None);
    }

    #[test]
    fn the_variance_of_a_share_is_that_of_a_ratio_of_sums() {
        // By hand: positives of the groups 0, 1, 2 and of row 7: 2 of 2, 1 of 2, 1 of 1, 0 of 1 found.
        let own = flagged(Some(&[0, 0, 1, 1, 2, 2, 2, Groups::ALONE, 3, 3]));
        let share = own.share(RECALL).unwrap();
        let p = 4.0_f64 / 6.0;
        let squares: f64 =
            [(2.0, 2.0), (1.0, 2.0), (1.0, 1.0), (0.0, 1.0)].iter().map(|(x, n)| (x - p * n).powi(2)).sum();
        assert!((share.value - p).abs() < 1e-15);
        assert!((share.variance - 4.0 / 3.0 * squares / 36.0).abs() < 1e-15);
        assert!((share.kish - 36.0 / 10.0).abs() < 1e-15);
    }

    #[test]
    fn groups_of_one_row_give_about_wilsons_interval_and_large_ones_a_wider_one() {
        let rows = 400;
        let labels: Vec<bool> = vec![true; rows];
        let flags: Vec<bool> = (0..rows).map(|row| row / 20 % 4 > 0).collect();
        let index: Vec<u32> = (0..rows as u32).collect();
        let of = |codes: Vec<u32>| {
            let groups = GroupCounts::deduplicated(&codes, &labels, &index);
            Flagged::of(&flags, &LabelCounts::plain(&labels), Some(&groups)).recall_interval().unwrap()
        };
        let plain = Interval::of_share(300, 400).unwrap();
        let alone = of(vec![Groups::ALONE; rows]);
        assert!((alone.low - plain.low).abs() < 1e-3 && (alone.high - plain.high).abs() < 1e-3, "{alone:?}");
        let grouped = of((0..rows as u32).map(|row| row / 20).collect());
        assert!(grouped.high - grouped.low > 3.0 * (plain.high - plain.low), "{grouped:?}");
    }

    #[test]
    fn one_group_has_no_interval() {
        let own = flagged(Some(&[5; 10]));
        assert_eq!((own.recall_interval(), own.precision_interval(), own.f1_interval()), (None, None, None));
        let restated = own.at_prevalence(0.01);
        assert!(restated.precision.is_some() && restated.interval.is_none());
    }

    #[test]
    fn groups_widen_the_interval_at_a_prevalence() {
        let width = |own: Flagged| own.at_prevalence(0.01).interval.map(|own| own.high - own.low).unwrap();
        let grouped = flagged(Some(&[0, 0, 0, 1, 1, 2, 2, 1, 3, 3]));
        assert!(width(grouped) > width(flagged(None)));
    }
}
