//! What a detector will cost, said before it starts, and what to do where that is too much.
//!
//! The figures are for one machine of two cores at about 3 GHz and are meant to tell seconds from minutes and minutes
//! from hours, not 3 s from 4 s. They are formulas and not measurements, so that what is decided by them is decided
//! alike on every machine.

/// Expected cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// Wall-clock, to fit and to score.
    pub seconds: f64,
    /// Peak, beyond the table itself.
    pub bytes: f64,
}

impl Forecast {
    /// Whether a sample of the rows saves at least half, given what the smallest costs. It does not where it is the columns
    /// that cost, or the scoring of all rows.
    pub fn is_worth_sampling(self, least: Forecast) -> bool {
        least.seconds < self.seconds / 2.0
    }
}

/// The size of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// Distinct rows to fit on.
    pub fitted: usize,
    /// Distinct rows to score.
    pub scored: usize,
    /// Columns as a detector sees them.
    pub columns: usize,
}

/// What may be spent on one detector and table.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limit {
    /// Fit on a sample of at most so many rows.
    pub rows: Option<usize>,
    /// Fit on as large a sample as is expected to take no longer, in seconds.
    pub seconds: Option<f64>,
}

/// No sample is smaller, however slow a detector is: fewer rows say little about a table.
pub const SMALLEST_SAMPLE: usize = 1_000;

impl Limit {
    /// How many of the rows a detector may be fitted on, `None` meaning all, by what it would cost to fit on so many.
    pub fn rows(self, task: Task, forecast: impl Fn(Task) -> Forecast) -> Option<usize> {
        let affordable = self.seconds.map(|limit| affordable(task, limit, forecast));
        let rows = self.rows.into_iter().chain(affordable).min()?;
        (rows < task.fitted).then_some(rows)
    }
}

/// The largest sample that stays within a limit of seconds.
fn affordable(task: Task, limit: f64, forecast: impl Fn(Task) -> Forecast) -> usize {
    let within = |rows: usize| forecast(Task { fitted: rows, ..task }).seconds <= limit;
    if within(task.fitted) {
        return task.fitted;
    }
    let (mut fits, mut too_many) = (SMALLEST_SAMPLE.min(task.fitted), task.fitted);
    while too_many - fits > 1 {
        let middle = fits + (too_many - fits) / 2;
        if within(middle) { fits = middle } else { too_many = middle }
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::find;

    const TASK: Task = Task { fitted: 100_000, scored: 100_000, columns: 5 };

    /// A second for every ten million pairs of rows.
    fn quadratic(task: Task) -> Forecast {
        Forecast { seconds: task.fitted as f64 * task.scored as f64 / 1e7, bytes: 0.0 }
    }

    #[test]
    fn a_sample_is_of_use_where_the_rows_cost_and_not_where_the_columns_do() {
        let worth_sampling = |id: &str, task: Task| {
            let entry = find(id).expect("a detector");
            let forecast = |task| (entry.forecast)(&(entry.defaults)(), task);
            forecast(task).is_worth_sampling(forecast(Task { fitted: SMALLEST_SAMPLE, ..task }))
        };
        assert!(worth_sampling("one-class-svm", TASK));
        assert!(worth_sampling("mcd", TASK));
        assert!(!worth_sampling("pca", Task { fitted: 3_000, scored: 3_000, columns: 2_000 }));
    }

    #[test]
    fn all_rows_are_fitted_where_nothing_limits_them() {
        assert_eq!(Limit::default().rows(TASK, quadratic), None);
        assert_eq!(Limit { seconds: Some(1e4), rows: None }.rows(TASK, quadratic), None);
    }

    #[test]
    fn a_limit_of_seconds_gives_the_largest_sample_that_keeps_it() {
        assert_eq!(Limit { seconds: Some(100.0), rows: None }.rows(TASK, quadratic), Some(10_000));
    }

    #[test]
    fn the_tighter_of_two_limits_counts() {
        assert_eq!(Limit { seconds: Some(100.0), rows: Some(2_000) }.rows(TASK, quadratic), Some(2_000));
    }

    #[test]
    fn a_limit_that_nothing_keeps_leaves_the_smallest_sample() {
        assert_eq!(Limit { seconds: Some(1e-9), rows: None }.rows(TASK, quadratic), Some(SMALLEST_SAMPLE));
    }
}
