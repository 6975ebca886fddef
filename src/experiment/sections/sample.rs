//! Stratified samples.

use crate::seed::Seed;
use rand::seq::index;

/// The smallest number of rows of a class in a sample, if the table has that many.
const LEAST_OF_A_CLASS: usize = 50;

/// Draw at most `at_most` rows without replacement, in their order. `order` has the index of every row of the table; if
/// it is canonical, the sample does not depend on the order of the file. The sample has the suspicious share of
/// the table, but at least 50 rows of each class, so that rare attacks are visible and can be ranked. A class
/// with fewer rows is drawn whole, and in a sample of fewer than 100 rows, half the sample is the minimum.
pub fn stratified(order: &[usize], labels: Option<&[bool]>, at_most: usize, seed: Seed) -> Vec<usize> {
    if order.len() <= at_most {
        return order.to_vec();
    }
    let suspicious = |at: &usize| labels.is_some_and(|labels| labels[order[*at]]);
    let (suspicious, normal): (Vec<usize>, Vec<usize>) = (0..order.len()).partition(suspicious);
    let positives = share(suspicious.len(), normal.len(), at_most);
    let mut sample = draw(&suspicious, positives, seed.derive("suspicious"));
    sample.extend(draw(&normal, at_most - positives, seed.derive("normal")));
    sample.sort_unstable();
    sample.into_iter().map(|at| order[at]).collect()
}

/// The number of suspicious rows in a sample that is smaller than the table.
fn share(suspicious: usize, normal: usize, sample: usize) -> usize {
    let proportional = (sample as f64 * suspicious as f64 / (suspicious + normal) as f64).round() as usize;
    let floor = LEAST_OF_A_CLASS.min(sample / 2);
    let (least, most) = (suspicious.min(floor), sample - normal.min(floor));
    proportional.clamp(least.max(sample.saturating_sub(normal)), most.min(suspicious))
}

fn draw(rows: &[usize], amount: usize, seed: Seed) -> Vec<usize> {
    let picked = index::sample(&mut seed.rng(), rows.len(), amount.min(rows.len()));
    picked.into_iter().map(|at| rows[at]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(rows: usize, suspicious: usize, at_most: usize) -> (usize, usize) {
        let labels: Vec<bool> = (0..rows).map(|row| row < suspicious).collect();
        let order: Vec<usize> = (0..rows).collect();
        let sample = stratified(&order, Some(&labels), at_most, Seed::new(1));
        assert!(sample.windows(2).all(|pair| pair[0] < pair[1]), "ascending, without duplicates");
        let positives = sample.iter().filter(|&&row| labels[row]).count();
        (positives, sample.len() - positives)
    }

    #[test]
    fn the_sample_has_the_suspicious_share_of_the_table() {
        assert_eq!(counts(10_000, 2_500, 2_000), (500, 1_500));
    }

    #[test]
    fn rare_classes_are_not_lost() {
        assert_eq!(counts(10_000, 100, 2_000), (50, 1_950));
        assert_eq!(counts(10_000, 7, 2_000), (7, 1_993));
        assert_eq!(counts(10_000, 9_990, 2_000), (1_990, 10));
        assert_eq!(counts(10_000, 100, 20), (10, 10));
    }

    #[test]
    fn a_small_table_is_not_sampled() {
        assert_eq!(stratified(&[2, 0, 1], None, 2_000, Seed::new(1)), [2, 0, 1]);
    }

    #[test]
    fn without_labels_any_rows_are_drawn() {
        let order: Vec<usize> = (0..100).collect();
        assert_eq!(stratified(&order, None, 30, Seed::new(1)).len(), 30);
    }
}
