//! What a drift is, in words, and what to do about it.

use super::monitored::{Alerts, Cause, Day, FeatureDrift, ROWS, Verdict};
use super::rule::Period;
use crate::metrics::jensen_shannon;
use crate::model::{Profile, Sketch};
use crate::report::{percent, significant};

/// The share of rows from which one value is constant, values are missing, or numbers have another unit.
const MOST: f64 = 0.5;

/// What changed about a feature in a period.
pub(super) fn of(sketch: &Sketch, levels: Option<&[String]>, period: &Period) -> Cause {
    let (before, now) = (shares(&period.reference), shares(&period.current));
    let missing = now.len() - 1;
    let largest = |shares: &[f64]| shares.iter().copied().fold(0.0, f64::max);
    if sketch.name == Profile::HOUR {
        return shifted(&period.reference, &period.current).map_or(Cause::Mix, Cause::Clock);
    }
    if now[missing] > before[missing] + 0.01 && now[missing] > 2.0 * before[missing] {
        return Cause::Missing;
    }
    if largest(&now) > 0.999 && largest(&before) < 0.95 {
        return Cause::Constant;
    }
    if levels.is_some() {
        return if now[missing - 1] > 0.001 { Cause::NewLevel } else { Cause::Mix };
    }
    if now[0] + now[missing - 1] > MOST && sketch.edges.len() > 2 {
        return Cause::Unit;
    }
    if sketch.name == "hour_of_day"
        && let Some(hours) = shifted(&period.reference, &period.current)
    {
        return Cause::Clock(hours);
    }
    let [mean, deviation] = sketch.moments;
    let ratio = period.deviation.filter(|_| deviation > 0.0).map_or(1.0, |now| now / deviation);
    let moved = period.mean.map_or(0.0, |now| (now - mean).abs() / deviation.max(f64::MIN_POSITIVE));
    match () {
        () if sketch.edges.len() <= 2 => Cause::Mix,
        () if ratio.ln().abs() > 0.1 && ratio.ln().abs() > moved / 4.0 => Cause::Scale,
        () => Cause::Shift,
    }
}

/// The number of hours by which a day of 24 bins moved, if moving it back leaves at most half the distance.
fn shifted(reference: &[u64], current: &[u64]) -> Option<i8> {
    let hours = |counts: &[u64]| (counts.len() >= 26).then(|| counts[1..25].to_vec());
    let (reference, current) = (hours(reference)?, hours(current)?);
    let distance = |by: i8| {
        let moved: Vec<u64> = (0..24_i8).map(|hour| current[(hour + by).rem_euclid(24) as usize]).collect();
        jensen_shannon(&reference, &moved).unwrap_or(f64::INFINITY)
    };
    let best = (-11..=12).min_by(|&a, &b| distance(a).total_cmp(&distance(b)))?;
    (best != 0 && distance(best) <= 0.5 * distance(0)).then_some(best)
}

fn shares(counts: &[u64]) -> Vec<f64> {
    let total = counts.iter().sum::<u64>().max(1) as f64;
    counts.iter().map(|&count| count as f64 / total).collect()
}

/// Drifting features first, by their size; a moved clock and broken features before others, and the score last.
pub(super) fn order(features: &mut [FeatureDrift]) {
    let rank = |own: &FeatureDrift| match own.cause {
        None => 4,
        Some(Cause::Clock(_)) => 0,
        Some(Cause::Missing | Cause::Constant | Cause::Unit) => 1,
        Some(_) if own.feature == Profile::SCORE => 3,
        Some(_) => 2,
    };
    let size = |own: &FeatureDrift| own.size.map_or(f64::NEG_INFINITY, f64::abs);
    features.sort_by(|a, b| rank(a).cmp(&rank(b)).then(size(b).total_cmp(&size(a))));
}

/// What happened, by the drifting features in order.
pub(super) fn verdict(features: &[FeatureDrift], days: &[Day]) -> Verdict {
    let causes: Vec<Cause> = features.iter().filter_map(|own| own.cause).collect();
    let is_broken =
        |cause: &Cause| matches!(cause, Cause::Missing | Cause::Constant | Cause::Unit | Cause::Clock(_));
    match causes.first() {
        _ if causes.iter().any(is_broken) => Verdict::Broken,
        Some(Cause::NewLevel | Cause::Volume) => Verdict::NewSource,
        Some(_) => Verdict::Changed,
        None if days.iter().any(|day| day.features.iter().any(|own| own.unusual)) => Verdict::Burst,
        None => Verdict::Usual,
    }
}

