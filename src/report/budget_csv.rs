//! The alerts under a daily budget as columns of a CSV.

use super::budget::{RunBudget, TableBudget};

/// The names of the columns.
pub const COLUMNS: [&str; 10] = [
    "budget_per_day",
    "alerts",
    "attacks",
    "attacks_found",
    "share_found",
    "share_found_low",
    "share_found_high",
    "alerts_per_attack_found",
    "median_rank",
    "median_hours",
];

/// The values under [`COLUMNS`]; empty without a budget.
pub fn record(table: Option<&TableBudget>, run: Option<&RunBudget>) -> Vec<String> {
    let Some((table, run)) = table.zip(run) else { return vec![String::new(); COLUMNS.len()] };
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    vec![
        table.alerts_per_day.to_string(),
        run.alerts.to_string(),
        table.attacks.to_string(),
        run.attacks_found.to_string(),
        number(run.found),
        number(run.found_interval.map(|own| own.low)),
        number(run.found_interval.map(|own| own.high)),
        number(run.alerts_per_attack_found),
        number(run.median_rank),
        number(run.median_hours),
    ]
}
