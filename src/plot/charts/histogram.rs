//! The scores of both classes, one panel a detector, with the threshold between what is flagged and what is not.

use crate::plot::scene::Rect;
use crate::plot::canvas::{Heading, Sheet};
use super::spread::{self, Look, Measure};
use crate::plot::Kind;
use crate::plot::canvas::legend;
use crate::plot::charts::caption;
use crate::plot::render::font;
use crate::error::Result;
use crate::report::{Run, TableReport, count};

pub fn draw(sheet: &mut Sheet, table: &TableReport) -> Result<()> {
    let runs = caption::runs(table)?;
    // How many panels have room is known only once the words around them stand, so they are set on a copy.
    let room = around(&mut sheet.clone(), table, 1);
    let fit = Grid::new(sheet, room, runs.len()).panels;
    let area = around(sheet, table, fit);
    let grid = Grid::new(sheet, area, fit);
    let panels = area.grid(grid.columns, grid.rows, sheet.px(14.0));
    for ((_, run), panel) in runs.into_iter().zip(panels).take(fit) {
        let title = title(sheet, run, panel);
        let panel = sheet.panel(panel, &title, 1);
        let look = Look { measure: Measure::Rows, x: "score", y: "rows", threshold: Some(run.threshold) };
        spread::draw(sheet, panel, &run.curves.histogram, look);
    }
    Ok(())
}

/// Everything but the panels; what is left for them.
fn around(sheet: &mut Sheet, table: &TableReport, panels: usize) -> Rect {
    let area = sheet.frame(&heading(table, panels));
    let suspicious = table.scored_suspicious_rows;
    let normal = (table.scored_rows - suspicious.unwrap_or_default().min(table.scored_rows)) as u64;
    let words = match suspicious {
        Some(some) => [format!("normal ({})", count(normal)), format!("suspicious ({})", count(some as u64))],
        None => [format!("all rows ({})", count(normal)), String::new()],
    };
    let mut entries = spread::legend(sheet, words, suspicious.is_some());
    entries.push(spread::threshold_entry(sheet));
    legend::draw(sheet, area, &entries)
}

/// How panels share an area.
struct Grid {
    columns: usize,
    rows: usize,
    panels: usize,
}

impl Grid {
    /// As many panels as there are, or as have room, about one and a half times as wide as high.
    fn new(sheet: &Sheet, area: Rect, wanted: usize) -> Grid {
        let most = |length: f64, least: f64| ((length / sheet.px(least)) as usize).max(1);
        let (columns, rows) = (most(area.width(), 120.0), most(area.height(), 84.0));
        let panels = wanted.min(columns * rows);
        let aspect = area.width() / area.height().max(1.0);
        let shape = |columns: usize| {
            let rows = panels.div_ceil(columns);
            (aspect * rows as f64 / columns as f64 / 1.5).ln().abs() + 0.3 * (columns * rows - panels) as f64
        };
        let fits = (1..=columns).filter(|columns| panels.div_ceil(*columns) <= rows);
        let columns = fits.min_by(|a, b| shape(*a).total_cmp(&shape(*b))).unwrap_or(columns);
        Grid { columns, rows: panels.div_ceil(columns), panels }
    }
}

fn title(sheet: &Sheet, run: &Run, panel: Rect) -> String {
    let flagged = format!(": {} flagged", count(run.flagged_rows));
    font::named(&run.detector, &flagged, sheet.text_size(), true, panel.width())
}

fn heading(table: &TableReport, panels: usize) -> Heading {
    let one = |run: &Run| {
        format!("{} flags {} rows above {:.4}", run.detector, count(run.flagged_rows), run.threshold)
    };
    let listed: Vec<String> = table.runs.iter().map(one).collect();
    let part = match panels < table.runs.len() {
        true => format!("The first {panels} of {} detectors; a larger chart shows more. ", table.runs.len()),
        false => String::new(),
    };
    Heading {
        title: caption::title(table, Kind::Histogram),
        subtitle: caption::scored(table),
        caption: format!(
            "{part}Higher is more anomalous. Rows are counted on a logarithmic axis; all {} scored rows are in.",
            count(table.scored_rows as u64)
        ),
        description: listed.join("; ") + ".",
    }
}
