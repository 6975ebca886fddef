//! What is said of a run at its end.

use crate::cli::terminal::Terminal;
use crate::report::{count, counted};
use crate::model::score::{FeatureTally, Tally};

/// Rows, verdicts and speed, and per feature what training did not hold.
pub fn print(tally: &Tally, seconds: f64, terminal: &Terminal) {
    let rate = tally.read as f64 / seconds.max(1e-9);
    let rejected = match tally.rejected {
        0 => String::new(),
        rejected => format!(", {} rejected", count(rejected)),
    };
    terminal.note(&format!(
        "{} read, {} scored, {} flagged{rejected} in {seconds:.2} s ({} a second; {:.3} s in the model)",
        counted(tally.read, "row", "rows"),
        count(tally.scored),
        count(tally.flagged),
        counted(rate as u64, "row", "rows"),
        tally.in_model.as_secs_f64(),
    ));
    tally.features.iter().filter_map(oddities).for_each(|text| terminal.warning(&text));
}

/// What of a feature training did not hold; `None` where it held everything.
fn oddities(tally: &FeatureTally) -> Option<String> {
    if tally.absent {
        return Some(format!(
            "`{}` is not in the table: every row is scored with the training mean or commonest level",
            tally.feature
        ));
    }
    let parts = [
        (tally.missing, "missing (scored as the training mean or commonest level)"),
        (tally.unknown, "of a level that training did not hold"),
        (tally.out_of_range, "outside of the range of training"),
    ];
    let said: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", count(*n))).collect();
    (!said.is_empty()).then(|| format!("`{}`: {}", tally.feature, said.join(", ")))
}
