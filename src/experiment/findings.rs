//! The summary of a run in sentences: the best detector and whether its lead is significant, the effect of
//! its threshold, the features that its scores follow, and the gravest warning. All of it is computed from
//! the run.

use super::budget;
use super::evaluate::Evaluation;
use super::prepared_split::PreparedSplit;
use crate::metrics::{self, NullDistribution};
use crate::report::{
    AgainstChance, Claim, Difference, Run, SIGNIFICANT, TableReport, count, percent, probability, tiny,
    tiny_interval,
};

/// The largest number of features in a sentence.
const NAMED: usize = 3;

/// The findings of a table. `drivers` is the finding about the features.
pub fn of(report: &TableReport, drivers: Option<String>) -> Vec<String> {
    let Some(best) = report.runs.first() else { return Vec::new() };
    let mut findings = vec![lead(report, best)];
    findings.extend(untested_against_chance(report, best));
    findings.extend(top_of_the_list(report, best));
    findings.extend(threshold(report, best));
    findings.extend(elsewhere(best));
    findings.extend(budget::finding(report, best));
    findings.extend(drivers);
    findings.extend(care(report));
    findings
}

fn lead(report: &TableReport, best: &Run) -> String {
    let name = &best.detector;
    let Some(auc) = best.auc else {
        return "the best detector is unknown: AUC needs labels of both classes".to_owned();
    };
    if let Some(doubt) = doubt(report, best) {
        return format!(
            "no detector is clearly better than chance: {name} has the highest AUC, {auc:.4}{doubt}"
        );
    }
    let mut rivals = report.differences.iter().filter(|pair| pair.better == *name).peekable();
    let Some(second) = rivals.peek().copied() else { return format!("{name} reaches AUC {auc:.4}") };
    let (tested, untested): (Vec<&Difference>, Vec<&Difference>) =
        rivals.partition(|pair| pair.p_holm.is_some());
    let equals: Vec<&str> = tested
        .iter()
        .filter(|pair| pair.p_holm.is_some_and(|p| p >= SIGNIFICANT))
        .map(|pair| pair.worse.as_str())
        .collect();
    let lead = format!("{name} has the highest AUC, {auc:.4}");
    match (equals.as_slice(), untested.as_slice(), second.p_holm) {
        (_, [first, ..], _) => {
            format!("{lead}; its lead is not tested, because {}", why_untested(first.claim))
        }
        (equals @ [_, ..], _, _) => format!("{lead}, but cannot be told apart from {}", listed(equals)),
        (_, _, Some(p)) => {
            let rows = if report.protocol.divides() { "on new rows" } else { "on these rows" };
            let (difference, p) = (second.auc_difference, probability(p));
            format!("{lead}, and is the best {rows}: +{difference:.4} over {} ({p})", second.worse)
        }
        (_, _, None) => lead,
    }
}

fn why_untested(claim: Claim) -> &'static str {
    match claim {
        Claim::NotChosen => "the training rows choose another setting",
        Claim::TooFewGroups => "there are too few groups of suspicious rows",
        Claim::TriedOnTheseRows => "its settings were tried on these rows",
        _ => "one seed may have decided it",
    }
}

/// The test that finds the best detector no better than chance; `None` if it is better.
fn doubt(report: &TableReport, best: &Run) -> Option<String> {
    let AgainstChance { p_holm, method, .. } = best.against_chance.filter(|_| best.may_be_chance())?;
    let test = match method {
        NullDistribution::Exact => "Mann–Whitney test, exact",
        NullDistribution::Normal => "Mann–Whitney test, normal approximation",
        NullDistribution::Groups => "Mann–Whitney test, a group counts as one row",
    };
    let detectors = report.runs.iter().filter(|run| run.against_chance.is_some()).count();
    let best = if detectors > 1 { format!(", best of {detectors} detectors") } else { String::new() };
    Some(format!(" ({test}{best}: {})", probability(p_holm)))
}

/// Why no detector is tested against chance although there are labels: too few groups of rows.
fn untested_against_chance(report: &TableReport, best: &Run) -> Option<String> {
    let groups = report.groups.as_ref().filter(|_| best.auc.is_some() && best.against_chance.is_none())?;
    Some(format!("not tested against chance: {} are too few groups of suspicious rows", groups.scored()))
}

/// Names as a list: `a, b and c`.
fn listed(names: &[&str]) -> String {
    match names {
        [others @ .., last] if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        names => names.concat(),
    }
}

/// The detector with the best average precision, if its lead over the detector with the best AUC is significant. AUC
/// weighs the whole ranking, average precision its top, which matters if few alerts can be read.
fn top_of_the_list(report: &TableReport, best: &Run) -> Option<String> {
    let precise = report.runs.iter().filter_map(|run| Some((run.average_precision?, &run.detector)));
    let (highest, name) = precise.max_by(|a, b| a.0.total_cmp(&b.0))?;
    // The first detector of a pair has the higher AUC.
    let pair = report.differences.iter().find(|pair| pair.better == best.detector && pair.worse == *name)?;
    let test = pair.average_precision.filter(|test| test.difference < 0.0)?;
    let p = test.p_holm.filter(|p| *p < SIGNIFICANT)?;
    Some(format!(
        "{name} ranks the top of its list better: average precision {highest:.4} against {:.4} ({}); prefer it if few \
         alerts can be read",
        best.average_precision?,
        probability(p)
    ))
}

