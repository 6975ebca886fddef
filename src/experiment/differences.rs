//! The tests between pairs of detectors, and what they claim.

use super::evaluate::Evaluation;
use super::prepared_split::PreparedSplit;
use crate::error::Result;
use crate::metrics::{self, PairedTest, Ranking};
use crate::report::{Claim, Difference, Protocol, SIGNIFICANT};

/// Two detectors are called equally good if the whole interval of their difference is within this distance of 0.
const EQUIVALENT: f64 = 0.01;

/// Every pair of ranked detectors, the better first: the paired test of their AUCs over seeds, with Holm's correction.
/// A detector that draws random numbers is tested with several seeds only.
///
/// # Errors
/// If a score is not finite.
pub fn of(ranked: &[Evaluation], prepared: &PreparedSplit, protocol: Protocol) -> Result<Vec<Difference>> {
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
    let corrected = metrics::holm(&differences.iter().filter_map(|pair| pair.p).collect::<Vec<_>>());
    for (pair, p) in differences.iter_mut().filter(|pair| pair.p.is_some()).zip(corrected) {
        pair.p_holm = Some(p);
    }
    for pair in &mut differences {
        pair.claim = claim(pair, protocol);
    }
    Ok(differences)
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

fn claim(pair: &Difference, protocol: Protocol) -> Claim {
    let (Some(p), Some(interval)) = (pair.p_holm, pair.interval) else { return Claim::NotTested };
    match p < SIGNIFICANT {
        true if protocol.divides() => Claim::BetterOnNewRows,
        true => Claim::RanksTheseRowsBetter,
        false if interval.low > -EQUIVALENT && interval.high < EQUIVALENT => Claim::Equivalent,
        false => Claim::NotToldApart,
    }
}
