//! ROC curves of all detectors, with a second panel for the false-positive rates that anybody can afford.

use super::curve::{self, Curve};
use crate::plot::style::Series;
use crate::plot::canvas::{Heading, Sheet};
use crate::plot::Kind;
use crate::plot::canvas::legend;
use crate::plot::charts::caption;
use crate::error::Result;
use crate::report::{TableReport, count};

/// A detector that alarms on more than this share of the normal rows is of little use in operation.
const ZOOM: f64 = 0.05;

pub fn draw(sheet: &mut Sheet, table: &TableReport) -> Result<()> {
    let runs = caption::runs(table)?;
    caption::both_classes(table, Kind::Roc)?;
    let curves: Vec<Curve> = runs
        .into_iter()
        .map(|(place, run)| Curve {
            series: Series::at(place),
            name: &run.detector,
            value: format!(": AUC {}", curve::with_interval(run.auc, run.auc_interval)),
            points: &run.curves.roc,
        })
        .collect();
    let area = sheet.frame(&heading(table, &curves));
    let entries = curve::legend(sheet, &curves, "chance: AUC 0.5".to_owned());
    let area = legend::draw(sheet, area, &entries);
    // Narrower, a second panel would be too small to read a value from.
    let zoomed = area.width() >= sheet.px(420.0);
    for (at, panel) in area.grid(if zoomed { 2 } else { 1 }, 1, sheet.px(18.0)).into_iter().enumerate() {
        let (title, end) =
            if at == 0 { ("all rates", 1.0) } else { ("false-positive rates up to 5 %", ZOOM) };
        let panel = if zoomed { sheet.panel(panel, title, 1) } else { panel };
        let plane = curve::panel(sheet, panel, ("false-positive rate", end), "true-positive rate");
        curve::reference(sheet, &plane, [0.0, 0.0], [end, end]);
        curve::lines(sheet, &plane, &curves, end);
    }
    Ok(())
}

fn heading(table: &TableReport, curves: &[Curve]) -> Heading {
    Heading {
        title: caption::title(table, Kind::Roc),
        subtitle: caption::scored(table),
        caption: format!(
            "AUC with its 95 % interval (DeLong), from all {} scored rows. The lines are thinned to within 1/2,000 of \
             the whole chart.",
            count(table.scored_rows as u64)
        ),
        description: format!("Best first: {}.", curve::listed(curves)),
    }
}
