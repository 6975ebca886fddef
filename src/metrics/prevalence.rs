//! Precision at another prevalence: that of a table means nothing elsewhere.
//!
//! By the rule of Bayes, precision is TPR · π / (TPR · π + FPR · (1 − π)), where π is the share of suspicious rows. At
//! the low shares of real logs false alarms outnumber the attacks even if few normal rows are flagged (Axelsson, ACM
//! Transactions on Information and System Security 2000). Both rates are those of the table, so they must hold
//! elsewhere: the same kinds of attacks and of normal rows.

use super::confusion::Confusion;
use super::interval::{Interval, Z};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A precision restated at a prevalence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AtPrevalence {
    /// The share of suspicious rows, in (0, 1).
    pub prevalence: f64,
    /// The precision at this share, in [0, 1]; `None` if no row is flagged.
    pub precision: Option<f64>,
    /// Its 95 % interval; `None` if a class is missing.
    pub interval: Option<Interval>,
}

/// The precision of flagged rows at a prevalence in (0, 1), and its interval: that of the ratio TPR / FPR, which alone
/// decides the precision, by the score method of Koopman (Biometrics 1984, eq. 2.2). `weights` is the number of independent
/// observations that a positive and a negative stand for, 1 for independent rows; `None` if it is unknown, so that there is
/// no interval.
pub(super) fn at_prevalence(
    confusion: &Confusion,
    prevalence: f64,
    weights: Option<(f64, f64)>,
) -> AtPrevalence {
    let Confusion { true_positives, false_positives, true_negatives, false_negatives } = *confusion;
    let [found, alarms] = [true_positives, false_positives].map(|count| count as f64);
    let (positives, negatives) = (found + false_negatives as f64, alarms + true_negatives as f64);
    let has_classes = positives > 0.0 && negatives > 0.0;
    let odds = prevalence / (1.0 - prevalence);
    let precision = |ratio: f64| match ratio.is_finite() {
        true => odds * ratio / (1.0 + odds * ratio),
        false => 1.0,
    };
    let is_flagged = has_classes && found + alarms > 0.0;
    let interval = |(own, other): (f64, f64)| {
        let (low, high) = ratio_interval((own * found, own * positives), (other * alarms, other * negatives));
        Interval { low: precision(low), high: precision(high) }
    };
    AtPrevalence {
        prevalence,
        precision: is_flagged.then(|| precision((found / positives) / (alarms / negatives))),
        interval: weights.filter(|_| is_flagged).map(interval),
    }
}

/// The interval of the ratio of two shares, from 0 to infinity: the ratios that a score test at 5 % does not reject.
fn ratio_interval(numerator: (f64, f64), denominator: (f64, f64)) -> (f64, f64) {
    let rejects = |log_ratio: f64| statistic(numerator, denominator, log_ratio.exp()) > Z * Z;
    // The ratio of the shares, within the range of rates of up to 2³² rows.
    const MOST: f64 = 50.0;
    let ratio = (numerator.0 / numerator.1) / (denominator.0 / denominator.1);
    let middle = ratio.ln().clamp(-MOST, MOST);
    let end = |outside: f64| {
        let (mut inside, mut outside) = (middle, outside);
        for _ in 0..100 {
            let between = (inside + outside) / 2.0;
            if rejects(between) { outside = between } else { inside = between }
        }
        outside.exp()
    };
    let low = if numerator.0 > 0.0 { end(-MOST) } else { 0.0 };
    let high = if denominator.0 > 0.0 { end(MOST) } else { f64::INFINITY };
    (low, high)
}

/// The score statistic of a ratio: chi-squared with one degree of freedom if it is the true one.
fn statistic((found, positives): (f64, f64), (alarms, negatives): (f64, f64), ratio: f64) -> f64 {
    // The most likely share of the denominator under this ratio: the smaller root of a quadratic equation.
    let total = positives + negatives;
    let (square, linear) = (total * ratio, -(ratio * (positives + alarms) + found + negatives));
    let constant = found + alarms;
    let root = (linear * linear - 4.0 * square * constant).max(0.0).sqrt();
    // Without cancellation, because the linear term is negative.
    let low = 2.0 * constant / (root - linear);
    let high = ratio * low;
    let term = |count: f64, rows: f64, share: f64| {
        let variance = rows * share * (1.0 - share);
        let off = count - rows * share;
        if variance > 0.0 { off * off / variance } else { 0.0 }
    };
    term(found, positives, high) + term(alarms, negatives, low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Fixture {
        /// Found, positives, alarms, negatives, prevalence, precision, low, high.
        prevalence: Vec<[f64; 8]>,
    }

    fn restated(confusion: &Confusion, prevalence: f64) -> AtPrevalence {
        at_prevalence(confusion, prevalence, Some((1.0, 1.0)))
    }

    fn confusion(found: u64, positives: u64, alarms: u64, negatives: u64) -> Confusion {
        Confusion {
            true_positives: found,
            false_positives: alarms,
            true_negatives: negatives - alarms,
            false_negatives: positives - found,
        }
    }

    #[test]
    fn precision_and_interval_are_those_of_statsmodels() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/reference/top.json");
        let text = std::fs::read_to_string(path).expect("tests/reference/top.py writes this file");
        let fixture: Fixture = serde_json::from_str(&text).expect("the fixture has these fields");
        assert!(fixture.prevalence.len() > 8);
        for [found, positives, alarms, negatives, prevalence, precision, low, high] in fixture.prevalence {
            let [found, positives, alarms, negatives] =
                [found, positives, alarms, negatives].map(|count| count as u64);
            let ours = restated(&confusion(found, positives, alarms, negatives), prevalence);
            let interval = ours.interval.unwrap();
            let pairs = [(ours.precision.unwrap(), precision), (interval.low, low), (interval.high, high)];
            for (ours, theirs) in pairs {
                assert!((ours - theirs).abs() < 1e-6, "{found}/{positives}, {alarms}: {ours} {theirs}");
            }
        }
    }

    #[test]
    fn at_the_prevalence_of_the_table_it_is_the_precision() {
        let counts = confusion(8, 10, 12, 990);
        let same = restated(&counts, 0.01).precision.unwrap();
        assert!((same - counts.precision().unwrap()).abs() < 1e-12);
    }

    #[test]
    fn without_false_alarms_the_precision_is_1_with_a_lower_end_that_the_rows_allow() {
        let AtPrevalence { precision, interval, .. } = restated(&confusion(9, 10, 0, 1_000), 1e-4);
        let interval = interval.unwrap();
        assert_eq!((precision, interval.high), (Some(1.0), 1.0));
        // 1,000 normal rows without an alarm do not show that there is less than one alarm in 10,000.
        assert!(interval.low > 0.005 && interval.low < 0.05, "{interval:?}");
        let nothing_found = restated(&confusion(0, 10, 5, 1_000), 1e-4);
        assert_eq!((nothing_found.precision, nothing_found.interval.unwrap().low), (Some(0.0), 0.0));
        assert!(nothing_found.interval.unwrap().high > 0.0);
    }

    #[test]
    fn without_flags_or_a_class_there_is_none() {
        for counts in [confusion(0, 10, 0, 50), confusion(5, 10, 0, 0), confusion(0, 0, 5, 50)] {
            let AtPrevalence { precision, interval, .. } = restated(&counts, 0.1);
            assert_eq!((precision, interval), (None, None));
        }
    }
}
