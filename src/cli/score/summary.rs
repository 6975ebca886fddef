//! The summary at the end of a run.

use super::promise;
use crate::cli::hint::with_hint;
use crate::cli::terminal::Terminal;
use crate::error::Result;
use crate::files;
use crate::model::TableModel;
use crate::model::score::{FeatureStats, RunSummary, ScoreStats};
use crate::report::{count, counted, percent};
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

/// What is said of a run when it ends.
#[derive(Clone)]
pub struct Summary {
    pub stats: ScoreStats,
    /// The model of the last rows, with the threshold of the run.
    pub model: TableModel,
    /// The SHA-256 of the model file.
    pub sha256: String,
    /// The share of the rows that the threshold promises to flag, in [0, 1]; `None` if it promises none.
    pub promised: Option<f64>,
    /// Whether the whole input was scored.
    pub complete: bool,
    began: Instant,
    /// The file for programs.
    file: Option<PathBuf>,
}

impl Summary {
    /// The summary of a run that begins now.
    pub fn begin(model: TableModel, sha256: String, file: Option<PathBuf>) -> Self {
        let stats = ScoreStats::new(model.features());
        let promised = model.promised_share();
        Summary { stats, model, sha256, promised, complete: false, began: Instant::now(), file }
    }

    /// Print the numbers of rows, the speed, and the data issues of each feature, and write the file.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn tell(&self, terminal: &Terminal) -> Result<()> {
        print(&self.stats, self.began.elapsed().as_secs_f64(), terminal);
        let share = self.model.share_above_threshold();
        match improbable(self.stats.scored, self.stats.flagged, share) {
            Some(text) => terminal.warning(&text),
            None => self.tell_promise(terminal),
        }
        let Some(path) = &self.file else { return Ok(()) };
        let summary = RunSummary::new(&self.sha256, &self.model, &self.stats, self.complete);
        let is_prometheus = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("prom"));
        let text = if is_prometheus { summary.prometheus() } else { summary.json()? };
        files::write_whole(path, |out| out.write_all(text.as_bytes()))
    }
}

impl Summary {
    /// Print the promised and the realised share of flagged rows: a warning if they differ.
    fn tell_promise(&self, terminal: &Terminal) {
        match promise::rate(self.promised, &self.stats) {
            Some(rate) if !rate.is_kept => terminal.warning(&format!(
                "{}: the rows differ from those of training, or the threshold does not suit them; train again or \
                 change the threshold",
                rate.words()
            )),
            Some(rate) if rate.days.len() > 1 => terminal.note(&rate.words()),
            _ => (),
        }
    }
}

fn print(stats: &ScoreStats, seconds: f64, terminal: &Terminal) {
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

/// Why a number of flagged rows does not fit the training data; `None` if it does. `share` is that of the training rows
/// above the threshold, in [0, 1].
fn improbable(scored: u64, flagged: u64, share: f64) -> Option<String> {
    /// With fewer rows, many flagged ones can be chance.
    const SOME: u64 = 20;
    /// With fewer rows, none can be chance.
    const MANY: u64 = 10_000;
    /// A threshold that flags a larger share of the training rows is chosen so.
    const LARGE: f64 = 0.25;
    let way_out = "compare their values with those of training, then train again or change the threshold";
    // A threshold below all scores, but not one that is known to be.
    if scored >= SOME && flagged == scored && (LARGE..1.0).contains(&share) {
        let (rows, share) = (counted(scored, "row", "rows"), percent(share));
        return Some(format!(
            "all {rows} are flagged, and {share} of the training rows: use a higher threshold"
        ));
    }
    if scored >= SOME && 2 * flagged > scored && share < LARGE {
        let flagged = if flagged == scored { "all".to_owned() } else { format!("{} of", count(flagged)) };
        let (scored, share) = (counted(scored, "row", "rows"), percent(share));
        return Some(format!("{flagged} {scored} are flagged, but {share} of the training rows: {way_out}"));
    }
    (scored >= MANY && flagged == 0).then(|| {
        let share = percent(share);
        format!("none of {} rows is flagged, but {share} of the training rows: {way_out}", count(scored))
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_flagged_rows_and_none_at_all_are_improbable() {
        assert!(improbable(2_400, 2_400, 0.15).unwrap().starts_with("all 2,400 rows are flagged, but 15"));
        assert!(improbable(2_400, 1_201, 0.15).unwrap().starts_with("1,201 of 2,400 rows are flagged"));
        assert!(improbable(10_000, 0, 0.15).unwrap().starts_with("none of 10,000 rows is flagged"));
        assert!(improbable(2_400, 2_400, 0.99).unwrap().contains("use a higher threshold"));
        for usual in [
            (2_400, 1_200, 0.15),
            (19, 19, 0.15),
            (2_400, 2_300, 0.3),
            (2_400, 2_400, 1.0),
            (9_999, 0, 0.15),
            (0, 0, 0.1),
        ] {
            assert_eq!(improbable(usual.0, usual.1, usual.2), None, "{usual:?}");
        }
    }
}
