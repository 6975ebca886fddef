//! Cost estimates of a detector before it runs, and limits on what it may cost.
//!
//! The estimates are for two cores at about 3 GHz. They tell seconds from minutes and minutes from hours, not
//! 3 s from 4 s. They are formulas, not measurements, so decisions based on them are the same on every
//! machine.

/// The expected cost of a task.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CostEstimate {
    /// Wall-clock time to fit and to score, in seconds.
    pub seconds: f64,
    /// Peak memory without the table itself, in bytes.
    pub bytes: f64,
}

impl CostEstimate {
    /// Whether sampling can save at least half of the time; `smallest` is the estimate for the smallest
    /// sample.
    ///
    /// It cannot if the columns dominate the cost, or the scoring of all rows.
    pub fn is_worth_sampling(self, smallest: CostEstimate) -> bool {
        smallest.seconds < self.seconds / 2.0
    }
}

/// The size of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// The number of distinct rows to fit on.
    pub fitted: usize,
    /// The number of distinct rows to score.
    pub scored: usize,
    /// The number of encoded columns.
    pub columns: usize,
}

/// The limit for one detector on one table.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limit {
    /// Fit on at most this many rows.
    pub rows: Option<usize>,
    /// Fit on the largest sample that is expected to take at most this long, in seconds.
    pub seconds: Option<f64>,
}

/// The smallest sample, even for the slowest detector: fewer rows say little about a table.
pub const SMALLEST_SAMPLE: usize = 1_000;

impl Limit {
    /// The number of rows to fit on within the limit; `None` means all rows. `estimate` is the cost of a
    /// task.
    pub fn rows(self, task: Task, estimate: impl Fn(Task) -> CostEstimate) -> Option<usize> {
        let affordable = self.seconds.map(|limit| affordable(task, limit, estimate));
        let rows = self.rows.into_iter().chain(affordable).min()?;
        (rows < task.fitted).then_some(rows)
    }
}

/// The largest sample within a limit of seconds.
fn affordable(task: Task, limit: f64, estimate: impl Fn(Task) -> CostEstimate) -> usize {
    let within = |rows: usize| estimate(Task { fitted: rows, ..task }).seconds <= limit;
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

    const TASK: Task = Task { fitted: 100_000, scored: 100_000, columns: 5 };

    /// One second per ten million pairs of rows.
    fn quadratic(task: Task) -> CostEstimate {
        CostEstimate { seconds: task.fitted as f64 * task.scored as f64 / 1e7, bytes: 0.0 }
    }

    #[test]
    fn without_a_limit_all_rows_are_fitted() {
        assert_eq!(Limit::default().rows(TASK, quadratic), None);
        assert_eq!(Limit { seconds: Some(1e4), rows: None }.rows(TASK, quadratic), None);
    }

    #[test]
    fn a_limit_of_seconds_gives_the_largest_sample_within_it() {
        assert_eq!(Limit { seconds: Some(100.0), rows: None }.rows(TASK, quadratic), Some(10_000));
    }

    #[test]
    fn the_tighter_of_two_limits_applies() {
        assert_eq!(Limit { seconds: Some(100.0), rows: Some(2_000) }.rows(TASK, quadratic), Some(2_000));
    }

    #[test]
    fn an_impossible_limit_gives_the_smallest_sample() {
        assert_eq!(Limit { seconds: Some(1e-9), rows: None }.rows(TASK, quadratic), Some(SMALLEST_SAMPLE));
    }
}
