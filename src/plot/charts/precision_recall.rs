//! Precision-recall curves of all detectors, with the base rate: the precision of a random order.

use super::curve::{self, Curve};
use crate::error::Result;
use crate::plot::canvas::legend;
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::chart::Chart;
use crate::plot::charts::caption;
use crate::plot::style::Series;
use crate::report::{Run, TableReport, count, fixed, percent};

pub fn draw(canvas: &mut Canvas, table: &TableReport) -> Result<()> {
    let mut runs = caption::runs(table)?;
    caption::both_classes(table, Chart::PrecisionRecall)?;
    runs.sort_by(|(_, a), (_, b)| precision(b).total_cmp(&precision(a)));
    let curves: Vec<Curve> = runs
        .into_iter()
        .map(|(place, run)| Curve {
            series: Series::at(place),
            name: &run.detector,
            value: format!(": AP {}", fixed(run.average_precision)),
            points: &run.curves.precision_recall,
        })
        .collect();
    let rate = table.scored_suspicious_rows.unwrap_or_default() as f64 / table.scored_rows.max(1) as f64;
    let area = canvas.frame(&heading(table, &curves, rate));
    let entries = curve::legend(canvas, &curves, format!("base rate: {}", percent(rate)));
    let area = legend::draw(canvas, area, &entries);
    let plane = curve::panel(canvas, area, ("recall", 1.0), "precision");
    curve::reference(canvas, &plane, [0.0, rate], [1.0, rate]);
    curve::lines(canvas, &plane, &curves, 1.0);
    Ok(())
}

/// The sort key: undefined values come last.
fn precision(run: &Run) -> f64 {
    run.average_precision.unwrap_or(-1.0)
}

fn heading(table: &TableReport, curves: &[Curve], rate: f64) -> Heading {
    Heading {
        title: caption::title(table, Chart::PrecisionRecall),
        subtitle: caption::scored(table),
        caption: format!(
            "AP: average precision, from all {} scored rows. Lines join neighboring thresholds, thinned to within \
             1/2,000 of the chart.",
            count(table.scored_rows as u64)
        ),
        description: format!(
            "Best first: {}. The base rate is {}.",
            curve::description(curves),
            percent(rate)
        ),
    }
}
