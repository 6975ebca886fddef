//! The tests between pairs of detectors, and what they claim.

use super::evaluate::Evaluation;
use super::prepared_split::PreparedSplit;
use super::splits;
use crate::error::Result;
use crate::metrics::{self, Estimate, GroupCounts, Measure, PairedTest, Ranking};
use crate::report::{Claim, Difference, SIGNIFICANT, TableReport, TopDifference};

/// With fewer groups of suspicious rows, nothing is claimed.
const FEWEST_GROUPS: u64 = 5;

/// Every pair of ranked detectors, the better first: the paired test of their AUCs over seeds. A detector that draws
/// random numbers is tested with several seeds only. [`correct`] adds the corrected p-values and the claims.
///
/// # Errors
/// If a score is not finite.
pub fn of(ranked: &[Evaluation], prepared: &PreparedSplit, max_fpr: f64) -> Result<Vec<Difference>> {
    let Some(labels) = &prepared.scored().labels else {
        return Ok(Vec::new());
    };
    let rankings: Vec<Vec<Ranking>> =
        ranked.iter().map(|evaluation| evaluation.rankings(labels)).collect::<Result<_>>()?;
    let groups = prepared.scored().groups.as_ref();
    let has_few = groups.is_some_and(|groups| groups.with_positives(labels) < FEWEST_GROUPS);
    let too_few = has_few.then_some(Claim::TooFewGroups);
    let mut differences = Vec::new();
    for (at, better) in ranked.iter().enumerate() {
        for (other, worse) in ranked.iter().enumerate().skip(at + 1) {
            let Some(auc_difference) = better.run.auc.zip(worse.run.auc).map(|(a, b)| a - b) else {
                continue;
            };
            let over_seeds = metrics::paired_test_over_seeds(&rankings[at], &rankings[other], groups)?;
            let test = over_splits(better, worse, prepared).or(over_seeds);
            let auc_difference = test.map_or(auc_difference, |test| test.difference);
            if test.is_none() && groups.is_none() {
                continue;
            }
            let reason = untested(ranked, better).or_else(|| untested(ranked, worse)).or(too_few);
            differences.push(difference(better, worse, auc_difference, test, reason));
        }
    }
    let names: Vec<&str> = ranked.iter().map(|evaluation| evaluation.spec.name.as_str()).collect();
    let of_average_precision = top(&names, &rankings, &differences, groups, Measure::AveragePrecision)?;
    let of_partial_auc = top(&names, &rankings, &differences, groups, Measure::PartialAuc(max_fpr))?;
    let of_top = of_average_precision.into_iter().zip(of_partial_auc);
    for (pair, (average_precision, partial_auc)) in differences.iter_mut().zip(of_top) {
        (pair.average_precision, pair.partial_auc) = (average_precision, partial_auc);
    }
    Ok(differences)
}

/// The paired test over the splits; `None` with a single split.
fn over_splits(better: &Evaluation, worse: &Evaluation, prepared: &PreparedSplit) -> Option<PairedTest> {
    let pairs = better.split_aucs.iter().zip(&worse.split_aucs);
    let differences: Vec<f64> = pairs.map(|(better, worse)| better - worse).collect();
    metrics::paired_test_over_splits(&differences, splits::ratio(prepared))
}

/// The paired tests of a measure of the top, for each of the pairs that is tested by AUC.
fn top(
    names: &[&str],
    rankings: &[Vec<Ranking>],
    pairs: &[Difference],
    groups: Option<&GroupCounts>,
    measure: Measure,
) -> Result<Vec<Option<TopDifference>>> {
    let estimates: Vec<Option<Estimate>> = rankings.iter().map(|own| measure.estimate(own, groups)).collect();
    let estimate = |name: &str| estimates[names.iter().position(|own| *own == name)?].as_ref();
    let test = |pair: &Difference| {
        let both = estimate(&pair.better).zip(estimate(&pair.worse)).filter(|_| pair.p.is_some());
        let test = both.map(|(better, worse)| better.paired_test(worse)).transpose()?.flatten();
        Ok(test.map(|PairedTest { difference, interval, p, .. }| TopDifference {
            difference,
            interval,
            p,
            p_holm: None,
        }))
    };
    pairs.iter().map(test).collect()
}

/// Correct the p-values by Holm, and set the claims. The family is every tested pair of all reports: of all tables and
/// protocols of one call.
pub fn correct(reports: &mut [TableReport]) {
    correct_top(reports, |pair| &mut pair.average_precision);
    correct_top(reports, |pair| &mut pair.partial_auc);
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

/// The same for a measure of the top, whose tests are a family of their own.
fn correct_top(reports: &mut [TableReport], of: fn(&mut Difference) -> &mut Option<TopDifference>) {
    let pairs = reports.iter_mut().flat_map(|report| &mut report.differences);
    let mut tests: Vec<&mut TopDifference> = pairs.filter_map(|pair| of(pair).as_mut()).collect();
    let corrected = metrics::holm(&tests.iter().map(|test| test.p).collect::<Vec<_>>());
    for (test, p) in tests.iter_mut().zip(corrected) {
        test.p_holm = Some(p);
    }
}

/// Why a detector is not tested, if so: one seed may have decided its AUC, or labels have decided its setting.
fn untested(ranked: &[Evaluation], own: &Evaluation) -> Option<Claim> {
    let is_setting = |other: &&Evaluation| other.spec.of_grid && other.spec.entry.id == own.spec.entry.id;
    let has_rivals = own.spec.of_grid && ranked.iter().filter(is_setting).count() > 1;
    match own.run.selection {
        None if has_rivals => Some(Claim::TriedOnTheseRows),
        Some(selection) if has_rivals && !selection.is_chosen => Some(Claim::NotChosen),
        _ => (!is_repeated(own)).then_some(Claim::NotTested),
    }
}

/// Whether the seed cannot have decided the AUC: there are several seeds, or several splits with a seed each, or the detector draws no random numbers.
fn is_repeated(evaluation: &Evaluation) -> bool {
    !evaluation.spec.is_seeded() || !evaluation.other_seeds.is_empty() || !evaluation.split_aucs.is_empty()
}

fn difference(
    better: &Evaluation,
    worse: &Evaluation,
    auc_difference: f64,
    test: Option<PairedTest>,
    untested: Option<Claim>,
) -> Difference {
    let test = test.filter(|_| untested.is_none());
    Difference {
        better: better.spec.name.clone(),
        worse: worse.spec.name.clone(),
        auc_difference,
        interval: test.map(|test| test.interval),
        p: test.map(|test| test.p),
        p_holm: None,
        claim: untested.unwrap_or(Claim::NotToldApart),
        average_precision: None,
        partial_auc: None,
    }
}

fn claim(pair: &Difference, divides: bool, equivalence: f64) -> Claim {
    let (Some(p), Some(interval)) = (pair.p_holm, pair.interval) else { return pair.claim };
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
        let (average_precision, partial_auc) = (None, None);
        Difference {
            better,
            worse,
            auc_difference: 0.001,
            interval,
            p,
            p_holm: None,
            claim,
            average_precision,
            partial_auc,
        }
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