fn threshold(report: &TableReport, best: &Run) -> Option<String> {
    let (recall, suspicious) = (best.recall?, report.scored_suspicious_rows?);
    let flagged = count(best.flagged_rows);
    let Some(precision) = best.precision else {
        return Some(format!(
            "at its threshold {} flags no row, so it finds none of the {suspicious} suspicious rows",
            best.detector
        ));
    };
    let precise = match precision {
        p if p > 0.2 => format!("{} of the flagged rows are suspicious", percent(p)),
        p if p > 0.0 => format!("about 1 in {:.0} flagged rows is suspicious", 1.0 / p),
        _ => "none of the flagged rows is suspicious".to_owned(),
    };
    Some(format!(
        "at its threshold {} flags {flagged} of {} rows and finds {} of the {} suspicious rows (recall {recall:.4}); \
         {precise} (precision {precision:.4})",
        best.detector,
        count(report.scored_rows as u64),
        percent(recall),
        count(suspicious as u64),
    ))
}

/// The precision of the best detector at another share of suspicious rows.
fn elsewhere(best: &Run) -> Option<String> {
    let restated = best.at_prevalence?;
    let (precision, interval) = (restated.precision?, restated.interval?);
    let alerts = match precision > 0.0 {
        true => format!("about 1 in {} alerts is right", count((1.0 / precision).round() as u64)),
        false => "no alert is right".to_owned(),
    };
    Some(format!(
        "where a share of {} of the rows is suspicious, the precision of {} is {} (95 % {}): {alerts}",
        restated.prevalence,
        best.detector,
        tiny(Some(precision)),
        tiny_interval(Some(interval)),
    ))
}

/// The features with the largest effect on the best detector: by permutation importance, or else by
/// correlation. `ranked` are the detectors, best first.
pub fn drivers(report: &TableReport, ranked: &[Evaluation], prepared: &PreparedSplit) -> Option<String> {
    let (best, evaluation) = (report.runs.first()?, ranked.first()?);
    if let Some(importance) = &best.importance {
        let falls =
            importance.features.iter().filter_map(|f| Some((f.feature.as_str(), f.ranking_fall?.mean)));
        let named = highest(falls.collect(), |fall| format!("{fall:.2}"));
        return (!named.is_empty())
            .then(|| format!("shuffling these changes its ranking most (1 − ρ): {named}"));
    }
    let rows = &prepared.scored().deduplicated.rows;
    let strength = |(name, columns): &(String, std::ops::Range<usize>)| {
        let values: Vec<f64> = match columns.len() {
            1 => rows.points.column(columns.start).to_vec(),
            _ => expected_by_level(&rows.points, columns.clone(), &evaluation.scores, &rows.weights),
        };
        let rho = metrics::spearman(&values, &evaluation.scores, &rows.weights)?;
        Some(match columns.len() {
            1 => (name.clone(), rho),
            _ => (format!("{name} by level"), rho.abs()),
        })
    };
    let strengths: Vec<(String, f64)> = prepared.spans.iter().filter_map(strength).collect();
    let named_strengths = strengths.iter().map(|(name, rho)| (name.as_str(), *rho)).collect();
    let named = highest(named_strengths, |rho| format!("{rho:+.2}"));
    (!named.is_empty()).then(|| format!("its scores follow these features most (rank correlation): {named}"))
}

/// For a category in one-hot columns, the mean score of the rows with the same level.
fn expected_by_level(
    points: &ndarray::Array2<f64>,
    columns: std::ops::Range<usize>,
    scores: &[f64],
    weights: &[u32],
) -> Vec<f64> {
    let level = |row: usize| {
        let own = columns.clone().map(|column| points[[row, column]]);
        own.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(level, _)| level)
    };
    let mut sums = vec![(0.0, 0.0); columns.len()];
    for (row, (score, &weight)) in scores.iter().zip(weights).enumerate() {
        let (sum, total) = &mut sums[level(row)];
        *sum += score * f64::from(weight);
        *total += f64::from(weight);
    }
    (0..scores.len()).map(|row| sums[level(row)]).map(|(sum, total)| sum / total).collect()
}

/// The features with the largest absolute values, with those values.
fn highest(mut strengths: Vec<(&str, f64)>, text: fn(f64) -> String) -> String {
    strengths.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then_with(|| a.0.cmp(b.0)));
    let named = strengths.iter().take(NAMED).map(|(name, value)| format!("{name} {}", text(*value)));
    named.collect::<Vec<_>>().join(", ")
}

/// The gravest warning, and the number of others.
fn care(report: &TableReport) -> Option<String> {
    let gravest = report.gravest()?;
    let others = report.warnings.len() - 1;
    let more = match others {
        0 => String::new(),
        1 => " (and 1 more warning)".to_owned(),
        others => format!(" (and {others} more warnings)"),
    };
    Some(format!("be careful: {}{more}", gravest.text))
}
