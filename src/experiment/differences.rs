//! The tests between pairs of detectors, and what they claim.

use super::evaluate::Evaluation;
use super::prepared_split::PreparedSplit;
use crate::error::Result;
use crate::metrics::{self, PairedTest, Ranking};
use crate::report::{Claim, Difference, SIGNIFICANT, TableReport};

/// Every pair of ranked detectors, the better first: the paired test of their AUCs over seeds. A detector that draws
/// random numbers is tested with several seeds only. [`correct`] adds the corrected p-values and the claims.
///
/// # Errors
/// If a score is not finite.
pub fn of(ranked: &[Evaluation], prepared: &PreparedSplit) -> Result<Vec<Difference>> {
    let Some(labels) = &prepared.scored().labels else {
        return Ok(Vec::new());
    };
    let rankings: Vec<Vec<Ranking>> =
        ranked.iter().map(|evaluation| evaluation.rankings(labels)).collect::<Result<_>>()?;
    let mut differences = Vec::new();
    for (at, better) in ranked.iter().enumerate() {
        for (other, worse) in ranked.iter().enumerate().skip(at + 1) {
            let Some(test) = metrics::paired_test_over_seeds(&rankings[at], &rankings[other])? else {
                continue;
            };
            let is_tested = is_repeated(better) && is_repeated(worse);
            differences.push(difference(better, worse, is_tested.then_some(test), test.difference));
        }
    }
    Ok(differences)
}

/// Correct the p-values by Holm, and set the claims. The family is every tested pair of all reports: of all tables and
/// protocols of one call.
pub fn correct(reports: &mut [TableReport]) {
    let tested = reports.iter().flat_map(|report| &report.differences).filter_map(|pair| pair.p);
    let mut corrected = metrics::holm(&tested.collect::<Vec<_>>()).into_iter();
    let family = corrected.len();
    for report in reports {
        report.tested_pairs = family;
        let (divides, equivalence) = (report.protocol.divides(), report.equivalence);
        for pair in &mut report.differences {
            pair.p_holm = pair.p.and_then(|_| corrected.next());
            pair.claim = claim(pair, divides, equivalence);
        }
    }
}

/// Whether the seed cannot have decided the AUC: there are several seeds, or the detector draws no random numbers.
fn is_repeated(evaluation: &Evaluation) -> bool {
    !evaluation.spec.is_seeded() || !evaluation.other_seeds.is_empty()
}

fn difference(
    better: &Evaluation,
    worse: &Evaluation,
    test: Option<PairedTest>,
    auc_difference: f64,
) -> Difference {
    Difference {
        better: better.spec.name.clone(),
        worse: worse.spec.name.clone(),
        auc_difference,
        interval: test.map(|test| test.interval),
        p: test.map(|test| test.p),
        p_holm: None,
        claim: Claim::NotTested,
    }
}

fn claim(pair: &Difference, divides: bool, equivalence: f64) -> Claim {
    let (Some(p), Some(interval)) = (pair.p_holm, pair.interval) else { return Claim::NotTested };
    match p < SIGNIFICANT {
        true if divides => Claim::BetterOnNewRows,
        true => Claim::RanksTheseRowsBetter,
        false if interval.low > -equivalence && interval.high < equivalence => Claim::Equivalent,
        false => Claim::NotToldApart,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Interval;

    fn pair(p: Option<f64>, half: f64) -> Difference {
        let interval = p.map(|_| Interval { low: 0.001 - half, high: 0.001 + half });
        let (better, worse) = ("a".to_owned(), "b".to_owned());
        let claim = Claim::NotTested;
        Difference { better, worse, auc_difference: 0.001, interval, p, p_holm: None, claim }
    }

    #[test]
    fn the_margin_decides_what_is_equal() {
        let tested = Difference { p_holm: Some(0.9), ..pair(Some(0.9), 0.004) };
        assert_eq!(claim(&tested, true, 0.01), Claim::Equivalent);
        assert_eq!(claim(&tested, true, 0.004), Claim::NotToldApart);
        let significant = Difference { p_holm: Some(0.04), ..tested };
        assert_eq!(claim(&significant, true, 0.01), Claim::BetterOnNewRows);
        assert_eq!(claim(&significant, false, 0.01), Claim::RanksTheseRowsBetter);
        assert_eq!(claim(&pair(None, 0.0), true, 0.01), Claim::NotTested);
    }
}
