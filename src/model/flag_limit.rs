//! How many training rows a model flags. This sets its threshold.

use crate::error::{Error, Hint, Result};
use crate::table::{Table, Values};
use std::collections::HashSet;

/// The largest number of training rows to flag. It sets the threshold and changes no score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FlagLimit {
    /// This share of the rows, in (0, 0.5].
    Contamination(f64),
    /// This number of rows for each day with rows, above 0. Days are in UTC.
    AlertsPerDay(f64),
}

/// The default share of a table with labels.
const WITH_LABELS: f64 = 0.15;
/// The default budget of a table without labels, if it has times.
const ALERTS_PER_DAY: f64 = 20.0;
/// The default share of a table with neither labels nor times.
const WITHOUT_TIMES: f64 = 0.01;

const MICROSECONDS_IN_DAY: i64 = 86_400_000_000;

impl FlagLimit {
    /// The default for a table: 15 % of the rows if there are labels of both classes, else 20 rows a day but at most 15 %. Without
    /// labels and times, 1 %.
    pub fn of(table: &Table) -> Self {
        let budget = FlagLimit::AlertsPerDay(ALERTS_PER_DAY);
        match (table.has_both_classes(), days(table)) {
            (true, _) => FlagLimit::Contamination(WITH_LABELS),
            (false, None) => FlagLimit::Contamination(WITHOUT_TIMES),
            (false, Some(days)) if share(ALERTS_PER_DAY, days, table) > WITH_LABELS => {
                FlagLimit::Contamination(WITH_LABELS)
            }
            (false, Some(_)) => budget,
        }
    }

    /// The number of rows a day; `None` for a share.
    pub fn per_day(self) -> Option<f64> {
        match self {
            FlagLimit::Contamination(_) => None,
            FlagLimit::AlertsPerDay(rows) => Some(rows),
        }
    }

    /// The limit as a share of the rows of a table.
    ///
    /// # Errors
    /// If a number of rows a day is given and the table has no times, or fewer than twice as many rows a day.
    pub fn contamination(self, table: &Table) -> Result<f64> {
        let per_day = match self {
            FlagLimit::Contamination(share) => return Ok(share),
            FlagLimit::AlertsPerDay(per_day) => per_day,
        };
        let problem = "no column holds points in time, so there is no number of days";
        let days = days(table).ok_or_else(|| Error::table(&table.name, problem).with_hint(Hint::NameTime))?;
        let share = share(per_day, days, table);
        if share <= 0.5 {
            return Ok(share);
        }
        let rows = table.rows() as f64 / days as f64;
        let problem =
            format!("{per_day} alerts a day are more than half of its rows: it has {rows:.1} a day");
        Err(Error::table(&table.name, problem))
    }
}

/// The number of days (UTC) with rows; `None` without times.
pub(super) fn days(table: &Table) -> Option<u64> {
    let times = table.times.iter().flatten().filter(|&&time| time != Values::NO_TIME);
    let days: HashSet<i64> = times.map(|time| time.div_euclid(MICROSECONDS_IN_DAY)).collect();
    (!days.is_empty()).then_some(days.len() as u64)
}

fn share(per_day: f64, days: u64, table: &Table) -> f64 {
    per_day * days as f64 / table.rows() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Column;

    /// A table with this number of rows a day on four days.
    fn table(rows_a_day: i64, labels: bool, times: bool) -> Table {
        let rows = 4 * rows_a_day;
        let time = |row: i64| row / rows_a_day * MICROSECONDS_IN_DAY + row % rows_a_day;
        Table {
            name: "t".to_owned(),
            features: vec![Column { name: "x".into(), values: Values::Real(vec![0.0; rows as usize]) }],
            labels: labels.then(|| (0..rows).map(|row| row == 0).collect()),
            times: times.then(|| (0..rows).map(time).collect()),
            notes: vec![],
            groups: None,
            time_source: None,
        }
    }

    #[test]
    fn a_budget_is_a_share_of_the_rows() {
        let budget = FlagLimit::AlertsPerDay(5.0);
        assert_eq!(budget.contamination(&table(100, true, true)).unwrap(), 0.05);
        assert!(budget.contamination(&table(8, true, true)).is_err());
        assert!(budget.contamination(&table(100, true, false)).is_err());
    }

    #[test]
    fn the_default_without_labels_is_a_budget() {
        assert_eq!(FlagLimit::of(&table(400, true, true)), FlagLimit::Contamination(WITH_LABELS));
        assert_eq!(FlagLimit::of(&table(400, false, true)), FlagLimit::AlertsPerDay(ALERTS_PER_DAY));
        assert_eq!(FlagLimit::of(&table(100, false, true)), FlagLimit::Contamination(WITH_LABELS));
        assert_eq!(FlagLimit::of(&table(400, false, false)), FlagLimit::Contamination(WITHOUT_TIMES));
    }
}
