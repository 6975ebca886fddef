//! The cards of a model as text for a terminal.

use crate::error::{LONGEST_NAME, Result, printable};
use crate::model::{Card, FeatureKind, FeatureModel, Measurement, Model, Sample};
use crate::report::{aligned, bullet, count, counted, fixed, interval, percent, significant, suspicious};
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
    [rows, data].into_iter().chain(of_time).chain([detector]).chain(sample).chain([threshold(card)]).collect()
}

/// The threshold, and the number of training rows that it flags: in all, and a day.
fn threshold(card: &Card) -> String {
    let training = &card.training;
    let score = significant(card.threshold);
    let limit = match card.alerts_per_day {
        Some(rows) => format!("{} a day", significant(rows)),
        None => percent(card.contamination),
    };
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
