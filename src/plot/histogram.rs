//! The scores of both classes, one panel a detector, with the threshold between what is flagged and what is not.

use super::sheet::{Heading, Sheet};
use super::spread::{self, Look, Measure};
use super::{Kind, legend, wording};
use crate::error::Result;
use crate::report::{Run, TableReport, count};

pub fn draw(sheet: &mut Sheet, table: &TableReport) -> Result<()> {
    let runs = wording::runs(table)?;
    let area = sheet.frame(&heading(table));
    let suspicious = table.scored_suspicious_rows;
    let normal = (table.scored_rows - suspicious.unwrap_or_default().min(table.scored_rows)) as u64;
    let words = match suspicious {
        Some(some) => [format!("normal ({})", count(normal)), format!("suspicious ({})", count(some as u64))],
        None => [format!("all rows ({})", count(normal)), String::new()],
    };
    let mut entries = spread::legend(sheet, words, suspicious.is_some());
    entries.push(spread::threshold_entry(sheet));
    let area = legend::draw(sheet, area, &entries);
    let columns = columns(runs.len(), area.width() / area.height().max(1.0));
    let panels = area.grid(columns, runs.len().div_ceil(columns), sheet.px(14.0));
    for ((_, run), panel) in runs.into_iter().zip(panels) {
        let panel = sheet.panel(panel, &title(run), 1);
        let look = Look { measure: Measure::Rows, x: "score", y: "rows", threshold: Some(run.threshold) };
        spread::draw(sheet, panel, &run.curves.histogram, look);
    }
    Ok(())
}

/// Columns such that panels are about one and a half times as wide as high.
fn columns(panels: usize, aspect: f64) -> usize {
    let shape = |columns: usize| {
        let rows = panels.div_ceil(columns);
        (aspect * rows as f64 / columns as f64 / 1.5).ln().abs() + 0.3 * (columns * rows - panels) as f64
    };
    (1..=panels.min(4)).min_by(|a, b| shape(*a).total_cmp(&shape(*b))).unwrap_or(1)
}

fn title(run: &Run) -> String {
    format!("{}: {} flagged", run.detector, count(run.flagged_rows))
}

fn heading(table: &TableReport) -> Heading {
    let one = |run: &Run| {
        format!("{} flags {} rows above {:.4}", run.detector, count(run.flagged_rows), run.threshold)
    };
    let listed: Vec<String> = table.runs.iter().map(one).collect();
    Heading {
        title: wording::title(table, Kind::Histogram),
        subtitle: wording::scored(table),
        caption: format!(
            "Higher is more anomalous. Rows are counted on a logarithmic axis; all {} scored rows are in.",
            count(table.scored_rows as u64)
        ),
        description: listed.join("; ") + ".",
    }
}
