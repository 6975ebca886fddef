//! The text and the hint of each warning: what happened, why it matters, and what to do.

use super::number::{count, counted, fixed, percent, rounded};
use super::warning::{LeakKind, Warning};
use super::{Protocol, RowsSeen};
use crate::error::{Error, Hint};
use std::fmt;

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl Warning {
    /// What to do about it; `None` if there is no known way out.
    pub fn hint(&self) -> Option<Hint> {
        match self {
            Warning::Table(note) => note.hint.clone(),
            Warning::NoLabels { candidate } => Some(Hint::NameLabel(candidate.clone())),
            Warning::ProtocolLeftOut { error, .. } => error.hint().cloned(),
            Warning::Leak { column, .. } => Some(Hint::OmitFeature(column.clone())),
            Warning::ContaminationFarAbove { rate, .. } | Warning::ContaminationFarBelow { rate, .. } => {
                Some(Hint::Contamination(round(*rate).min(LARGEST_CONTAMINATION)))
            }
            Warning::CalibrationWithAnomalies { .. } => Some(Hint::Clean),
            Warning::FewDistinctForK { detector, .. } => {
                let id = detector.split('(').next().unwrap_or(detector);
                Some(Hint::CountCopies(id.to_owned()))
            }
            _ => None,
        }
    }

    fn text(&self) -> String {
        match self {
            Warning::Table(note) => note.text.clone(),
            Warning::NoLabels { candidate } => no_labels(candidate.as_deref()),
            Warning::ProtocolLeftOut { protocol, error } => protocol_left_out(*protocol, error),
            Warning::OneClass { suspicious } => one_class(*suspicious),
            Warning::FewPositives { positives } => few_positives(*positives),
            Warning::SuspiciousMajority { rate } => suspicious_majority(*rate),
            Warning::Leak { column, how } => leak(column, *how),
            Warning::LeakOfPair { first, second, share } => leak_of_pair(first, second, *share),
            Warning::ConstantFeature { feature } => constant_feature(feature),
            Warning::ConstantInTraining { feature } => constant_in_training(feature),
            Warning::RowsSeen { protocol, seen } => rows_seen(*protocol, seen),
            Warning::Missing { feature, rows } => missing(feature, *rows),
            Warning::UnseenLevels { feature, rows } => unseen_levels(feature, *rows),
            Warning::ContaminationFarAbove { flagged, rate } => far_above(*flagged, *rate),
            Warning::ContaminationFarBelow { flagged, rate } => far_below(*flagged, *rate),
            Warning::ConstantScore { detector } => constant_score(detector),
            Warning::SaturatedScore { detector, share } => saturated_score(detector, *share),
            Warning::InvertedScore { detector, auc } => inverted_score(detector, *auc),
            Warning::BestChangesWithSeed { winners, seeds } => best_changes_with_seed(winners, *seeds),
            Warning::NothingFlagged { detector } => nothing_flagged(detector),
            Warning::ChosenOnLabels { chosen, detector, settings } => best_of(chosen, detector, *settings),
            Warning::FittedOnSample { detector, rows, distinct } => {
                training_sample(detector, *rows, *distinct)
            }
            Warning::FewDistinctForK { detector, k, distinct } => few_distinct(detector, *k, *distinct),
            Warning::DuplicatesBeyondK { detector, k, copies, distinct: true } => {
                copies_skipped(detector, *k, *copies)
            }
            Warning::DuplicatesBeyondK { detector, k, copies, distinct: false } => {
                infinite_density(detector, *k, *copies)
            }
            Warning::AlertRateOff { detectors } => alert_rate_off(detectors),
            Warning::CalibrationTooSmall { detector, rows, least, above_all } => {
                calibration_too_small(detector, *rows, *least, *above_all)
            }
            Warning::CalibrationWithAnomalies { suspicious, rows } => {
                calibration_with_anomalies(*suspicious, *rows)
            }
            Warning::FewCalibrationGroups { column, groups } => few_calibration_groups(column, *groups),
            Warning::NotProjected { reason, .. } => format!("{reason}: it is left out"),
        }
    }
}

fn no_labels(candidate: Option<&str>) -> String {
    let problem = "there is no label column, so scores cannot be checked";
    match candidate {
        Some(name) => format!("{problem}, but `{name}` looks like one"),
        None => problem.to_owned(),
    }
}

fn alert_rate_off(detectors: &[(String, [f64; 2])]) -> String {
    let rate = |(name, [promised, realised]): &(String, [f64; 2])| {
        format!("{name} {} (promised {})", percent(*realised), percent(*promised))
    };
    let rates: Vec<String> = detectors.iter().map(rate).collect();
    format!(
        "the share of flagged rows is not within half and twice the promised one: {}; the scored rows differ from the \
         training rows",
        rates.join(", ")
    )
}