/// The verdict, the reasons and the action.
pub(super) fn words(
    verdict: Verdict,
    features: &[FeatureDrift],
    days: &[Day],
    alerts: &Alerts,
) -> Vec<String> {
    let mut words = vec![verdict.title().to_owned()];
    words.extend(features.iter().filter(|own| own.drift).take(5).map(reason));
    if verdict == Verdict::Burst {
        words.extend(days.iter().filter_map(unusual_features).take(5));
    }
    if let (Some(before), Some(now)) = (alerts.training_per_day, alerts.per_day) {
        let budget = alerts.budget.map_or(String::new(), |n| format!("; the budget is {}", significant(n)));
        words.push(format!(
            "Alerts a day: {} now, {} in training{budget}.",
            significant(now),
            significant(before)
        ));
    }
    if let Some(excess) = alerts.excess.filter(|&excess| excess > 0.0 && verdict != Verdict::Usual) {
        words.push(format!("{} of these alerts are beyond the share of training.", percent(excess)));
    }
    words.push(format!("Action: {}", verdict.action()));
    words
}

fn unusual_features(day: &Day) -> Option<String> {
    let names: Vec<&str> =
        day.features.iter().filter(|own| own.unusual).map(|own| own.feature.as_str()).collect();
    (!names.is_empty()).then(|| format!("{}: unusual in {}.", day.day, names.join(", ")))
}

/// Why a feature drifts, in a sentence.
fn reason(own: &FeatureDrift) -> String {
    let what = match own.cause {
        Some(Cause::Constant) => "nearly all rows have one value".to_owned(),
        Some(Cause::Missing) => {
            let [before, now] = own.missing.unwrap_or_default();
            format!("{} of the values are missing, {} in training", percent(now), percent(before))
        }
        Some(Cause::Unit) => {
            format!(
                "{} of the numbers are outside the range of training",
                percent(own.outside.unwrap_or(0.0))
            )
        }
        Some(Cause::Clock(hours)) => format!("the clock moved by {hours:+} h"),
        Some(Cause::NewLevel) => {
            format!(
                "{} of the rows have a level that training does not have",
                percent(own.outside.unwrap_or(0.0))
            )
        }
        Some(Cause::Volume) => "the number of rows a day changed".to_owned(),
        Some(Cause::Shift | Cause::Scale) => {
            let what = if own.cause == Some(Cause::Scale) { "the spread changed" } else { "the mean moved" };
            let [before, now] = own.mean.unwrap_or_default();
            format!("{what}; the mean is {}, {} in training", significant(now), significant(before))
        }
        Some(Cause::Mix) => "the shares of known values changed".to_owned(),
        None => "it changed".to_owned(),
    };
    let since = own.since.as_ref().map_or(String::new(), |day| format!(" since {day}"));
    let size = own.size.map_or(String::new(), |size| {
        format!(", {} standard deviations of the training days", significant(size.abs()))
    });
    let name = if own.feature == ROWS { "rows" } else { &own.feature };
    format!("{name}{since}: {what}{size}.")
}

impl Verdict {
    /// What happened, in a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Verdict::Usual => "No drift: the days are like those of training.",
            Verdict::Burst => "No drift, but single unusual days: an attack or an event may be the reason.",
            Verdict::Broken => "Drift: the pipeline may be broken.",
            Verdict::NewSource => "Drift: there may be a new site or service, or one is gone.",
            Verdict::Changed => "Drift: the world changed.",
        }
    }

    /// What to do.
    pub fn action(self) -> &'static str {
        match self {
            Verdict::Usual => "nothing.",
            Verdict::Burst => "look at the alerts of these days.",
            Verdict::Broken => "fix the feed; do not train on these days.",
            Verdict::NewSource => "look at the new rows; if they are to stay, retrain.",
            Verdict::Changed => "look; if the change is to stay, retrain.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_moved_by_two_hours_is_a_moved_clock() {
        let mut day = vec![0; 27];
        (8..18).for_each(|hour| day[hour + 1] = 100 + 10 * hour as u64);
        let mut moved = day.clone();
        moved[1..25].rotate_right(2);
        assert_eq!(shifted(&day, &moved), Some(2));
        assert_eq!(shifted(&day, &day), None);
    }
}
