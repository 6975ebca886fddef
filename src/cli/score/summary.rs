//! The summary at the end of a run.

use crate::cli::hint::with_hint;
use crate::cli::terminal::Terminal;
use crate::model::score::{FeatureStats, ScoreStats};
use crate::report::{count, counted};

/// Print the numbers of rows, the speed, and the data issues of each feature.
pub fn print(stats: &ScoreStats, seconds: f64, terminal: &Terminal) {
    let rate = stats.read as f64 / seconds.max(1e-9);
    let rejected = match stats.rejected {
        0 => String::new(),
        rejected => format!(", {} rejected", count(rejected)),
    };
    terminal.note(&format!(
        "{} read, {} scored, {} flagged{rejected} in {seconds:.2} s ({} a second; {:.3} s in the model)",
        counted(stats.read, "row", "rows"),
        count(stats.scored),
        count(stats.flagged),
        counted(rate as u64, "row", "rows"),
        stats.in_model.as_secs_f64(),
    ));
    let notes = stats.notes.iter().map(|note| with_hint(&note.text, note.hint.as_ref()));
    notes.for_each(|text| terminal.warning(&text));
    stats.features.iter().filter_map(data_issues).for_each(|text| terminal.warning(&text));
}

/// The data issues of a feature in words; `None` without issues.
fn data_issues(stats: &FeatureStats) -> Option<String> {
    if stats.absent {
        return Some(format!(
            "`{}` is not in the table: every row is scored with the training mean or most frequent level",
            stats.feature
        ));
    }
    let parts = [
        (stats.missing, "missing (imputed as the training mean or most frequent level)"),
        (stats.unknown, "of a level that training did not hold"),
        (stats.out_of_range, "outside the range of training"),
    ];
    let issues: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", count(*n))).collect();
    (!issues.is_empty()).then(|| format!("`{}`: {}", stats.feature, issues.join(", ")))
}