fn calibration_too_small(detector: &str, rows: u64, least: u64, above_all: u64) -> String {
    format!(
        "{detector}: the calibration part is too small: with {}, {} must score above all of them before one is flagged, \
         and {} do; use more rows or a larger rate",
        counted(rows, "calibration row", "calibration rows"),
        counted(least, "row", "rows"),
        count(above_all)
    )
}

fn few_calibration_groups(column: &str, groups: usize) -> String {
    format!(
        "the rows are of {} of `{column}` only, and rows of one group are not independent: the false discovery rate can be \
         far from the requested one",
        counted(groups as u64, "group", "groups")
    )
}

fn calibration_with_anomalies(suspicious: u64, rows: u64) -> String {
    format!(
        "{} of the {} are suspicious: rows that score lower than them are hardly ever flagged; leave them out",
        count(suspicious),
        counted(rows, "calibration row", "calibration rows")
    )
}

fn protocol_left_out(protocol: Protocol, error: &Error) -> String {
    // The warning already stands under the name of its table.
    let reason = match error.without_hint() {
        Error::Table { problem, .. } => problem.clone(),
        other => other.to_string(),
    };
    format!("protocol {} is left out: {reason}", protocol.id())
}

fn one_class(suspicious: bool) -> String {
    let class = if suspicious { "suspicious" } else { "normal" };
    format!("every scored row is {class}: AUC, precision and recall need both classes")
}

fn few_positives(positives: u64) -> String {
    if positives == 1 {
        return "only 1 suspicious row was scored: its AUC has no interval, and its recall is 0 or 1, so it decides \
                every metric"
            .to_owned();
    }
    let step = percent(1.0 / positives.max(1) as f64);
    format!(
        "only {positives} suspicious rows were scored: each changes recall by {step}; read the intervals, not the digits"
    )
}

fn suspicious_majority(rate: f64) -> String {
    format!(
        "{} of the rows are suspicious: detectors take the majority for normal, so scores may be inverted; \
         check what the label means",
        percent(rate)
    )
}

fn leak(column: &str, how: LeakKind) -> String {
    match how {
        LeakKind::EqualsLabel => format!("`{column}` equals the label, so results with it are worthless"),
        LeakKind::OppositeOfLabel => {
            format!("`{column}` is the inverted label: check which value is suspicious")
        }
        LeakKind::Separates { share } => format!(
            "`{column}` alone {}: it may be derived from the label, unless it is known before the label",
            separates("separates", share)
        ),
    }
}

fn leak_of_pair(first: &str, second: &str, share: f64) -> String {
    format!(
        "`{first}` and `{second}` together {}: they may be derived from the label, unless both are known before \
         the label",
        separates("separate", share)
    )
}

/// What a leak does, with its verb.
fn separates(verb: &str, share: f64) -> String {
    match share {
        1.0 => format!("{verb} the classes perfectly"),
        share => {
            // Rounded down: 100 % would be all of them.
            let percent = (share * 1_000.0).floor() / 10.0;
            format!("{verb} {percent} % of the smaller class from the larger one")
        }
    }
}

fn constant_feature(feature: &str) -> String {
    format!("`{feature}` has only one value, so it cannot distinguish rows")
}

fn constant_in_training(feature: &str) -> String {
    format!(
        "`{feature}` has only one value in training and others in the scored rows: it is not scaled, so its \
         unit decides how much it counts"
    )
}

fn rows_seen(protocol: Protocol, seen: &RowsSeen) -> String {
    format!(
        "{} equal a training row in every feature: the detector knows them, so {} says little more than in-sample",
        shares_seen(seen),
        protocol.id()
    )
}

/// The shares of rows that occur in training, as the subject of a sentence.
pub(super) fn shares_seen(seen: &RowsSeen) -> String {
    let rows = format!("{} of the scored rows", percent(seen.rows));
    match seen.suspicious {
        Some(share) => format!("{rows} and {} of the suspicious ones", percent(share)),
        None => rows,
    }
}

fn missing(feature: &str, rows: usize) -> String {
    let rows = counted(rows as u64, "row", "rows");
    format!("`{feature}` has no usable value in {rows}, imputed as the training mean or most frequent level")
}

fn unseen_levels(feature: &str, rows: usize) -> String {
    let rows = counted(rows as u64, "row", "rows");
    format!("`{feature}` has unseen levels in {rows}: the training part does not contain them")
}

/// The largest contamination that can be requested.
const LARGEST_CONTAMINATION: f64 = 0.5;

/// A detector that flags every suspicious row has a precision of rate / flagged, and none has more.
fn far_above(flagged: [f64; 2], rate: f64) -> String {
    let precision = rounded(rate / flagged[0], 3);
    let (flagged, suspicious) = (between(flagged), percent(rate));
    format!(
        "{flagged} of the rows are flagged but only {suspicious} are suspicious, so precision cannot exceed \
         {precision}"
    )
}

