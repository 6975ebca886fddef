//! The AUC of each detector with its 95 % interval, best first, as a forest plot.

use super::curve;
use crate::error::Result;
use crate::metrics::Interval;
use crate::plot::canvas::axes::{self, Axis};
use crate::plot::canvas::scale::{Scale, Unit};
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::chart::Chart;
use crate::plot::charts::caption;
use crate::plot::render::font;
use crate::plot::scene::{Anchor, Fill, Mark, Point, Rect, Stroke};
use crate::plot::style::{BLUE, Dash, FOREGROUND, REFERENCE, Shape};
use crate::report::{Run, TableReport, count};

pub fn draw(canvas: &mut Canvas, table: &TableReport) -> Result<()> {
    let runs: Vec<&Run> = caption::runs(table)?.into_iter().map(|(_, run)| run).collect();
    caption::both_classes(table, Chart::Auc)?;
    // The number of rows that fit depends on the caption, so it is first drawn on a copy.
    let area = canvas.clone().frame(&heading(table, 1));
    let (size, least) = (canvas.small_size(), canvas.small_size() * 1.35);
    let visible = runs.len().min((((area.height() - size * 2.6) / least) as usize).max(1));
    let area = canvas.frame(&heading(table, visible));
    draw_rows(canvas, area, &runs[..visible]);
    Ok(())
}

fn draw_rows(canvas: &mut Canvas, area: Rect, runs: &[&Run]) {
    let size = canvas.small_size();
    let values: Vec<String> =
        runs.iter().map(|run| curve::with_interval(run.auc, run.auc_interval)).collect();
    let widest = |texts: &mut dyn Iterator<Item = &str>| {
        texts.map(|text| font::width(text, size, false)).fold(0.0, f64::max)
    };
    let names = widest(&mut runs.iter().map(|run| run.detector.as_str())).min(area.width() * 0.3);
    let values_width = widest(&mut values.iter().map(String::as_str));
    // In a narrow chart the lines need the room of the values.
    let has_values = area.width() - names - values_width > canvas.px(180.0);
    let right = if has_values { values_width + size } else { 0.0 };
    let height = (area.height() / runs.len() as f64).min(size * 4.0);
    let bottom = area.top + height * runs.len() as f64 + size * 2.0;
    let panel = Rect { bottom: bottom.min(area.bottom), ..area }.inset(names + size, 0.0, right, 0.0);
    let x = Axis::new(scale(runs), "", Unit::Number);
    let y = Axis::at(Scale::linear(0.0, runs.len() as f64), "", vec![]);
    let plane = axes::draw(canvas, panel, &x, &y);
    let stroke = Stroke::new(REFERENCE, canvas.px(1.2)).dashed(Dash::Short);
    if (0.001..0.999).contains(&x.scale.share(0.5)) {
        canvas.line(vec![plane.at(0.5, 0.0), plane.at(0.5, runs.len() as f64)], stroke);
    }
    for (at, (run, value)) in runs.iter().zip(&values).enumerate() {
        let y = plane.at(0.0, (runs.len() - at) as f64 - 0.5).y;
        let name = font::shorten(&run.detector, size, false, names);
        canvas.text(name, Point::new(area.left + names, y + size * 0.36), Anchor::End, size);
        if let Some(Interval { low, high }) = run.auc_interval {
            let ends = [low, high].map(|end| Point::new(plane.at(end, 0.0).x, y));
            let stroke = Stroke::new(FOREGROUND, canvas.px(1.6));
            canvas.line(ends.to_vec(), stroke);
        }
        if let Some(auc) = run.auc {
            let (points, radius) = (vec![Point::new(plane.at(auc, 0.0).x, y)], canvas.px(4.0));
            canvas.add(Mark::Dots { points, shape: Shape::Square, radius, fill: Fill::solid(BLUE) });
        }
        if has_values {
            canvas.text(value, Point::new(panel.right + size, y + size * 0.36), Anchor::Start, size);
        }
        let rect = Rect { left: area.left, right: area.right, top: y - size * 0.65, bottom: y + size * 0.65 };
        canvas.add(Mark::Hover { rect, text: format!("{}: AUC {value}", run.detector) });
    }
}

/// All intervals, with a margin.
fn scale(runs: &[&Run]) -> Scale {
    let ends = runs.iter().flat_map(|run| {
        run.auc_interval.map_or([run.auc, run.auc], |Interval { low, high }| [Some(low), Some(high)])
    });
    match Scale::around(ends.flatten(), 0.06) {
        Scale::Linear { low, high } => Scale::linear(low.max(0.0), high.min(1.0)),
        other => other,
    }
}

fn heading(table: &TableReport, visible: usize) -> Heading {
    let value =
        |run: &Run| format!("{}: AUC {}", run.detector, curve::with_interval(run.auc, run.auc_interval));
    let values: Vec<String> = table.runs.iter().map(value).collect();
    let part = match visible < table.runs.len() {
        true => format!("The best {visible} of {} detectors; a higher chart shows more. ", table.runs.len()),
        false => String::new(),
    };
    Heading {
        title: caption::title(table, Chart::Auc),
        subtitle: caption::scored(table),
        caption: format!(
            "{part}AUC with its 95 % interval, from all {} scored rows; 0.5 is chance. Intervals overlap even \
             where a paired test finds a difference.",
            count(table.scored_rows as u64)
        ),
        description: format!("Best first: {}.", values.join("; ")),
    }
}
