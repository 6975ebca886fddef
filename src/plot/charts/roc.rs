//! ROC curves of all detectors, with a second panel for low false-positive rates.

use super::curve::{self, Curve, Names};
use crate::error::Result;
use crate::plot::canvas::legend;
use crate::plot::canvas::scale::Scale;
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::chart::Chart;
use crate::plot::charts::caption;
use crate::report::{TableReport, count};

/// The end of the second panel. Higher false-positive rates are of little practical use.
const ZOOM: f64 = 0.05;

pub fn draw(canvas: &mut Canvas, table: &TableReport) -> Result<()> {
    let runs = caption::runs(table)?;
    caption::both_classes(table, Chart::Roc)?;
    let curves: Vec<Curve> = curve::styles(&runs, table)
        .into_iter()
        .zip(runs)
        .map(|(series, (_, run))| Curve {
            series,
            name: &run.detector,
            value: format!(": AUC {}", curve::with_interval(run.auc, run.auc_interval)),
            points: &run.curves.roc,
        })
        .collect();
    let area = canvas.frame(&heading(table, &curves));
    let entries = curve::legend(canvas, &curves, "chance: AUC 0.5".to_owned());
    let area = legend::draw(canvas, area, &entries);
    // In a narrower area, a second panel would be too small to read values.
    let zoomed = area.width() >= canvas.px(420.0);
    for (at, panel) in area.grid(if zoomed { 2 } else { 1 }, 1, canvas.px(18.0)).into_iter().enumerate() {
        let (title, end) =
            if at == 0 { ("all rates", 1.0) } else { ("false-positive rates up to 5 %", ZOOM) };
        let panel = if zoomed { canvas.panel(panel, title, 1) } else { panel };
        let y = ("true-positive rate", Scale::linear(0.0, 1.0));
        let plane = curve::panel(canvas, panel, ("false-positive rate", end), y);
        curve::reference(canvas, &plane, [0.0, 0.0], [end, end]);
        curve::lines(
            canvas,
            &plane,
            &curves,
            end,
            Names { x: "false-positive rate", y: "true-positive rate" },
        );
    }
    Ok(())
}

fn heading(table: &TableReport, curves: &[Curve]) -> Heading {
    Heading {
        title: caption::title(table, Chart::Roc),
        subtitle: caption::scored(table),
        caption: format!(
            "AUC with its 95 % interval, from all {} scored rows. The lines are thinned to within 1/2,000 of \
             the whole chart.{}",
            count(table.scored_rows as u64),
            curve::highlighted(curves)
        ),
        description: format!("Best first: {}.", curve::description(curves)),
    }
}
