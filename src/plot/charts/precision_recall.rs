//! Precision-recall curves of all detectors, with the base rate: the precision of a random order.

use super::curve::{self, Curve, Names};
use crate::error::Result;
use crate::plot::canvas::legend;
use crate::plot::canvas::scale::Scale;
use crate::plot::canvas::{Canvas, Heading};
use crate::plot::chart::Chart;
use crate::plot::charts::caption;
use crate::report::{Run, TableReport, count, percent};

pub fn draw(canvas: &mut Canvas, table: &TableReport) -> Result<()> {
    let mut runs = caption::runs(table)?;
    caption::both_classes(table, Chart::PrecisionRecall)?;
    runs.sort_by(|(_, a), (_, b)| precision(b).total_cmp(&precision(a)));
    let curves: Vec<Curve> = curve::styles(&runs, table)
        .into_iter()
        .zip(runs)
        .map(|(series, (_, run))| Curve {
            series,
            name: &run.detector,
            value: format!(
                ": AP {}",
                curve::with_interval(run.average_precision, run.average_precision_interval)
            ),
            points: &run.curves.precision_recall,
        })
        .collect();
    let rate = table.scored_suspicious_rows.unwrap_or_default() as f64 / table.scored_rows.max(1) as f64;
    let y = precisions(table, &curves, rate);
    let area = canvas.frame(&heading(table, &curves, rate, y));
    let entries = curve::legend(canvas, &curves, format!("base rate: {}", percent(rate)));
    let area = legend::draw(canvas, area, &entries);
    let plane = curve::panel(canvas, area, ("recall", 1.0), ("precision", y));
    curve::reference(canvas, &plane, [0.0, rate], [1.0, rate]);
    curve::lines(canvas, &plane, &curves, 1.0, Names { x: "recall", y: "precision" });
    Ok(())
}

/// The sort key: undefined values come last.
fn precision(run: &Run) -> f64 {
    run.average_precision.unwrap_or(-1.0)
}

/// From 0 to 1; logarithmic if every average precision is so low that the lines would be on the axis.
fn precisions(table: &TableReport, curves: &[Curve], rate: f64) -> Scale {
    const LOW: f64 = 0.05;
    if table.runs.iter().any(|run| precision(run) >= LOW) {
        return Scale::linear(0.0, 1.0);
    }
    let values = curves.iter().flat_map(|curve| curve.points).map(|[_, precision]| *precision);
    let values: Vec<f64> = values.chain([rate]).filter(|value| *value > 0.0).collect();
    let lowest = values.iter().copied().fold(1.0, f64::min);
    let highest = values.iter().copied().fold(lowest, f64::max);
    Scale::Log { low: lowest * 0.7, high: (highest * 1.5).min(1.0).max(lowest * 10.0) }
}

fn heading(table: &TableReport, curves: &[Curve], rate: f64, y: Scale) -> Heading {
    let axis = match y {
        Scale::Linear { .. } => "",
        _ => " Precision is on a logarithmic axis; a precision of 0 is at its lower end.",
    };
    Heading {
        title: caption::title(table, Chart::PrecisionRecall),
        subtitle: caption::scored(table),
        caption: format!(
            "AP: average precision with its 95 % interval, from all {} scored rows. Lines join neighboring thresholds, thinned to within \
             1/2,000 of the chart.{axis}{}",
            count(table.scored_rows as u64),
            curve::highlighted(curves)
        ),
        description: format!(
            "Best first: {}. The base rate is {}.",
            curve::description(curves),
            percent(rate)
        ),
    }
}
