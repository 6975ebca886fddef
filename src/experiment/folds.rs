//! Folds over time with a rolling origin: each fold is fitted on all rows before a moment, and scored on the next block
//! (Tashman, International Journal of Forecasting 2000).

use super::ExperimentRun;
use super::Progress;
use super::cache::FitCache;
use super::evaluate::{Detail, Evaluation};
use super::split::Split;
use crate::error::{Error, Result};
use crate::metrics::Summary;
use crate::report::Folds;
use crate::table::Table;

/// Evaluate every detector on each fold with the first seed, and add the results.
///
/// # Errors
/// If the rows have too few distinct times, or a fold cannot be fitted.
pub(super) fn add(
    run: &ExperimentRun,
    folds: usize,
    evaluations: &mut [Evaluation],
    progress: &Progress,
) -> Result<()> {
    let mut aucs = vec![Vec::new(); evaluations.len()];
    for (at, split) in rolling(run.table, folds)?.into_iter().enumerate() {
        let step = format!("fold {} of {folds}", at + 1);
        progress.observer.step(&run.table.name, run.protocol, &step, progress.all, progress.all);
        let prepared = run.prepared_by(split, run.plan.repetition(0))?;
        let mut cache = FitCache::new(&prepared, run.settings(progress), run.plan.limit);
        for (evaluation, aucs) in evaluations.iter().zip(&mut aucs) {
            aucs.push(run.evaluate(&prepared, &mut cache, &evaluation.spec, Detail::Metrics)?.run.auc);
        }
    }
    for (evaluation, aucs) in evaluations.iter_mut().zip(aucs) {
        let defined: Vec<f64> = aucs.iter().copied().flatten().collect();
        let auc = Summary::of(&defined);
        let auc_interval = auc.and_then(|auc| auc.interval());
        evaluation.run.folds = Some(Folds { aucs, auc, auc_interval });
    }
    Ok(())
}

/// The folds of a table: its rows by time in `folds` + 1 blocks of about equal size. Fold i is fitted on the first i
/// blocks and scored on the next one. Rows with the same time are in the same block: a block that would start at the
/// time of the one before starts at the next time.
fn rolling(table: &Table, folds: usize) -> Result<Vec<Split>> {
    let times = table.times.as_deref().unwrap_or_default();
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let mut starts: Vec<i64> = sorted.first().copied().into_iter().collect();
    for block in 1..=folds {
        let quantile = sorted.get(block * sorted.len() / (folds + 1)).copied();
        let next =
            starts.last().and_then(|last| sorted.get(sorted.partition_point(|time| time <= last)).copied());
        let start = quantile.max(next).filter(|_| next.is_some());
        starts.push(start.ok_or_else(|| {
            Error::table(&table.name, format!("the rows have too few distinct times for {folds} folds"))
        })?);
    }
    let rows = |keep: &dyn Fn(i64) -> bool| (0..times.len()).filter(|&row| keep(times[row])).collect();
    let split = |fold: usize| {
        let (start, end) = (starts[fold], starts.get(fold + 1).copied());
        let is_scored = |time: i64| time >= start && end.is_none_or(|end| time < end);
        Split::Parts { train: rows(&|time| time < start), test: rows(&is_scored) }
    };
    Ok((1..=folds).map(split).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Column, Values};

    fn table(times: &[i64]) -> Table {
        let values = Values::Real(vec![0.0; times.len()]);
        let features = vec![Column { name: "x".into(), values }];
        Table { name: "t".into(), features, times: Some(times.to_vec()), ..Table::default() }
    }

    #[test]
    fn each_fold_is_fitted_on_all_rows_before_it() {
        let folds = rolling(&table(&[6, 1, 2, 3, 4, 5]), 2).unwrap();
        let expected = [(vec![1, 2], vec![3, 4]), (vec![1, 2, 3, 4], vec![0, 5])];
        assert_eq!(folds, expected.map(|(train, test)| Split::Parts { train, test }));
    }

    #[test]
    fn rows_of_the_same_time_are_in_the_same_block() {
        let folds = rolling(&table(&[1, 1, 1, 2, 2, 2, 2, 3, 3]), 2).unwrap();
        let expected = [(vec![0, 1, 2], vec![3, 4, 5, 6]), (vec![0, 1, 2, 3, 4, 5, 6], vec![7, 8])];
        let parts = |split: &Split| match split {
            Split::Parts { train, test } => (train.clone(), test.clone()),
            Split::Whole => panic!("the table is split"),
        };
        let times = [1, 1, 1, 2, 2, 2, 2, 3, 3];
        for fold in &folds {
            let (train, test) = parts(fold);
            assert!(train.iter().map(|&row| times[row]).max() < test.iter().map(|&row| times[row]).min());
        }
        assert_eq!(parts(&folds[0]), expected[0]);
    }

    #[test]
    fn too_few_times_are_an_error() {
        let error = rolling(&table(&[1, 1, 1, 2, 2]), 3).unwrap_err();
        assert_eq!(error.to_string(), "t: the rows have too few distinct times for 3 folds");
    }
}
