//! What a model learned from verdicts, as text for a terminal.

use crate::error::{LONGEST_NAME, printable};
use crate::model::TaughtCard;
use crate::model::verdict::{Conflicts, Verdict};
use crate::report::{count, counted, significant};
use crate::table::range;

/// The verdicts of a card, and what they changed.
pub fn taught(card: &TaughtCard) -> Vec<String> {
    let mut lines = vec![verdicts(card), learned(card), data(card), changes(card)];
    lines.push(match &card.gain {
        None => "not cross-validated: that needs two judged rows of each class".to_owned(),
        Some(gain) => format!(
            "AUC on the judged rows: untaught {:.3}, taught {:.3} in a {}-fold cross-validation; difference {:+.3}, \
             95 % {:.3} to {:.3}",
            gain.untaught_auc,
            gain.taught_auc,
            gain.folds,
            gain.taught_auc - gain.untaught_auc,
            gain.interval.low,
            gain.interval.high
        ),
    });
    lines
}

fn verdicts(card: &TaughtCard) -> String {
    let of = |verdict| format!("{} {}", count(card.count(verdict) as u64), verdict.word());
    let words = [Verdict::Suspicious, Verdict::Normal, Verdict::Unsure].map(|verdict: Verdict| of(verdict));
    let analysts = card.analysts().into_iter().map(|(name, verdicts)| {
        let name = name.map_or("unknown".to_owned(), |name| printable(name, LONGEST_NAME));
        format!("{name} ({})", count(verdicts as u64))
    });
    let times = range(&card.times()).map_or("without times".to_owned(), |[a, b]| format!("{a} to {b}"));
    format!(
        "taught by {}: {}; by {}; {times}; SHA-256 {}",
        counted(card.verdicts.len() as u64, "verdict", "verdicts"),
        words.join(", "),
        analysts.collect::<Vec<_>>().join(", "),
        card.verdicts_sha256
    )
}

fn learned(card: &TaughtCard) -> String {
    let rows = counted((card.suspicious_rows + card.normal_rows) as u64, "distinct row", "distinct rows");
    let settled = match card.conflicts {
        Conflicts::Latest => "the latest counts",
        Conflicts::Suspicious => "suspicious counts",
        Conflicts::Drop | Conflicts::Refuse => "neither counts",
    };
    let contradictions = match card.contradictions {
        0 => String::new(),
        rows => format!("; analysts contradict each other on {}: {settled}", count(rows as u64)),
    };
    let half_life = card.half_life_days.map(|days| format!("; a verdict counts half after {days} days"));
    format!(
        "learned from {rows}: {} suspicious, {} normal{contradictions}{}",
        count(card.suspicious_rows as u64),
        count(card.normal_rows as u64),
        half_life.unwrap_or_default()
    )
}

fn data(card: &TaughtCard) -> String {
    let data = &card.data;
    let times = data.time_range.as_ref().map_or("without times".to_owned(), |[first, last]| {
        format!("{} to {}", printable(first, LONGEST_NAME), printable(last, LONGEST_NAME))
    });
    format!(
        "threshold and severities of {}, {} distinct, {times}, SHA-256 {}",
        counted(data.rows as u64, "row", "rows"),
        count(data.distinct_rows as u64),
        data.data_sha256
    )
}

fn changes(card: &TaughtCard) -> String {
    let changes = &card.changes;
    let per_day = card
        .data
        .days
        .map(|days| format!(", {} a day", significant(changes.flagged_rows as f64 / days.max(1) as f64)));
    format!(
        "of these {} flagged{}: {} newly, and {} no longer",
        counted(changes.flagged_rows, "row is", "rows are"),
        per_day.unwrap_or_default(),
        count(changes.newly_flagged_rows),
        count(changes.no_longer_flagged_rows)
    )
}
