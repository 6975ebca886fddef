//! Precision against recall for all detectors, with the base rate: the precision of guessing.

use super::curve::{self, Curve};
use crate::plot::style::Series;
use crate::plot::canvas::{Heading, Sheet};
use crate::plot::Kind;
use crate::plot::canvas::legend;
use crate::plot::charts::caption;
use crate::error::Result;
use crate::report::{Run, TableReport, count, fixed, percent};

pub fn draw(sheet: &mut Sheet, table: &TableReport) -> Result<()> {
    let mut runs = caption::runs(table)?;
    caption::both_classes(table, Kind::PrecisionRecall)?;
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
    let area = sheet.frame(&heading(table, &curves, rate));
    let entries = curve::legend(sheet, &curves, format!("base rate: {}", percent(rate)));
    let area = legend::draw(sheet, area, &entries);
    let plane = curve::panel(sheet, area, ("recall", 1.0), "precision");
    curve::reference(sheet, &plane, [0.0, rate], [1.0, rate]);
    curve::lines(sheet, &plane, &curves, 1.0);
    Ok(())
}

/// Undefined comes last.
fn precision(run: &Run) -> f64 {
    run.average_precision.unwrap_or(-1.0)
}

fn heading(table: &TableReport, curves: &[Curve], rate: f64) -> Heading {
    Heading {
        title: caption::title(table, Kind::PrecisionRecall),
        subtitle: caption::scored(table),
        caption: format!(
            "AP: average precision, from all {} scored rows. Lines join neighbouring thresholds, thinned to within \
             1/2,000 of the chart.",
            count(table.scored_rows as u64)
        ),
        description: format!("Best first: {}. The base rate is {}.", curve::listed(curves), percent(rate)),
    }
}
