//! The cards of a model as text for a terminal.

use super::taught::taught;
use crate::error::{LONGEST_NAME, Result, printable};
use crate::metrics::ThresholdRule;
use crate::model::{Card, FeatureKind, FeatureModel, FittedTail, Measurement, Model, Sample, ScoredAgain};
use crate::report::{
    aligned, bullet, count, counted, fixed, interval, percent, probability, significant, suspicious,
};
use crate::table::TimeSource;

/// The result of training a table.
pub fn trained(card: &Card) -> String {
    format!("{}\n\n{}", heading(card).join("\n"), measured(card))
}

/// The content of a model file, after checking every table.
///
/// # Errors
/// If a table is invalid.
pub fn inspected(model: &Model) -> Result<String> {
    let mut text = format!(
        "a whis-lab model of {}, written by whis-lab {}, {} bytes\n",
        counted(model.table_names().count() as u64, "table", "tables"),
        printable(model.whis_lab(), LONGEST_NAME),
        count(model.size() as u64)
    );
    text += &format!("SHA-256 {}, which matches its content\n", model.sha256());
    for name in model.table_names() {
        let table = model.table(Some(name))?;
        let card = table.card();
        text += &format!("\n{}\n", heading(card).join("\n"));
        text += &format!("{} golden rows score as they did at training\n\n", table.golden_rows());
        text += &format!("{}\n\n{}", features(card), measured(card));
    }
    Ok(text)
}

fn heading(card: &Card) -> Vec<String> {
    let training = &card.training;
    let suspicious_rows = training.suspicious_rows.map(|rows| rows as u64);
    let rows = format!(
        "{}: {}, {} distinct, {}, {}",
        card.table,
        counted(training.rows as u64, "row", "rows"),
        count(training.distinct_rows as u64),
        counted(card.features.len() as u64, "feature", "features"),
        suspicious(suspicious_rows, suspicious_rows.map(|rows| rows as f64 / training.rows as f64))
    );
    let times = training.time_range.as_ref().map_or("without times".to_owned(), |[first, last]| {
        format!("{} to {}", printable(first, LONGEST_NAME), printable(last, LONGEST_NAME))
    });
    let data = format!("trained on data {times}, SHA-256 {}", training.data_sha256);
    let parameters = card.parameters.as_object().map(|fields| {
        let fields = fields.iter().map(|(name, value)| format!("{name} = {value}"));
        fields.collect::<Vec<_>>().join(", ")
    });
    let detector = format!(
        "{} ({}), {} categories, seed {}",
        printable(&card.detector, 2 * LONGEST_NAME),
        printable(&parameters.unwrap_or_default(), 10 * LONGEST_NAME),
        card.encoding.id(),
        card.seed
    );
    let sample = training.sample.as_ref().map(sample);
    let of_time = card.time_source.as_ref().map(of_time);
    [rows, data]
        .into_iter()
        .chain(of_time)
        .chain([detector])
        .chain(sample)
        .chain([threshold(card)])
        .chain(card.tail.as_ref().map(tail))
        .chain(card.scored_again.as_ref().map(scored_again))
        .chain(card.taught.iter().flat_map(taught))
        .collect()
}

/// The threshold, and the number of training rows that it flags: in all, and a day.
fn threshold(card: &Card) -> String {
    let training = &card.training;
    let score = significant(card.threshold);
    let limit = match (card.rule, card.alerts_per_day, card.contamination) {
        (Some(rule), ..) if card.taught.is_some() => rule.to_string(),
        (Some(rule), ..) => return by_rule(card, rule),
        (None, Some(rows), _) => format!("{} a day", significant(rows)),
        (None, None, share) => percent(share.unwrap_or_default()),
    };
    if let Some(taught) = &card.taught {
        let flagged = count(taught.changes.flagged_rows);
        return format!("threshold {score} flags {flagged} of the rows below; limit: {limit}");
    }
    let Some(flagged) = training.flagged_rows else {
        return format!("threshold {score}: at most {limit} of the training rows are flagged");
    };
    let per_day =
        training.days.map(|days| format!(", {} a day", significant(flagged as f64 / days.max(1) as f64)));
    format!(
        "threshold {score} flags {} of the training rows{}; limit: {limit}",
        count(flagged),
        per_day.unwrap_or_default()
    )
}

