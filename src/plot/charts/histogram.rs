//! Histograms of the scores by class, one panel per detector, with the threshold.

use super::spread::{self, Look, Measure};
use crate::error::Result;
use crate::plot::canvas::legend;
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::chart::Chart;
use crate::plot::charts::caption;
use crate::plot::render::font;
use crate::plot::scene::Rect;
use crate::report::{Run, TableReport, count};

pub fn draw(canvas: &mut Canvas, table: &TableReport) -> Result<()> {
    let runs = caption::runs(table)?;
    // The number of panels that fit depends on the text around them, so the text is first drawn on a copy.
    let area = surroundings(&mut canvas.clone(), table, 1);
    let visible = Grid::new(canvas, area, runs.len()).panels;
    let area = surroundings(canvas, table, visible);
    let grid = Grid::new(canvas, area, visible);
    let panels = area.grid(grid.columns, grid.rows, canvas.px(14.0));
    let titles = Titles::new(canvas, &runs, panels.first().map_or(0.0, Rect::width));
    for ((_, run), panel) in runs.into_iter().zip(panels).take(visible) {
        let panel = canvas.panel_with(panel, &title(run), titles.lines, titles.size);
        let x = if spread::is_logarithmic(&run.curves.histogram) { "score (logarithmic)" } else { "score" };
        let look = Look { measure: Measure::Rows, x, y: "rows", threshold: Some(run.threshold) };
        spread::draw(canvas, panel, &run.curves.histogram, look);
    }
    Ok(())
}

/// Draw heading and legend. Returns the area of the panels.
fn surroundings(canvas: &mut Canvas, table: &TableReport, panels: usize) -> Rect {
    let area = canvas.frame(&heading(table, panels));
    let suspicious = table.scored_suspicious_rows;
    let normal = (table.scored_rows - suspicious.unwrap_or_default().min(table.scored_rows)) as u64;
    let labels = match suspicious {
        Some(some) => [format!("normal ({})", count(normal)), format!("suspicious ({})", count(some as u64))],
        None => [format!("all rows ({})", count(normal)), String::new()],
    };
    let mut entries = spread::legend(canvas, labels, suspicious.is_some());
    entries.push(spread::threshold_entry(canvas));
    legend::draw(canvas, area, &entries)
}

/// The grid of panels in an area.
struct Grid {
    columns: usize,
    rows: usize,
    panels: usize,
}

impl Grid {
    /// A grid of `detectors` panels with an aspect ratio of about 3:2; fewer panels if they do not fit.
    fn new(canvas: &Canvas, area: Rect, detectors: usize) -> Grid {
        let most = |length: f64, min: f64| ((length / canvas.px(min)) as usize).max(1);
        let (columns, rows) = (most(area.width(), 120.0), most(area.height(), 84.0));
        let panels = detectors.min(columns * rows);
        let aspect = area.width() / area.height().max(1.0);
        let penalty = |columns: usize| {
            let rows = panels.div_ceil(columns);
            (aspect * rows as f64 / columns as f64 / 1.5).ln().abs() + 0.3 * (columns * rows - panels) as f64
        };
        let candidates = (1..=columns).filter(|columns| panels.div_ceil(*columns) <= rows);
        let columns = candidates.min_by(|a, b| penalty(*a).total_cmp(&penalty(*b))).unwrap_or(columns);
        Grid { columns, rows: panels.div_ceil(columns), panels }
    }
}

fn title(run: &Run) -> String {
    format!("{}: {} flagged", run.detector, count(run.flagged_rows))
}

/// The lines and the font size of the panel titles, so that no name is cut.
struct Titles {
    lines: usize,
    size: f64,
}

impl Titles {
    fn new(canvas: &Canvas, runs: &[(usize, &Run)], room: f64) -> Titles {
        // Smaller text is unreadable.
        const SMALLEST: f64 = 0.78;
        let size = canvas.text_size();
        if runs.iter().all(|(_, run)| font::width(&title(run), size, true) <= room) {
            return Titles { lines: 1, size };
        }
        let width = |run: &Run| font::width(&format!("{}:", run.detector), size, true);
        let widest = runs.iter().map(|(_, run)| width(run)).fold(1.0, f64::max);
        Titles { lines: 2, size: size * (room * 0.99 / widest).clamp(SMALLEST, 1.0) }
    }
}

/// The sentence about detectors whose scores are on a logarithmic axis.
fn logarithmic(table: &TableReport) -> String {
    let names = table.runs.iter().filter(|run| spread::is_logarithmic(&run.curves.histogram));
    let names: Vec<&str> = names.map(|run| run.detector.as_str()).collect();
    match names.is_empty() {
        true => String::new(),
        false => {
            format!(" Some scores are far from all others, so the axis is logarithmic: {}.", names.join(", "))
        }
    }
}

fn heading(table: &TableReport, panels: usize) -> Heading {
    let summary = |run: &Run| {
        format!("{} flags {} rows above {:.4}", run.detector, count(run.flagged_rows), run.threshold)
    };
    let summaries: Vec<String> = table.runs.iter().map(summary).collect();
    let part = match panels < table.runs.len() {
        true => format!("The first {panels} of {} detectors; a larger chart shows more. ", table.runs.len()),
        false => String::new(),
    };
    Heading {
        title: caption::title(table, Chart::Histogram),
        subtitle: caption::scored(table),
        caption: format!(
            "{part}Higher is more anomalous. Rows are counted on a logarithmic axis; all {} scored rows are \
             included.{}",
            count(table.scored_rows as u64),
            logarithmic(table)
        ),
        description: summaries.join("; ") + ".",
    }
}
