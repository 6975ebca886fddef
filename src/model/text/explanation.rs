//! Explanations as text for a terminal: each feature with its value, its typical value and a bar.

use crate::error::{LONGEST_NAME, printable};
use crate::model::{Contribution, Explanation, Method};
use crate::report::{aligned, bullet, counted, percent, significant};

/// The longest bar, in characters.
const BAR: f64 = 24.0;

/// An explanation for a terminal.
pub fn explained(explanation: &Explanation) -> String {
    let Explanation { table, detector, row, threshold, typical, .. } = explanation;
    let detector = printable(detector, 2 * LONGEST_NAME);
    let flag = if row.flagged { "flagged" } else { "not flagged" };
    let heading = format!(
        "{table}, {detector}: score {}, severity {} of 100, {flag} (threshold {})\n\
         the typical row scores {}, severity {}; the difference of {} by feature:",
        significant(row.score),
        severity(row.severity),
        significant(*threshold),
        significant(typical.score),
        severity(typical.severity),
        Decimals::of(row.score - typical.score).signed(row.score - typical.score),
    );
    let notes = [method(explanation), fidelity(explanation)].into_iter().chain(verdicts(explanation));
    let notes = notes.map(|note| bullet(&note)).collect::<Vec<_>>().join("\n");
    format!("{heading}\n\n{}\n\n{notes}\n", contributions(explanation))
}

/// A severity with one decimal, or with four if it would round to 100.
pub fn severity(severity: f64) -> String {
    let places = if severity < 99.9 || severity == 100.0 { 1 } else { 4 };
    format!("{severity:.places$}")
}

fn contributions(explanation: &Explanation) -> String {
    let sampled = matches!(explanation.method, Method::Sampled { .. });
    let longest = explanation.contributions.iter().fold(0.0, |most: f64, c| most.max(c.contribution.abs()));
    let places = Decimals::of(longest);
    let mut header = vec!["feature", "value", "typical", "contribution"];
    header.extend(sampled.then_some("±"));
    header.push("");
    let row = |c: &Contribution| {
        let mut cells = vec![printable(&c.feature, LONGEST_NAME), c.value.to_string(), c.typical.to_string()];
        cells.push(places.signed(c.contribution));
        cells.extend(c.standard_error.map(|error| places.unsigned(error)));
        cells.push(bar(c.contribution, longest));
        cells
    };
    let rows = explanation.contributions.iter().map(row).collect();
    aligned(&header, rows, 1..header.len() - 1)
}

/// A bar: full blocks raise the score, light blocks lower it.
fn bar(contribution: f64, longest: f64) -> String {
    let block = if contribution > 0.0 { "█" } else { "░" };
    let length = if longest > 0.0 { (contribution.abs() / longest * BAR).round() } else { 0.0 };
    block.repeat(length as usize)
}

/// The number of decimals of a column, such that its largest number has four significant digits. `None` means
/// scientific notation.
struct Decimals(Option<usize>);

impl Decimals {
    fn of(largest: f64) -> Self {
        const DECIMAL: std::ops::Range<f64> = 1e-6..1e7;
        let size = largest.abs();
        Decimals(DECIMAL.contains(&size).then(|| (3.0 - size.log10().floor()).max(0.0) as usize))
    }

    fn signed(&self, value: f64) -> String {
        match self.0 {
            _ if value == 0.0 => "0".to_owned(),
            Some(places) => format!("{value:+.places$}"),
            None => format!("{value:+.3e}"),
        }
    }

    fn unsigned(&self, value: f64) -> String {
        self.signed(value.abs()).trim_start_matches('+').to_owned()
    }
}

fn method(explanation: &Explanation) -> String {
    match explanation.method {
        Method::Exact { coalitions } => {
            format!(
                "exact Shapley values, from the scores of {coalitions} mixtures of this row and the typical row"
            )
        }
        Method::PathLengths { trees } => {
            format!(
                "exact Shapley values of the path length in {trees} trees, scaled to sum to the difference"
            )
        }
        Method::Sampled { permutations } => {
            format!(
                "Shapley values sampled from {permutations} permutations; ± is the standard error of each"
            )
        }
    }
}

fn fidelity(explanation: &Explanation) -> String {
    let without = &explanation.without;
    let distance = explanation.row.score - explanation.typical.score;
    if without.features.is_empty() || distance == 0.0 {
        return "no feature moves the score away from the typical score".to_owned();
    }
    let names: Vec<String> = without.features.iter().map(|name| printable(name, LONGEST_NAME)).collect();
    let fall = (explanation.row.score - without.row.score) / distance;
    format!(
        "with typical values in {}, the row scores {}, severity {}, {}: {} of the difference gone",
        names.join(", "),
        significant(without.row.score),
        severity(without.row.severity),
        if without.row.flagged { "still flagged" } else { "not flagged" },
        percent(fall)
    )
}

/// How much of the score comes from verdicts, and from how many.
fn verdicts(explanation: &Explanation) -> Option<String> {
    let own = explanation.verdicts.as_ref()?;
    let places = Decimals::of(explanation.row.score);
    let new_values = match own.from_new_values > 0.0 {
        true => format!(", and {} from values that training never had", places.signed(own.from_new_values)),
        false => String::new(),
    };
    Some(format!(
        "{} of the score comes from verdicts: {} like this called suspicious, {} normal; {} comes from the untaught \
         detector{new_values}",
        places.signed(own.from_verdicts),
        counted(own.similar_suspicious as u64, "row", "rows"),
        own.similar_normal,
        places.signed(own.from_untaught)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_severity_below_100_is_not_shown_as_100() {
        assert_eq!([50.0, 99.26, 99.97, 100.0].map(severity), ["50.0", "99.3", "99.9700", "100.0"]);
    }

    #[test]
    fn the_numbers_of_a_column_have_the_same_decimals() {
        let places = Decimals::of(0.1254);
        assert_eq!([0.1254, -0.0073, 0.0].map(|value| places.signed(value)), ["+0.1254", "-0.0073", "0"]);
        assert_eq!(Decimals::of(31.5).signed(2.0), "+2.00");
        assert_eq!(Decimals::of(3e12).signed(-2e12), "-2.000e12");
        assert_eq!(places.unsigned(0.01), "0.0100");
    }

    #[test]
    fn the_length_of_a_bar_is_its_contribution() {
        assert_eq!(bar(0.5, 1.0).chars().count(), 12);
        assert_eq!(bar(-1.0, 1.0), "░".repeat(24));
        assert_eq!(bar(0.0, 0.0), "");
    }
}
