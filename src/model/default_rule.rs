//! The default rule of a model's threshold.

use crate::experiment::{Plan, days};
use crate::metrics::ThresholdRule;
use crate::table::Table;

/// The default budget of a table without labels, if it has times.
const ALERTS_PER_DAY: f64 = 20.0;
/// The default share of a table with neither labels nor times.
const WITHOUT_TIMES: f64 = 0.01;

/// The default for a table: 15 % of the rows if there are labels of both classes, else 20 rows a day but at most 15 %. Without
/// labels and times, 1 %.
pub fn default_rule(table: &Table) -> ThresholdRule {
    let share = |days: u64| ALERTS_PER_DAY * days as f64 / table.rows() as f64;
    match (table.has_both_classes(), days_of(table)) {
        (true, _) => ThresholdRule::Contamination(Plan::CONTAMINATION),
        (false, None) => ThresholdRule::Contamination(WITHOUT_TIMES),
        (false, Some(days)) if share(days) > Plan::CONTAMINATION => {
            ThresholdRule::Contamination(Plan::CONTAMINATION)
        }
        (false, Some(_)) => ThresholdRule::Budget(ALERTS_PER_DAY),
    }
}

/// The number of days (UTC) with rows; `None` without times.
pub(super) fn days_of(table: &Table) -> Option<u64> {
    table.times.as_deref().map(days).filter(|&days| days > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Column, Values};

    /// A table with this number of rows a day on four days.
    fn table(rows_a_day: i64, labels: bool, times: bool) -> Table {
        let rows = 4 * rows_a_day;
        let time = |row: i64| row / rows_a_day * 86_400_000_000 + row % rows_a_day;
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
    fn the_default_without_labels_is_a_budget() {
        assert_eq!(default_rule(&table(400, true, true)), ThresholdRule::Contamination(0.15));
        assert_eq!(default_rule(&table(400, false, true)), ThresholdRule::Budget(20.0));
        assert_eq!(default_rule(&table(100, false, true)), ThresholdRule::Contamination(0.15));
        assert_eq!(default_rule(&table(400, false, false)), ThresholdRule::Contamination(0.01));
    }
}