/// A detector whose flagged rows are all suspicious has a recall of flagged / rate, and none has more.
fn far_below(flagged: [f64; 2], rate: f64) -> String {
    let recall = rounded(flagged[1] / rate, 3);
    let (flagged, suspicious) = (between(flagged), percent(rate));
    format!(
        "{flagged} of the rows are flagged but {suspicious} are suspicious, so recall cannot exceed {recall}"
    )
}

/// Two shares as `6.0 % to 15 %`, or as one if they look equal.
fn between([low, high]: [f64; 2]) -> String {
    let (low, high) = (percent(low), percent(high));
    if low == high { low } else { format!("{low} to {high}") }
}

fn constant_score(detector: &str) -> String {
    format!("{detector}: every row has the same score, so it cannot rank rows")
}

fn saturated_score(detector: &str, share: f64) -> String {
    format!("{detector}: {} of the rows share the highest score, so they cannot be ranked", percent(share))
}

fn inverted_score(detector: &str, auc: f64) -> String {
    format!(
        "{detector}: the AUC of {} and its interval are below 0.5: suspicious rows score lower than the \
         rest, so the detector finds something other than this label",
        fixed(Some(auc))
    )
}

fn best_changes_with_seed(winners: &[(String, usize)], seeds: usize) -> String {
    let winners: Vec<String> = winners.iter().map(|(name, wins)| format!("{name} in {wins}")).collect();
    format!(
        "the detector with the highest AUC changes with the seed ({} of {seeds} seeds), so one run cannot rank them; \
         read the means and the tests",
        winners.join(", ")
    )
}

fn nothing_flagged(detector: &str) -> String {
    format!(
        "{detector}: no score is above the threshold because too many rows are tied at it, so precision is \
         undefined"
    )
}

fn best_of(setting: &str, detector: &str, settings: usize) -> String {
    format!(
        "{setting} is the best of {settings} settings of {detector}, chosen with the labels that measure \
         it, so its AUC is too optimistic; confirm it on other rows"
    )
}

fn training_sample(detector: &str, rows: usize, distinct: usize) -> String {
    let (rows, distinct) = (count(rows as u64), count(distinct as u64));
    format!(
        "{detector}: fitted on a random sample of {rows} of {distinct} distinct rows because of \
         a limit; all rows are scored"
    )
}

fn few_distinct(detector: &str, k: u64, distinct: usize) -> String {
    format!("{detector}: k = {k}, but there are only {distinct} distinct rows, so no neighborhood is local")
}

fn copies_skipped(detector: &str, k: u64, copies: u32) -> String {
    let copies = count(u64::from(copies));
    format!(
        "{detector} counts distinct rows as neighbors, because one row occurs {copies} times, more than \
         k = {k}"
    )
}

fn infinite_density(detector: &str, k: u64, copies: u32) -> String {
    let copies = count(u64::from(copies));
    format!(
        "{detector}: one row occurs {copies} times, more than k = {k}: with duplicates = copies, its \
         density and the scores near it are infinite"
    )
}

/// A rate in (0, 1) as a user would type it: with two significant digits, and two to six decimals.
fn round(rate: f64) -> f64 {
    let decimals = (1.0 - rate.log10().floor()).clamp(2.0, 6.0) as i32;
    let scale = 10_f64.powi(decimals);
    (rate * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contamination_to_try_has_two_significant_digits() {
        let hint = |rate| Warning::ContaminationFarAbove { flagged: [0.15, 0.15], rate }.hint();
        assert_eq!(hint(0.015_88), Some(Hint::Contamination(0.016)));
        assert_eq!(hint(0.062_4), Some(Hint::Contamination(0.062)));
        assert_eq!(hint(0.000_123_4), Some(Hint::Contamination(0.000_12)));
        let far_below = Warning::ContaminationFarBelow { flagged: [0.1, 0.1], rate: 0.7 };
        assert_eq!(far_below.hint(), Some(Hint::Contamination(0.5)));
    }

    #[test]
    fn the_limits_of_precision_and_recall_are_those_of_what_is_flagged() {
        assert_eq!(
            far_above([0.15, 0.15], 0.015_88),
            "15 % of the rows are flagged but only 1.6 % are suspicious, so precision cannot exceed 0.106"
        );
        assert_eq!(
            far_above([0.06, 0.15], 0.02),
            "6.0 % to 15 % of the rows are flagged but only 2.0 % are suspicious, so precision cannot exceed 0.333"
        );
        assert_eq!(
            far_below([0.15, 0.15], 0.37),
            "15 % of the rows are flagged but 37 % are suspicious, so recall cannot exceed 0.405"
        );
    }
}
