//! The importance of each feature for each detector: its correlation with the scores over all scored rows,
//! and the effect of shuffling it on a sample.

use super::Subject;
use super::association::{self, Association};
use super::permutation::{Fall, Falls, Permutation, REPEATS};
use crate::error::Result;
use crate::metrics::{Interval, Summary};
use crate::report::{Estimate, FeatureImportance, Importance};

/// The feature importance of each detector, in the order of the evaluations.
///
/// # Errors
/// If shuffled values cannot be scaled, or a score is not finite.
pub fn of(subject: &Subject) -> Result<Vec<Importance>> {
    let associations = association::of(subject)?;
    let permutation = Permutation::new(subject)?;
    let falls = permutation.falls()?;
    let feature = |detector: usize, feature: usize| {
        let name = subject.scored.features[feature].name.clone();
        importance(name, associations[detector][feature], &falls[feature][detector])
    };
    let detector = |detector: usize| Importance {
        rows: permutation.rows() as u64,
        repeats: REPEATS as u64,
        features: (0..falls.len()).map(|at| feature(detector, at)).collect(),
    };
    Ok((0..subject.evaluations.len()).map(detector).collect())
}

fn importance(feature: String, association: Association, falls: &Falls) -> FeatureImportance {
    let rows = falls.rows as f64;
    let by_rows = (falls.ranking_variance, rows - 1.0);
    let of_auc = falls.auc_variance.map(|variance| (variance, falls.smaller_class as f64 - 1.0));
    FeatureImportance {
        feature,
        rank_correlation: association.rank_correlation,
        level_correlation: association.level_correlation,
        pearson: association.pearson,
        ranking_fall: estimate(&falls.repeats, by_rows, |fall| fall.ranking),
        auc_fall: of_auc.and_then(|by_rows| estimate(&falls.repeats, by_rows, |fall| fall.auc)),
    }
}

/// Mean and 95 % interval over the repeats; `None` if one value is `None`. The variance of the mean is that by the
/// shuffles plus that by the rows, which comes with its degrees of freedom.
fn estimate(repeats: &[Fall], by_rows: (f64, f64), value: fn(&Fall) -> Option<f64>) -> Option<Estimate> {
    let values: Vec<f64> = repeats.iter().map(value).collect::<Option<_>>()?;
    let Summary { mean, sd, runs } = Summary::of(&values)?;
    let by_shuffles = (sd? * sd? / runs as f64, runs as f64 - 1.0);
    Some(Estimate { mean, interval: Interval::of_mean(mean, &[by_shuffles, by_rows]) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn falls(values: [f64; REPEATS]) -> Vec<Fall> {
        values.map(|value| Fall { ranking: Some(value), auc: None }).to_vec()
    }

    #[test]
    fn without_variance_by_rows_the_interval_is_that_of_student() {
        // t.interval(0.95, 9, loc=5.5, scale=sem([1..10])) of scipy 1.17.1 is (3.3341, 7.6659).
        let falls = falls([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]);
        let Estimate { mean, interval } = estimate(&falls, (0.0, 1.0), |fall| fall.ranking).unwrap();
        assert_eq!(mean, 5.5);
        assert!((interval.low - 3.334_149).abs() < 1e-6 && (interval.high - 7.665_851).abs() < 1e-6);
        let wider = estimate(&falls, (1.0, 99.0), |fall| fall.ranking).unwrap().interval;
        assert!(wider.low < interval.low && wider.high > interval.high, "{wider:?}");
    }

    #[test]
    fn an_undefined_repeat_gives_no_estimate() {
        assert_eq!(estimate(&falls([0.5; REPEATS]), (0.0, 1.0), |fall| fall.auc), None);
    }
}