/// The threshold of a rule that is not a limit, and its promise.
fn by_rule(card: &Card, rule: ThresholdRule) -> String {
    let score = significant(card.threshold);
    let rows = card.training.flagged_rows.map(|rows| format!("{} of the training rows", count(rows)));
    let flagged = format!("threshold {score} by {rule} flags {}", rows.unwrap_or_default());
    match rule {
        ThresholdRule::Tail(share) => format!("{flagged}; promise: {} of new rows", percent(share)),
        ThresholdRule::Mad(_) => format!(
            "{flagged}; promise: {} of new rows, as measured on the training rows",
            percent(card.promised().unwrap_or_default())
        ),
        rule => {
            let ThresholdRule::Fdr(rate) = rule else { return flagged };
            let calibration = card.calibration.as_ref();
            format!(
                "threshold by {rule}, for each batch of rows; promise: at most {} of the flagged rows are normal, on \
                 average\n{}, not fitted: at least {} of a batch must score above all of them before a row is flagged",
                percent(rate),
                counted(calibration.map_or(0, |own| own.rows()), "calibration row", "calibration rows"),
                percent(calibration.map_or(1.0, |own| own.least_share(rate)).min(1.0))
            )
        }
    }
}

/// The fitted tail, how well it fits, and how sure the threshold is.
fn tail(FittedTail { tail, check }: &FittedTail) -> String {
    let [low, high] = check.threshold;
    let fit = if check.p < 0.05 { "it does not fit: the promise may not hold" } else { "it fits" };
    format!(
        "tail: {} above {} in {}, shape {}, scale {}; {fit} (Anderson–Darling, {}); 95 % interval of the threshold \
         {} to {}",
        counted(tail.exceedances, "row", "rows"),
        significant(tail.start),
        counted(tail.clusters, "cluster", "clusters"),
        significant(tail.shape),
        significant(tail.scale),
        probability(check.p),
        significant(low),
        significant(high)
    )
}

/// What the model does with its training rows if they are scored like new rows.
fn scored_again(again: &ScoredAgain) -> String {
    let auc = again.auc.map(|auc| format!(", AUC {auc:.4}")).unwrap_or_default();
    format!(
        "scored like new rows, {} of the training rows are flagged{auc}: each has itself as a neighbor then",
        count(again.flagged_rows)
    )
}

/// The features from the time column.
fn of_time(source: &TimeSource) -> String {
    let names: Vec<&str> = source.features.iter().map(|feature| feature.name()).collect();
    format!("features from the time column {}: {}", printable(&source.column, LONGEST_NAME), names.join(", "))
}

/// The size of the training sample, and the limits that require it.
fn sample(sample: &Sample) -> String {
    let rows = sample.fit_rows.map(|rows| counted(rows as u64, "row", "rows"));
    let seconds = sample.time_limit.map(|seconds| format!("{seconds} s"));
    let limits: Vec<String> = rows.into_iter().chain(seconds).collect();
    format!(
        "fitted on a random sample with {}; limit: {}",
        counted(sample.distinct_rows as u64, "distinct row", "distinct rows"),
        limits.join(", ")
    )
}

fn features(card: &Card) -> String {
    let row = |feature: &FeatureModel| {
        let (kind, values) = match &feature.kind {
            FeatureKind::Number { low, high } => {
                ("number", format!("{} to {}", significant(*low), significant(*high)))
            }
            FeatureKind::Flag => ("flag", "true, false".to_owned()),
            FeatureKind::Category { levels } => ("category", listed(levels)),
        };
        vec![printable(&feature.name, LONGEST_NAME), kind.to_owned(), feature.typical.to_string(), values]
    };
    aligned(&["feature", "kind", "typical", "in training"], card.features.iter().map(row).collect(), 0..0)
}

fn listed(levels: &[String]) -> String {
    const SHOWN: usize = 6;
    let mut shown: Vec<String> =
        levels.iter().take(SHOWN).map(|level| printable(level, LONGEST_NAME)).collect();
    if levels.len() > SHOWN {
        shown.push(format!("{} more", levels.len() - SHOWN));
    }
    shown.join(", ")
}

fn measured(card: &Card) -> String {
    if card.taught.is_some() {
        let problem =
            "not measured since it learned from verdicts: evaluate it on labeled rows that nobody judged";
        return format!("{}\n", bullet(problem));
    }
    if card.measurements.is_empty() {
        return format!("{}\n", bullet("not measured: metrics need labels of both classes"));
    }
    let row = |m: &Measurement| {
        let rows = if m.protocol.divides() { count(m.scored_rows as u64) } else { "its own".to_owned() };
        vec![
            m.protocol.id().to_owned(),
            rows,
            fixed(m.auc),
            interval(m.auc_interval),
            fixed(m.precision),
            interval(m.precision_interval),
            fixed(m.recall),
            interval(m.recall_interval),
        ]
    };
    let header = ["protocol", "rows", "AUC", "95 %", "precision", "95 %", "recall", "95 %"];
    let table = aligned(&header, card.measurements.iter().map(row).collect(), 1..header.len());
    let meanings = card.measurements.iter().map(|m| {
        let meaning = format!("{}: {}", m.protocol.id(), m.protocol.meaning());
        format!("{}\n", bullet(&meaning))
    });
    format!("{table}\n\n{}", meanings.collect::<String>())
}
