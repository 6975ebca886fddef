//! How much each row moves a metric: its component. The variance of a metric is that of the components of the positives
//! divided by their number, plus that of the negatives divided by theirs. The variance of a difference of two metrics
//! on the same rows is that of the differences of the components.
//!
//! The components of an AUC are those of DeLong, DeLong & Clarke-Pearson (Biometrics 1988). Those of the average
//! precision are its derivatives by the weights of the rows (the infinitesimal jackknife: Efron & Stein, Annals of
//! Statistics 1981). Those of recall are what is found of each positive.

use super::delong::components;
use super::jackknife;
use super::ranking::Ranking;

/// A metric, and the component of each distinct row by class.
#[derive(Clone, Debug, PartialEq)]
pub struct Influence {
    /// The metric, in [0, 1].
    pub value: f64,
    /// For a positive of each distinct row.
    pub positives: Vec<f64>,
    /// For a negative of each distinct row.
    pub negatives: Vec<f64>,
}

impl Influence {
    /// The AUC. `None` if a class is missing.
    pub fn of_auc(ranking: &Ranking) -> Option<Self> {
        let value = super::roc::auc(ranking)?;
        let (positives, negatives) = (ranking.positives() as f64, ranking.negatives() as f64);
        let of_tie = components(ranking).map(|component| {
            let of_positive = component.of_positive as f64 / (2.0 * negatives);
            (of_positive, component.of_negative as f64 / (2.0 * positives))
        });
        Some(Self::of_ties(ranking, value, &of_tie.collect::<Vec<_>>()))
    }

    /// The average precision. `None` if a class is missing.
    pub fn of_average_precision(ranking: &Ranking) -> Option<Self> {
        let value = super::precision_recall::average_precision(ranking)?;
        if ranking.negatives() == 0 {
            return None;
        }
        let of_tie = jackknife::on_average_precision(ranking).into_iter();
        let of_tie = of_tie.map(|own| (own.of_positive, own.of_negative));
        Some(Self::of_ties(ranking, value, &of_tie.collect::<Vec<_>>()))
    }

    /// The share of positives among the `k` rows with the highest scores; of tied rows at the end, the expected number.
    /// All negatives have the component 0: they only move the place of the k-th row, which is left out. `None` without
    /// positives, or if there are fewer than `k` rows.
    pub fn of_recall(ranking: &Ranking, k: u64) -> Option<Self> {
        let positives = ranking.positives();
        if positives == 0 || k > positives + ranking.negatives() {
            return None;
        }
        let (mut left, mut found) = (k, 0.0);
        let mut of_tie = Vec::with_capacity(ranking.ties().len());
        for tie in ranking.ties() {
            let rows = tie.positives + tie.negatives;
            let share = left.min(rows) as f64 / rows as f64;
            left -= left.min(rows);
            found += share * tie.positives as f64;
            of_tie.push((share, 0.0));
        }
        Some(Self::of_ties(ranking, found / positives as f64, &of_tie))
    }

    fn of_ties(ranking: &Ranking, value: f64, of_tie: &[(f64, f64)]) -> Self {
        let of_row = |&tie: &u32| of_tie.get(tie as usize).copied().unwrap_or_default();
        let (positives, negatives) = ranking.tie_of().iter().map(of_row).unzip();
        Influence { value, positives, negatives }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::reference::{assert_close, cases};
    use crate::metrics::{LabelCounts, Scored, auc_variance, average_precision, precision_at_k};

    /// The variance of the metric by its components.
    fn variance(ranking: &Ranking, influence: &Influence) -> f64 {
        let of_class = |counts: &[u32], components: &[f64]| {
            let n: f64 = counts.iter().map(|&count| f64::from(count)).sum();
            let rows = || counts.iter().zip(components).map(|(&count, c)| (f64::from(count), c));
            let mean = rows().map(|(count, c)| count * c).sum::<f64>() / n;
            rows().map(|(count, c)| count * (c - mean).powi(2)).sum::<f64>() / (n * (n - 1.0))
        };
        let scored = ranking.scored();
        of_class(scored.positives(), &influence.positives)
            + of_class(scored.negatives(), &influence.negatives)
    }

    #[test]
    fn the_components_of_an_auc_give_the_variance_of_1988() {
        for case in cases().iter().filter(|case| case.auc_variance.is_some()) {
            case.check(|ranking| {
                let influence = Influence::of_auc(ranking).unwrap();
                assert_close(Some(variance(ranking, &influence)), auc_variance(ranking), &case.name);
            });
        }
    }

    #[test]
    fn the_components_of_the_average_precision_are_its_derivatives() {
        const ONE: u32 = 1_000_000;
        let (scores, labels) = ([6.0, 5.0, 4.0, 4.0, 3.0, 2.0, 1.0], [1, 0, 1, 0, 0, 1, 0]);
        let of = |added: Option<usize>| {
            let count = |row: usize, is: bool| {
                if is { ONE + u32::from(added == Some(row)) } else { 0 }
            };
            let counts = LabelCounts {
                positives: (0..7).map(|row| count(row, labels[row] == 1)).collect(),
                negatives: (0..7).map(|row| count(row, labels[row] == 0)).collect(),
            };
            let ranking = Ranking::new(Scored::new(&scores, &counts).unwrap());
            (average_precision(&ranking).unwrap(), Influence::of_average_precision(&ranking).unwrap())
        };
        let (value, influence) = of(None);
        for (row, label) in labels.into_iter().enumerate() {
            let derivative = (of(Some(row)).0 - value) * f64::from(ONE);
            // Three positives and four negatives of the weight ONE.
            let expected = match label {
                1 => (influence.positives[row] - value) / 3.0,
                _ => influence.negatives[row] / 4.0,
            };
            assert!((derivative - expected).abs() < 1e-5, "{row}: {derivative} {expected}");
        }
    }

    #[test]
    fn recall_is_the_precision_at_k_in_positives() {
        for case in cases() {
            case.check(|ranking| {
                for k in [1, 2, 5, 10] {
                    let found = precision_at_k(ranking, k).map(|precision| precision * k as f64);
                    let expected = found.map(|found| found / ranking.positives() as f64);
                    let expected = expected.filter(|_| ranking.positives() > 0);
                    let recall = Influence::of_recall(ranking, k).map(|influence| influence.value);
                    assert_close(recall, expected, &format!("{} at {k}", case.name));
                }
            });
        }
    }
}
